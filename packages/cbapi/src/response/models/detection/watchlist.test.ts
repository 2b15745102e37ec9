import { describe, expect, it } from "vitest";
import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { Binary } from "../binary/binary.js";
import { Process } from "../process/process.js";
import { Watchlist } from "./watchlist.js";
import { WatchlistAction } from "./watchlist-action.js";

const WATCHLIST = "/api/v1/watchlist/11";
const recorded = {
  id: "11",
  name: "cmd",
  index_type: "events",
  search_query: "cb.urlver=1&q=process_name%3Acmd.exe&cb.q.username=system&cb.fq.host_type=server&sort=start%20desc",
  enabled: true,
  total_hits: "3503",
  last_hit: "2018-02-01 16:00:47.863504-06:00",
};

describe("the query of a watchlist", () => {
  it("reads as a user would write it", async () => {
    const { cb } = await edrServer({ [WATCHLIST]: recorded });
    const watchlist = await cb.select(Watchlist, 11);
    expect(watchlist.id).toBe("11");
    expect(watchlist.query).toBe("process_name:cmd.exe username:system");
    expect(watchlist.facets).toEqual({ host_type: "server" });
    expect(watchlist.total_hits).toBe(3503);
    expect(watchlist.last_hit?.toISOString()).toBe("2018-02-01T22:00:47.863Z");
    expect(watchlist.webui_link).toBe(`${cb.url}/#watchlist/11`);
  });

  it("is replaced with its terms, and nothing else is touched", async () => {
    const { cb } = await edrServer({
      [WATCHLIST]: { ...recorded, search_query: "q=a+b&x=%zz&cb.q.a=1&sort=start+desc" },
    });
    const watchlist = await cb.select(Watchlist, "11");
    expect(watchlist.query).toBe("a b a:1");
    watchlist.query = "path:c:\\x/y (\u00fcber or 'z')";
    expect(watchlist.search_query).toBe(
      "cb.urlver=1&x=%zz&sort=start+desc&q=path%3Ac%3A%5Cx/y%20%28%C3%BCber%20or%20%27z%27%29",
    );
    expect(watchlist.query).toBe("path:c:\\x/y (\u00fcber or 'z')");
    expect(() => Object.assign(watchlist, { query: 5 })).toThrow(InvalidObjectError);
    expect(() => Object.assign(watchlist, { facets: {} })).toThrow(
      "Field facets is immutable: Watchlist.facets is made",
    );
  });

  it("may be given when the watchlist is made", async () => {
    const bodies: unknown[] = [];
    const { cb, requests } = await edrServer({
      "/api/v1/watchlist": (_query, _method, body) => {
        bodies.push(JSON.parse(body));
        return { id: 11 };
      },
      [WATCHLIST]: recorded,
    });
    const made = cb.create(Watchlist, { name: "Hand made", query: "process_name:a b.exe&c" });
    expect(made.webui_link).toBeUndefined();
    await expect(made.save()).rejects.toThrow("Missing fields: [index_type]");
    for (const use of [() => made.actions, () => made.createAction()]) expect(use).toThrow("save() it first");
    made.index_type = "events";
    await made.save();
    expect(bodies).toEqual([
      { index_type: "events", name: "Hand made", search_query: "cb.urlver=1&q=process_name%3Aa%20b.exe%26c" },
    ]);
    // The server told the id alone: what it made of the rest is read.
    expect(requests).toEqual(["POST /api/v1/watchlist", WATCHLIST]);
    expect([made.id, made.name]).toEqual(["11", "cmd"]);
  });
});

describe("the search of a watchlist", () => {
  const search = { total_results: 1, results: [] };

  it("asks for what the watchlist asks for, of processes or of binaries", async () => {
    const { cb, requests } = await edrServer({
      [WATCHLIST]: recorded,
      "/api/v1/process": search,
      "/api/v1/binary": search,
    });
    const watchlist = await cb.select(Watchlist, 11);
    requests.length = 0;
    await watchlist.search().slice(0, 5);
    expect(requests.splice(0)).toEqual([
      "/api/v1/process?cb.fq.host_type=server&cb.q.username=system&cb.urlver=1&facet=false&q=process_name:cmd.exe&rows=5&sort=start desc&start=0",
    ]);
    watchlist.index_type = "modules";
    await watchlist.search().count();
    expect(requests).toEqual([
      "/api/v1/binary?cb.fq.host_type=server&cb.q.username=system&cb.urlver=1&facet=false&q=process_name:cmd.exe&rows=0&start=0",
    ]);
  });

  it("is refused where it would be of something else, or of everything", async () => {
    const { cb } = await edrServer({ [WATCHLIST]: recorded });
    const watchlist = await cb.select(Watchlist, 11);
    expect(() => Object.assign(watchlist, { index_type: "planets" })).toThrow(
      "Watchlist.index_type: expected one of events, modules",
    );
    const { cb: newer } = await edrServer({ [WATCHLIST]: { ...recorded, index_type: "planets" } });
    expect(() => newer.select(Watchlist, 11)).not.toThrow();
    await expect(newer.select(Watchlist, 11).search()).rejects.toThrow(
      /Watchlist 11 searches "planets": "events" and "modules"/,
    );
    watchlist.set({ index_type: "events", search_query: "" });
    expect(() => watchlist.search()).toThrow(InvalidObjectError);
    watchlist.search_query = "facet=false";
    expect(() => watchlist.search()).toThrow(ApiError);
  });
});

