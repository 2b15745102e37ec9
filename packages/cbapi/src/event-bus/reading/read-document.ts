// Events that come as JSON: hits, alerts, binaries, what the server does. Over the bus they come in the server's own form, and
// are given the one that event forwarders write.
import { typeOfKey } from "../topics.js";
import { addressOfDocument, dateOfSeconds, guidAndSegment } from "./values.js";

type Json = Record<string, unknown>;

const HASHES = ["md5", "parent_md5", "process_md5"];
const ADDRESSES = ["comms_ip", "interface_ip"];
/** What alerts write as text. */
const NUMBERS =
  /^(?:alert_severity|watchlist_id|feed_id|feed_rating|report_score|ioc_confidence|sensor_criticality|sensor_id|host_count|observed_filename_total_count|\w+_count)$/;
/** What some documents have one of where others have many. */
const LISTS = ["observed_filename", "endpoint", "group"];

/** The events of a document of the bus: one for each thing that was found. */
export function eventsOfDocument(key: string, document: Json, pipe: "bus" | "forwarder"): Json[] {
  const type = typeOfKey(key);
  const { docs } = document;
  const parts: (readonly unknown[] | undefined)[] =
    Array.isArray(docs) && docs.length > 1 ? docs.map((each: unknown) => [each]) : [undefined];
  return parts.map((part) => {
    const event = part === undefined ? document : { ...document, docs: part };
    return { ...normalised(type, event), type, key, pipe, raw: document };
  });
}

function normalised(type: string, document: Json): Json {
  const { event_timestamp: published, timestamp, docs, ...rest } = document;
  const isBinary = type.endsWith(".binary");
  return {
    ...fieldsOf(rest, type.startsWith("alert.")),
    ...(docs !== undefined && {
      docs: (Array.isArray(docs) ? docs : []).map((each: unknown) =>
        isDocument(each) ? documentOf(each, isBinary) : each,
      ),
    }),
    timestamp: dateOfSeconds(published ?? timestamp),
  };
}

function documentOf(document: Json, isBinary: boolean): Json {
  const fields = fieldsOf(document, false);
  if (!isBinary) return fields;
  for (const name of LISTS) {
    const value = fields[name];
    if (typeof value === "string") fields[name] = [value];
  }
  for (const name of ["host_count", "orig_mod_len", "copied_mod_len"]) fields[name] = numberOf(fields[name]);
  for (const name of ["is_executable_image", "is_64bit"]) {
    const value = fields[name];
    if (value === "true" || value === "false") fields[name] = value === "true";
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What is the same at the top and in each document. */
function fieldsOf(source: Json, isAlert: boolean): Json {
  const fields: Json = { ...source };
  if (typeof fields["hostname"] === "string") fields["computer_name"] ??= fields["hostname"];
  for (const name of HASHES) {
    const hash = fields[name];
    if (typeof hash === "string" && hash.length === 32) fields[name] = hash.toUpperCase();
  }
  for (const name of ADDRESSES) {
    const address = fields[name];
    if (typeof address === "number") fields[name] = addressOfDocument(address);
  }
  if (isAlert) readAlert(fields);
  readQuery(fields);
  readIds(fields, isAlert);
  return fields;
}

function readAlert(fields: Json): void {
  for (const [name, value] of Object.entries(fields)) {
    if (NUMBERS.test(name)) fields[name] = numberOf(value);
  }
  const { ioc_attr: attributes } = fields;
  if (typeof attributes === "string") fields["ioc_attr"] = parsed(attributes) ?? attributes;
}

/** An indicator that is a search says where it searches and for what, as an address. */
function readQuery(fields: Json): void {
  const { ioc_type: type, ioc_value: value } = fields;
  if (type !== "query" || typeof value !== "string") return;
  const query = parsed(value);
  const text = typeof query?.["search_query"] === "string" ? query["search_query"] : undefined;
  if (text === undefined) return;
  fields["ioc_query_index"] ??= query?.["index_type"];
  fields["ioc_query_string"] ??= new URLSearchParams(text).get("q") ?? text;
}

function readIds(fields: Json, isAlert: boolean): void {
  const { unique_id: unique, process_id: id, parent_unique_id: parent } = fields;
  const own = !isAlert && typeof unique === "string" ? unique : id;
  if (typeof own === "string") {
    const { guid, segment } = guidAndSegment(own);
    fields["process_guid"] ??= guid;
    const known = fields["segment_id"];
    fields["segment_id"] = known === undefined || own.length > 36 ? segment : String(known);
  }
  if (typeof parent === "string") {
    const { guid, segment } = guidAndSegment(parent);
    fields["parent_guid"] ??= guid;
    fields["parent_segment_id"] ??= segment;
  }
}

/** A number that may have come as text; what is none stays away. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

export function isDocument(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isDocument(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
