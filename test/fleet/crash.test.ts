// Workers that are killed (-9) and a Redis that is started anew, in the middle of a run.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Fleet } from "@cbapi/fleet";
import { Sandbox } from "@cbapi/sandbox";
import { describe, expect, it } from "vitest";
import { OwnRedis, WorkerProcess, type WorkerProcessOptions } from "../support/fleet-processes.js";
import { all, expectNoSessionLeft, FleetRoom } from "../support/given-fleet.js";
import { clientOf } from "../support/sandbox.js";
import { isThere } from "../support/services.js";

const there = await isThere("Redis");

/** `FLEET_HOSTS=1000 npx vitest run test/fleet/crash.test.ts` is the whole of it, and prints figures. */
const WANTED = process.env["FLEET_HOSTS"];
const HOSTS = Number(WANTED ?? 60);
const SLOTS = 10;
const LEASE = 3000;
/** Real milliseconds that the test may take on a machine that is busy with other things. */
const PATIENCE = 240_000 + HOSTS * 1000;

describe.skipIf(!there)("workers that die", () => {
  it(
    "leave exactly one outcome for each sensor, never more sessions than slots, and none behind",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "cbapi-fleet-"));
      await using redis = await OwnRedis.start();
      await using sandbox = await Sandbox.start({
        tls: false,
        organisation: { hosts: HOSTS, processes: 200, binaries: 20 },
        clock: { tickInterval: 20 },
        // More than the fleet may have: whatever is too much would be counted, and not refused.
        behaviour: { liveResponseSlots: 100 },
        // Endpoints come and go: whoever is off when its turn comes is waited for.
        liveResponse: { schedule: { offline: 0.2, period: 300 } },
      });
      const ids = Array.from({ length: HOSTS }, (_, place) => place + 1);
      const begun = join(folder, "begun");
      await writeFile(begun, "");
      const options: WorkerProcessOptions = {
        ...{ redis: redis.url, leaseTime: LEASE, concurrency: SLOTS, begun, busy: 60 },
        prefix: "crash",
      };
      await using first = await WorkerProcess.start(sandbox, options);
      await using second = await WorkerProcess.start(sandbox, options);
      await using third = await WorkerProcess.start(sandbox, options);
      await using room = new FleetRoom(redis.url);
      const fleet = await room.fleet(sandbox, { prefix: options.prefix });
      const since = Date.now();
      // Half of the jobs may be begun again, the others must not.
      const reads = await fleet.submit(
        "reads",
        ids.filter((id) => id % 2 === 0),
        { retries: 20, recheck: 1000 },
      );
      const writes = await fleet.submit(
        "writes",
        ids.filter((id) => id % 2 === 1),
        { recheck: 1000 },
      );
      const over = async () => {
        const all = await Promise.all([reads, writes].map((run) => fleet.status(run)));
        return all.reduce((sum, { total, waiting, running, offline }) => sum + total - waiting - running - offline, 0);
      };
      const untilOver = async (count: number) => {
        while ((await over()) < count) await pause(50);
      };
      await untilOver(HOSTS * 0.15);
      await first.kill();
      await untilOver(HOSTS * 0.3);
      await redis.restart(500);
      // Longer than leases are held: whoever has one must end what it does by itself.
      await untilOver(HOSTS * 0.5);
      await redis.restart(LEASE * 1.5);
      await untilOver(HOSTS * 0.7);
      await second.kill();
      await Promise.all([fleet.wait(reads), fleet.wait(writes)]);
      const took = Date.now() - since;
      const outcomes = [...(await all(fleet.results(reads))), ...(await all(fleet.results(writes)))];
      // Sessions of the dead are closed by those that live.
      while ((await fleet.slots()).used > 0) await pause(100);
      await third.stop();

      expect(outcomes.map(({ target }) => target).sort((a, b) => a - b)).toEqual(ids);
      const states = outcomes.map(({ state }) => state);
      const starts = readFileSync(begun, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(" "));
      const startsOf = (id: number) => starts.filter(([, target]) => Number(target) === id).length;
      for (const { target, state, attempts, value } of outcomes) {
        const isRead = target % 2 === 0;
        expect(isRead ? ["done"] : ["done", "unknown"]).toContain(state);
        if (state === "done") expect(value).toBeGreaterThan(0);
        // What changes the endpoint was begun once, whatever happened.
        if (!isRead)
          expect({ target, starts: startsOf(target), attempts }).toEqual({
            target,
            starts: startsOf(target) && 1,
            attempts: 1,
          });
      }
      expectNoSessionLeft(sandbox, SLOTS);
      const { slots, sessions } = sandbox.liveResponse.stats();
      const figures = `${HOSTS} hosts in ${(took / 1000).toFixed(1)} s: ${states.filter((state) => state === "done").length} done, ${states.filter((state) => state === "unknown").length} unknown, ${starts.length} begun, ${sessions.opened} sessions, ${slots.highest} at most`;
      if (WANTED !== undefined) console.log(figures);
      expect(slots.highest, figures).toBeLessThanOrEqual(SLOTS);
      await rm(folder, { recursive: true, force: true });
    },
    PATIENCE,
  );

  it("have what they began settled by others: again where it may be repeated, as unknown where not", async () => {
    await using stage = await Stage.open();
    const { fleet, starts } = stage;
    const worker = await stage.worker(60_000);
    const [reads, writes, rewrites] = await Promise.all([
      fleet.submit("reads", [1]),
      fleet.submit("writes", [2]),
      fleet.submit("writes", [3], { rerun: true }),
    ]);
    await stage.untilBegun(3);
    await worker.kill();
    expect(stage.sessions()).toBe(3);
    await stage.worker(10);
    for (const run of [reads, writes, rewrites]) await fleet.wait(run);
    const outcomeOf = async (run: string) => (await all(fleet.results(run)))[0];
    expect(await outcomeOf(reads)).toMatchObject({ state: "done", attempts: 2 });
    expect(await outcomeOf(rewrites)).toMatchObject({ state: "done", attempts: 2 });
    expect(await outcomeOf(writes)).toMatchObject({
      state: "unknown",
      attempts: 1,
      error: { code: "OUTCOME_UNKNOWN" },
    });
    expect(starts(2)).toBe(1);
    expect(await fleet.resume(writes)).toBeUndefined();
    const again = await fleet.resume(writes, { rerun: true });
    expect(await fleet.wait(again ?? "")).toMatchObject({ done: 1 });
    await stage.untilFree();
    expectNoSessionLeft(stage.sandbox);
  }, 120_000);

  it("are not believed when they come back: one that was stopped for too long does nothing any more", async () => {
    await using stage = await Stage.open();
    const { fleet, starts } = stage;
    const worker = await stage.worker(LEASE * 2);
    const reads = await fleet.submit("reads", [1]);
    const writes = await fleet.submit("writes", [2]);
    await stage.untilBegun(2);
    worker.signal("SIGSTOP");
    await stage.worker(10);
    for (const run of [reads, writes]) await fleet.wait(run);
    expect(await fleet.status(reads)).toMatchObject({ done: 1 });
    expect(await fleet.status(writes)).toMatchObject({ unknown: 1 });
    const before = await all(fleet.results(reads));
    worker.signal("SIGCONT");
    await pause(LEASE);
    // Its own attempt has changed nothing, and has not opened a session again.
    expect(await all(fleet.results(reads))).toEqual(before);
    expect([starts(1), starts(2)]).toEqual([2, 1]);
    await stage.untilFree();
    expectNoSessionLeft(stage.sandbox);
  }, 120_000);

  it("leave no session behind that was being opened, and those of others alone", async () => {
    await using stage = await Stage.open();
    const { fleet, sandbox } = stage;
    const cb = clientOf(sandbox, { allowHttp: true });
    const theirs = await cb.liveResponse.openSession(1);
    // From now on no endpoint comes.
    sandbox.clock.running = false;
    const worker = await stage.worker(10);
    const run = await fleet.submit("writes", [1, 2]);
    while (sandbox.liveResponse.stats().sessions.pending < 2) await pause(20);
    await worker.kill();
    await stage.worker(10);
    while (sandbox.liveResponse.stats().sessions.closed < 2) await pause(20);
    sandbox.clock.running = true;
    // It had not begun: there is nothing that would not be known.
    expect(await fleet.wait(run)).toMatchObject({ done: 2, unknown: 0 });
    expect(await theirs.listProcesses()).not.toEqual([]);
    await cb.close();
    await stage.untilFree();
    expectNoSessionLeft(sandbox);
  }, 120_000);

  it("end well when they are stopped: their jobs go to others, and their sessions are closed", async () => {
    await using stage = await Stage.open();
    const { fleet } = stage;
    const worker = await stage.worker(60_000);
    const run = await fleet.submit("reads", [1, 2, 3]);
    await stage.untilBegun(3);
    await worker.stop();
    expect(stage.sessions()).toBe(0);
    expect((await fleet.slots()).used).toBe(0);
    await stage.worker(10);
    expect(await fleet.wait(run)).toMatchObject({ done: 3 });
    await stage.untilFree();
    expectNoSessionLeft(stage.sandbox);
  }, 120_000);
});

