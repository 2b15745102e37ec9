// Feeds: fetched from where they are published, matched with what endpoints do, and heeded as long as they are enabled.
import {
  Alert,
  Binary,
  CbApiError,
  ClientError,
  Feed,
  ObjectNotFoundError,
  Process,
  ThreatReport,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { addFeed, queryIoc, raiseAlerts } from "../support/feeds.js";
import { cb, feeds, other, sandbox, useSandbox } from "../support/given.js";

/** net.exe of the guide's host. */
const NET = "79B6D4C5283FC806387C55B8D7C8B762";
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]);

useSandbox({}, { feeds: true });

/** What other clients see of the feed. */
const onServer = async (feed: Feed) => other.select(Feed, feed.id ?? 0, { refresh: true });
const alertsOf = (feed: Feed) => other.select(Alert).where({ feed_id: feed.id ?? 0 });
const tagged = (feed: Feed, report: string) =>
  other.select(Process).where(`alliance_data_${feed.name?.toLowerCase()}:${report}`);

/** Starts a program on the guide's host; gives the id of its process. */
async function launch(path: string, netconns: { domain?: string; ip?: string }[] = []): Promise<string> {
  const launched = await sandbox.launch({ sensor: 3, path, netconns });
  if (launched.outcome !== "started") throw new Error(`${path} was ${launched.outcome}`);
  return launched.id;
}

