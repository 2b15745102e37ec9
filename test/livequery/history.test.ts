// Runs that a search of the past has found do all that runs do which one has started oneself.
import {
  CbLiveQueryAPI,
  DeviceSummary,
  ObjectNotFoundError,
  Result,
  type ResultFacet,
  type Run,
  RunHistory,
} from "cbapi/livequery";
import { beforeEach, describe, expect, it } from "vitest";
import { asked, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbLiveQueryAPI);
const RUNS = "/livequery/v1/orgs/{org}/runs";
const WEEK = 8 * 86_400_000;

/** As its starter knows it. */
let started: Run;
/** The same, as somebody else has found it. */
let found: RunHistory;

beforeEach(async () => {
  started = await given.cb.query("SELECT name, pid FROM processes").name("Processes").submit();
  found = await given.other.queryHistory("name:Processes").one();
  asked();
});

const rowOf = ({ device_, fields_ }: Result) => `${device_.id} ${fields_["pid"]} ${fields_["name"]}`;

describe("a run of the past", () => {
  it("is read by its id as what it is", async () => {
    const read = await given.other.select(RunHistory, started.id, { refresh: true });
    expect([read instanceof RunHistory, read.isLoaded, read.sql]).toEqual([true, true, started.sql]);
    expect(read.get("created_by")).toBe(started.created_by);
    expect(read.get("no such field", "nothing")).toBe("nothing");
    expect(read.toJSON()).toEqual(found.toJSON());
    await expect(given.other.select(RunHistory, "nothing")).rejects.toThrow(ObjectNotFoundError);
  });

  it("is waited for, and tells how far it has come", async () => {
    expect([found.hasEnded, found.progress]).toEqual([
      false,
      { status: "ACTIVE", answered: 0, expected: started.progress.expected, results: 0 },
    ]);
    const answered: number[] = [];
    await found.awaitCompletion({ timeout: WEEK, onProgress: (now) => void answered.push(now.answered) });
    expect(answered).toEqual(answered.toSorted((a, b) => a - b));
    await started.refresh();
    expect([found.hasEnded, found.progress]).toEqual([true, started.progress]);
    expect(found.progress.results).toBe(
      await given.cb.select(Result).runId(started.id).setStatuses(["matched"]).count(),
    );
  });

  it("gives what devices have answered, and how they fared", async () => {
    const { cb } = given;
    await found.awaitCompletion({ timeout: WEEK });
    const rows = await cb.select(Result).runId(started.id).all();
    expect((await found.queryResults().all()).map(rowOf)).toEqual(rows.map(rowOf));
    const summaries = await found.queryDeviceSummaries().all();
    expect(summaries).toHaveLength(found.progress.expected ?? 0);
    const matched = summaries.filter(({ status }) => status === "matched").length;
    expect(matched).toBe(found.match_count);

    const total = (facet: { readonly values_: ResultFacet["values_"] }, id: string) =>
      facet.values_.find((value) => value.id === id)?.total;
    const ofDevices = await found.queryDeviceSummaryFacets().facetField("status").one();
    expect(total(ofDevices, "matched")).toBe(matched);
    const ofRows = rows.filter(({ status }) => status === "matched").length;
    for (const facets of [found.queryResultFacets(), found.queryFacets(), (await started.refresh()).queryFacets()]) {
      expect(total(await facets.facetField("status").one(), "matched")).toBe(ofRows);
    }
  });

  it("leads from each of its results to all others", async () => {
    await found.awaitCompletion({ timeout: WEEK });
    const row = await found.queryResults().first();
    const all = await given.cb.select(DeviceSummary).runId(started.id).count();
    expect(await row?.queryDeviceSummaries().count()).toBe(all);
    const count = async (facets?: { facetField(name: string): { one(): PromiseLike<ResultFacet> } }) =>
      (await facets?.facetField("status").one())?.values_.reduce((sum, { total }) => sum + total, 0);
    expect(await count(row?.queryResultFacets())).toBe(await found.queryResults().count());
    expect(await count(row?.queryDeviceSummaryFacets())).toBe(all);
  });

  it("is followed while devices answer", async () => {
    const stream = found.stream();
    const rows: string[] = [];
    for await (const row of stream) rows.push(rowOf(row));
    const whole = await given.cb.select(Result).runId(started.id).all();
    expect(rows.toSorted()).toEqual(whole.map(rowOf).toSorted());
    expect([found.hasEnded, stream.report().returned]).toEqual([true, rows.length]);
  });

  it("is compared with an older one", async () => {
    const { cb, other } = given;
    for (const [name, sql] of [
      ["Older", "SELECT 'a' AS x UNION SELECT 'b'"],
      ["Newer", "SELECT 'b' AS x UNION SELECT 'c'"],
    ] as const) {
      await (await cb.query(sql).name(name).submit()).awaitCompletion({ timeout: WEEK });
    }
    const newer = await other.queryHistory("name:Newer").one();
    const older = await other.queryHistory("name:Older").one();
    const { diff_results: differences, ...runs } = await newer.differences(older);
    expect([runs.newer_run_id, runs.older_run_id]).toEqual([newer.id, older.id]);
    expect(differences.length).toBeGreaterThan(0);
    for (const { changes } of differences) {
      expect(changes?.map(({ action, fields }) => [action, fields[0]?.value]).toSorted()).toEqual([
        ["added", "c"],
        ["removed", "a"],
      ]);
    }
  });

  it("is deleted for its starter as well, once", async () => {
    await found.delete();
    await found.delete();
    expect(asked()).toEqual([`DELETE ${RUNS}/${started.id}`]);
    await expect(started.refresh()).rejects.toThrow(ObjectNotFoundError);
    expect(await given.cb.queryHistory("name:Processes").count()).toBe(0);
    expect(() => found.queryResults()).toThrow(/deleted/);
  });
});

