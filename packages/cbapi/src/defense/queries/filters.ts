import { inspect } from "node:util";
import { invalidArgument } from "../../core/invalid-argument.js";
import { nearestNames } from "../../core/query/nearest.js";
import { parseTime } from "../../core/time.js";

/** What a list can be narrowed by: parameters, each of which is one text. */
export type Filters = Readonly<Record<string, string>>;

/** What devices can be narrowed by. */
export interface DeviceFilters {
  /** A part of the host name, whatever the case. */
  readonly hostName?: string;
  /** The host name as it is written. */
  readonly hostNameExact?: string;
  /** A part of the owner's name, whatever the case. */
  readonly ownerName?: string;
  /** The owner's name as it is written. */
  readonly ownerNameExact?: string;
  /** The address inside or outside. */
  readonly ipAddress?: string;
}

/** What kind of event it is. */
export const EVENT_TYPES = [
  "NETWORK",
  "FILE_CREATE",
  "REGISTRY_ACCESS",
  "SYSTEM_API_CALL",
  "CREATE_PROCESS",
  "DATA_ACCESS",
  "INJECT_CODE",
] as const;
/** For how long until now events are looked for. */
export const SEARCH_WINDOWS = ["3h", "1d", "1w", "2w", "1m", "all"] as const;

export type EventType = (typeof EVENT_TYPES)[number];
export type SearchWindow = (typeof SEARCH_WINDOWS)[number];

/** What events can be narrowed by. */
export interface EventFilters extends DeviceFilters {
  readonly applicationName?: string;
  readonly sha256Hash?: string;
  readonly eventType?: EventType;
  /** One day, unless it is named; left aside where there is a start and an end. */
  readonly searchWindow?: SearchWindow;
  /** From when on; with `endTime`, two weeks apart at most. */
  readonly startTime?: Date | string;
  readonly endTime?: Date | string;
}

export const DEVICE_FILTERS = ["hostName", "hostNameExact", "ownerName", "ownerNameExact", "ipAddress"] as const;
export const EVENT_FILTERS = [
  ...DEVICE_FILTERS,
  "applicationName",
  "sha256Hash",
  "eventType",
  "searchWindow",
  "startTime",
  "endTime",
] as const;

/** What the service sends events' times apart by at most, in milliseconds. */
const LONGEST_SPAN = 14 * 86_400_000;
/** What pages are asked for by, and no filter. */
const PAGING: readonly string[] = ["start", "rows", "limit"];
const WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["eventType", EVENT_TYPES],
  ["searchWindow", SEARCH_WINDOWS],
]);
const LOWER: readonly string[] = ["applicationName", "sha256Hash"];

/**
 * The filters with more of them: `"hostName:pc"`, which is split at its first colon, or an object.
 * @throws ApiError with code `INVALID_ARGUMENT` when it is no filter, or its value none
 */
export function withFilter(before: Filters, given: unknown, known: readonly string[], of: string): Filters {
  const filters = { ...before };
  for (const [name, value] of entriesOf(given)) {
    if (!known.includes(name)) throw noFilter(name, known, of);
    const text = textOf(name, value);
    if (filters[name] !== undefined && filters[name] !== text) {
      throw invalidArgument(
        `${of} are asked for by ${name} ${JSON.stringify(filters[name])} already: the server takes one value of it`,
      );
    }
    filters[name] = text;
  }
  return filters;
}

/** @throws ApiError with code `INVALID_ARGUMENT` when times do not go together */
export function checkTimes({ startTime, endTime }: Filters): void {
  if (startTime === undefined && endTime === undefined) return;
  if (startTime === undefined || endTime === undefined) {
    throw invalidArgument("startTime and endTime go together: name both, or a searchWindow");
  }
  const [start, end] = [parseTime(startTime)?.getTime(), parseTime(endTime)?.getTime()];
  if (start === undefined || end === undefined) return;
  if (end < start) throw invalidArgument(`startTime ${startTime} is behind endTime ${endTime}`);
  if (end - start > LONGEST_SPAN) throw invalidArgument("startTime and endTime are two weeks apart at most");
}

function entriesOf(given: unknown): readonly (readonly [string, unknown])[] {
  if (typeof given === "string") {
    const colon = given.indexOf(":");
    if (colon < 1) throw invalidArgument(`a filter reads "name:value", as "hostName:pc": got ${JSON.stringify(given)}`);
    return [[given.slice(0, colon).trim(), given.slice(colon + 1).trim()]];
  }
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    const entries = Object.entries(given);
    if (entries.length > 0) return entries;
  }
  throw invalidArgument(`a filter is text, "name:value", or an object of them: got ${inspect(given)}`);
}

function textOf(name: string, value: unknown): string {
  const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
  if (typeof text !== "string" || text === "") {
    throw invalidArgument(`the filter ${name} is text that is not empty, got ${inspect(value)}`);
  }
  if (name.endsWith("Time") && parseTime(text) === undefined) {
    throw invalidArgument(`the filter ${name} is a Date or ISO 8601 text, got ${JSON.stringify(text)}`);
  }
  const words = WORDS.get(name);
  if (words !== undefined && !words.includes(text)) {
    throw invalidArgument(`the filter ${name} is one of ${words.join(", ")}, got ${JSON.stringify(text)}`);
  }
  return LOWER.includes(name) ? text.toLowerCase() : text;
}

function noFilter(name: string, known: readonly string[], of: string) {
  if (PAGING.includes(name)) {
    return invalidArgument(
      `${name} is no filter: batchSize() says how many rows a page has, and slice() where to begin`,
    );
  }
  const near = nearestNames(name, known);
  const all = known.length === 0 ? `${of} take no filter` : `They are ${known.join(", ")}`;
  return invalidArgument(`${of} have no filter ${name}. ${near[0] === undefined ? all : `Did you mean ${near[0]}?`}`);
}
