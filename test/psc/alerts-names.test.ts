// Every name that alerts answer to, in both generations of the service: what it reads is what the document says.
import { BaseAlert, CBAnalyticsAlert, type CbPSCBaseAPI, VMwareAlert, WatchlistAlert } from "cbapi/psc";
import { beforeEach, describe, expect, it } from "vitest";
import { type AlertKind, putAlert } from "../support/alert-records.js";
import { cb, cloudClient, useCloud } from "../support/given-cloud.js";

useCloud({}, false);

type Raw = Readonly<Record<string, unknown>>;
type Read = (raw: unknown) => unknown;
type Name = keyof BaseAlert & string;

const same: Read = (raw) => raw;
const time: Read = (raw) => new Date(String(raw));

/** Fields with two names, both of which alerts have as properties, and how each reads what the service says. */
const PROPERTIES: readonly (readonly [classic: Name, current: Name, read: Read, readClassic?: Read])[] = [
  ["create_time", "backend_timestamp", time],
  ["first_event_time", "first_event_timestamp", time],
  ["last_event_time", "last_event_timestamp", time],
  ["last_update_time", "backend_update_timestamp", time],
  ["notes_present", "alert_notes_present", same],
  ["policy_id", "device_policy_id", same],
  ["policy_name", "device_policy", same],
  ["target_value", "device_target_value", same],
  ["created_by_event_id", "primary_event_id", same],
  ["threat_cause_cause_event_id", "primary_event_id", same],
  ["threat_cause_actor_name", "process_name", same],
  ["threat_cause_actor_process_pid", "process_pid", Number, String],
  ["threat_cause_actor_sha256", "process_sha256", same],
  ["threat_cause_actor_md5", "process_md5", same],
  ["threat_cause_parent_guid", "parent_guid", same],
  ["threat_cause_process_guid", "process_guid", same],
  ["threat_cause_reputation", "process_reputation", same],
];

/** Those of which only today's name is a property; `get()` knows the other. */
const CURRENT_PROPERTIES: readonly (readonly [classic: string, current: Name])[] = [
  ["cluster_name", "k8s_cluster"],
  ["namespace", "k8s_namespace"],
  ["workload_kind", "k8s_kind"],
  ["workload_name", "k8s_workload_name"],
  ["replica_id", "k8s_pod_name"],
  ["port", "netconn_local_port"],
  ["protocol", "netconn_protocol"],
  ["remote_domain", "netconn_remote_domain"],
  ["remote_ip", "netconn_remote_ip"],
  ["threat_cause_actor_certificate_authority", "process_issuer"],
  ["threat_cause_actor_publisher", "process_publisher"],
];

/** Those that `get()` alone knows. */
const UNDECLARED: readonly (readonly [classic: string, current: string])[] = [
  ["remote_namespace", "remote_k8s_namespace"],
  ["remote_replica_id", "remote_k8s_pod_name"],
  ["remote_workload_kind", "remote_k8s_kind"],
  ["remote_workload_name", "remote_k8s_workload_name"],
];

const PAIRS = [...PROPERTIES, ...CURRENT_PROPERTIES, ...UNDECLARED].map(([classic, current]) => ({ classic, current }));

const PATHS = {
  current: "/api/alerts/v7/orgs/{org}/alerts",
  classic: "/appservices/v6/orgs/{org}/alerts",
} as const;

const KINDS: readonly (readonly [AlertKind, keyof typeof PATHS, typeof BaseAlert])[] = (
  [
    [BaseAlert, "CONTAINER_RUNTIME"],
    [WatchlistAlert, "WATCHLIST"],
    [CBAnalyticsAlert, "CB_ANALYTICS"],
  ] as const
).flatMap(([model, kind]) => (["current", "classic"] as const).map((routes) => [kind, routes, model] as const));

