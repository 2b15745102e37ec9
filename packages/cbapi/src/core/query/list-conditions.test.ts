import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Investigation } from "../../response/index.js";
import { edrServer } from "../../test-support/edr-server.js";
import { compare } from "./list-conditions.js";

/** A list of entries, numbered from 1 on. */
async function listOf(...entries: object[]) {
  const { cb } = await edrServer({ "/api/investigations": entries.map((entry, i) => ({ id: i + 1, ...entry })) });
  return cb.select(Investigation);
}

const idsOf = async (query: Awaited<ReturnType<typeof listOf>>) => (await query.all()).map(({ id }) => id);

describe("a condition on a list", () => {
  it("holds for a list of values when it holds for one of them", async () => {
    const query = await listOf(
      { tags: ["Urgent", "open"] },
      { tags: [] },
      { tags: [7, false] },
      { tags: "urgent,open" },
    );
    expect(await idsOf(query.where("tags:urgent"))).toEqual([1]);
    expect(await idsOf(query.where("tags:7"))).toEqual([3]);
    expect(await idsOf(query.where("tags:no"))).toEqual([3]);
    expect(await idsOf(query.where("tags:urgent,open"))).toEqual([4]);
  });

  it("takes blank text for no number", async () => {
    const query = await listOf({ size: 0 }, { size: "" }, { size: 5 });
    expect(await idsOf(query.where("size:"))).toEqual([2]);
    expect(await idsOf(query.where("size: "))).toEqual([2]);
    expect(await idsOf(query.where("size:0"))).toEqual([1]);
    expect(await idsOf(query.where("size:5.0"))).toEqual([3]);
  });

  it("is shown by the query and by what it throws", async () => {
    const query = (await listOf({ name: "b", size: 1 }, { name: "b", size: 1 })).where("name:b").and({ id: 3 });
    expect(String(query)).toContain('<Investigation query "name:b id:3">');
    await expect(Promise.resolve(query.one())).rejects.toThrow("0 results found for query name:b id:3");
  });
});

describe("the order of a list", () => {
  it("is that of numbers and texts, below both what has neither", () => {
    const ordered = [undefined, null, new Date(-5), -1, 2, "2b", 10, "10a", "x2", "x10", "y"];
    const places = ordered.map((value, place) => ({ value, raw: value, place: Math.max(1, place) }));
    fc.assert(
      fc.property(fc.shuffledSubarray(places, { minLength: 2 }), (shuffled) => {
        const sorted = [...shuffled].sort(compare).map(({ place }) => place);
        expect(sorted).toEqual(shuffled.map(({ place }) => place).sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it("puts what lacks the field first when it ascends, and last when it descends", async () => {
    const query = await listOf({ size: 10 }, {}, { size: 9 }, { size: null }, { size: "big" });
    expect(await idsOf(query.sort("size asc"))).toEqual([2, 4, 3, 1, 5]);
    expect(await idsOf(query.sort("size desc"))).toEqual([5, 1, 3, 2, 4]);
  });

  it("is removed by blank text", async () => {
    const sorted = (await listOf({ name: "b" }, { name: "c" }, { name: "a" })).sort("name asc");
    expect(await idsOf(sorted)).toEqual([3, 1, 2]);
    for (const blank of ["", "  "]) expect(await idsOf(sorted.sort(blank))).toEqual([1, 2, 3]);
  });
});

describe("a name that nothing in a list has", () => {
  const refusal = async (entry: object, condition: string) =>
    (await listOf(entry))
      .where(condition)
      .all()
      .then(
        () => "",
        ({ message }: Error) => message,
      );

  it("is told from the declared names that it is like, also where no entry shows them", async () => {
    expect(await refusal({}, "nmae:b")).toMatch(/ Did you mean name\?$/);
  });

  it("is told from a member that entries do have before anything that only models have", async () => {
    expect(await refusal({ webui_links: "x" }, "webui_link:x")).toMatch(/ Did you mean webui_links\?$/);
    expect(await refusal({}, "webui_link:x")).toMatch(/ filter the rows of all\(\) by it\.$/);
  });

  it("comes without advice when it is like nothing", async () => {
    expect(await refusal({}, "zzzzzzzzz:1")).toBe(
      'Investigation has no field "zzzzzzzzz", and neither has any of its list.',
    );
  });
});
