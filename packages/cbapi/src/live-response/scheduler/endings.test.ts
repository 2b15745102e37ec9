// That each job ends once, wherever it is when something happens to it.
import { describe, expect, it } from "vitest";
import { type CbApiError, ConnectionError } from "../../core/errors.js";
import type { TestSession } from "../../test-support/endpoints.js";
import { range, setUp, setUpWith, take } from "../../test-support/jobs.js";
import type { JobContext, RunProgress } from "./job.js";

describe("a deadline", () => {
  it("holds for a job whose session is lost behind it: it is not left waiting", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(() => ({ online: () => elapsed() < 50_000 }));
    const options = { deadline: 30_000, repeatable: true };
    const one = jobs.submit(take(100_000), 1, options);
    const run = jobs.run(take(100_000), [2], options).all();
    const [outcome, [ofRun]] = await clock.run(Promise.all([one.outcome, run]));
    for (const { state, attempts, error } of [outcome, ofRun ?? outcome]) {
      expect({ state, attempts, error }).toMatchObject({
        state: "failed",
        attempts: 1,
        error: { code: "SESSION_LOST" },
      });
    }
    expect(elapsed()).toBeLessThan(52_000);
    await clock.pass(1000);
    expect([endpoints.openSessions, jobs.slotsInUse, clock.sleeping]).toEqual([0, 0, 0]);
  });

  it("ends a job that waits to be repeated, and says so", async () => {
    const { clock, jobs, elapsed } = setUp(() => ({ online: () => elapsed() < 5000 }));
    const { state, attempts, error } = await clock.run(
      jobs.submit(take(100_000), 1, { deadline: 60_000, repeatable: true }).outcome,
    );
    expect([state, attempts, elapsed()]).toEqual(["expired", 1, 60_000]);
    expect(error).toMatchObject({
      code: "JOB_EXPIRED",
      message: "The job on Sensor 1 lost its session, and had not begun again at its deadline: it is offline",
      cause: { code: "SESSION_LOST" },
    });
  });

  it("names what stood against the job at the time, and not what is long over", async () => {
    const { clock, jobs, endpoints, elapsed } = setUp(() => ({ online: () => false }));
    endpoints.beforeLook = () => {
      if (elapsed() < 10_000) throw new ConnectionError("refused");
    };
    const { error } = await clock.run(jobs.submit(take(1000), 1, { deadline: 60_000 }).outcome);
    expect(error).toMatchObject({ message: expect.stringContaining("it is offline") });
    expect((error as Error).cause).toBeUndefined();
    endpoints.beforeLook = () => {
      throw new ConnectionError("refused");
    };
    const { error: early } = await clock.run(jobs.submit(take(1000), 1, { deadline: 60_000 }).outcome);
    expect(early).toMatchObject({
      message: expect.stringContaining("it was not known whether it is online"),
      cause: { message: "refused" },
    });
  });
});

