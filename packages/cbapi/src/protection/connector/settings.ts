import { invalidArgument } from "../../core/invalid-argument.js";
import { timeLimit } from "../../core/transport/limits.js";
import type { ConnectorRunOptions } from "./types.js";

type Hooks = "signal" | "onResult" | "onError";
type Rest = Omit<ConnectorRunOptions, Hooks>;

/** The options of a run, checked, with nothing left out. Limits of time are 0 where there are none. */
export type Settings = Pick<ConnectorRunOptions, Hooks> & {
  readonly [Name in keyof Rest]-?: NonNullable<Rest[Name]>;
};

const known: Readonly<Record<keyof ConnectorRunOptions, true>> = {
  analyse: true,
  analysisTimeout: true,
  attempts: true,
  concurrency: true,
  interval: true,
  maxCount: true,
  onError: true,
  onResult: true,
  signal: true,
  stopTimeout: true,
  timeout: true,
  waitForUpload: true,
};

/** What a timer can hold. */
const LONGEST = 2 ** 31 - 1;

/**
 * Checks how a connector is to work.
 * @throws CbApiError with code `INVALID_ARGUMENT` naming the option that has no meaning, or does not exist
 */
export function settingsOf(options: ConnectorRunOptions): Settings {
  const { analyse, waitForUpload = true, signal, onResult, onError } = options;
  const stray = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (stray !== undefined) {
    throw invalidArgument(`A connector's run has no option ${stray}. It has: ${Object.keys(known).join(", ")}`);
  }
  if (typeof analyse !== "function") {
    throw invalidArgument("A connector's run wants analyse, a function that gives the verdict on a file");
  }
  return {
    analyse: (pending, context) => options.analyse(pending, context),
    interval: between("interval", options.interval ?? 10_000, 1, LONGEST),
    concurrency: whole("concurrency", options.concurrency ?? 1, 1000),
    maxCount: whole("maxCount", options.maxCount ?? 10, 10_000),
    waitForUpload,
    attempts: whole("attempts", options.attempts ?? 3, 1000),
    analysisTimeout: timeLimit(options.analysisTimeout ?? 0),
    stopTimeout: Math.min(between("stopTimeout", options.stopTimeout ?? 30_000, 0, Number.POSITIVE_INFINITY), LONGEST),
    timeout: timeLimit(options.timeout ?? 0),
    signal,
    onResult,
    onError,
  };
}

function between(name: string, value: number, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw invalidArgument(`${name} wants milliseconds, ${least} or more, and got ${String(value)}`);
}

function whole(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidArgument(`${name} wants a whole number from 1 to ${most}, and got ${String(value)}`);
}
