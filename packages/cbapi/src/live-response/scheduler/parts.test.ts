// The small parts by themselves, where what stands around them would hide a mistake.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../core/errors.js";
import type { TestSession } from "../../test-support/endpoints.js";
import { setUp, take } from "../../test-support/jobs.js";
import { VirtualClock } from "../../test-support/virtual-clock.js";
import { Candidates } from "./candidates.js";
import { Entry } from "./entry.js";
import { Heap } from "./heap.js";
import { Lane } from "./lane.js";
import { jobSettings, slotCount } from "./options.js";
import { nextLook } from "./recheck.js";
import { Timers } from "./timers.js";
import { Unread } from "./unread.js";

function entryFor(target: number, options: { priority?: number; recheck?: number } = {}): Entry<TestSession> {
  const job = () => undefined;
  const settings = jobSettings(job, "submit", options, 0);
  return new Entry({ id: target, target, job, settings, batch: undefined, now: 0, deliver: () => {} });
}

function laneOf(key: number, rank: number[], options: { priority?: number; recheck?: number } = {}, round = 0) {
  const lane = new Lane<TestSession>(key, round, key);
  lane.seen = { online: true, rank };
  lane.add(entryFor(key, options));
  return lane;
}

function drain(candidates: Candidates<TestSession>): number[] {
  const order: number[] = [];
  for (let lane = candidates.peek(); lane !== undefined; lane = candidates.peek()) {
    order.push(lane.key);
    lane.phase = "busy";
  }
  return order;
}

describe("a heap", () => {
  it("gives the least first, whatever is put in, taken out and left out", () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 0, max: 50 }) }),
      fc.constant("pop" as const),
      fc.constant("keep" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new Heap<number>((a, b) => a - b);
        let items: number[] = [];
        for (const one of steps) {
          if (one === "pop") {
            const least = items.length === 0 ? undefined : Math.min(...items);
            expect([heap.peek(), heap.pop()]).toEqual([least, least]);
            if (least !== undefined) items.splice(items.indexOf(least), 1);
          } else if (one === "keep") {
            heap.keep((item) => item % 3 !== 0);
            items = items.filter((item) => item % 3 !== 0);
          } else {
            heap.push(one.push);
            items.push(one.push);
          }
          expect(heap.size).toBe(items.length);
        }
        const rest = Array.from(items, () => heap.pop());
        expect(rest).toEqual(items.sort((a, b) => a - b));
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });
});

describe("the candidates", () => {
  it("have one order, also when little is known of some", () => {
    const ranks = [[5, 1], [5], [], [0, 9], [5, 0], []];
    const candidates = new Candidates<TestSession>();
    const lanes = ranks.map((rank, place) => laneOf(place + 1, rank));
    expect(candidates.inOrder(lanes).map(({ key }) => key)).toEqual([4, 5, 1, 2, 3, 6]);
    for (const lane of lanes) candidates.push(lane);
    expect(drain(candidates)).toEqual([4, 5, 1, 2, 3, 6]);
    expect(candidates.peek()).toBeUndefined();
  });

  it("go by priority, then by round; whoever was offline goes first in his round and has one turn in it", () => {
    const candidates = new Candidates<TestSession>();
    const [first, urgent, back, late] = [
      laneOf(1, [1]),
      laneOf(2, [9], { priority: 1 }),
      laneOf(3, [5]),
      laneOf(4, [0], {}, 1),
    ];
    back.returned = true;
    for (const lane of [late, first, back, urgent]) candidates.push(lane);
    expect(drain(candidates)).toEqual([2, 3, 1, 4]);
    expect(candidates.newRound).toBe(0);
    candidates.begin(back);
    candidates.end(back);
    expect([back.round, back.returned, candidates.newRound]).toEqual([1, false, 1]);
    back.returned = true;
    for (const lane of [late, first, back]) candidates.push(lane);
    expect(drain(candidates)).toEqual([1, 4, 3]);
    candidates.begin(late);
    candidates.end(late);
    expect([late.round, candidates.newRound]).toEqual([2, 2]);
    candidates.end(first);
    expect(first.round).toBe(2);
  });

  it("forget the places that endpoints have left, and keep the others", () => {
    const candidates = new Candidates<TestSession>();
    const lanes = [laneOf(1, [1]), laneOf(2, [2])];
    for (let time = 0; time < 5000; time++) for (const lane of lanes) candidates.push(lane);
    expect(candidates.size).toBeLessThan(2100);
    expect(drain(candidates)).toEqual([1, 2]);
  });
});

