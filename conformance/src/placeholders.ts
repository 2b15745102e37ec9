import { isDocument } from "./vector.js";

/** Stands in a recording for any text, such as an error message of a system. */
export const ANY_TEXT = "{runtime detail}";

/** What the names in braces of a recording stand for in this run. */
export interface Places {
  /** The server's address, without a trailing slash. */
  readonly server: string;
  /** Its host and port. */
  readonly host: string;
  /** A file with its certificate. */
  readonly certificateFile: string;
}

/** A copy of a recorded value in which the names of places are replaced by the places of this run. */
export function fillIn<T>(value: T, places: Places): T {
  return fill(value, places) as T;
}

function fill(value: unknown, places: Places): unknown {
  if (typeof value === "string") {
    return value
      .replaceAll("{server-certificate}", places.certificateFile)
      .replaceAll("{server}", places.server)
      .replaceAll("{host}", places.host);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, places));
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, places)]));
}

/** Whether a text is the expected one, of which parts may stand for any text. */
export function textMatches(expected: string, actual: string): boolean {
  if (!expected.includes(ANY_TEXT)) return expected === actual;
  const pattern = expected.split(ANY_TEXT).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${pattern.join("[\\s\\S]*")}$`).test(actual);
}
