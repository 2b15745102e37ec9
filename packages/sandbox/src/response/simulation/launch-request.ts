import { isIP } from "node:net";
import type { FilemodRecord, RegmodRecord } from "../../domain/index.js";
import { fieldsOf } from "../../known-fields.js";

/** A program to start on an endpoint, and what it does there. */
export interface LaunchRequest {
  /** The endpoint: the id of its sensor, or its computer name in any case. */
  sensor: number | string;
  /** Where the program lies: `c:\windows\system32\cmd.exe`. */
  path: string;
  /** The path in quotation marks when left out. */
  cmdline?: string;
  /** With domain, `HOST\user`; the parent's when left out. */
  username?: string;
  /**
   * A process that is running on the endpoint: its name (of several, the latest) or its GUID. The desktop, the service
   * manager or whatever else starts programs there when left out.
   */
  parent?: string;
  /** The program's hash. That of the program which the organisation knows by this path or name when left out. */
  md5?: string;
  /** Connections that it makes. Each has a domain, an address or both; an address is made up for a domain alone. */
  netconns?: readonly { domain?: string; ip?: string; port?: number }[];
  /** Files that it writes; `type` is 2, first written, when left out. */
  filemods?: readonly { path: string; type?: FilemodRecord["type"]; md5?: string }[];
  /** Registry keys and values that it writes; `type` is 2, first written, when left out. */
  regmods?: readonly { path: string; type?: RegmodRecord["type"] }[];
  /** Libraries that it loads. */
  modloads?: readonly { path: string; md5?: string }[];
}

const LONGEST_TEXT = 32_768;
const MOST_EVENTS = 1_000;
const TYPES = [1, 2, 4, 8] as const;
const LISTS = {
  netconns: ["domain", "ip", "port"],
  filemods: ["path", "type", "md5"],
  regmods: ["path", "type"],
  modloads: ["path", "md5"],
} as const;
const TEXTS = ["path", "cmdline", "username", "parent", "md5"] as const;

/** Checks what somebody wants launched. Throws a RangeError that names the field that makes no sense. */
export function readLaunch(value: unknown): LaunchRequest {
  const request: Record<string, unknown> = fieldsOf(value, "What is to be launched", [
    "sensor",
    ...TEXTS,
    ...Object.keys(LISTS),
  ]);
  const { sensor } = request;
  const isId = typeof sensor === "number" && Number.isSafeInteger(sensor);
  if (!isId && (typeof sensor !== "string" || sensor === "")) {
    throw new RangeError("`sensor` must be the id of a sensor or the name of its computer");
  }
  for (const name of TEXTS) checkText(request[name], name);
  if (request["path"] === undefined) throw new RangeError("`path` is missing: where the program lies on the endpoint");
  checkHash(request["md5"], "md5");
  for (const [list, names] of Object.entries(LISTS)) {
    for (const [place, entry] of entriesOf(request[list], list, names)) {
      for (const name of ["path", "domain", "ip"]) checkText(entry[name], `${place}.${name}`);
      if (list === "netconns") checkConnection(entry, place);
      else if (entry["path"] === undefined) throw new RangeError(`\`${place}.path\` is missing`);
      checkHash(entry["md5"], `${place}.md5`);
      const { type } = entry;
      if (type !== undefined && !TYPES.some((each) => each === type)) {
        throw new RangeError(`\`${place}.type\` must be one of ${TYPES.join(", ")}`);
      }
    }
  }
  return request as unknown as LaunchRequest;
}

function checkConnection({ domain, ip, port }: Record<string, unknown>, place: string): void {
  if (domain === undefined && ip === undefined) throw new RangeError(`\`${place}\` needs a domain or an ip`);
  if (ip !== undefined && isIP(String(ip)) === 0) throw new RangeError(`\`${place}.ip\` must be an address`);
  if (port !== undefined && (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535)) {
    throw new RangeError(`\`${place}.port\` must be a number from 0 to 65535`);
  }
}

function checkText(value: unknown, name: string): void {
  if (value === undefined) return;
  if (typeof value !== "string") throw new RangeError(`\`${name}\` must be a text`);
  if (value.length > LONGEST_TEXT) throw new RangeError(`\`${name}\` may have ${LONGEST_TEXT} characters at most`);
  if (value === "") throw new RangeError(`\`${name}\` must not be empty`);
}

function checkHash(value: unknown, name: string): void {
  if (value !== undefined && (typeof value !== "string" || !/^[0-9a-f]{32}$/i.test(value))) {
    throw new RangeError(`\`${name}\` must be 32 hexadecimal digits`);
  }
}

function entriesOf(
  value: unknown,
  name: string,
  known: readonly string[],
): [place: string, entry: Record<string, unknown>][] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new RangeError(`\`${name}\` must be a list`);
  if (value.length > MOST_EVENTS) throw new RangeError(`\`${name}\` may have ${MOST_EVENTS} entries at most`);
  return value.map((entry: unknown, index) => {
    const place = `${name}[${index}]`;
    return [place, fieldsOf(entry, `\`${place}\``, known)];
  });
}
