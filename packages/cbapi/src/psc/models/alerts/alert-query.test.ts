import { describe, expect, test } from "vitest";
import { BulkError } from "../../../core/public.js";
import { alertServer, manyAlerts, type TestAlert, V6, V7 } from "../../../test-support/alert-server.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { BaseAlert } from "./alert.js";
import { GroupedAlert } from "./grouped.js";
import { CBAnalyticsAlert, VMwareAlert, WatchlistAlert } from "./subtypes.js";

const NONE = { num_found: 0, results: [] };

describe("what is asked for", () => {
  test("has today's names by the routes of today", async () => {
    const { cb, bodies } = await cloudServer({ [`POST ${V7}/alerts/_search`]: NONE });
    await cb
      .select(BaseAlert)
      .where("Blort")
      .setDeviceIds([1])
      .setDeviceIds([2, 1])
      .setPolicyIds([3])
      .setPolicyNames(["P"])
      .setReputations(["PUP"])
      .setTags(["t"])
      .setTargetPriorities(["HIGH"])
      .setWorkflows(["DISMISSED"])
      .setAlertIds(["a"])
      .setLegacyAlertIds(["b"])
      .setMinimumSeverity(3)
      .setCreateTime({ range: "-3w" })
      .addExclusions("type", ["HOST_BASED_FIREWALL"])
      .sortBy("create_time", "DESC")
      .all();
    await cb.select(WatchlistAlert).setWatchlistIds(["w"]).setWatchlistNames(["n"]).count();
    await cb.select(CBAnalyticsAlert).setRunStates(["RAN"]).first();
    expect(bodies).toEqual([
      {
        query: "Blort",
        criteria: {
          device_id: [1, 2],
          device_policy_id: [3],
          device_policy: ["P"],
          process_reputation: ["PUP"],
          tags: ["t"],
          device_target_value: ["HIGH"],
          workflow_status: ["CLOSED"],
          id: ["a", "b"],
          minimum_severity: 3,
        },
        exclusions: { type: ["HOST_BASED_FIREWALL"] },
        time_range: { range: "-3w" },
        sort: [{ field: "backend_timestamp", order: "DESC" }],
        rows: 500,
      },
      { criteria: { watchlists_id: ["w"], watchlists_name: ["n"], type: ["WATCHLIST"] }, rows: 1 },
      { criteria: { run_state: ["RAN"], type: ["CB_ANALYTICS"] }, rows: 1 },
    ]);
  });

  test("is refused where the service of today has nothing like it", async () => {
    const { cb, requests } = await cloudServer({});
    const retired = expect.objectContaining({ code: "ROUTE_RETIRED" });
    const all = cb.select(BaseAlert);
    const analytics = cb.select(CBAnalyticsAlert);
    for (const asking of [
      () => all.setCategories(["THREAT"]),
      () => all.setGroupResults(true),
      () => analytics.setKillChainStatuses(["BREACH"]),
      () => analytics.setBlockedThreatCategories(["UNKNOWN"]),
      () => analytics.setNotBlockedThreatCategories(["UNKNOWN"]),
      () => analytics.setThreatCauseVectors(["WEB"]),
      () => cb.select(VMwareAlert).setGroupIds([1]),
      () => cb.select(VMwareAlert).dismiss("a", "b", { all: true }),
    ]) {
      expect(asking).toThrow(retired);
    }
    await expect(cb.select(VMwareAlert).all()).rejects.toEqual(retired);
    await expect(all.facets(["CATEGORY"])).rejects.toEqual(retired);
    expect(requests).toEqual([]);
  });

  test.each<[string, (cb: Awaited<ReturnType<typeof cloudServer>>["cb"]) => unknown, RegExp]>([
    [
      "a single text",
      (cb) => cb.select(BaseAlert).setDeviceNames("x" as never),
      /invalid device names: a list is expected/,
    ],
    ["a text among ids", (cb) => cb.select(BaseAlert).setDeviceIds(["1" as never]), /invalid device IDs: '1'/],
    ["true as a number", (cb) => cb.select(BaseAlert).setPolicyIds([true as never]), /invalid policy IDs: true/],
    ["no values", (cb) => cb.select(BaseAlert).setThreatIds([]), /an empty list matches nothing/],
    ["a word that is none", (cb) => cb.select(BaseAlert).setReputations(["PUPP" as never]), /Did you mean PUP/],
    [
      "another",
      (cb) => cb.select(BaseAlert).setTypes(["X" as never]),
      /They are CB_ANALYTICS, VMWARE, WATCHLIST, DEVICE_CONTROL/,
    ],
    ["a name of everything", (cb) => cb.select(BaseAlert).setTypes(["constructor" as never]), /invalid alert type/],
    ["a severity of 0", (cb) => cb.select(BaseAlert).setMinimumSeverity(0), /whole number from 1 to 10/],
    ["a severity as text", (cb) => cb.select(BaseAlert).setMinimumSeverity("5" as never), /whole number from 1 to 10/],
    [
      "a time of three parts",
      (cb) => cb.select(BaseAlert).setCreateTime({ range: "-1d", start: "2026", end: "2027" } as never),
      /cannot specify range=/,
    ],
    [
      "a range that is none",
      (cb) => cb.select(BaseAlert).setCreateTime({ range: "3 weeks" }),
      /range is a minus, a number/,
    ],
    [
      "a direction that is none",
      (cb) => cb.select(BaseAlert).sortBy("severity", "UP" as never),
      /invalid sort direction/,
    ],
    ["a group by nothing", (cb) => cb.select(BaseAlert).groupBy("a b"), /groupBy takes the name of a field/],
    ["a tail with an order", (cb) => cb.select(BaseAlert).sortBy("id").tail(), /leave sortBy\(\)/],
    [
      "an option that is none",
      (cb) => cb.select(BaseAlert).dismiss("a", "b", { al: true } as never),
      /unknown option al/,
    ],
    ["everything", (cb) => cb.select(BaseAlert).dismiss("a", "b"), /would change every BaseAlert/],
    [
      "everything of a kind",
      (cb) => cb.select(WatchlistAlert).where("*").update(),
      /would change every WatchlistAlert/,
    ],
  ])("is refused before it is sent: %s", async (_, asking, why) => {
    const { cb, requests } = await cloudServer({});
    expect(() => asking(cb)).toThrow(why);
    expect(requests).toEqual([]);
  });

  test("facets count in the words of either generation", async () => {
    const results = [{ field: "type", values: [{ id: "WATCHLIST", name: "WATCHLIST", total: 3 }] }];
    const { cb, bodies } = await cloudServer({ [`POST ${V7}/alerts/_facet`]: { results } });
    const query = cb.select(BaseAlert).setMinimumSeverity(2).sortBy("severity");
    expect(await query.facets(["ALERT_TYPE", "type", "TAG"], 5)).toEqual(results);
    expect(bodies).toEqual([{ criteria: { minimum_severity: 2 }, terms: { fields: ["type", "tags"], rows: 5 } }]);
    await expect(query.facets(["BOGUS" as never])).rejects.toThrow(/invalid term field names: "BOGUS"/);
    await expect(query.facets(["severty" as never])).rejects.toThrow(/Did you mean severity/);
    await expect(query.facets([])).rejects.toThrow(/at least one/);
    await expect(query.facets(["type"], -1)).rejects.toThrow(/maxRows is a whole number/);
    expect(bodies).toHaveLength(1);
  });
});

