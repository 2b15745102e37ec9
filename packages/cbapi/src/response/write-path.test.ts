import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../test-support/edr-server.js";
import { JumpClock } from "../test-support/jump-clock.js";
import { sensorServer } from "../test-support/sensor-server.js";
import {
  ApiError,
  BannedHash,
  Feed,
  ObjectNotFoundError,
  Sensor,
  ServerError,
  StoragePartition,
  Team,
  TimeoutError,
  User,
  Watchlist,
} from "./index.js";

const LIST = "/api/v1/watchlist";
const ONE = `${LIST}/5`;

/** A server with watchlist 5 on it, which may be made, changed and deleted. */
async function watchlistServer() {
  const clock = new JumpClock();
  const server: { document: Record<string, unknown> | undefined; reading: Answer | undefined } = {
    document: { id: "5", name: "Shares", search_query: "q=net", index_type: "events" },
    reading: undefined,
  };
  const edr = await edrServer(
    {
      [LIST]: (_query, _method, body) => {
        server.document = { ...(JSON.parse(body) as object), id: "5" };
        return { id: 5 };
      },
      [ONE]: (_query, method, body): Answer => {
        if (method === "GET") return server.reading ?? server.document ?? { status: 404, text: "gone" };
        if (server.document === undefined) return { status: 404, text: "gone" };
        server.document = method === "DELETE" ? undefined : (JSON.parse(body) as Record<string, unknown>);
        return { result: "success" };
      },
    },
    { clock },
  );
  return { ...edr, clock, server };
}

const failure = (work: PromiseLike<unknown>) => Promise.resolve(work).catch((error: unknown) => error);

describe("an object that is written at the same time", () => {
  it("is deleted once, and made before it is deleted", async () => {
    const { cb, requests, server } = await watchlistServer();
    const watchlist = await cb.select(Watchlist, 5);
    requests.length = 0;
    await Promise.all([watchlist.delete(), watchlist.delete()]);
    expect(requests.splice(0)).toEqual([`DELETE ${ONE}`]);
    await expect(watchlist.delete()).rejects.toThrow("was deleted");
    expect(await failure(watchlist.save())).toMatchObject({ code: "DELETED" });

    const made = cb.create(Watchlist, { name: "New", search_query: "q=1", index_type: "events" });
    await Promise.all([made.save(), made.delete()]);
    expect(requests).toEqual([`POST ${LIST}`, ONE, `DELETE ${ONE}`]);
    expect(server.document).toBeUndefined();
  });

  it("is banned once, and lifted once", async () => {
    const md5hash = "a".repeat(32);
    let ban: Record<string, unknown> | undefined;
    const { cb, requests } = await edrServer({
      "/api/v1/banning/blacklist": (_query, _method, body) => {
        ban = JSON.parse(body) as Record<string, unknown>;
        return { result: "success" };
      },
      [`/api/v1/banning/blacklist/${md5hash}`]: (_query, method): Answer => {
        if (method === "DELETE") ban = { ...ban, enabled: false };
        return method === "DELETE" ? { result: "success" } : (ban ?? { status: 404, text: "no" });
      },
    });
    const writes = () => requests.splice(0).filter((request) => /^(POST|DELETE)/.test(request));
    await Promise.all([BannedHash.ban(cb, md5hash), BannedHash.ban(cb, md5hash.toUpperCase())]);
    expect(writes()).toEqual(["POST /api/v1/banning/blacklist"]);
    const known = await cb.select(BannedHash, md5hash);
    known.text = "not saved";
    await Promise.all([known.disable(), known.disable()]);
    expect(writes()).toHaveLength(1);
    await Promise.all([known.enable(), cb.select(BannedHash, md5hash).enable()]);
    expect(writes()).toEqual(["POST /api/v1/banning/blacklist"]);
    expect(ban).not.toHaveProperty("text");
    expect([known.text, known.isDirty()]).toEqual(["not saved", true]);
    await Promise.all([known.delete(), known.delete()]);
    expect(writes()).toHaveLength(1);
  });

  it("honours the limits of a call that waits for its turn, for the whole of it", async () => {
    let answer = () => {};
    const arrived = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { cb, changes } = await sensorServer({
      before: (method) => (method === "PUT" ? arrived.then(() => undefined) : undefined),
    });
    const sensor = await cb.select(Sensor, 3);
    const moving = sensor.moveTo(2);
    const reason = new Error("enough");
    const stop = new AbortController();
    const stopped = failure(sensor.restartSensor({ signal: stop.signal }));
    const late = failure(cb.select(Sensor, 3).restartSensor({ timeout: 60 }));
    stop.abort(reason);
    expect(await stopped).toBe(reason);
    expect(await late).toBeInstanceOf(TimeoutError);
    answer();
    await moving;
    expect(changes).toHaveLength(1);
  });

  it("partitions are deleted once", async () => {
    const requests: string[] = [];
    const { cb } = await edrServer({
      "/api/v1/storage/events/old": (_query, method) => {
        requests.push(method);
        return { result: "success" };
      },
    });
    const partition = new StoragePartition({ client: cb, key: "old", document: { name: "old" } });
    await Promise.all([partition.delete(), partition.delete()]);
    expect(requests).toEqual(["DELETE"]);
    await expect(partition.mount()).rejects.toThrow("there is nothing to mount");
  });
});

