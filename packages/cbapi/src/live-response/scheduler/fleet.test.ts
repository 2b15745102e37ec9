import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { LiveResponseError } from "../../core/errors.js";
import { type Behaviour, Endpoints, type TestSession } from "../../test-support/endpoints.js";
import { setUp } from "../../test-support/jobs.js";
import { VirtualClock } from "../../test-support/virtual-clock.js";
import type { JobContext } from "./job.js";
import { Jobs } from "./jobs.js";

const SLOTS = 10;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 9);

/** Numbers from 0 to 1 that are the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Member {
  readonly behaviour: Behaviour;
  /** When it is first online, after the start. */
  readonly from: number;
  readonly command: number;
  readonly fails: boolean;
  /** For how long its job needs a slot, at least. */
  readonly work: number;
}

/** Endpoints of which 40 % come and go; 2 % of the commands fail, and 1 % of the sessions are lost. */
function fleet(size: number, seed: number): Map<number, Member> {
  const members = new Map<number, Member>();
  for (let target = 1; target <= size; target++) {
    const chance = random(seed * 100_003 + target);
    const opening = 2000 + 4000 * chance();
    const command = 5000 + 20_000 * chance();
    const closing = 50;
    const lost = chance() < 0.01;
    const comesAndGoes = chance() < 0.4;
    const on = MINUTE * (3 + 7 * chance());
    const off = MINUTE * (3 + 7 * chance());
    const shift = (on + off) * chance();
    const phase = (now: number) => (now - START + shift) % (on + off);
    const online = (now: number) => !comesAndGoes || phase(now) < on;
    members.set(target, {
      behaviour: {
        online,
        opening,
        closing,
        rank: [Math.floor(1e6 * chance())],
        lostAfter: (session) => (lost && session === 1 ? command / 2 : undefined),
      },
      from: online(START) ? 0 : on + off - phase(START),
      command,
      fails: chance() < 0.02,
      work: opening + command + closing + (lost ? opening + command / 2 + closing : 0),
    });
  }
  return members;
}

/** No schedule of these slots can be shorter: whoever comes at a time or later has to be served behind it. */
function shortest(members: Iterable<Member>): number {
  let work = 0;
  let bound = 0;
  for (const member of [...members].sort((a, b) => b.from - a.from)) {
    work += member.work;
    bound = Math.max(bound, member.from + work / SLOTS, member.from + member.work);
  }
  return bound;
}

async function serve(size: number, seed: number) {
  const clock = new VirtualClock(START);
  const members = fleet(size, seed);
  const behaviour = (target: number): Behaviour => members.get(target)?.behaviour ?? {};
  const endpoints = new Endpoints(clock, behaviour, SLOTS);
  const jobs = new Jobs<TestSession, number>({
    clock,
    source: endpoints,
    availability: endpoints,
    noun: "Sensor",
    identify: (target) => target,
  });
  const run = jobs.run(
    {
      repeatable: true,
      async run(session: TestSession, { target, signal }: JobContext) {
        const { command = 0, fails = false } = members.get(target) ?? {};
        await session.command(command, signal);
        if (fails) throw new LiveResponseError("the command failed");
        return target;
      },
    },
    members.keys(),
    { retries: 10, openTimeout: 120_000 },
  );
  const outcomes = await clock.run(run.all());
  return { clock, endpoints, members, outcomes, took: clock.now() - START, bound: shortest(members.values()) };
}

describe("a job on 1,000 endpoints of which 40 % come and go", () => {
  it.each([1, 2, 3])("takes hardly longer than the slots allow, and each job ends once (%s)", async (seed) => {
    const { clock, endpoints, members, outcomes, took, bound } = await serve(1000, seed);
    expect(outcomes).toHaveLength(1000);
    expect(new Set(outcomes.map(({ target }) => target)).size).toBe(1000);
    for (const { target, state, value } of outcomes) {
      const fails = members.get(Number(target))?.fails;
      expect([state, value]).toEqual(fails ? ["failed", undefined] : ["done", target]);
    }
    expect(took / bound).toBeLessThan(1.15);
    expect([endpoints.most, endpoints.openSessions, endpoints.faults]).toEqual([SLOTS, 0, []]);
    expect(clock.sleeping).toBe(0);
  });

  it("does not look at endpoints more often than is of use", async () => {
    const { endpoints, took } = await serve(1000, 4);
    const looked = endpoints.looks.reduce((sum, targets) => sum + targets.length, 0);
    // By pages of a hundred, a few requests a minute.
    expect(endpoints.looks.length / (took / MINUTE)).toBeLessThan(40);
    expect(looked).toBeLessThan(30_000);
  });
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it("forgets jobs and runs that have ended", async () => {
  const { clock, jobs } = setUp();
  const ended = async () => {
    const job = jobs.submit((session) => ({ session }), 1);
    const run = jobs.run(() => 1, [1, 2]);
    const value = await clock.run(job.result);
    await clock.run(run.all());
    return [new WeakRef(job), new WeakRef(run), new WeakRef(value)];
  };
  const refs = await ended();
  await clock.pass(10_000);
  collect();
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined]);
  expect(jobs.slotsInUse).toBe(0);
});

it("holds little for 100,000 endpoints of which 80 % stay offline", async () => {
  const clock = new VirtualClock(START);
  const endpoints = new Endpoints(clock, (target) => ({ online: () => target % 5 === 0, opening: 10, closing: 1 }));
  const jobs = new Jobs<TestSession, number>({
    clock,
    source: endpoints,
    availability: endpoints,
    noun: "Sensor",
    identify: (target) => target,
  });
  function* everybody() {
    for (let target = 1; target <= 100_000; target++) yield target;
  }
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = held();
  let most = 0;
  const run = jobs.run(() => Buffer.alloc(1000), everybody(), { deadline: 1_200_000 });
  const counts: Record<string, number> = {};
  const work = (async () => {
    for await (const { state } of run) {
      counts[state] = (counts[state] ?? 0) + 1;
      if ((counts[state] ?? 0) % 10_000 === 0) most = Math.max(most, held() - before);
      endpoints.looks.length = 0;
    }
  })();
  await clock.run(work);
  expect(counts).toEqual({ done: 20_000, expired: 80_000 });
  // MiB
  expect(most).toBeLessThan(150);
  expect([endpoints.openSessions, jobs.slotsInUse]).toEqual([0, 0]);
}, 120_000);
