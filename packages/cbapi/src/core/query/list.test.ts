import { describe, expect, it } from "vitest";
import {
  Alert,
  FeedAction,
  Investigation,
  SensorGroup,
  StoragePartition,
  TaggedEvent,
  ThreatReport,
  User,
  Watchlist,
} from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { HeldAnswers } from "../../test-support/held-answers.js";
import { ApiError, ObjectNotFoundError } from "../errors.js";

const LIST = "/api/v1/watchlist";

/** A server that keeps one watchlist; `held` keeps the answers that give its list. */
async function watchlistServer() {
  const world = {
    held: undefined as HeldAnswers | undefined,
    stored: { id: "5", name: "before", search_query: "q=a", index_type: "events", enabled: true } as object,
  };
  const server = await edrServer({
    [LIST]: () => {
      const list = [{ ...world.stored }];
      return world.held === undefined ? list : world.held.route(list)();
    },
    [`${LIST}/5`]: (_query, method, body) => {
      if (method === "PUT") world.stored = JSON.parse(body) as object;
      return method === "PUT" ? { result: "success" } : world.stored;
    },
  });
  const lists = () => server.requests.filter((request) => request === LIST).length;
  return { ...server, world, lists };
}

/** Starts a reading whose list the server keeps back from when it has arrived until it is released. */
function hold<T>(world: { held: HeldAnswers | undefined }, read: () => Promise<T>) {
  const held = new HeldAnswers();
  world.held = held;
  const reading = read();
  return {
    arrived: held.arrived(),
    release: () => {
      world.held = undefined;
      held.release();
      return reading;
    },
  };
}

const namesOf = (rows: readonly Watchlist[]) => rows.map(({ name }) => name);

describe("a list that was asked for before a write", () => {
  it("does not bring back what was written or read since, when it arrives late", async () => {
    const { cb, world } = await watchlistServer();
    const watchlist = await cb.select(Watchlist, 5);
    const late = hold(world, () => cb.select(Watchlist).all());
    await late.arrived;
    watchlist.name = "after";
    await watchlist.save();
    const [row] = await late.release();
    expect(row?.name).toBe("before");
    const again = await cb.select(Watchlist, 5);
    expect(again.name).toBe("after");
    // Nor does the row itself undo it.
    row?.set({ description: "d" });
    await row?.save();
    expect(world.stored).toMatchObject({ name: "after", description: "d" });

    const second = hold(world, () => cb.select(Watchlist).all());
    await second.arrived;
    world.stored = { ...world.stored, name: "by others" };
    await cb.select(Watchlist, 5, { refresh: true });
    await second.release();
    expect((await cb.select(Watchlist, 5)).name).toBe("by others");
  });

  it("is read again after a write of this client, by everybody who kept it, once", async () => {
    const { cb, lists } = await watchlistServer();
    const query = cb.select(Watchlist);
    const other = cb.select(Watchlist);
    expect(namesOf(await query.all())).toEqual(["before"]);
    expect([await query.count(), await query.where("name:before").count(), lists()]).toEqual([1, 1, 1]);
    const watchlist = await query.one();
    watchlist.name = "after";
    await watchlist.save();
    const [rows, count] = await Promise.all([query.all(), query.where({ name: "after" }).count()]);
    expect([namesOf(rows), count, lists()]).toEqual([["after"], 1, 2]);
    expect(namesOf(await other.all())).toEqual(["after"]);
  });

  it("stays one list for whoever is reading it", async () => {
    const sites = Array.from({ length: 6 }, (_, i) => ({
      id: i + 2,
      name: `G${i}`,
      sensorbackend_server: "x",
      site_id: 1,
    }));
    let left = sites;
    const { cb } = await edrServer({
      "/api/v3/group": () => left,
      ...Object.fromEntries(
        sites.map(({ id }) => [
          `/api/v3/group/${id}`,
          () => {
            left = left.filter((one) => one.id !== id);
            return { result: "success" };
          },
        ]),
      ),
    });
    const deleted = [];
    for await (const group of cb.select(SensorGroup).batchSize(2)) {
      deleted.push(group.id);
      await group.delete();
    }
    expect(deleted).toEqual([2, 3, 4, 5, 6, 7]);
  });
});

it("a list that somebody gave up is asked for anew by who comes next, and shared by who stays", async () => {
  const { cb, world, lists } = await watchlistServer();
  const query = cb.select(Watchlist);
  const controller = new AbortController();
  const first = hold(world, () => query.all({ signal: controller.signal }));
  await first.arrived;
  controller.abort(new Error("enough"));
  const second = query.all();
  await expect(first.release()).rejects.toThrow("enough");
  expect(await second).toHaveLength(1);
  expect(lists()).toBe(2);

  const fresh = cb.select(Watchlist);
  const leaving = new AbortController();
  const one = hold(world, () => fresh.all({ signal: leaving.signal }));
  const two = fresh.all();
  await one.arrived;
  leaving.abort(new Error("never mind"));
  await expect(one.release()).rejects.toThrow("never mind");
  expect([(await two).length, lists()]).toEqual([1, 3]);
});

