import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { Job, LiveResponseSession } from "cbapi/response";
import { CommandError, errorText, notReadable } from "../shown-error.js";

export type FleetJob = Job<unknown, LiveResponseSession>;

/**
 * Loads the job that a script offers: its default export, `job`, what `getjob()` gives, or its own `run`.
 * @throws CommandError saying what is wrong with the script
 */
export async function loadJob(script: string): Promise<FleetJob> {
  const path = resolve(script);
  const found = await stat(path).catch((cause: unknown) => {
    throw notReadable(script, cause);
  });
  if (!found.isFile()) throw new CommandError(`${script} is no file: a script is expected.`);
  const names = await load(script, path);
  const offered = [names["default"], names["job"], fromCommonJs(names), await made(script, names), names];
  for (const each of offered) {
    const job = jobOf(script, each);
    if (job !== undefined) return withRepeatable(job, names["repeatable"]);
  }
  const exported = Object.keys(names).join(", ") || "nothing";
  throw new CommandError(
    `${script} offers no job (it exports ${exported}). Its default export must be a function (session, context) => value, or a class or an object with run(session, context); or it exports job or getjob().`,
  );
}

async function load(script: string, path: string): Promise<Record<string, unknown>> {
  try {
    return await settled(import(pathToFileURL(path).href) as Promise<Record<string, unknown>>);
  } catch (cause) {
    // Anything can be thrown.
    const error: NodeJS.ErrnoException = cause instanceof Error ? cause : new Error(inspect(cause));
    const typescript = /^\.[cm]?tsx?$/.test(extname(path));
    if (typescript && (error.code === "ERR_UNKNOWN_FILE_EXTENSION" || error instanceof SyntaxError)) {
      throw new CommandError(
        `${script} cannot be loaded: this Node (${process.version}) does not run TypeScript as it is. Compile it to JavaScript first, or use Node 22.18 or later.`,
        { cause },
      );
    }
    const hint = /^(ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND)$/.test(error.code ?? "")
      ? " What it imports is looked for from the folder that it is in."
      : "";
    throw new CommandError(`${script} cannot be loaded: ${error.name}: ${error.message}${hint}`, { cause });
  }
}

/** A script that waits for something that never comes would end the process without a word. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let never: (() => void) | undefined;
  const stuck = new Promise<never>((_, reject) => {
    never = () => reject(new Error("it waits for something that never comes, outside of its job"));
    process.once("beforeExit", never);
  });
  try {
    return await Promise.race([work, stuck]);
  } finally {
    if (never !== undefined) process.off("beforeExit", never);
  }
}

/** Modules of the old kind have everything in their default export. */
function fromCommonJs(names: Record<string, unknown>): unknown {
  const whole = names["default"];
  return typeof whole === "object" && whole !== null && "job" in whole ? whole.job : undefined;
}

async function made(script: string, names: Record<string, unknown>): Promise<unknown> {
  const whole = names["default"];
  const within = typeof whole === "object" && whole !== null ? (whole as Record<string, unknown>) : {};
  const make = [names["getjob"], names["getJob"], within["getjob"], within["getJob"]].find(
    (each) => typeof each === "function",
  ) as (() => unknown) | undefined;
  if (make === undefined) return undefined;
  try {
    return await settled(Promise.resolve(make()));
  } catch (cause) {
    throw new CommandError(`getjob() of ${script} failed: ${errorText(cause)}`, { cause });
  }
}

function jobOf(script: string, offered: unknown): FleetJob | undefined {
  if (typeof offered === "function") {
    const { prototype } = offered as { prototype?: { run?: unknown } };
    // A class is made once; a function is the job itself.
    if (typeof prototype?.run === "function") return madeOf(script, offered as new () => FleetJob);
    return offered as FleetJob;
  }
  if (typeof offered === "object" && offered !== null && "run" in offered && typeof offered.run === "function") {
    return offered as FleetJob;
  }
  return undefined;
}

function madeOf(script: string, JobClass: new () => FleetJob): FleetJob {
  try {
    return new JobClass();
  } catch (cause) {
    throw new CommandError(`The job of ${script} cannot be made: ${errorText(cause)}`, { cause });
  }
}

/** A module may say of itself that repeating its job does no harm. */
function withRepeatable(job: FleetJob, said: unknown): FleetJob {
  if (said !== true || job.repeatable !== undefined) return job;
  return {
    repeatable: true,
    run: (session, context) => (typeof job === "function" ? job(session, context) : job.run(session, context)),
  };
}