describe("closing", () => {
  it("lets the jobs of a run end by themselves, too", async () => {
    const { clock, endpoints, jobs } = setUp();
    const run = jobs.run(async (session, { signal }) => {
      await session.command(60_000, signal).catch(() => {});
      await session.command(1000);
      return "ended in time";
    }, range(12));
    const outcomes = run.all();
    await clock.pass(5000);
    expect(run.progress()).toMatchObject({ running: 10, waiting: 2 });
    const closed = jobs.close({ grace: 3000 });
    expect(run.progress()).toMatchObject({ running: 10, waiting: 0, cancelled: 2 });
    await clock.run(closed);
    const states = (await clock.run(outcomes)).map(({ state }) => state).sort();
    expect(states).toEqual([...Array<string>(2).fill("cancelled"), ...Array<string>(10).fill("done")]);
    expect([endpoints.openSessions, endpoints.faults, clock.sleeping]).toEqual([0, [], 0]);
  });

  it("ends jobs whose endpoint is still looked for, and looks that are under way", async () => {
    const { clock, endpoints, jobs } = setUpWith<number | string>(
      (target) => (typeof target === "number" ? target : () => new Promise<number>(() => {})),
      (target) => ({ online: () => target === 1 }),
    );
    const signals: (AbortSignal | undefined)[] = [];
    const look = endpoints.look.bind(endpoints);
    endpoints.look = (targets, options) => {
      signals.push(options?.signal);
      return look(targets, options);
    };
    const unknown = jobs.submit(() => 1, "somewhere");
    const list = jobs.run(take(1000), [2, "elsewhere", 3]);
    const outcomes = list.all();
    const offline = jobs.submit(take(1000), 4);
    while (signals.length < 2) await clock.pass(1);
    await clock.run(jobs.close());
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
    expect([unknown.state, offline.state]).toEqual(["cancelled", "cancelled"]);
    expect((await unknown.outcome).error).toMatchObject({ code: "CLOSED" });
    expect((await clock.run(outcomes)).map(({ state, error }) => [state, (error as CbApiError).code])).toEqual(
      Array(3).fill(["cancelled", "CLOSED"]),
    );
    await clock.pass(0);
    expect(clock.sleeping).toBe(0);
  });

  it("refuses what comes later, a run that was not begun included", async () => {
    const { clock, jobs } = setUp();
    const run = jobs.run(take(1000), [1]);
    await clock.run(jobs.close());
    await expect(run.next()).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => jobs.run(take(1000), [1])).toThrow("was closed");
    expect(clock.sleeping).toBe(0);
  });

  it("without a grace waits for no job", async () => {
    const { clock, jobs, elapsed } = setUp();
    const deaf = jobs.submit((session) => session.command(60_000), 1);
    await clock.pass(5000);
    await clock.run(jobs.close({ grace: 0 }));
    expect([deaf.state, elapsed()]).toEqual(["cancelled", 5050]);
  });

  it("does not keep a run that is left meanwhile waiting for the rest of the grace", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp();
    const run = jobs.run((session) => session.command(600_000), range(12));
    const first = run.next();
    await clock.pass(5000);
    const closed = jobs.close({ grace: 60_000 });
    await clock.run(run.return());
    expect(elapsed()).toBeLessThan(5200);
    expect(await first).toEqual({ value: undefined, done: true });
    await clock.run(closed);
    expect([endpoints.openSessions, jobs.slotsInUse]).toEqual([0, 0]);
  });
});

describe("cancelling", () => {
  it("before the first outcome is read does not read a query", async () => {
    const { clock, jobs } = setUp();
    let read = 0;
    function* query() {
      for (; read < 10_000; read++) yield read;
    }
    const reason = new Error("no need");
    const run = jobs.run(take(1000), query());
    run.cancel(reason);
    expect(await clock.run(run.all())).toEqual([]);
    const aborted = jobs.run(take(1000), query(), { signal: AbortSignal.abort(reason) });
    expect(await clock.run(aborted.all())).toEqual([]);
    expect([read, aborted.progress().totalKnown, clock.sleeping]).toEqual([0, true, 0]);
    const list = jobs.run(take(1000), [1, 2]);
    list.cancel(reason);
    expect((await clock.run(list.all())).map(({ state, error }) => [state, error])).toEqual([
      ["cancelled", reason],
      ["cancelled", reason],
    ]);
  });

  it("a run that was left before it began leaves nothing behind when it is read all the same", async () => {
    const { clock, jobs } = setUp();
    const run = jobs.run(take(1000), [1, 2]);
    expect(await run.return()).toEqual({ value: undefined, done: true });
    expect(await run.next()).toEqual({ value: undefined, done: true });
    expect(clock.sleeping).toBe(0);
    await clock.run(jobs.close());
  });

  it("leaves nothing behind of an endpoint that had a turn before", async () => {
    const { clock, jobs, elapsed } = setUp(() => ({ online: () => elapsed() < 5000 }));
    const job = jobs.submit(take(60_000), 1, { repeatable: true });
    await clock.pass(20_000);
    expect([job.state, clock.sleeping]).toEqual(["waiting", 1]);
    job.cancel();
    await clock.pass(0);
    expect(clock.sleeping).toBe(0);
  });

  it("reaches each job of an endpoint that waits for its session, and a job that cancels itself", async () => {
    const { clock, endpoints, jobs } = setUp(() => ({ opening: 10_000 }));
    const waiting = range(3).map(() => jobs.submit(take(1000), 1));
    await clock.pass(3000);
    for (const job of waiting) job.cancel();
    const again = jobs.submit(take(1000), 1);
    expect(await clock.run(again.result)).toBe("answer of 1");
    expect(endpoints.opened).toEqual([1, 1]);
    const itself: ReturnType<typeof jobs.submit> = jobs.submit(() => {
      itself.cancel();
      throw new Error("thrown after it was cancelled");
    }, 1);
    expect(await clock.run(itself.outcome)).toMatchObject({ state: "cancelled", error: { code: "JOB_CANCELLED" } });
    await clock.run(jobs.close());
    expect([endpoints.openSessions, endpoints.faults]).toEqual([0, []]);
  });

  it("leaves a slot to nobody who has nothing to do with it: a run is left while another one's job is opened for", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(() => ({ opening: 300_000 }));
    const left = jobs.run(take(1000), [1]);
    const first = left.next();
    await clock.pass(100);
    const stays = jobs.run(take(1000), [1]).all();
    await clock.pass(5000);
    await clock.run(left.return());
    expect(elapsed()).toBe(5100);
    expect((await first).done).toBe(true);
    expect((await clock.run(stays)).map(({ state }) => state)).toEqual(["done"]);
    expect(endpoints.opened).toEqual([1]);
  });
});

