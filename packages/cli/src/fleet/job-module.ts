import { access } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Job, LiveResponseSession } from "cbapi/response";
import { CommandError } from "../shown-error.js";

export type FleetJob = Job<unknown, LiveResponseSession>;

/**
 * Loads the job that a script offers: its default export, `job`, what `getjob()` gives, or its own `run`.
 * @throws CommandError saying what is wrong with the script
 */
export async function loadJob(script: string): Promise<FleetJob> {
  const path = resolve(script);
  await access(path).catch((cause: unknown) => {
    throw new CommandError(`${script} does not exist.`, { cause });
  });
  const names = await load(script, path);
  const offered = [names["default"], names["job"], fromCommonJs(names), await made(script, names), names];
  for (const each of offered) {
    const job = jobOf(each);
    if (job !== undefined) return withRepeatable(job, names["repeatable"]);
  }
  const found = Object.keys(names).join(", ") || "nothing";
  throw new CommandError(
    `${script} offers no job (it exports ${found}). Its default export must be a function (session, context) => value, or a class or an object with run(session, context); or it exports job or getjob().`,
  );
}

async function load(script: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
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
    throw new CommandError(
      `${script} cannot be loaded: ${error.name ?? "Error"}: ${error.message ?? String(cause)}${hint}`,
      {
        cause,
      },
    );
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
    return await make();
  } catch (cause) {
    throw new CommandError(`getjob() of ${script} failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function jobOf(offered: unknown): FleetJob | undefined {
  if (typeof offered === "function") {
    const { prototype } = offered as { prototype?: { run?: unknown } };
    // A class is made once; a function is the job itself.
    if (typeof prototype?.run === "function") return new (offered as new () => FleetJob)();
    return offered as FleetJob;
  }
  if (typeof offered === "object" && offered !== null && "run" in offered && typeof offered.run === "function") {
    return offered as FleetJob;
  }
  return undefined;
}

/** A module may say of itself that repeating its job does no harm. */
function withRepeatable(job: FleetJob, said: unknown): FleetJob {
  if (said !== true || job.repeatable !== undefined) return job;
  return {
    repeatable: true,
    run: (session, context) => (typeof job === "function" ? job(session, context) : job.run(session, context)),
  };
}