describe("more alerts than one search reaches", () => {
  const alerts = manyAlerts(25_400);

  test.each(["current", "classic"] as const)("are all read by the time at which they came in (%s)", async (routes) => {
    const { cb } = await alertServer(() => alerts, { routes });
    const found = await cb.select(BaseAlert).all();
    expect(new Set(found.map(({ id }) => id)).size).toBe(25_400);
    expect(found.report()).toMatchObject({ complete: true, returned: 25_400, available: 25_400, reasons: [] });
  });

  test("come in the order that was asked for", async () => {
    const { cb } = await alertServer(() => alerts, { clock: new JumpClock(Date.UTC(2026, 0, 2)) });
    const found = await cb.select(BaseAlert).setCreateTime({ range: "-4w" }).sortBy("create_time", "DESC").all();
    expect(found.map(({ id }) => id)).toEqual(alerts.map(({ id }) => id).reverse());
    expect(found.report().complete).toBe(true);
  });

  test("are not, in an order of another kind, and the report says what to do", async () => {
    const { cb } = await alertServer(() => alerts);
    const found = await cb.select(BaseAlert).sortBy("severity").all();
    expect(found).toHaveLength(10_000);
    expect(found.report()).toMatchObject({ complete: false, available: 25_400 });
    expect(found.report().reasons.join()).toMatch(/leave out sortBy\(\), or sort by create_time/);
  });

  test("of one moment are not, and the report says so", async () => {
    const same = alerts.slice(0, 12_000).map((alert) => ({ ...alert, backend_timestamp: "2026-01-01T00:00:00.000Z" }));
    const { cb } = await alertServer(() => same);
    const found = await cb.select(BaseAlert).all();
    expect(found.report().complete).toBe(false);
    expect(found.report().reasons.join()).toMatch(/came in at the same moment/);
  });

  test("are not read twice where a page or a row is wanted", async () => {
    const { cb, requests } = await alertServer(() => alerts);
    await cb.select(BaseAlert).first();
    await cb.select(BaseAlert).all({ limit: 600 });
    expect(requests).toHaveLength(3);
  });
});

