// Threat reports: read by search and by key, ignored and heeded one by one, by name, or all that a query finds.
import { Sandbox } from "@cbapi/sandbox";
import {
  Alert,
  ApiError,
  type CbResponseAPI,
  Feed,
  ObjectNotFoundError,
  Q,
  QuerySyntaxError,
  range,
  ThreatReport,
} from "cbapi/response";
import { afterEach, describe, expect, it } from "vitest";
import { addFeed } from "../support/feeds.js";
import { cb, feeds, other, sandbox, useSandbox } from "../support/given.js";
import { clientOf, requested } from "../support/sandbox.js";

useSandbox({}, { feeds: true });
afterEach(async () => {
  sandbox.faults.clear();
  await other.select(ThreatReport).where("is_ignored:true").setIgnored(false);
});

const wombats = (client: CbResponseAPI = cb) => client.select(ThreatReport).where("title:FUZZYWOMBAT");
const ignored = async () => {
  const reports = await other.select(ThreatReport).where({ is_ignored: true }).all();
  return reports.map(({ id }) => id).sort();
};
const FUZZY = [...[1, 2, 3, 4, 5].map((n) => `soc-fuzzywombat-${n}`), "soc-fuzzywombat-cmd"];
const posts = () =>
  sandbox.requests
    .entries()
    .filter(({ method }) => method === "POST")
    .map(({ path, status }) => `${path} ${status}`);

describe("a threat report", () => {
  it("is what its feed says, with its indicators as they are published", async () => {
    const report = await cb.select(ThreatReport, "3:soc-onesync");
    expect(report).toMatchObject({
      id: "soc-onesync",
      feed_id: 3,
      feed_name: "SOC",
      feed_category: "Internal",
      title: "OneSync implant and its servers",
      score: 90,
      tags: ["implant"],
      link: "https://soc.feeds.example/soc-onesync",
      is_ignored: false,
      is_deleted: false,
      has_query: false,
    });
    // The feed gives seconds, the search text: both are the same moment.
    expect(report.timestamp).toEqual(new Date("2026-01-04T09:00:00Z"));
    expect(report.create_time).toEqual(report.timestamp);
    const { dns = [], ipv4 = [] } = report.iocs ?? {};
    expect(dns).toContain("cdn-sync.example");
    expect(ipv4).toContain("203.0.113.77");
    expect(await report.feed.display_name).toBe("SOC");
    expect(report.webui_link).toBe(`${cb.url}/#threat-details/3/soc-onesync`);
    expect(await cb.select(ThreatReport, "3:soc-onesync").feed.name).toBe("SOC");
    sandbox.requests.clear();
    expect(await cb.select(ThreatReport, "5:bl-evil").webui_link).toBe(`${cb.url}/#threat-details/5/bl-evil`);
    expect(requested(sandbox)).toEqual([]);

    const [row] = await cb.select(ThreatReport).where({ report_id: "soc-onesync" }).all();
    expect(row).toMatchObject({ id: "soc-onesync", domain: dns, ipaddr: ipv4, timestamp: report.timestamp });
    sandbox.requests.clear();
    // Searches leave out the indicators as they are published: the report itself has them.
    expect((await row?.load())?.iocs).toEqual(report.iocs);
    expect(requested(sandbox).length).toBeLessThanOrEqual(1);
    const query = await cb.select(ThreatReport, "3:soc-evil");
    expect(query).toMatchObject({ has_query: true });
    expect(query.iocs?.query).toEqual([
      { index_type: "events", search_query: "cb.urlver=1&q=process_name%3Aevil.exe" },
    ]);
    await expect(cb.select(ThreatReport, "4711:soc-evil")).rejects.toThrow(ObjectNotFoundError);
  });

  it("is disabled and enabled, which sends nothing when it is so already", async () => {
    const report = await cb.select(ThreatReport, "3:soc-evil");
    expect(await report.disable()).toBe(report);
    expect(report.is_ignored).toBe(true);
    expect(report.isDirty()).toBe(false);
    expect(await ignored()).toEqual(["soc-evil"]);
    expect((await other.select(ThreatReport, "3:soc-evil", { refresh: true })).is_ignored).toBe(true);
    sandbox.requests.clear();
    await cb.select(ThreatReport, "3:soc-evil").disable();
    expect(posts()).toEqual([]);
    // What a search gave is as good as what was selected by its id.
    const [row] = await cb.select(ThreatReport).where("report_id:soc-evil").all();
    expect(row?.is_ignored).toBe(true);
    await row?.enable();
    expect(row).toMatchObject({ is_ignored: false, title: "Programs named evil" });
    expect(posts()).toEqual(["/api/v1/threat_report 200"]);
    expect(await ignored()).toEqual([]);
    await sandbox.clock.step();
    expect((await other.select(Alert).where("watchlist_id:soc-evil").one()).report_ignored).toBe(false);
  });

  it("is saved with what can be changed of it, and with nothing else", async () => {
    const report = await cb.select(ThreatReport, "3:soc-onesync");
    report.is_ignored = true;
    const plan = await report.save({ dryRun: true });
    expect(plan?.requests).toEqual([
      {
        method: "POST",
        path: "/api/v1/threat_report",
        body: { ids: { 3: ["soc-onesync"] }, updates: { is_ignored: true } },
      },
    ]);
    expect(await ignored()).toEqual([]);
    await report.save({ verify: true });
    expect(await ignored()).toEqual(["soc-onesync"]);
    await sandbox.clock.step();
    expect(() => Object.assign(report, { title: "x" })).toThrow(ApiError);
    await expect(report.delete()).rejects.toThrow(/Cannot delete a ThreatReport/);
  });

  it("may be named by its feed with whatever characters", async () => {
    const long = "x".repeat(300);
    const plain = Object.fromEntries(["a/b", "ä ö?&=#%41", "..", long].map((id) => [id, id]));
    // A key has one colon only.
    const keys: Record<string, string> = { ...plain, "a:b": "a%3Ab", "%3A": "%253A", "100%25": "100%2525" };
    const names = Object.keys(keys);
    const reports = names.map((id) => ({ id, title: `Odd ${id}`, score: 1, iocs: { dns: ["x.example"] } }));
    const feed = await addFeed(cb, await feeds.publish("odd", reports));
    const found = await feed.reports.all();
    expect(found.map(({ id }) => id).sort()).toEqual([...names].sort());
    for (const row of found) {
      if (row.id === "..") {
        // Anything between here and the server would ask for the feed instead.
        await expect(row.disable()).rejects.toMatchObject({ code: "INVALID_PATH" });
        continue;
      }
      await row.disable();
      expect(row).toMatchObject({ id: row.id, title: `Odd ${row.id}`, is_ignored: true });
      expect(
        (
          await other
            .select(ThreatReport)
            .where({ report_id: row.id ?? "" })
            .one()
        ).is_ignored,
      ).toBe(true);
      const read = await other.select(ThreatReport, `${feed.id}:${keys[row.id ?? ""]}`, { refresh: true });
      expect(read).toMatchObject({ id: row.id, is_ignored: true });
      const page = other.fromUi(read.webui_link);
      expect(page.kind === "threatReport" && (await page.object).title).toBe(`Odd ${row.id}`);
    }
    const all = await feed.reports.setIgnored(false, { each: true });
    expect(all).toMatchObject({ complete: true, matched: names.length });
    expect(await ignored()).toEqual([]);
    await feed.delete();
  });
});

