import { CbApiError } from "../errors.js";
import { DEFAULT_RETRIES } from "./retry.js";

/** The limit for a call when neither it nor the client names one, in milliseconds. */
const DEFAULT_TIMEOUT = 120_000;

const DEFAULT_CONNECTIONS = 10;
/** What a timer can hold: 24 days. Anything longer would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** The options of a client that are numbers, or that end up in a header. */
export interface LimitOptions {
  readonly timeout?: number | undefined;
  readonly maxRetries?: number | null | undefined;
  readonly poolMaxsize?: number | undefined;
  readonly integrationName?: string | undefined;
}

export interface Limits {
  readonly timeout: number;
  readonly retries: number;
  readonly connections: number;
}

/**
 * Checks the limits of a client and fills in the defaults.
 *
 * @throws CbApiError naming the option that has no meaning.
 */
export function clientLimits(options: LimitOptions): Limits {
  const { maxRetries, poolMaxsize, integrationName } = options;
  if (maxRetries !== undefined && maxRetries !== null && !isCount(maxRetries, 0))
    throw invalid("maxRetries", maxRetries, "it must be a whole number, 0 for none");
  if (poolMaxsize !== undefined && !isCount(poolMaxsize, 1))
    throw invalid("poolMaxsize", poolMaxsize, "it must be a whole number of at least 1");
  if (integrationName !== undefined && !isHeaderValue(integrationName))
    throw invalid("integrationName", integrationName, "it is sent in a header, which holds one line of Latin letters");
  return {
    timeout: options.timeout === undefined ? DEFAULT_TIMEOUT : timeLimit(options.timeout),
    retries: maxRetries ?? DEFAULT_RETRIES,
    connections: poolMaxsize ?? DEFAULT_CONNECTIONS,
  };
}

/**
 * A time limit as timers take it; 0 means none.
 *
 * @throws CbApiError when it is no length of time.
 */
export function timeLimit(timeout: number): number {
  if (typeof timeout !== "number" || !(timeout >= 0))
    throw invalid("timeout", timeout, "it must be a number of milliseconds; 0 or Infinity for no limit");
  return timeout === Number.POSITIVE_INFINITY ? 0 : Math.min(timeout, LONGEST);
}

/** Whether a text can be the value of a header. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}

function invalid(name: string, value: unknown, rule: string): CbApiError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new CbApiError(`${name} cannot be ${shown}: ${rule}.`, { code: "INVALID_OPTION" });
}
