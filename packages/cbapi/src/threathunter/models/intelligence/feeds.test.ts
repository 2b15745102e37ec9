// Feeds and their reports, over a server that answers as the Cloud's feed manager does.

import { describe, expect, it } from "vitest";
import { InvalidObjectError, ObjectNotFoundError } from "../../../core/errors.js";
import { type CloudRequest, cloudServer } from "../../../test-support/cloud-server.js";
import { CbThreatHunterAPI, Feed, Report } from "../../index.js";

const F = "/threathunter/feedmgr/v2/orgs/{org}/feeds";
const INFO = { name: "Ours", provider_url: "https://example.com", summary: "s", category: "c", access: "private" };
const report = (id: string, more: object = {}) => ({
  id,
  timestamp: 1_598_000_000,
  title: `Report ${id}`,
  description: "d",
  severity: 5,
  ...more,
});

/** A feed manager with one feed. */
async function manager() {
  let reports: object[] = [report("r1"), report("r2")];
  let info: object = { ...INFO, id: "f1", owner: "WNEX" };
  const server = await cloudServer(
    {
      [`GET ${F}`]: ({ query }: CloudRequest) => ({
        results: [info, ...(query.get("include_public") === "true" ? [{ ...INFO, id: "p1", access: "public" }] : [])],
      }),
      [`GET ${F}/f1`]: () => ({ feedinfo: info, reports }),
      [`POST ${F}`]: ({ body }: CloudRequest) => ({ ...(body as { feedinfo: object }).feedinfo, id: "f2" }),
      [`POST ${F}/public`]: ({ body }: CloudRequest) => ({ ...(body as { feedinfo: object }).feedinfo, id: "f3" }),
      [`PUT ${F}/f1/feedinfo`]: ({ body }: CloudRequest) => {
        info = body as object;
        return info;
      },
      [`DELETE ${F}/f1`]: { status: 204, text: "" },
      [`GET ${F}/f1/reports`]: () => ({ results: reports }),
      [`POST ${F}/f1/reports`]: ({ body }: CloudRequest) => {
        ({ reports } = body as { reports: object[] });
        return { success: true };
      },
      [`PUT ${F}/f1/reports/r1`]: ({ body }: CloudRequest) => body as object,
      [`DELETE ${F}/f1/reports/r1`]: { status: 204, text: "" },
    },
    {},
    CbThreatHunterAPI,
  );
  return { ...server, reports: () => reports };
}

describe("a feed", () => {
  it("is listed, with those of others where that is asked for, and narrowed here", async () => {
    const { cb, requests } = await manager();
    const ids = async (query: AsyncIterable<Feed>) => {
      const found = [];
      for await (const feed of query) found.push(feed.id);
      return found;
    };
    expect(await ids(cb.select(Feed))).toEqual(["f1"]);
    expect(await ids(cb.select(Feed).where({ include_public: true }))).toEqual(["f1", "p1"]);
    expect(await ids(cb.select(Feed).where({ include_public: true, access: "public" }))).toEqual(["p1"]);
    expect(await ids(cb.select(Feed).where({ include_public: false }).and("name:Ours"))).toEqual(["f1"]);
    expect(requests).toEqual([
      `GET ${F}`,
      `GET ${F}?include_public=true`,
      `GET ${F}?include_public=true`,
      `GET ${F}?include_public=false`,
    ]);
    expect(() => cb.select(Feed).where({ include_public: "yes" as unknown as boolean })).toThrow(/true or false/);
  });

  it("is created with its reports, whole or by its parts, and offered to others on request", async () => {
    const { cb, requests, bodies } = await manager();
    const given = { ...INFO };
    const feed = await cb.create(Feed, { feedinfo: given, reports: [report("r9")] }).save();
    expect([feed.id, feed.name, feed.isDirty()]).toEqual(["f2", "Ours", false]);
    const { access: _, ...rest } = INFO;
    const shared = cb.create(Feed, rest);
    await shared.save({ public: true });
    expect([shared.id, shared.access]).toEqual(["f3", "public"]);
    expect(requests).toEqual([`POST ${F}`, `POST ${F}/public`]);
    expect(bodies).toEqual([
      { feedinfo: INFO, reports: [report("r9")] },
      { feedinfo: { ...rest, access: "public" }, reports: [] },
    ]);
    expect(given).toEqual(INFO);
  });

  it("changes by update and by save, with all of its fields, some of which it did not have before", async () => {
    const { cb, requests, bodies } = await manager();
    const feed = await cb.select(Feed, "f1");
    expect(await feed.update({ source_label: "new" })).toBe(feed);
    feed.name = "Renamed";
    await feed.save();
    await feed.save();
    expect(requests).toEqual([`GET ${F}/f1`, `PUT ${F}/f1/feedinfo`, `PUT ${F}/f1/feedinfo`]);
    expect(bodies[1]).toEqual({ ...INFO, id: "f1", owner: "WNEX", source_label: "new", name: "Renamed" });
    await expect(feed.save({ public: true })).rejects.toThrow(/Only a new feed/);
  });

  it("is deleted by its id alone", async () => {
    const { cb, requests } = await manager();
    await cb.select(Feed, "f1").delete();
    expect(requests).toEqual([`DELETE ${F}/f1`]);
  });

  it.each<[object, RegExp]>([
    [{}, /provider_url, summary, category/],
    [{ ...INFO, access: "secret" }, /access should be public or private/],
    [{ ...INFO, provider_url: "not a url" }, /provider_url should be a valid URL/],
    [{ ...INFO, summary: " " }, /summary should be a text/],
  ])("that the server would refuse is refused before: %j", async (values, why) => {
    const { cb, requests } = await manager();
    const feed = cb.create(Feed, { name: "Ours", ...values });
    await expect(feed.validate()).rejects.toThrow(why);
    await expect(feed.save()).rejects.toThrow(InvalidObjectError);
    expect(requests).toEqual([]);
  });

  it("that was not saved has no reports, and cannot be changed", async () => {
    const { cb, requests } = await manager();
    const feed = cb.create(Feed, INFO);
    expect(() => feed.reports).toThrow(/missing feed ID/);
    await expect(feed.update({ name: "x" })).rejects.toThrow(InvalidObjectError);
    await expect(feed.appendReports([report("r1")])).rejects.toThrow(/missing feed ID/);
    await expect(feed.replaceReports([])).rejects.toThrow(/missing feed ID/);
    expect(requests).toEqual([]);
  });
});

