import { CbApiError } from "../../core/errors.js";
import type { Job, RunOptions } from "./job.js";

/** Options of jobs with their defaults filled in; limits are infinite where there is none. */
export interface JobSettings {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly timeout: number;
  readonly retries: number;
  readonly repeatable: boolean;
  readonly priority: number;
  readonly recheck: number;
  readonly openTimeout: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const common = ["signal", "jobTimeout", "deadline", "retries", "repeatable", "priority", "recheck", "openTimeout"];
/** The options of `submitJob()` and of `run()`. */
const names = {
  submit: common,
  run: [...common, "slots", "onProgress"],
};

/**
 * Checks the options of jobs and fills in the defaults.
 * @throws CbApiError naming the option that has no meaning: nothing is begun then
 */
export function jobSettings(
  job: Job<unknown, never>,
  way: keyof typeof names,
  options: RunOptions,
  now: number,
): JobSettings {
  checkJob(job);
  for (const name of Object.keys(options)) {
    if (!names[way].includes(name)) throw invalid(`Unknown option ${name}. The options are: ${names[way].join(", ")}.`);
  }
  const { signal, deadline, retries = 3, priority = 0, onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== "function") throw invalid("onProgress must be a function.");
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal must be an AbortSignal.");
  if (!Number.isInteger(retries) || retries < 0) throw invalid(`retries cannot be ${retries}: it counts from 0.`);
  if (!Number.isFinite(priority)) throw invalid(`priority cannot be ${priority}: it must be a number.`);
  return {
    signal,
    deadline: timeOf(deadline, now),
    timeout: duration("jobTimeout", options.jobTimeout, HOUR),
    retries,
    repeatable: options.repeatable ?? job.repeatable === true,
    priority,
    recheck: Math.max(1000, duration("recheck", options.recheck, 60_000)),
    openTimeout: duration("openTimeout", options.openTimeout, 360_000),
  };
}

/** A number of sessions. @throws CbApiError when it is none */
export function slotCount(slots: number): number {
  if (Number.isInteger(slots) && slots >= 1) return slots;
  throw invalid(`slots cannot be ${slots}: it must be a whole number of at least 1.`);
}

/** Milliseconds; infinite for 0. */
export function duration(name: string, value: number | undefined, fallback: number): number {
  const given = value ?? fallback;
  if (typeof given !== "number" || !(given >= 0)) {
    throw invalid(
      `${name} cannot be ${String(given)}: it must be a number of milliseconds; 0 or Infinity for no limit.`,
    );
  }
  return given === 0 ? Number.POSITIVE_INFINITY : given;
}

function timeOf(deadline: number | Date | undefined, now: number): number {
  if (!(deadline instanceof Date)) return now + duration("deadline", deadline, DAY);
  const time = deadline.getTime();
  if (Number.isNaN(time)) throw invalid("deadline is no valid date.");
  return time;
}

function checkJob(job: unknown): void {
  if (typeof job === "function") return;
  if (typeof job === "object" && job !== null && "run" in job && typeof job.run === "function") return;
  throw invalid("A job is a function that takes a session, or an object with a method run(session).");
}

function invalid(message: string): CbApiError {
  return new CbApiError(message, { code: "INVALID_OPTION" });
}