it("a query becomes a watchlist, with its conditions and its order", async () => {
  const bodies: Record<string, string>[] = [];
  const { cb, requests } = await edrServer({
    "/api/v1/watchlist": (_query, _method, body) => {
      bodies.push(JSON.parse(body) as Record<string, string>);
      return { id: 11 };
    },
    [WATCHLIST]: recorded,
  });
  const query = cb.select(Process).where("process_name:cmd.exe").and('cmdline:"a b"');
  const made = await query.sort("start desc").createWatchlist("New list");
  expect(made).toBeInstanceOf(Watchlist);
  expect(requests.splice(0)).toEqual(["POST /api/v1/watchlist", WATCHLIST]);
  expect(bodies.shift()).toEqual({
    index_type: "events",
    name: "New list",
    search_query: "cb.urlver=1&facet=false&q=process_name%3Acmd.exe+cmdline%3A%22a+b%22&sort=start+desc",
  });
  await query.groupBy("id").createWatchlist("grouped");
  expect(bodies.shift()?.["search_query"]).toBe(
    "cb.urlver=1&facet=false&cb.group=id&q=process_name%3Acmd.exe+cmdline%3A%22a+b%22&sort=last_update+desc",
  );
  await cb.select(Binary).where({ digsig_result: "Unsigned" }).createWatchlist("unsigned");
  expect(bodies.shift()).toEqual({
    index_type: "modules",
    name: "unsigned",
    search_query: "cb.urlver=1&facet=false&q=digsig_result%3AUnsigned",
  });
  await cb.select(Process).raw(recorded.search_query).createWatchlist("copy");
  expect(bodies.shift()?.["search_query"]).toBe(
    "cb.urlver=1&facet=false&cb.q.username=system&cb.fq.host_type=server&q=process_name%3Acmd.exe&sort=start+desc",
  );
  // An older server answers 504 to the parameter.
  const old = await edrServer(
    { "/api/v1/watchlist": (_query, _method, body) => ({ ...recorded, ...(JSON.parse(body) as object) }) },
    { version: "5.1.0.150625" },
  );
  expect((await old.cb.select(Process).where("a:b").createWatchlist("old")).search_query).toBe(
    "cb.urlver=1&q=a%3Ab&sort=last_update+desc",
  );
});

it("a watchlist has actions, numbered under it", async () => {
  const ACTIONS = `${WATCHLIST}/action`;
  const writes: unknown[] = [];
  const { cb, requests } = await edrServer({
    [ACTIONS]: (_query, method, body) => {
      if (method === "POST") writes.push(JSON.parse(body));
      return method === "POST" ? { id: 3 } : [{ id: 3, action_type: 3, action_data: null }];
    },
    [`${ACTIONS}/3`]: (_query, _method, body) => {
      if (body !== "") writes.push(JSON.parse(body));
      return { result: "success" };
    },
    [`${ACTIONS}_type`]: [{ id: 3, name: "alert" }],
    [WATCHLIST]: recorded,
  });
  const action = await cb.select(Watchlist, 11).createAction();
  action.type = "alert";
  await action.save();
  expect(requests.splice(0)).toEqual([`POST ${ACTIONS}`, ACTIONS]);
  expect(writes.splice(0)).toEqual([{ action_type: 3, watchlist_id: 11 }]);
  action.action_data = "{}";
  await action.save();
  expect(requests.splice(0)).toEqual([`PUT ${ACTIONS}/3`, ACTIONS]);
  expect(await action.watchlist.name).toBe("cmd");
  expect(await cb.select(Watchlist, 11).actionTypes()).toEqual([{ id: 3, name: "alert" }]);
  expect((await cb.select(WatchlistAction).where({ watchlist_id: 11 }).one()).type).toBe("alert");
  await expect(cb.select(WatchlistAction).first()).rejects.toThrow('.where("watchlist_id:<id>")');
  const watchlist = await cb.select(Watchlist, 11);
  requests.length = 0;
  expect((await watchlist.actions.all()).map(({ watchlist_id }) => watchlist_id)).toEqual([11]);
  await cb.select(WatchlistAction, "11:3").delete();
  expect(requests).toEqual([ACTIONS, `DELETE ${ACTIONS}/3`]);
});
