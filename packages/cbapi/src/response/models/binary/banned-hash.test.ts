import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import {
  ApiError,
  BannedHash,
  Binary,
  type CbResponseOptions,
  ClientError,
  InvalidHashError,
  ObjectNotFoundError,
  ServerError,
} from "../../index.js";

const LIST = "/api/v1/banning/blacklist";
const md5 = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

interface Ban {
  enabled: boolean;
  text?: string | null;
  block_count?: number;
}

/** The banning routes for one hash, as the reference describes them. */
async function banningServer(ban?: Ban, options: CbResponseOptions & { failing?: string } = {}) {
  const { failing, ...clientOptions } = options;
  const server = { ban, bodies: [] as Record<string, unknown>[], failing };
  const list = options.routes?.bannedHashes ?? LIST;
  const write = (method: string, body: string): Answer | undefined => {
    if (method === server.failing) return { status: 500, text: "out of order" };
    if (body !== "") server.bodies.push(JSON.parse(body) as Record<string, unknown>);
    const sent = server.bodies.at(-1) as unknown as Ban;
    if (method === "POST" && server.ban?.enabled === true) {
      return { status: 409, text: `Banned hash already exists: ${md5}` };
    }
    if (method === "DELETE" && server.ban !== undefined) server.ban = { ...server.ban, enabled: false, text: null };
    if (method === "PUT")
      server.ban = { ...server.ban, enabled: server.ban?.enabled ?? false, text: sent.text ?? null };
    if (method === "POST") server.ban = { ...server.ban, enabled: sent.enabled, text: sent.text ?? null };
    return { result: "success" };
  };
  const edr = await edrServer(
    {
      [list]: (_query, method, body): Answer => (method === "GET" ? [server.ban] : (write(method, body) ?? null)),
      [`${list}/${md5}`]: (_query, method, body): Answer => {
        if (method !== "GET") return write(method, body) ?? null;
        if (server.ban === undefined) return { status: 404, text: "not found" };
        return { md5hash: md5.toUpperCase(), username: "admin", block_count: 3, ...server.ban };
      },
    },
    clientOptions,
  );
  return { ...edr, server };
}

describe("a new ban", () => {
  it("holds without being told so, and its hash is spelled as the routes spell it", async () => {
    const { cb, requests, server } = await banningServer();
    const ban = cb.create(BannedHash);
    ban.md5hash = md5.toUpperCase();
    ban.text = "ransomware";
    expect(ban.md5hash).toBe(md5);
    expect(await ban.save({ dryRun: true })).toMatchObject({ requests: [{ method: "POST", body: { enabled: true } }] });
    await ban.save();
    expect(server.bodies).toEqual([{ enabled: true, md5hash: md5, text: "ransomware" }]);
    expect(requests).toEqual([`POST ${LIST}`, `${LIST}/${md5}`]);
    expect(ban).toMatchObject({ md5hash: md5, enabled: true, block_count: 3 });
    expect(ban.isDirty()).toBe(false);
  });

  it("of a hash that is banned already is the caller's error, with the server's words", async () => {
    const { cb } = await banningServer({ enabled: true });
    const ban = cb.create(BannedHash, { md5hash: md5 });
    const error = await ban.save().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 409, retryable: false });
    expect(String(error)).toContain(`Banned hash already exists: ${md5}`);
    expect(ban.isDirty()).toBe(true);
  });

  it.each(["abc", `${md5}0`, "g".repeat(32), 5, null])("of %j is refused before anything is sent", async (text) => {
    const { cb, requests } = await banningServer();
    if (text !== null) expect(() => cb.create(BannedHash, { md5hash: text as string })).toThrow(InvalidHashError);
    await expect(BannedHash.ban(cb, text as string)).rejects.toThrow(InvalidHashError);
    await expect(cb.create(BannedHash, { text: "no hash" }).save()).rejects.toThrow("Missing fields: [md5hash]");
    expect(requests).toEqual([]);
  });
});

