// Searches for alerts: each criterion in both generations of the service, held against the alerts themselves.
import {
  BaseAlert,
  type BaseAlertSearchQuery,
  CBAnalyticsAlert,
  type CBAnalyticsAlertSearchQuery,
  type CbPSCBaseAPI,
  VMwareAlert,
  WatchlistAlert,
  type WatchlistAlertSearchQuery,
} from "cbapi/psc";
import { beforeEach, describe, expect, it } from "vitest";
import { asked, cb, cloudClient, sandbox, useCloud } from "../support/given-cloud.js";

useCloud({}, false);

type Everything = BaseAlertSearchQuery<BaseAlert>;
type Watched = WatchlistAlertSearchQuery<WatchlistAlert>;
type Analysed = CBAnalyticsAlertSearchQuery<CBAnalyticsAlert>;

const EVER = { range: "-1y" } as const;
const ids = (alerts: readonly { readonly id: string }[]) => alerts.map(({ id }) => id).sort();
/** What most of them say, so that something is found, and seldom all. */
const some = <T>(values: readonly (T | undefined)[]): T => {
  const told = values.filter((value) => value !== undefined);
  expect(told).not.toHaveLength(0);
  return told[Math.floor(told.length / 2)] as T;
};

/** Each criterion of all searches: how it is asked for, and which alerts it is to find. */
const CRITERIA: readonly [
  string,
  (query: Everything, all: readonly BaseAlert[]) => Everything,
  (alert: BaseAlert, all: readonly BaseAlert[]) => boolean,
][] = [
  [
    "setDeviceIds",
    (q, all) => q.setDeviceIds([some(all.map((a) => a.device_id))]),
    (a, all) => a.device_id === some(all.map((b) => b.device_id)),
  ],
  [
    "setDeviceNames",
    (q, all) => q.setDeviceNames([some(all.map((a) => a.device_name))]),
    (a, all) => a.device_name === some(all.map((b) => b.device_name)),
  ],
  ["setDeviceOs", (q) => q.setDeviceOs(["WINDOWS", "LINUX"]), (a) => ["WINDOWS", "LINUX"].includes(a.device_os ?? "")],
  [
    "setDeviceOsVersions",
    (q, all) => q.setDeviceOsVersions([some(all.map((a) => a.device_os_version))]),
    (a, all) => a.device_os_version === some(all.map((b) => b.device_os_version)),
  ],
  [
    "setDeviceUsername",
    (q, all) => q.setDeviceUsername([some(all.map((a) => a.device_username))]),
    (a, all) => a.device_username === some(all.map((b) => b.device_username)),
  ],
  [
    "setAlertIds",
    (q, all) => q.setAlertIds(all.slice(0, 3).map(({ id }) => id)),
    (a, all) => all.slice(0, 3).some(({ id }) => id === a.id),
  ],
  [
    "setLegacyAlertIds",
    (q, all) => q.setLegacyAlertIds(all.slice(0, 2).map((a) => a.legacy_alert_id ?? "")),
    (a, all) => all.slice(0, 2).some(({ id }) => id === a.id),
  ],
  ["setMinimumSeverity", (q) => q.setMinimumSeverity(5), (a) => (a.severity ?? 0) >= 5],
  [
    "setPolicyIds",
    (q, all) => q.setPolicyIds([some(all.map((a) => a.policy_id))]),
    (a, all) => a.policy_id === some(all.map((b) => b.policy_id)),
  ],
  [
    "setPolicyNames",
    (q, all) => q.setPolicyNames([some(all.map((a) => a.policy_name))]),
    (a, all) => a.policy_name === some(all.map((b) => b.policy_name)),
  ],
  [
    "setProcessNames",
    (q, all) => q.setProcessNames([some(all.map((a) => a.process_name))]),
    (a, all) => a.process_name === some(all.map((b) => b.process_name)),
  ],
  [
    "setProcessSha256",
    (q, all) => q.setProcessSha256([some(all.map((a) => a.process_sha256))]),
    (a, all) => a.process_sha256 === some(all.map((b) => b.process_sha256)),
  ],
  [
    "setReputations",
    (q) => q.setReputations(["NOT_LISTED", "TRUSTED_WHITE_LIST"]),
    (a) => ["NOT_LISTED", "TRUSTED_WHITE_LIST"].includes(a.threat_cause_reputation ?? ""),
  ],
  ["setTargetPriorities", (q) => q.setTargetPriorities(["HIGH"]), (a) => a.target_value === "HIGH"],
  [
    "setThreatIds",
    (q, all) => q.setThreatIds([some(all.map((a) => a.threat_id))]),
    (a, all) => a.threat_id === some(all.map((b) => b.threat_id)),
  ],
  ["setTypes", (q) => q.setTypes(["WATCHLIST"]), (a) => a.type === "WATCHLIST"],
  ["setWorkflows", (q) => q.setWorkflows(["DISMISSED"]), (a) => a.workflow_.state === "DISMISSED"],
  ["setTags", (q) => q.setTags(["blue"]), (a) => a.tags?.includes("blue") === true],
  ["addExclusions", (q) => q.addExclusions("type", ["WATCHLIST"]), (a) => a.type !== "WATCHLIST"],
  ["where", (q) => q.where({ severity: 5 }), (a) => a.severity === 5],
  [
    "not",
    (q) => q.where({ type: "WATCHLIST" }).not({ severity: 5 }),
    (a) => a.type === "WATCHLIST" && a.severity !== 5,
  ],
];

