// Who has a slot, who waits for one, and who must give his up.
import { describe, expect, it } from "vitest";
import type { Behaviour } from "../../test-support/endpoints.js";
import { range, setUp, take } from "../../test-support/jobs.js";

describe("the order", () => {
  it("holds in a run that may have few sessions, for as long as it takes", async () => {
    const { clock, endpoints, jobs } = setUp((target) => ({ rank: [1000 - target, 1] }));
    const run = jobs.run(take(10_000), range(120), { slots: 1 });
    await clock.run(run.all());
    expect(endpoints.opened).toEqual(range(120).reverse());
    expect(endpoints.most).toBe(1);
  });

  it("lets an endpoint that was offline go first in its round, and not again in the next", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(
      (target): Behaviour => ({ rank: [target], online: () => target !== 9 || elapsed() > 20_000 }),
      { slots: 1 },
    );
    const all = range(9).map((target) => jobs.submit(take(12_000), target));
    const twice = jobs.submit(take(12_000), 9);
    await clock.run(Promise.all([...all, twice].map(({ result }) => result)));
    expect(endpoints.opened).toEqual([1, 2, 9, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("has those wait for the next round who come later, whatever is said for them", async () => {
    const { clock, endpoints, jobs } = setUp((target) => ({ rank: [100 - target] }), { slots: 1 });
    const first = range(3).map((target) => jobs.submit(take(20_000), target));
    await clock.pass(5000);
    const later = range(2, 50).map((target) => jobs.submit(take(20_000), target));
    await clock.run(Promise.all([...first, ...later].map(({ result }) => result)));
    expect(endpoints.opened).toEqual([3, 2, 1, 51, 50]);
  });

  it("is kept although others were looked at later: newcomers do not overtake whoever was seen long ago", async () => {
    const { clock, endpoints, jobs } = setUp(undefined, { slots: 1 });
    const patient = [1, 2, 3].map((target) => jobs.submit(take(60_000), target));
    let newcomer = 10;
    while (patient[2]?.state !== "done" && newcomer < 50) {
      await clock.pass(20_000);
      jobs.submit(take(60_000), newcomer++);
    }
    expect(endpoints.opened.slice(0, 3)).toEqual([1, 2, 3]);
    await clock.run(jobs.close());
  });

  it("is that of the most urgent job of each endpoint, at any time", async () => {
    const { clock, endpoints, jobs } = setUp((target) => ({ rank: [target] }), { slots: 1 });
    const many = range(30).map(() => jobs.submit(take(1000), 1));
    const others = range(3, 2).map((target) => jobs.submit(take(12_000), target));
    while (endpoints.opened.length < 2) await clock.pass(1000);
    // The first one waits for its next turn, behind all others.
    const urgent = jobs.submit(take(1000), 1, { priority: 1 });
    await clock.run(urgent.result);
    expect(endpoints.opened).toEqual([1, 2, 1]);
    const offline = jobs.submit(take(1000), 9, { priority: 2 });
    offline.cancel();
    await clock.run(Promise.all([...many, ...others].map(({ result }) => result)));
    expect(endpoints.faults).toEqual([]);
  });

  it("is given up at once to somebody more urgent, and to nobody less urgent", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp((target) => ({ rank: [target] }), { slots: 1 });
    const many = range(30).map(() => jobs.submit(take(1000), 1));
    const less = jobs.submit(take(1000), 3, { priority: -1 });
    await clock.pass(3000);
    await clock.run(jobs.submit(take(1000), 2, { priority: 1 }).result);
    expect(elapsed()).toBeLessThan(3000 + 1000 + 1000 + 1000 + 200);
    await clock.run(Promise.all([...many, less].map(({ result }) => result)));
    expect(endpoints.opened).toEqual([1, 2, 1, 3]);
  });

  it("is used, once it is open, although somebody more urgent has come meanwhile", async () => {
    const { clock, endpoints, jobs } = setUp(() => ({ opening: 10_000 }), { slots: 1 });
    const first = jobs.submit(take(1000), 1);
    await clock.pass(5000);
    const urgent = jobs.submit(take(1000), 2, { priority: 1 });
    await clock.run(Promise.all([first.result, urgent.result]));
    expect(endpoints.opened).toEqual([1, 2]);
  });

  it("is given on by a run when its session goes on with the job of somebody else", async () => {
    const { clock, jobs } = setUp((target) => ({ rank: [target] }));
    const run = jobs.run(take(1000), [1, 2], { slots: 1 });
    const outcomes = run.all();
    await clock.pass(500);
    const long = jobs.submit(take(600_000), 1);
    expect((await clock.run(outcomes)).map(({ target }) => target)).toEqual([1, 2]);
    expect(long.state).toBe("running");
    await clock.run(jobs.close());
  });

  it("does not leave slots idle for which nobody else's turn has come", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(undefined, { slots: 2 });
    const long = jobs.submit(take(40_000), 1);
    const other = jobs.submit(take(45_000), 2);
    const stale = jobs.submit(take(1000), 3);
    await clock.run(long.result);
    await clock.run(Promise.all([other, stale].map(({ result }) => result)));
    expect(elapsed()).toBeLessThan(47_000);
    expect(endpoints.opened).toEqual([1, 2, 3]);
  });
});

describe("a slot of the server", () => {
  it("counts from when it is given: then the endpoint must come, and others are let go on", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(
      (target) => ({ opening: 20_000, online: () => target !== 1 || elapsed() < 62_000 }),
      { server: 1 },
    );
    endpoints.foreign = () => (elapsed() < 60_000 ? 1 : 0);
    const gone = jobs.submit(take(1000), 1);
    await clock.pass(30_000);
    const other = jobs.submit(take(1000), 2);
    await clock.pass(29_000);
    expect(jobs.slotsInUse).toBe(0);
    await clock.pass(5000);
    expect([jobs.slotsInUse, endpoints.openSessions]).toEqual([1, 1]);
    expect(await clock.run(other.result)).toBe("answer of 2");
    // Looked at after 15 seconds, by the time since it had its slot or before it.
    expect(elapsed()).toBeLessThan(60_000 + 15_000 + 25_000);
    expect(gone.state).toBe("waiting");
    await clock.run(jobs.close());
  });

  it("is not kept longer by whoever has waited long for it", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(undefined, { slots: 1, server: 1 });
    endpoints.foreign = () => (elapsed() < 300_000 ? 1 : 0);
    const many = range(100).map(() => jobs.submit(take(1000), 1));
    const other = jobs.submit(take(1000), 2);
    await clock.run(other.result);
    expect(elapsed()).toBeLessThan(320_000);
    await clock.run(Promise.all(many.map(({ result }) => result)));
    expect(endpoints.opened).toEqual([1, 2, 1]);
  });
});

