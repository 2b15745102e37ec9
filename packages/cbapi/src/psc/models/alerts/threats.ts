import { inspect } from "node:util";
import { ServerError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudHost } from "../../host.js";
import { ask, askForObject, tell } from "../../send.js";
import { requestIdIn } from "./alert-operation.js";
import {
  ALERT_HISTORY,
  ALERT_SUGGESTIONS,
  THREAT_HISTORY,
  THREAT_TAG_DELETE,
  THREAT_TAGS,
  THREAT_TAGS_ADD,
  THREATS_CHANGE,
} from "./calls.js";
import { type ClassicChange, threatChange } from "./change.js";
import { type NoteSubject, subject } from "./notes.js";

/** What a text may be meant to go on with in a search for alerts. */
export interface SearchSuggestion {
  readonly term: string;
  /** How likely it is. */
  readonly weight: number;
  readonly required_skus_all?: readonly string[];
  readonly required_skus_some?: readonly string[];
}

/**
 * @internal Fields and values that a search for alerts can go on with: `GET .../alerts/search_suggestions`.
 * @throws ApiError with code `INVALID_ARGUMENT` when it is given no text
 */
export async function searchSuggestions(
  host: CloudHost,
  text: string,
  options: CallOptions,
): Promise<SearchSuggestion[]> {
  if (typeof text !== "string") throw invalidArgument(`a search is text, got ${inspect(text)}`);
  const { suggestions } = await askForObject(host, ALERT_SUGGESTIONS, { query: { "suggest.q": text } }, options);
  return Array.isArray(suggestions) ? (suggestions as SearchSuggestion[]) : [];
}

/**
 * @internal Changes all alerts of some threats, and those that are still to come: `POST .../threat/workflow/_criteria`.
 * @returns the id under which the service does it
 * @throws ApiError with code `INVALID_ARGUMENT` when a threat is named by anything but text, or none is
 */
export async function changeThreats(
  host: CloudHost,
  threats: readonly string[],
  change: ClassicChange,
  options: CallOptions,
): Promise<string> {
  const ids: readonly unknown[] = Array.isArray(threats) ? threats : [threats];
  const wrong = ids.filter((id) => typeof id !== "string" || id === "");
  if (!Array.isArray(threats) || ids.length === 0 || wrong.length > 0) {
    const got = Array.isArray(threats) ? wrong.map((id) => inspect(id)).join(", ") || "none" : inspect(threats);
    throw invalidArgument(`One or more invalid threat ID values: a list of texts is expected, got ${got}`);
  }
  const { remediation, comment } = change;
  for (const said of [remediation, comment]) {
    if (said !== undefined && said !== null && typeof said !== "string") {
      throw invalidArgument(`remediation and comment are text, got ${inspect(said)}`);
    }
  }
  const json = { ...threatChange(change), threat_id: [...new Set(ids)] };
  return requestIdIn(await tell(host, THREATS_CHANGE, { json }, options));
}

export async function historyOf(
  host: CloudHost,
  about: NoteSubject,
  options: CallOptions,
): Promise<Record<string, unknown>[]> {
  const { call, id } = subject(about, ALERT_HISTORY, THREAT_HISTORY);
  const { history } = await askForObject(host, call, { values: { id } }, options);
  return Array.isArray(history) ? (history as Record<string, unknown>[]) : [];
}

export async function tagsOf(host: CloudHost, threat: string, options: CallOptions): Promise<string[]> {
  return tagsIn(await ask(host, THREAT_TAGS, { values: { id: threat } }, options));
}

export async function addTags(
  host: CloudHost,
  threat: string,
  tags: readonly string[],
  options: CallOptions,
): Promise<string[]> {
  const isText = (tag: unknown) => typeof tag === "string" && tag.trim() !== "";
  if (!Array.isArray(tags) || tags.length === 0 || !tags.every(isText)) {
    throw invalidArgument(`tags are a list of texts, at least one: got ${inspect(tags)}`);
  }
  return tagsIn(await tell(host, THREAT_TAGS_ADD, { values: { id: threat }, json: { tags } }, options));
}

export async function deleteTag(host: CloudHost, threat: string, tag: string, options: CallOptions): Promise<string[]> {
  if (typeof tag !== "string" || tag === "") throw invalidArgument(`a tag is text, got ${inspect(tag)}`);
  return tagsIn(await tell(host, THREAT_TAG_DELETE, { values: { id: threat, tag } }, options));
}

/** The service calls the same list by two names. */
function tagsIn(answer: unknown): string[] {
  const { tags, list } = (answer ?? {}) as { readonly tags?: unknown; readonly list?: unknown };
  const found = tags ?? list;
  if (Array.isArray(found)) return found.map(String);
  throw new ServerError("The service has answered for the tags of a threat without any list of them", {
    code: "UNEXPECTED_ANSWER",
  });
}
