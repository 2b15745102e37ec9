// Banned hashes: made, lifted and put in force again, and what becomes of a banned program.
import {
  BannedHash,
  Binary,
  ClientError,
  InvalidHashError,
  ObjectNotFoundError,
  Process,
  Sensor,
  SensorGroup,
  ServerError,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, sent, written } from "../support/sandbox.js";

const path = "/api/v1/banning/blacklist";

useSandbox({ tokens: [{ username: "analyst", token: "analyst-token-0123456789" }] }, { connected: true });

/** A ban as the server has it. */
const onServer = (md5: string) => cb.getObject(`${path}/${md5}`) as Promise<Record<string, unknown>>;
const hash = (n: number) => n.toString(16).padStart(32, "0");

describe("a ban", () => {
  it("is made, lifted with its text kept, and put in force again, all of which its history tells", async () => {
    const ban = cb.create(BannedHash, { md5hash: hash(1).toUpperCase(), text: "dropper" });
    expect(await ban.save({ dryRun: true })).toMatchObject({
      requests: [{ method: "POST", path, body: { md5hash: hash(1), text: "dropper", enabled: true } }],
    });
    expect(sent(sandbox)).toEqual([]);
    await ban.save({ verify: true });
    expect(ban).toMatchObject({ md5hash: hash(1), enabled: true, text: "dropper", username: "admin", block_count: 0 });
    expect(ban.timestamp).toEqual(sandbox.clock.date());

    await sandbox.clock.step(60);
    sandbox.requests.clear();
    await ban.disable();
    const one = `${path}/${hash(1)}`;
    expect(sent(sandbox)).toEqual([`GET ${one}`, `DELETE ${one}`, `PUT ${one}`, `GET ${one}`]);
    expect(ban).toMatchObject({ enabled: false, text: "dropper" });
    await ban.disable();
    expect(written(sandbox)).toEqual([]);
    expect(await ban.enable({ dryRun: true })).toMatchObject({
      changes: { enabled: { from: false, to: true } },
      requests: [{ method: "POST", path, body: { md5hash: hash(1), enabled: true, text: "dropper" } }],
    });
    expect(ban.isDirty()).toBe(false);
    await cb.select(BannedHash, hash(1).toUpperCase()).enable();
    expect(written(sandbox)).toEqual([`POST ${path}`]);
    expect(await onServer(hash(1))).toMatchObject({ enabled: true, text: "dropper" });

    ban.text = "dropper of the March wave";
    await ban.refresh();
    await ban.set({ text: "dropper of the March wave" }).save({ verify: true });
    expect(written(sandbox)).toEqual([`PUT ${one}`]);
    expect(ban.enabled).toBe(true);
    expect(ban.audit?.map(({ enabled, text }) => [enabled, text])).toEqual([
      [true, "dropper of the March wave"],
      [true, "dropper"],
      [false, "dropper"],
      [false, null],
      [true, "dropper"],
    ]);
    expect(new Set(ban.audit?.map(({ username }) => username))).toEqual(new Set(["admin"]));
  });

  it("is lifted by delete(), which leaves its record", async () => {
    const ban = await cb.create(BannedHash, { md5hash: hash(2), text: "gone" }).save();
    await ban.delete();
    expect(await onServer(hash(2))).toMatchObject({ enabled: false, text: null });
    expect(ban.enabled).toBe(false);
    expect((await cb.select(BannedHash, hash(2))).audit).toHaveLength(2);
    await ban.set({ text: "back", enabled: true }).save();
    expect(await onServer(hash(2))).toMatchObject({ enabled: true, text: "back" });
    await cb.select(BannedHash, hash(2)).disable();
    expect(await errorOf(() => cb.select(BannedHash, hash(3)).disable())).toBeInstanceOf(ObjectNotFoundError);
  });

  it("that holds already is an error to create, and nothing to do for ban()", async () => {
    await BannedHash.ban(cb, hash(4), { text: "first" });
    expect(sent(sandbox)).toEqual([`GET ${path}/${hash(4)}`, `POST ${path}`, `GET ${path}/${hash(4)}`]);
    const error = await errorOf(() => cb.create(BannedHash, { md5hash: hash(4), text: "second" }).save());
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 409, retryable: false });
    expect(error.message).toContain(`Banned hash already exists: ${hash(4)}`);

    sandbox.requests.clear();
    const known = await BannedHash.ban(cb, hash(4).toUpperCase(), { text: "second" });
    expect(known).toMatchObject({ text: "first", enabled: true });
    expect(await BannedHash.ban(cb, hash(4), { dryRun: true })).toBeUndefined();
    expect(written(sandbox)).toEqual([]);

    // Lifted by somebody else, it is put in force again, with the new text.
    await using other = clientOf(sandbox, { token: "analyst-token-0123456789" });
    await other.select(BannedHash, hash(4)).disable();
    sandbox.requests.clear();
    expect(await BannedHash.ban(cb, hash(4), { text: "third" })).toMatchObject({ enabled: true, text: "third" });
    expect(written(sandbox)).toEqual([`POST ${path}`]);
    expect((await cb.select(BannedHash, hash(4))).audit?.map(({ username }) => username).slice(0, 3)).toEqual([
      ...["admin", "analyst", "analyst"],
    ]);

    // Of two at a time, one is told of the conflict by the server, and takes it for what it is.
    sandbox.requests.clear();
    const bans = await Promise.all([BannedHash.ban(cb, hash(5)), BannedHash.ban(other, hash(5))]);
    for (const ban of bans) expect(ban).toMatchObject({ md5hash: hash(5), enabled: true });
    expect((await onServer(hash(5)))["audit"]).toHaveLength(1);

    for (const text of ["123", "z".repeat(32), ""]) {
      expect(await errorOf(() => BannedHash.ban(cb, text))).toBeInstanceOf(InvalidHashError);
    }
  });

  it("of which only a part was changed keeps the rest to be saved", async () => {
    const ban = await BannedHash.ban(cb, hash(7), { text: "kept" });
    const one = `${path}/${hash(7)}`;
    sandbox.faults.add({ match: { method: "PUT", path: one, times: 1 }, do: { status: 400 } });
    expect(await errorOf(() => ban.disable())).toBeInstanceOf(ClientError);
    expect(await onServer(hash(7))).toMatchObject({ enabled: false, text: null });
    expect(ban.isDirty()).toBe(true);
    sandbox.requests.clear();
    await ban.save();
    expect(written(sandbox)).toEqual([`PUT ${one}`]);
    expect(await onServer(hash(7))).toMatchObject({ enabled: false, text: "kept" });
    await ban.set({ text: null }).save({ verify: true });
    expect(await onServer(hash(7))).toMatchObject({ enabled: false, text: null });
  });

  it("that the server only says it has made is an error", async () => {
    sandbox.faults.add({ match: { method: "POST", path, times: 1 }, do: { status: 200, body: { result: "success" } } });
    const error = await errorOf(() => BannedHash.ban(cb, hash(6)));
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ code: "WRITE_NOT_APPLIED", cause: expect.any(ObjectNotFoundError) as unknown });
    expect(await BannedHash.ban(cb, hash(6))).toMatchObject({ enabled: true });
    await cb.select(BannedHash, hash(6)).disable();
    sandbox.faults.add({ match: { method: "POST", path, times: 1 }, do: { status: 200, body: { result: "success" } } });
    const again = await errorOf(() => BannedHash.ban(cb, hash(6)));
    expect(again).toBeInstanceOf(ServerError);
    expect(again).toMatchObject({ code: "WRITE_NOT_APPLIED" });
  });
});