describe("an endpoint that does not come, although the server takes it for online", () => {
  const absent = (target: number): Behaviour =>
    target > 3 ? {} : { online: () => false, seemsOnline: () => true, rank: [target] };

  it("gives up its slot while others wait, for longer each time; and keeps it when nobody does", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp((target) => ({ ...absent(target), rank: [target] }), {
      slots: 3,
    });
    const gone = range(3).map((target) => jobs.submit(take(1000), target, { openTimeout: 1_000_000 }));
    const others = range(40, 4).map((target) => jobs.submit(take(10_000), target));
    await clock.run(Promise.all(others.map(({ result }) => result)));
    // 75 s until they give up, and then the others one after the other.
    expect(elapsed()).toBeLessThan(80_000 + (40 / 3) * 11_100 + 20_000);
    expect(endpoints.opened.slice(0, 41)).toEqual(range(41));
    await clock.pass(600_000);
    expect(endpoints.opened).toHaveLength(46);
    expect(jobs.slotsInUse).toBe(3);
    expect(gone.map(({ state }) => state)).toEqual(["waiting", "waiting", "waiting"]);
    await clock.run(jobs.close());
    expect([endpoints.openSessions, endpoints.faults]).toEqual([0, []]);
  });

  it("has twice the time between two check-ins, where that is longer, and comes to its turn in the end", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(
      (target) => ({ opening: target === 1 ? 290_000 : 1000, rank: [target], checkInInterval: 100_000 }),
      { slots: 1 },
    );
    const slow = jobs.submit(take(1000), 1);
    const other = jobs.submit(take(1000), 2);
    await clock.run(other.result);
    expect(elapsed()).toBeGreaterThan(200_000);
    expect(elapsed()).toBeLessThan(230_000);
    // There is always somebody who waits.
    const busy = (async () => {
      for (let target = 10; slow.state !== "done"; target++) await jobs.submit(take(1000), target).outcome;
    })();
    const more = (async () => {
      for (let target = 10_000; slow.state !== "done"; target++) await jobs.submit(take(1000), target).outcome;
    })();
    expect(await clock.run(slow.result)).toBe("answer of 1");
    await clock.run(Promise.all([busy, more]));
    expect(endpoints.opened.filter((target) => target === 1)).toHaveLength(2);
  });

  it("gives its run's place to others of the run, too", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(absent);
    const run = jobs.run(take(1000), [1, 4, 5], { slots: 1, deadline: 600_000 });
    const outcomes = await clock.run(run.all());
    expect(outcomes.map(({ target, state }) => [target, state])).toEqual([
      [4, "done"],
      [5, "done"],
      [1, "expired"],
    ]);
    expect(endpoints.opened.slice(0, 3)).toEqual([1, 4, 5]);
    expect(elapsed()).toBe(600_000);
    const two = jobs.run(take(1000), [1, 4], { slots: 1, deadline: 600_000 });
    expect((await clock.run(two.next())).value).toMatchObject({ target: 4, state: "done" });
    expect(elapsed()).toBeLessThan(700_000);
    await clock.run(two.return());
  });
});

