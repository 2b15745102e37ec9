import { describe, expect, it } from "vitest";
import { ObjectNotFoundError, QuerySyntaxError, ServerError } from "../../response/index.js";
import { type Answer, edrServer } from "../../test-support/edr-server.js";
import { JumpClock } from "../../test-support/jump-clock.js";
import type { CallOptions } from "../transport/types.js";
import { defineModel } from "./define-model.js";
import { Completeness, type Fetched, type Key } from "./document.js";
import { t } from "./fields.js";
import type { ModelHost } from "./host.js";
import { one } from "./relations.js";

class Room extends defineModel({ name: "Room", path: "/room", key: "id" }, { id: t.integer(), name: t.string() }) {}

/** Many of them are read in one search. */
class Computer extends defineModel(
  { name: "Computer", path: "/computer", key: "id" },
  { id: t.integer(), name: t.string() },
) {
  static async fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    const rows = (await client.getObject("/computer", { q: `id:${keys.join("|")}` }, options)) as { id: number }[];
    return new Map(rows.map((document) => [document.id, { document }]));
  }
}

class Desk extends defineModel(
  { name: "Desk", path: "/desk", key: "id" },
  {
    id: t.integer(),
    computer_id: t.integer(),
    room_id: t.integer(),
    get computer() {
      return one(Computer, "computer_id");
    },
    get room() {
      return one(Room, "room_id");
    },
  },
) {}

const all = [1, 2, 3].map((id) => ({ id, name: `C${id}` }));

/** A server with three computers, which a search for many finds unless it answers something else. */
async function computerServer(search: Answer | ((query: URLSearchParams) => Answer) = all, cache = {}) {
  const clock = new JumpClock();
  const names = new Map([1, 2, 3].map((id) => [id, `R${id}`]));
  const server = await edrServer(
    {
      "/computer": search,
      ...Object.fromEntries(all.map((document) => [`/computer/${document.id}`, document])),
      ...Object.fromEntries([1, 2, 3].map((id) => [`/room/${id}`, () => ({ id, name: names.get(id) })])),
    },
    { clock, cache },
  );
  const desk = (computer_id: number, room_id = computer_id) =>
    new Desk({ client: server.cb, document: { id: 1, computer_id, room_id }, completeness: Completeness.full });
  return { ...server, clock, names, desk, map: server.cb.identityMap };
}

describe("many objects at once", () => {
  it("are asked for together, but for those that are known", async () => {
    const { cb, map, requests } = await computerServer();
    await cb.select(Computer, 2);
    const found = await map.loadMany(Computer, [1, "2", 3, 3]);
    expect([...found].map(([key, { document }]) => [key, document["name"]]).sort()).toEqual([
      [1, "C1"],
      [2, "C2"],
      [3, "C3"],
    ]);
    expect(requests).toEqual(["/computer/2", "/computer?q=id:1|3"]);
    expect(cb.cacheStats).toEqual({ hits: 1, misses: 3, size: 3 });
    await map.loadMany(Computer, [1, 2, 3]);
    expect(requests).toHaveLength(2);
  });

  it("are asked for one by one where there is no search for many, or only one is wanted", async () => {
    const { map, requests } = await computerServer();
    expect([...(await map.loadMany(Room, [1, 2, 99])).keys()]).toEqual([1, 2]);
    expect([...(await map.loadMany(Computer, [3])).keys()]).toEqual([3]);
    expect(requests.sort()).toEqual(["/computer/3", "/room/1", "/room/2", "/room/99"]);
  });
});

