import type { QueryParameters, QueryValue } from "./types.js";

const unreserved = /^[\w.~-]*$/;
const unescaped = /[!'()*]|%20/g;
const replacements: Readonly<Record<string, string>> = {
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "*": "%2A",
  "%20": "+",
};

/** Encodes one text for a query string: a space becomes `+`, and only letters, digits and `_.-~` stay as they are. */
function encodeQueryText(text: string): string {
  if (unreserved.test(text)) return text;
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch {
    // Half a surrogate pair has no UTF-8 form; a buffer writes the replacement character for it.
    encoded = encodeURIComponent(Buffer.from(text).toString());
  }
  return encoded.replace(unescaped, (match) => replacements[match] ?? match);
}

function push(pairs: [string, string][], name: string, value: QueryValue): void {
  if (value === undefined || value === null) return;
  pairs.push([name, value instanceof Date ? value.toISOString() : String(value)]);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Writes parameters as a query string without its question mark, sorted by name and then by value. */
export function encodeQuery(parameters: QueryParameters): string {
  const pairs: [string, string][] = [];
  if (isPairs(parameters)) {
    for (const [name, value] of parameters) push(pairs, name, value);
  } else {
    for (const name of Object.keys(parameters)) {
      const value = parameters[name];
      if (isList(value)) for (const item of value) push(pairs, name, item);
      else push(pairs, name, value);
    }
  }
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return encodePairs(pairs);
}

/** Writes parameters as a query string in the order in which they are given. */
export function encodePairs(pairs: readonly (readonly [name: string, value: string])[]): string {
  let text = "";
  for (const [name, value] of pairs) {
    text += `${text === "" ? "" : "&"}${encodeQueryText(name)}=${encodeQueryText(value)}`;
  }
  return text;
}

/** The path of a request with its query added. */
export function withQuery(path: string, parameters: QueryParameters | undefined): string {
  if (parameters === undefined) return path;
  const query = encodeQuery(parameters);
  return query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

// Array.isArray does not narrow read-only arrays.
function isPairs(parameters: QueryParameters): parameters is readonly (readonly [string, QueryValue])[] {
  return Array.isArray(parameters);
}

function isList(value: QueryValue | readonly QueryValue[]): value is readonly QueryValue[] {
  return Array.isArray(value);
}
