import { HttpProblem, type SandboxReply } from "../../server/product.js";

/** What every answer of the third generation says. */
export const SUCCESS = { success: true, message: "Success" } as const;

/** So many rows come where no number is asked for. */
const USUAL_ROWS = 100;
/** As many as come at a time, whatever is asked for. */
const MOST_ROWS = 10_000;

/** A page of a list, which names its total. Rows are counted from 1. */
export function page<T>(
  query: URLSearchParams,
  found: readonly T[],
  now: number,
  show: (row: T) => unknown,
): SandboxReply {
  const first = Math.max(1, numberIn(query, "start") ?? 1) - 1;
  const rows = Math.min(MOST_ROWS, numberIn(query, "rows") ?? USUAL_ROWS);
  const results = found.slice(first, first + rows).map(show);
  return {
    status: 200,
    body: { ...SUCCESS, latestTime: now, elapsed: 1, totalResults: found.length, results },
  };
}

/** A parameter that is a whole number; refused where it is none. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new HttpProblem(400, `${name} must be a whole number, not ${text}`);
  return Number(text);
}

/** A moment of a document that is ISO 8601, in milliseconds since 1970. */
export const epoch = (time: unknown): number | null => (typeof time === "string" ? Date.parse(time) : null);

/** Whether a text holds another one, letters without case; nothing asked for is held by everything. */
export const holds = (text: unknown, part: string | null): boolean =>
  part === null ||
  part === "" ||
  String(text ?? "")
    .toLowerCase()
    .includes(part.toLowerCase());
