import { createHash } from "node:crypto";
import type { ProcessEvents } from "../../domain/index.js";
import { findBinary } from "../../store/binaries.js";
import { eventsOf, findProcess } from "../../store/processes.js";
import { ipv6Digits } from "../../store/tokens.js";
import type { CloudContext } from "../context.js";
import { guidOf } from "../processes/guid.js";

/** An event as it is answered. What is empty is left out. */
export type EventDocument = Readonly<Record<string, unknown>> & {
  readonly event_guid: string;
  readonly event_type: string;
  readonly event_timestamp: string;
};

const FILE_ACTIONS = new Map([
  [1, "ACTION_FILE_CREATE"],
  [2, "ACTION_FILE_MOD_OPEN"],
  [4, "ACTION_FILE_DELETE"],
  [8, "ACTION_FILE_LAST_WRITE"],
]);
const KEY_ACTIONS = new Map([
  [1, "ACTION_CREATE_KEY"],
  [2, "ACTION_WRITE_VALUE"],
  [4, "ACTION_DELETE_KEY"],
  [8, "ACTION_DELETE_VALUE"],
]);

/** What the events of a process say, by kind: the fields besides those that all of them have. */
type Made = { readonly type: string; readonly time: number; readonly fields: Record<string, unknown> };

/** The events of a process by its id, the earliest first. */
export function eventDocuments(context: CloudContext, id: string): EventDocument[] {
  const { store, orgKey } = context;
  const row = findProcess(store, id, { all: true });
  if (row === undefined) return [];
  const made = [...eventsIn(context, eventsOf(store, row, { all: true }))];
  // What happened at the same moment stays in its order.
  made.sort((a, b) => a.time - b.time);
  const arrived = row.max_last_server_update ?? row.start;
  return made.map(({ type, time, fields }, at) => {
    const hash = createHash("sha256").update(`${id}/${at}/${type}/${time}`).digest("hex");
    const document: Record<string, unknown> = {
      backend_timestamp: isoTime(Math.max(arrived, time)),
      created_timestamp: isoTime(Math.max(arrived, time)),
      event_guid: hash.slice(0, 32),
      event_hash: hash.slice(32),
      event_timestamp: isoTime(time),
      event_type: type,
      legacy: false,
      process_guid: guidOf(orgKey, id),
      process_pid: row.pid,
      ...fields,
    };
    for (const [name, value] of Object.entries(document)) {
      if (value === undefined || value === null || value === "") delete document[name];
    }
    return document as EventDocument;
  });
}

const isoTime = (time: number): string => new Date(time).toISOString();

function* eventsIn(context: CloudContext, events: ProcessEvents): Iterable<Made> {
  const sha256 = hashesIn(context);
  for (const { time, path, md5 } of events.modload ?? []) {
    const binary = md5 === "" ? undefined : sha256(md5);
    yield {
      ...{ type: "modload", time },
      fields: {
        ...{
          modload_name: path,
          modload_md5: md5,
          modload_sha256: binary?.sha256,
          modload_action: "ACTION_LOAD_MODULE",
        },
        modload_publisher: binary?.publisher,
        modload_publisher_state: binary === undefined ? undefined : [binary.state],
        modload_effective_reputation:
          binary?.state === "FILE_SIGNATURE_STATE_SIGNED" ? "COMMON_WHITE_LIST" : "NOT_LISTED",
      },
    };
  }
  for (const { time, path, md5 = "", type } of events.filemod ?? []) {
    const fields = { filemod_name: path, filemod_action: FILE_ACTIONS.get(type), filemod_md5: md5 };
    yield {
      type: "filemod",
      time,
      fields: { ...fields, filemod_sha256: md5 === "" ? undefined : sha256(md5)?.sha256 },
    };
  }
  for (const { time, path, type } of events.regmod ?? []) {
    yield { type: "regmod", time, fields: { regmod_name: path, regmod_action: KEY_ACTIONS.get(type) } };
  }
  for (const event of events.netconn ?? []) {
    const version = ipv6Digits(event.remote_ip) === undefined ? "ipv4" : "ipv6";
    yield {
      ...{ type: event.proxy_ip === undefined ? "netconn" : "netconn_proxy", time: event.time },
      fields: {
        netconn_action: event.outbound ? "ACTION_CONNECTION_CREATE" : "ACTION_CONNECTION_ACCEPT",
        ...{ netconn_domain: event.domain, netconn_inbound: !event.outbound },
        [`netconn_${version}`]: event.remote_ip,
        [`netconn_local_${version}`]: event.local_ip,
        ...{ netconn_port: event.remote_port, netconn_local_port: event.local_port },
        netconn_protocol: event.proto === 17 ? "PROTO_UDP" : "PROTO_TCP",
        ...{ netconn_proxy_ipv4: event.proxy_ip, netconn_proxy_port: event.proxy_port },
      },
    };
  }
  for (const event of events.childproc ?? []) {
    yield {
      ...{ type: "childproc", time: event.time },
      fields: {
        childproc_action: event.started ? "ACTION_CREATE_PROCESS" : "ACTION_PROCESS_TERMINATE",
        childproc_guid: event.child_id === "" ? undefined : guidOf(context.orgKey, event.child_id),
        ...{ childproc_name: event.path, childproc_pid: event.pid, childproc_md5: event.md5 },
        childproc_sha256: event.md5 === "" ? undefined : sha256(event.md5)?.sha256,
        ...{ childproc_cmdline: event.cmdline, childproc_username: event.username },
      },
    };
  }
  for (const event of events.crossproc ?? []) {
    yield {
      ...{ type: "crossproc", time: event.time },
      fields: {
        crossproc_action: event.kind === "RemoteThread" ? "ACTION_CREATE_REMOTE_THREAD" : "ACTION_OPEN_PROCESS_HANDLE",
        crossproc_guid: event.other_id === "" ? undefined : guidOf(context.orgKey, event.other_id),
        ...{ crossproc_name: event.path, crossproc_md5: event.md5, crossproc_target: event.is_target },
        crossproc_sha256: event.md5 === "" ? undefined : sha256(event.md5)?.sha256,
      },
    };
  }
}

interface KnownFile {
  readonly sha256: string;
  readonly publisher: string | undefined;
  readonly state: string;
}

/** Looks files up by their MD5, each of them once. */
function hashesIn({ store }: CloudContext): (md5: string) => KnownFile | undefined {
  const known = new Map<string, KnownFile | undefined>();
  return (md5) => {
    if (!known.has(md5)) {
      const record = findBinary(store, md5)?.record;
      const state =
        record?.digsig_result === "Signed" ? "FILE_SIGNATURE_STATE_SIGNED" : "FILE_SIGNATURE_STATE_NOT_SIGNED";
      known.set(md5, record && { sha256: record.sha256, publisher: record.digsig_publisher, state });
    }
    return known.get(md5);
  };
}