/** A sandbox with workers of their own processes, which note what they begin. */
class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly fleet: Fleet;
  readonly #room: FleetRoom;
  readonly #folder: string;
  readonly #workers: WorkerProcess[] = [];

  private constructor(sandbox: Sandbox, fleet: Fleet, room: FleetRoom, folder: string) {
    this.sandbox = sandbox;
    this.fleet = fleet;
    this.#room = room;
    this.#folder = folder;
  }

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), "cbapi-fleet-"));
    await writeFile(join(folder, "begun"), "");
    const sandbox = await Sandbox.start({
      tls: false,
      organisation: { hosts: 12, processes: 60, binaries: 20 },
      clock: { tickInterval: 20 },
    });
    for (let id = 1; id <= 12; id++) await sandbox.setOnline(id, true);
    await sandbox.clock.step(2);
    const room = new FleetRoom();
    return new Stage(sandbox, await room.fleet(sandbox), room, folder);
  }

  /** @param busy how many milliseconds a job takes, more or less */
  async worker(busy: number): Promise<WorkerProcess> {
    const { redis, prefix } = this.#room;
    const begun = join(this.#folder, "begun");
    const worker = await WorkerProcess.start(this.sandbox, {
      redis,
      prefix,
      leaseTime: LEASE,
      concurrency: 5,
      begun,
      busy,
    });
    this.#workers.push(worker);
    return worker;
  }

  readonly starts = (id: number): number => this.#begun().filter(([, target]) => Number(target) === id).length;

  sessions(): number {
    return this.sandbox.liveResponse.stats().slots.used;
  }

  async untilBegun(count: number): Promise<void> {
    while (this.#begun().length < count) await pause(20);
  }

  async untilFree(): Promise<void> {
    while ((await this.fleet.slots()).used > 0) await pause(50);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await this.#room[Symbol.asyncDispose]();
    await this.sandbox.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #begun(): string[][] {
    const text = readFileSync(join(this.#folder, "begun"), "utf8");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
  }
}
