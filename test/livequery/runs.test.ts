// Runs of Live Query: started, followed to their end, stopped, deleted, found again, repeated and compared.
import {
  CbLiveQueryAPI,
  ClientError,
  ObjectNotFoundError,
  Run,
  RunHistory,
  type RunProgress,
  Template,
} from "cbapi/livequery";
import { Device } from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { asked, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbLiveQueryAPI);
const RUNS = "/livequery/v1/orgs/{org}/runs";
const DAY = 86_400_000;

describe("a run", () => {
  it("is asked of the whole organization, and waited for with its progress", async () => {
    const { cb, other } = given;
    const run = await cb.query("SELECT name, version FROM os_version").name("Versions").notifyOnFinish().submit();
    expect([run.name, run.status, run.notify_on_finish, run.template_id]).toEqual([
      "Versions",
      "ACTIVE",
      true,
      undefined,
    ]);
    expect(run.active_org_devices).toBeGreaterThan(1);
    const seen: RunProgress[] = [];
    await run.awaitCompletion({ timeout: 8 * DAY, onProgress: (progress) => void seen.push(progress) });
    const all = run.progress.expected ?? 0;
    expect([run.hasEnded, run.progress.answered]).toEqual([
      true,
      run.status === "COMPLETE" ? all : run.progress.answered,
    ]);
    expect(seen.at(0)?.answered).toBe(0);
    expect(seen.map(({ answered }) => answered)).toEqual(seen.map(({ answered }) => answered).sort((a, b) => a - b));
    const again = await other.select(Run, run.id);
    expect(again.toJSON()).toEqual(run.toJSON());
    expect([again.sql, again.match_count, again.error_count, again.create_time]).toEqual([
      ...["SELECT name, version FROM os_version", run.match_count, 0, run.create_time],
    ]);
    expect(again.match_count).toBeGreaterThan(0);
    expect(again.total_results).toBe(again.match_count);
  });

  it.each(["current", "classic"] as const)("is asked of chosen devices only: %s", async (routes) => {
    const { cb } = given;
    const client = routes === "current" ? cb : classic.cb;
    const devices = await client.select(Device).all();
    const windows = devices.filter(({ os, status }) => os === "WINDOWS" && status === "REGISTERED");
    const [device] = windows;
    const id = Number(device?.id);
    const byId = await client.query("SELECT 1 AS one").deviceIds([id]).submit();
    expect([byId.device_filter?.device_id, byId.progress.expected]).toEqual([[id], 1]);
    const byType = await client.query("SELECT 1 AS one").deviceTypes(["WINDOWS"]).submit();
    expect(byType.progress.expected).toBe(windows.length);
    const policy = Number(device?.policy_id);
    const byPolicy = await client.query("SELECT 1 AS one").policyIds([policy]).deviceIds([id]).submit();
    expect([byPolicy.device_filter?.policy_id, byPolicy.progress.expected]).toEqual([[policy], 1]);
    const none = await client.query("SELECT 1 AS one").deviceIds([999_999]).submit();
    expect(none.progress.expected).toBe(0);
  });

  it("has values put into its SQL as they are", async () => {
    const { cb } = given;
    const text = `it's "quoted" -- ; DROP`;
    const run = await cb.query`SELECT ${text} AS text, ${3} AS number WHERE 2 IN (${[1, 2]})`.submit();
    await run.awaitCompletion({ timeout: 8 * DAY });
    const found = await run.queryResults().setStatuses(["matched"]).first();
    expect(found?.fields_).toEqual({ text, number: "3" });
  });

  it("is stopped, and keeps what was answered", async () => {
    const { cb, other } = given;
    const run = await cb.query("SELECT 1 AS one").submit();
    asked();
    await cb.select(Run, run.id).stop();
    expect(asked()).toEqual([`PUT ${RUNS}/${run.id}/status`]);
    expect([run.status, (await run.refresh()).status]).toEqual(["ACTIVE", "CANCELLED"]);
    expect(run.cancellation_time).toBeInstanceOf(Date);
    expect(run.cancelled_count).toBe(run.progress.expected);
    await expect(run.stop()).rejects.toThrow(ClientError);
    expect((await other.select(Run, run.id).awaitCompletion()).status).toBe("CANCELLED");
  });

  it("is deleted, once", async () => {
    const { cb, other } = given;
    const run = await cb.query("SELECT 1 AS one").submit();
    await run.delete();
    await run.delete();
    expect(asked()).toEqual([`POST ${RUNS}`, `DELETE ${RUNS}/${run.id}`]);
    await expect(other.select(Run, run.id)).rejects.toThrow(ObjectNotFoundError);
    await expect(run.refresh()).rejects.toMatchObject({ code: "DELETED" });
  });

  it("is found again among those of the past", async () => {
    const { cb, other } = given;
    const runs = [];
    for (const name of ["Alpha", "Beta", "Gamma"]) {
      runs.push(await cb.query("SELECT 1 AS one").name(name).submit());
      await cb.clock.sleep(1000);
    }
    const found = await other.queryHistory().sortBy("create_time", "DESC").all();
    expect(found.slice(0, 3).map(({ name }) => name)).toEqual(["Gamma", "Beta", "Alpha"]);
    const [beta] = await other.queryHistory("name:Beta").all();
    expect([beta?.id, beta instanceof RunHistory]).toEqual([runs[1]?.id, true]);
    expect((await beta?.stop())?.status).toBe("CANCELLED");
    expect((await runs[1]?.refresh())?.status).toBe("CANCELLED");
    expect(await other.select(RunHistory).where({ name: "Gamma" }).count()).toBe(1);
    const pages = await other.queryHistory().batchSize(1).sortBy("create_time").all();
    expect([pages.length, pages.report().complete]).toEqual([found.length, true]);
  });
});

