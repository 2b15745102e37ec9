import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Alert, type CbApiError, MoreThanOneResultError, Process, Sensor, SensorGroup } from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { until } from "../../test-support/until.js";
import { ApiError } from "../errors.js";

const row = (i: number) => ({
  id: `00000001-0000-${i.toString(16).padStart(4, "0")}-01d3-8bc595148226`,
  segment_id: 1_517_942_721_000,
  sensor_id: 1 + (i % 3),
  process_pid: i,
  last_update: new Date(Date.UTC(2018, 1, 6) - i * 1000).toISOString(),
});

/** A search over `total` rows, as the server serves them. */
const searchOf = (total: number) => searchRoute({ total, row });

const windows = (requests: readonly string[]) =>
  requests.map((path) => {
    const query = new URL(path, "http://x").searchParams;
    return `${query.get("start")}+${query.get("rows")}`;
  });

describe("a query", () => {
  it("is not changed by narrowing it", async () => {
    const { cb } = await edrServer({});
    const broad = cb.select(Process).where("process_name:cmd.exe");
    const narrow = broad.and("username:SYSTEM").sort("start asc").groupBy("id");
    expect(broad.query).toBe("process_name:cmd.exe");
    expect(narrow.query).toBe("process_name:cmd.exe username:SYSTEM");
    expect(String(narrow)).toContain('Process query "process_name:cmd.exe username:SYSTEM"');
  });

  it("sends clauses so that an OR keeps its extent", async () => {
    const { cb } = await edrServer({});
    expect(cb.select(Process).where("a:1 or a:2").query).toBe("a:1 or a:2");
    expect(cb.select(Process).where("a:1 or a:2").where("b:3").query).toBe("(a:1 or a:2) b:3");
    expect(cb.select(Process).where({ process_name: ["a.exe", "b c.exe"] }).query).toContain('"b c.exe"');
    expect(cb.select(Process).where`process_name:net.exe cmdline:${"\\\\test\\blah"}`.query).toBe(
      "process_name:net.exe cmdline:\\\\test\\blah",
    );
  });

  it("reads all rows page by page, and takes five of them with one request", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const pids: (number | undefined)[] = [];
    for await (const proc of cb.select(Process)) pids.push(proc.process_pid);
    expect(pids).toEqual(Array.from({ length: 250 }, (_, i) => i));
    expect(windows(requests)).toEqual(["0+100", "100+100", "200+100"]);
    requests.length = 0;
    let taken = 0;
    for await (const _ of cb.select(Process)) if (++taken === 5) break;
    await delay(20);
    expect(windows(requests)).toEqual(["0+100"]);
  });

  it("asks for the next page when half of the current one has been taken", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const rows = cb.select(Process)[Symbol.asyncIterator]();
    for (let i = 0; i < 50; i++) await rows.next();
    await delay(20);
    expect(requests).toHaveLength(1);
    await rows.next();
    await until(() => requests.length === 2);
    await rows.return();
  });

  it("slices with exactly the rows that are needed", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const query = cb.select(Process);
    const pids = async (...bounds: [number?, number?]) =>
      (await query.slice(...bounds)).map((proc) => proc.process_pid);
    expect(await pids(0, 2)).toEqual([0, 1]);
    expect(await pids(150, 170)).toHaveLength(20);
    expect(windows(requests.splice(0))).toEqual(["0+2", "150+20"]);
    // Reading has told the total, so counting from the end sends no count.
    expect(await pids(-1)).toEqual([249]);
    expect(await pids(-3, -1)).toEqual([247, 248]);
    expect(await query.at(-1).process_pid).toBe(249);
    expect(windows(requests.splice(0))).toEqual(["249+1", "247+2", "249+1"]);
    expect(await pids(5, 5)).toEqual([]);
    expect(await pids(0, 0)).toEqual([]);
    expect(await pids(7, 3)).toEqual([]);
    expect(await query.at(-251)).toBeUndefined();
    expect(requests).toEqual([]);
    expect(await query.at(400)).toBeUndefined();
  });

  it("counts with a request of its own, and not again", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const query = cb.select(Process);
    expect(await query.count()).toBe(250);
    expect(await query.count()).toBe(250);
    expect(windows(requests)).toEqual(["0+0"]);
    expect(requests[0]).not.toContain("sort");
  });

  it("gives the only row, and names the number of rows when there is not one", async () => {
    const one = await edrServer({ "/api/v1/process": searchOf(1) });
    expect(await one.cb.select(Process).one().process_pid).toBe(0);
    for (const total of [0, 17]) {
      const { cb } = await edrServer({ "/api/v1/process": searchOf(total) });
      const error = await Promise.resolve(cb.select(Process).where("a:b").one()).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(MoreThanOneResultError);
      expect((error as MoreThanOneResultError).count).toBe(total);
      expect((error as Error).message).toBe(`${total} results found for query a:b`);
    }
  });

  it("refuses bad bounds before anything is sent", async () => {
    const { cb, requests } = await edrServer({});
    await expect(cb.select(Process).slice(1.5)).rejects.toThrow(ApiError);
    expect(() => cb.select(Process).at(Number.NaN)).toThrow(ApiError);
    expect(() => cb.select(Process).batchSize(0)).toThrow(ApiError);
    await expect(cb.select(Process).all({ limit: -1 })).rejects.toThrow(ApiError);
    expect(() => cb.select(Process).sort("start; drop")).toThrow(/field asc/);
    expect(requests).toEqual([]);
  });

  it("stops at once when it is aborted, also while a page is under way", async () => {
    const { cb } = await edrServer({ "/api/v1/process": searchOf(10_000_000) });
    const controller = new AbortController();
    const reading = (async () => {
      let seen = 0;
      for await (const _ of cb.select(Process).iterate({ signal: controller.signal })) {
        if (++seen === 130) controller.abort(new Error("enough"));
      }
    })();
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("the report of a query", () => {
  it("says that a result is complete", async () => {
    const { cb } = await edrServer({ "/api/v1/process": searchOf(120) });
    const rows = await cb.select(Process).all();
    expect(rows.report()).toEqual({
      available: 120,
      wanted: undefined,
      returned: 120,
      duplicates: 0,
      totalOrder: false,
      pages: 2,
      complete: true,
      reasons: [],
    });
    const some = await cb.select(Process).all({ limit: 30 });
    expect(some.report()).toMatchObject({ available: 120, wanted: 30, returned: 30, complete: true });
  });

  it("says what is missing when the server counts more rows than it gives", async () => {
    const { cb } = await edrServer({
      "/api/v1/process": (query) => ({ ...searchOf(150)(query), total_results: 200 }),
    });
    const rows = await cb.select(Process).all();
    expect(rows).toHaveLength(150);
    expect(rows.report()).toMatchObject({ complete: false, available: 200, returned: 150 });
    expect(rows.report().reasons).toEqual(["50 of 200 rows are missing: the server counts more rows than it gave"]);
  });

  it("drops rows that come twice, and says that rows are missing then", async () => {
    let page = 0;
    const { cb } = await edrServer({
      "/api/v1/process"(query) {
        const start = Math.max(0, Number(query.get("start")) - 10 * page++);
        return { total_results: 300, results: Array.from({ length: 100 }, (_, i) => row(start + i)) };
      },
    });
    const rows = await cb.select(Process).all();
    expect(new Set(rows.map((proc) => proc.process_pid)).size).toBe(rows.length);
    expect(rows.report()).toMatchObject({ complete: false, duplicates: 300 - rows.length });
  });

  it("says that rows may have been passed over when the count falls", async () => {
    let page = 0;
    const { cb } = await edrServer({
      "/api/v1/process": (query) => searchOf(page++ === 0 ? 300 : 290)(query),
    });
    const query = cb.select(Process);
    for await (const _ of query);
    expect(query.report()).toMatchObject({ complete: false });
    expect(query.report()?.reasons.join()).toMatch(/count fell by 10/);
  });

  it("tells a reading that was broken off from one that failed", async () => {
    const { cb } = await edrServer({
      "/api/v1/process": (query) => (query.get("start") === "100" ? { status: 500, text: "no" } : searchOf(300)(query)),
    });
    const query = cb.select(Process);
    for await (const _ of query) break;
    expect(query.report()?.reasons).toEqual(["the caller stopped reading after 1 rows"]);
    const execution = query.iterate();
    await expect(
      (async () => {
        for await (const _ of execution);
      })(),
    ).rejects.toThrow("no");
    expect(execution.report()).toMatchObject({ complete: false, returned: 100 });
  });

  it("gives each row once and in order, or says that some are missing, whatever the server does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          total: fc.integer({ min: 0, max: 60 }),
          batch: fc.integer({ min: 1, max: 20 }),
          overestimate: fc.constantFrom(0, 0, 3),
          shifts: fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 8 }),
        }),
        async ({ total, batch, overestimate, shifts }) => {
          // Rows appear at the top (positive) or vanish from it (negative) between two requests.
          let rows = Array.from({ length: total }, (_, i) => row(1000 + i));
          let next = 999;
          let requests = 0;
          const { cb } = await edrServer({
            "/api/v1/process"(query) {
              if (requests > 0) {
                const shift = shifts[requests - 1] ?? 0;
                for (let i = 0; i < shift; i++) rows = [row(next--), ...rows];
                if (shift < 0) rows = rows.slice(-shift);
              }
              requests++;
              return { ...searchRoute(rows)(query), total_results: rows.length + overestimate };
            },
          });
          const before = rows;
          const got = await cb.select(Process).batchSize(batch).all();
          const ids = got.map((proc) => proc.id);
          expect(new Set(ids).size).toBe(ids.length);
          const wanted = before.map(({ id }) => id).filter((id) => rows.some((r) => r.id === id));
          const missing = wanted.filter((id) => !ids.includes(id));
          if (missing.length > 0) expect(got.report().complete).toBe(false);
          // Rows that move both ways can pass one another; otherwise the order holds.
          if (shifts.some((shift) => shift < 0) && shifts.some((shift) => shift > 0)) return;
          const order = ids.map((id) => before.findIndex((r) => r.id === id)).filter((at) => at >= 0);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("included joins", () => {
  it("asks for every distinct object once, page by page", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": searchOf(10),
      ...Object.fromEntries(
        [1, 2, 3].map((id) => [`/api/v1/sensor/${id}`, { id, computer_name: `H${id}`, group_id: 1 }]),
      ),
      "/api/v3/group/1": [{ id: 1, name: "Default Group" }],
    });
    const names = [];
    for await (const proc of cb.select(Process).include("sensor.group")) {
      names.push(`${await proc.sensor.hostname} ${await proc.sensor.group.name}`);
    }
    expect(names).toHaveLength(10);
    expect(names[1]).toBe("H2 Default Group");
    expect(requests.slice(1).sort()).toEqual([
      "/api/v1/sensor/1",
      "/api/v1/sensor/2",
      "/api/v1/sensor/3",
      "/api/v3/group/1",
    ]);
  });

  it("leaves the failure of a join to whoever reads it, and asks for what is not there once", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": searchOf(6),
      "/api/v1/sensor/2": { status: 403, text: "not for you" },
      "/api/v1/sensor/3": { id: 3, computer_name: "H3", group_id: 1 },
      "/api/v3/group/1": { status: 403, text: "not for you" },
    });
    const rows = await cb.select(Process).include("sensor.group", "binary").all();
    const hostnames = rows.map((proc) =>
      Promise.resolve(proc.sensor.hostname).catch((error: CbApiError) => error.status),
    );
    expect(await Promise.all(hostnames)).toEqual([404, 403, "H3", 404, 403, "H3"]);
    expect(requests.filter((path) => path === "/api/v1/sensor/1")).toHaveLength(1);
  });

  it("asks for nothing beyond a join that no row has", async () => {
    const { cb, requests } = await edrServer({ "/api/v2/alert": searchRoute([{ unique_id: "a" }]) });
    expect(await cb.select(Alert).include("sensor.group", "process.sensor").all()).toHaveLength(1);
    expect(requests).toHaveLength(1);
  });

  it("takes a hash that is none for no binary", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": { total_results: 1, results: [{ ...row(1), process_md5: "(unknown)" }] },
    });
    const [proc] = await cb.select(Process).include("binary").all();
    expect(await proc?.binary.signed).toBeUndefined();
    expect(requests.filter((path) => path.includes("binary"))).toEqual([]);
  });

  it("refuses a name that is no join, where it is written", async () => {
    const { cb } = await edrServer({ "/api/v1/process": searchOf(1) });
    // @ts-expect-error cmdline is no join
    expect(() => cb.select(Process).include("cmdline")).toThrow("Process has no join named cmdline");
  });
});

