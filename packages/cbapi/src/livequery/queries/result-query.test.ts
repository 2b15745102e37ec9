// What devices have answered: pages, criteria, counts, more rows than a search reaches, and files of them.

import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { type CloudRequest, cloudSearchRoute, cloudServer } from "../../test-support/cloud-server.js";
import {
  CbLiveQueryAPI,
  type CbLiveQueryOptions,
  DeviceSummary,
  DeviceSummaryFacet,
  Result,
  ResultFacet,
  Run,
} from "../index.js";

const B = "/livequery/v1/orgs/{org}/runs";
const row = (index: number) => ({
  id: "r1",
  device: { id: index % 7, name: `host-${index % 7}`, policy_id: 1, policy_name: "p", os: "LINUX" },
  status: "matched",
  fields: { pid: String(index) },
});

interface Scroll {
  readonly rows: number;
  readonly search_after?: readonly [number];
}

async function livequery(rows: readonly object[], options: CbLiveQueryOptions = {}) {
  const refuse = { status: 400, text: '{"message":"start + rows"}' };
  return cloudServer(
    {
      [`POST ${B}/r1/results/_search`]: (request: CloudRequest) => {
        const { start = 0, rows: count = 20 } = request.body as { start?: number; rows?: number };
        if (request.query.get("async") === "true") return { ref_url: "https://cb/jobs/v1/orgs/WNEX/jobs/12345" };
        if (request.query.get("format") === "csv") return { status: 200, text: "device,pid\na,1\n", type: "text/csv" };
        return start + count > 10_000 ? refuse : cloudSearchRoute(() => rows, 0)(request);
      },
      [`POST ${B}/results/_scroll`]: ({ body }: CloudRequest) => {
        const { rows: count, search_after: [from] = [0] } = body as Scroll;
        const page = rows.slice(from, from + count);
        const end = from + page.length;
        return { num_found: rows.length, num_remaining: rows.length - end, search_after: [end], results: page };
      },
      [`POST ${B}/r1/results/device_summaries/_search`]: cloudSearchRoute(
        () => [
          {
            device: { id: 1, name: "a", os: "LINUX", policy_id: 2, policy_name: "p" },
            status: "matched",
            metrics: { cpu: 1 },
          },
          { id: "s2", device_id: 2, device_name: "b", status: "error", metrics: [{ key: "cpu", value: 2 }, null] },
          { device: { id: 3, name: "c" }, status: "not_started" },
        ],
        0,
      ),
      [`POST ${B}/r1/results/_facet`]: ({ body }: CloudRequest) => ({
        terms: (body as { terms: { fields: string[] } }).terms.fields.map((field) => ({
          field,
          values: [{ id: "x", name: "x", total: 3 }],
        })),
      }),
      [`POST ${B}/r1/results/device_summaries/_facet`]: { terms: [{ field: "status", values: null }] },
      "GET /jobs/v1/orgs/{org}/jobs/12345": { id: 12_345, status: "COMPLETED" },
    },
    options,
    CbLiveQueryAPI,
  );
}

const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index));
const pids = (found: readonly Result[]) => found.map(({ fields_ }) => Number(fields_["pid"]));