describe("changing a ban", () => {
  it("to no longer hold deletes it, and puts the text back that the server clears", async () => {
    const { cb, requests, server } = await banningServer({ enabled: true, text: "why" });
    const ban = await cb.select(BannedHash, md5);
    ban.enabled = false;
    requests.length = 0;
    await ban.save();
    expect(requests).toEqual([`DELETE ${LIST}/${md5}`, `PUT ${LIST}/${md5}`, `${LIST}/${md5}`]);
    expect(server.bodies[0]).toMatchObject({ md5hash: md5, enabled: false, text: "why", username: "admin" });
    expect(ban).toMatchObject({ enabled: false, text: "why" });
  });

  it("that has no text takes the delete alone", async () => {
    const { cb, requests } = await banningServer({ enabled: true, text: "" });
    const ban = await cb.select(BannedHash, md5);
    ban.enabled = false;
    requests.length = 0;
    await ban.save();
    expect(requests).toEqual([`DELETE ${LIST}/${md5}`, `${LIST}/${md5}`]);
  });

  it("to hold again posts it whole, and another text is a change of its own", async () => {
    const { cb, requests, server } = await banningServer({ enabled: false, text: "why" });
    const ban = await cb.select(BannedHash, md5);
    ban.enabled = true;
    requests.length = 0;
    await ban.save();
    ban.text = "because";
    await ban.save();
    expect(requests).toEqual([`POST ${LIST}`, `${LIST}/${md5}`, `PUT ${LIST}/${md5}`, `${LIST}/${md5}`]);
    expect(server.bodies[0]).toMatchObject({ md5hash: md5, enabled: true, text: "why", block_count: 3 });
    expect(server.ban).toMatchObject({ enabled: true, text: "because" });
    expect(() => ban.set({ md5hash: "0".repeat(32) })).toThrow("Field md5hash is immutable");
  });

  it("does not lose the text when the server fails half way, and the next save brings it back", async () => {
    const { cb, server } = await banningServer({ enabled: true, text: "why" }, { failing: "PUT" });
    const ban = await cb.select(BannedHash, md5);
    ban.enabled = false;
    await expect(ban.save()).rejects.toThrow(ServerError);
    expect(server.ban).toMatchObject({ enabled: false, text: null });
    server.failing = undefined;
    await ban.save();
    expect(server.ban).toMatchObject({ enabled: false, text: "why" });
    expect(ban.isDirty()).toBe(false);
  });
});

describe("enable and disable", () => {
  it("read first, and send nothing when it is so already", async () => {
    const { cb, requests, server } = await banningServer({ enabled: true, text: "why" });
    const ban = await cb.select(BannedHash, md5).enable();
    expect(requests).toEqual([`${LIST}/${md5}`]);
    server.ban = { enabled: false, text: "lifted by another" };
    await ban.disable();
    expect(server.bodies).toEqual([]);
    expect(ban.enabled).toBe(false);
    // What the object knew is out of date: it is not what is gone by.
    server.ban = { enabled: true, text: "again" };
    const plan = await ban.disable({ dryRun: true });
    expect(plan?.requests.map(({ method }) => method)).toEqual(["DELETE", "PUT"]);
    expect(ban.isDirty()).toBe(false);
    expect(await ban.enable({ dryRun: true })).toBeUndefined();
    await ban.disable();
    expect(ban).toMatchObject({ enabled: false, text: "again" });
    await ban.enable();
    expect(server.ban).toMatchObject({ enabled: true, text: "again" });
    await expect(cb.select(BannedHash, "0".repeat(32)).enable()).rejects.toThrow(ObjectNotFoundError);
  });

  it("can follow a delete, which lifts the ban and keeps its record", async () => {
    const { cb, requests, server } = await banningServer({ enabled: true, text: "why" });
    const ban = await cb.select(BannedHash, md5);
    ban.text = "never saved";
    await ban.delete();
    expect(requests).toEqual([`${LIST}/${md5}`, `DELETE ${LIST}/${md5}`]);
    expect(ban).toMatchObject({ md5hash: md5, enabled: false });
    expect(ban.isDirty()).toBe(false);
    expect(await ban.load()).toMatchObject({ block_count: 3, text: undefined });
    ban.enabled = true;
    await ban.save();
    expect(server.ban?.enabled).toBe(true);
    requests.length = 0;
    await cb.select(BannedHash, md5).delete();
    expect(requests).toEqual([`DELETE ${LIST}/${md5}`]);
    await cb.create(BannedHash, { md5hash: md5 }).delete();
    expect(requests).toHaveLength(1);
  });
});

