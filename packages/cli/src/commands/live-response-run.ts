import type { JobOutcome } from "cbapi/response";
import type { FleetArguments } from "../arguments.js";
import type { Context } from "../context.js";
import { type EndpointServer, openEndpoints } from "../endpoints/open.js";
import { takeConsole } from "../fleet/console.js";
import { inOneProcess } from "../fleet/defined-job.js";
import { type FleetJob, loadJob } from "../fleet/job-module.js";
import { type ResultLine, ResultsFile } from "../fleet/results-file.js";
import { guardProcess } from "../fleet/script-guard.js";
import { type FleetTarget, findFleet, parseSelection } from "../fleet/targets.js";
import { Values } from "../fleet/values.js";
import { FleetView, Tally } from "../fleet/view.js";
import { unlessInterrupted } from "../interruption.js";
import { errorText } from "../shown-error.js";
import { plural } from "../text-layout.js";
import { safeJson, safeText } from "../text-safety.js";

/** `cbapi lr run` */
export async function liveResponseRun(args: FleetArguments, context: Context): Promise<number> {
  const { terminal, interruption } = context;
  const guard = guardProcess((text) => {
    // What is cancelled breaks in many places.
    if (!interruption.signal.aborted) terminal.noteUnsafe(text, terminal.errorColors.red);
  });
  try {
    const code = await runScript(args, context);
    return code === 0 && guard.strayErrors > 0 ? 1 : code;
  } finally {
    guard.release();
  }
}

async function runScript(args: FleetArguments, context: Context): Promise<number> {
  // What can be found wrong without a server is found before it is asked anything.
  const selection = parseSelection(args.sensors);
  const loaded = await unlessInterrupted(context.interruption.signal, loadJob(args.script));
  const job = await inOneProcess(loaded, args);
  const values = new Values(args.files);
  await values.prepare();
  const results = args.output === undefined ? undefined : await ResultsFile.open(args.output);
  try {
    const { terminal, interruption } = context;
    const server = await openEndpoints(args, context, () => terminal.progress("Looking for the endpoints"));
    try {
      const { endpoints } = server;
      const { targets, uninstalled } = await findFleet(endpoints, selection, interruption.signal);
      terminal.clear();
      if (uninstalled > 0) terminal.note(`${plural(uninstalled, `uninstalled ${endpoints.noun}`)} left out.`);
      const left = targets.filter(({ id }) => results?.done.has(String(id)) !== true);
      if (left.length < targets.length) {
        terminal.note(
          `${plural(targets.length - left.length, "endpoint")} done already by ${safeText(args.output ?? "")}: passed over.`,
        );
      }
      if (left.length === 0) {
        terminal.note("Nothing is left to do.");
        return 0;
      }
      return await runOn({ targets: left, job, values, results, args }, server, context);
    } finally {
      await server.close();
    }
  } finally {
    await results?.close();
  }
}

interface Work {
  readonly targets: readonly FleetTarget[];
  readonly job: FleetJob;
  readonly values: Values;
  readonly results: ResultsFile | undefined;
  readonly args: FleetArguments;
}

async function runOn(work: Work, { endpoints }: EndpointServer, { terminal, interruption }: Context): Promise<number> {
  const { targets, job, values, results, args } = work;
  const { liveResponse, noun } = endpoints;
  const byId = new Map(targets.map((target) => [target.id, target]));
  const targetOf = (id: number | string): FleetTarget => byId.get(Number(id)) ?? { id: Number(id), hostname: "" };
  const nameOf = (id: number | string): string => safeText(targetOf(id).hostname || `${noun} ${id}`);
  const tally = new Tally();
  const { signal } = interruption;
  if (args.slots !== undefined) liveResponse.slots = args.slots;
  const run = liveResponse.run<unknown>(job, [...byId.keys()], {
    signal,
    deadline: args.deadline,
    jobTimeout: args.jobTimeout,
    // Whoever says how often a job may be repeated says that it may be.
    ...(args.retries === undefined ? {} : { retries: args.retries, repeatable: args.retries > 0 }),
    onProgress: (progress) => tally.progress(progress),
  });
  const view = new FleetView(terminal, run, { nameOf, quiet: args.json, kept: results !== undefined });
  const giveBack = takeConsole((text) => terminal.noteUnsafe(text));
  signal.addEventListener(
    "abort",
    () => terminal.note("Stopping: jobs that run are cancelled. Ctrl-C once more does not wait."),
    {
      once: true,
    },
  );
  try {
    for await (const outcome of run) {
      const target = targetOf(outcome.target);
      const kept = await keep(outcome, target, values);
      tally.outcome(kept, nameOf(outcome.target));
      const line = resultLine(kept, target);
      // Of endpoints that nothing was begun on there is nothing to tell after Ctrl-C: the next run takes them up.
      if (!(signal.aborted && outcome.attempts === 0)) {
        await results?.write(line);
        if (args.json) terminal.print(safeJson(line, 0));
      }
      view.outcome(kept, line.value);
    }
  } finally {
    giveBack();
    view.end();
  }
  for (const text of tally.lines(targets.length)) terminal.note(text);
  if (results !== undefined) terminal.note(`Results are in ${safeText(args.output ?? "")}.`);
  return tally.count("done") === targets.length ? 0 : 1;
}

/** The outcome with its value as it is kept. A value that cannot be kept is a failure: nobody would have it. */
async function keep(outcome: JobOutcome<unknown>, target: FleetTarget, values: Values): Promise<JobOutcome<unknown>> {
  if (outcome.state !== "done") return outcome;
  const { value, ...rest } = outcome;
  try {
    return { ...rest, value: await values.toJson(value, target) };
  } catch (error) {
    return { ...rest, state: "failed", error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function resultLine(outcome: JobOutcome<unknown>, { hostname }: FleetTarget): ResultLine {
  const { target, state, value, error, attempts, ran } = outcome;
  const ended = Date.now();
  return {
    target,
    hostname,
    state,
    ...(value === undefined ? {} : { value }),
    ...(state === "done" ? {} : { error: errorFields(error) }),
    attempts,
    started: attempts === 0 ? null : new Date(ended - ran).toISOString(),
    ended: new Date(ended).toISOString(),
  };
}

function errorFields(error: Error | undefined): NonNullable<ResultLine["error"]> {
  if (error === undefined) return { name: "Error", message: "It is not known why" };
  const { code } = error as NodeJS.ErrnoException;
  return { name: error.name, ...(typeof code === "string" ? { code } : {}), message: errorText(error) };
}
