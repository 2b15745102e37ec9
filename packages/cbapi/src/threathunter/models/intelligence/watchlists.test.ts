// Reports for watchlists, their indicators and severities, and watchlists themselves, over a server that answers as the
// Cloud's watchlist manager does.

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import { type CloudRequest, cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { CbThreatHunterAPI, Feed, IOC, IOC_V2, Report, ReportSeverity, Watchlist } from "../../index.js";

const M = "/threathunter/watchlistmgr/v3/orgs/{org}";
const F = "/threathunter/feedmgr/v2/orgs/{org}/feeds";
const R1 = { id: "r1", timestamp: 1_598_000_000, title: "One", description: "d", severity: 5 };
const W1 = {
  id: "w1",
  name: "Ours",
  description: "d",
  alerts_enabled: false,
  tags_enabled: true,
  report_ids: ["r1", "gone"],
};

async function manager(routes: "current" | "classic" = "current") {
  const echo = ({ body }: CloudRequest) => body as object;
  const ignored = new Set<string>();
  const ignore = (what: string) => ({
    [`GET ${M}/reports/${what}/ignore`]: () => ({ ignored: ignored.has(what) }),
    [`PUT ${M}/reports/${what}/ignore`]: () => {
      ignored.add(what);
      return { ignored: true };
    },
    [`DELETE ${M}/reports/${what}/ignore`]: () => {
      ignored.delete(what);
      return { status: 204, text: "" };
    },
  });
  const server = await cloudServer(
    {
      [`POST ${M}/reports`]: echo,
      [`GET ${M}/reports/r1`]: R1,
      [`PUT ${M}/reports/r1`]: echo,
      [`DELETE ${M}/reports/r1`]: { status: 204, text: "" },
      ...ignore("r1"),
      ...ignore("f1-r1"),
      ...ignore("r1/iocs/i1"),
      [`GET ${M}/reports/severity`]: { results: [{ report_id: "r1", severity: 9 }] },
      [`GET ${M}/reports/r1/severity`]: { report_id: "r1", severity: 9 },
      [`PUT ${M}/reports/r1/severity`]: echo,
      [`DELETE ${M}/reports/r1/severity`]: { status: 204, text: "" },
      [`GET ${F}/f1`]: { feedinfo: { id: "f1", name: "Ours", summary: "What we know" }, reports: [] },
      [`GET ${F}/f1/reports`]: { results: [R1, { ...R1, id: "r2" }] },
      [`GET ${M}/watchlists`]: { results: [W1, { ...W1, id: "w2", name: "Other" }] },
      [`GET ${M}/watchlists/w1`]: W1,
      [`GET ${M}/watchlists/w3`]: { ...W1, id: "w3", report_ids: null, classifier: { key: "feed_id", value: "f1" } },
      [`GET ${M}/watchlists/w4`]: { ...W1, id: "w4", report_ids: null, classifier: { key: "other", value: "x" } },
      "GET /threathunter/watchlistmgr/v2/watchlist": { results: [W1] },
      "GET /threathunter/watchlistmgr/v2/watchlist/w1": { status: 410, text: "{}" },
      [`POST ${M}/watchlists`]: ({ body }: CloudRequest) => ({ ...(body as object), id: "w9", create_timestamp: 1 }),
      [`PUT ${M}/watchlists/w1`]: echo,
      [`DELETE ${M}/watchlists/w1`]: { status: 204, text: "" },
      [`PUT ${M}/watchlists/w1/alert`]: {},
      [`DELETE ${M}/watchlists/w1/alert`]: { status: 204, text: "" },
      [`PUT ${M}/watchlists/w1/tag`]: {},
      [`DELETE ${M}/watchlists/w1/tag`]: { status: 204, text: "" },
    },
    { routes, clock: new JumpClock(Date.UTC(2026, 0, 5)) },
    CbThreatHunterAPI,
  );
  return server;
}

const NOW = Date.UTC(2026, 0, 5) / 1000;

describe("a report for watchlists", () => {
  it("is saved with a name and a time, which it need not be given", async () => {
    const { cb, requests, bodies } = await manager();
    const report = cb.create(Report, { title: "t", description: "d", severity: 1, link: "a.example" });
    report.appendIocs([IOC_V2.createQuery(cb, "i1", "process_name:a.exe"), { match_type: "query", values: ["b:c"] }]);
    expect(await report.saveWatchlist()).toBe(report);
    const [{ id, iocs_v2: iocs, ...sent }] = bodies as [{ id: string; iocs_v2: { id: string }[] }];
    expect(sent).toEqual({ title: "t", description: "d", severity: 1, link: "a.example", timestamp: NOW });
    expect(iocs.map((ioc) => ioc.id.length)).toEqual([2, 36]);
    expect([report.id, String(report).includes(`id ${id}>`), report.isDirty()]).toEqual([id, true, false]);
    expect(requests).toEqual([`POST ${M}/reports`]);
  });

  it("is changed with the present time, and deleted", async () => {
    const { cb, requests, bodies } = await manager();
    const report = await cb.select(Report, "r1");
    expect(await report.update({ tags: ["a"], visibility: "visible" })).toBe(report);
    report.severity = 7;
    await report.saveWatchlist();
    await report.delete();
    expect(bodies).toEqual([
      { ...R1, tags: ["a"], visibility: "visible", timestamp: NOW },
      { ...R1, tags: ["a"], visibility: "visible", timestamp: NOW, severity: 7 },
    ]);
    const path = `${M}/reports/r1`;
    expect(requests).toEqual([`GET ${path}`, `PUT ${path}`, `PUT ${path}`, `DELETE ${path}`]);
    await expect(report.update({ title: "x" })).rejects.toThrow(/was deleted/);
  });

  it("is made of a feed's, as a copy", async () => {
    const { cb, bodies } = await manager();
    const theirs = await cb.select(Report, "f1:r2");
    const ours = await theirs.saveWatchlist();
    expect(ours).not.toBe(theirs);
    expect([ours.id, ours.feed_id, theirs.feed_id]).toEqual(["r2", undefined, "f1"]);
    expect(bodies).toEqual([{ ...R1, id: "r2" }]);
  });

  it("is passed over and heeded again, by its id alone", async () => {
    const { cb, requests, seen } = await manager();
    const report = cb.select(Report, "r1");
    expect(await report.ignored).toBe(false);
    await report.ignore();
    expect(await report.getIgnored()).toBe(true);
    await report.unignore();
    expect(await report.ignored).toBe(false);
    expect(requests.map((request) => request.split(" ")[0])).toEqual(["GET", "PUT", "GET", "DELETE", "GET"]);
    expect(seen[1]?.body).toBe("null");
    await cb.select(Report, "f1:r1").ignore();
    expect(requests.at(-1)).toBe(`PUT ${M}/reports/f1-r1/ignore`);
    const unsaved = cb.create(Report, R1);
    await expect(unsaved.ignore()).rejects.toThrow(/missing Report ID/);
    await expect(unsaved.unignore()).rejects.toThrow(/missing Report ID/);
    await expect(unsaved.ignored).rejects.toThrow(InvalidObjectError);
    await expect(unsaved.update({ title: "x" })).rejects.toThrow(/missing Report ID/);
  });

  it("has indicators that are added, replaced and taken out, on top of what others have written", async () => {
    const { cb, bodies } = await manager();
    const report = await cb.select(Report, "r1");
    expect(report.iocs_).toEqual([]);
    const ioc = IOC_V2.createEquality(cb, "i1", "netconn_ipv4", "8.8.8.8");
    report.appendIocs([ioc]).appendIocs([IOC_V2.createRegex(cb, "i2", "process_name", "^a")]);
    expect(report.iocs_.map(({ id, values }) => [id, values])).toEqual([
      ["i1", ["8.8.8.8"]],
      ["i2", ["^a"]],
    ]);
    report.removeIocsById(["nothing", "i2"]);
    report.appendIocs([IOC_V2.createEquality(cb, "i1", "netconn_ipv4", "9.9.9.9")]);
    await report.save();
    expect((bodies[0] as { iocs_v2: unknown }).iocs_v2).toEqual([
      { id: "i1", match_type: "equality", field: "netconn_ipv4", values: ["9.9.9.9"] },
    ]);
    expect(report.removeIocs([ioc]).iocs_).toEqual([]);
    expect(() => report.appendIocs(ioc as never)).toThrow(/appendIocs\(\) takes a list/);
    expect(() => report.appendIocs([5 as never])).toThrow(/expected an object/);
  });

  it("takes the older form of indicators, too", async () => {
    const { cb, bodies } = await manager();
    const iocs = cb.create(IOC, { md5: ["0".repeat(32)], query: [{ search_query: "a:b" }] });
    expect(await iocs.validate()).toBe(true);
    await expect(iocs.save()).rejects.toThrow(/kept in their report/);
    const report = cb.create(Report, { ...R1, iocs });
    await report.save();
    expect((bodies[0] as { iocs: unknown }).iocs).toEqual({ md5: ["0".repeat(32)], query: [{ search_query: "a:b" }] });
    await expect(cb.create(IOC, { md5: ["x"] }).validate()).rejects.toThrow(/MD5 hash/);
  });

  it("is refused where the server would refuse it", async () => {
    const { cb, requests } = await manager();
    await expect(cb.create(Report, { title: "t" }).save()).rejects.toThrow(/Missing fields: \[description, severity\]/);
    await expect(cb.create(Report, { ...R1, severity: 11 }).saveWatchlist()).rejects.toThrow(/from 1 to 10/);
    await expect(cb.create(Report, { ...R1, link: "x y" }).validate()).rejects.toThrow(/valid URL/);
    expect(() => cb.create(Report, { ...R1, timestamp: Date.UTC(2026) })).toThrow(/must be milliseconds/);
    expect(() => cb.create(Report, { ...R1, timestamp: new Date(Number.NaN) })).toThrow(InvalidObjectError);
    expect(() => cb.create(Report, { ...R1, sevrity: 1 } as never)).toThrow(/no field named sevrity/);
    expect(requests).toEqual([]);
  });
});

describe("an indicator", () => {
  it("is passed over and heeded again where it is a watchlist report's", async () => {
    const { cb, requests } = await manager();
    const report = cb.create(Report, { ...R1, iocs_v2: [{ id: "i1", match_type: "query", values: ["a:b"] }] });
    await expect(report.iocs_[0]?.ignore()).rejects.toThrow(/only applies to watchlist IOCs/);
    await report.save();
    const [ioc] = report.iocs_ as [IOC_V2];
    expect(await ioc.ignored).toBe(false);
    await ioc.ignore();
    expect(await ioc.getIgnored()).toBe(true);
    await ioc.unignore();
    expect(requests.slice(1).every((request) => request.endsWith(`${M}/reports/r1/iocs/i1/ignore`))).toBe(true);
    const theirs = await cb.select(Report, "f1:r2");
    theirs.appendIocs([ioc]);
    await expect(theirs.iocs_[0]?.ignore()).rejects.toThrow(/this one is a feed's/);
    await expect(cb.create(IOC_V2, { match_type: "query", values: ["a"] }).ignored).rejects.toThrow(/missing IOC ID/);
  });

  it("is checked, printed and made by its kind", async () => {
    const { cb } = await manager();
    expect(() => IOC_V2.createEquality(cb, null, "netconn_domain", "a b")).toThrow(InvalidObjectError);
    expect(() => IOC_V2.createEquality(cb, null, "")).toThrow(InvalidObjectError);
    expect(() => IOC_V2.createQuery(cb, null, "")).toThrow(/text that is not empty/);
    const ioc = IOC_V2.createRegex(cb, "i1", "process_name", "a.*", "b.*");
    expect(ioc.toJSON()).toEqual({ id: "i1", match_type: "regex", field: "process_name", values: ["a.*", "b.*"] });
    expect(await ioc.validate()).toBe(true);
    await expect(ioc.save()).rejects.toThrow(/report.appendIocs/);
    await expect(cb.select(IOC_V2, "i1")).rejects.toThrow(/can only be read with its report/);
    expect(inspect(ioc)).toContain("a.*");
  });

  it.each([
    ["fe80::1", "FE800000000000000000000000000001"],
    ["::", "0".repeat(32)],
    ["::ffff:1.2.3.4", "00000000000000000000FFFF01020304"],
    ["2001:db8:1:2:3:4:5:6", "20010DB8000100020003000400050006"],
  ])("has the address %s as %s", (address, digits) => {
    expect(IOC_V2.ipv6EqualityFormat(address)).toBe(digits);
    for (const wrong of ["1.2.3.4", "fe80::1%eth0", "", undefined as never]) {
      expect(() => IOC_V2.ipv6EqualityFormat(wrong)).toThrow(ApiError);
    }
  });
});

describe("a severity of one's own", () => {
  it("is given to a feed's report, read, listed and taken back", async () => {
    const { cb, requests, bodies } = await manager();
    const report = cb.select(Report, "f1:r1");
    expect((await report.custom_severity)?.severity).toBe(9);
    expect((await report.setCustomSeverity(3))?.severity).toBe(3);
    expect(await report.setCustomSeverity(null)).toBeUndefined();
    expect(bodies).toEqual([{ report_id: "r1", severity: 3 }]);
    const path = `${M}/reports/r1/severity`;
    expect(requests).toEqual([`GET ${path}`, `PUT ${path}`, `DELETE ${path}`]);
    expect((await cb.customSeverities()).map(({ report_id, severity }) => [report_id, severity])).toEqual([["r1", 9]]);
    expect(await cb.select(ReportSeverity, "r1").severity).toBe(9);
    const other = cb.select(Report, "f1:r2");
    expect(await other.custom_severity).toBeUndefined();
    expect(await other.setCustomSeverity(null)).toBeUndefined();
    await expect(report.setCustomSeverity(11)).rejects.toThrow(/from 1 to 10/);
    await expect(cb.create(ReportSeverity, { report_id: "r1" }).save()).rejects.toThrow(/Missing fields: \[severity\]/);
  });

  it("is nothing for a watchlist's report", async () => {
    const { cb, requests } = await manager();
    await expect(cb.select(Report, "r1").custom_severity).rejects.toThrow(/don't have custom severities/);
    await expect(cb.select(Report, "r1").setCustomSeverity(5)).rejects.toThrow(InvalidObjectError);
    expect(requests).toEqual([]);
  });
});

describe("a watchlist", () => {
  it("is listed and read where the service serves it today", async () => {
    const { cb, requests } = await manager();
    expect((await cb.select(Watchlist).where("name:other").all()).map(({ id }) => id)).toEqual(["w2"]);
    expect(await cb.select(Watchlist, "w3").name).toBe("Ours");
    expect(requests).toEqual([`GET ${M}/watchlists`, `GET ${M}/watchlists/w3`]);
  });

  it("is listed and read where it was once, on request, and says so when that is over", async () => {
    const { cb } = await manager("classic");
    const gone = cb.select(Watchlist, "w1", { refresh: true });
    await expect(gone).rejects.toMatchObject({ code: "ROUTE_RETIRED", status: 410 });
    await expect(gone).rejects.toThrow(/watchlists/);
    expect((await cb.select(Watchlist).all()).length).toBe(1);
  });

  it("is created, changed, given reports and deleted", async () => {
    const { cb, requests, bodies } = await manager();
    const watchlist = cb.create(Watchlist, { name: "New", description: "", report_ids: ["r1"] });
    await watchlist.save();
    expect([watchlist.id, watchlist.create_timestamp?.getTime()]).toEqual(["w9", 1000]);
    const w1 = await cb.select(Watchlist, "w1");
    expect(await w1.update({ name: "Renamed" })).toBe(w1);
    const report = await cb.select(Report, "r1");
    await w1.addReports([report]).addReportIds(["r7"]).save();
    await w1.delete();
    expect(bodies).toEqual([
      { name: "New", description: "", report_ids: ["r1"] },
      { ...W1, name: "Renamed" },
      { ...W1, name: "Renamed", report_ids: ["r1", "gone", "r7"] },
    ]);
    expect(requests.at(-1)).toBe(`DELETE ${M}/watchlists/w1`);
  });

  it("is switched, by its id alone, and knows it", async () => {
    const { cb, requests } = await manager();
    const watchlist = await cb.select(Watchlist, "w1");
    await watchlist.enableAlerts();
    await watchlist.disableTags();
    expect([watchlist.alerts_enabled, watchlist.tags_enabled, watchlist.isDirty()]).toEqual([true, false, false]);
    const byId = cb.select(Watchlist, "w1");
    await byId.disableAlerts();
    await byId.enableTags();
    const path = `${M}/watchlists/w1`;
    expect(requests).toEqual([
      `GET ${path}`,
      `PUT ${path}/alert`,
      `DELETE ${path}/tag`,
      `DELETE ${path}/alert`,
      `PUT ${path}/tag`,
    ]);
    const unsaved = cb.create(Watchlist, { name: "x" });
    for (const turn of ["enableAlerts", "disableAlerts", "enableTags", "disableTags"] as const) {
      await expect(unsaved[turn]()).rejects.toThrow(/missing Watchlist ID/);
    }
    await expect(unsaved.update({ name: "y" })).rejects.toThrow(/missing Watchlist ID/);
  });

  it("has reports of its own, and says which of them are gone", async () => {
    const { cb } = await manager();
    const reports = await cb.select(Watchlist, "w1").reports;
    expect(reports.map(({ id }) => id)).toEqual(["r1"]);
    expect(reports.report()).toMatchObject({ available: 2, returned: 1, complete: false });
    expect(reports.report().reasons).toEqual([expect.stringContaining("report gone")]);
    expect(await cb.select(Watchlist, "w1").feed).toBeUndefined();
    expect(await cb.select(Watchlist, "w1").classifier_).toBeUndefined();
  });

  it("follows a feed", async () => {
    const { cb, bodies } = await manager();
    const follower = await cb.select(Watchlist, "w3");
    expect(follower.classifier_).toEqual(["feed_id", "f1"]);
    expect(await follower.feed.name).toBe("Ours");
    const none = await follower.getReports();
    expect([none.length, none.report().complete]).toEqual([0, true]);
    expect(await cb.select(Watchlist, "w4").feed).toBeUndefined();
    const feed = await cb.select(Feed, "f1");
    const made = await Watchlist.createFromFeed(feed, { alerts_enabled: true }).save();
    expect(made.id).toBe("w9");
    expect(bodies).toEqual([
      {
        name: "Feed Ours",
        description: "What we know",
        alerts_enabled: true,
        tags_enabled: true,
        classifier: { key: "feed_id", value: "f1" },
      },
    ]);
    expect(() => Watchlist.createFromFeed(cb.create(Feed, {}))).toThrow(/missing feed ID/);
  });

  it("is refused where it cannot be", async () => {
    const { cb, requests } = await manager();
    await expect(cb.create(Watchlist, {}).save()).rejects.toThrow(/Missing fields: \[name\]/);
    const classifier = { key: "feed_id", value: "f1" };
    await expect(cb.create(Watchlist, { name: "x", report_ids: ["r"], classifier }).save()).rejects.toThrow(/not both/);
    await expect(cb.create(Watchlist, { name: "x", report_ids: [""] }).save()).rejects.toThrow(/report_ids/);
    const empty = { key: "feed_id", value: "" };
    await expect(cb.create(Watchlist, { name: "x", classifier: empty }).save()).rejects.toThrow(/classifier.value/);
    const watchlist = cb.create(Watchlist, { name: "x" });
    expect(() => watchlist.addReports([cb.create(Report, R1)])).toThrow(/missing Report ID/);
    expect(() => watchlist.addReports({} as never)).toThrow(/takes a list/);
    expect(() => watchlist.addReportIds("r1" as never)).toThrow(/takes a list/);
    expect(requests).toEqual([]);
    const theirs = await cb.select(Report, "f1:r2");
    expect(() => watchlist.addReports([theirs])).toThrow(/one of feed f1/);
    await expect((await cb.select(Watchlist, "w1")).update({ report_ids: [] })).rejects.toThrow(/empty report list/);
  });
});
