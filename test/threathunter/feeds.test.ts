// Feeds of the Cloud and their reports.
import { CbThreatHunterAPI, Feed, IOC_V2, ObjectNotFoundError, Report } from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { asked, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI);
const FEEDS = "/threathunter/feedmgr/v2/orgs/{org}/feeds";
const INFO = { name: "Ours", provider_url: "https://example.com/ours", summary: "What we know", category: "own" };
const report = (id: string, more: object = {}) => ({
  id,
  title: `Report ${id}`,
  description: "d",
  severity: 5,
  ...more,
});

describe("a feed", () => {
  it("is created, read, changed and deleted", async () => {
    const { cb, other } = given;
    const feed = await cb
      .create(Feed, { ...INFO, source_label: "lab", alertable: false, reports: [report("r1")] })
      .save();
    expect([feed.access, feed.owner, feed.alertable]).toEqual(["private", cb.credentials.org_key, false]);
    const id = String(feed.id);
    const seen = await other.select(Feed, id);
    expect([seen.name, seen.provider_url, seen.summary, seen.category, seen.source_label]).toEqual([
      ...[INFO.name, INFO.provider_url, INFO.summary, INFO.category, "lab"],
    ]);
    expect(await seen.reports.count()).toBe(1);
    await feed.update({ name: "Renamed", source_label: null });
    feed.summary = "More";
    await feed.save({ verify: true });
    await seen.refresh();
    expect([seen.name, seen.summary, seen.source_label]).toEqual(["Renamed", "More", undefined]);
    await feed.delete();
    await expect(seen.refresh()).rejects.toThrow(ObjectNotFoundError);
    await expect(feed.update({ name: "x" })).rejects.toMatchObject({ code: "DELETED" });
  });

  it("is listed beside those of others, which can be read and not changed", async () => {
    const { cb } = given;
    await cb.create(Feed, INFO).save();
    const shared = await cb.create(Feed, { ...INFO, name: "Shared" }).save({ public: true });
    expect(shared.access).toBe("public");
    const own = await cb.select(Feed).all();
    expect(own.map(({ name }) => name)).toEqual(expect.arrayContaining(["Ours", "Shared"]));
    const all = await cb.select(Feed).where({ include_public: true }).all();
    expect(all.length).toBeGreaterThanOrEqual(own.length);
    expect((await cb.select(Feed).where({ include_public: true, name: "Shared" }).one()).id).toBe(shared.id);
    expect((await cb.select(Feed).where({ name: "Shared" }).and({ include_public: true }).one()).id).toBe(shared.id);
    expect(await cb.select(Feed).where({ name: "Shared" }).and("access:private").count()).toBe(0);
    const theirs = all.find(({ owner }) => owner !== cb.credentials.org_key);
    if (theirs !== undefined) await expect(theirs.update({ summary: "x" })).rejects.toMatchObject({ status: 403 });
  });
});

describe("the reports of a feed", () => {
  it("are appended, replaced, changed one by one and taken out", async () => {
    const { cb, other } = given;
    const feed = await cb.create(Feed, { ...INFO, reports: [report("r1"), report("r2")] }).save();
    const feed_id = String(feed.id);
    const ids = async () =>
      (await other.select(Report).where({ feed_id }).all()).map(({ id, title }) => `${id}: ${title}`);
    const ioc = IOC_V2.createEquality(cb, "i1", "netconn_domain", "evil.example");
    const mine = cb.create(Report, {
      ...report("r2", { title: "Mine" }),
      iocs_v2: [ioc],
      tags: ["a"],
      link: "a.example",
    });
    asked();
    await cb.select(Feed, feed_id).appendReports([mine, report("r3")]);
    expect(asked()).toEqual([`GET ${FEEDS}/${feed_id}/reports`, `POST ${FEEDS}/${feed_id}/reports`]);
    expect(await ids()).toEqual(["r2: Mine", "r3: Report r3", "r1: Report r1"]);
    const one = await other.select(Report, `${feed_id}:r2`);
    expect(one.iocs_.map(({ id, field, match_type, values }) => [id, field, match_type, values])).toEqual([
      ["i1", "netconn_domain", "equality", ["evil.example"]],
    ]);
    expect(await one.feed.name).toBe("Ours");
    await one
      .appendIocs([IOC_V2.createQuery(cb, "i2", "process_name:a.exe")])
      .update({ severity: 9, visibility: "visible" });
    const read = await cb.select(Report, `${feed_id}:r2`, { refresh: true });
    expect([read.severity, read.visibility, read.tags, read.link, read.iocs_.length]).toEqual([
      ...[9, "visible", ["a"], "a.example", 2],
    ]);
    await read.removeIocsById(["i1"]).save();
    expect((await one.refresh()).iocs_.map(({ id }) => id)).toEqual(["i2"]);
    await cb.select(Report, `${feed_id}:r3`).delete();
    other.clearCache();
    expect(await ids()).toEqual(["r2: Mine", "r1: Report r1"]);
    await feed.replaceReports([report("r9", { iocs: { md5: ["0".repeat(32)], dns: ["a.example"] } })]);
    other.clearCache();
    expect(await ids()).toEqual(["r9: Report r9"]);
    // The server makes the newer form of the older one.
    expect((await other.select(Report, `${feed_id}:r9`)).iocs_v2?.length).toBeGreaterThan(0);
    await feed.replaceReports([]);
    other.clearCache();
    expect(await ids()).toEqual([]);
  });

  it("become watchlist reports as copies", async () => {
    const { cb, other } = given;
    const feed = await cb.create(Feed, { ...INFO, reports: [report("r1", { tags: ["x"] })] }).save();
    const theirs = await feed.reports.where({ id: "r1" }).one();
    const copy = await theirs.saveWatchlist();
    expect(copy.feed_id).toBeUndefined();
    expect((await other.select(Report, String(copy.id))).tags).toEqual(["x"]);
    await copy.update({ title: "Ours" });
    expect((await theirs.refresh()).title).toBe("Report r1");
  });
});
