// Watchlists of the Cloud: what they look for, their switches, and what they find.
import { CbThreatHunterAPI, Feed, IOC_V2, ObjectNotFoundError, Process, Report, Watchlist } from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { asked, sandbox, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI);
const WATCHLISTS = "/threathunter/watchlistmgr/v3/orgs/{org}/watchlists";

/** A saved report that looks for every process that there will be. */
async function reportOf(query = "process_name:*"): Promise<Report> {
  const { cb } = given;
  const report = cb.create(Report, { title: "All", description: "d", severity: 7 });
  return report.appendIocs([IOC_V2.createQuery(cb, "i1", query)]).saveWatchlist();
}

describe("a watchlist", () => {
  it("is created with reports, read, changed and deleted", async () => {
    const { cb, other } = given;
    const [first, second] = [await reportOf(), await reportOf("process_name:b.exe")];
    const watchlist = cb.create(Watchlist, {
      name: "Ours",
      description: "d",
      tags_enabled: true,
      alerts_enabled: false,
    });
    await watchlist.addReports([first]).save();
    const seen = await other.select(Watchlist, String(watchlist.id));
    expect([seen.name, seen.description, seen.tags_enabled, seen.alerts_enabled, seen.report_ids]).toEqual([
      ...["Ours", "d", true, false, [first.id]],
    ]);
    expect(seen.create_timestamp?.getTime()).toBe(Math.floor(sandbox.clock.now() / 1000) * 1000);
    expect(seen.last_update_timestamp).toEqual(seen.create_timestamp);
    await watchlist.addReportIds([String(second.id)]).update({ name: "Renamed" });
    await seen.refresh();
    expect([seen.name, seen.report_ids]).toEqual(["Renamed", [first.id, second.id]]);
    expect((await seen.reports).map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(await seen.feed).toBeUndefined();
    expect(seen.classifier_).toBeUndefined();
    await first.delete();
    const left = await cb.select(Watchlist, String(watchlist.id), { refresh: true }).getReports();
    expect([left.map(({ id }) => id), left.report().complete]).toEqual([[second.id], true]);
    await watchlist.delete();
    await expect(seen.refresh()).rejects.toThrow(ObjectNotFoundError);
  });

  it("is listed, and found by its fields", async () => {
    const { cb } = given;
    const report = await reportOf();
    for (const name of ["One", "Two"]) {
      await cb.create(Watchlist, { name, description: name, report_ids: [String(report.id)] }).save();
    }
    asked();
    const all = cb.select(Watchlist);
    expect((await all.all()).map(({ name }) => name)).toEqual(expect.arrayContaining(["One", "Two"]));
    expect((await all.where({ name: "two" }).one()).description).toBe("Two");
    const own = ["One", "Two"];
    const names = async (order: string) =>
      (await all.sort(order).all()).map(({ name = "" }) => name).filter((name) => own.includes(name));
    expect([await names("name asc"), await names("name desc")]).toEqual([own, own.toReversed()]);
    expect(await all.where({ name: "two" }).and({ description: "Two" }).count()).toBe(1);
    expect(await all.where({ name: "two" }).and({ description: "One" }).count()).toBe(0);
    expect(asked()).toEqual([`GET ${WATCHLISTS}`]);
  });

  it("follows a feed, whose reports are its own", async () => {
    const { cb, other } = given;
    const info = { name: "Theirs", provider_url: "https://example.com", summary: "What they know", category: "c" };
    const reports = [{ id: "r1", title: "t", description: "d", severity: 5 }];
    const feed = await cb.create(Feed, { ...info, reports }).save();
    const watchlist = await Watchlist.createFromFeed(feed, { alerts_enabled: true }).save();
    const seen = await other.select(Watchlist, String(watchlist.id));
    expect([seen.name, seen.description, seen.alerts_enabled, seen.tags_enabled]).toEqual([
      ...["Feed Theirs", "What they know", true, true],
    ]);
    expect(seen.classifier_).toEqual(["feed_id", feed.id]);
    expect(seen.classifier).toEqual({ key: "feed_id", value: feed.id });
    expect(await seen.feed.summary).toBe("What they know");
    expect((await seen.reports).length).toBe(0);
    expect((await (await seen.feed)?.reports.all())?.map(({ id }) => id)).toEqual(["r1"]);
  });

  it("is switched by its id alone, and knows it", async () => {
    const { cb, other } = given;
    const report = await reportOf();
    const watchlist = await cb.create(Watchlist, { name: "x", report_ids: [String(report.id)] }).save();
    const seen = await other.select(Watchlist, String(watchlist.id));
    const states = async () => {
      await seen.refresh();
      return [watchlist.alerts_enabled, seen.alerts_enabled, watchlist.tags_enabled, seen.tags_enabled];
    };
    await watchlist.enableAlerts();
    await watchlist.disableTags();
    expect(await states()).toEqual([true, true, false, false]);
    await watchlist.disableAlerts();
    await watchlist.enableTags();
    expect(await states()).toEqual([false, false, true, true]);
    await other.select(Watchlist, String(watchlist.id)).enableAlerts();
    expect((await watchlist.refresh()).alerts_enabled).toBe(true);
  });

  it("tags what it finds of its own reports, unless they are passed over", async () => {
    const { cb } = given;
    const name = String((await cb.select(Process).first())?.process_name);
    const query = `process_name:"${name.replaceAll("\\", "\\\\")}"`;
    const [report, ignored] = [await reportOf(query), await reportOf(query)];
    await ignored.ignore();
    const watchlist = cb.create(Watchlist, { name: "x", tags_enabled: true });
    await watchlist.addReports([report, ignored]).save();
    await cb.clock.sleep(60_000);
    const tagged = await cb.select(Process).where(query).all();
    expect(tagged.length).toBeGreaterThan(0);
    const hits = JSON.stringify(tagged.map((process) => process.get("watchlist_hit")));
    expect([hits.includes(String(report.id)), hits.includes(String(ignored.id))]).toEqual([true, false]);
  });
});

describe("the classic routes", () => {
  const classic = useCloudAs(CbThreatHunterAPI, {}, true, { routes: "classic" });

  it("serve the same, until the service switches them off", async () => {
    const { cb } = classic;
    const report = await cb.create(Report, { title: "t", description: "d", severity: 1 }).save();
    const watchlist = await cb.create(Watchlist, { name: "x", report_ids: [String(report.id)] }).save();
    asked();
    expect((await cb.select(Watchlist).where({ name: "x" }).one()).id).toBe(watchlist.id);
    expect(await cb.select(Watchlist, String(watchlist.id), { refresh: true }).name).toBe("x");
    expect(asked()).toEqual([
      "GET /threathunter/watchlistmgr/v2/watchlist",
      `GET /threathunter/watchlistmgr/v2/watchlist/${watchlist.id}`,
    ]);
    sandbox.behaviour.retired = true;
    await expect(cb.select(Watchlist).all()).rejects.toMatchObject({ code: "ROUTE_RETIRED", status: 410 });
    sandbox.behaviour.retired = false;
  });
});