describe("a change of all that a search finds", () => {
  const finished = { id: 9, status: "COMPLETED", progress: { num_total: 3, num_completed: 3 } };

  test("is one request, which the service works on", async () => {
    let looks = 0;
    const { cb, bodies } = await cloudServer(
      {
        [`POST ${V7}/alerts/workflow`]: { request_id: 9 },
        "GET /jobs/v1/orgs/{org}/jobs/9": () =>
          ++looks < 3 ? { id: 9, status: "IN_PROGRESS", progress: { num_total: 3, num_completed: looks } } : finished,
      },
      { clock: new JumpClock() },
    );
    const change = cb.select(BaseAlert).setMinimumSeverity(7).dismiss("RESOLVED", "done");
    expect(bodies).toEqual([]);
    const report = await change;
    expect(report.complete).toBe(true);
    expect(change.statuses.map(({ id }) => id)).toEqual(["9"]);
    const seen: unknown[] = [];
    const outcome = await change.finished({
      onProgress: ({ status, num_success }) => void seen.push([status, num_success]),
    });
    expect(outcome).toEqual({ hits: 3, success: 3, failedIds: [], errors: [] });
    expect(seen).toEqual([
      ["IN_PROGRESS", 1],
      ["IN_PROGRESS", 2],
      ["FINISHED", 3],
    ]);
    expect(bodies).toEqual([
      { criteria: { minimum_severity: 7 }, status: "CLOSED", closure_reason: "RESOLVED", note: "done" },
    ]);
  });

  test("names the alerts after a plan", async () => {
    const alerts: TestAlert[] = manyAlerts(700);
    const { cb, bodies } = await alertServer(
      () => alerts,
      {},
      {
        [`POST ${V7}/alerts/workflow`]: { request_id: 9 },
        "GET /jobs/v1/orgs/{org}/jobs/9": finished,
      },
    );
    const change = cb.select(BaseAlert).changeStatus({ status: "IN_PROGRESS", all: true });
    const plan = await change.plan();
    expect([plan.total, plan.batches.length]).toEqual([700, 2]);
    const written = bodies.length;
    expect((await change).counts).toMatchObject({ done: 700 });
    expect(bodies.slice(written)).toEqual([
      { criteria: { id: plan.items.slice(0, 500) }, status: "IN_PROGRESS" },
      { criteria: { id: plan.items.slice(500) }, status: "IN_PROGRESS" },
    ]);
    expect((await change.finished()).hits).toBe(6);
  });

  test("that the service refuses ends in its report, and finished() throws it", async () => {
    const { cb } = await cloudServer({ [`POST ${V7}/alerts/workflow`]: { status: 400, text: '{"message":"no"}' } });
    const change = cb.select(BaseAlert).setAlertIds(["x"]).update();
    expect((await change).reasons[0]?.state).toBe("refused");
    await expect(change.finished()).rejects.toBeInstanceOf(BulkError);
  });
});