describe("the reports of a feed", () => {
  it("are listed, for the feed that is named", async () => {
    const { cb, requests } = await manager();
    const listed = await cb.select(Report).where({ feed_id: "f1" }).and({ title: "Report r2" }).all();
    expect(listed.map(({ id, feed_id }) => [id, feed_id])).toEqual([["r2", "f1"]]);
    expect((await (await cb.select(Feed, "f1")).reports.all()).length).toBe(2);
    expect((await cb.select(Report).where("feed_id:f1").all()).map(String)[0]).toContain("<Report: id f1:r1>");
    await expect(cb.select(Report).all()).rejects.toThrow(/required parameter feed_id missing/);
    await expect(cb.select(Report).count()).rejects.toThrow(/feed_id missing/);
    expect(() => cb.select(Report).where({ feed_id: "" })).toThrow(/feed_id is the id of a feed/);
    expect(() => cb.select(Report).where({ feed_id: undefined as unknown as string })).toThrow(/feed_id is the id/);
    expect(() => cb.select(Report).where({ feed_id: "f1" }).where({ feed_id: "f2" })).toThrow(/one feed/);
    expect(requests.filter((request) => request !== `GET ${F}/f1/reports`)).toEqual([`GET ${F}/f1`]);
  });

  it("are added in front of those that there are, and in place of those of the same ids", async () => {
    const { cb, requests, reports } = await manager();
    const mine = cb.create(Report, { ...report("r2"), title: "Mine", timestamp: new Date(1_598_000_007_000) });
    await cb.select(Feed, "f1").appendReports([mine, report("r3")]);
    expect(reports()).toEqual([report("r2", { title: "Mine", timestamp: 1_598_000_007 }), report("r3"), report("r1")]);
    expect(requests).toEqual([`GET ${F}/f1/reports`, `POST ${F}/f1/reports`]);
    await cb.select(Feed, "f1").appendReports([]);
    expect(requests.length).toBe(2);
  });

  it("are replaced, which those who list them see", async () => {
    const { cb, reports } = await manager();
    const all = cb.select(Report).where({ feed_id: "f1" });
    expect(await all.count()).toBe(2);
    await cb.select(Feed, "f1").replaceReports([{ title: "t", description: "d", severity: 10 }]);
    const [only] = reports() as { id: string; timestamp: number }[];
    expect(only?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(only?.timestamp).toBeGreaterThan(1_600_000_000);
    expect((await all.all()).map(({ id }) => id)).toEqual([only?.id]);
  });

  it.each<[object, RegExp]>([
    [{ severity: 0 }, /severity should be a whole number from 1 to 10/],
    [{ severity: 11 }, /from 1 to 10, got 11/],
    [{ severity: 5.5 }, /from 1 to 10/],
    [{ severity: undefined }, /Missing fields: \[severity\]/],
    [{ title: "" }, /title should be a text/],
    [{ id: "" }, /id should be a text/],
    [{ timestamp: -1 }, /timestamp should be whole seconds/],
    [{ timestamp: "yesterday" }, /timestamp should be whole seconds/],
    [{ link: "not a link" }, /link should be a valid URL/],
    [{ tags: "a" }, /tags should be a list/],
    [{ tags: ["a", ""] }, /each tag should be a text/],
    [{ iocs: [] }, /iocs should be an object of lists/],
    [{ iocs: { md5: ["1"] } }, /each md5 should be an MD5 hash/],
    [{ iocs: { ipv4: ["::1"] } }, /each ipv4 should be an IPv4 address/],
    [{ iocs: { ipv6: ["1.2.3.4"] } }, /each ipv6 should be an IPv6 address/],
    [{ iocs: { dns: ["a b"] } }, /each dns should be a domain name/],
    [{ iocs: { dns: "a.example" } }, /dns should be a list/],
    [{ iocs: { query: [{}] } }, /search_query/],
    [{ iocs: { hash: "x" } }, /hash is no kind of IOC/],
    [{ iocs_v2: {} }, /iocs_v2 should be a list/],
    [{ iocs_v2: [{ match_type: "fuzzy", values: ["a"] }] }, /match_type should be one of equality, regex, query/],
    [{ iocs_v2: [{ match_type: "constructor", values: ["a"] }] }, /match_type should be one of/],
    [{ iocs_v2: [{ values: ["a"] }] }, /Missing fields: \[match_type\]/],
    [{ iocs_v2: [{ match_type: "equality", values: ["a"] }] }, /Missing fields: \[field\]/],
    [{ iocs_v2: [{ match_type: "equality", field: "process_name", values: [] }] }, /values should be a list/],
    [
      { iocs_v2: [{ match_type: "equality", field: "netconn_ipv4", values: ["8.8.8.8", "x"] }] },
      /IPv4 address, got "x"/,
    ],
    [{ iocs_v2: [{ match_type: "equality", field: "process_hash", values: ["ab"] }] }, /MD5 or SHA-256 hash/],
    [{ iocs_v2: [{ match_type: "regex", field: "process_name", values: ["("] }] }, /regular expression/],
    [{ iocs_v2: [{ match_type: "query", values: ["a:b", "c:d"] }] }, /a query has one value, got 2/],
    [{ iocs_v2: [{ match_type: "query", values: ["a:b"], link: "x y" }] }, /link should be a valid URL/],
    [
      {
        iocs_v2: [
          { id: "i", match_type: "query", values: ["a:b"] },
          { id: "i", match_type: "query", values: ["c:d"] },
        ],
      },
      /have the id "i" twice/,
    ],
  ])("that the server would refuse are refused before: %j", async (wrong, why) => {
    const { cb, requests } = await manager();
    const bad = { ...report("r5"), ...wrong };
    const feed = cb.select(Feed, "f1");
    await expect(feed.appendReports([report("r4"), bad])).rejects.toThrow(why);
    await expect(feed.replaceReports([bad])).rejects.toThrow(InvalidObjectError);
    expect(() => cb.create(Feed, { ...INFO, reports: [bad] })).toThrow(why);
    expect(requests).toEqual([]);
  });

  it("of one id twice are refused, and what is no list of reports", async () => {
    const { cb, requests } = await manager();
    const feed = cb.select(Feed, "f1");
    await expect(feed.replaceReports([report("r1"), report("r1")])).rejects.toThrow(/have the id "r1" twice/);
    await expect(feed.replaceReports(report("r1") as never)).rejects.toThrow(/should be a list/);
    await expect(feed.replaceReports(["r1"] as never)).rejects.toThrow(/A report is a Report or an object/);
    expect(requests).toEqual([]);
  });

  it("are read, changed and deleted one by one", async () => {
    const { cb, requests, bodies } = await manager();
    const one = await cb.select(Report, "f1:r1");
    expect([one.title, one.feed_id, one.timestamp?.toISOString()]).toEqual([
      "Report r1",
      "f1",
      "2020-08-21T08:53:20.000Z",
    ]);
    await one.update({ severity: 9 });
    expect([one.severity, one.feed_id, String(one).includes("f1:r1")]).toEqual([9, "f1", true]);
    await one.delete();
    expect(requests).toEqual([`GET ${F}/f1/reports`, `PUT ${F}/f1/reports/r1`, `DELETE ${F}/f1/reports/r1`]);
    const { timestamp, ...sent } = bodies[0] as { timestamp: number };
    expect(sent).toEqual({ id: "r1", title: "Report r1", description: "d", severity: 9 });
    expect(timestamp).toBeGreaterThan(1_600_000_000);
    await expect(cb.select(Report, "f1:r8")).rejects.toThrow(ObjectNotFoundError);
    expect(await cb.select(Report, "f1:r2").feed.name).toBe("Ours");
  });

  it("are not made by themselves", async () => {
    const { cb, requests } = await manager();
    await expect(cb.create(Report, { ...report("r1"), feed_id: "f1" }).save()).rejects.toThrow(/appendReports/);
    const moved = (await cb.select(Report).where({ feed_id: "f1" }).first()) as Report;
    moved.feed_id = "f2";
    await expect(moved.save()).rejects.toThrow(/cannot be moved/);
    expect(requests).toEqual([`GET ${F}/f1/reports`]);
  });
});