describe("the jobs of an endpoint", () => {
  it("are done by priority and then in their order; one that is put back goes before its like", () => {
    const lane = new Lane<TestSession>(1, 0, 1);
    const entries = [0, 1, 0, 1, 2].map((priority, place) => entryFor(place, { priority }));
    for (const entry of entries) lane.add(entry);
    expect(lane.waiting.map(({ id }) => id)).toEqual([4, 1, 3, 0, 2]);
    const [, again, low] = entries as [Entry<TestSession>, Entry<TestSession>, Entry<TestSession>];
    expect([lane.remove(again), lane.remove(again), lane.remove(low)]).toEqual([true, false, true]);
    lane.putBack(again);
    lane.putBack(low);
    expect(lane.waiting.map(({ id }) => id)).toEqual([4, 1, 3, 2, 0]);
    const least = entryFor(9, { priority: -1 });
    lane.putBack(least);
    expect(lane.waiting.at(-1)).toBe(least);
  });
});

describe("the next look at an endpoint that is offline", () => {
  const second = 1000;
  const looks = (lane: Lane<TestSession>, now = 0) => Array.from({ length: 9 }, () => nextLook(lane, now) / second);

  it("is in rising pauses, up to the least that a job wants, and at round times", () => {
    expect(looks(laneOf(1, []))).toEqual([5, 8, 12, 20, 30, 40, 60, 60, 60]);
    const lane = laneOf(1, [], { recheck: 20_000 });
    lane.add(entryFor(1, { recheck: 40_000 }));
    expect(looks(lane)).toEqual([5, 8, 12, 20, 20, 20, 20, 20, 20]);
  });

  it("is right after the check-in that is expected, unless that is far away or was missed", () => {
    const lane = laneOf(1, []);
    lane.seen = { online: false, rank: [], nextCheckIn: 42_000 };
    expect(nextLook(lane, 0)).toBe(43_000);
    expect(nextLook(lane, 42_000)).toBe(50_000);
    lane.seen = { online: false, rank: [], nextCheckIn: 1e9 };
    expect(nextLook(lane, 0)).toBe(60_000);
  });
});

describe("timers", () => {
  it("happen at their times and in their order, those at once included, and pause only once", async () => {
    const clock = new VirtualClock(0);
    const timers = new Timers(clock);
    const happened: string[] = [];
    const note = (what: string) => () => happened.push(`${what} at ${clock.now()}`);
    timers.after(500, note("late"));
    const cancelled = timers.after(200, note("cancelled"));
    timers.at(100, () => {
      note("early")();
      timers.after(0, note("at once"));
      timers.at(50, note("overdue"));
    });
    timers.at(Number.POSITIVE_INFINITY, note("never")).cancel();
    expect([timers.size, clock.sleeping]).toEqual([3, 1]);
    cancelled.cancel();
    cancelled.cancel();
    expect(timers.size).toBe(2);
    await clock.pass(1000);
    expect(happened).toEqual(["early at 100", "overdue at 100", "at once at 100", "late at 500"]);
    expect([timers.size, clock.sleeping]).toEqual([0, 0]);
  });

  it("do not wait for what was cancelled, and hold pauses longer than the runtime's", async () => {
    const clock = new VirtualClock(0);
    const timers = new Timers(clock);
    let at = 0;
    timers.after(100 * 86_400_000, () => {
      at = clock.now();
    });
    const others = Array.from({ length: 1000 }, (_, place) => timers.after(place, () => expect.unreachable()));
    for (const timer of others) timer.cancel();
    expect(timers.size).toBe(1);
    const slept: number[] = [];
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (milliseconds, signal) => {
      slept.push(milliseconds);
      return sleep(milliseconds, signal);
    };
    await clock.pass(101 * 86_400_000);
    expect(at).toBe(100 * 86_400_000);
    expect(Math.max(...slept.slice(1))).toBe(2 ** 31 - 1);
    const last = timers.after(1000, () => expect.unreachable());
    expect(clock.sleeping).toBe(1);
    last.cancel();
    await clock.pass(0);
    expect(clock.sleeping).toBe(0);
  });

  it("leave nothing behind when what was waited for comes first", async () => {
    const clock = new VirtualClock(0);
    const timers = new Timers(clock);
    await clock.run(timers.wait(1000, clock.sleep(100)));
    expect([clock.now(), timers.size]).toEqual([100, 0]);
    await clock.run(timers.wait(1000, clock.sleep(5000)));
    expect(clock.now()).toBe(1100);
  });
});

