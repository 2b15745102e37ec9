import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxOptions } from "../../options.js";
import { INTRUSION } from "../../organisation/index.js";
import { Sandbox } from "../../sandbox.js";
import { type Ask, asker } from "../routes/samples.js";

const start = (options: SandboxOptions = {}): Promise<Sandbox> =>
  Sandbox.start({ clock: { running: false }, tls: false, ...options });
const rows = async (ask: Ask, path: string, q: string): Promise<Record<string, unknown>[]> =>
  (await ask("GET", `${path}?rows=1000&q=${encodeURIComponent(q)}`)).body.results;
const alertsOf = (ask: Ask): Promise<Record<string, unknown>[]> => rows(ask, "/api/v2/alert", "");
const totals = async (ask: Ask, field: string, path = "/api/v2/alert"): Promise<Record<string, number>> => {
  const { facets } = (await ask("GET", `${path}?rows=0&facet=true&facet.field=${field}`)).body;
  return Object.fromEntries(facets[field].map((each: { name: string; value: number }) => [each.name, each.value]));
};

async function expectIntrusion(ask: Ask): Promise<void> {
  for (const { query, processes, hosts } of INTRUSION.steps) {
    const { body } = await ask("GET", `/api/v1/process?cb.group=id&rows=100&q=${encodeURIComponent(query)}`);
    expect(body.total_results, query).toBe(processes);
    expect(new Set(body.results.map((row: { hostname: string }) => row.hostname)), query).toEqual(new Set(hosts));
  }
}