/** Those that only alerts of the analytics have, and what they read as. */
const ANALYSED: readonly [string, (query: Analysed) => Analysed, (alert: BaseAlert) => boolean][] = [
  ["setDeviceLocations", (q) => q.setDeviceLocations(["ONSITE"]), (a) => a.device_location === "ONSITE"],
  ["setPolicyApplied", (q) => q.setPolicyApplied(["NOT_APPLIED"]), (a) => a.policy_applied === "NOT_APPLIED"],
  ["setReasonCode", (q) => q.setReasonCode(["R_RECON"]), (a) => a.reason_code === "R_RECON"],
  ["setRunStates", (q) => q.setRunStates(["RAN", "UNKNOWN"]), (a) => a.run_state !== "DID_NOT_RUN"],
  ["setSensorActions", (q) => q.setSensorActions(["ALLOW"]), (a) => a.sensor_action === "ALLOW"],
];

const CLASSIC_ONLY: readonly [string, (query: Analysed) => Analysed, (alert: BaseAlert) => boolean][] = [
  ["setCategories", (q) => q.setCategories(["MONITORED"]), (a) => a.category === "MONITORED"],
  [
    "setKillChainStatuses",
    (q) => q.setKillChainStatuses(["RECONNAISSANCE"]),
    (a) => a.kill_chain_status?.includes("RECONNAISSANCE") === true,
  ],
  [
    "setBlockedThreatCategories",
    (q) => q.setBlockedThreatCategories(["UNKNOWN"]),
    (a) => a.blocked_threat_category === "UNKNOWN",
  ],
  [
    "setNotBlockedThreatCategories",
    (q) => q.setNotBlockedThreatCategories(["NON_MALWARE"]),
    (a) => a.not_blocked_threat_category === "NON_MALWARE",
  ],
  ["setThreatCauseVectors", (q) => q.setThreatCauseVectors(["UNKNOWN"]), (a) => a.threat_cause_vector === "UNKNOWN"],
];