describe("one signal for many jobs", () => {
  it("has one listener, whose jobs are cancelled together", async () => {
    const { clock, jobs } = setUp();
    const stop = new AbortController();
    let listeners = 0;
    const { signal } = stop;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--;
      remove(...given);
    };
    const done = jobs.submit(take(1000), 1, { signal });
    const others = range(30).map((target) => jobs.submit(take(60_000), target, { signal }));
    expect(listeners).toBe(1);
    await clock.run(done.result);
    expect(listeners).toBe(1);
    const reason = new Error("enough");
    stop.abort(reason);
    const outcomes = await clock.run(Promise.all(others.map(({ outcome }) => outcome)));
    expect(outcomes.every(({ state, error }) => state === "cancelled" && error === reason)).toBe(true);
    await clock.pass(6000);
    expect(clock.sleeping).toBe(0);
    const quiet = new AbortController();
    const removed = quiet.signal.removeEventListener.bind(quiet.signal);
    let freed = 0;
    quiet.signal.removeEventListener = (...given: Parameters<typeof removed>) => {
      freed++;
      removed(...given);
    };
    await clock.run(jobs.submit(take(1000), 1, { signal: quiet.signal }).result);
    await clock.pass(0);
    expect(freed).toBe(1);
  });
});

describe("targets that have to be looked for", () => {
  const never = () => new Promise<number>(() => {});
  const late = (session: TestSession, { target }: JobContext) => session.command(100).then(() => target);

  it("do not keep a run that is cancelled, or whose deadline has come, and are not looked for any more", async () => {
    const { clock, jobs, asked, elapsed } = withNames({ "slow one": never, other: async () => 7 });
    const cancelled = jobs.run(late, [1, "slow one", "other"]);
    const all = cancelled.all();
    await clock.pass(10_000);
    const reason = new Error("enough");
    cancelled.cancel(reason);
    expect((await clock.run(all)).map(({ target, state }) => [target, state])).toEqual([
      [1, "done"],
      ["'slow one'", "cancelled"],
      ["'other'", "cancelled"],
    ]);
    expect(elapsed()).toBe(10_000);
    expect(cancelled.progress()).toMatchObject({ total: 3, done: 1, cancelled: 2, failed: 0, waiting: 0 });
    const before = elapsed();
    const expired = jobs.run(late, ["slow one", 2], { deadline: 20_000 });
    const outcomes = await clock.run(expired.all());
    expect(outcomes.map(({ target, state }) => [target, state])).toEqual([
      ["'slow one'", "expired"],
      [2, "expired"],
    ]);
    expect(outcomes.map(({ error }) => (error as CbApiError).code)).toEqual(["JOB_EXPIRED", "JOB_EXPIRED"]);
    expect([elapsed() - before, asked]).toEqual([20_000, ["slow one", "slow one"]]);
    expect(clock.sleeping).toBe(0);
  });

  it("fail one by one when they are not found; what is found twice is done once", async () => {
    const { clock, jobs } = withNames({
      lost: async () => {
        throw new Error("there is none");
      },
      same: async () => 1,
    });
    const run = jobs.run(late, ["lost", 1, "same"]);
    expect((await clock.run(run.all())).map(({ target, state }) => [target, state])).toEqual([
      ["'lost'", "failed"],
      [1, "done"],
    ]);
    expect(run.progress()).toMatchObject({ total: 2, done: 1, failed: 1, waiting: 0 });
    const one = jobs.submit(late, "lost");
    expect(await clock.run(one.outcome)).toMatchObject({ target: "'lost'", state: "failed", attempts: 0 });
    const slow = jobs.submit(late, "same", { deadline: 10_000 });
    expect([slow.target, slow.state]).toEqual(["'same'", "waiting"]);
    expect(await clock.run(slow.result)).toBe(1);
    expect(slow.target).toBe(1);
  });

  it("let a single job expire and be cancelled while they are looked for", async () => {
    const { clock, jobs, elapsed } = withNames({ slow: never });
    const expired = jobs.submit(late, "slow", { deadline: 10_000 });
    const cancelled = jobs.submit(late, "slow");
    cancelled.cancel();
    expect((await cancelled.outcome).state).toBe("cancelled");
    const outcome = await clock.run(expired.outcome);
    expect(outcome).toMatchObject({ state: "expired", attempts: 0, queued: 10_000, ran: 0 });
    expect([expired.state, elapsed(), clock.sleeping]).toEqual(["expired", 10_000, 0]);
  });

  function withNames(names: Record<string, () => Promise<number>>) {
    const asked: string[] = [];
    const parts = setUpWith<number | string>((target) => {
      if (typeof target === "number") return target;
      return () => {
        asked.push(target);
        return names[target]?.() ?? Promise.reject(new Error("unknown"));
      };
    });
    return { ...parts, asked };
  }
});