describe("what the default organisation has found before anybody looked", () => {
  let sandbox: Sandbox;
  let ask: Ask;
  beforeAll(async () => {
    sandbox = await start();
    ask = asker(sandbox);
  });
  afterAll(() => sandbox.stop());

  it("is more than twenty thousand processes", () => {
    expect(sandbox.info()).toMatchObject({
      organisation: { processes: expect.toSatisfy((count: number) => count > 20_000, "a large company") as unknown },
    });
  });

  it("are alerts in every state, most of them open", async () => {
    const states = await totals(ask, "status");
    const { Unresolved = 0, Resolved = 0, ...others } = states;
    expect(Object.keys(others).sort()).toEqual(["False Positive", "In Progress"]);
    const all = await alertsOf(ask);
    expect(all.length).toBeGreaterThan(200);
    expect(Unresolved).toBeGreaterThan(all.length / 2);
    expect(Resolved).toBeGreaterThan(5);
    const users = new Set((await ask("GET", "/api/users")).body.map((user: { username: string }) => user.username));
    for (const { status, assigned_to, created_time, resolved_time } of all) {
      const created = Date.parse(String(created_time));
      expect(created).toBeLessThanOrEqual(sandbox.clock.now());
      expect(resolved_time === null).toBe(status !== "Resolved");
      if (typeof resolved_time === "string") expect(Date.parse(resolved_time)).toBeGreaterThanOrEqual(created);
      if (status === "Unresolved") expect(assigned_to).toBeNull();
      else expect(users).toContain(assigned_to);
    }
  });

  it("is the intrusion: the query of each of its steps finds it, and nothing else", async () => {
    await expectIntrusion(ask);
    await using other = await start({ seed: 2, organisation: { processes: 8000, binaries: 900 } });
    await expectIntrusion(asker(other));
  });

  it("is the intrusion, on all its hosts", async () => {
    const soc = await rows(ask, "/api/v2/alert", "feed_name:SOC watchlist_id:soc-onesync");
    const { workstation, fileServer, database } = INTRUSION.hosts;
    expect(new Set(soc.map(({ hostname }) => hostname))).toEqual(new Set([workstation, fileServer, database]));
    expect(soc.map(({ ioc_type }) => ioc_type)).toEqual(expect.arrayContaining(["md5", "dns"]));
    const tagged = await rows(ask, "/api/v1/process", "alliance_data_soc:soc-onesync");
    const spoke = await rows(ask, "/api/v1/process", "domain:cdn-sync.example");
    const ids = new Set(tagged.map(({ id }) => id));
    expect(spoke.every(({ id }) => ids.has(id))).toBe(true);
    for (const name of ["Office program starts a shell", "Dump of credentials", "PsExec", "Event log cleared"]) {
      expect(await rows(ask, "/api/v2/alert", `watchlist_name:"${name}"`), name).not.toEqual([]);
    }
  });

  it("comes from watchlists and feeds of all kinds", async () => {
    const watchlists: Record<string, unknown>[] = (await ask("GET", "/api/v1/watchlist")).body;
    expect(watchlists.at(-1)).toMatchObject({ id: "221" });
    expect(watchlists.filter(({ enabled }) => enabled === false)).toHaveLength(1);
    expect(watchlists.filter(({ readonly }) => readonly === true)).toHaveLength(1);
    for (const { id, enabled, index_type, total_hits, last_hit } of watchlists) {
      const path = index_type === "events" ? "/api/v1/process" : "/api/v1/binary";
      const { total_results } = (await ask("GET", `${path}?rows=0&q=watchlist_${String(id)}:*`)).body;
      expect([String(id), String(total_results)]).toEqual([String(id), total_hits]);
      if (enabled === false) expect(last_hit).toBeNull();
    }
    const feeds: { id: number; name: string; enabled: boolean }[] = (await ask("GET", "/api/v1/feed")).body;
    expect(feeds.filter(({ name }) => name === "SOC")).toHaveLength(1);
    const reports = await totals(ask, "feed_name", "/api/v1/threat_report");
    expect(Object.values(reports).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(300);
    expect((await ask("GET", "/api/v1/threat_report?rows=0&q=title:FUZZYWOMBAT")).body.total_results).toBe(6);
    // What the reputation services said of the files already is what their reports say.
    const [evil] = await rows(ask, "/api/v1/process", "process_name:evil.exe");
    expect(evil).toMatchObject({ alliance_score_virustotal: 48, alliance_score_blocklist: 65, alliance_score_soc: 70 });
    const before = await ask("GET", "/api/v1/process?rows=0&q=alliance_score_srstrust:-100");
    expect(before.body.total_results).toBe(0);
    const trusted = await ask("GET", "/api/v1/binary?rows=0&q=alliance_score_srstrust:-100");
    expect(trusted.body.total_results).toBeGreaterThan(100);
  });

  it("is settled: when nothing comes, nothing more is found", async () => {
    const before = await alertsOf(ask);
    const watchlists = async () =>
      (await ask("GET", "/api/v1/watchlist")).body.map(
        ({ search_timestamp: _, ...rest }: object & { search_timestamp: string }) => rest,
      );
    const lists = await watchlists();
    await sandbox.clock.step(61);
    expect(await alertsOf(ask)).toEqual(before);
    expect(await watchlists()).toEqual(lists);
    expect(sandbox.requests.failures()).toEqual([]);
  });
});

describe("what an organisation has found", () => {
  it("is the same for the same seed, and nothing in an empty one", async () => {
    const size = { hosts: 14, processes: 1500, binaries: 300 };
    await using sandbox = await start({ organisation: size, seed: 5 });
    const ask = asker(sandbox);
    const first = [await alertsOf(ask), await rows(ask, "/api/v1/threat_report", "")];
    await sandbox.reset(6);
    expect([await alertsOf(ask), await rows(ask, "/api/v1/threat_report", "")]).not.toEqual(first);
    await sandbox.reset(5);
    expect([await alertsOf(ask), await rows(ask, "/api/v1/threat_report", "")]).toEqual(first);

    const folder = mkdtempSync(join(tmpdir(), "settled-"));
    const file = join(folder, "organisation.db");
    {
      await using kept = await start({ organisation: size, seed: 5, file });
      expect(await alertsOf(asker(kept))).toEqual(first[0]);
    }
    {
      await using kept = await start({ organisation: size, seed: 5, file });
      await kept.clock.step(31);
      expect(await alertsOf(asker(kept))).toEqual(first[0]);
      expect(kept.requests.failures()).toEqual([]);
    }
    rmSync(folder, { recursive: true });

    await using empty = await start({ organisation: "empty" });
    for (const path of ["/api/v1/watchlist", "/api/v1/feed"])
      expect((await asker(empty)("GET", path)).body).toEqual([]);
    for (const path of ["/api/v2/alert", "/api/v1/threat_report"]) {
      expect((await asker(empty)("GET", path)).body.total_results).toBe(0);
    }
    expect(
      (await asker(empty)("POST", "/api/v1/watchlist", { name: "a", search_query: "q=x", index_type: "events" })).body,
    ).toEqual({ id: 1 });
    await empty.clock.step(31);
    expect(empty.requests.failures()).toEqual([]);
  });
});