describe("a write whose object cannot be read afterwards", () => {
  it("says so, keeps what is certain, and is not sent again", async () => {
    const { cb, requests, server } = await watchlistServer();
    server.reading = { status: 503, text: "busy" };
    const made = cb.create(Watchlist, { name: "New", search_query: "q=1", index_type: "events" });
    const error = await failure(made.save());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "WRITTEN_NOT_READ", retryable: true, cause: { status: 503 } });
    expect(String(error)).toContain("Watchlist was created as 5, but it could not be read back");
    expect([made.id, made.name, made.isDirty(), made.isLoaded]).toEqual(["5", "New", false, false]);
    server.reading = undefined;
    requests.length = 0;
    await made.save();
    expect([requests, made.isLoaded]).toEqual([[ONE], true]);

    server.reading = { status: 500, text: "out of order" };
    expect(await failure(made.set({ name: "Newer" }).save())).toMatchObject({
      code: "WRITTEN_NOT_READ",
      message: expect.stringContaining("Watchlist 5 was changed, but"),
    });
    server.reading = undefined;
    expect((await made.load()).name).toBe("Newer");
    expect(requests.filter((request) => request.startsWith("P"))).toEqual([`PUT ${ONE}`]);

    // One that is not there was not made: saving makes it.
    server.reading = { status: 404, text: "no" };
    const ghost = cb.create(Watchlist, { name: "Ghost", search_query: "q=1", index_type: "events" });
    expect(await failure(ghost.save())).toMatchObject({
      code: "WRITE_NOT_APPLIED",
      cause: expect.any(ObjectNotFoundError),
    });
    server.reading = undefined;
    await ghost.save();
    expect(requests.filter((request) => request.startsWith("POST"))).toHaveLength(2);
  });

  it("is read once to be verified", async () => {
    const { cb, requests } = await watchlistServer();
    const watchlist = await cb.select(Watchlist, 5);
    requests.length = 0;
    await watchlist.set({ name: "Verified" }).save({ verify: true });
    expect(requests).toEqual([`PUT ${ONE}`, ONE]);
  });
});

describe("parts of a list", () => {
  const entry = (group_id: number, access_category = "Viewer") => ({
    group_id,
    group_name: `G${group_id}`,
    access_category,
  });

  it("that others have changed meanwhile are kept when a team is saved", async () => {
    let team = { id: 1, name: "T", group_access: [entry(1)] };
    const clock = new JumpClock();
    const groups = Object.fromEntries([10, 20].map((id) => [`/api/v3/group/${id}`, [{ id, name: `G${id}` }]]));
    const { cb } = await edrServer(
      {
        ...groups,
        "/api/team/1": (_query, method, body) => {
          if (method === "PUT") team = JSON.parse(body) as typeof team;
          return method === "PUT" ? { result: "success" } : team;
        },
      },
      { clock },
    );
    const mine = await cb.select(Team, 1);
    await mine.addAdministratorAccess(10);
    await mine.removeAccess(1);
    team = { ...team, group_access: [entry(1), entry(20)] };
    clock.pass(60_000);
    expect((await mine.save({ dryRun: true }))?.changes["group_access"]?.to).toEqual([
      entry(20),
      entry(10, "Administrator"),
    ]);
    await mine.save();
    expect(team.group_access).toEqual([entry(20), entry(10, "Administrator")]);
    expect(mine.isDirty()).toBe(false);
    // What was assigned as a whole is meant as a whole.
    mine.group_access = [entry(1)];
    await mine.addViewerAccess(20);
    team = { ...team, group_access: [entry(7)] };
    clock.pass(60_000);
    await mine.save();
    expect(team.group_access).toEqual([entry(1), entry(20)]);
  });

  it("that others have changed meanwhile are kept when a user is saved", async () => {
    const names = { username: "joe", first_name: "J", last_name: "D", email: "j@example.com", global_admin: false };
    let user = { ...names, teams: [{ id: 1, name: "A" }] };
    const clock = new JumpClock();
    const { cb } = await edrServer(
      {
        "/api/team/2": { id: 2, name: "B", group_access: [] },
        "/api/user/joe": (_query, method, body) => {
          if (method === "PUT") user = JSON.parse(body) as typeof user;
          return method === "PUT" ? { result: "success" } : user;
        },
      },
      { clock },
    );
    const mine = await cb.select(User, "joe");
    await mine.addTeam(2);
    user = { ...user, teams: [{ id: 3, name: "C" }] };
    clock.pass(60_000);
    await mine.save();
    expect(user.teams).toEqual([
      { id: 3, name: "C" },
      { id: 2, name: "B" },
    ]);
  });
});

