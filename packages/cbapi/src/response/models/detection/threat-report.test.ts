import { describe, expect, it } from "vitest";
import { ApiError, InvalidObjectError, ServerError } from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { reportKey, splitReportKey } from "./report-key.js";
import { ThreatReport } from "./threat-report.js";

const report = {
  feed_id: 18,
  id: "CVE-2010-0001",
  title: "CVE 1",
  score: 51,
  is_ignored: false,
  iocs: { md5: ["00000000000000000000000000000001"] },
  timestamp: 1_517_942_461,
  create_time: "2018-02-06T18:41:01Z",
  tags: null,
};

/** A server with this report and others of the same shape, by id. */
async function reportServer(document: Record<string, unknown> = report, answer: object = { result: "success" }) {
  const posts: Record<string, unknown>[] = [];
  const kept = { ...document };
  const server = await edrServer({
    "/api/v1/feed/18/report/CVE-2010-0001": () => ({ ...kept }),
    "/api/v1/feed/18/report/a%3Ab%2Fc": { ...report, id: "a:b/c" },
    "/api/v1/feed/18/report/bare": { title: "without its ids" },
    "/api/v1/feed/18": { id: 18, name: "nvd" },
    "/api/v1/threat_report": (_, method, text) => {
      if (method === "GET") return { total_results: 1, results: [{ ...report, id: "a:b/c" }] };
      const body = JSON.parse(text) as { updates: object };
      posts.push(body as unknown as Record<string, unknown>);
      if (answer !== null && "result" in answer && answer.result === "success") Object.assign(kept, body.updates);
      return answer;
    },
  });
  return { ...server, posts };
}

const post = (flag: boolean) => ({ ids: { "18": ["CVE-2010-0001"] }, updates: { is_ignored: flag } });

describe("a threat report", () => {
  it("is read from its feed, and joins to it", async () => {
    const { cb, requests } = await reportServer();
    const found = await cb.select(ThreatReport, "18:CVE-2010-0001");
    expect([found.title, found.score, found.tags, found.is_ignored]).toEqual(["CVE 1", 51, undefined, false]);
    expect(found.timestamp).toEqual(new Date("2018-02-06T18:41:01Z"));
    expect(found.create_time).toEqual(found.timestamp);
    expect(found.iocs?.md5).toHaveLength(1);
    expect(found.toString()).toContain("<ThreatReport: id 18:CVE-2010-0001>");
    expect(await found.feed.name).toBe("nvd");
    expect(found.webui_link).toBe(`${cb.url}/#threat-details/18/CVE-2010-0001`);
    expect(requests.splice(0)).toEqual(["/api/v1/feed/18/report/CVE-2010-0001", "/api/v1/feed/18"]);
    expect((await cb.select(ThreatReport, "18:bare")).toJSON()).toMatchObject({ feed_id: 18, id: "bare" });
    requests.length = 0;
    // What the key alone tells costs no request.
    expect(await cb.select(ThreatReport, "18:x y").webui_link).toBe(`${cb.url}/#threat-details/18/x%20y`);
    expect(await cb.select(ThreatReport, "18:x y").feed.name).toBe("nvd");
    expect(requests).toEqual([]);
  });

  it.each(["nocolon", "a:b:c", ":b", "18:", "", 18])("has a key with one colon, which %j is not", async (key) => {
    const { cb } = await reportServer();
    expect(() => cb.select(ThreatReport, key)).toThrow(ApiError);
    expect(() => cb.select(ThreatReport, key)).toThrow("ThreatReport ID must be in form '<feed_id>:<report_id>'");
  });

  it("is found although its own id has a colon", async () => {
    const { cb, posts } = await reportServer();
    const found = await cb.select(ThreatReport).one();
    expect([found.id, found.isLoaded]).toEqual(["a:b/c", false]);
    expect((await found.load()).isLoaded).toBe(true);
    found.is_ignored = true;
    await found.save();
    expect(posts).toEqual([{ ids: { "18": ["a:b/c"] }, updates: { is_ignored: true } }]);
  });

  it.each(["%3A", "%3a:%", "%25", "%253A", ":%25:", "100%"])(
    "is not taken for another although it is named %j",
    (id) => {
      const key = reportKey({ feed_id: 18, id });
      expect(splitReportKey(key ?? "")).toEqual({ feed: "18", report: id });
    },
  );

  it("is ignored and heeded again with one request, after reading it", async () => {
    const { cb, posts, requests } = await reportServer();
    const ref = cb.select(ThreatReport, "18:CVE-2010-0001");
    const found = await ref.disable();
    expect(found.is_ignored).toBe(true);
    const read = "/api/v1/feed/18/report/CVE-2010-0001";
    expect(requests.splice(0)).toEqual([read, "POST /api/v1/threat_report", read]);
    await found.disable();
    expect(requests.splice(0)).toEqual([read]);
    expect((await found.enable()).is_ignored).toBe(false);
    expect(posts).toEqual([post(true), post(false)]);
    found.is_ignored = true;
    expect((await found.save({ dryRun: true }))?.requests).toEqual([
      { method: "POST", path: "/api/v1/threat_report", body: post(true) },
    ]);
    expect(posts).toHaveLength(2);
    await found.save({ verify: true });
    expect(posts[2]).toEqual(post(true));
    expect(() => found.set({ title: "x" } as never)).toThrow("immutable");
    expect(() => found.set({ is_ignored: "yes" } as never)).toThrow(InvalidObjectError);
  });

  it("is not taken for ignored when the server refuses", async () => {
    const { cb } = await reportServer(report, { result: "feed is read-only" });
    const found = await cb.select(ThreatReport, "18:CVE-2010-0001");
    const error: unknown = await found.disable().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerError);
    expect((error as Error).message).toContain("feed is read-only");
    expect((await cb.select(ThreatReport, "18:CVE-2010-0001")).is_ignored).toBe(false);
  });
});