describe("results", () => {
  it("come whole, page by page, with what each is about", async () => {
    const { cb, bodies } = await livequery(rows(25));
    const found = await cb.select(Result).runId("r1").batchSize(10).all();
    expect(pids(found)).toEqual(Array.from({ length: 25 }, (_, index) => index));
    expect(found.report()).toMatchObject({ available: 25, returned: 25, complete: true, duplicates: 0 });
    expect(bodies.map((body) => (body as { start: number }).start)).toEqual([0, 10, 20]);
    const [first] = found as unknown as [Result];
    expect([first.id, first.device_.name, first.metrics_, first.isLoaded]).toEqual(["r1", "host-0", {}, true]);
    await expect(first.refresh()).rejects.toThrow(/cannot be read one by one/);
  });

  it("that are bare have neither columns nor a device", async () => {
    const { cb } = await livequery([{ id: "r1", status: "error", device_message: "no such table: x" }, {}]);
    const [bare, blank] = (await cb.select(Result).runId("r1").all()) as unknown as [Result, Result];
    expect([bare.status, bare.device_, bare.fields_, bare.metrics_]).toEqual(["error", {}, {}, {}]);
    expect([blank.id, blank.fields_]).toEqual(["r1", {}]);
  });

  it("are narrowed by criteria in the words of today, and in those that are given on request", async () => {
    const narrowed = (cb: CbLiveQueryAPI) =>
      cb
        .select(Result)
        .runId("r1")
        .where("a.exe")
        .criteria({ device_name: ["x"], status: ["error"] })
        .criteria({ status: ["matched"] })
        .setDeviceIds([1])
        .setDeviceIds([2])
        .setDeviceNames(["y"])
        .setDeviceOs(["LINUX"])
        .setPolicyIds([3])
        .setPolicyNames(["p"])
        .setStatuses(["not_matched"]);
    const current = await livequery([]);
    await narrowed(current.cb).sortBy("device.name", "DESC").all();
    const common = {
      "device.id": [1, 2],
      "device.os": ["LINUX"],
      "device.policy_id": [3],
      "device.policy_name": ["p"],
      status: ["matched", "not_matched"],
    };
    expect(current.bodies).toEqual([
      {
        query: "a.exe",
        criteria: { ...common, "device.name": ["x", "y"] },
        sort: [{ field: "device.name", order: "DESC" }],
        start: 0,
        rows: 1000,
      },
    ]);
    const classic = await livequery([], { routes: "classic" });
    await narrowed(classic.cb).all();
    expect(classic.bodies).toEqual([
      { query: "a.exe", criteria: { ...common, device_name: ["x"], "device.name": ["y"] }, start: 0 },
    ]);
  });

  it("need a run, and criteria that make sense", async () => {
    const { cb, requests } = await livequery([]);
    const all = cb.select(Result);
    await expect(all.all()).rejects.toThrow(/Can't retrieve results without a run ID/);
    await expect(all.count()).rejects.toThrow(/Can't retrieve count without a run ID/);
    expect(() => all.csv()).toThrow(/without a run ID/);
    for (const id of ["", 5, undefined]) expect(() => all.runId(id as string)).toThrow(/run_id is the id of a run/);
    expect(() => all.criteria({ status: "matched" as never })).toThrow(/a list is expected/);
    expect(() => all.criteria({ status: [] })).toThrow(/empty list/);
    expect(() => all.criteria({ status: [{} as never] })).toThrow(/invalid values/);
    expect(() => all.criteria(["matched"] as never)).toThrow(/object of lists/);
    expect(() => all.setDeviceIds(["x" as never])).toThrow(/invalid device IDs/);
    expect(() => all.setDeviceOs([""])).toThrow(/invalid device OS/);
    expect(() => all.setPolicyIds([true as never])).toThrow(/invalid policy IDs/);
    expect(() => all.sortBy("x", "UP" as never)).toThrow(/sort direction/);
    expect(() => all.setRunIds([])).toThrow(/list of ids/);
    expect(() => all.setTimeReceived({} as never)).toThrow(ApiError);
    expect(requests).toEqual([]);
  });

  it("beyond the 10,000 of a search are read by a scroll, each once", async () => {
    const { cb, requests } = await livequery(rows(25_001));
    const found = await cb.select(Result).runId("r1").batchSize(10_000).all();
    expect(new Set(pids(found)).size).toBe(25_001);
    expect(found.report()).toMatchObject({ available: 25_001, returned: 25_001, complete: true });
    expect(requests.map((request) => request.endsWith("_scroll"))).toEqual([false, true, true, true]);
  });

  it("beyond them are told to be missing where nothing reads on", async () => {
    for (const [routes, order] of [
      ["classic", undefined],
      ["current", "device.name"],
    ] as const) {
      const { cb } = await livequery(rows(10_050), { routes });
      const all = cb.select(Result).runId("r1").batchSize(10_000);
      const found = await (order === undefined ? all : all.sortBy(order)).all();
      expect([found.length, found.report().available, found.report().complete]).toEqual([10_000, 10_050, false]);
      expect(found.report().reasons[0]).toMatch(routes === "classic" ? /routes: "current"/ : /leave out sortBy/);
    }
  });

  it("of several runs, or of a span of time, are read by a scroll alone", async () => {
    const { cb, bodies, requests } = await livequery(rows(30));
    const across = cb.select(Result).setRunIds(["r1", "r2"]).setStatuses(["matched"]).batchSize(20);
    expect(pids(await across.all()).length).toBe(30);
    expect(await across.slice(25).then(pids)).toEqual([25, 26, 27, 28, 29]);
    expect(bodies.slice(0, 2)).toEqual([
      { criteria: { status: ["matched"], run_id: ["r1", "r2"] }, rows: 20 },
      { criteria: { status: ["matched"], run_id: ["r1", "r2"] }, rows: 20, search_after: [20] },
    ]);
    const recent = cb.select(Result).setTimeReceived({ range: "-3h" });
    expect(await recent.count()).toBe(30);
    expect(bodies.at(-1)).toEqual({ criteria: { time_received: { range: "-3h" } }, rows: 1 });
    expect(requests.every((request) => request === `POST ${B}/results/_scroll`)).toBe(true);
    await expect(across.runId("r1").all()).rejects.toThrow(/one run/);
    await expect(across.sortBy("x").all()).rejects.toThrow(/leave out sortBy/);
    expect(() => recent.setTimeReceived({ range: "3h" })).toThrow(/range is a minus/);
  });

  it("are written to files", async () => {
    const { cb, seen, bodies } = await livequery([]);
    const query = cb.select(Result).runId("r1").setStatuses(["matched"]);
    expect(await query.csv().text()).toBe("device,pid\na,1\n");
    const lines = [];
    for await (const line of query.csv().lines()) lines.push(line);
    expect(lines).toEqual(["device,pid", "a,1"]);
    expect((await query.zippedCsv().read(6)).toString()).toBe("device");
    const job = await query.exportJob();
    expect([job.id, (await job.load()).status]).toEqual([12_345, "COMPLETED"]);
    expect(seen.slice(0, 4).map(({ query: parameters }) => parameters.toString())).toEqual([
      "format=csv",
      "format=csv",
      "download=true&format=csv",
      "async=true&format=csv",
    ]);
    expect(bodies[0]).toEqual({ criteria: { status: ["matched"] } });
  });
});

describe("device summaries", () => {
  it("tell the device in one way, whatever the server's", async () => {
    const { cb } = await livequery([]);
    const found = await cb.select(DeviceSummary).runId("r1").all();
    expect(found.map(({ device_id, device_name, status, os }) => [device_id, device_name, status, os])).toEqual([
      [1, "a", "matched", "LINUX"],
      [2, "b", "error", undefined],
      [3, "c", "not_started", undefined],
    ]);
    expect(found.map(({ metrics_ }) => metrics_)).toEqual([{ cpu: 1 }, { cpu: 2 }, {}]);
    expect(found.map((summary) => /id (\w+)>/.exec(String(summary))?.[1])).toEqual(["1", "s2", "3"]);
  });
});

describe("facets", () => {
  it("count by fields, in one request", async () => {
    const { cb, bodies, requests } = await livequery([]);
    const facets = cb.select(ResultFacet).runId("r1").facetField("status").facetField(["device.os", "status"]).rows(5);
    const found = await facets.setStatuses(["matched"]).where("x").all();
    expect(found.map(({ field, values_ }) => [field, values_[0]?.total])).toEqual([
      ["status", 3],
      ["device.os", 3],
    ]);
    expect(bodies).toEqual([
      { query: "x", criteria: { status: ["matched"] }, terms: { fields: ["status", "device.os"], rows: 5 } },
    ]);
    expect([await facets.count(), (await facets.first())?.field]).toEqual([2, "status"]);
    const [summary] = await cb.select(DeviceSummaryFacet).runId("r1").facetField("status").all();
    expect(summary?.values_).toEqual([]);
    expect(requests.length).toBe(4);
  });

  it("need a field and a run, and are reached from the run or a row", async () => {
    const { cb, requests } = await livequery(rows(1));
    await expect(cb.select(ResultFacet).runId("r1").all()).rejects.toThrow(/No field was named/);
    await expect(cb.select(ResultFacet).facetField("status").all()).rejects.toThrow(/without a run ID/);
    expect(() => cb.select(ResultFacet).facetField([])).toThrow(/facetField takes/);
    expect(() => cb.select(ResultFacet).facetField("")).toThrow(/facetField takes/);
    expect(() => cb.select(ResultFacet).rows(0)).toThrow(/from 1 on/);
    expect(requests).toEqual([]);
    const run = cb.select(Run, "r1");
    expect((await (await run.queryFacets()).facetField("status").all()).length).toBe(1);
    const [row] = (await (await run.queryResults()).all()) as unknown as [Result];
    expect((await row.queryResultFacets().facetField("x").all()).length).toBe(1);
    expect((await row.queryDeviceSummaryFacets().facetField("x").all()).length).toBe(1);
    expect((await row.queryDeviceSummaries().all()).length).toBe(3);
  });
});
