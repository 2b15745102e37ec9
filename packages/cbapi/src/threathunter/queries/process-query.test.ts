import { describe, expect, it } from "vitest";
import { ApiError, QuerySyntaxError, TimeoutError } from "../../core/errors.js";
import { Q } from "../../core/query/terms.js";
import { QueryBuilder } from "../../psc/query-language/query-builder.js";
import { IdleClock } from "../../test-support/idle-clock.js";
import { JumpClock } from "../../test-support/jump-clock.js";
import { type SubmittedSearch, searchServer } from "../../test-support/search-server.js";
import { Process } from "../models/process/process.js";

const V2 = "/api/investigate/v2/orgs/{org}/processes";

const processes = (count: number): { process_guid: string; device_timestamp: string; process_start_time: string }[] =>
  Array.from({ length: count }, (_, index) => ({
    process_guid: `G-${index}`,
    // Three of them share each millisecond.
    device_timestamp: new Date(1.6e12 - Math.floor(index / 3)).toISOString(),
    process_start_time: new Date(1.5e12 + index).toISOString(),
  }));

describe("a search", () => {
  it("is validated, submitted, awaited and read page by page", async () => {
    const clock = new JumpClock();
    const all = processes(25);
    const { cb, requests, searches } = await searchServer(
      {
        rows: () => all,
        progress: ({ looks }) => ({ contacted: looks > 1 ? 41 : 0, completed: looks > 3 ? 41 : 13 }),
      },
      { clock },
    );
    const began = clock.now();
    const found = await cb.select(Process).where({ process_name: "a b.exe" }).batchSize(10).all();
    expect(found.map(({ process_guid }) => process_guid)).toEqual(all.map(({ process_guid }) => process_guid));
    expect(found.report()).toMatchObject({ complete: true, available: 25, pages: 3, totalOrder: true });
    expect(requests).toEqual([
      `POST ${V2}/search_validation`,
      `POST ${V2}/search_jobs`,
      ...Array.from({ length: 4 }, () => `GET ${V2}/search_jobs/job-0/results?rows=0&start=0`),
      `GET ${V2}/search_jobs/job-0/results?rows=10&start=0`,
      `GET ${V2}/search_jobs/job-0/results?rows=10&start=10`,
      `GET ${V2}/search_jobs/job-0/results?rows=10&start=20`,
    ]);
    expect(searches[0]?.body).toEqual({
      query: "process_name:a\\ b.exe",
      fields: expect.arrayContaining(["*", "ttp"]) as unknown,
      rows: 10_000,
      sort: [{ field: "device_timestamp", order: "DESC" }],
    });
    expect(clock.now() - began).toBe(1500);
  });

  it("takes criteria, exclusions, a span of time, fields, and an order of several keys", async () => {
    const { cb, searches, requests } = await searchServer();
    await cb
      .select(Process)
      .addCriteria("device_os", ["WINDOWS"])
      .addCriteria("device_os", ["MAC"])
      .addExclusions("enriched", [true])
      .setTimeRange({ range: "-2w" })
      .setFields(["process_name"])
      .setCollapseField("process_sha256")
      .sortBy("process_name")
      .sortBy("device_timestamp", "DESC")
      .sortBy("process_name", "DESC")
      .all();
    expect(searches[0]?.body).toEqual({
      criteria: { device_os: ["WINDOWS", "MAC"] },
      exclusions: { enriched: [true] },
      time_range: { window: "-2w" },
      fields: ["process_name"],
      collapse_field: ["process_sha256"],
      sort: [
        { field: "process_name", order: "DESC" },
        { field: "device_timestamp", order: "DESC" },
      ],
      rows: 10_000,
    });
    // There is no text to be validated.
    expect(requests[0]).toBe(`POST ${V2}/search_jobs`);
  });

  it("gives its count and its first rows from one job, and runs anew later", async () => {
    const clock = new JumpClock();
    const { cb, searches } = await searchServer({ rows: () => processes(12) }, { clock });
    const query = cb.select(Process).where("process_name:a");
    expect(await query.count()).toBe(12);
    expect((await query.slice(-2)).map(({ process_guid }) => process_guid)).toEqual(["G-10", "G-11"]);
    expect(searches).toHaveLength(1);
    clock.pass(10_001);
    expect(await query.all()).toHaveLength(12);
    expect(searches).toHaveLength(2);
  });

  it("takes a builder in place of what was there, and is never changed", async () => {
    const { cb } = await searchServer();
    const query = cb.select(Process).where("a:b");
    expect(query.where(new QueryBuilder({ c: 1 }).or({ d: 2 })).and(Q("e:3")).query).toBe("(c:1 OR d:2) AND e:3");
    expect(query.query).toBe("a:b");
    expect(String(query)).toContain('<Process query "a:b">');
  });
});

describe("a query that the server cannot read", () => {
  it("is refused with its reason and the place, and nothing is searched", async () => {
    const { cb, searches } = await searchServer({ valid: false });
    const failed = await cb
      .select(Process)
      .where("process_name:(")
      .first()
      .then(undefined, (error: unknown) => error);
    expect(failed).toBeInstanceOf(QuerySyntaxError);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/process_name:\(.*Invalid Query Parameter.*at character 13/) as unknown,
      serverMessage: "Invalid Query Parameter",
    });
    expect(searches).toHaveLength(0);
    expect(await cb.validateQuery("process_name:(")).toBe(false);
  });
});