describe("what is printed", () => {
  it("of a plan, or a part or a copy of one, holds no secret, and the plan does", async () => {
    const { cb } = await edrServer({});
    const names = { username: "bob", first_name: "B", last_name: "C", email: "b@example.com", teams: [] };
    const user = cb.create(User, { ...names, global_admin: false, password: "hunter2secret" });
    const plan = await user.save({ dryRun: true });
    const body = plan?.requests[0]?.body as Record<string, unknown>;
    const change = plan?.changes["password"];
    for (const part of [
      plan,
      { plan },
      plan?.requests,
      plan?.requests[0],
      plan?.changes,
      change,
      body,
      { ...plan },
      { ...body },
    ]) {
      expect(inspect(part, { depth: 9 })).not.toContain("hunter2secret");
    }
    expect(inspect(body)).toContain("first_name: 'B'");
    expect(inspect(plan, { depth: 9 })).toContain("********");
    expect([body["password"], change?.to]).toEqual(["hunter2secret", "hunter2secret"]);
    expect(JSON.stringify(plan)).toContain("hunter2secret");
  });

  it.each(["https://me:s3cretpw@feeds.example/x.json", "https://me:s3cr/et#pw@feeds.example/x.json"])(
    "of a feed at %s is its address without the password",
    async (feed_url) => {
      const lines: string[] = [];
      const write = (line: string) => void lines.push(line);
      const { cb } = await edrServer(
        { "/api/v1/feed": { status: 500, text: `could not fetch ${feed_url}` } },
        { logger: { debug: write, info: write, warn: write, error: write } },
      );
      const feed = cb.create(Feed, { feed_url });
      const error = await failure(feed.save());
      expect(error).toBeInstanceOf(ServerError);
      expect(error).toMatchObject({ code: "FEED_NOT_FETCHED", cause: { status: 500 } });
      const plan = await feed.save({ dryRun: true });
      const shown = [error, (error as Error).cause, feed, plan, plan?.requests, plan?.changes].map((part) =>
        inspect(part, { depth: 9 }),
      );
      shown.push(String(error), (error as Error).message);
      for (const text of shown) expect(text).not.toMatch(/s3cr/);
      expect(inspect(plan?.requests, { depth: 9 })).toContain("me:********@feeds.example");
      // The log shows the server's answer by its status only, and the request's body masked.
      expect(lines.join("\n")).not.toMatch(/s3cr/);
      expect(plan?.requests[0]?.body).toMatchObject({ feed_url });
    },
  );
});

describe("waiting for an isolation", () => {
  it("goes on while the server is out of order, tells so, and says at its end that the request stays in force", async () => {
    let looks = 0;
    const { cb, clock, sensor } = await sensorServer({
      before: (method) =>
        method === "GET" && [3, 4, 5].includes(++looks) ? { status: 502, text: "bad gateway" } : undefined,
    });
    const mine = await cb.select(Sensor, 3);
    looks = 1;
    const errors: (string | undefined)[] = [];
    const result = await mine.isolate({ onWait: ({ error }) => void errors.push(error?.name) });
    expect(result).toMatchObject({ changed: true });
    expect(errors).toEqual(["ServerError", "ServerError", "ServerError", undefined, undefined]);
    expect(clock.pauses).toEqual([1000, 2000, 4000, 5000, 5000]);

    sensor["status"] = "Offline";
    looks = -1_000_000;
    const answers: (Answer | undefined)[] = [undefined, undefined];
    const other = await sensorServer({
      before: (method) =>
        method === "GET" ? (answers.length > 0 ? answers.shift() : { status: 500, text: "dead" }) : undefined,
    });
    const error = await failure((await other.cb.select(Sensor, 3)).isolate({ timeout: 10_000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/stays in force.*unisolate\(\).*dead/),
      cause: { status: 500 },
    });
  });

  it("ends when it may no longer look, and says that the request stays in force", async () => {
    let looks = 0;
    const { cb } = await sensorServer({
      before: (method) => (method === "GET" && ++looks > 2 ? { status: 403, text: "forbidden" } : undefined),
    });
    const error = await failure(cb.select(Sensor, 3).isolate());
    expect(error).toMatchObject({
      name: "ClientError",
      status: 403,
      message: expect.stringContaining("stays in force"),
    });
    const unsure = await sensorServer({
      before: (method) => (method === "PUT" ? { status: 500, text: "oops" } : undefined),
    });
    await expect(unsure.cb.select(Sensor, 3).isolate()).rejects.toThrow(
      /may have arrived.*unisolate\(\) takes it back/,
    );
  });

  it("awaits its callback, whose failure is the call's, and lets nobody else wait for one that hangs", async () => {
    const { cb } = await sensorServer({ reads: 3 });
    let ready = false;
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ready = true;
      throw new RangeError("from onWait");
    };
    const hanging = cb.select(Sensor, 3).isolate({ onWait: () => new Promise<void>(() => {}), timeout: 200 });
    const [failed, late, fine] = await Promise.allSettled([
      cb.select(Sensor, 3).isolate({ onWait: slow }),
      hanging,
      cb.select(Sensor, 3).isolate(),
    ]);
    expect(failed).toMatchObject({ status: "rejected", reason: new RangeError("from onWait") });
    expect(late).toMatchObject({ status: "rejected", reason: expect.any(TimeoutError) });
    expect([ready, fine.status]).toEqual([true, "fulfilled"]);
  });
});
