import { invalid } from "../errors.js";
import type { FleetTarget, SubmitOptions } from "./types.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** In bytes: Redis holds them once for each run. */
const LARGEST_PARAMS = 256 * 1024;

/** Options of a run with their defaults filled in; limits are 0 where there is none. */
export interface RunSettings {
  readonly within: number;
  readonly jobTimeout: number;
  readonly retries: number;
  readonly rerun: boolean;
  readonly priority: number;
  readonly recheck: number;
  readonly openTimeout: number;
  readonly keep: number;
}

const known = new Set([
  ...["params", "id", "deadline", "jobTimeout", "retries", "rerun", "priority", "recheck", "openTimeout", "keep"],
  ...["unoffered", "signal", "states"],
]);

/** @throws FleetError naming the option that has no meaning: nothing is submitted then */
export function runSettings(options: SubmitOptions): RunSettings {
  const strange = Object.keys(options).find((name) => !known.has(name));
  if (strange !== undefined) throw invalid(`Unknown option ${strange}. The options are: ${[...known].join(", ")}.`);
  const { retries = 3, rerun = false, priority = 0, params } = options;
  if (!Number.isInteger(retries) || retries < 0) throw invalid(`retries cannot be ${retries}: it counts from 0.`);
  if (!Number.isInteger(priority) || priority < 0 || priority > 1_000_000) {
    throw invalid(`priority cannot be ${priority}: it is a whole number from 0 to 1,000,000.`);
  }
  checkParams(params);
  return {
    ...{ retries, rerun, priority, within: timeLeft(options.deadline) },
    jobTimeout: duration("jobTimeout", options.jobTimeout, HOUR),
    recheck: Math.max(1000, duration("recheck", options.recheck, 60_000) || 60_000),
    openTimeout: duration("openTimeout", options.openTimeout, 360_000),
    keep: duration("keep", options.keep, 30 * DAY) || 365 * DAY,
  };
}

function checkParams(params: unknown): void {
  let text: string | undefined;
  try {
    text = JSON.stringify(params ?? null);
  } catch (cause) {
    throw invalid(`params cannot be written as JSON: ${String(cause)}`);
  }
  if (text === undefined) throw invalid("params cannot be written as JSON.");
  const size = Buffer.byteLength(text);
  if (size > LARGEST_PARAMS) throw invalid(`params take ${size} bytes as JSON, and ${LARGEST_PARAMS} are the most.`);
}

/** Whole milliseconds; 0 for no limit. */
function duration(name: string, value: number | undefined, fallback: number): number {
  const given = value ?? fallback;
  if (typeof given !== "number" || !(given >= 0)) {
    throw invalid(
      `${name} cannot be ${String(given)}: it must be a number of milliseconds; 0 or Infinity for no limit.`,
    );
  }
  return given === Number.POSITIVE_INFINITY ? 0 : Math.ceil(given);
}

function timeLeft(deadline: number | Date | undefined): number {
  if (!(deadline instanceof Date)) return duration("deadline", deadline, DAY);
  const left = deadline.getTime() - Date.now();
  if (Number.isNaN(left)) throw invalid("deadline is no valid date.");
  if (left <= 0) throw invalid(`The deadline ${deadline.toISOString()} has passed: nothing could begin.`);
  return Math.ceil(left);
}

type Target = { readonly id: number; readonly hostname?: string | undefined };

/**
 * Targets in portions, each with what is known of it. A list is looked through at once, before anything of it is submitted.
 * @throws FleetError when one is none
 */
export function portionsOf(
  targets: Iterable<FleetTarget> | AsyncIterable<FleetTarget>,
  portion: number,
): AsyncIterable<Target[]> {
  const isObject = typeof targets === "object" && targets !== null;
  if (!isObject || !(Symbol.iterator in targets || Symbol.asyncIterator in targets)) {
    throw invalid("submit() takes a list of sensors, or something that gives them one after the other.");
  }
  return inPortions(Array.isArray(targets) ? targets.map(checked) : targets, portion);
}

async function* inPortions(
  targets: Iterable<FleetTarget> | AsyncIterable<FleetTarget>,
  portion: number,
): AsyncGenerator<Target[]> {
  let some: Target[] = [];
  for await (const target of targets) {
    some.push(checked(target));
    if (some.length < portion) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

function checked(target: unknown): Target {
  const given =
    typeof target === "object" && target !== null ? (target as { id?: unknown; hostname?: unknown }) : { id: target };
  const { id, hostname } = given as { id?: unknown; hostname?: unknown };
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
    throw invalid(`${JSON.stringify(id) ?? typeof id} is no sensor id: a whole number, or { id, hostname }.`);
  }
  return { id, hostname: typeof hostname === "string" ? hostname : undefined };
}
