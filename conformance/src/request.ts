import { isDeepStrictEqual } from "node:util";
import { readParts } from "./multipart.js";
import type { RecordedRequest } from "./vector.js";

/** A request as it came. */
export interface ReceivedRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  /** Decoded, in the order of names and values. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Takes a request target apart; blanks may be written as `+`. */
export function parseTarget(target: string): Pick<ReceivedRequest, "path" | "query"> {
  const mark = target.indexOf("?");
  const path = decodeURIComponent(mark < 0 ? target : target.slice(0, mark));
  const query = [...new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1))];
  return { path, query: query.sort(byPair) };
}

/** What is different in a request from the recorded one; empty when it is the same. */
export function compareRequest(expected: RecordedRequest, actual: ReceivedRequest): string[] {
  const differences: string[] = [];
  if (expected.method !== actual.method) differences.push(`method ${actual.method} in place of ${expected.method}`);
  if (expected.path !== actual.path) differences.push(`path ${actual.path} in place of ${expected.path}`);
  differences.push(...compareQuery(expected.query, actual.query));
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const given = actual.headers[name];
    if (given === undefined || !headerMatches(value, given)) {
      differences.push(`header ${name} is ${given === undefined ? "missing" : show(given)}, recorded ${show(value)}`);
    }
  }
  differences.push(...compareBody(expected, actual));
  return differences;
}

/** `GET /api/info?a=b`, for people. */
export function describeRequest(request: Pick<RecordedRequest, "method" | "path" | "query">): string {
  const query = request.query.map(([name, value]) => `${name}=${value}`).join("&");
  return `${request.method} ${request.path}${query === "" ? "" : `?${query}`}`;
}

function compareQuery(
  expected: readonly (readonly [string, string])[],
  actual: readonly (readonly [string, string])[],
): string[] {
  const wanted = expected.map(([name, value]) => `${name}=${value}`).sort();
  const given = actual.map(([name, value]) => `${name}=${value}`).sort();
  return [
    ...without(wanted, given).map((pair) => `parameter ${pair} is missing`),
    ...without(given, wanted).map((pair) => `parameter ${pair} was not recorded`),
  ];
}

/** The items of the first list that the second has not, each as often as it is one too many. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return items.filter((item) => {
    const found = left.indexOf(item);
    if (found >= 0) left.splice(found, 1);
    return found < 0;
  });
}

function compareBody(expected: RecordedRequest, actual: ReceivedRequest): string[] {
  if ("json" in expected) {
    let given: unknown;
    try {
      given = JSON.parse(actual.body.toString());
    } catch {
      return [`the body is no JSON: ${show(actual.body.toString())}`];
    }
    if (isDeepStrictEqual(given, expected.json)) return [];
    return [`the body is ${show(given)}, recorded ${show(expected.json)}`];
  }
  if (expected.multipart !== undefined) {
    const given = readParts(actual.body, actual.headers["content-type"] ?? "");
    if (isDeepStrictEqual(given, expected.multipart)) return [];
    return [`the form is ${show(given)}, recorded ${show(expected.multipart)}`];
  }
  const text = actual.body.toString();
  return text === (expected.text ?? "") ? [] : [`the body is ${show(text)}, recorded ${show(expected.text ?? "")}`];
}

/** A star in the recorded value stands for what a client makes up, such as the boundary of a form. */
function headerMatches(expected: string, actual: string): boolean {
  if (!expected.endsWith("=*")) return expected === actual;
  return actual.startsWith(expected.slice(0, -1));
}

function byPair(a: readonly [string, string], b: readonly [string, string]): number {
  const [first, second] = [a.join("\0"), b.join("\0")];
  return first === second ? 0 : first < second ? -1 : 1;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