describe("a progress callback", () => {
  it("that rejects cancels the run as one that throws does", async () => {
    const { clock, endpoints, jobs } = setUp();
    const onProgress = ({ done }: RunProgress): unknown => (done < 3 ? undefined : Promise.reject(new Error("stop")));
    const run = jobs.run(take(1000), range(50), { onProgress });
    await expect(clock.run(run.all())).rejects.toThrow("stop");
    expect([jobs.slotsInUse, clock.sleeping]).toEqual([0, 0]);
    expect(endpoints.opened.length).toBeLessThan(25);
  });
});

describe("progress", () => {
  it("is not told by a job that has ended", async () => {
    const { clock, jobs } = setUp();
    let tell = (_: number) => {};
    const done = jobs.submit((_, { progress }) => {
      tell = progress;
      progress(0.5);
    }, 1);
    await clock.run(done.result);
    tell(0.9);
    expect(done.progress).toBe(0.5);
    const cancelled = jobs.submit((session, { progress }) => {
      tell = progress;
      return session.command(60_000);
    }, 1);
    await clock.pass(2000);
    tell(0.2);
    cancelled.cancel();
    tell(0.9);
    expect(cancelled.progress).toBe(0.2);
    await clock.run(jobs.close());
  });

  it("is told once for all that changes at a time", async () => {
    const { clock, jobs } = setUp();
    let told = 0;
    const run = jobs.run(take(1000), range(500), {
      onProgress: () => {
        told++;
      },
    });
    const outcomes = run.all();
    await clock.pass(100);
    const before = told;
    run.cancel();
    await clock.run(outcomes);
    expect(told - before).toBeLessThan(20);
  });
});

describe("a log that fails", () => {
  it("ends no session early and leaks no slot", async () => {
    const { clock, endpoints, jobs, log } = setUp((target) => ({ refuse: (attempt) => refuse(target, attempt) }));
    log.push = () => {
      throw new Error("the disk is full");
    };
    const refuse = (target: number, attempt: number) => {
      if (target === 2 && attempt === 1) throw new ConnectionError("cut");
    };
    const job = (session: TestSession, { log: write }: JobContext) => {
      write("begun");
      return session.command(1000);
    };
    const states = (await clock.run(jobs.run(job, [1, 2]).all())).map(({ state }) => state);
    expect([states, endpoints.openSessions, jobs.slotsInUse]).toEqual([["done", "done"], 0, 0]);
  });
});