describe.each(["current", "classic"] as const)("by the %s routes", (routes) => {
  let client: CbPSCBaseAPI;
  let all: readonly BaseAlert[];

  beforeEach(async () => {
    client = routes === "current" ? cb : cloudClient({ routes });
    // One that is dismissed, and one with a tag, so that each criterion has something to find.
    if (routes === "current" && (await cb.select(BaseAlert).setWorkflows(["DISMISSED"]).count()) === 0) {
      const [first, second] = await cb.select(BaseAlert).all({ limit: 2 });
      await first?.dismiss("RESOLVED", "seen");
      await second?.addThreatTags(["blue", "green"]);
    }
    all = await client.select(BaseAlert).setCreateTime(EVER).all();
    asked();
    return async () => {
      if (routes === "classic") await client.close();
    };
  });

  it.each(CRITERIA)("%s finds what it names", async (_, ask, holds) => {
    const wanted = all.filter((alert) => holds(alert, all));
    expect(ids(await ask(client.select(BaseAlert).setCreateTime(EVER), all).all())).toEqual(ids(wanted));
    expect(wanted).not.toHaveLength(0);
  });

  it.each(ANALYSED)("%s finds what it names among analytics' alerts", async (_, ask, holds) => {
    const wanted = all.filter((alert) => alert.type === "CB_ANALYTICS" && holds(alert));
    const found = await ask(client.select(CBAnalyticsAlert).setCreateTime(EVER)).all();
    expect(ids(found)).toEqual(ids(wanted));
    expect(wanted).not.toHaveLength(0);
    expect(found.every((alert) => alert instanceof CBAnalyticsAlert)).toBe(true);
  });

  it("a watchlist is named by its id or its name", async () => {
    const watched = all.filter(({ type }) => type === "WATCHLIST");
    const { id, name = "" } = some(watched.map(({ watchlists }) => watchlists?.[0]));
    const wanted = ids(watched.filter(({ watchlists }) => watchlists?.some((one) => one.id === id)));
    const query: Watched = client.select(WatchlistAlert).setCreateTime(EVER);
    expect(ids(await query.setWatchlistIds([id]).all())).toEqual(wanted);
    expect(ids(await query.setWatchlistNames([name]).all())).toEqual(wanted);
    expect(await query.count()).toBe(watched.length);
  });

  it("rows come in the order that is asked for, in pages and in parts", async () => {
    const query = client.select(BaseAlert).setCreateTime(EVER);
    const severities = (await query.sortBy("severity", "DESC").batchSize(4).all()).map(({ severity }) => severity ?? 0);
    expect(severities).toEqual([...severities].sort((a, b) => b - a));
    const inTime = query.sortBy("create_time");
    const times = (await inTime.all()).map(({ create_time }) => create_time?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const whole = await inTime.batchSize(7).all();
    expect(whole.report()).toMatchObject({ complete: true, returned: all.length, available: all.length });
    expect((await inTime.slice(3, 6)).map(({ id }) => id)).toEqual(whole.slice(3, 6).map(({ id }) => id));
    expect((await inTime.at(-1))?.id).toBe(whole.at(-1)?.id);
    expect((await inTime.first())?.id).toBe(whole[0]?.id);
    expect(await query.count()).toBe(all.length);
    expect((await query.setAlertIds([whole[0]?.id ?? ""]).one()).id).toBe(whole[0]?.id);
  });

  it("times are named from one moment to another", async () => {
    const times = all.map(({ create_time }) => create_time?.getTime() ?? 0).sort((a, b) => a - b);
    const [start, end] = [new Date(times[2] ?? 0), new Date(times.at(-3) ?? 0)];
    const wanted = all.filter(({ create_time: time }) => time !== undefined && time >= start && time <= end);
    expect(ids(await client.select(BaseAlert).setCreateTime({ start, end }).all())).toEqual(ids(wanted));
    const text = { start: start.toISOString(), end: end.toISOString() };
    expect(await client.select(BaseAlert).setCreateTime(text).count()).toBe(wanted.length);
  });

  it("facets count what the search finds", async () => {
    const facets = await client.select(BaseAlert).setCreateTime(EVER).facets(["ALERT_TYPE", "DEVICE_NAME", "WORKFLOW"]);
    expect(facets).toHaveLength(3);
    for (const { values } of facets) expect(values.reduce((sum, { total }) => sum + total, 0)).toBe(all.length);
    const [types] = await client.select(WatchlistAlert).setCreateTime(EVER).facets(["ALERT_TYPE"], 1);
    expect(types?.values.map(({ name }) => name)).toEqual(["WATCHLIST"]);
  });

  it("one alert is read by its id, and its device is joined to it", async () => {
    const [alert] = all;
    const read = await client.select(BaseAlert, alert?.id ?? "");
    expect(read.toJSON()).toEqual(alert?.toJSON());
    expect(read.isLoaded).toBe(true);
    expect((await read.device)?.id).toBe(alert?.device_id);
    await expect(client.select(BaseAlert, "no-such-alert")).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  it("suggestions go on with a text", async () => {
    const suggestions = await client.alertSearchSuggestions("device");
    expect(suggestions).not.toHaveLength(0);
    expect(suggestions.every(({ term, weight }) => term.startsWith("device") && weight > 0)).toBe(true);
  });

  it("nonsense in the text is the service's to refuse", async () => {
    await expect(client.select(BaseAlert).where("severity:[1 TO").all()).rejects.toMatchObject({ status: 400 });
    await expect(client.select(BaseAlert).addCriteria("no_such_key", ["x"]).all()).rejects.toMatchObject({
      status: 400,
    });
  });

  if (routes === "classic") {
    it.each(CLASSIC_ONLY)("%s finds what it names", async (_, ask, holds) => {
      const wanted = all.filter((alert) => alert.type === "CB_ANALYTICS" && holds(alert));
      expect(ids(await ask(client.select(CBAnalyticsAlert).setCreateTime(EVER)).all())).toEqual(ids(wanted));
      expect(wanted).not.toHaveLength(0);
    });

    it("alerts of a threat stand behind one", async () => {
      const grouped = await client.select(BaseAlert).setCreateTime(EVER).setGroupResults(true).all();
      expect(new Set(grouped.map(({ threat_id }) => threat_id)).size).toBe(grouped.length);
      expect(grouped.reduce((sum, { group_details: group }) => sum + (group?.count ?? 0), 0)).toBe(all.length);
    });

    it("VMware's alerts have a search of their own", async () => {
      const vmware = await client.select(VMwareAlert).setCreateTime(EVER).all();
      expect(vmware.every(({ type }) => type === "VMWARE")).toBe(true);
      const found = await client.select(VMwareAlert).setCreateTime(EVER).setGroupIds([1]).all();
      expect(ids(found)).toEqual(ids(vmware.filter(({ group_id }) => group_id === 1)));
    });
  }
});

describe("what an alert tells", () => {
  it("is the same by the names of both generations", async () => {
    const classic = cloudClient({ routes: "classic" });
    const alerts = await cb.select(BaseAlert).all();
    for (const alert of alerts.slice(0, 6)) {
      const old = await classic.select(BaseAlert, alert.id);
      for (const name of ["create_time", "last_update_time", "first_event_time", "last_event_time"] as const) {
        expect([name, old[name]]).toEqual([name, alert[name]]);
      }
      for (const name of [
        "policy_id",
        "policy_name",
        "target_value",
        "notes_present",
        "severity",
        "reason",
        "threat_id",
        "device_policy",
      ] as const) {
        expect([name, old[name]]).toEqual([name, alert[name]]);
      }
      for (const name of [
        "threat_cause_reputation",
        "threat_cause_actor_sha256",
        "process_sha256",
        "process_guid",
        "ttps",
      ] as const) {
        expect([name, old[name]]).toEqual([name, alert[name]]);
      }
      expect(old.workflow_.state).toBe(alert.workflow_.state);
      const { legacy_alert_id: _, ...names } = alert.toClassic();
      expect(names).toMatchObject({ create_time: old.get("create_time"), policy_name: old.policy_name });
    }
    await classic.close();
  });

  it("is found by today's routes only, where the others are switched off", async () => {
    const classic = cloudClient({ routes: "classic" });
    sandbox.behaviour.retired = true;
    try {
      await expect(classic.select(BaseAlert).all()).rejects.toMatchObject({ code: "ROUTE_RETIRED", status: 410 });
      await expect(classic.alertSearchSuggestions("x")).rejects.toMatchObject({ code: "ROUTE_RETIRED" });
      expect(await cb.select(BaseAlert).count()).toBeGreaterThan(0);
    } finally {
      sandbox.behaviour.retired = false;
      sandbox.requests.clear();
      await classic.close();
    }
  });
});
