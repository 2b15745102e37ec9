// Alerts: what they are about, and how one, many or all of a query are changed, also when something goes wrong half way.
import {
  Alert,
  ApiError,
  MoreThanOneResultError,
  ObjectNotFoundError,
  ThreatReport,
  TimeoutError,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";
import { clientOf, requested } from "../support/sandbox.js";

useSandbox();

const LOOKED_UP = "Accounts and groups looked up";
const lookedUp = () => cb.select(Alert).where({ watchlist_name: LOOKED_UP });
/** Searches show changes from the next tick on. */
const settle = () => sandbox.clock.step();
const onServer = async ({ unique_id = "" }: Alert) => other.select(Alert, unique_id, { refresh: true });
const idsOf = (alerts: readonly Alert[]) => alerts.map(({ unique_id }) => unique_id);

describe("an alert", () => {
  it("leads to its process, binary, sensor and feed, and tells what it hit on", async () => {
    const alert = await cb.select(Alert).where("watchlist_id:soc-evil").one();
    expect(alert).toMatchObject({
      alert_type: "watchlist.hit.query.process",
      feed_name: "SOC",
      watchlist_name: "Programs named evil",
      report_score: 70,
      feed_rating: 5,
      ioc_type: "query",
      process_name: "evil.exe",
      hostname: "HOSTNAME",
    });
    // A score of 70 on a sensor of the usual importance.
    expect(alert.alert_severity).toBeCloseTo(56.7, 5);
    expect(alert.trigger_ioc).toEqual({ highlights: ["PREPREPREevil.exePOSTPOSTPOST"] });
    expect(alert.ioc_attr).toEqual(alert.trigger_ioc);
    const proc = await alert.process;
    expect(proc).toMatchObject({ id: alert.process_id, process_name: "evil.exe", segment: 0 });
    expect(await alert.binary?.md5).toBe(alert.md5);
    expect((await alert.binary)?.signed).toBe(false);
    expect(await alert.sensor.hostname).toBe("HOSTNAME");
    expect(await alert.feed.display_name).toBe("SOC");
    expect(alert.netconn_count).toBe((await proc?.netconns)?.length);
    expect(alert.interface_ip).toBe(proc?.interface_ip);

    const ofWatchlist = await lookedUp().first();
    expect(ofWatchlist).toMatchObject({ feed_id: -1, watchlist_id: "208" });
    expect(await ofWatchlist?.feed).toBeUndefined();
    expect(await ofWatchlist?.feed.name).toBeUndefined();
    // Through Refs only what is needed is asked for.
    await using fresh = clientOf(sandbox);
    expect(await fresh.select(Alert, alert.unique_id ?? "").process.binary.md5).toBe(alert.md5);
  });

  it("is selected by its id alone, and missed when there is none", async () => {
    const id = (await lookedUp().first())?.unique_id ?? "";
    sandbox.requests.clear();
    expect((await other.select(Alert, id)).watchlist_name).toBe(LOOKED_UP);
    expect(requested(sandbox)).toEqual([`/api/v2/alert?cb.fq.unique_id=${id}`]);
    await expect(cb.select(Alert, "*")).rejects.toThrow(ObjectNotFoundError);
    await expect(lookedUp().one()).rejects.toThrow(MoreThanOneResultError);
    const nobody = cb.select(Alert).where("unique_id:nobody");
    await expect(nobody.one()).rejects.toMatchObject({ count: 0 });
    expect(await nobody.first()).toBeUndefined();
  });

  it("shows its new status at once; searches show it after a tick", async () => {
    const [alert] = await lookedUp().and("status:Unresolved").all();
    if (alert === undefined) throw new Error("nothing is unresolved");
    sandbox.requests.clear();
    expect(await alert.changeStatus("Resolved")).toBe(alert);
    expect(requested(sandbox)).toEqual([`/api/v1/alert/${alert.unique_id}`]);
    expect(alert.status).toBe("Resolved");
    expect(alert.isDirty()).toBe(false);
    expect((await onServer(alert)).status).toBe("Unresolved");
    await settle();
    expect(await onServer(alert)).toMatchObject({ status: "Resolved", assigned_to: undefined });
    expect((await onServer(alert)).resolved_time).toBeInstanceOf(Date);
    expect(alert.resolved_time).toBeUndefined();
    await alert.refresh();
    expect(alert.resolved_time).toBeInstanceOf(Date);
    await alert.changeStatus("Unresolved");
    await settle();
    expect((await onServer(alert)).resolved_time).toBeUndefined();
    expect(() => alert.set({ status: "Done" } as never)).toThrow(ApiError);
    await expect(alert.changeStatus("Done" as never)).rejects.toThrow(
      /Unresolved, In Progress, Resolved, False Positive/,
    );
  });

  it("waits until searches show a change, when it is told to, and for no longer than that", async () => {
    // The client's time stands still as well: what it would sleep is spent ticking.
    let now = Date.now();
    const slept: number[] = [];
    const sleep = async (milliseconds: number) => {
      slept.push(milliseconds);
      now += milliseconds;
      if (slept.length === 2) await settle();
    };
    await using patient = clientOf(sandbox, { clock: { now: () => now, sleep } });
    const id = (await lookedUp().and("status:Unresolved").first())?.unique_id ?? "";
    const alert = await patient.select(Alert, id);
    await alert.assign("admin", { wait: 30_000 });
    expect(slept).toEqual([1000, 2000]);
    expect(alert).toMatchObject({ assigned_to: "admin", status: "In Progress" });
    expect(await onServer(alert)).toMatchObject({ assigned_to: "admin", status: "In Progress" });

    const error: unknown = await alert.changeStatus("Resolved", { wait: 2500 }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET", timeout: 2500 });
    expect(String(error)).toMatch(/status "Resolved" after 2500 ms.*Nothing needs to be sent again/);
    expect(slept).toEqual([1000, 2000, 1000, 1500]);
    expect((await onServer(alert)).status).toBe("In Progress");
    await settle();
    expect((await onServer(alert)).status).toBe("Resolved");
    await expect(alert.assign("admin", { wait: -1 })).rejects.toThrow(/wait wants milliseconds/);

    const stop = new AbortController();
    const waiting = patient
      .select(Alert, id)
      .setIgnored(false, { status: "Unresolved", wait: 60_000, signal: stop.signal });
    const given = new Error("given up");
    stop.abort(given);
    await expect(waiting).rejects.toBe(given);
  });

  it("is saved as a whole, without undoing what the server was told just before", async () => {
    const [alert] = await lookedUp().and("status:Unresolved").all();
    if (alert === undefined) throw new Error("nothing is unresolved");
    await alert.changeStatus("In Progress");
    // The index still says that it is unresolved.
    await alert.load();
    alert.assigned_to = "jdoe";
    const plan = await alert.save({ dryRun: true });
    expect(plan?.requests).toMatchObject([
      {
        method: "POST",
        path: `/api/v1/alert/${alert.unique_id}`,
        body: { unique_id: alert.unique_id, assigned_to: "jdoe", status: "In Progress" },
      },
    ]);
    expect(plan?.changes).toEqual({ assigned_to: { from: null, to: "jdoe" } });
    expect(await alert.save()).toMatchObject({ assigned_to: "jdoe", status: "In Progress" });
    await settle();
    expect(await onServer(alert)).toMatchObject({ assigned_to: "jdoe", status: "In Progress" });
    alert.set({ assigned_to: null, status: "False Positive" });
    await alert.save();
    await settle();
    expect(await onServer(alert)).toMatchObject({ assigned_to: undefined, status: "False Positive" });
    await alert.changeStatus("Unresolved");
    await settle();
  });

  it("has its report ignored: no more alerts of it, until it is heeded again", async () => {
    const alert = await cb.select(Alert).where("watchlist_id:soc-evil").one();
    const evil = { sensor: "HOSTNAME", path: "c:\\users\\bit9rad\\evil.exe" };
    const raised = () => other.select(Alert).where("watchlist_id:soc-evil").count();
    await alert.setIgnored();
    expect(alert.status).toBe("False Positive");
    const report = await other.select(ThreatReport, "3:soc-evil", { refresh: true });
    expect(report.is_ignored).toBe(true);
    await sandbox.launch(evil);
    await settle();
    expect(await raised()).toBe(1);
    expect(await onServer(alert)).toMatchObject({ report_ignored: true, status: "False Positive" });

    await alert.setIgnored(false, { status: "Unresolved" });
    expect((await report.refresh()).is_ignored).toBe(false);
    await sandbox.launch(evil);
    await settle();
    expect(await raised()).toBe(2);
    expect(await onServer(alert)).toMatchObject({ report_ignored: false, status: "Unresolved" });
  });
});

describe("a search for alerts", () => {
  it("is narrowed, ordered and read in every way", async () => {
    const rows = await lookedUp().sort("created_time asc").stable().all();
    expect(rows.report()).toMatchObject({ complete: true, returned: rows.length, totalOrder: true });
    expect(rows).toHaveLength(13);
    const times = rows.map(({ created_time }) => created_time?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const ids = idsOf(rows);
    const sorted = lookedUp().sort("created_time asc").stable();
    expect(idsOf(await sorted.slice(3, 6))).toEqual(ids.slice(3, 6));
    expect(idsOf(await sorted.slice(-2))).toEqual(ids.slice(-2));
    expect(await sorted.at(-1).unique_id).toBe(ids.at(-1));
    expect(await sorted.first().unique_id).toBe(ids[0]);
    expect(await sorted.count()).toBe(13);
    const pages: (string | undefined)[][] = [];
    for await (const { items, start } of sorted.batchSize(5).pages()) {
      expect(start).toBe(pages.flat().length);
      pages.push(idsOf(items));
    }
    expect(pages.map(({ length }) => length)).toEqual([5, 5, 3]);
    expect(pages.flat()).toEqual(ids);
    const narrowed = lookedUp().and({ username: "bit9rad" }).and`process_path:${"c:\\windows\\system32"}*`;
    expect(narrowed.query).toContain("username:bit9rad");
    expect(await narrowed.where("alert_severity:[60 TO 61]").count()).toBe(13);
    expect(await narrowed.where("alert_severity:[61 TO *]").count()).toBe(0);
    expect(await cb.select(Alert).where("evil.exe").count()).toBe(
      await cb.select(Alert).where("process_name:evil.exe").count(),
    );
  });

  it("takes joins along", async () => {
    const alerts = await lookedUp().include("process.sensor", "binary").all();
    sandbox.requests.clear();
    for (const alert of alerts) {
      expect(await alert.process.sensor.hostname).toBe(alert.hostname);
      expect((await alert.binary)?.md5).toBe(alert.md5);
    }
    expect(requested(sandbox)).toEqual([]);
  });

  it("counts the values of several fields", async () => {
    const rows = await cb.select(Alert).all();
    const facets = await cb.select(Alert).facets("status", "feed_name", "hostname", "no_such_field");
    for (const field of ["status", "feed_name", "hostname"] as const) {
      const counts = new Map<string, number>();
      for (const row of rows) counts.set(String(row[field]), (counts.get(String(row[field])) ?? 0) + 1);
      expect(new Map(facets[field].map(({ name, value }) => [name, value]))).toEqual(counts);
      const [most] = facets[field];
      expect(most).toMatchObject({ percent: 100, ratio: ((100 * (most?.value ?? 0)) / rows.length).toFixed(1) });
    }
    expect(facets.no_such_field).toEqual([]);
    const { status } = await lookedUp().and("hostname:nowhere").facets("status");
    expect(status).toEqual([]);
  });

  it("read page by page while alerts leave it says that some were passed over", async () => {
    const open = lookedUp().and("status:Unresolved").batchSize(2);
    const total = await open.count();
    expect(total).toBeGreaterThan(4);
    const reading = open.iterate();
    const seen: Alert[] = [];
    for await (const alert of reading) {
      seen.push(alert);
      await alert.changeStatus("In Progress");
      await settle();
    }
    expect(seen.length).toBeLessThan(total);
    const report = reading.report();
    expect(report.complete).toBe(false);
    expect(report.reasons.join()).toMatch(/the server's count fell by \d+ while its pages were read/);
    // Over all of them, whatever their status, paging gives every one once.
    const all = lookedUp().sort("created_time asc").stable().batchSize(2);
    const ids = new Set<string | undefined>();
    for await (const alert of all) {
      ids.add(alert.unique_id);
      await alert.changeStatus("Unresolved");
      await settle();
    }
    expect(ids.size).toBe(13);
    expect(all.report()).toMatchObject({ complete: true, duplicates: 0, returned: 13 });
  });
});
