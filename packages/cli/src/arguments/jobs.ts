// What is said of a job on many endpoints, wherever it runs.
import { readFileSync } from "node:fs";
import { duration, notEmpty, type Topic, UsageError, wholeNumber } from "./options.js";

interface JobValues {
  readonly sensors?: string | undefined;
  readonly timeout?: string | undefined;
  readonly deadline?: string | undefined;
  readonly retries?: string | undefined;
  readonly params?: string | undefined;
}

/** The options of a job. */
export const jobOptions = {
  sensors: { type: "string" },
  timeout: { type: "string" },
  deadline: { type: "string" },
  retries: { type: "string" },
  params: { type: "string" },
} as const;

/** How a job is to be run. Times are milliseconds. */
export interface JobArguments {
  readonly sensors: string;
  /** For how long it may run. */
  readonly jobTimeout: number | undefined;
  /** Until the last must have begun. */
  readonly deadline: number | undefined;
  readonly retries: number | undefined;
  /** What the job is given, from JSON. */
  readonly params: unknown;
}

/** Throws a UsageError when no endpoints are named, or something makes no sense. */
export function jobArguments(values: JobValues, topic: Topic): JobArguments {
  const sensors = notEmpty(values.sensors, "sensors", topic);
  if (sensors === undefined) {
    throw new UsageError("On which endpoints? --sensors says it: all, hostname:WIN, groupid:1, 3,5,8 or @file.", topic);
  }
  const jobTimeout = duration(values.timeout, "timeout", topic);
  if (jobTimeout === 0) throw new UsageError("--timeout is 0: no job could run.", topic);
  return {
    sensors,
    jobTimeout,
    deadline: duration(values.deadline, "deadline", topic),
    retries: wholeNumber(values.retries, "retries", 0, 100, topic),
    params: readParams(values.params, topic),
  };
}

/** JSON, or a file of it behind an `@`. */
function readParams(given: string | undefined, topic: Topic): unknown {
  if (given === undefined) return undefined;
  let text = given;
  try {
    if (given.startsWith("@")) text = readFileSync(given.slice(1), "utf8");
  } catch {
    throw new UsageError(`--params: ${given.slice(1)} cannot be read.`, topic);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--params is no JSON: ${error instanceof Error ? error.message : String(error)}.`, topic);
  }
}
