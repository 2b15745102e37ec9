import { describe, expect, it } from "vitest";
import { smallCompany } from "../endpoint/samples.js";
import type { ServerParts } from "../product-server.js";
import { HttpProblem } from "../server/product.js";
import { atOnce } from "../steps.js";
import type { Store } from "../store/index.js";
import { alertsOf, BY_PROCESS } from "./alerts/alerts.js";
import { type CloudContext, createContext } from "./context.js";
import { Findings, findingsOf, findingsPart } from "./findings.js";
import { createCloudServer } from "./index.js";
import { intelligenceOf } from "./intelligence/shared.js";
import { startCloud } from "./samples.js";
import { stretches } from "./stretches.js";

const START = Date.UTC(2026, 0, 5, 9);

/** The cloud for an organisation, with what its parts have told each other. */
function cloudFor(store: Store): CloudContext {
  const presence = { now: START, start: START, interval: 2_000, round: undefined };
  const clock = { ticks: 90, startTime: START, tickInterval: 1_000 };
  const context = createContext({
    ...{
      store,
      presence,
      clock,
      seed: 1,
      url: () => "https://localhost",
      behaviour: {},
      liveSessions: () => undefined,
    },
  } as unknown as ServerParts);
  createCloudServer(context);
  return context;
}

/** What has been found, as it is kept. */
const kept = ({ store }: CloudContext) =>
  store.database.all(
    `SELECT kind, key, record FROM object
     WHERE kind IN ('cloud_alert', 'cloud_watchlist', 'cloud_watchlist_hit', 'cloud_queue') ORDER BY kind, key`,
  );

describe("what is found when somebody asks first", () => {
  const store = smallCompany();
  const context = cloudFor(store);
  const { database } = store;

  it("is found in steps, none of which raises or notes more than a handful", () => {
    const counted = (kind: string): number => database.count("SELECT count(*) AS n FROM object WHERE kind = ?", [kind]);
    const findings = new Findings(context);
    let [alerts, hits, most, steps] = [0, 0, 0, 0];
    for (const going = findings.steps(); going.next().done !== true; steps++) {
      const now = [counted("cloud_alert"), counted("cloud_watchlist_hit")] as const;
      most = Math.max(most, now[0] - alerts, now[1] - hits);
      [alerts, hits] = now;
    }
    expect(alerts).toBeGreaterThan(10);
    expect(hits).toBeGreaterThan(10);
    expect(most).toBeLessThanOrEqual(8);
    // At least one for each alert that is thought of, and one for each few that are kept.
    expect(steps).toBeGreaterThan(alerts + hits / 8);
    expect(findings.ensure()).toBeUndefined();
  });

  it("is the same when it is given up half-way, wherever that is, and begun again", () => {
    for (const given of [40, 300]) {
      const again = cloudFor(smallCompany());
      const begun = new Findings(again).steps();
      for (let step = 0; step < given; step++) expect(begun.next().done).toBe(false);
      begun.return();
      atOnce(new Findings(again).steps());
      expect(kept(again)).toEqual(kept(context));
    }
  });

  it("leaves what comes meanwhile to the next tick, and what a watchlist has become to the next time", () => {
    const again = cloudFor(smallCompany());
    const steps = new Findings(again).steps();
    const intelligence = intelligenceOf(again);
    while (again.store.collection("cloud_watchlist_hit").all().length === 0) {
      expect(steps.next().done).toBe(false);
    }
    const changed = intelligence.watchlists.all().find(({ matched }) => matched === 0);
    if (changed === undefined) throw new Error("no watchlist is being matched");
    const { id } = changed;
    intelligence.removeWatchlist(changed);
    atOnce(steps);
    const left = again.store.collection("cloud_watchlist_hit").all();
    expect(left.filter(({ watchlist_id }) => watchlist_id === id)).toEqual([]);
    expect(left.length).toBeGreaterThan(0);
  });

  it("is looked up by an index, and not by going through all alerts", () => {
    const plan = database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${BY_PROCESS}`, ["[]"]);
    expect(plan.map(({ detail }) => detail).join("\n")).toContain("cloud_alert_process_guid");
    const ids = database.all<{ id: string }>("SELECT id FROM process").map(({ id }) => id);
    const found = alertsOf(context).ofProcesses(ids);
    const shown = store.collection("cloud_alert").all();
    const about = shown.filter(({ shown: { type, process_guid } }) => type !== "VMWARE" && process_guid !== undefined);
    expect([...found.values()].flat().sort()).toEqual(about.map(({ id }) => id).sort());
    expect(alertsOf(context).ofProcesses(["nobody"]).size).toBe(0);
  });

  it("goes through all processes once", () => {
    const all = database.count("SELECT count(*) AS n FROM process");
    const sizes = [...stretches(database, 7)].map(([first, last]) =>
      database.count("SELECT count(*) AS n FROM process WHERE proc BETWEEN ? AND ?", [first, last]),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(all);
  });
});

describe("while it is being found", () => {
  it("others are answered, and whoever wants it gets all of it", async () => {
    await using cloud = await startCloud({ organisation: { hosts: 16, processes: 2500, binaries: 400 } });
    const { ask } = cloud;
    const order: string[] = [];
    const noted = async (name: string, ...request: Parameters<typeof ask>) => {
      const reply = await ask(...request);
      order.push(name);
      return reply;
    };
    const wanted = { time_range: { range: "-30y" }, rows: 10_000 };
    const search = () => noted("alerts", "POST", "/api/alerts/v7/orgs/{org}/alerts/_search", wanted);
    const [first, second, other] = await Promise.all([
      search(),
      search(),
      noted("policies", "GET", "/policyservice/v1/orgs/{org}/policies/summary"),
    ]);
    expect(other.status).toBe(200);
    expect(order[0]).toBe("policies");
    expect(second.body).toEqual(first.body);
    const types = new Set(first.body.results.map(({ type }: { type: string }) => type));
    expect(types).toEqual(new Set(["CB_ANALYTICS", "WATCHLIST"]));
    expect((await search()).body.num_found).toBe(first.body.num_found);
  });

  it("whoever waits when the server ends is told so, and nothing goes on behind him", async () => {
    const context = cloudFor(smallCompany());
    const findings = findingsOf(context);
    const part = findingsPart(context);
    const refused = expect(findings.ensure()).rejects.toThrow(HttpProblem);
    expect(part.making?.()).toBeDefined();
    await part.close?.();
    expect(part.making?.()).toBeUndefined();
    await refused;
  });
});