describe("waiting", () => {
  const never = { progress: () => ({ contacted: 3, completed: 1 }), rows: () => processes(2) };

  it("ends with an error when the time is up, five minutes where none is named", async () => {
    const clock = new JumpClock();
    const { cb } = await searchServer(never, { clock });
    const began = clock.now();
    await expect(cb.select(Process).where("a:b").all()).rejects.toThrow(TimeoutError);
    expect(clock.now() - began).toBe(300_000);
    await expect(cb.select(Process).where("a:b").timeout(2000).all()).rejects.toThrow(
      /1 of 3 searchers had answered after 2000 ms.*allowPartial/,
    );
    expect(clock.now() - began).toBe(302_000);
  });

  it("gives what there is by then on request, and says so", async () => {
    const clock = new JumpClock();
    const { cb } = await searchServer(never, { clock });
    const found = await cb.select(Process).timeout(2000).allowPartial().all();
    expect(found).toHaveLength(2);
    expect(found.report().complete).toBe(false);
    expect(found.report().reasons).toEqual([
      "the search was not over after 2000 ms: 1 of 3 searchers had answered, and these rows are theirs",
    ]);
  });

  it("counts the time although no searcher is ever contacted", async () => {
    const clock = new JumpClock();
    const { cb } = await searchServer({ progress: () => ({ contacted: 0, completed: 0 }) }, { clock });
    await expect(cb.select(Process).all()).rejects.toThrow(/no searcher had been asked/);
  });

  it("is not needed where the organization has no data", async () => {
    const { cb, requests } = await searchServer({
      progress: () => ({ contacted: 0, completed: 0 }),
      answer: () => ({ message: "No data available, verify your endpoint communications or try again later" }),
    });
    const found = await cb.select(Process).all();
    expect(found).toHaveLength(0);
    expect(found.report().complete).toBe(true);
    expect(requests).toHaveLength(3);
  });

  it("ends when the caller gives up, and asks no more", async () => {
    const clock = new IdleClock();
    const { cb, requests } = await searchServer(never, { clock });
    const giveUp = new AbortController();
    const search = cb.select(Process).all({ signal: giveUp.signal });
    void clock.sleep(5000).then(() => giveUp.abort(new Error("enough")));
    await expect(search).rejects.toThrow("enough");
    await clock.sleep(1000);
    const asked = [...requests];
    expect(asked.length).toBeGreaterThan(5);
    // All that is still said is that nobody waits for it, which this server does not understand.
    expect(asked.filter((request) => !/^(GET|POST) /.test(request))).toEqual([`DELETE ${V2}/search_jobs/job-0`]);
    expect(asked.at(-1)).toMatch(/^DELETE /);
    await clock.sleep(60_000);
    expect(requests).toEqual(asked);
  });
});

describe("results that the server has dropped", () => {
  const gone =
    (when: (search: SubmittedSearch) => boolean) =>
    (search: SubmittedSearch): object | undefined =>
      when(search) ? undefined : {};

  it("are searched for once more, and reading goes on", async () => {
    const all = processes(30);
    const { cb, searches } = await searchServer({
      rows: () => all,
      answer: gone(({ id, looks }) => id === "job-0" && looks > 2),
    });
    const found = await cb.select(Process).batchSize(10).all();
    expect(found.map(({ process_guid }) => process_guid)).toEqual(all.map(({ process_guid }) => process_guid));
    expect(found.report()).toMatchObject({
      complete: true,
      notes: [expect.stringContaining("the search was run once more") as unknown],
    });
    expect(searches).toHaveLength(2);
  });

  it("are an error that can be repeated when they are gone again", async () => {
    const { cb } = await searchServer({ rows: () => processes(30), answer: gone(({ looks }) => looks > 1) });
    await expect(cb.select(Process).batchSize(10).all()).rejects.toMatchObject({
      code: "JOB_EXPIRED",
      retryable: true,
      message: expect.stringContaining("Run the search once more") as unknown,
    });
  });
});

