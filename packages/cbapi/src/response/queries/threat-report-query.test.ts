import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { ThreatReport } from "../models/detection/threat-report.js";

/** A server with so many reports, of two feeds in turn. */
async function reportServer(count: number, version = "6.5.2.191219.1200") {
  const posts: Record<string, unknown>[] = [];
  const reports = searchRoute({ total: count, row: (place) => ({ feed_id: 18 + (place % 2), id: `r${place}` }) });
  const server = await edrServer(
    {
      "/api/v1/threat_report": (query, method, text) => {
        if (method === "POST") {
          posts.push(JSON.parse(text) as Record<string, unknown>);
          return { result: "success" };
        }
        return reports(query);
      },
      "/api/v1/feed/18/report/r0": { feed_id: 18, id: "r0" },
    },
    { version },
  );
  return { ...server, posts };
}

describe("threat reports of a query", () => {
  it("are ignored with one request that holds the query", async () => {
    const { cb, posts, requests } = await reportServer(600);
    await cb.select(ThreatReport, "18:r0");
    const query = cb.select(ThreatReport).where("feed_id:18").where(`title:"CVE 1" &x/(y)'*!~`);
    const report = await query.setIgnored();
    expect(posts).toEqual([
      {
        query: "cb.urlver=1&q=feed_id%3A18%20title%3A%22CVE%201%22%20%26x/%28y%29%27%2A%21~",
        updates: { is_ignored: true },
      },
    ]);
    expect([report.complete, report.items(), report.counts, report.matched]).toEqual([
      true,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await query.count()).toBe(600);
    expect((await query.setIgnored(false)).matched).toBe(600);
    expect(posts[1]).toMatchObject({ updates: { is_ignored: false } });
    // Nobody knows which were changed, so all are read anew.
    requests.length = 0;
    await cb.select(ThreatReport, "18:r0");
    expect(requests).toEqual(["/api/v1/feed/18/report/r0"]);
  });

  it("are named one by one where that is asked for, or where they were planned", async () => {
    const { cb, posts, requests } = await reportServer(600);
    const report = await cb.select(ThreatReport).stable().setIgnored(true, { each: true });
    expect(requests[0]).toBe(
      "/api/v1/threat_report?cb.urlver=1&facet=false&q=&rows=100&sort=report_id asc,feed_id asc&start=0",
    );
    expect(report.counts.done).toBe(600);
    expect(report.items().slice(0, 2)).toEqual([
      { item: "18:r0", state: "done" },
      { item: "19:r1", state: "done" },
    ]);
    expect(posts.map(({ ids }) => Object.values(ids as Record<string, string[]>).map((list) => list.length))).toEqual([
      [250, 250],
      [50, 50],
    ]);
    expect(posts[1]).toMatchObject({ ids: { "18": expect.arrayContaining(["r500"]) }, updates: { is_ignored: true } });

    const planned = cb.select(ThreatReport).where({ feed_id: 18 }).setIgnored(false);
    expect((await planned.plan()).total).toBe(600);
    expect(posts).toHaveLength(2);
    expect((await planned).counts?.done).toBe(600);
    expect(posts).toHaveLength(4);
  });

  it("are not all changed by an empty query, or by half of one", async () => {
    const { cb, posts, requests } = await reportServer(3);
    await expect(cb.select(ThreatReport).setIgnored().run()).rejects.toThrow("by an empty query");
    await expect(cb.select(ThreatReport).where(" ").setIgnored().run()).rejects.toThrow(ApiError);
    const raw = cb.select(ThreatReport).raw("cb.urlver=1&q=title%3Ax&cb.fq.feed_name=nvd");
    await expect(raw.setIgnored().run()).rejects.toThrow("cb.fq.feed_name=nvd");
    // @ts-expect-error no flag
    expect(() => raw.setIgnored("false")).toThrow("true or false");
    expect([posts, requests]).toEqual([[], []]);
    expect((await raw.setIgnored(true, { each: true })).counts.done).toBe(3);
    await cb.select(ThreatReport).raw("q=title%3Ax").setIgnored();
    expect(posts[1]).toMatchObject({ query: "cb.urlver=1&q=title%3Ax" });
  });

  it("are left alone on servers that cannot change them", async () => {
    const { cb, posts, requests } = await reportServer(3, "5.0.0.150122.1654");
    for (const each of [false, true]) {
      const change = cb.select(ThreatReport).where("feed_id:18").setIgnored(true, { each });
      await expect(change.run()).rejects.toThrow(/need a server from 5\.1 on, and .* runs 5\.0\.0/);
    }
    expect([posts, requests]).toEqual([[], []]);
  });

  it("are found in the console", async () => {
    const { cb } = await reportServer(0);
    expect(cb.select(ThreatReport).where("title:x").webui_link).toContain("#/threats?cb.urlver=1&q=title%3Ax");
  });
});
