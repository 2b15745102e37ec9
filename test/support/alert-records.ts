// Alerts of any kind with every field that either generation of the service has, which the sandbox does not raise by itself.
import type { ObjectRecords } from "@cbapi/sandbox";
import { BaseAlert, Device } from "cbapi/psc";
import { other, sandbox } from "./given-cloud.js";

type AlertRecord = ObjectRecords["cloud_alert"];

/** What raises an alert. */
export type AlertKind = AlertRecord["shown"]["type"];

const RAISED = Date.parse("2026-01-05T08:00:00.000Z");
const at = (minutes: number) => new Date(RAISED + minutes * 60_000).toISOString();
const SHA256 = "5e".repeat(32);

/** What the service of today tells, by its own names; the sandbox tells the same by those of before. */
const TOLD = {
  ...{ backend_timestamp: at(3), backend_update_timestamp: at(4), user_update_timestamp: null },
  ...{ first_event_timestamp: at(1), last_event_timestamp: at(2), alert_notes_present: true },
  ...{ device_policy_id: 4711, device_policy: "Kiosks", device_target_value: "MISSION_CRITICAL" },
  ...{
    process_name: "c:\\temp\\actor.exe",
    process_guid: "G-process",
    process_pid: 4321,
    process_md5: "d0".repeat(16),
  },
  ...{ process_sha256: SHA256, process_reputation: "PUP", parent_guid: "G-parent", primary_event_id: "E-primary" },
  ttps: ["FILELESS", "MITRE_T1059_CMD_LINE_OR_SCRIPT_INTER"],
} as const;

/** What it tells besides, by the names of both generations: the sandbox shows to each what is its own. */
const MORE: readonly (readonly [classic: string, current: string, value: unknown])[] = [
  ["created_by_event_id", "primary_event_id", TOLD.primary_event_id],
  ["cluster_name", "k8s_cluster", "demo:cluster"],
  ["namespace", "k8s_namespace", "kube-system"],
  ["workload_kind", "k8s_kind", "DaemonSet"],
  ["workload_name", "k8s_workload_name", "proxy"],
  ["replica_id", "k8s_pod_name", "proxy-7f9"],
  ["port", "netconn_local_port", 8443],
  ["protocol", "netconn_protocol", "TCP"],
  ["remote_domain", "netconn_remote_domain", "far.example"],
  ["remote_ip", "netconn_remote_ip", "192.0.2.7"],
  ["remote_namespace", "remote_k8s_namespace", "web"],
  ["remote_replica_id", "remote_k8s_pod_name", "web-1"],
  ["remote_workload_kind", "remote_k8s_kind", "Deployment"],
  ["remote_workload_name", "remote_k8s_workload_name", "shop"],
  ["threat_cause_actor_certificate_authority", "process_issuer", ["An issuer"]],
  ["threat_cause_actor_publisher", "process_publisher", ["A publisher"]],
];

/** Puts an alert of this kind into the sandbox, open and without notes. @returns its id */
export async function putAlert(type: AlertKind, threat_id: string, id = `put-${type.toLowerCase()}`): Promise<string> {
  // Puts behind what the sandbox raises by itself.
  await other.select(BaseAlert).count();
  const device = await other.select(Device).first();
  if (device === undefined) throw new Error("there are no devices");
  const { orgKey = "" } = sandbox.credentials("cloud");
  const record: AlertRecord = {
    ...{ id, number: 1_000_000, raised: RAISED, determination: null, notes: [], history: [] },
    shown: {
      ...{ id, type, threat_id, org_key: orgKey, severity: 7, reason: "put by a test" },
      ...{ device_id: device.id, device_name: device.name ?? "", tags: [] },
      ...{ threat_notes_present: false, is_updated: false },
      ...TOLD,
      ...Object.fromEntries(MORE.map(([, current, value]) => [current, value])),
      ttps: [...TOLD.ttps],
    },
    classic: { legacy_alert_id: "LEGACY01", ...Object.fromEntries(MORE.map(([classic, , value]) => [classic, value])) },
    workflow: {
      ...{ status: "OPEN", closure_reason: "NO_REASON", change_timestamp: at(5) },
      ...{ changed_by: "ALERT_CREATION", changed_by_type: "SYSTEM", remediation: "", comment: "" },
    },
  };
  await sandbox.put("cloud_alert", record);
  return id;
}