describe("what is unread", () => {
  it("is read once and in its order", () => {
    const unread = new Unread<number>();
    const read: (number | undefined)[] = [];
    for (let item = 0; item < 100; item++) {
      unread.push(item);
      if (item % 3 === 0) read.push(unread.take());
    }
    expect(unread.size).toBe(66);
    while (unread.size > 0) read.push(unread.take());
    expect(read).toEqual(Array.from({ length: 100 }, (_, item) => item));
    expect(unread.take()).toBeUndefined();
    unread.push(1);
    unread.clear();
    expect([unread.size, unread.take()]).toEqual([0, undefined]);
  });
});

describe("looks", () => {
  it("that fail are repeated in rising pauses, which begin anew when one does not", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp();
    const times: number[] = [];
    endpoints.beforeLook = () => {
      times.push(elapsed());
      if (times.length !== 9) throw new ConnectionError("refused");
    };
    expect(await clock.run(jobs.submit(take(1000), 1).result)).toBe("answer of 1");
    const pauses = times.map((time, place) => time - (times[place - 1] ?? 0));
    expect(pauses).toEqual([0, 1000, 2000, 5000, 15_000, 30_000, 60_000, 60_000, 60_000]);
    await clock.pass(6000);
    times.length = 10;
    const before = elapsed();
    const again = jobs.submit(take(1000), 2);
    await clock.pass(1000);
    expect(times.slice(10).map((time) => time - before)).toEqual([0, 1000]);
    again.cancel();
  });

  it("at those who are offline take up a tenth of the time, and a thousand are looked at at once", async () => {
    const { clock, endpoints, jobs } = setUp(() => ({ online: () => false }));
    for (let target = 1; target <= 1500; target++)
      jobs.submit(take(1000), target, { deadline: 600_000, recheck: 1000 });
    await clock.pass(600_100);
    const counts = endpoints.looks.map(({ length }) => length);
    expect(counts.slice(0, 2)).toEqual([1000, 500]);
    expect(Math.max(...counts)).toBe(1000);
    const looking = counts.slice(2).reduce((sum, count) => sum + 20 + count, 0);
    expect(looking).toBeGreaterThan(30_000);
    expect(looking).toBeLessThan(61_000);
    expect(clock.sleeping).toBe(0);
  });
});

describe("numbers of options", () => {
  const job = () => undefined;
  it("are refused when they mean nothing, and default to what is documented", () => {
    expect(jobSettings(job, "submit", {}, 1000)).toEqual({
      ...{ signal: undefined, deadline: 86_401_000, timeout: 3_600_000, retries: 3, repeatable: false, priority: 0 },
      ...{ recheck: 60_000, openTimeout: 360_000 },
    });
    const none = { deadline: 0, jobTimeout: 0, openTimeout: Number.POSITIVE_INFINITY, recheck: 1, repeatable: true };
    expect(jobSettings(job, "submit", none, 1000)).toMatchObject({
      ...{ deadline: Number.POSITIVE_INFINITY, timeout: Number.POSITIVE_INFINITY, recheck: 1000, repeatable: true },
    });
    expect(jobSettings({ run: job, repeatable: true }, "run", { jobTimeout: 5 }, 0)).toMatchObject({
      ...{ timeout: 5, repeatable: true },
    });
    expect(jobSettings(job, "run", { deadline: new Date(77) }, 1000).deadline).toBe(77);
    for (const wrong of [{ retries: -1 }, { priority: Number.NaN }, { recheck: Number.NaN }, { openTimeout: -1 }]) {
      expect(() => jobSettings(job, "submit", wrong, 0)).toThrow("cannot be");
    }
    // @ts-expect-error: no signal
    expect(() => jobSettings(job, "submit", { signal: {} }, 0)).toThrow("signal must be an AbortSignal");
    // @ts-expect-error: no job
    for (const no of [null, {}, { run: 1 }]) expect(() => jobSettings(no, "submit", {}, 0)).toThrow("A job is");
    expect(slotCount(1)).toBe(1);
    for (const wrong of [0, 1.5, Number.NaN]) expect(() => slotCount(wrong)).toThrow("slots cannot be");
  });
});