describe("conditions and order of a list", () => {
  const actions = [
    { id: 1, action_type: 3 },
    { id: 2, action_type: "0" },
  ];
  const users = [
    { username: "bob", teams: [], global_admin: "false" },
    { username: "Ann", teams: [], global_admin: true },
  ];
  const lists = {
    "/api/v1/feed/5/action": actions,
    "/api/users": users,
    "/api/investigations": [
      { id: 1, name: "b", date_started: "2019-11-20 10:00:00", extra: "x" },
      { id: 2, name: "a", date_started: "2019-11-19T10:00:00Z" },
    ],
  };

  it("are about what the fields read as", async () => {
    const { cb, requests } = await edrServer(lists);
    const found = async (query: { all(): Promise<readonly { readonly id: unknown }[]> }) =>
      (await query.all()).map(({ id }) => id);
    expect(await found(cb.select(User).where("id:BOB"))).toEqual(["bob"]);
    expect(await found(cb.select(User).where({ global_admin: false }))).toEqual(["bob"]);
    expect(await found(cb.select(User).sort("id asc"))).toEqual(["Ann", "bob"]);
    expect(await found(cb.select(FeedAction).where({ group_id: 5, type: "alert" }))).toEqual([1]);
    expect(await found(cb.select(FeedAction).where({ group_id: 5, action_type: 0 }))).toEqual([2]);
    const time = new Date("2019-11-20T10:00:00Z");
    expect(await found(cb.select(Investigation).where({ date_started: time }))).toEqual([1]);
    expect(await found(cb.select(Investigation).where(`date_started:${time.toISOString()}`))).toEqual([1]);
    expect(await found(cb.select(Investigation).sort("date_started asc"))).toEqual([2, 1]);
    // Blanks around the two mean nothing, and reach no path.
    expect(await found(cb.select(Investigation).where(" name : b "))).toEqual([1]);
    requests.length = 0;
    expect(await found(cb.select(FeedAction).where("group_id: 5"))).toEqual([1, 2]);
    expect(requests).toEqual(["/api/v1/feed/5/action"]);
    expect(() => cb.select(FeedAction).where("group_id: ")).toThrow(ApiError);
    expect(() => cb.select(User).sort("id asc username")).toThrow("sort wants");
  });

  it("are refused when they name what nothing in the list has", async () => {
    const { cb } = await edrServer({ ...lists, "/api/site": [] });
    const query = cb.select(Investigation);
    expect(await query.where("extra:x").count()).toBe(1);
    await expect(query.where("nmae:b").all()).rejects.toMatchObject({
      code: "UNKNOWN_FIELD",
      message: expect.stringContaining('Investigation has no field "nmae"') as string,
    });
    await expect(query.where("nmae:b").count()).rejects.toThrow("Did you mean name?");
    await expect(query.sort("nmae asc").first()).rejects.toThrow("Did you mean name?");
    await expect(query.where({ isLoaded: true } as never).all()).rejects.toThrow("filter the rows of all() by it");
    // Without a row, nobody knows whether there is such a field.
    const { cb: empty } = await edrServer({ "/api/investigations": [] });
    const none = await empty.select(Investigation).where("nmae:b").all();
    expect(none.report()).toMatchObject({ complete: false, returned: 0 });
    expect(none.report().reasons.join()).toContain('"nmae" is no declared field of Investigation');
    expect((await empty.select(Investigation).where("name:b").all()).report()).toMatchObject({ complete: true });
  });
});

describe("rows that name no object", () => {
  it("are left out of a search, which says so and goes on", async () => {
    const rows = [{ hostname: "x" }, { unique_id: "a" }, { unique_id: "b" }];
    const { cb } = await edrServer({ "/api/v2/alert": searchRoute(rows) });
    const all = await cb.select(Alert).all();
    expect(all.map(({ unique_id }) => unique_id)).toEqual(["a", "b"]);
    expect(all.report()).toMatchObject({ complete: false, available: 3, returned: 2 });
    expect(all.report().reasons).toEqual(["1 row was left out: the server gave no usable unique_id"]);
    expect((await cb.select(Alert).first())?.unique_id).toBe("a");
  });

  it("are left out of a list", async () => {
    const { cb } = await edrServer({ "/api/investigations": [{ id: 1 }, { name: "x" }, null, "?"] });
    const all = await cb.select(Investigation).all();
    expect(all.map(({ id }) => id)).toEqual([1]);
    expect(all.report()).toMatchObject({ complete: false });
    expect(all.report().reasons).toHaveLength(2);
  });
});

it("an object without a route of its own is looked up alike everywhere", async () => {
  const { cb } = await edrServer({
    "/api/investigations": [{ id: "7", name: "as text" }],
    "/api/tagged_event/7": [{ id: 12, description: "x" }],
    "/api/v1/feed/5/action": [{ id: "3", action_type: 1 }],
  });
  expect((await cb.select(Investigation, 7)).name).toBe("as text");
  expect(await cb.select(TaggedEvent, "7:12")).toMatchObject({ investigation_id: 7, id: 12 });
  expect(await cb.select(FeedAction, "5:3")).toMatchObject({ group_id: 5, id: 3, type: "syslog" });
  expect((await cb.select(StoragePartition, "writer")).status).toBe("hot");
  for (const missing of [
    cb.select(Investigation, 8),
    cb.select(TaggedEvent, "7:13"),
    cb.select(FeedAction, "5:4"),
    cb.select(StoragePartition, "gone"),
  ]) {
    const error: unknown = await missing.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ObjectNotFoundError);
    expect(error).toMatchObject({ method: "GET", status: 200, path: expect.stringMatching(/^\/api\//) as string });
  }
});

it("reports that are ignored by a query let no cached alert say otherwise", async () => {
  let ignored = false;
  const { cb } = await edrServer({
    "/api/v2/alert": () => ({ total_results: 1, results: [{ unique_id: "a", report_ignored: ignored }], start: 0 }),
    "/api/v1/threat_report": () => {
      ignored = true;
      return { result: "success" };
    },
  });
  expect((await cb.select(Alert, "a")).get("report_ignored")).toBe(false);
  await cb.select(ThreatReport).where({ feed_id: 5 }).setIgnored();
  expect((await cb.select(Alert, "a")).get("report_ignored")).toBe(true);
});