describe("a search for runs", () => {
  beforeEach(async () => {
    for (const name of ["Alpha", "Beta", "Gamma"]) {
      await given.cb.clock.sleep(1000);
      await given.cb.query("SELECT 1 AS one").name(name).submit();
    }
    asked();
  });

  const names = (runs: readonly RunHistory[]) => runs.map(({ name }) => name);

  it("is put together of terms: all of them, any of them, none of them", async () => {
    const all = given.other.queryHistory().sortBy("create_time");
    const alpha = all.where({ name: "Alpha" });
    expect(names(await alpha.or({ name: "Gamma" }).all())).toEqual(["Alpha", "Gamma"]);
    expect(names(await alpha.and({ sql: "SELECT" }).all())).toEqual(["Alpha"]);
    expect(names(await alpha.and({ name: "Gamma" }).all())).toEqual([]);
    expect(names(await all.not({ name: "Beta" }).all())).toEqual(["Processes", "Alpha", "Gamma"]);
  });

  it("is narrowed by criteria of the server's, and has no exclusions", async () => {
    const { other } = given;
    await started.stop();
    const query = other.queryHistory();
    expect(names(await query.addCriteria("status", ["CANCELLED"]).all())).toEqual(["Processes"]);
    expect(await query.addCriteria("status", ["CANCELLED"]).addCriteria("status", ["ACTIVE"]).count()).toBe(4);
    asked();
    expect(() => query.addExclusions("status", ["CANCELLED"])).toThrow(/say not\(\{ "status": value \}\)/);
    expect(asked()).toEqual([]);
  });

  it("is read row by row, page by page, and at a place", async () => {
    const query = given.other.queryHistory().sortBy("create_time").batchSize(3);
    expect(query.report()).toBeUndefined();
    const expected = ["Processes", "Alpha", "Beta", "Gamma"];
    const rows: RunHistory[] = [];
    for await (const run of query) rows.push(run);
    expect(names(rows)).toEqual(expected);
    expect(query.report()).toMatchObject({ complete: true, returned: 4, available: 4, pages: 2 });
    const pages = [];
    for await (const { items } of query.pages()) pages.push(names(items));
    expect(pages).toEqual([expected.slice(0, 3), expected.slice(3)]);
    const reading = query.iterate();
    expect((await reading.next()).value?.name).toBe("Processes");
    await reading.return();
    expect(query.report()?.reasons.join()).toMatch(/the caller stopped reading after 1 rows/);
    expect(await query.at(1).name).toBe("Alpha");
    expect((await query.at(-1))?.name).toBe("Gamma");
    expect(await query.at(4)).toBeUndefined();
    await expect(query.one()).rejects.toThrow("4 results found");
  });
});

it("results come with their run, which is asked for once for all", async () => {
  const { cb, other } = given;
  await started.awaitCompletion({ timeout: WEEK });
  asked();
  const rows = await other.select(Result).runId(started.id).include("run").all();
  expect(rows.length).toBeGreaterThan(1);
  expect(asked().filter((request) => request === `GET ${RUNS}/${started.id}`)).toHaveLength(1);
  for (const row of rows) expect(await row.run.sql).toBe(started.sql);
  expect(asked()).toEqual([]);
  expect(cb.select(Result).runId(started.id).report()).toBeUndefined();
});
