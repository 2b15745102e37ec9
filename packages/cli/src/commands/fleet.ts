import { basename, extname } from "node:path";
import { definitionOf, Fleet, FleetError, type FleetWorker, type JobDefinition } from "@cbapi/fleet";
import type {
  FleetCommandArguments,
  FleetRunArguments,
  FleetSubmitArguments,
  FleetWorkerArguments,
} from "../arguments.js";
import type { Context } from "../context.js";
import { edrEndpoints } from "../endpoints/edr.js";
import { showResults, showRuns, showStatus } from "../fleet/distributed-view.js";
import { loadJob } from "../fleet/job-module.js";
import { guardProcess } from "../fleet/script-guard.js";
import { findFleet, parseSelection } from "../fleet/targets.js";
import { unlessInterrupted, untilInterrupted } from "../interruption.js";
import { connectServer, type OpenServer, openServer } from "../server.js";
import { CommandError, errorText } from "../shown-error.js";
import { plural } from "../text-layout.js";
import { safeText } from "../text-safety.js";

/** `cbapi fleet` */
export async function fleet(args: FleetCommandArguments, context: Context): Promise<number> {
  switch (args.action) {
    case "worker":
      return work(args, context);
    case "submit":
      return submit(args, context);
    default:
      return look(args, context);
  }
}

/** Reaches the Redis, with a client of the server, does something, and leaves both. */
async function withFleet<T>(
  args: FleetCommandArguments,
  context: Context,
  action: (fleet: Fleet, server: OpenServer) => Promise<T>,
): Promise<T> {
  const { redis, prefix, serverName, store } = args;
  const wanted = { server: args.server, verbose: args.verbose, timeout: undefined, importFiles: [] };
  const choice = { ...wanted, sandbox: { port: undefined, seed: undefined, version: undefined } };
  const server = await openServer(choice, context);
  try {
    // Whoever only looks at a run need not ask the server anything.
    if (args.action === "worker" || args.action === "submit") {
      context.terminal.progress("Connecting");
      await connectServer(server, choice, context.interruption.signal);
    }
    const opened = await Fleet.connect({ redis, prefix, serverName, files: store, server: server.cb });
    context.terminal.clear();
    try {
      return await action(opened, server);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof FleetError) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    await server.close();
  }
}

async function work(args: FleetWorkerArguments, context: Context): Promise<number> {
  const { terminal, interruption } = context;
  const guard = guardProcess((text) => terminal.noteUnsafe(text, terminal.errorColors.red));
  try {
    const jobs = await unlessInterrupted(interruption.signal, loadAll(args.scripts));
    return await withFleet(args, context, async (opened) => {
      if (args.slots !== undefined) await opened.setSlots(args.slots);
      const log = (line: string) => terminal.noteUnsafe(`${new Date().toISOString()} ${line}`);
      const worker = await opened.work(jobs, { concurrency: args.concurrency, log });
      const offered = jobs.map(({ name, changes }) => `${name}${changes ? " (changes endpoints)" : ""}`).join(", ");
      terminal.note(
        `Worker ${safeText(worker.name)} offers ${offered} for ${safeText(opened.server)}. Ctrl-C stops it.`,
      );
      await untilInterrupted(interruption.signal);
      await stop(worker, args, context);
      return 0;
    });
  } finally {
    guard.release();
  }
}

async function stop(worker: FleetWorker, { grace }: FleetWorkerArguments, { terminal }: Context): Promise<void> {
  terminal.note(`Stopping: ${plural(worker.slotsHeld, "session")} to be ended. Ctrl-C once more does not wait.`);
  await worker.close({ grace });
}

async function loadAll(scripts: readonly string[]): Promise<JobDefinition[]> {
  const jobs: JobDefinition[] = [];
  for (const script of scripts) {
    const job = await loadJob(script);
    try {
      jobs.push(definitionOf(basename(script, extname(script)), job));
    } catch (cause) {
      throw new CommandError(`${script}: ${errorText(cause)}`, { cause });
    }
  }
  return jobs;
}

async function submit(args: FleetSubmitArguments, context: Context): Promise<number> {
  const selection = parseSelection(args.sensors);
  return withFleet(args, context, async (opened, { cb }) => {
    const { terminal, interruption } = context;
    const { signal } = interruption;
    terminal.progress("Looking for the endpoints");
    const { targets, uninstalled } = await findFleet(edrEndpoints(cb), selection, signal);
    terminal.clear();
    if (uninstalled > 0) terminal.note(`${plural(uninstalled, "uninstalled sensor")} left out.`);
    const { params, id, deadline, jobTimeout, retries, rerun, priority } = args;
    const options = { params, id, deadline, jobTimeout, retries, rerun, priority, signal };
    const run = await opened.submit(args.job, targets, options);
    terminal.note(`${plural(targets.length, "endpoint")} submitted as run ${run}.`);
    if (args.follow) return showResults(opened, run, args, context);
    terminal.print(args.json ? JSON.stringify({ run, total: targets.length }) : run);
    return 0;
  });
}

async function look(args: FleetRunArguments, context: Context): Promise<number> {
  return withFleet(args, context, async (opened) => {
    const { terminal } = context;
    const { run, action } = args;
    if (run === undefined) return showRuns(opened, args, context);
    switch (action) {
      case "status":
        if (args.follow) return showResults(opened, run, args, context);
        return showStatus(opened, run, args, context);
      case "results":
        return showResults(opened, run, args, context);
      case "cancel":
        await opened.cancel(run);
        if (args.follow) return showResults(opened, run, args, context);
        return showStatus(opened, run, args, context);
      case "resume": {
        const again = await opened.resume(run, args.rerun ? { rerun: true } : {});
        if (again === undefined) {
          terminal.note("There is nothing to be done again.");
          return 0;
        }
        if (args.follow) return showResults(opened, again, args, context);
        terminal.print(args.json ? JSON.stringify({ run: again }) : again);
        return 0;
      }
    }
  });
}