describe("a search for threat reports", () => {
  it("is narrowed, ordered and read in every way", async () => {
    const soc = cb.select(ThreatReport).where({ feed_id: 3 });
    expect((await soc.and("title:FUZZYWOMBAT").all()).map(({ id }) => id).sort()).toEqual(FUZZY);
    expect(await soc.and({ tags: "partner" }).count()).toBe(5);
    expect(await cb.select(ThreatReport).where({ domain: "evil.example" }).one().id).toBe("bl-evil");
    expect(await cb.select(ThreatReport).where("ipaddr:203.0.113.66").one().feed_id).toBe(5);
    const { iocs } = await cb.select(ThreatReport, "5:bl-evil");
    expect(
      await cb
        .select(ThreatReport)
        .where({ md5: iocs?.md5?.[0] ?? "", feed_name: "blocklist" })
        .one().id,
    ).toBe("bl-evil");
    expect(await soc.and(Q({ feed_category: "Internal" }).and(Q({ tags: "fuzzywombat" }).not())).count()).toBe(2);
    expect(
      await cb
        .select(ThreatReport)
        .where({ feed_id: range(5, 6) })
        .count(),
    ).toBe(10);

    const sorted = soc.sort("create_time desc").stable();
    const rows = await sorted.all();
    expect(rows.report()).toMatchObject({ complete: true, totalOrder: true });
    const times = rows.map(({ create_time }) => create_time?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const ids = rows.map(({ id }) => id);
    expect((await sorted.slice(2, 5)).map(({ id }) => id)).toEqual(ids.slice(2, 5));
    expect(await sorted.at(-1).id).toBe(ids.at(-1));
    expect(await sorted.at(0).id).toBe(await sorted.first().id);
    expect(await soc.count()).toBe(8);
    const all = cb.select(ThreatReport).sort("feed_name asc").stable().batchSize(4);
    const pages: string[][] = [];
    for await (const { items } of all.pages()) pages.push(items.map(({ feed_id, id }) => `${feed_id}:${id}`));
    expect(new Set(pages.flat()).size).toBe(await cb.select(ThreatReport).count());
    expect(pages.slice(0, -1).every(({ length }) => length === 4)).toBe(true);
    const iterated: string[] = [];
    for await (const { feed_id, id } of all) iterated.push(`${feed_id}:${id}`);
    expect(iterated).toEqual(pages.flat());
    await expect(cb.select(ThreatReport).where("title:(").first()).rejects.toThrow(QuerySyntaxError);
  });

  it("takes their feeds along", async () => {
    sandbox.requests.clear();
    const reports = await cb.select(ThreatReport).include("feed").all();
    const asked = requested(sandbox);
    for (const report of reports) expect(await report.feed.name).toBe(report.feed_name);
    expect(requested(sandbox)).toEqual([]);
    const feeds = new Set(reports.map(({ feed_id }) => `/api/v1/feed/${feed_id}`));
    expect(asked.filter((path) => path.startsWith("/api/v1/feed")).sort()).toEqual([...feeds].sort());
  });

  it("counts the values of several fields", async () => {
    await wombats().setIgnored();
    const rows = await cb.select(ThreatReport).all();
    const { feed_name, is_ignored, tags } = await cb.select(ThreatReport).facets("feed_name", "is_ignored", "tags");
    const counted = (of: (row: ThreatReport) => readonly (string | undefined)[]) => {
      const counts = new Map<string, number>();
      for (const value of rows.flatMap(of)) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
      return counts;
    };
    const told = (facet: typeof tags) => new Map(facet.map(({ name, value }) => [name, value]));
    expect(told(feed_name)).toEqual(counted((row) => [row.feed_name]));
    expect(told(is_ignored)).toEqual(counted((row) => [String(row.is_ignored)]));
    expect(told(tags)).toEqual(counted(({ tags = [] }) => tags));
    expect(is_ignored.find(({ name }) => name === "true")?.value).toBe(FUZZY.length);
  });
});

describe("all reports of a query", () => {
  it("are ignored by one request that gives the server the query", async () => {
    const query = wombats();
    sandbox.requests.clear();
    const report = await query.setIgnored();
    expect(posts()).toEqual(["/api/v1/threat_report 200"]);
    expect(report).toMatchObject({ complete: true, matched: undefined, counts: undefined, failures: undefined });
    expect(report.items()).toBeUndefined();
    expect(await ignored()).toEqual(FUZZY);
    const feed = await cb.select(Feed, 3);
    await feed.reports.and("title:FUZZYWOMBAT").where("tags:partner").setIgnored(false);
    expect(await ignored()).toEqual(["soc-fuzzywombat-cmd"]);
    await query.count();
    expect((await query.setIgnored(false)).matched).toBe(FUZZY.length);
    expect(await ignored()).toEqual([]);
    // An odd character in the query does not change its meaning.
    await cb.select(ThreatReport).where`title:${"48 scanners know evil.exe"}`.setIgnored();
    expect(await ignored()).toEqual(["5f4dcc3b5aa765d61d8327deb882cf99"]);
  });

  it("are named one by one when they are to be told of, or were planned", async () => {
    sandbox.requests.clear();
    const change = wombats().setIgnored(true, { each: true });
    const plan = await change.plan();
    const keys = FUZZY.map((id) => `3:${id}`);
    expect([...plan.items].sort()).toEqual(keys);
    expect(plan.batches).toMatchObject([
      { method: "POST", path: "/api/v1/threat_report", body: { updates: { is_ignored: true } } },
    ]);
    expect(posts()).toEqual([]);
    expect(await ignored()).toEqual([]);
    const report = await change;
    expect(report.counts).toEqual({ done: FUZZY.length, pending: 0, refused: 0, unknown: 0, unsent: 0 });
    expect(report.items().map(({ item, state }) => [item, state])).toEqual(plan.items.map((item) => [item, "done"]));
    expect(await ignored()).toEqual(FUZZY);

    const planned = wombats().setIgnored(false);
    expect((await planned.plan()).total).toBe(FUZZY.length);
    expect((await planned).counts).toMatchObject({ done: FUZZY.length });
    expect(await ignored()).toEqual([]);
    const sent = wombats().setIgnored();
    await sent;
    await expect(sent.plan()).rejects.toThrow(/carried out already, by its query/);
  });

  it("are in doubt when the answer is lost, whichever way they were named", async () => {
    const lost = { match: { method: "POST", path: "/api/v1/threat_report", times: 2 } };
    sandbox.faults.add({ ...lost, do: { reset: true, carriedOut: true } });
    const byQuery = await wombats().setIgnored();
    expect(byQuery).toMatchObject({ complete: false, reasons: [{ state: "unknown", items: undefined }] });
    expect(() => byQuery.throwIfIncomplete()).toThrow(/sent as a query, unknown/);
    expect(await ignored()).toEqual(FUZZY);
    const byId = await wombats().setIgnored(false, { each: true });
    expect(byId.counts).toEqual({ done: 0, pending: 0, unknown: FUZZY.length, refused: 0, unsent: 0 });
    expect(await ignored()).toEqual([]);
    expect(await byQuery.retry()).toMatchObject({ complete: true });
    expect(await ignored()).toEqual(FUZZY);
    expect(await byId.retry()).toMatchObject({ complete: true });
    expect(await ignored()).toEqual([]);
  });

  it("are not ignored when the server refuses, and are when it is asked again", async () => {
    sandbox.faults.add({ match: { method: "POST", path: "/api/v1/threat_report", times: 2 }, do: { status: 400 } });
    const byQuery = await wombats().setIgnored();
    expect(byQuery.reasons).toMatchObject([{ state: "refused" }]);
    const byId = await wombats().setIgnored(true, { each: true });
    expect(byId.counts).toMatchObject({ refused: FUZZY.length, done: 0 });
    expect(await ignored()).toEqual([]);
    expect((await byQuery.retry()).complete).toBe(true);
    expect(await ignored()).toEqual(FUZZY);
    const wrong = await cb.select(ThreatReport).where("title:(").setIgnored();
    expect(wrong.reasons).toMatchObject([{ state: "refused", error: { name: "QuerySyntaxError" } }]);
    await expect(cb.select(ThreatReport).where("title:(").setIgnored(true, { each: true }).run()).rejects.toThrow(
      QuerySyntaxError,
    );
  });

  it("without a condition are not sent as a query, but may be named", async () => {
    sandbox.requests.clear();
    await expect(cb.select(ThreatReport).setIgnored().run()).rejects.toThrow(
      /does not change all reports by an empty query/,
    );
    const raw = cb.select(ThreatReport).raw("q=title%3AFUZZYWOMBAT&cb.fq.feed_name=SOC");
    await expect(raw.setIgnored().run()).rejects.toThrow(/cb\.fq\.feed_name=SOC.*each: true/);
    expect(posts()).toEqual([]);
    expect((await raw.setIgnored(true, { each: true })).counts).toMatchObject({ done: FUZZY.length });
    expect(await ignored()).toEqual(FUZZY);
    const plain = cb.select(ThreatReport).raw("cb.urlver=1&q=title%3AFUZZYWOMBAT");
    expect((await plain.setIgnored(false)).complete).toBe(true);
    expect(await ignored()).toEqual([]);
    const every = await cb.select(ThreatReport).setIgnored(true, { each: true });
    expect(every.matched).toBe(await other.select(ThreatReport).where("is_ignored:true").count());
    expect(() => cb.select(ThreatReport).setIgnored("yes" as never)).toThrow(/true or false/);
  });
});

describe("a server before 5.1", () => {
  it("is not asked to change reports by a query", async () => {
    await using old = await Sandbox.start({
      organisation: "small",
      version: "5.0.1.150101.1200",
      clock: { running: false },
    });
    await using client = clientOf(old);
    expect(await client.select(ThreatReport).where("title:FUZZYWOMBAT").count()).toBe(FUZZY.length);
    await expect(wombats(client).setIgnored().run()).rejects.toMatchObject({ code: "SERVER_TOO_OLD" });
    await expect(wombats(client).setIgnored(true, { each: true }).plan()).rejects.toThrow(/need a server from 5\.1 on/);
    expect(old.requests.entries().filter(({ method }) => method === "POST")).toEqual([]);
  });
});
