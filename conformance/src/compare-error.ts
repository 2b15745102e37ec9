import type { GeneralDeparture } from "./departures.js";
import { member } from "./objects.js";
import { textMatches } from "./placeholders.js";
import { parseTarget } from "./request.js";
import type { RecordedError } from "./vector.js";

/** Something that an error tells, apart from the words in which it is told. */
type Fact =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "text"; readonly text: string };

/** The recorded client's forms of messages, and what each of them tells. */
const forms: readonly { readonly pattern: RegExp; readonly facts: (groups: readonly string[]) => Fact[] }[] = [
  {
    pattern: /^Received error code (\d+) from API(?:: ([\s\S]*)| \(No further information provided\))$/,
    facts: ([status = "", text = ""]) => [{ kind: "status", status: Number(status) }, ...textFact(text)],
  },
  {
    pattern: /^Received 404 \(Object Not Found\) for (\S+)(?:: ([\s\S]*))?$/,
    facts: ([address = "", text = ""]) => [{ kind: "address", address }, ...textFact(text)],
  },
  {
    pattern: /^Check your API Credentials: Invalid API token for server (\S+)\.$/,
    facts: ([address = ""]) => [{ kind: "address", address }, ...textFact("Invalid API token for server")],
  },
  { pattern: /^Check your API Credentials: ([\s\S]*)$/, facts: ([text = ""]) => textFact(text) },
  {
    pattern: /^Timed out when requesting (\S+) from API/,
    facts: ([address = ""]) => [{ kind: "address", address }],
  },
  {
    pattern: /^Received a network connection error from (\S+): /,
    facts: ([address = ""]) => [{ kind: "address", address }],
  },
  {
    pattern: /^Received query syntax error for (\S+): ([\s\S]*)$/,
    facts: ([address = "", text = ""]) => [{ kind: "address", address }, ...textFact(text)],
  },
];

/** Which of the library's errors may stand for one of the recorded client's runtime. */
const runtimeErrors: Readonly<Record<string, readonly string[]>> = {
  ValueError: ["ApiError", "RangeError", "TypeError"],
  TypeError: ["ApiError", "TypeError"],
};

/** Compares an error by its class and by what it tells, not by its words. */
export function compareError(
  expected: RecordedError,
  actual: unknown,
  names: Readonly<Record<string, unknown>>,
  met: (departure: GeneralDeparture) => void,
): string[] {
  if (!(actual instanceof Error)) return [`something that is no error was thrown: ${String(actual)}`];
  const differences = compareClass(expected, actual, names, met);
  const message = inOurNames(expected.message);
  if (message !== expected.message) met("names in errors");
  const facts = [...factsOf(message)];
  if (expected.uri !== undefined && /^(\/|https?:)/.test(expected.uri)) {
    facts.push({ kind: "address", address: expected.uri });
  }
  if (expected.error_code !== undefined) facts.push({ kind: "status", status: expected.error_code });
  for (const name of ["win32_error", "decoded_win32_error"] as const) {
    const wanted = expected[name];
    if (wanted === undefined || member(actual, name) === wanted) continue;
    differences.push(`the error's ${name} is ${String(member(actual, name))}, recorded ${wanted}`);
  }
  for (const fact of facts) {
    const lacking = missing(fact, actual);
    if (lacking !== undefined) differences.push(`the error does not tell ${lacking}; it is ${shown(actual)}`);
  }
  return [...new Set(differences)];
}

function compareClass(
  expected: RecordedError,
  actual: Error,
  names: Readonly<Record<string, unknown>>,
  met: (departure: GeneralDeparture) => void,
): string[] {
  const wrong = [`an error of class ${expected.class} was expected; it is ${shown(actual)}`];
  const accepted = expected.builtin === true ? (runtimeErrors[expected.class] ?? []) : [expected.class];
  const runtime: Readonly<Record<string, unknown>> = { RangeError, TypeError };
  const isOne = accepted.some((name) => {
    const errorClass = names[name] ?? runtime[name];
    return typeof errorClass === "function" && actual instanceof errorClass;
  });
  if (!isOne) return wrong;
  if (expected.builtin === true) met("runtime error");
  return [];
}

/** What an error tells the caller to use is called otherwise here: `.and_()`, `solrq.Q`. */
function inOurNames(message: string): string {
  return message.replaceAll("solrq.Q", "Q").replaceAll(/\.(\w+?)_\(/g, ".$1(");
}

function factsOf(message: string): Fact[] {
  for (const { pattern, facts } of forms) {
    const match = pattern.exec(message);
    if (match !== null) return facts(match.slice(1));
  }
  return wordsThatTell(message).map((text) => ({ kind: "text", text }));
}

/** What is quoted, what is listed, and words that are no ordinary ones: with digits, with signs inside. */
function wordsThatTell(message: string): string[] {
  // An example tells nothing of what happened.
  const text = message.replace(/\beg\. \S+/, "");
  const quoted = [...text.matchAll(/'([^']+)'/g)].map(([, inner = ""]) => inner);
  const listed = [...text.matchAll(/\w+(?:, \w+)+/g)].flatMap(([list]) => list.split(", "));
  const words = text
    .replaceAll(/'[^']+'/g, "")
    .split(/\s+/)
    .map((word) => word.replace(/^[([]+|[\])]*[.,:;]*$/g, "").replace(/[\])]+$/, ""))
    .filter((word) => /\d|_|\w[:/.@]+\w/.test(word) && word !== "and/or");
  return [...quoted, ...listed, ...words];
}

function textFact(text: string): Fact[] {
  return text === "" || text === "None" ? [] : [{ kind: "text", text }];
}

/** What is missing in an error that should tell a fact; `undefined` when it tells it. */
function missing(fact: Fact, error: Error): string | undefined {
  switch (fact.kind) {
    case "status":
      return member(error, "status") === fact.status ? undefined : `the status ${fact.status}`;
    case "address":
      return namesAddress(fact.address, error) ? undefined : `the address ${fact.address}`;
    case "text": {
      const told = bare(everythingTold(error));
      const pattern = bare(fact.text);
      return textMatches(`{runtime detail}${pattern}{runtime detail}`, told) ? undefined : JSON.stringify(fact.text);
    }
  }
}

function namesAddress(address: string, error: Error): boolean {
  if (everythingTold(error).includes(address)) return true;
  const wanted = targetOf(address);
  return ["uri", "path"].some((name) => {
    const given = member(error, name);
    return typeof given === "string" && targetOf(given) === wanted;
  });
}

/** Path and parameters of an address, in one spelling. */
function targetOf(address: string): string {
  const { path, query } = parseTarget(address.replace(/^https?:\/\/[^/]+/, ""));
  return JSON.stringify([path, query]);
}

/** The message, the fields, and the same of what caused the error. */
function everythingTold(error: Error): string {
  const told = [error.message];
  for (const value of Object.values(error)) {
    if (typeof value === "string" || typeof value === "number") told.push(String(value));
  }
  if (error.cause instanceof Error) told.push(everythingTold(error.cause));
  return told.join("\n");
}

/** Without quotes and blanks, in which the printed forms of documents differ. */
function bare(text: string): string {
  return text.replaceAll(/[\s"'\\]/g, "");
}

function shown(error: Error): string {
  return `${error.name}: ${error.message}`;
}
