import { baseName } from "../../paths.js";
import { eventsOf, findProcess } from "../../store/processes.js";
import type { CloudContext } from "../context.js";
import { processDocuments } from "../processes/documents.js";
import { idOf } from "../processes/guid.js";
import { ACTIVITIES, eventIdOf, LOGONS, observationIdOf, processOf } from "./kinds.js";

/** A line of what was observed, as it is answered. */
export type ActivityDocument = Record<string, unknown>;

const KINDS = new Map([...ACTIVITIES, ...LOGONS].map((kind) => [kind.number, kind]));

/** The documents of lines by their numbers, with all that is known of them, in the order of the numbers. */
export function activityDocuments(context: CloudContext, lines: readonly number[]): ActivityDocument[] {
  const places = lines.map(processOf);
  const documents = processDocuments(
    context,
    places.map(({ proc }) => proc),
  );
  return documents.flatMap((document, at) => {
    const kind = KINDS.get(places[at]?.kind ?? 0);
    const id = idOf(context.orgKey, document.process_guid);
    if (kind === undefined || id === undefined) return [];
    const { number, description, observation_type, enriched_event_type, event_type } = kind;
    const name = baseName(String(document["process_name"] ?? ""));
    const [user = ""] = (document["process_username"] ?? []) as string[];
    const text = description.replace("{process}", () => name).replace("{user}", () => user);
    const isStart = number === 1 || number === 6;
    return [
      {
        ...document,
        ...(isStart ? { device_timestamp: document["process_start_time"] } : {}),
        ...{ enriched: true, enriched_event_type, event_type, observation_type },
        ...{ event_id: eventIdOf(id, number), event_description: text },
        ...{ observation_id: observationIdOf(id, number), observation_description: text },
        ...(number === 2 ? connectionOf(context, id) : {}),
        ...(number === 6 ? logonOf(user) : {}),
      },
    ];
  });
}

/** The first connection of a process. */
function connectionOf({ store }: CloudContext, id: string): ActivityDocument {
  const row = findProcess(store, id, { all: true });
  const [first] = (row === undefined ? undefined : eventsOf(store, row, { all: true }).netconn) ?? [];
  if (first === undefined) return {};
  return {
    event_network_inbound: !first.outbound,
    event_network_local_ipv4: first.local_ip,
    event_network_location: "Unknown",
    event_network_protocol: first.proto === 17 ? "UDP" : "TCP",
    event_network_remote_ipv4: first.remote_ip,
    event_network_remote_port: first.remote_port,
    ...(first.domain === "" ? {} : { netconn_domain: first.domain }),
  };
}

function logonOf(account: string): ActivityDocument {
  const end = account.indexOf("\\");
  return {
    ...{ auth_username: account.slice(end + 1), auth_domain_name: account.slice(0, Math.max(0, end)) },
    ...{ auth_event_action: "LOGON_SUCCESS", windows_event_id: 4_624 },
  };
}

/** What rows of a search have without being asked for more. */
export const USUAL_FIELDS: ReadonlySet<string> = new Set([
  ...["alert_category", "alert_id", "auth_domain_name", "auth_event_action", "auth_username", "backend_timestamp"],
  ...["childproc_count", "crossproc_count", "device_group_id", "device_id", "device_name", "device_policy"],
  ...["device_policy_id", "device_timestamp", "enriched", "enriched_event_type", "event_description", "event_id"],
  ...["event_network_inbound", "event_network_local_ipv4", "event_network_location", "event_network_protocol"],
  ...["event_network_remote_ipv4", "event_network_remote_port", "event_type", "filemod_count", "ingress_time"],
  ...["legacy", "modload_count", "netconn_count", "observation_description", "observation_id", "observation_type"],
  ...["org_id", "parent_guid", "parent_pid", "process_guid", "process_hash", "process_name", "process_pid"],
  ...["process_username", "regmod_count", "rule_id", "scriptload_count", "windows_event_id"],
]);