describe("groups and exports", () => {
  test("groups are asked for by today's names and lead to their alerts", async () => {
    const group = {
      count: 2,
      highest_severity: 5,
      most_recent_alert: { id: "A1", threat_id: "T1", device_policy: "P" },
    };
    const { cb, bodies } = await cloudServer({
      [`POST ${V7}/grouped_alerts/_search`]: { num_found: 1, results: [group] },
      [`POST ${V7}/grouped_alerts/_facet`]: { results: [] },
      [`POST ${V7}/alerts/_search`]: NONE,
    });
    const query = cb.select(BaseAlert).setPolicyNames(["P"]).sortBy("severity").groupBy();
    const [found] = await query.all();
    expect(found).toBeInstanceOf(GroupedAlert);
    expect([found?.count, found?.mostRecentAlert.policy_name]).toEqual([2, "P"]);
    await query.alertsOf(found as GroupedAlert).all();
    await query.groupBy("DEVICE_ID").facets(["TAG"], 0, { filterValues: true });
    expect(bodies).toEqual([
      { criteria: { device_policy: ["P"] }, group_by: { field: "threat_id" }, rows: 500 },
      { criteria: { device_policy: ["P"], threat_id: ["T1"] }, rows: 500 },
      {
        criteria: { device_policy: ["P"] },
        group_by: { field: "device_id" },
        terms: { fields: ["tags"], rows: 0 },
        filter_values: true,
      },
    ]);
    expect(() => query.groupBy("device_id").alertsOf(found as GroupedAlert)).toThrow("does not tell its device_id");
    await expect(cb.select(GroupedAlert as never, "A1" as never)).rejects.toThrow("no address of their own");
  });

  test("an export is a job", async () => {
    const { cb, bodies } = await cloudServer({ [`POST ${V7}/alerts/_export`]: { job_id: 4 } });
    const job = await cb
      .select(BaseAlert)
      .setMinimumSeverity(3)
      .export({ fields: ["id"] });
    expect(job.id).toBe(4);
    expect(bodies).toEqual([{ criteria: { minimum_severity: 3 }, format: "CSV", fields: ["id"] }]);
    await expect(cb.select(BaseAlert).export({ fields: [] })).rejects.toThrow("fields are a list of names");
  });
});

describe("threats and suggestions, on the client", () => {
  test("threats are changed by their ids", async () => {
    const { cb, bodies } = await cloudServer({ [`POST ${V6}/threat/workflow/_criteria`]: { request_id: "r1" } });
    expect(await cb.bulkThreatDismiss(["a", "b"], "fixed", "c")).toBe("r1");
    expect(await cb.bulkThreatUpdate(["a"])).toBe("r1");
    expect(bodies).toEqual([
      { state: "DISMISSED", threat_id: ["a", "b"], remediation_state: "fixed", comment: "c" },
      { state: "OPEN", threat_id: ["a"] },
    ]);
    await expect(cb.bulkThreatUpdate([1 as never])).rejects.toThrow("One or more invalid threat ID values");
    await expect(cb.bulkThreatUpdate("abc" as never)).rejects.toThrow("a list of texts is expected");
    await expect(cb.bulkThreatUpdate([])).rejects.toThrow("got none");
    expect(bodies).toHaveLength(2);
  });

  test("suggestions are the answer's", async () => {
    const { cb, requests } = await cloudServer({
      [`GET ${V7}/alerts/search_suggestions`]: { suggestions: [{ term: "device_id", weight: 1 }] },
    });
    expect(await cb.alertSearchSuggestions("dev")).toEqual([{ term: "device_id", weight: 1 }]);
    expect(requests).toEqual([`GET ${V7}/alerts/search_suggestions?suggest.q=dev`]);
    await expect(cb.alertSearchSuggestions(undefined as never)).rejects.toThrow("a search is text");
  });
});
