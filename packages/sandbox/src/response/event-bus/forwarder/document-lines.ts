// Events that are JSON already, as event forwarders write them: one for each document, with further names for some fields.
import { URLSearchParams } from "node:url";
import type { DocumentEvent } from "../bus-event.js";
import { SERVER_NAME } from "../told/head.js";

type Json = Record<string, unknown>;

/** The lines of an event. `server` is the console's address, with a slash at its end. */
export function linesOfDocument({ key, document }: DocumentEvent, server: string): Json[] {
  const type = key.replace(/^feed\.\d+\./, "feed.");
  const { docs, ...rest } = document;
  const head: Json = { ...rest, type, cb_server: SERVER_NAME };
  if ("event_timestamp" in head) {
    head["timestamp"] = head["event_timestamp"];
    delete head["event_timestamp"];
  }
  const isAlert = type.startsWith("alert.");
  normalise(head, server, isAlert);
  if (!Array.isArray(docs)) return [head];
  return (docs as Json[]).map((each) => {
    const found = { ...each };
    normalise(found, server, isAlert);
    return { ...head, docs: [found] };
  });
}

/** What is done to the top of an event and to each of its documents. */
function normalise(fields: Json, server: string, isAlert: boolean): void {
  delete fields["highlights"];
  if (fields["hostname"] !== undefined) fields["computer_name"] = fields["hostname"];
  for (const name of ["md5", "parent_md5", "process_md5"]) {
    const hash = fields[name];
    if (typeof hash !== "string" || hash.length !== 32) continue;
    fields[name] = hash.toUpperCase();
    fields[`link_${name}`] = `${server}#/binary/${hash.toUpperCase()}`;
  }
  for (const name of ["comms_ip", "interface_ip"]) {
    const address = fields[name];
    if (typeof address === "number") fields[name] = dotted(address);
  }
  nameProcess(fields, server, isAlert);
  nameQuery(fields);
  if (fields["sensor_id"] !== undefined) fields["link_sensor"] = `${server}#/host/${String(fields["sensor_id"])}`;
}

function nameProcess(fields: Json, server: string, isAlert: boolean): void {
  const id = (isAlert ? undefined : fields["unique_id"]) ?? fields["process_id"];
  if (typeof id === "string") {
    const { guid, segment } = split(id);
    Object.assign(fields, { process_guid: guid, segment_id: String(segment ?? 1) });
    fields["link_process"] = `${server}#analyze/${guid}/${segment ?? 0}`;
  }
  const parent = fields["parent_unique_id"];
  if (typeof parent === "string") {
    const { guid, segment } = split(parent);
    Object.assign(fields, { parent_guid: guid, parent_segment_id: String(segment ?? 1) });
    fields["link_parent"] = `${server}#analyze/${guid}/${segment ?? 1}`;
  }
}

function nameQuery(fields: Json): void {
  const { ioc_type, ioc_value } = fields;
  if (ioc_type !== "query" || typeof ioc_value !== "string" || !ioc_value.startsWith("{")) return;
  const { index_type, search_query } = JSON.parse(ioc_value) as { index_type?: string; search_query?: string };
  fields["ioc_query_index"] = index_type;
  fields["ioc_query_string"] = new URLSearchParams(search_query).get("q") ?? search_query;
}

/** A GUID and what stands behind it: 8 or 12 digits that number a segment. */
function split(id: string): { guid: string; segment: number | undefined } {
  const suffix = /^.{36}-([0-9a-f]{8}|[0-9a-f]{12})$/i.exec(id)?.[1];
  return { guid: id.slice(0, 36), segment: suffix === undefined ? undefined : Number.parseInt(suffix, 16) };
}

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