describe("a feed", () => {
  it("is fetched when it is added, and matched by hash, domain, address and query at the next tick", async () => {
    const url = await feeds.publish(
      "Lab_1",
      [
        { id: "files", score: 60, iocs: { md5: [NET] } },
        { id: "domains", score: 80, iocs: { dns: ["c2.lab.example"] } },
        { id: "addresses", score: 40, iocs: { ipv4: ["198.51.100.200"] } },
        { id: "programs", score: 20, iocs: queryIoc("process_name:calc.exe") },
      ],
      { category: "Internal", provider_rating: 4, icon: PNG.toString("base64") },
    );
    const byDomain = await launch("c:\\windows\\system32\\xcopy.exe", [{ domain: "C2.lab.example" }]);
    const byAddress = await launch("c:\\windows\\system32\\xcopy.exe", [{ ip: "198.51.100.200" }]);
    const feed = await addFeed(cb, url);
    const expected = { name: "Lab_1", display_name: "The Lab_1 feed", category: "Internal", provider_rating: 4 };
    expect(feed).toMatchObject({ ...expected, enabled: true, manually_added: true, feed_url: url });
    expect(await onServer(feed)).toMatchObject({ ...expected, id: feed.id });
    expect((await onServer(feed)).icon).toEqual(PNG);
    await raiseAlerts(feed);
    const reports = await feed.reports.all();
    expect(reports.map(({ id }) => id).sort()).toEqual(["addresses", "domains", "files", "programs"]);
    expect(reports.every(({ feed_id }) => feed_id === feed.id)).toBe(true);
    expect(await feed.searchProcesses()?.count()).toBe(0);

    await sandbox.clock.step();
    const nets = await other.select(Process).where(`md5:${NET}`).count();
    const calcs = await other.select(Process).where("process_name:calc.exe").count();
    expect(await tagged(feed, "files").count()).toBe(nets);
    expect(await tagged(feed, "programs").count()).toBe(calcs);
    expect(await tagged(feed, "domains").one().id).toBe(byDomain);
    expect(await tagged(feed, "addresses").one().id).toBe(byAddress);
    expect(await feed.searchProcesses()?.count()).toBe(nets + calcs + 2);
    expect(await feed.searchProcesses({ minScore: 41, maxScore: 60 })?.count()).toBe(nets);
    expect((await feed.searchProcesses({ minScore: 61 })?.all())?.map(({ id }) => id)).toEqual([byDomain]);
    expect(await feed.searchProcesses({ minScore: 90 })?.count()).toBe(0);
    expect((await feed.searchBinaries()?.all())?.map(({ md5 }) => md5)).toEqual([NET]);

    const proc = await other.select(Process, byDomain);
    expect(proc.tags).toContain("lab_1");
    const tag = { name: "lab_1", score: 80, data: ["domains"], link: "https://lab.example/domains" };
    expect(proc.tagInfo("lab_1")).toEqual({ ...tag, updated: "2023-11-14T22:13:20.000Z" });
    expect((await proc.threat_intel_hits).map(({ feed_name }) => feed_name)).toContain("lab_1");
    const binary = await other.select(Binary, NET);
    expect(binary.tags).toContain("lab_1");
    expect(binary.tagInfo("lab_1")).toMatchObject({ score: 60, data: ["files"] });

    const alerts = await alertsOf(feed).all();
    expect(alerts).toHaveLength(nets + calcs + 3);
    expect(new Set(alerts.map(({ alert_type }) => alert_type))).toEqual(
      new Set(["watchlist.hit.ingress.process", "watchlist.hit.ingress.binary", "watchlist.hit.query.process"]),
    );
    const [domain] = alerts.filter(({ watchlist_id }) => watchlist_id === "domains");
    expect(domain).toMatchObject({
      watchlist_name: "Report domains",
      ioc_type: "dns",
      ioc_value: "c2.lab.example",
      feed_rating: 4,
      report_score: 80,
      link: "https://lab.example/domains",
      process_id: byDomain,
    });
    expect(domain?.trigger_ioc).toMatchObject({ dns_name: "C2.lab.example", direction: "Outbound", port: 443 });
    expect((await domain?.feed)?.display_name).toBe("The Lab_1 feed");
  });

  it("is fetched again when it is synchronized: new reports match, those that are gone do not", async () => {
    const name = "synced";
    const old = { id: "old", score: 30, iocs: queryIoc("process_name:mspaint.exe") };
    const feed = await addFeed(cb, await feeds.publish(name, [old]));
    await raiseAlerts(feed);
    await sandbox.clock.step();
    const paints = await tagged(feed, "old").count();
    expect(paints).toBeGreaterThan(0);
    expect(await alertsOf(feed).count()).toBe(paints);

    const fresh = { id: "new", score: 50, iocs: queryIoc("process_name:wordpad.exe") };
    await feeds.publish(name, [old, fresh], { summary: "now with words" });
    // The server fetches it when it is told to.
    await sandbox.clock.step();
    expect(await feed.reports.count()).toBe(1);
    await feed.synchronize();
    expect((await feed.reports.all()).map(({ id }) => id).sort()).toEqual(["new", "old"]);
    expect(await tagged(feed, "new").count()).toBe(0);
    await sandbox.clock.step();
    const words = await other.select(Process).where("process_name:wordpad.exe").count();
    expect(await tagged(feed, "new").count()).toBe(words);
    // Matched with everything again, the old report raises nothing twice.
    expect(await alertsOf(feed).count()).toBe(paints + words);
    await feed.refresh();
    expect(feed.summary).toBe("now with words");

    await feeds.publish(name, [fresh]);
    await feed.synchronize({ full: false });
    await sandbox.clock.step();
    expect(await tagged(feed, "old").count()).toBe(0);
    expect(await tagged(feed, "new").count()).toBe(words);
    await expect(other.select(ThreatReport, `${feed.id}:old`, { refresh: true })).rejects.toThrow(ObjectNotFoundError);
  });

  it("raises no alerts for reports that are ignored, though it tags, and does again when they are heeded", async () => {
    const path = "c:\\windows\\system32\\tracert.exe";
    const feed = await addFeed(
      cb,
      await feeds.publish("quiet", [{ id: "trace", score: 30, iocs: queryIoc("process_name:tracert.exe") }]),
    );
    await raiseAlerts(feed);
    const report = await cb.select(ThreatReport, `${feed.id}:trace`);
    await report.disable();
    await sandbox.clock.step();
    const before = await tagged(feed, "trace").count();
    expect(before).toBeGreaterThan(0);
    expect(await alertsOf(feed).count()).toBe(0);
    await report.enable();
    const id = await launch(path);
    await sandbox.clock.step();
    expect(await tagged(feed, "trace").count()).toBe(before + 1);
    expect((await alertsOf(feed).all()).map(({ process_id }) => process_id)).toEqual([id]);

    // What is ignored stays so when the feed tells it anew, in other words.
    await report.disable();
    await feeds.publish("quiet", [{ id: "trace", score: 35, iocs: queryIoc("process_name:tracert.exe") }]);
    await feed.synchronize();
    await launch(path);
    await sandbox.clock.step();
    expect(await other.select(ThreatReport, `${feed.id}:trace`, { refresh: true })).toMatchObject({
      ...{ is_ignored: true, score: 35 },
    });
    expect(await tagged(feed, "trace").count()).toBe(before + 2);
    expect(await alertsOf(feed).count()).toBe(1);
  });

  it("may vouch for what it knows, and look for files by queries", async () => {
    const feed = await addFeed(
      cb,
      await feeds.publish("trust", [
        { id: "good", score: -60, iocs: { md5: [NET.toLowerCase()] } },
        { id: "unsigned", score: 15, iocs: queryIoc("digsig_result:Unsigned", "modules") },
      ]),
    );
    await raiseAlerts(feed);
    await sandbox.clock.step();
    // A score below 1 is asked for by name.
    expect(await feed.searchProcesses()?.count()).toBe(0);
    expect(await feed.searchProcesses({ minScore: -100, maxScore: -1 })?.count()).toBe(
      await tagged(feed, "good").count(),
    );
    expect((await feed.searchBinaries({ minScore: -60, maxScore: -60 })?.all())?.map(({ md5 }) => md5)).toEqual([NET]);
    const unsigned = (await cb.select(Binary).where("digsig_result:Unsigned").all()).map(({ md5 }) => md5);
    expect((await feed.searchBinaries()?.all())?.map(({ md5 }) => md5).sort()).toEqual(unsigned.sort());
    const raised = await alertsOf(feed).and("watchlist_id:unsigned").all();
    expect(raised.map(({ md5 }) => md5).sort()).toEqual(unsigned);
    expect(new Set(raised.map(({ alert_type }) => alert_type))).toEqual(new Set(["watchlist.hit.query.binary"]));
    expect((await alertsOf(feed).and("watchlist_id:good").all()).every((alert) => alert.alert_severity === 0)).toBe(
      true,
    );
    expect(() => feed.searchProcesses({ minScore: 5, maxScore: 1 })).toThrow(CbApiError);
    expect(() => feed.searchProcesses({ minScore: 0.5 })).toThrow(CbApiError);
  });

  it("that is disabled is neither matched nor synchronized, until it is enabled", async () => {
    const feed = await addFeed(
      cb,
      await feeds.publish("sleeper", [{ id: "find", score: 30, iocs: queryIoc("process_name:findstr.exe") }]),
      {},
    );
    expect(feed.enabled).toBe(false);
    await sandbox.clock.step();
    expect(await tagged(feed, "find").count()).toBe(0);
    expect([feed.searchProcesses(), feed.searchBinaries()]).toEqual([undefined, undefined]);
    const error: unknown = await feed.synchronize().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      code: "FEED_DISABLED",
      status: 409,
      message: `Feed ${feed.id} is disabled and cannot be synchronized: enable() it first`,
    });
    await feed.enable();
    expect((await onServer(feed)).enabled).toBe(true);
    await feed.synchronize();
    await sandbox.clock.step();
    const found = await tagged(feed, "find").count();
    expect(found).toBeGreaterThan(0);

    await feed.disable();
    expect((await onServer(feed)).enabled).toBe(false);
    await launch("c:\\windows\\system32\\findstr.exe");
    await sandbox.clock.step();
    expect(await tagged(feed, "find").count()).toBe(found);
  });

  it("may be added twice, and takes its reports, tags and actions along when it is deleted; alerts stay", async () => {
    const [soc] = await cb.select(Feed).where("name:SOC").all();
    const [first, second] = [await addFeed(cb, soc?.feed_url ?? ""), await addFeed(cb, soc?.feed_url ?? "")];
    expect(first.id).not.toBe(second.id);
    expect(await first.reports.count()).toBe(await soc?.reports.count());
    await second.delete();

    const doomed = await addFeed(
      cb,
      await feeds.publish("doomed", [{ id: "where", score: 30, iocs: queryIoc("process_name:whoami.exe") }]),
    );
    const action = await raiseAlerts(doomed);
    await sandbox.clock.step();
    const alerts = await alertsOf(doomed).count();
    expect(alerts).toBeGreaterThan(0);
    expect(await tagged(doomed, "where").count()).toBe(alerts);
    await doomed.delete();
    expect(await tagged(doomed, "where").count()).toBe(0);
    expect(
      await other
        .select(ThreatReport)
        .where({ feed_id: doomed.id ?? 0 })
        .count(),
    ).toBe(0);
    expect(await alertsOf(doomed).count()).toBe(alerts);
    await expect(onServer(doomed)).rejects.toThrow(ObjectNotFoundError);
    await expect(action.refresh()).rejects.toThrow(ObjectNotFoundError);
    await expect(async () => (await alertsOf(doomed).first())?.feed.name).rejects.toThrow(ObjectNotFoundError);
  });
});
