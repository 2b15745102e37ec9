import {
  type CbApiError,
  ClientError,
  ObjectNotFoundError,
  QuerySyntaxError,
  ServerError,
  UnauthorizedError,
} from "../errors.js";
import { type RequestContext, requestDetails } from "./context.js";
import { jsonIn } from "./json.js";
import type { Redactor } from "./redact.js";
import { retryAfter } from "./retry.js";

/** How much of a server's text an error keeps, and how much of that its message shows. */
const KEPT = 4096;
const SHOWN = 500;
/** How much of it is looked at to begin with. */
export const READ = 64 * 1024;

/** An answer that is an error, or that is not what it should be. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Milliseconds since 1970, to read a `Retry-After` that is a date. */
  readonly now: number;
}

/** The server's text without secrets, cut to a length. */
export function serverText(text: string, redactor: Redactor, length: number = KEPT): string {
  let clean = redactor.text(text.slice(0, READ));
  // The end of what was cut off may be the beginning of a secret, which nothing recognises.
  if (text.length >= READ) clean = clean.slice(0, Math.max(0, clean.length - redactor.longest));
  clean = clean.trim();
  return clean.length > length ? `${clean.slice(0, length - 3)}...` : clean;
}

/** Whether a text is a page for people: what proxies and consoles send in place of an answer. */
export const isWebPage = (text: string): boolean => /^\s*<(!doctype|html|head|body)\b/i.test(text);

const looksLikeHtml = (answer: RefusedAnswer): boolean =>
  (answer.headers["content-type"] ?? "").includes("text/html") || isWebPage(answer.text);

/** The error for an answer of 400 and above. */
export function statusError(answer: RefusedAnswer, context: RequestContext): CbApiError {
  const { status } = answer;
  const request = requestDetails(context);
  const message = serverText(answer.text, context.redactor);
  const said =
    message === ""
      ? " (the server gave no reason)"
      : `: ${serverText(reasonIn(answer.text), context.redactor, SHOWN).replace(/\s+/g, " ")}`;
  const wait = retryAfter(answer.headers, answer.now);
  const details = { ...request, status, serverMessage: message, retryAfter: wait };
  const text = (hint: string): string =>
    `${request.method} ${request.uri} was answered ${status}${hint === "" ? said : `${said.replace(/\.$/, "")}. ${hint}`}`;

  if (status >= 500) {
    const passing = status === 502 || status === 503 || status === 504;
    const hint = passing
      ? "The server is overloaded or restarting; try again later."
      : "The server's own log may tell more.";
    return new ServerError(text(hint), { ...details, retryable: passing });
  }
  if (status === 404) {
    const hint = looksLikeHtml(answer)
      ? "This looks like a web page rather than the API: check url. Carbon Black Cloud addresses need the Cloud classes."
      : "No such object, or this version of the server has no such route.";
    return new ObjectNotFoundError(text(hint), details);
  }
  if (status === 401) {
    if (isMissingPermission(answer.text)) {
      const hint = "The API token is valid, but its user lacks this permission: give it to one of the user's roles.";
      return new UnauthorizedError(text(hint), { ...details, code: "MISSING_PERMISSION" });
    }
    const hint =
      "The API token is missing, wrong or revoked, or belongs to another server or product: check token and url of the profile.";
    return new UnauthorizedError(text(hint), details);
  }
  if (status === 400 && isMalformedQuery(answer.text)) {
    return new QuerySyntaxError(text("Check quotes, parentheses and field names of the query."), details);
  }
  return new ClientError(text(clientHint(status)), { ...details, retryable: status === 429 || status === 408 });
}

/**
 * What the server says in words: the fields of a JSON object that hold such, however they are spelled; of a page for
 * people what it shows; else the whole answer.
 */
function reasonIn(text: string): string {
  if (isWebPage(text)) return shownBy(text);
  const answer: unknown = jsonIn(text);
  if (typeof answer !== "object" || answer === null) return text;
  const words = Object.entries(answer).filter(([name, value]) => WORDS.test(name) && typeof value === "string");
  // A .NET server's own message says little ("An error has occurred."), and that of its exception why.
  const said = [...new Set(words.map(([, value]) => (value as string).trim()))].filter((value) => value !== "");
  return said.length === 0 ? text : said.join(" ");
}

const WORDS = /^(exception)?message$/i;

/** The text of a page, without its markup, styles and scripts. */
function shownBy(page: string): string {
  const shown = page
    .replaceAll(/<(style|script)\b[\s\S]*?(<\/\1\s*>|$)/gi, " ")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/&nbsp;/gi, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return shown === "" ? page : shown;
}

/** Whether a token is refused for what its user may not do: the answer names the permission. */
function isMissingPermission(text: string): boolean {
  return !isWebPage(text) && /\bpermissions?\b|\b(view|manage) [a-z]/i.test(reasonIn(text));
}

function clientHint(status: number): string {
  switch (status) {
    case 403:
      return "The API token is valid but lacks the permission for this; give its user or key the right role.";
    case 405:
      return "This version of the server does not have this operation.";
    case 407:
      return "A proxy wants a user and a password: write proxy as http://user:password@host:port in the profile.";
    case 409:
      return "It conflicts with what the server already has.";
    case 413:
      return "The request is larger than the server takes.";
    case 429:
      return "Too many requests: wait, then go on more slowly.";
    default:
      return "";
  }
}

function isMalformedQuery(text: string): boolean {
  const body = jsonIn(text);
  return typeof body === "object" && body !== null && "reason" in body && body.reason === "query_malformed_syntax";
}

/** The error for a successful answer that should be JSON and is not. */
export function notJsonError(answer: RefusedAnswer, context: RequestContext, cause: unknown): ServerError {
  const request = requestDetails(context);
  const html = looksLikeHtml(answer);
  const what = answer.text.trim() === "" ? "an empty body" : html ? "a web page" : "something that is not JSON";
  const hint = html
    ? "Is url the right server? Carbon Black Cloud addresses need the Cloud classes, and a login page means that the API is elsewhere."
    : "Check that url is the address of the API.";
  const start = serverText(answer.text, context.redactor, 120).replace(/\s+/g, " ");
  return new ServerError(
    `${request.method} ${request.uri} was answered ${answer.status} with ${what} instead of JSON${start === "" ? "" : ` (${start})`}. ${hint}`,
    {
      ...request,
      cause,
      code: "NOT_JSON",
      status: answer.status,
      serverMessage: serverText(answer.text, context.redactor),
    },
  );
}

/** The error for a successful answer whose document says that it failed. */
export function refusedError(answer: RefusedAnswer, context: RequestContext): ServerError {
  const request = requestDetails(context);
  const message = serverText(answer.text, context.redactor);
  return new ServerError(
    `${request.method} ${request.uri} was answered ${answer.status}, but the server reports an error: ${message}`,
    { ...request, code: "REFUSED", status: answer.status, serverMessage: message },
  );
}
