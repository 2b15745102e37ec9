import { describe, expect, it } from "vitest";
import { TimeoutError } from "../core/errors.js";
import { edrServer } from "../test-support/edr-server.js";
import { until } from "../test-support/until.js";
import { User } from "./models/administration/user.js";

const ANN = { first_name: "Ann", last_name: "A", email: "a@example.com", teams: [], global_admin: false };

/** A server of users that answers writes when it is told to. */
async function userServer() {
  const users = new Map<string, object>([["ann", { username: "ann", ...ANN }]]);
  const held: (() => void)[] = [];
  let holds = false;
  const server = await edrServer({
    "/api/user": (_, __, body) => {
      const user = JSON.parse(body) as { username: string };
      users.set(user.username, user);
      return { result: "success" };
    },
    "/api/user/new": () => users.get("new") ?? { status: 404, text: "User not found" },
    "/api/user/ann": async (_, method, body) => {
      if (method === "GET") return users.get("ann") ?? null;
      if (holds) await new Promise<void>((resolve) => held.push(resolve));
      const user = JSON.parse(body) as { last_name: string };
      if (user.last_name === "refused") return { status: 400, text: "last_name is refused" };
      users.set("ann", user);
      return { result: "success" };
    },
  });
  await server.cb.connect();
  return {
    ...server,
    users,
    hold: () => {
      holds = true;
    },
    /** Answers the write that is held, when it has come. */
    release: async () => {
      await until(() => held.length > 0);
      held.shift()?.();
    },
    ann: () => server.cb.select(User, "ann", { refresh: true }),
  };
}

const puts = (requests: readonly string[]) => requests.filter((request) => request.startsWith("PUT")).length;

describe("saves of one object at a time", () => {
  it("come one after the other, each on top of the one before", async () => {
    const { users, hold, release, ann, requests } = await userServer();
    const objects = [await ann(), await ann(), await ann()];
    hold();
    const changes = [{ first_name: "Anna" }, { last_name: "refused" }, { email: "anna@example.com" }];
    const saves = objects.map((user, index) => user.set(changes[index] ?? {}).save());
    const outcomes = Promise.allSettled(saves);
    for (const n of [1, 2, 3]) {
      await release();
      expect(puts(requests)).toBe(n);
    }
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(users.get("ann")).toMatchObject({ first_name: "Anna", last_name: "A", email: "anna@example.com" });
    // The one that was refused keeps its change, and shows what the server has otherwise once it is mended.
    await Promise.all([objects[1]?.set({ last_name: "B" }).save(), release()]);
    expect(users.get("ann")).toMatchObject({ first_name: "Anna", last_name: "B", email: "anna@example.com" });
  });

  it("may be given up while they wait, and send nothing then", async () => {
    const { users, hold, release, ann, requests } = await userServer();
    const [first, second, third, fourth] = [await ann(), await ann(), await ann(), await ann()];
    hold();
    const saves = [first.set({ first_name: "Anna" }).save()];
    const stop = new AbortController();
    const reason = new Error("enough");
    const stopped = second.set({ last_name: "stopped" }).save({ signal: stop.signal });
    const late = third.set({ last_name: "late" }).save({ timeout: 50 });
    saves.push(fourth.set({ email: "anna@example.com" }).save());
    stop.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    await expect(late).rejects.toThrow(TimeoutError);
    await expect(late).rejects.toThrow(/Another write of User ann was under way for \d+ ms, and nothing was sent/);
    expect([second.isDirty(), third.isDirty()]).toEqual([true, true]);
    // Those behind do not go ahead of the one that is under way.
    expect(puts(requests)).toBe(1);
    await release();
    await release();
    await Promise.all(saves);
    expect(puts(requests)).toBe(2);
    expect(users.get("ann")).toMatchObject({ first_name: "Anna", last_name: "A", email: "anna@example.com" });
  });

  it("create a new object once", async () => {
    const { cb, requests } = await userServer();
    const user = cb.create(User, { username: "new", ...ANN });
    const saved = await Promise.all([user.save(), user.save(), user.save()]);
    expect(saved).toEqual([user, user, user]);
    expect(requests).toEqual(["POST /api/user", "/api/user/new"]);
    expect(user.isDirty()).toBe(false);
  });
});

describe("what other objects have read or written since", () => {
  it("is what a save sends along, without another request", async () => {
    const { users, ann, requests } = await userServer();
    const [first, second] = [await ann(), await ann()];
    await first.set({ first_name: "Anna" }).save();
    requests.length = 0;
    await second.set({ last_name: "B" }).save();
    expect(requests).toEqual(["PUT /api/user/ann", "/api/user/ann"]);
    expect(users.get("ann")).toMatchObject({ first_name: "Anna", last_name: "B" });
    // Saved by the other one already: nothing is sent.
    requests.length = 0;
    await first.set({ last_name: "B" }).save();
    expect(requests).toEqual([]);
    expect(first.last_name).toBe("B");
  });

  it("is asked for when a write may have changed it", async () => {
    const { users, ann, requests } = await userServer();
    const [first, second] = [await ann(), await ann()];
    await expect(first.set({ last_name: "refused" }).save()).rejects.toThrow("last_name is refused");
    users.set("ann", { username: "ann", ...ANN, first_name: "Annika" });
    requests.length = 0;
    await second.set({ email: "annika@example.com" }).save();
    expect(requests).toEqual(["/api/user/ann", "PUT /api/user/ann", "/api/user/ann"]);
    expect(users.get("ann")).toMatchObject({ first_name: "Annika", email: "annika@example.com" });
  });
});
