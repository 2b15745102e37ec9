// Reports for watchlists, what is said of reports, and their indicators one by one.
import {
  CbThreatHunterAPI,
  Feed,
  InvalidObjectError,
  IOC,
  IOC_V2,
  ObjectNotFoundError,
  Report,
  ReportSeverity,
} from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI);

const made = (values: object = {}) =>
  given.cb.create(Report, { title: "Beacons", description: "d", severity: 7, ...values });

async function feedWith(...ids: string[]): Promise<Feed> {
  const reports = ids.map((id) => ({ id, title: id, description: "d", severity: 3 }));
  const info = { name: "Ours", provider_url: "https://example.com", summary: "s", category: "c" };
  return given.cb.create(Feed, { ...info, reports }).save();
}

describe("a watchlist report", () => {
  it("is saved, read, changed and deleted, with all that it has", async () => {
    const { other } = given;
    const report = made({
      ...{ link: "https://example.com/r", tags: ["a", "b"], visibility: "visible" },
      iocs_v2: [{ match_type: "regex", field: "process_name", values: [".*evil.*"], link: "https://example.com/i" }],
    });
    await report.saveWatchlist();
    const seen = await other.select(Report, String(report.id));
    expect([seen.title, seen.description, seen.severity, seen.link, seen.tags, seen.visibility]).toEqual([
      ...["Beacons", "d", 7, "https://example.com/r", ["a", "b"], "visible"],
    ]);
    expect(seen.iocs_[0]?.link).toBe("https://example.com/i");
    const before = seen.timestamp?.getTime() ?? 0;
    await given.cb.clock.sleep(60_000);
    await report.update({ severity: 2, tags: null });
    await seen.refresh();
    expect([seen.severity, seen.tags, (seen.timestamp?.getTime() ?? 0) - before]).toEqual([2, undefined, 60_000]);
    await report.delete();
    await expect(seen.refresh()).rejects.toThrow(ObjectNotFoundError);
  });

  it("takes the older form of indicators, of which the server makes the newer", async () => {
    const { cb, other } = given;
    const iocs = cb.create(IOC, {
      ...{ md5: ["0".repeat(32)], ipv4: ["8.8.8.8"], ipv6: ["2001:db8::1"], dns: ["evil.example"] },
      query: [{ search_query: "process_name:a.exe" }],
    });
    const report = await made({ iocs }).save();
    const seen = await other.select(Report, String(report.id));
    expect(seen.iocs?.dns).toEqual(["evil.example"]);
    expect(seen.iocs_.length).toBeGreaterThanOrEqual(5);
  });

  it("is passed over and heeded again, as are its indicators", async () => {
    const { cb, other } = given;
    const report = await made()
      .appendIocs([IOC_V2.createQuery(cb, "i1", "process_name:a.exe")])
      .save();
    const seen = await other.select(Report, String(report.id));
    expect([await seen.ignored, await seen.iocs_[0]?.ignored]).toEqual([false, false]);
    await report.ignore();
    await report.iocs_[0]?.ignore();
    expect([await seen.ignored, await seen.iocs_[0]?.ignored]).toEqual([true, true]);
    await report.unignore();
    await report.iocs_[0]?.unignore();
    expect([await seen.getIgnored(), await seen.iocs_[0]?.getIgnored()]).toEqual([false, false]);
  });

  it("has no severity beside its own", async () => {
    const report = await made().save();
    await expect(report.custom_severity).rejects.toThrow(InvalidObjectError);
    await expect(report.setCustomSeverity(1)).rejects.toThrow(/change the severity itself/);
  });
});

describe("a feed's report", () => {
  it("is passed over by its feed's and its own id", async () => {
    const { cb, other } = given;
    const feed = await feedWith("r1", "r2");
    await cb.select(Report, `${feed.id}:r1`).ignore();
    expect(await other.select(Report, `${feed.id}:r1`).ignored).toBe(true);
    expect(await other.select(Report, `${feed.id}:r2`).ignored).toBe(false);
    await cb.select(Report, `${feed.id}:r1`).unignore();
    expect(await other.select(Report, `${feed.id}:r1`).ignored).toBe(false);
  });

  it("is given another severity, which is listed and taken back", async () => {
    const { cb, other } = given;
    const feed = await feedWith("r1", "r2");
    const report = await cb.select(Report, `${feed.id}:r1`);
    expect(await report.custom_severity).toBeUndefined();
    expect((await report.setCustomSeverity(9))?.severity).toBe(9);
    expect((await other.select(Report, `${feed.id}:r1`).custom_severity)?.severity).toBe(9);
    expect((await other.customSeverities()).map(({ report_id, severity }) => [report_id, severity])).toEqual([
      ["r1", 9],
    ]);
    const given9 = await other.select(ReportSeverity, "r1");
    given9.severity = 4;
    await given9.save();
    expect((await report.custom_severity)?.severity).toBe(4);
    expect(await report.setCustomSeverity(null)).toBeUndefined();
    expect(await report.setCustomSeverity(null)).toBeUndefined();
    await expect(given9.refresh()).rejects.toThrow(ObjectNotFoundError);
    expect((await report.refresh()).severity).toBe(3);
  });
});
