import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { Binary } from "../models/binary/binary.js";
import { Alert } from "../models/detection/alert.js";
import { ThreatReport } from "../models/detection/threat-report.js";
import { Process } from "../models/process/process.js";

const RAW = "cb.urlver=1&q=process_name%3Acmd.exe+a%2Fb&cb.q.username=sys+tem&cb.fq.host_type=server&sort=start%20desc";
const GUID = "00000001-0000-0001-01d3-8bc595148226";

const rows = searchRoute(
  [1, 2, 3].map((n) => ({ id: GUID, unique_id: `${GUID}-0000000${n}`, segment_id: n, md5: `${n}`.repeat(32) })),
  { hostname: [{ name: "h", value: 3, ratio: "100.0", percent: 100 }] },
);

describe("a raw query", () => {
  it("is sent as it is, with our window and its own order", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": rows });
    const query = cb.select(Process).raw(`?${RAW}&start=40&rows=7&facet=true&facet.field=x`);
    expect(query.query).toBe("process_name:cmd.exe a/b username:sys tem");
    const chosen = "cb.fq.host_type=server&cb.q.username=sys tem&cb.urlver=1";
    const text = "q=process_name:cmd.exe a/b";
    await query.slice(0, 2);
    expect(requests.pop()).toBe(`/api/v1/process?${chosen}&facet=false&${text}&rows=2&sort=start desc&start=0`);
    expect(await cb.select(Process).raw(RAW).count()).toBe(3);
    expect(requests.pop()).toBe(`/api/v1/process?${chosen}&facet=false&${text}&rows=0&start=0`);
    expect((await query.facets("hostname")).hostname).toHaveLength(1);
    expect(requests.pop()).toBe(`/api/v1/process?${chosen}&facet=true&facet.field=hostname&${text}&rows=0&start=0`);
    await query.sort("hostname asc").first();
    expect(requests.pop()).toContain("&sort=hostname asc&");
    await query.sort("").first();
    expect(requests.pop()).not.toContain("sort");
    await query.stable().at(-1);
    expect(requests.pop()).toContain("&sort=start desc,unique_id asc&");
    expect(String(query)).toContain("cb.fq.host_type=server");
  });

  it("has the default order of its kind when it names none", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": rows,
      "/api/v1/binary": rows,
      "/api/v2/alert": rows,
    });
    await cb.select(Process).raw("q=a%3Ab").first();
    expect(requests.pop()).toContain("&sort=last_update desc&");
    await cb.select(Process).raw("q=a%3Ab&sort=").first();
    expect(requests.pop()).not.toContain("sort");
    await cb.select(Binary).raw("cb.q.md5=1&cb.q.md5=2").first();
    expect(requests.pop()).toBe("/api/v1/binary?cb.q.md5=1&cb.q.md5=2&cb.urlver=1&facet=false&q=&rows=1&start=0");
    await cb.select(Alert).raw("cb.fq.status=Resolved&cb.urlver=1").count();
    expect(requests.pop()).toContain("cb.fq.status=Resolved&");
    expect(cb.select(ThreatReport).raw("q=title%3Ax").query).toBe("title:x");
  });

  it("is grouped and limited as a query that was put together here", async () => {
    const text =
      "q=a%3Ab&cb.group=id&cb.max_last_update=2018-02-06T18:00:00Z&cb.comprehensive_search=true&cb.legacy_5x_mode=false";
    const { cb, requests } = await edrServer({ "/api/v1/process": rows });
    const found = await cb.select(Process).raw(text).all();
    // All three rows are of one process.
    expect(found.report()).toMatchObject({ returned: 1, duplicates: 2 });
    const sent =
      "cb.comprehensive_search=true&cb.group=id&cb.legacy_5x_mode=false&cb.max_last_update=2018-02-06T18:00:00Z&cb.urlver=1";
    expect(requests.pop()).toContain(`/api/v1/process?${sent}&facet=false&q=a:b&`);
    await cb.select(Process).raw(text).maxLastUpdate("2017-01-01").count();
    expect(requests.pop()).toContain("cb.max_last_update=2017-01-01&");
    await cb.select(Process).raw("q=a%3Ab&cb.legacy_5x_mode=perhaps&cb.group=&cb.group=x&cb.group=y").count();
    expect(requests.pop()).toContain("cb.group=&cb.group=x&cb.group=y&cb.legacy_5x_mode=perhaps&");
    const old = await edrServer({ "/api/v1/process": rows }, { version: "5.2.0.161004" });
    const report = (await old.cb.select(Process).raw(text).all()).report();
    expect(report.reasons).toHaveLength(3);
    expect(old.requests.pop()).not.toMatch(/group|max_last|legacy/);
  });

  it("goes on behind the offset that the server refuses, as any process search", async () => {
    // Two rows a second, the newest first.
    const total = 100_400;
    const at = (n: number) => new Date(Date.UTC(2020, 0, 2) - Math.floor(n / 2) * 1000).toISOString().slice(0, 19);
    const { cb, requests } = await edrServer({
      "/api/v1/process": searchRoute((query) => {
        const limit = query.get("cb.max_last_update");
        const first = limit === null ? 0 : ((Date.UTC(2020, 0, 2) - Date.parse(limit)) / 1000) * 2;
        const row = (n: number) => ({ id: GUID, unique_id: `u${n}`, segment_id: n + 1, last_update: `${at(n)}Z` });
        return { total: total - first, row: (place) => row(first + place) };
      }),
    });
    const query = cb.select(Process).raw("q=a%3Ab&cb.fq.host_type=server").batchSize(1000);
    let count = 0;
    for await (const _ of query) count++;
    expect(count).toBe(total);
    expect(query.report()).toMatchObject({ returned: total, complete: true });
    expect(requests.at(-1)).toMatch(/cb\.fq\.host_type=server&cb\.max_last_update=.*&q=a:b&/);
  }, 30_000);
});

describe("what is refused of a raw query", () => {
  it("is narrowing it, and giving one to a query that has conditions", async () => {
    const { cb, requests } = await edrServer({});
    const query = cb.select(Process).raw(RAW);
    expect(() => query.where({ hostname: "x" })).toThrow(/A raw query cannot be narrowed by "hostname:x"/);
    expect(() => query.and`hostname:${"x"}`).toThrow(ApiError);
    expect(() => query.raw(RAW)).toThrow(ApiError);
    expect(() => cb.select(Process).where("a:b").raw(RAW)).toThrow(/this query asks for "a:b" already/);
    expect(cb.select(Process).where("").raw("q=a").query).toBe("a");
    expect(requests).toEqual([]);
  });

  it.each([
    ["process_name:cmd.exe", /"process_name:cmd\.exe" is no name=value/],
    ["process_name:a=b", /is no name=value/],
    ["q=a&b", /"b" is no name=value/],
    ["", /neither q nor/],
    ["rows=5&sort=start desc", /neither q nor a parameter that begins with cb\./],
    ["https://cb.example.com/#/search/q=a", /is no name=value/],
    [undefined, /is no text/],
  ])("is what is no query string: %j", async (text, message) => {
    const { cb } = await edrServer({});
    expect(() => cb.select(Binary).raw(text as never)).toThrow(ApiError);
    expect(() => cb.select(Binary).raw(text as never)).toThrow(message);
  });
});
