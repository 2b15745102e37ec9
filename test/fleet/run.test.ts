// Jobs from where they are submitted to their results, through workers, on a real Redis.
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { asJob, defineJob, Fleet, type FleetJobContext } from "@cbapi/fleet";
import { Sandbox } from "@cbapi/sandbox";
import type { LiveResponseSession } from "cbapi/response";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { all, expectNoSessionLeft, FleetRoom } from "../support/given-fleet.js";
import { LocalFolder } from "../support/live-response.js";
import { clientOf } from "../support/sandbox.js";
import { isThere } from "../support/services.js";

const there = await isThere("Redis");

const HOSTS = 12;
const ids = Array.from({ length: HOSTS }, (_, place) => place + 1);
/** Milliseconds. */
const LEASE = 3000;
const OFFLINE = 4;
let sandbox: Sandbox;

beforeAll(async () => {
  if (!there) return;
  sandbox = await Sandbox.start({
    tls: false,
    organisation: { hosts: HOSTS, processes: 100, binaries: 20 },
    clock: { tickInterval: 20 },
    behaviour: { liveResponseSlots: 20 },
  });
});
afterAll(() => sandbox?.stop());
beforeEach(async () => {
  if (!there) return;
  for (const id of ids) await sandbox.setOnline(id, true);
  await sandbox.clock.step(2);
});

const count = defineJob({
  name: "count",
  changes: false,
  run: async (session) => (await session.listProcesses()).length,
});

/** A job that runs until it is told to end. */
function held(name: string, changes = false) {
  const begun: number[] = [];
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const job = defineJob({
    ...{ name, changes },
    run: async (_session, { target, signal, progress }) => {
      begun.push(target);
      progress("waits");
      await Promise.race([
        ended,
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
      ]);
      return target;
    },
  });
  return { job, begun, end };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20);
}

