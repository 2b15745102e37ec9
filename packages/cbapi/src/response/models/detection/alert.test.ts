import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  CbApiError,
  MoreThanOneResultError,
  ObjectNotFoundError,
  ServerError,
  TimeoutError,
  UnauthorizedError,
} from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { jumping } from "../../../test-support/transport-server.js";
import { Alert } from "./alert.js";
import { ThreatReport } from "./threat-report.js";

const GUID = "00000001-0000-0500-01d3-8bc595148226";
const MD5 = "C7F5CAE0B450BE875EEE0E6DDFA771FE";

const alert = {
  unique_id: "a1",
  alert_type: "watchlist.hit.query.process",
  status: "Unresolved",
  created_time: "2021-03-08T15:07:26.79Z",
  resolved_time: null,
  alert_severity: 60.75,
  report_score: "75",
  sensor_id: 1,
  feed_id: -1,
  feed_name: "My Watchlists",
  watchlist_id: "11",
  process_id: GUID,
  segment_id: 1,
  md5: MD5,
  comms_ip: "-1062731775",
  ioc_attr: '{"hit": 1, "highlights": ["PREPREPREcmd.exePOSTPOSTPOST"]}',
  total_hosts: "3",
  observed_filename: "c:\\windows\\cmd.exe",
};

/** A server with these alerts that takes changes, and shows them after so many further reads. */
async function alertServer(documents: readonly Record<string, unknown>[], delay = 0) {
  const posts: { path: string; body: Record<string, unknown> }[] = [];
  let reads = 0;
  let shown = documents.map((document) => ({ ...document }));
  const kept = documents.map((document): Record<string, unknown> => ({ ...document }));
  const change = (ids: unknown, changes: Record<string, unknown>) => {
    reads = 0;
    for (const document of kept)
      if ((ids as unknown[]).includes(document["unique_id"])) Object.assign(document, changes);
    return { result: "success" };
  };
  const clock = jumping();
  const server = await edrServer(
    {
      "/api/v2/alert": (query) => {
        if (posts.length > 0 && reads++ >= delay) shown = kept.map((document) => ({ ...document }));
        const id = query.get("cb.fq.unique_id") ?? query.get("q")?.replace("unique_id:", "");
        const results = shown.filter(({ unique_id }) => unique_id === id);
        return { total_results: results.length, start: 0, results };
      },
      "/api/v1/alert/a1": (_, _method, text) => {
        const body = JSON.parse(text) as Record<string, unknown>;
        posts.push({ path: "/api/v1/alert/a1", body });
        return change(["a1"], body);
      },
      "/api/v1/alerts": (_, _method, text) => {
        const body = JSON.parse(text) as Record<string, unknown>;
        posts.push({ path: "/api/v1/alerts", body });
        const { alert_ids, requested_status: status, set_ignored, ...rest } = body;
        return change(alert_ids, { status, ...rest });
      },
      "/api/v1/feed/18": { id: 18, name: "nvd" },
      "/api/v1/feed/18/report/r": { feed_id: 18, id: "r", is_ignored: false },
    },
    { clock },
  );
  return { ...server, posts, clock };
}