describe("a list", () => {
  const groups = [
    { id: 1, name: "Default Group", site_id: 1 },
    { id: 2, name: "Servers", site_id: 1 },
    { id: 3, name: "Laptops", site_id: 2 },
  ];

  it("makes its objects known, and is read again when documents have grown old", async () => {
    let now = 1_000_000;
    const clock = { now: () => now, sleep: async () => {} };
    const { cb, requests } = await edrServer({ "/api/v3/group": groups }, { clock });
    const query = cb.select(SensorGroup);
    await query.all();
    expect(await cb.select(SensorGroup, 2).name).toBe("Servers");
    expect(requests).toEqual(["/api/v3/group"]);
    now += 61_000;
    await query.all();
    expect(requests).toEqual(["/api/v3/group", "/api/v3/group"]);
  });

  it("is read once, filtered and sorted here", async () => {
    const { cb, requests } = await edrServer({ "/api/v3/group": groups });
    const query = cb.select(SensorGroup);
    const names = async (q: typeof query) => (await q.all()).map((group) => group.name);
    expect(await names(query.where("name:servers"))).toEqual(["Servers"]);
    expect(await names(query.where("site_id:1").and({ id: 2 }))).toEqual(["Servers"]);
    expect(await names(query.sort("name asc"))).toEqual(["Default Group", "Laptops", "Servers"]);
    expect(await names(query.sort("id"))).toEqual(["Laptops", "Servers", "Default Group"]);
    expect(await query.count()).toBe(3);
    expect(await query.at(-1).name).toBe("Laptops");
    expect(requests).toEqual(["/api/v3/group"]);
    expect(() => query.where("nonsense")).toThrow(/field:value/);
  });

  it.each([undefined, null, Number.NaN, ["x"]])("refuses %s for a value", async (value) => {
    const { cb } = await edrServer({});
    expect(() => cb.select(SensorGroup).where({ name: value as never })).toThrow(ApiError);
  });

  it("of sensors takes several conditions, of which the server applies one", async () => {
    const sensors = [
      { id: 1, computer_name: "WIN-A", group_id: 1, network_adapters: "10.0.0.1,000000000001|" },
      { id: 2, computer_name: "WIN-B", group_id: 2, network_adapters: "10.0.0.2,000000000002|" },
      { id: 3, computer_name: "LNX-B", group_id: 2, network_adapters: "10.0.0.3,000000000003|" },
    ];
    const { cb, requests } = await edrServer({
      "/api/v2/sensor": searchRoute((query) =>
        sensors.filter((s) => s.computer_name.includes(query.get("hostname") ?? "")),
      ),
    });
    const query = cb.select(Sensor).where({ groupid: 2 }).where("hostname:WIN");
    expect((await query.all()).map((sensor) => sensor.id)).toEqual([2]);
    expect(await query.count()).toBe(1);
    expect(await query.first().hostname).toBe("WIN-B");
    expect(requests[0]).toBe("/api/v2/sensor?hostname=WIN&rows=100&sort.col=computer_name&sort.dir=asc&start=0");
    expect(() => cb.select(Sensor).where("os:linux")).toThrow("Field name must be one of: ip, hostname, groupid");
  });
});