describe.skipIf(!there)("a run", () => {
  it("has one outcome for each sensor", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    await fleet.work([count], { leaseTime: LEASE });
    const run = await fleet.submit(
      "count",
      ids.map((id) => ({ id, hostname: `HOST-${id}` })),
    );
    const outcomes = await all(fleet.results(run, { follow: true }));
    expect(outcomes.map(({ target }) => target).sort((a, b) => a - b)).toEqual(ids);
    for (const { target, state, value, attempts, hostname } of outcomes) {
      expect({ state, attempts, hostname }).toEqual({ state: "done", attempts: 1, hostname: `HOST-${target}` });
      expect(value).toBeGreaterThan(0);
    }
    expect(await all(fleet.results(run, { from: 5 }))).toEqual(outcomes.slice(5));
    expect(await fleet.status(run)).toMatchObject({
      state: "ended",
      total: HOSTS,
      done: HOSTS,
      running: 0,
      waiting: 0,
    });
    expect(await fleet.runs()).toEqual([run]);
    await fleet.close();
    expectNoSessionLeft(sandbox);
  });

  it("shares the slots among workers, with the sessions of others counted", async () => {
    await using room = new FleetRoom();
    const fleets = await Promise.all([room.fleet(sandbox), room.fleet(sandbox)]);
    const [fleet] = fleets;
    await fleet.setSlots(5);
    const { job, begun, end } = held("held");
    for (const each of fleets) await each.work([job], { leaseTime: LEASE });
    const cb = clientOf(sandbox, { allowHttp: true });
    const theirs = [await cb.liveResponse.openSession(11), await cb.liveResponse.openSession(12)];
    const run = await fleet.submit("held", ids.slice(0, 10));
    await until(() => begun.length >= 3);
    // Time in which a fourth one would be begun.
    await pause(1000);
    expect(begun).toHaveLength(3);
    expect(await fleet.status(run)).toMatchObject({ running: 3, slots: { limit: 5, used: 3, others: 2 }, workers: 2 });
    expect((await fleet.status(run)).jobs[0]).toMatchObject({ attempt: 1, progress: "waits" });
    await Promise.all(theirs.map((session) => session.close()));
    await until(() => begun.length >= 5);
    expect(sandbox.liveResponse.stats().slots.used).toBeLessThanOrEqual(5);
    end();
    expect(await fleet.wait(run)).toMatchObject({ done: 10 });
    await cb.close();
    await Promise.all(fleets.map((each) => each.close()));
    expectNoSessionLeft(sandbox);
  });

  it("has one session for each sensor, also of several runs", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    const { job, begun, end } = held("held");
    await fleet.work([job, count], { leaseTime: LEASE });
    const first = await fleet.submit(job, [7]);
    await until(() => begun.length === 1);
    const second = await fleet.submit(count, [7]);
    await pause(1000);
    expect(sandbox.liveResponse.stats().slots.used).toBe(1);
    expect(await fleet.status(second)).toMatchObject({ waiting: 1 });
    end();
    expect(await fleet.wait(first)).toMatchObject({ done: 1 });
    expect(await fleet.wait(second)).toMatchObject({ done: 1 });
  });

  it("waits for a sensor that is offline without a slot, and does its job when it is back", async () => {
    await sandbox.setOnline(OFFLINE, false);
    await sandbox.clock.step(12);
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    await fleet.work([count], { leaseTime: LEASE });
    const run = await fleet.submit("count", [3, OFFLINE], { recheck: 1000 });
    await until(async () => (await fleet.status(run)).offline === 1 && (await fleet.status(run)).done === 1);
    // The other one's session is closed behind its outcome.
    await until(async () => (await fleet.slots()).used === 0);
    await sandbox.setOnline(OFFLINE, true);
    expect(await fleet.wait(run)).toMatchObject({ done: 2, offline: 0 });
  });

  it("expires at its deadline what has not begun, worker or not", async () => {
    await sandbox.setOnline(OFFLINE, false);
    await sandbox.clock.step(12);
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    const worker = await fleet.work([count], { leaseTime: LEASE });
    const run = await fleet.submit("count", [3, OFFLINE], { deadline: 2500 });
    expect(await fleet.wait(run)).toMatchObject({ done: 1, expired: 1 });
    const outcomes = await all(fleet.results(run));
    const expired = outcomes.find(({ state }) => state === "expired");
    expect(expired).toMatchObject({ target: OFFLINE, attempts: 0, error: { code: "JOB_EXPIRED" } });
    expect(expired?.error?.message).toMatch(/deadline: its sensor is offline/);
    await worker.close();
    const unattended = await fleet.submit("count", [3], { deadline: 300 });
    expect(await fleet.wait(unattended)).toMatchObject({ expired: 1, workers: 0 });
  });

  it("is cancelled: what runs ends, what waits is never begun, and it can be resumed", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    await fleet.setSlots(4);
    const { job, begun, end } = held("held");
    await fleet.work([job], { leaseTime: LEASE });
    const run = await fleet.submit("held", ids);
    await until(() => begun.length === 4);
    await fleet.cancel(run);
    expect(await fleet.wait(run)).toMatchObject({ state: "ended", cancelled: HOSTS, done: 0, running: 0 });
    expect(begun).toHaveLength(4);
    const attempts = (await all(fleet.results(run))).map((outcome) => outcome.attempts);
    expect(attempts.filter((number) => number === 1)).toHaveLength(4);
    end();
    const again = await fleet.resume(run);
    expect(again).not.toBe(run);
    expect(await fleet.wait(again ?? "")).toMatchObject({ job: "held", total: HOSTS, done: HOSTS });
    expect(await fleet.resume(again ?? "")).toBeUndefined();
    await fleet.close();
    expectNoSessionLeft(sandbox);
  });

  it("is submitted again under its id without doing anything twice", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    await fleet.work([count], { leaseTime: LEASE });
    // As if whoever submits had died half way.
    const torn = async function* () {
      yield* ids.slice(0, 6);
      throw new Error("torn off");
    };
    await expect(fleet.submit("count", torn(), { id: "nightly" })).rejects.toThrow("torn off");
    expect(await fleet.submit("count", ids, { id: "nightly" })).toBe("nightly");
    expect(await fleet.submit("count", ids, { id: "nightly" })).toBe("nightly");
    expect(await fleet.wait("nightly")).toMatchObject({ total: HOSTS, done: HOSTS });
    expect(await all(fleet.results("nightly"))).toHaveLength(HOSTS);
    await expect(fleet.submit("count", ids, { id: "nightly", params: 5 })).rejects.toMatchObject({
      code: "RUN_EXISTS",
    });
  });
});