describe("an alert", () => {
  it("reads as what its fields are, and joins to what it names", async () => {
    const { cb, requests } = await alertServer([alert]);
    const found = await cb.select(Alert, "a1");
    expect(requests.splice(0)).toEqual(["/api/v2/alert?cb.fq.unique_id=a1"]);
    expect(found.status).toBe("Unresolved");
    expect(found.created_time).toEqual(new Date("2021-03-08T15:07:26.790Z"));
    expect([found.report_score, found.total_hosts, found.resolved_time]).toEqual([75, 3, undefined]);
    expect([found.comms_ip, found.observed_filename]).toEqual(["192.168.0.1", ["c:\\windows\\cmd.exe"]]);
    expect(found.trigger_ioc).toEqual({ hit: 1, highlights: ["PREPREPREcmd.exePOSTPOSTPOST"] });
    expect(found.get("ioc_attr")).toBe(alert.ioc_attr);
    expect(await found.process.id).toBe(GUID);
    expect(await found.binary.md5sum).toBe(MD5);
    expect(await found.sensor.id).toBe(1);
    expect(await found.feed).toBeUndefined();
    // A name that no document has is absent: no other route is tried.
    expect(found.get("no_such_field")).toBeUndefined();
    expect(requests).toEqual([]);
  });

  it("joins to nothing where it names nothing", async () => {
    const { cb, requests } = await alertServer([
      { ...alert, alert_type: "watchlist.hit.ingress.binary", md5: "(unknown)", ioc_attr: "no json", feed_id: 18 },
    ]);
    const found = await cb.select(Alert, "a1");
    expect([await found.process, await found.binary, found.trigger_ioc]).toEqual([undefined, undefined, undefined]);
    expect(await found.feed.name).toBe("nvd");
    expect(requests).toEqual(["/api/v2/alert?cb.fq.unique_id=a1", "/api/v1/feed/18"]);
  });

  it("has to be there, and once", async () => {
    const { cb } = await alertServer([alert, alert]);
    const absent = await Promise.resolve(cb.select(Alert, "zzz")).catch((error: unknown) => error);
    expect(absent).toBeInstanceOf(ObjectNotFoundError);
    expect((absent as Error).message).toBe("There is no Alert with the unique_id zzz");
    const twice = await Promise.resolve(cb.select(Alert, "a1")).catch((error: unknown) => error);
    expect(twice).toBeInstanceOf(MoreThanOneResultError);
    expect(twice).toMatchObject({ count: 2 });
  });

  it("is changed by the routes that the console uses, and shows what the server accepted", async () => {
    const { cb, posts, requests } = await alertServer([alert], 99);
    const found = await cb.select(Alert, "a1");
    expect(await found.changeStatus("In Progress")).toBe(found);
    expect(found.status).toBe("In Progress");
    await found.assign("joe");
    expect(found.assigned_to).toBe("joe");
    await found.setIgnored();
    expect([found.status, found.isDirty()]).toEqual(["False Positive", false]);
    await expect(found.setIgnored(true, "Resolved" as never)).rejects.toThrow(
      'as { status: "Resolved" }: got "Resolved"',
    );
    await found.setIgnored(false, { status: "Unresolved" });
    expect(posts).toEqual([
      { path: "/api/v1/alert/a1", body: { status: "In Progress", unique_id: "a1" } },
      { path: "/api/v1/alerts", body: { alert_ids: ["a1"], assigned_to: "joe", requested_status: "In Progress" } },
      { path: "/api/v1/alerts", body: { alert_ids: ["a1"], requested_status: "False Positive", set_ignored: true } },
      { path: "/api/v1/alerts", body: { alert_ids: ["a1"], requested_status: "Unresolved", set_ignored: false } },
    ]);
    expect(requests.filter((request) => request.startsWith("/api/v2"))).toHaveLength(1);
    // Whoever selects it next sees what the server has.
    await cb.select(Alert, "a1");
    expect(requests.filter((request) => request.startsWith("/api/v2"))).toHaveLength(2);
  });

  it("can be changed through a Ref", async () => {
    const { cb, requests } = await alertServer([alert]);
    expect((await cb.select(Alert, "a1").changeStatus("Resolved")).status).toBe("Resolved");
    expect(requests).toEqual(["/api/v2/alert?cb.fq.unique_id=a1", "POST /api/v1/alert/a1"]);
  });

  it("forgets reports as well when one is ignored", async () => {
    const { cb, requests } = await alertServer([alert]);
    await cb.select(ThreatReport, "18:r");
    await (await cb.select(Alert, "a1")).setIgnored();
    requests.length = 0;
    await cb.select(ThreatReport, "18:r");
    expect(requests).toEqual(["/api/v1/feed/18/report/r"]);
  });

  it("refuses what is no status, no user and no flag before anything is sent", async () => {
    const { cb, requests } = await alertServer([alert]);
    const found = await cb.select(Alert, "a1");
    requests.length = 0;
    const anything = found as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await expect(anything["changeStatus"]?.call(found, "Done")).rejects.toThrow(
      '"Done" is no status of an alert: it is one of Unresolved, In Progress, Resolved, False Positive',
    );
    await expect(anything["setIgnored"]?.call(found, true, "resolved")).rejects.toThrow(CbApiError);
    await expect(anything["setIgnored"]?.call(found, "false")).rejects.toThrow("true or false");
    await expect(found.assign("joe", { wait: Number.NaN })).rejects.toThrow("wait wants milliseconds");
    await expect(found.assign(" ")).rejects.toThrow("the name of a user");
    expect(() => found.set({ status: "Done" } as never)).toThrow("is no status of an alert");
    expect(() => found.set({ hostname: "x" } as never)).toThrow("immutable");
    expect(requests).toEqual([]);
  });

  it("waits, where that is wanted, until searches show the change", async () => {
    const { cb, requests, clock } = await alertServer([alert], 3);
    const found = await cb.select(Alert, "a1");
    requests.length = 0;
    await found.changeStatus("Resolved", { wait: 60_000 });
    expect(clock.pauses).toEqual([1000, 2000, 4000]);
    expect(requests).toHaveLength(5);
    expect([found.status, found.isLoaded]).toEqual(["Resolved", true]);

    const error: unknown = await found.assign("joe", { wait: 2500 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET", timeout: 2500 });
    expect((error as Error).message).toContain('do not show assigned_to "joe" and status "In Progress" after 2500 ms');
    expect(clock.pauses.slice(3)).toEqual([1000, 1500]);
    expect(found.assigned_to).toBe("joe");
  });

  it("is saved as a whole, without undoing what the server was told a moment ago", async () => {
    const { cb, posts, clock } = await alertServer([alert], 99);
    const found = await cb.select(Alert, "a1");
    await found.changeStatus("Resolved");
    await clock.sleep(20_000);
    found.assigned_to = "joe";
    const plan = await found.save({ dryRun: true });
    expect(plan?.requests[0]?.path).toBe("/api/v1/alert/a1");
    expect(posts).toHaveLength(1);
    await found.save();
    expect(posts[1]?.body).toEqual({ ...alert, status: "Resolved", assigned_to: "joe" });
    expect([found.status, found.assigned_to, found.isDirty()]).toEqual(["Resolved", "joe", false]);
  });

  it("is opened again although searches never showed that it was closed", async () => {
    const { cb, posts, clock } = await alertServer([alert], 99);
    const found = await cb.select(Alert, "a1");
    await found.changeStatus("Resolved");
    await clock.sleep(11_000);
    found.status = "Unresolved";
    await found.save();
    expect(posts[1]?.body).toMatchObject({ status: "Unresolved" });
    expect(found.isDirty()).toBe(false);
  });

  it("keeps what another object, or a bulk operation, has told the server of it", async () => {
    const { cb, posts, clock } = await alertServer([alert], 99);
    const [one, other] = [await cb.select(Alert, "a1"), await cb.select(Alert, "a1", { refresh: true })];
    await one.changeStatus("Resolved");
    other.assigned_to = "joe";
    await other.save();
    expect(posts[1]?.body).toEqual({ ...alert, status: "Resolved", assigned_to: "joe" });
    expect(await cb.select(Alert, "a1")).toMatchObject({ status: "Resolved", assigned_to: "joe" });

    await clock.sleep(61_000);
    // A minute is enough for any search: what it shows is what there is.
    expect(await cb.select(Alert, "a1", { refresh: true })).toMatchObject({ status: "Unresolved" });
    await cb.select(Alert).where({ unique_id: "a1" }).changeStatus("In Progress");
    await one.refresh();
    await one.set({ assigned_to: "ann" }).save();
    expect(posts.at(-1)?.body).toMatchObject({ status: "In Progress", assigned_to: "ann" });
  });

  it("is verified by looking until searches show the change, and what they do not show is not undone", async () => {
    const { cb, posts, clock, requests } = await alertServer([alert], 3);
    const found = await cb.select(Alert, "a1");
    requests.length = 0;
    await found.set({ status: "Resolved" }).save({ verify: true });
    expect(requests.filter((request) => request.startsWith("/api/v2"))).toHaveLength(4);
    expect(clock.pauses).toEqual([1000, 2000, 4000]);

    const slow = await alertServer([alert], 99);
    const mine = await slow.cb.select(Alert, "a1");
    const error: unknown = await mine
      .set({ status: "Resolved" })
      .save({ verify: true })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET", timeout: 60_000 });
    expect([mine.status, mine.isDirty()]).toEqual(["Resolved", false]);
    await mine.set({ assigned_to: "joe" }).save();
    expect(slow.posts.map(({ body }) => body["status"])).toEqual(["Resolved", "Resolved"]);
    expect(posts).toHaveLength(1);
  });

  it("takes a refusal in the answer for one, whatever the status of the answer", async () => {
    const { cb } = await edrServer({
      "/api/v2/alert": { total_results: 1, results: [alert] },
      "/api/v1/alert/a1": { result: "no such user" },
      "/api/v1/alerts": { status: 401, text: "no" },
    });
    const found = await cb.select(Alert, "a1");
    const error: unknown = await found.changeStatus("Resolved").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ code: "REFUSED", status: 200, serverMessage: "no such user" });
    await expect(found.assign("joe")).rejects.toThrow(UnauthorizedError);
    expect([found.status, found.assigned_to]).toEqual(["Unresolved", undefined]);
    expect(inspect(found)).toContain("Alert object, bound to");
  });
});
