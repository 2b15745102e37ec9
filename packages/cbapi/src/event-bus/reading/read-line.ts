// Events of sensors as the lines of an event forwarder have them: older and newer ones differ in names, and both have mistakes.
import { dateOfSeconds, dateOfTicks } from "./values.js";

type Json = Record<string, unknown>;

/** What the older forwarders call what has another name since. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["actiontype", "action_type"],
  ["filetype", "file_type"],
  ["Protocol", "protocol"],
  ["child_suppressed", "childproc_suppressed"],
  ["child_command_line", "childproc_commandline"],
  ["child_username", "childproc_username"],
]);

/** The kinds whose names have changed. */
const TYPES: ReadonlyMap<string, string> = new Map([["ingress.event.processblocked", "ingress.event.processblock"]]);

/** Numbers that forwarders write as numbers or text. */
const COUNTS = [
  "protocol",
  "remote_port",
  "local_port",
  "port",
  "proxy_port",
  "action_type",
  "file_type",
  "requested_access",
];

export function isSensorLine(type: string): boolean {
  return type.startsWith("ingress.event.");
}

/** The event of a line about something on an endpoint. */
export function eventOfLine(line: Json): Json {
  const fields: Json = {};
  for (const [name, value] of Object.entries(line)) {
    // Both generations spell the texts of a binary in ways of their own, one of them with a letter missing.
    const plain = name.replace(/^utf_?8_/, "").replace("dscription", "description");
    fields[RENAMED.get(plain) ?? plain] = value;
  }
  const type = String(line["type"]);
  fields["type"] = TYPES.get(type) ?? type;
  fields["timestamp"] = dateOfSeconds(line["timestamp"]);
  for (const name of COUNTS) {
    const value = fields[name];
    if (typeof value === "string" && /^\d+$/.test(value)) fields[name] = Number(value);
  }
  for (const name of ["md5", "sha256", "parent_md5", "parent_sha256", "file_md5", "file_sha256", "target_md5"]) {
    const value = fields[name];
    if (value === "") delete fields[name];
    else if (typeof value === "string") fields[name] = value.toUpperCase();
  }
  mend(line, fields);
  return fields;
}

/** Undoes what forwarders are known to get wrong. */
function mend(line: Json, fields: Json): void {
  const { event_type: kind } = line;
  const isNewer = "action_type" in line;
  if (kind === "regmod" && isNewer) {
    const { tamper, tamper_sent } = line;
    fields["tamper"] = tamper_sent;
    fields["tamper_sent"] = tamper;
  }
  if (kind === "proc") {
    // `parent_guid` may be a number of no use, and of older ones the parent's SHA-256 is the process's own.
    if (typeof line["parent_guid"] === "number") delete fields["parent_guid"];
    if (typeof line["parent_process_guid"] === "string") fields["parent_guid"] = line["parent_process_guid"];
    if ("parent_process_guid" in line && line["parent_sha256"] === line["sha256"]) delete fields["parent_sha256"];
    delete fields["parent_process_guid"];
    fields["created"] = line["type"] !== "ingress.event.procend";
    moment(fields, "parent_create_time", line["parent_create_time"]);
  }
  if (kind === "childproc" && typeof line["parent_guid"] === "number") delete fields["parent_guid"];
  if (kind === "modload") delete fields["command_line"];
  if (kind === "cross_process") moment(fields, "target_create_time", line["target_create_time"]);
  if (kind === "blocked_process") {
    moment(fields, "process_create_time", line["process_create_time"]);
    if (line["blocked_result"] === "NotTerminatedWhitelistPath")
      fields["blocked_result"] = "NotTerminatedWhitelistedPath";
  }
  if (kind === "emet_mitigation") moment(fields, "emet_timestamp", line["emet_timestamp"]);
  if (kind === "binary_info") {
    for (const name of ["icon", "image_file_header"]) {
      const value = fields[name];
      if (typeof value === "string") fields[name] = new Uint8Array(Buffer.from(value, "base64"));
    }
  }
}

/** Moments come in seconds since 1970, or in steps of 100 ns since 1601, which are a hundred million times as many. */
function moment(fields: Json, name: string, value: unknown): void {
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return;
  const found =
    number > 1e15 ? dateOfTicks(BigInt(Math.round(number))) : number === 0 ? undefined : dateOfSeconds(number);
  if (found === undefined) delete fields[name];
  else fields[name] = found;
}