describe("the list of bans", () => {
  it("has all of them, also where the server gives 500 by itself", async () => {
    const before = await cb.select(BannedHash).count();
    const many = Array.from({ length: 520 }, (_, n) => hash(0x10000 + n));
    for (let at = 0; at < many.length; at += 40) {
      await Promise.all(many.slice(at, at + 40).map((md5hash) => cb.postObject(path, { md5hash, text: `wave ${at}` })));
    }
    expect(await cb.getObject(path)).toHaveLength(500);
    sandbox.requests.clear();
    const all = cb.select(BannedHash);
    const bans = await all.all();
    expect(bans).toHaveLength(before + 520);
    expect(bans.report()).toMatchObject({ complete: true, returned: before + 520 });
    expect(await all.where({ text: "wave 480" }).and("enabled:true").count()).toBe(40);
    const [last] = await all.sort("md5hash desc").slice(0, 1);
    expect(last?.md5hash).toBe(many.at(-1));
    expect(sent(sandbox)).toEqual([`GET ${path}?count=10000`]);
    // What was listed is known as a whole.
    expect((await cb.select(BannedHash, many[0] ?? "")).username).toBe("admin");
    expect(sent(sandbox)).toEqual([]);
  });
});

describe("a banned program", () => {
  const program = { sensor: 3, path: "c:\\users\\bit9rad\\downloads\\procmon.exe" };
  const md5 = "7FB55F5A62E78AF9B58D08AAEEAEF848";

  it("is stopped by its sensor, which tells its parent's story", async () => {
    expect(await sandbox.launch(program)).toMatchObject({ outcome: "started", md5: md5.toLowerCase() });
    const binary = await cb.select(Binary, md5);
    expect(await binary.banned).toBe(false);
    const ban = await binary.ban({ text: "not on servers" });
    expect(await binary.getBanned()).toMatchObject({ text: "not on servers", enabled: true });
    expect(await ban.binary.original_filename).toBe("procmon.exe");
    const running = await cb.select(Process).where({ process_name: "procmon.exe" }).count();

    await sandbox.clock.step(30);
    const report = await sandbox.launch({ ...program, cmdline: "procmon.exe /quiet", username: "WIN\\bit9rad" });
    expect(report).toMatchObject({ outcome: "blocked", md5: md5.toLowerCase() });
    expect(await cb.select(Process).where({ process_name: "procmon.exe" }).count()).toBe(running);

    const parents = await cb.select(Process).where({ blocked_md5: md5 }).groupBy("id").all();
    expect(parents).toHaveLength(1);
    const [parent] = parents;
    expect(parent).toMatchObject({ process_name: "explorer.exe", hostname: "WIN-IA9NQ1GN8OI", processblock_count: 1 });
    const [block] = (await parent?.processblocks) ?? [];
    expect(block).toMatchObject({
      ...{ type: "MD5", event: "ProcessCreate", result: "ProcessTerminated", md5: md5.toLowerCase() },
      ...{
        path: program.path,
        cmdline: "procmon.exe /quiet",
        username: "WIN\\bit9rad",
        timestamp: sandbox.clock.date(),
      },
    });
    expect(await parent?.allProcessblocks()).toEqual([block]);

    await ban.refresh();
    expect(ban).toMatchObject({
      ...{ block_count: 1, last_block_sensor_id: 3, last_block_hostname: "WIN-IA9NQ1GN8OI" },
      last_block_time: sandbox.clock.date(),
    });
    await sandbox.launch(program);
    expect((await ban.refresh()).block_count).toBe(2);
    await parent?.refresh();
    expect(await parent?.allProcessblocks()).toHaveLength(2);
  });

  it("runs where its group's sensors stop nothing, and when the ban is lifted", async () => {
    const ban = await cb.select(BannedHash, md5);
    expect(await sandbox.launch(program)).toMatchObject({ outcome: "blocked" });
    const group = cb.create(SensorGroup, { name: "Unbanned", sensorbackend_server: sandbox.url, site_id: 1 });
    await group.set({ banning_enabled: false }).save();
    const sensor = await cb.select(Sensor, 3);
    await sensor.moveTo(group);
    expect(await sandbox.launch(program)).toMatchObject({ outcome: "started" });
    await sensor.moveTo(1);
    expect(await sandbox.launch(program)).toMatchObject({ outcome: "blocked" });
    await group.delete();

    await ban.disable();
    const started = await sandbox.launch(program);
    expect(started.outcome).toBe("started");
    const found = await cb.select(Process, "id" in started ? started.id : "");
    expect(found).toMatchObject({ process_name: "procmon.exe", terminated: false });
    expect(await found.binary.banned).toMatchObject({ enabled: false });
    expect((await ban.refresh()).block_count).toBe(4);
  });
});