describe("a long result", () => {
  /** Searches as the service does: by the limits in the query, and in the order that is asked for. */
  const service = (all: ReturnType<typeof processes>) => ({
    rows: ({ body }: SubmittedSearch) => {
      const { query = "", sort = [] } = body as { query?: string; sort?: { field: string; order: string }[] };
      const limit = /(device_timestamp|process_start_time):\[(?:\* TO "(.+?)"|"(.+?)" TO \*)\]$/.exec(query);
      const value = (row: (typeof all)[number]) => Reflect.get(row, limit?.[1] ?? "") as string;
      const rows = all.filter(
        (row) => limit === null || (limit[2] === undefined ? value(row) >= String(limit[3]) : value(row) <= limit[2]),
      );
      const [key] = sort;
      if (key === undefined) return rows.toReversed();
      const by = (row: object) => Reflect.get(row, key.field) as string;
      const sign = key.order === "ASC" ? 1 : -1;
      return rows.toSorted((a, b) => sign * by(a).localeCompare(by(b)) || a.process_guid.localeCompare(b.process_guid));
    },
  });

  it.each([
    ["the newest first", (query: ReturnType<typeof Process.query>) => query, "device_timestamp", -1],
    [
      "by their start",
      (query: ReturnType<typeof Process.query>) => query.sortBy("process_start_time"),
      "process_start_time",
      1,
    ],
  ] as const)("is complete and in order, %s", async (_, ordered, field, sign) => {
    const all = processes(25_000);
    const { cb, searches } = await searchServer(service(all));
    const seen: string[] = [];
    const times: string[] = [];
    const rows = ordered(cb.select(Process).where("a:1 OR b:2")).iterate();
    for await (const row of rows) {
      seen.push(row.process_guid);
      times.push(row.get<string>(field) ?? "");
    }
    expect(new Set(seen).size).toBe(25_000);
    expect(seen).toHaveLength(25_000);
    expect(times).toEqual(times.toSorted((a, b) => sign * a.localeCompare(b)));
    expect(rows.report()).toMatchObject({ complete: true, available: 25_000, duplicates: 0 });
    expect(searches).toHaveLength(3);
    expect(searches[1]?.body["query"]).toMatch(new RegExp(`^\\(a:1 OR b:2\\) AND ${field}:\\[`));
  });

  it("is so with classic routes too, which send no order otherwise", async () => {
    const all = processes(12_000);
    const { cb, searches } = await searchServer(service(all), { routes: "classic" });
    const found = await cb.select(Process).where("a:1").all();
    expect(new Set(found.map(({ process_guid }) => process_guid)).size).toBe(12_000);
    expect(found.report().complete).toBe(true);
    expect(searches.map(({ body }) => body["sort"] !== undefined)).toEqual([false, true, true]);
  });

  it("says what is missing where its order has no time", async () => {
    const { cb } = await searchServer(service(processes(10_500)));
    const found = await cb.select(Process).sortBy("process_guid").all();
    expect(found).toHaveLength(10_000);
    expect(found.report()).toMatchObject({ complete: false, available: 10_500 });
    expect(found.report().reasons.join()).toContain("order it by device_timestamp or process_start_time");
    await expect(cb.select(Process).sortBy("process_guid").slice(10_100, 10_101)).rejects.toThrow(ApiError);
  });

  it("says what is missing where too many share a time", async () => {
    const all = processes(10_500).map((row) => ({ ...row, device_timestamp: "2020-09-13T12:26:40.000Z" }));
    const { cb } = await searchServer(service(all));
    const found = await cb.select(Process).all();
    expect(found.report().complete).toBe(false);
    expect(found.report().reasons.join()).toContain("too many rows share one device_timestamp");
  });

  it("can be read from its end", async () => {
    const { cb } = await searchServer(service(processes(10_500)));
    const last = await cb.select(Process).at(-1);
    expect(last?.get("device_timestamp")).toBe(new Date(1.6e12 - 3499).toISOString());
  });
});

describe("numbers that do not fit", () => {
  it("are told: the server found more than it gives", async () => {
    const { cb } = await searchServer({ rows: () => processes(5), answer: () => ({ num_found: 7 }) });
    const found = await cb.select(Process).all();
    expect(found.report().reasons).toEqual(["the server found 7 rows and gives 5 of them"]);
  });

  it("are told: a page came empty before the end", async () => {
    const { cb } = await searchServer({ rows: () => [], answer: () => ({ num_found: 5, num_available: 5 }) });
    const found = await cb.select(Process).all();
    expect(found).toHaveLength(0);
    expect(found.report().complete).toBe(false);
  });
});

describe("bad input", () => {
  it.each<[string, (query: ReturnType<typeof Process.query>) => unknown, RegExp]>([
    ["a negative timeout", (query) => query.timeout(-1), /timeout wants/],
    ["a sort direction", (query) => query.sortBy("a", "UP" as "ASC"), /sort direction/],
    ["a sort field", (query) => query.sortBy(""), /name of a field/],
    ["an empty criterion", (query) => query.addCriteria("device_os", []), /empty list/],
    ["a criterion without a name", (query) => query.addCriteria("", ["a"]), /name of a field/],
    ["a criterion that is no list", (query) => query.addExclusions("a", "b" as never), /a list is expected/],
    ["a span of time", (query) => query.setTimeRange({ range: "two weeks" }), /range is a minus/],
    ["fields", (query) => query.setFields([]), /empty list/],
    ["collapse fields", (query) => query.setCollapseField([1] as never), /names of fields/],
    ["nothing", (query) => query.where(undefined as never), /where\(\) expects/],
    ["facets of nothing", (query) => query.facets({}), /at least one/],
  ])("refuses %s before anything is sent", async (_, act, message) => {
    const { cb, requests } = await searchServer();
    const failed = await Promise.resolve()
      .then(() => act(cb.select(Process)))
      .then(undefined, (error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) as unknown });
    expect(requests).toEqual([]);
  });
});