describe("an endpoint whose session is being opened", () => {
  it("has its jobs fail when the server does not have it any more", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(() => ({
      opening: 300_000,
      removed: () => elapsed() > 5000,
    }));
    const outcomes = await clock.run(
      Promise.all([jobs.submit(take(1000), 1), jobs.submit(take(1000), 1)].map(({ outcome }) => outcome)),
    );
    for (const { state, error } of outcomes) {
      expect({ state, error }).toMatchObject({ state: "failed", error: { code: "OBJECT_NOT_FOUND" } });
    }
    expect(elapsed()).toBeLessThan(20_000);
    await clock.pass(1000);
    expect([endpoints.openSessions, jobs.slotsInUse, clock.sleeping]).toEqual([0, 0, 0]);
  });

  it("has the time that the job allows for which it is opened", async () => {
    const { clock, jobs, elapsed } = setUp(() => ({ opening: 1e9 }), { slots: 2 });
    const full = jobs.run(take(1000), [1], { slots: 1, openTimeout: 5000 });
    void full.next();
    await clock.pass(100);
    const run = jobs.run(take(1000), [2], { slots: 1, openTimeout: 0 });
    void run.next();
    await clock.pass(0);
    const own = jobs.submit(take(1000), 2, { openTimeout: 3000 });
    await clock.pass(1000);
    full.cancel();
    run.cancel();
    const { error } = await clock.run(own.outcome);
    expect(error).toMatchObject({ message: "Could not establish a session with Sensor 2 within 3000 ms" });
    expect(elapsed()).toBeLessThan(200_000);
    await clock.run(jobs.close());
  });

  it("has the time of that job, also when another one comes that goes before it", async () => {
    const { clock, jobs, log } = setUp(() => ({ opening: 1e9 }));
    jobs.submit(take(1000), 1, { openTimeout: 5000 });
    await clock.pass(1000);
    jobs.submit(take(1000), 1, { openTimeout: 500_000, priority: 1 });
    await clock.pass(5000);
    expect(log).toEqual([expect.stringContaining("no session with Sensor 1: ")]);
    await clock.run(jobs.close());
  });
});

describe("what keeps the program alive", () => {
  it("is nothing, once all has ended; and something as long as somebody waits", async () => {
    const { clock, endpoints, jobs } = setUp((target) => ({ online: () => target > 300 }));
    const offline = range(300).map((target) => jobs.submit(take(1000), target));
    await clock.pass(7000);
    // They were looked at, and the next look is not to be before some time.
    expect(endpoints.looks.length).toBeGreaterThan(1);
    expect(clock.sleeping).toBeGreaterThan(0);
    for (const job of offline) job.cancel();
    await clock.pass(0);
    expect(clock.sleeping).toBe(0);
    endpoints.beforeLook = () => {
      throw new Error("refused");
    };
    const unseen = jobs.submit(take(1000), 1);
    await clock.pass(500);
    expect(clock.sleeping).toBe(1);
    unseen.cancel();
    await clock.pass(0);
    expect(clock.sleeping).toBe(0);
  });

  it("is no look that ends after closing", async () => {
    const { clock, jobs } = setUp((target) => ({ online: () => target > 300 }));
    for (const target of range(300)) jobs.submit(take(1000), target);
    await clock.pass(5100);
    await clock.run(jobs.close());
    await clock.pass(1000);
    expect(clock.sleeping).toBe(0);
  });
});

describe("options", () => {
  it("of the other way to have jobs done are refused, as they would not be heeded", () => {
    const { jobs } = setUp();
    // @ts-expect-error: it is jobTimeout there
    expect(() => jobs.run(take(1), [1], { timeout: 5 })).toThrow("Unknown option timeout. The options are: signal");
    // @ts-expect-error: one job has one session
    expect(() => jobs.submit(take(1), 1, { slots: 5 })).toThrow("Unknown option slots");
    // @ts-expect-error: not a function
    expect(() => jobs.run(take(1), [1], { onProgress: "often" })).toThrow("onProgress must be a function");
    expect(() => jobs.run(take(1), [1], { jobTimeout: -5 })).toThrow("jobTimeout cannot be -5");
  });
});