describe.skipIf(!there)("what jobs give", () => {
  const CONTENT = "what was found\n".repeat(5000);
  const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
  const evidence = defineJob({
    name: "evidence",
    changes: false,
    parameters: (given) => {
      if (typeof given !== "object" || given === null || !("path" in given)) throw new Error("params must have a path");
      return { path: String(given.path) };
    },
    run: async (session: LiveResponseSession, { params, keepFile, keep }: FleetJobContext<{ path: string }>) => ({
      found: await keepFile(params.path),
      note: await keep("note.txt", Buffer.from("looked at")),
      head: await session.getFile(params.path, { count: 4 }),
    }),
  });

  beforeEach(() => {
    if (there) sandbox.liveResponse.addFile(7, "C:\\Users\\Public\\evidence.txt", CONTENT);
  });

  it.each(["Redis", "a folder"])("is kept in %s by its SHA-256", async (place) => {
    const folder = await LocalFolder.make();
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox, place === "Redis" ? {} : { files: folder.file("store") });
    await fleet.work([evidence], { leaseTime: LEASE });
    const run = await fleet.submit(evidence, [7], { params: { path: "C:\\Users\\Public\\evidence.txt" } });
    await fleet.wait(run);
    const [outcome] = await all(fleet.results(run));
    const note = { file: "note.txt", size: 9, sha256: createHash("sha256").update("looked at").digest("hex") };
    expect(outcome).toMatchObject({
      state: "done",
      value: {
        found: { file: "evidence.txt", size: CONTENT.length, sha256: SHA256 },
        note,
        head: { file: "head.bin", size: 4 },
      },
    });
    expect(outcome?.files).toHaveLength(3);
    expect((await buffer(await fleet.file(SHA256))).toString()).toBe(CONTENT);
    await expect(fleet.file("0".repeat(64))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await folder.remove();
  });

  it("is a failure with its reason when the job throws, or was submitted with what it does not take", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    await fleet.work([evidence], { leaseTime: LEASE });
    const missing = await fleet.submit(evidence, [7], { params: { path: "C:\\nothing.txt" } });
    const wrong = await fleet.submit(evidence, [7]);
    const absent = await fleet.submit(evidence, [4711], { params: { path: "C:\\nothing.txt" } });
    for (const run of [missing, wrong, absent]) expect(await fleet.wait(run)).toMatchObject({ failed: 1 });
    const errorOf = async (run: string) => (await all(fleet.results(run)))[0]?.error;
    expect(await errorOf(missing)).toMatchObject({ name: "LiveResponseError" });
    expect(await errorOf(wrong)).toEqual({ name: "Error", message: "params must have a path" });
    expect(await errorOf(absent)).toMatchObject({
      code: "OBJECT_NOT_FOUND",
      message: "Sensor 4711 could not be found",
    });
  });

  it("is the same in one process", async () => {
    const cb = clientOf(sandbox, { allowHttp: true });
    const kept: string[] = [];
    const job = asJob(evidence, {
      params: { path: "C:\\Users\\Public\\evidence.txt" },
      keep: async (file, source) => {
        const bytes = source instanceof Uint8Array ? source : Buffer.concat(await all<Uint8Array>(source));
        kept.push(file);
        return { file, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
      },
    });
    const { value } = await cb.liveResponse.submitJob(job, 7).outcome;
    expect(value?.found).toEqual({ file: "evidence.txt", size: CONTENT.length, sha256: SHA256 });
    expect(kept).toEqual(["evidence.txt", "note.txt"]);
    await cb.close();
  });
});

describe.skipIf(!there)("what makes no sense", () => {
  it("is refused before anything is submitted", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    const refused = (job: string, targets: unknown, options = {}) => fleet.submit(job, targets as number[], options);
    await expect(refused("count", [1])).rejects.toThrow(/No worker has offered any job for http/);
    await fleet.work([count], { leaseTime: LEASE });
    await expect(refused("cuont", [1])).rejects.toMatchObject({
      code: "UNKNOWN_JOB",
      message: /cuont.*Known are: count/,
    });
    await expect(refused("count", [1, "x"])).rejects.toThrow('"x" is no sensor id');
    await expect(refused("count", 5)).rejects.toThrow("a list of sensors");
    await expect(refused("count", [1], { deadline: new Date(0) })).rejects.toThrow(/deadline 1970.* has passed/);
    await expect(refused("count", [1], { retires: 5 })).rejects.toThrow("Unknown option retires");
    await expect(refused("count", [1], { retries: -1 })).rejects.toThrow("retries cannot be -1");
    await expect(refused("count", [1], { id: "a b" })).rejects.toThrow('"a b" is no id');
    await expect(fleet.status("nothing")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    expect(await fleet.runs()).toEqual([]);
  });

  it("is said of another server, and of a Redis that is not there", async () => {
    await using room = new FleetRoom();
    const fleet = await room.fleet(sandbox);
    await fleet.work([count], { leaseTime: LEASE });
    const run = await fleet.submit("count", [1]);
    await fleet.wait(run);
    const elsewhere = await room.fleet(sandbox, { server: "https://other.example.com:8443/" });
    await expect(elsewhere.status(run)).rejects.toMatchObject({
      code: "WRONG_SERVER",
      message: `Run ${run} belongs to ${fleet.server}, and not to https://other.example.com:8443: name that server.`,
    });
    await expect(elsewhere.work([count])).rejects.toThrow("needs a client");
    await expect(Fleet.connect({ redis: "redis://:secret@127.0.0.1:1", server: "x" })).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
      message: /^No Redis at redis:\/\/\*\*\*@127.0.0.1:1: connect ECONNREFUSED/,
    });
    await expect(Fleet.connect({ redis: "localhost", server: "x" })).rejects.toThrow("is no address of a Redis");
    expect(() => defineJob({ name: "a b", run: () => 1 })).toThrow("is no name for a job");
  });
});