// Alerts of VMware are none to the service of today.
describe.each([...KINDS, ["VMWARE", "classic", VMwareAlert] as const])(
  "an alert of %s by the %s routes",
  (kind, routes, model) => {
    let client: CbPSCBaseAPI;
    let alert: BaseAlert;
    /** The document, as the service sends it. */
    let raw: Raw;

    beforeEach(async () => {
      client = routes === "current" ? cb : cloudClient({ routes });
      const id = await putAlert(kind, "THREATOFNAMES");
      alert = await client.select(model, id, { refresh: true });
      raw = (await client.getObject(`${PATHS[routes]}/${id}`)) as Raw;
      return async () => {
        if (routes === "classic") await client.close();
      };
    });

    /** What the service says of a field under the name that it has in this generation; nothing is left out. */
    const told = (classic: string, current: string): unknown => {
      const name = routes === "classic" ? classic : current;
      expect([name, raw[name] ?? undefined]).not.toEqual([name, undefined]);
      return raw[name];
    };

    it("properties of both names read what the document says", () => {
      for (const [classic, current, read, readClassic = read] of PROPERTIES) {
        const value = told(classic, current);
        expect([classic, alert[classic], alert[current]]).toEqual([classic, readClassic(value), read(value)]);
        expect([classic, alert.get(classic), alert.get(current)]).toEqual([classic, value, value]);
      }
    });

    it("properties of today's names do, and get() knows the others", () => {
      for (const [classic, current] of CURRENT_PROPERTIES) {
        const value = told(classic, current);
        expect([current, alert[current], alert.get(current)]).toEqual([current, value, value]);
        expect([classic, alert.get(classic)]).toEqual([classic, value]);
      }
    });

    it("get() knows both names of what is no property", () => {
      for (const [classic, current] of UNDECLARED) {
        const value = told(classic, current);
        expect([classic, alert.get(classic), alert.get(current)]).toEqual([classic, value, value]);
      }
    });

    it("what follows from other fields is read", () => {
      const ttps = ["FILELESS", "MITRE_T1059_CMD_LINE_OR_SCRIPT_INTER"];
      const indicators = [{ process_name: "actor.exe", sha256: "5e".repeat(32), ttps }];
      expect(raw[routes === "classic" ? "threat_indicators" : "ttps"]).toEqual(
        routes === "classic" ? indicators : ttps,
      );
      expect(alert.ttps).toEqual(ttps);
      expect(alert.threat_indicators).toEqual(indicators);
      // To the service of today an id of before is an id like others.
      expect(alert.legacy_alert_id).toBe(routes === "classic" ? raw["legacy_alert_id"] : raw["id"]);
      expect(alert.legacy_alert_id).not.toBe("");
    });

    it("its workflow answers to both generations", () => {
      const { state, status, last_update_time, changed_by } = alert.workflow_;
      expect({ state, status, changed_by }).toEqual({ state: "OPEN", status: "OPEN", changed_by: "ALERT_CREATION" });
      const workflow = raw["workflow"] as Raw;
      const changed = workflow[routes === "classic" ? "last_update_time" : "change_timestamp"];
      expect(last_update_time).toEqual(time(changed));
      expect(alert.workflow_.toJSON()).toEqual(workflow);
    });

    it("toClassic() has each field by its name of before, and toJSON() as it was sent", () => {
      expect(alert.toJSON()).toEqual(raw);
      const document = alert.toClassic();
      if (routes === "classic") expect(document).toEqual(raw);
      for (const { classic, current } of PAIRS) {
        expect([classic, document[classic]]).toEqual([classic, told(classic, current)]);
      }
      expect(document["workflow"]).toMatchObject({ state: "OPEN", last_update_time: expect.any(String) as string });
      for (const gone of ["backend_timestamp", "device_policy", "k8s_cluster", "ttps"]) {
        expect(document).not.toHaveProperty(gone);
      }
    });

    it("a search gives it with the same names", async () => {
      const found = await client
        .select(model)
        .setAlertIds([String(raw["id"])])
        .one();
      expect(found).toBeInstanceOf(model);
      for (const [classic, current] of PROPERTIES) {
        expect([classic, found[classic], found[current]]).toEqual([classic, alert[classic], alert[current]]);
      }
      for (const [, current] of CURRENT_PROPERTIES)
        expect([current, found[current]]).toEqual([current, alert[current]]);
    });
  },
);