describe("joins of one turn", () => {
  it.each([
    [500, ServerError],
    [429, Error],
  ])(
    "all fail with the search that the server answers with %i, and nothing is asked one by one",
    async (status, type) => {
      const { desk, requests } = await computerServer({ status, text: "not now" });
      const outcomes = await Promise.allSettled([desk(1).computer, desk(2).computer]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { status } });
        expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(type);
      }
      expect(requests).toEqual(["/computer?q=id:1|2"]);
    },
  );

  it("are asked for one by one where the server does not take the search", async () => {
    for (const status of [400, 413]) {
      const { desk, requests } = await computerServer({ status, text: "no such search" });
      const computers = await Promise.all([desk(1).computer, desk(2).computer]);
      expect(computers.map(({ name }) => name)).toEqual(["C1", "C2"]);
      expect(requests).toHaveLength(3);
    }
    // One that the server cannot read is left to the joins: each says what is wrong with its own object.
    class Strict extends Computer {
      static override async fetchMany(): Promise<never> {
        throw new QuerySyntaxError("too long");
      }
    }
    const { map } = await computerServer();
    expect([...(await map.loadMany(Strict, [1, 2])).keys()]).toEqual([]);
  });

  it("are asked for by themselves, each with its own limit of time, when they have one", async () => {
    const { cb, requests } = await edrServer({
      ...Object.fromEntries([1, 2].map((id) => [`/desk/${id}`, { id, computer_id: id }])),
      ...Object.fromEntries([1, 2].map((id) => [`/computer/${id}`, { id, name: `C${id}` }])),
    });
    await Promise.all([1, 2].map((id) => cb.select(Desk, id)));
    const names = [1, 2].map((id) => cb.select(Desk, id, { timeout: 60_000 }).computer.name);
    expect(await Promise.all(names)).toEqual(["C1", "C2"]);
    expect(requests.filter((path) => path.startsWith("/computer")).sort()).toEqual(["/computer/1", "/computer/2"]);
  });

  it("count as wanted once each", async () => {
    const { cb, desk } = await computerServer();
    await Promise.all([desk(1).room, desk(2).room]);
    expect(cb.cacheStats).toEqual({ hits: 0, misses: 2, size: 2 });
    // Two that wait for the same object: it was not there for either.
    await Promise.all([desk(3).room, desk(3).room]);
    expect(cb.cacheStats).toEqual({ hits: 0, misses: 3, size: 3 });
    await desk(3).room;
    expect(cb.cacheStats.hits).toBe(1);
  });
});

describe("the model that joins to an object give", () => {
  it("is the same one until it is out of date", async () => {
    const { clock, desk, names, requests } = await computerServer();
    const room = await desk(1).room;
    clock.pass(59_999);
    expect(await desk(1).room).toBe(room);
    names.set(1, "renamed");
    clock.pass(1);
    const anew = await desk(1).room;
    expect([anew.name, room.name, anew === room]).toEqual(["renamed", "R1", false]);
    expect(requests).toHaveLength(2);
  });

  it("is the same one when the client has had to let its document go", async () => {
    const { cb, desk, requests } = await computerServer(all, { max: 1 });
    const room = await desk(1).room;
    await cb.select(Computer, 1);
    requests.length = 0;
    expect(await desk(1).room).toBe(room);
    expect(requests).toEqual([]);
  });
});

describe("an object that the server does not have", () => {
  it("is asked for once for all joins while that is fresh, and again by who selects it", async () => {
    const { cb, clock, desk, requests } = await computerServer();
    for (let i = 0; i < 2; i++) await expect(desk(99).room).rejects.toThrow(ObjectNotFoundError);
    expect(requests).toHaveLength(1);
    for (let i = 0; i < 2; i++) await expect(cb.select(Room, 99)).rejects.toThrow(ObjectNotFoundError);
    expect(requests).toHaveLength(3);
    clock.pass(60_001);
    await expect(desk(99).room).rejects.toThrow(ObjectNotFoundError);
    expect(requests).toHaveLength(4);
  });
});

describe("the documents of a client", () => {
  it("are counted as wanted when they are there, and when they are not", async () => {
    const { cb } = await computerServer();
    for (let i = 0; i < 3; i++) await cb.select(Room, 1);
    expect(cb.cacheStats).toEqual({ hits: 2, misses: 1, size: 1 });
  });

  it("of one class are forgotten without those of others", async () => {
    const { cb, map, requests } = await computerServer();
    await cb.select(Room, 1);
    await cb.select(Computer, 1);
    map.evictAll(Room);
    await cb.select(Computer, 1);
    expect(requests).toEqual(["/room/1", "/computer/1"]);
    await cb.select(Room, 1);
    expect(requests).toHaveLength(3);
  });

  it("give way to what comes along later and tells as much, not to what tells less or was asked for before", async () => {
    const { clock, map } = await computerServer();
    const { partial, row } = Completeness;
    const name = () => map.peek(Room, 1)?.document["name"];
    const early = map.moment();
    clock.pass(1);
    map.seed(Room, 1, { id: 1, name: "first" }, row);
    map.seed(Room, 1, { id: 1, name: "early" }, row, undefined, early);
    map.seed(Room, 1, { id: 1, name: "less" }, partial);
    expect(name()).toBe("first");
    map.seed(Room, 1, { id: 1, name: "second" }, row);
    expect(name()).toBe("second");
    clock.pass(1);
    map.seed(Room, 1, { id: 1, name: "third" }, row, undefined, map.moment());
    expect(name()).toBe("third");
  });
});
