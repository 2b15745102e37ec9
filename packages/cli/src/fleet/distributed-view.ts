// What `cbapi fleet` prints of runs that are done elsewhere.
import { setTimeout as pause } from "node:timers/promises";
import type { Fleet, FleetOutcome, RunStatus } from "@cbapi/fleet";
import type { FleetRunArguments, FleetSubmitArguments } from "../arguments.js";
import type { Context } from "../context.js";
import { clockText } from "../draw/amounts.js";
import { plural } from "../text-layout.js";
import { safeJson, safeText } from "../text-safety.js";
import { keepLocally } from "./defined-job.js";
import { countsText, FleetView, type ShownOutcome, type ShownProgress, type ShownRun } from "./view.js";

type Args = FleetRunArguments | FleetSubmitArguments;

/** Milliseconds between two questions about a run that is shown. */
const ASK = 300;

/** Lists the runs of the server. */
export async function showRuns(fleet: Fleet, { json }: Args, { terminal }: Context): Promise<number> {
  const runs = await fleet.runs();
  for (const run of runs) {
    const status = await fleet.status(run);
    if (json) terminal.print(safeJson(status, 0));
    else terminal.print(`${run.padEnd(36)}  ${status.job.padEnd(16)}  ${status.state.padEnd(10)}  ${counts(status)}`);
  }
  if (runs.length === 0) terminal.note(`There are no runs for ${safeText(fleet.server)}.`);
  return 0;
}

/** How far a run is, at the moment. */
export async function showStatus(fleet: Fleet, run: string, { json }: Args, { terminal }: Context): Promise<number> {
  const status = await fleet.status(run);
  if (json) {
    terminal.print(safeJson(status, 0));
    return 0;
  }
  const { state, job, server, slots, workers, deadline } = status;
  terminal.print(`${run}: ${job} on ${safeText(server)}, ${state}`);
  terminal.print(counts(status));
  terminal.print(
    `${plural(workers, "worker")}, ${slots.used} of ${slots.limit} slots used by the fleet, ${slots.others} by others`,
  );
  if (state !== "ended" && deadline !== undefined) {
    terminal.print(`jobs that have not begun expire ${new Date(deadline).toISOString()}`);
  }
  for (const { target, hostname, worker, attempt, since, progress } of status.jobs) {
    const told = progress === undefined ? "" : `  ${safeText(String(progress))}`;
    terminal.print(
      `  ${safeText(hostname ?? "")} (${target})  ${clockText(Math.max(0, Date.now() - since))}  attempt ${attempt}  ${safeText(worker)}${told}`,
    );
  }
  if (workers === 0 && state !== "ended") terminal.note(`No worker offers ${job}: start one with cbapi fleet worker.`);
  return 0;
}

/** The outcomes of a run, as they come where they are followed, under a table where somebody watches. */
export async function showResults(fleet: Fleet, run: string, args: Args, context: Context): Promise<number> {
  const { terminal, interruption } = context;
  const { signal } = interruption;
  const follow = args.follow;
  let status = await fleet.status(run);
  const names = new Map<number, string>();
  const nameOf = (target: number | string) => safeText(names.get(Number(target)) ?? `sensor ${target}`);
  const shown: ShownRun = { progress: () => progressOf(status), running: () => runningOf(status) };
  const view = new FleetView(terminal, shown, { nameOf, quiet: args.json, kept: false });
  const asking = new AbortController();
  const ask = async (): Promise<void> => {
    while (!asking.signal.aborted) {
      await pause(ASK, undefined, { signal: asking.signal });
      status = await fleet.status(run);
      for (const { target, hostname } of status.jobs) if (hostname !== undefined) names.set(target, hostname);
    }
  };
  const asked = follow ? ask().catch(() => {}) : Promise.resolve();
  try {
    for await (const outcome of fleet.results(run, { follow, signal })) {
      if (outcome.hostname !== undefined) names.set(outcome.target, outcome.hostname);
      if ("files" in args && args.files !== undefined) await writeFiles(fleet, outcome, args.files);
      if (args.json) terminal.print(safeJson(outcome, 0));
      view.outcome(shownOutcome(outcome), outcome.value);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    view.end();
    terminal.note(`Run ${run} goes on. cbapi fleet cancel ${run} ends it.`);
    return 130;
  } finally {
    asking.abort();
    await asked;
    view.end();
  }
  status = await fleet.status(run);
  terminal.note(`${run}: ${status.state}, ${counts(status)}`);
  return !follow || status.done === status.total ? 0 : 1;
}

/** Under names that no two endpoints share. The content is checked against its SHA-256 on the way. */
async function writeFiles(fleet: Fleet, { target, files = [] }: FleetOutcome, folder: string): Promise<void> {
  for (const [place, { file, sha256 }] of files.entries()) {
    const isTaken = files.slice(0, place).some((other) => other.file === file);
    await keepLocally(folder, `${target}-${isTaken ? `${place + 1}-` : ""}${file}`, await fleet.file(sha256));
  }
}

const counts = (status: RunStatus): string =>
  countsText(progressOf(status), Math.max(0, (status.ended ?? Date.now()) - status.created));

function progressOf(status: RunStatus): ShownProgress {
  const { total, state, done, failed, expired, cancelled, unknown, running, waiting, offline, slots } = status;
  const totalKnown = state !== "submitting";
  return {
    total,
    totalKnown,
    done,
    failed,
    expired,
    cancelled,
    unknown,
    running,
    waiting,
    offline,
    slotsInUse: slots.used,
  };
}

function runningOf({ jobs }: RunStatus) {
  const now = Date.now();
  return jobs.map(({ target, attempt, since, progress }) => {
    return { id: target, target, attempt, ran: Math.max(0, now - since), progress };
  });
}

function shownOutcome({ target, state, attempts, started, ended, error }: FleetOutcome): ShownOutcome {
  const ran = started === undefined ? 0 : Math.max(0, ended - started);
  return { target, state, attempts, ran, ...(error === undefined ? {} : { error: new Error(error.message) }) };
}
