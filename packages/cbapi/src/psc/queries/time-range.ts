import { invalidArgument } from "../../core/invalid-argument.js";

/** A span of time: from one moment to another, or so long until now. */
export type TimeRange =
  | {
      /** The first moment: a `Date`, or ISO 8601 text, which is sent as it is. */
      readonly start: Date | string;
      /** The last moment. */
      readonly end: Date | string;
      readonly range?: undefined;
    }
  | {
      /** So long until now: `-3w`, `-10h`. Units are y, M, w, d, h, m and s. */
      readonly range: string;
      readonly start?: undefined;
      readonly end?: undefined;
    };

/** @internal A span of time as criteria have it. @throws CbApiError with code `INVALID_ARGUMENT` when it is none */
export function timeRange(
  given: TimeRange,
): { readonly start: string; readonly end: string } | { readonly range: string } {
  const { start, end, range } = (given ?? {}) as { readonly [K in "start" | "end" | "range"]?: unknown };
  if (start !== undefined && end !== undefined) {
    if (range !== undefined) throw invalidArgument("cannot specify range= in addition to start= and end=");
    return { start: moment(start), end: moment(end) };
  }
  if (range === undefined) throw invalidArgument("must specify either start= and end= or range=");
  if (start !== undefined || end !== undefined) {
    throw invalidArgument("cannot specify start= or end= in addition to range=");
  }
  if (typeof range !== "string" || !/^-\d+[yMwdhms]$/.test(range)) {
    throw invalidArgument(
      `range is a minus, a number and one of y M w d h m s, as in "-3w": got ${JSON.stringify(range)}`,
    );
  }
  return { range };
}

/** @internal A moment as the Cloud takes it: a `Date` in UTC, text as it is. */
export function moment(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (typeof value === "string" && /^\d{4}/.test(value)) return value;
  throw invalidArgument(`a moment is a Date or ISO 8601 text, got ${JSON.stringify(value)}`);
}
