import { ApiError } from "../../core/errors.js";
import { encodePairs } from "../../core/transport/query.js";

/**
 * The console's form of a search: `cb.urlver=1&q=process_name%3Acmd.exe&cb.q.username=system&cb.fq.host_type=server`.
 * Watchlists keep it, and the console's addresses hold it.
 */

/** One parameter, decoded. */
export type Parameter = readonly [name: string, value: string];

/** The parameters of a query string as the server would read it. Never fails: watchlists hold what others wrote. */
export function readParameters(text: string): Parameter[] {
  return pieces(text).flatMap((piece): Parameter[] => [...new URLSearchParams(piece)]);
}

/**
 * The parameters of a query string that somebody gave us to send.
 * @throws ApiError when it is none, for example because it is plain query text
 */
export function parseParameters(text: string): Parameter[] {
  if (typeof text !== "string") throw notAQueryString(String(text), "it is no text");
  const given = pieces(text.trim());
  const odd = given.find((piece) => !/^[\w.%-]+=/.test(piece));
  if (odd !== undefined) throw notAQueryString(text, `${JSON.stringify(odd)} is no name=value`);
  const parameters = readParameters(given.join("&"));
  // Without one of these, the search would find everything.
  if (!parameters.some(([name]) => name === "q" || name.startsWith("cb."))) {
    throw notAQueryString(text, "neither q nor a parameter that begins with cb. is in it");
  }
  return parameters;
}

function notAQueryString(text: string, why: string): ApiError {
  return new ApiError(
    `not a query string of the console: ${JSON.stringify(text)} (${why}). It reads "cb.urlver=1&q=process_name%3Acmd.exe"; plain query text is for where()`,
    { code: "QUERY_STRING" },
  );
}

function pieces(text: string): string[] {
  return text
    .replace(/^\?/, "")
    .split("&")
    .filter((piece) => piece !== "");
}

/** What it asks for as a user would write it: the query text, and each term that the console keeps apart. */
export function textOf(parameters: readonly Parameter[]): string {
  return parameters
    .flatMap(([name, value]) => {
      if (name === "q") return value === "" ? [] : [value];
      return name.startsWith("cb.q.") ? [`${name.slice("cb.q.".length)}:${value}`] : [];
    })
    .join(" ");
}

/** What was chosen from the console's facets: field and value. */
export function facetsIn(parameters: readonly Parameter[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parameters.flatMap(([name, value]) => (name.startsWith("cb.fq.") ? [[name.slice("cb.fq.".length), value]] : [])),
  );
}

/** A query string with its query text replaced; what else it holds stays letter for letter. */
export function withText(queryString: string, text: string): string {
  const kept = pieces(queryString).filter((piece) => !/^(q|cb\.q\..*)$/.test(nameOf(piece)));
  const versioned = kept.some((piece) => nameOf(piece) === "cb.urlver") ? kept : ["cb.urlver=1", ...kept];
  // As the console writes it: a blank is %20, and a slash stays.
  const written = encodePairs([["q", text]])
    .replaceAll("+", "%20")
    .replaceAll("%2F", "/");
  return [...versioned, written].join("&");
}

function nameOf(piece: string): string {
  return [...new URLSearchParams(piece)][0]?.[0] ?? "";
}
