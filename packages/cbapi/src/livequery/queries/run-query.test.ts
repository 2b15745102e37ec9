// Runs: how they are started, waited for, stopped and deleted, and found again.

import { describe, expect, it } from "vitest";
import { ApiError, ClientError, TimeoutError } from "../../core/errors.js";
import { type CloudRequest, cloudSearchRoute, cloudServer } from "../../test-support/cloud-server.js";
import { JumpClock } from "../../test-support/jump-clock.js";
import { CbLiveQueryAPI, type CbLiveQueryOptions, Run, RunHistory, type RunProgress, Template } from "../index.js";

const B = "/livequery/v1/orgs/{org}";
const RUN = { id: "r1", status: "ACTIVE", sql: "SELECT 1", active_org_devices: 3, match_count: 1, total_results: 4 };

async function livequery(options: CbLiveQueryOptions = {}, states: readonly object[] = [RUN]) {
  let look = 0;
  const next = () => ({ ...RUN, ...states[Math.min(look++, states.length - 1)] });
  let template: object = { id: "t1", name: "n", sql: "SELECT 1", schedule: { status: "ACTIVE", rrule: "FREQ=DAILY" } };
  return cloudServer(
    {
      [`POST ${B}/runs`]: ({ body }: CloudRequest) => ({ ...RUN, ...(body as object), template_id: "t1" }),
      [`GET ${B}/runs/r1`]: next,
      [`GET ${B}/runs/late`]: { status: 503, text: "{}" },
      [`PUT ${B}/runs/r1/status`]: ({ body }: CloudRequest) => ({ ...RUN, ...(body as object) }),
      [`PUT ${B}/runs/over/status`]: { status: 409, text: '{"message":"not active"}' },
      [`DELETE ${B}/runs/r1`]: { status: 204, text: "" },
      [`POST ${B}/runs/_search`]: cloudSearchRoute(() => [RUN, { ...RUN, id: "r2" }], 0),
      [`GET ${B}/templates/t1`]: () => template,
      [`PUT ${B}/templates/t1`]: ({ body }: CloudRequest) => {
        template = body as object;
        return template;
      },
      [`DELETE ${B}/templates/t1`]: { status: 204, text: "" },
      [`POST ${B}/templates/_search`]: cloudSearchRoute(() => [template], 0),
      [`POST ${B}/differential/runs/_search`]: ({ body }: CloudRequest) => ({
        results:
          (body as { older_run_id?: string }).older_run_id === "none"
            ? []
            : [{ ...(body as object), diff_results: [] }],
      }),
    },
    { clock: new JumpClock(), ...options },
    CbLiveQueryAPI,
  );
}

