import { describe, expect, it } from "vitest";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { Binary } from "../models/binary/binary.js";
import { Process } from "../models/process/process.js";

const GUID = "00000001-0000-0001-01d3-8bc595148226";
const segments = [1, 2, 3].map((n) => ({ id: GUID, unique_id: `${GUID}-0000000${n}`, segment_id: n }));
const search = searchRoute(segments);

describe("a process search on a server before 6.0", () => {
  const old = () => edrServer({ "/api/v1/process": search }, { version: "5.2.0.161004" });

  it("says which of its conditions the server does not know", async () => {
    const { cb, requests } = await old();
    const rows = await cb
      .select(Process)
      .minLastUpdate(new Date(0))
      .maxLastServerUpdate("2018-01-01")
      .useComprehensiveSearch()
      .all();
    expect(rows).toHaveLength(3);
    expect(requests.join()).not.toMatch(/last_update=|comprehensive/);
    expect(rows.report().complete).toBe(false);
    expect(rows.report().reasons).toEqual([
      expect.stringMatching(/^minLastUpdate needs a server from 6.0 on, and this one runs 5.2.0.161004: older rows/),
      expect.stringMatching(/^maxLastServerUpdate needs/),
      expect.stringMatching(/^useComprehensiveSearch needs/),
    ]);
  });

  it("gives every segment although it was to be grouped, and says so", async () => {
    const { cb } = await old();
    const rows = await cb.select(Process).groupBy("id").all();
    expect(rows.map((proc) => proc.segment_id)).toEqual([1, 2, 3]);
    expect(rows.report()).toMatchObject({ complete: false, returned: 3, duplicates: 0 });
    expect(rows.report().reasons).toEqual([
      expect.stringMatching(/^groupBy needs .* each segment is a row of its own$/),
    ]);
  });

  it("has nothing to say of a search that the server knows", async () => {
    const { cb } = await old();
    expect((await cb.select(Process).setLegacyMode().all()).report()).toMatchObject({ complete: true, reasons: [] });
  });
});

it("groups on a server that can", async () => {
  const { cb, requests } = await edrServer({
    "/api/v1/process": () => ({ total_results: 1, results: segments.slice(0, 1) }),
  });
  const rows = await cb.select(Process).groupBy("id").minLastUpdate(new Date(0)).all();
  expect(rows.report()).toMatchObject({ complete: true, returned: 1 });
  expect(requests[0]).toContain("cb.group=id&cb.min_last_update=1970-01-01T00:00:00Z&");
});

describe("a stable order", () => {
  it.each([
    [undefined, "last_update desc,unique_id asc"],
    ["start", "start asc,unique_id asc"],
    ["start DESC", "start desc,unique_id asc"],
    ["", "unique_id asc"],
  ])("of %j gives each criterion a direction: %s", async (sort, expected) => {
    const { cb, requests } = await edrServer({ "/api/v1/process": search, "/api/v1/binary": search });
    const query = cb.select(Process);
    await (sort === undefined ? query : query.sort(sort)).stable().first();
    expect(requests[0]).toContain(`&sort=${expected}&`);
    expect((await query.stable().all()).report().totalOrder).toBe(true);
  });

  it("is sent as it was written otherwise", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": search, "/api/v1/binary": search });
    await cb.select(Process).sort("start").slice(0, 1);
    expect(requests.pop()).toContain("&sort=start&");
    await cb.select(Binary).count();
    expect(requests.pop()).not.toContain("sort");
  });
});

it.each([
  ["nothing", null],
  ["a list", []],
  ["results that are no list", { results: {} }],
])("names an answer that is none: %s", async (_what, answer) => {
  const { cb } = await edrServer({ "/api/v1/process": answer });
  await expect(cb.select(Process).all()).rejects.toThrow(/The server answered a search with/);
});

it("a row that is named by its unique_id alone is given, and is that process", async () => {
  const { cb } = await edrServer({
    "/api/v1/process": {
      total_results: 1,
      results: [{ unique_id: `${GUID}-018a1b2c3d4e`, segment_id: 1692000000000 }],
    },
  });
  const found = await cb.select(Process).where("a:b").all();
  expect(found.report()).toMatchObject({ complete: true, reasons: [] });
  expect(found[0]?.id).toBe(GUID);
});