describe("a run that is repeated", () => {
  it("is started again by its template, until that is stopped", async () => {
    const { cb, other } = given;
    const hour = new Date(cb.clock.now() + 3_600_000).getUTCHours();
    const query = cb.query("SELECT name FROM users").name("Users").schedule(`FREQ=DAILY;BYHOUR=${hour}`, "UTC");
    const first = await query.submit();
    const template = await cb.select(Template, String(first.template_id));
    expect([template.name, template.sql, template.schedule?.status]).toEqual([
      "Users",
      "SELECT name FROM users",
      "ACTIVE",
    ]);
    const next = Number(template.next_run_time);
    expect(new Date(next).getUTCHours()).toBe(hour);
    const before = await template.queryRuns().count();
    await cb.clock.sleep(next - cb.clock.now() + 60_000);
    const runs = await template.queryRuns().all();
    expect(runs.length).toBe(before + 1);
    expect(new Set(runs.map(({ template_id }) => template_id))).toEqual(new Set([template.id]));
    template.name = "Renamed";
    await template.save();
    await template.stop();
    const seen = await other.select(Template, template.id);
    expect([seen.name, seen.schedule?.status]).toEqual(["Renamed", "CANCELLED"]);
    expect((await other.select(Template).where("name:Renamed").all()).map(({ id }) => id)).toEqual([template.id]);
    await template.delete();
    await expect(seen.refresh()).rejects.toThrow(ObjectNotFoundError);
  });

  it("has changes that are dropped, or sent when it is saved", async () => {
    const { cb, other } = given;
    const query = cb.query("SELECT name FROM users").name("Users").schedule("FREQ=DAILY;BYHOUR=3", "UTC");
    const template = await cb.select(Template, String((await query.submit()).template_id));
    template.set({ name: "Dropped", notify_on_finish: true });
    expect([template.isDirty(), template.name]).toEqual([true, "Dropped"]);
    template.reset();
    expect([template.isDirty(), template.name, template.notify_on_finish]).toEqual([false, "Users", false]);
    await template.set({ sql: "SELECT 1 AS one" }).save();
    expect(template.isDirty()).toBe(false);
    const seen = await other.select(Template, template.id);
    expect([seen.name, seen.sql]).toEqual(["Users", "SELECT 1 AS one"]);
  });

  it("is compared with the one before", async () => {
    const { cb } = given;
    const newer = await cb.query("SELECT 'b' AS x UNION SELECT 'c'").submit();
    const older = await cb.query("SELECT 'a' AS x UNION SELECT 'b'").submit();
    for (const run of [newer, older]) await run.awaitCompletion({ timeout: 8 * DAY });
    const found = await newer.differences(older);
    expect([found.newer_run_id, found.older_run_id]).toEqual([newer.id, older.id]);
    const [device] = found.diff_results;
    expect([device?.added_count, device?.removed_count]).toEqual([1, 1]);
    expect(device?.changes?.map(({ action, fields }) => [action, fields[0]?.value]).sort()).toEqual([
      ["added", "c"],
      ["removed", "a"],
    ]);
    const deviceIds = [Number(device?.device_id)];
    const counted = await newer.differences(older.id, { deviceIds, countOnly: true });
    expect([counted.diff_results.length, counted.diff_results[0]?.changes ?? null]).toEqual([1, null]);
  });
});

const classic = useCloudAs(CbLiveQueryAPI, {}, true, { routes: "classic" });