describe("a run", () => {
  it("is started with all that was said of it, in the server's words of today", async () => {
    const { cb, bodies, requests } = await livequery();
    const query = cb
      .query("SELECT 1")
      .name("My run")
      .deviceIds([1, 2])
      .deviceTypes(["WINDOWS"])
      .policyId(3)
      .notifyOnFinish()
      .schedule("FREQ=DAILY;BYHOUR=3", "UTC");
    const run = await query.submit();
    expect([run.id, run.status, run.template_id, run.isLoaded]).toEqual(["r1", "ACTIVE", "t1", true]);
    expect(bodies).toEqual([
      {
        sql: "SELECT 1",
        name: "My run",
        notify_on_finish: true,
        device_filter: { device_id: [1, 2], os: ["WINDOWS"], policy_id: [3] },
        schedule: { rrule: "FREQ=DAILY;BYHOUR=3", timezone: "UTC" },
      },
    ]);
    expect(requests).toEqual([`POST ${B}/runs`]);
  });

  it("is started in the older words on request, and of all devices where none is named", async () => {
    const { cb, bodies } = await livequery({ routes: "classic" });
    await cb.select(Run).where`SELECT ${"a'b"}`.deviceIds([1]).deviceIds([2]).policyIds([3]).submit();
    await cb.query("SELECT 2").submit();
    expect(bodies).toEqual([
      { sql: "SELECT 'a''b'", device_filter: { device_ids: [2], policy_ids: [3] } },
      { sql: "SELECT 2", device_filter: {} },
    ]);
  });

  it("is not started twice by one query, nor changed by what is made of it", async () => {
    const { cb, requests } = await livequery();
    const query = cb.query("SELECT 1");
    const named = query.name("x");
    expect([query.body, named.body]).toEqual([
      { sql: "SELECT 1", device_filter: {} },
      { sql: "SELECT 1", device_filter: {}, name: "x" },
    ]);
    await query.submit();
    await expect(query.submit()).rejects.toMatchObject({ code: "ALREADY_SUBMITTED" });
    await named.submit();
    expect(requests.length).toBe(2);
  });

  it("can be started again by the same query when that has failed", async () => {
    const { cb, requests } = await livequery();
    const query = cb.query("SELECT 1");
    await expect(query.submit({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    await query.submit();
    expect(requests.length).toBe(1);
  });

  it("is refused before anything is sent where it makes no sense", async () => {
    const { cb, requests } = await livequery();
    await expect(cb.select(Run).submit()).rejects.toThrow(/Missing LiveQuery SQL/);
    expect(() => cb.query("")).toThrow(ApiError);
    const query = cb.query("SELECT 1");
    expect(() => query.deviceIds(["x" as never])).toThrow(/One or more invalid device IDs/);
    expect(() => query.deviceIds("1" as never)).toThrow(/a list is expected/);
    expect(() => query.deviceIds([])).toThrow(/empty list/);
    expect(() => query.deviceTypes([1 as never])).toThrow(/One or more invalid device types/);
    expect(() => query.policyIds([1.5])).toThrow(/One or more invalid policy IDs/);
    expect(() => query.name("")).toThrow(/name is a text/);
    expect(() => query.schedule("FREQ=YEARLY", "UTC")).toThrow(/FREQ/);
    expect(requests).toEqual([]);
  });

  it("is waited for, and tells how far it has come", async () => {
    const states = [
      { not_started_count: 2, in_progress_count: 0 },
      { match_count: 2, not_started_count: 0, in_progress_count: 1 },
      { match_count: 2, error_count: 1, not_started_count: 0, in_progress_count: 0, status: "COMPLETE" },
    ];
    const { cb, requests } = await livequery({}, states);
    const seen: RunProgress[] = [];
    const run = await cb.select(Run, "r1").awaitCompletion({ onProgress: (progress) => void seen.push(progress) });
    expect([run.status, run.hasEnded, requests.length]).toEqual(["COMPLETE", true, 3]);
    expect(seen.map(({ status, answered, expected }) => [status, answered, expected])).toEqual([
      ["ACTIVE", 1, 3],
      ["ACTIVE", 2, 3],
      ["COMPLETE", 3, 3],
    ]);
  });

  it("is waited for no longer than the caller wants", async () => {
    const { cb } = await livequery();
    const run = await cb.select(Run, "r1");
    const late = run.awaitCompletion({ timeout: 10_000 });
    await expect(late).rejects.toThrow(TimeoutError);
    await expect(late).rejects.toThrow(/1 of 3 devices have answered/);
    const stop = new AbortController();
    const waiting = run.awaitCompletion({ signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
    await expect(waiting).rejects.toThrow("enough");
    await expect(run.awaitCompletion({ onProgress: () => Promise.reject(new Error("mine")) })).rejects.toThrow("mine");
    await expect(run.awaitCompletion({ onProgress: 5 as never })).rejects.toThrow(/onProgress is a function/);
    await expect(cb.select(Run, "late").awaitCompletion()).rejects.toMatchObject({ status: 503 });
  });

  it("is stopped and deleted by its id alone, and not used after that", async () => {
    const { cb, requests } = await livequery();
    const run = cb.select(Run, "r1");
    expect((await run.stop()).status).toBe("CANCELLED");
    const held = await run;
    await held.delete();
    await held.delete();
    expect(requests).toEqual([`PUT ${B}/runs/r1/status`, `DELETE ${B}/runs/r1`]);
    await expect(held.refresh()).rejects.toThrow(/cannot refresh a deleted query/);
    await expect(held.stop()).rejects.toMatchObject({ code: "DELETED" });
    await expect(held.awaitCompletion()).rejects.toThrow(/deleted/);
    for (const use of [
      "stream",
      "queryResults",
      "queryDeviceSummaries",
      "queryFacets",
      "queryDeviceSummaryFacets",
    ] as const) {
      expect(() => held[use]()).toThrow(/deleted/);
    }
    await expect(cb.select(Run, "over").stop()).rejects.toThrow(ClientError);
  });

  it("is compared with an older one", async () => {
    const { cb, bodies } = await livequery();
    const run = await cb.select(Run, "r1");
    await run.differences("r0", { deviceIds: [1] });
    await run.differences(run, { countOnly: true });
    await run.differences();
    expect(bodies).toEqual([
      { newer_run_id: "r1", older_run_id: "r0", criteria: { device_id: [1] }, count_only: false },
      { newer_run_id: "r1", older_run_id: "r1" },
      { newer_run_id: "r1", count_only: false },
    ]);
    await expect(run.differences("none")).rejects.toThrow(/no differences of run r1 and run none/);
    await expect(run.differences("")).rejects.toThrow(/older run is a Run or its id/);
    await expect(run.differences("r0", { deviceIds: [] })).rejects.toThrow(/empty list/);
    await expect(run.differences("r0", { countOnly: "false" as never })).rejects.toThrow(/true or false/);
  });
});

describe("runs of the past", () => {
  it("are searched", async () => {
    const { cb, bodies } = await livequery();
    const found = await cb
      .queryHistory("name:x")
      .setTemplateIds(["t1"])
      .sortBy("create_time", "desc" as never)
      .all();
    expect(found.map(({ id }) => id)).toEqual(["r1", "r2"]);
    expect(found[0]).toBeInstanceOf(RunHistory);
    expect(bodies[0]).toEqual({
      start: 0,
      rows: 1000,
      query: "name:x",
      criteria: { template_id: ["t1"] },
      sort: [{ field: "create_time", order: "DESC" }],
    });
    expect(await cb.queryHistory().count()).toBe(2);
    expect(bodies[1]).toEqual({ start: 0, rows: 1 });
    expect(String(found[0])).toContain("<RunHistory: id r1>");
    expect((await found[0]?.stop())?.status).toBe("CANCELLED");
  });

  it("come from templates, which are changed, stopped and deleted", async () => {
    const { cb, bodies, requests } = await livequery();
    const template = await cb.select(Template, "t1");
    template.name = "Renamed";
    await template.save();
    await template.stop();
    expect([template.name, template.schedule?.status]).toEqual(["Renamed", "CANCELLED"]);
    expect(bodies[0]).toMatchObject({ id: "t1", name: "Renamed", schedule: { status: "ACTIVE" } });
    expect((await cb.select(Template).all()).map(({ id }) => id)).toEqual(["t1"]);
    await template.queryRuns().first();
    expect(bodies.at(-1)).toMatchObject({ criteria: { template_id: ["t1"] } });
    template.sql = " ";
    await expect(template.save()).rejects.toThrow(/Missing LiveQuery SQL/);
    template.reset();
    await template.delete();
    expect(requests.at(-1)).toBe(`DELETE ${B}/templates/t1`);
  });
});
