import type { ChildprocRecord, NetconnRecord, ProcessblockRecord, ProcessEvents } from "../../domain/index.js";
import { signedAddress } from "./process.js";
import { eventTime, isoTime } from "./time.js";

/** How a version of the event route writes connections and children; everything else never changed. */
interface EventForm {
  netconn(event: NetconnRecord): unknown;
  /** `start` is when the child began, as far as the events tell. */
  childproc(event: ChildprocRecord, start: number | undefined): unknown;
}

/** By version of the route. Connections became objects in 2, children in 3; in 4 addresses became text. */
const FORMS: Record<number, EventForm> = {
  1: { netconn: textNetconn, childproc: textChildproc },
  2: { netconn: (event) => jsonNetconn(event, signedAddress), childproc: textChildproc },
  3: { netconn: (event) => jsonNetconn(event, signedAddress), childproc: jsonChildproc },
  4: { netconn: (event) => jsonNetconn(event, String), childproc: jsonChildproc },
  5: { netconn: (event) => jsonNetconn(event, String), childproc: jsonChildproc },
};

/** The `*_complete` arrays; a kind without events has none. */
export function eventArrays(events: ProcessEvents, routeVersion: number): Record<string, unknown[]> {
  const form = FORMS[routeVersion] ?? FORMS[4];
  const arrays: Record<string, unknown[]> = {};
  const add = <T>(name: string, list: T[] | undefined, write: (event: T) => unknown): void => {
    if (list !== undefined && list.length > 0) arrays[`${name}_complete`] = list.map(write);
  };
  add("modload", events.modload, (event) => [eventTime(event.time), event.md5, event.path].join("|"));
  add("filemod", events.filemod, (event) =>
    [event.type, eventTime(event.time), event.path, event.md5, event.filetype, event.tamper === true]
      .map(text)
      .join("|"),
  );
  add("regmod", events.regmod, (event) =>
    [event.type, eventTime(event.time), event.path, event.tamper === true].map(text).join("|"),
  );
  add("netconn", events.netconn, (event) => form?.netconn(event));
  const starts = new Map(
    (events.childproc ?? []).flatMap((event) => (event.started ? [[event.child_id, event.time] as const] : [])),
  );
  add("childproc", events.childproc, (event) => form?.childproc(event, starts.get(event.child_id)));
  add("crossproc", events.crossproc, (event) =>
    [
      ...[event.kind, eventTime(event.time), event.other_id, event.md5, event.path, event.subtype, event.privileges],
      ...[event.tamper === true, event.is_target],
    ]
      .map(text)
      .join("|"),
  );
  add("processblock", events.processblock, blockText);
  return arrays;
}

function text(value: string | number | boolean | undefined): string {
  return value === undefined ? "" : String(value);
}

function textNetconn(event: NetconnRecord): string {
  const { time, remote_ip, remote_port, proto, domain, outbound } = event;
  return [eventTime(time), signedAddress(remote_ip), remote_port, proto, domain, outbound].map(text).join("|");
}

function jsonNetconn(event: NetconnRecord, address: (ip: string) => string | number): Record<string, unknown> {
  const shown = (ip: string | undefined): string | number => address(ip ?? "0.0.0.0");
  return {
    timestamp: isoTime(event.time),
    direction: event.outbound ? "true" : "false",
    remote_ip: shown(event.remote_ip),
    remote_port: event.remote_port,
    local_ip: shown(event.local_ip),
    local_port: event.local_port,
    ...(event.proxy_ip === undefined ? {} : { proxy_ip: shown(event.proxy_ip), proxy_port: event.proxy_port ?? 0 }),
    proto: event.proto,
    domain: event.domain ?? "",
  };
}

function textChildproc(event: ChildprocRecord): string {
  const { time, child_id, md5, path, pid, started, tamper } = event;
  return [eventTime(time), child_id, md5, path, pid, started, tamper === true].map(text).join("|");
}

function jsonChildproc(event: ChildprocRecord, start: number | undefined): Record<string, unknown> {
  return {
    processId: event.child_id,
    md5: event.md5,
    path: event.path,
    pid: event.pid,
    type: event.started ? "start" : "end",
    ...(start === undefined ? {} : { start: isoTime(start) }),
    ...(event.started ? {} : { end: isoTime(event.time) }),
    is_tampered: event.tamper === true,
    is_suppressed: event.suppressed === true,
    ...(event.cmdline === undefined ? {} : { commandLine: event.cmdline }),
    ...(event.username === undefined ? {} : { userName: event.username }),
  };
}

/** A text that holds JSON: so the servers send it. */
function blockText(event: ProcessblockRecord): string {
  const { time, tamper: _tamper, segment: _segment, ...fields } = event;
  return JSON.stringify({ timestamp: isoTime(time), ...fields });
}
