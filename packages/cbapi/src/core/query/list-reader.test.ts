import { describe, expect, it } from "vitest";
import { BannedHash, FeedAction, Investigation, Watchlist } from "../../response/index.js";
import { edrServer } from "../../test-support/edr-server.js";
import { HeldAnswers } from "../../test-support/held-answers.js";
import { ApiError, ObjectNotFoundError } from "../errors.js";

const LIST = "/api/v1/watchlist";

describe("a list that is kept", () => {
  it("is the one that was asked for last, whichever came last", async () => {
    const held = new HeldAnswers();
    let lists = 0;
    let name = "before";
    const { cb } = await edrServer({
      [LIST]: () => {
        const list = [{ id: "5", name, search_query: "q=a", index_type: "events" }];
        return ++lists === 1 ? held.route(list)() : list;
      },
      [`${LIST}/5`]: (_query, method) => {
        if (method === "PUT") name = "after";
        return method === "PUT" ? { result: "success" } : { id: "5", name, search_query: "q=a", index_type: "events" };
      },
    });
    const watchlist = await cb.select(Watchlist, 5);
    const query = cb.select(Watchlist);
    const late = query.all();
    await held.arrived();
    watchlist.name = "after";
    await watchlist.save();
    expect((await query.one()).name).toBe("after");
    held.release();
    expect((await late)[0]?.name).toBe("before");
    expect((await query.one()).name).toBe("after");
    expect(lists).toBe(2);
  });

  it("is replaced by one that was asked for when it had grown old", async () => {
    let now = 1_000_000;
    const clock = { now: () => now, sleep: async () => {} };
    const { cb, requests } = await edrServer({ "/api/investigations": [{ id: 1 }] }, { clock });
    const query = cb.select(Investigation);
    await query.all();
    now += 60_000;
    await query.all();
    expect(requests).toHaveLength(1);
    now += 1;
    for (let i = 0; i < 3; i++) await query.all();
    expect(requests).toHaveLength(2);
  });
});

it("an entry of a list that names no object makes none known, whatever keys its class takes", async () => {
  const [named, nameless] = [{ md5hash: "a".repeat(32) }, { text: "of nothing" }];
  const { cb } = await edrServer({ "/api/v1/banning/blacklist": [named, nameless] });
  const bans = await cb.select(BannedHash).sort("text asc").all();
  expect(bans.map(({ md5hash }) => md5hash)).toEqual([named.md5hash]);
  expect(bans.report().reasons).toEqual(["1 row was left out: the server gave no usable md5hash"]);
  expect((await cb.select(BannedHash, named.md5hash)).md5hash).toBe(named.md5hash);
  await expect(Promise.resolve(cb.select(BannedHash, String(undefined)))).rejects.toThrow(ObjectNotFoundError);
});

describe("what a server answers for a list", () => {
  it("is an empty list when it is nothing", async () => {
    const { cb } = await edrServer({ "/api/investigations": { status: 204, text: "" } });
    const all = await cb.select(Investigation).all();
    expect(all).toEqual([]);
    expect(all.report()).toMatchObject({ complete: true, available: 0 });
  });

  it.each(["null", '"maintenance"', "5", "true"])("is refused when it is %s", async (text) => {
    const { cb } = await edrServer({ "/api/investigations": { status: 200, text } });
    const refused = cb.select(Investigation).all();
    await expect(refused).rejects.toThrow(ApiError);
    await expect(refused).rejects.toThrow("the list of Investigation with something that is no list");
  });

  it("is completed by what the route says of every entry, which entries may say otherwise", async () => {
    const { cb } = await edrServer({ "/api/v1/feed/5/action": [{ id: 1 }, { id: 2, group_id: 6 }] });
    const actions = await cb.select(FeedAction).where("group_id:5").all();
    expect(actions.map(({ id, group_id }) => [id, group_id])).toEqual([[1, 5]]);
  });
});

describe("the report of a list", () => {
  it("names a reason once, however many pages the list is taken in", async () => {
    const { cb } = await edrServer({ "/api/investigations": [{ id: 1 }, { id: 2 }, { id: 3 }, "?", null] });
    const rows = await cb.select(Investigation).batchSize(1).all();
    expect(rows.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(rows.report()).toMatchObject({ pages: 3, totalOrder: true, complete: false });
    expect(rows.report().reasons).toEqual(["2 entries of the list were no objects, and were left out"]);
  });
});