describe("banning a hash", () => {
  it("makes a ban, leaves one that holds alone, and renews one that was lifted", async () => {
    const { cb, requests, server } = await banningServer();
    expect(await BannedHash.ban(cb, md5, { text: "bad", dryRun: true })).toMatchObject({
      requests: [{ method: "POST", path: LIST, body: { md5hash: md5, text: "bad", enabled: true } }],
    });
    expect(server.ban).toBeUndefined();
    requests.length = 0;
    expect(await BannedHash.ban(cb, md5.toUpperCase(), { text: "bad" })).toMatchObject({ enabled: true, text: "bad" });
    expect(requests).toEqual([`${LIST}/${md5}`, `POST ${LIST}`, `${LIST}/${md5}`]);
    server.bodies.length = 0;
    expect(await BannedHash.ban(cb, md5, { text: "other words" })).toMatchObject({ enabled: true, text: "bad" });
    expect(await BannedHash.ban(cb, md5, { dryRun: true })).toBeUndefined();
    expect(server.bodies).toEqual([]);
    server.ban = { enabled: false, text: null };
    expect(await cb.select(Binary, md5).ban({ text: "back" })).toMatchObject({ enabled: true, text: "back" });
    expect(server.bodies).toHaveLength(1);
  });

  it("is content when somebody else was faster, and not when the server only says yes", async () => {
    const theirs = { md5hash: md5, enabled: true, text: "theirs" };
    let reads = 0;
    const fast = await edrServer({
      [LIST]: () => ({ status: 409, text: "exists" }),
      [`${LIST}/${md5}`]: (): Answer => (reads++ === 0 ? { status: 404, text: "no" } : theirs),
    });
    expect(await BannedHash.ban(fast.cb, md5)).toMatchObject({ text: "theirs" });
    const never = await edrServer({
      [LIST]: () => ({ status: 409, text: "hash is reserved" }),
      [`${LIST}/${md5}`]: () => ({ status: 404, text: "no" }),
    });
    await expect(BannedHash.ban(never.cb, md5)).rejects.toThrow("hash is reserved");
    const idle = await edrServer({
      [LIST]: () => ({ result: "success" }),
      [`${LIST}/${md5}`]: () => ({ ...theirs, enabled: false }),
    });
    await expect(BannedHash.ban(idle.cb, md5)).rejects.toMatchObject({ code: "WRITE_NOT_APPLIED" });
  });

  it("shows on the binary: a ban, false without one, and a failing server fails", async () => {
    const { cb } = await banningServer({ enabled: false, text: "lifted" });
    expect(await cb.select(Binary, md5).banned).toMatchObject({ enabled: false, text: "lifted" });
    expect(await cb.select(Binary, "0".repeat(32)).banned).toBe(false);
    const refusing = (status: number) => edrServer({ [`${LIST}/${md5}`]: () => ({ status, text: "x" }) });
    expect(await (await refusing(409)).cb.select(Binary, md5).banned).toBe(false);
    await expect((await refusing(500)).cb.select(Binary, md5).banned).rejects.toThrow(ServerError);
    await expect((await refusing(403)).cb.select(Binary, md5).banned).rejects.toThrow(ClientError);
  });
});

describe("the list of bans", () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ md5hash: index.toString(16).padStart(32, "0"), enabled: true }));
  const limited = (there: number, most: number) =>
    edrServer({ [LIST]: (query: URLSearchParams) => rows(Math.min(there, most, Number(query.get("count")))) });

  it("is asked for again when it is as long as it was asked to be", async () => {
    const { cb, requests } = await limited(12_345, Number.POSITIVE_INFINITY);
    const bans = await cb.select(BannedHash).all();
    expect(bans).toHaveLength(12_345);
    expect(bans.report()).toMatchObject({ complete: true, returned: 12_345 });
    expect(requests).toEqual([`${LIST}?count=10000`, `${LIST}?count=100000`]);
    expect(await cb.select(BannedHash).where("enabled:true").count()).toBe(12_345);
  });

  it("says so when the server gives no more", async () => {
    const { cb } = await limited(12_345, 10_000);
    const bans = await cb.select(BannedHash).all();
    expect(bans).toHaveLength(10_000);
    expect(bans.report()).toMatchObject({ complete: false, reasons: [expect.stringContaining("10000 entries")] });
    const { cb: short, requests } = await limited(0, 10_000);
    expect((await short.select(BannedHash).all()).report()).toMatchObject({ complete: true });
    expect(requests).toEqual([`${LIST}?count=10000`]);
  });

  it("may be somewhere else, for all that is done with it", async () => {
    const list = "/api/v1/banning/bannedlist";
    const { cb, requests } = await banningServer({ enabled: true }, { routes: { bannedHashes: list } });
    const ban = await cb.select(BannedHash, md5);
    await ban.disable();
    await ban.enable();
    await cb.select(BannedHash).all();
    expect(requests.every((request) => request.includes(list))).toBe(true);
    expect(requests).toContain(`${list}?count=10000`);
    await expect(banningServer(undefined, { routes: { banned: "/x" } as object })).rejects.toThrow("routes.banned");
    await expect(banningServer(undefined, { routes: { bannedHashes: "x/" } })).rejects.toThrow("wants a path");
  });
});

describe("what is never banned", () => {
  it("can be read", async () => {
    const { cb } = await edrServer({
      "/api/v1/banning/whitelist": { whitelist: [md5] },
      "/api/v1/banning/restrictions": { patterns: ["c:\\windows\\*"] },
    });
    expect(await cb.banningWhitelist()).toEqual([md5]);
    expect(await cb.banningRestrictions()).toEqual(["c:\\windows\\*"]);
    const { cb: odd } = await edrServer({ "/api/v1/banning/whitelist": [] });
    await expect(odd.banningWhitelist()).rejects.toThrow(ApiError);
    await expect(odd.banningRestrictions()).rejects.toThrow(ObjectNotFoundError);
  });
});
