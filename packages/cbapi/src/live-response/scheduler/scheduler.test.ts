import { describe, expect, it } from "vitest";
import { CbApiError, ConnectionError, TimeoutError, UnauthorizedError } from "../../core/errors.js";
import type { Behaviour, TestSession } from "../../test-support/endpoints.js";
import { range, setUp, take } from "../../test-support/jobs.js";
import type { JobContext, JobOutcome } from "./job.js";

const states = (outcomes: readonly JobOutcome<unknown>[]) => outcomes.map(({ target, state }) => `${target} ${state}`);

describe("one job", () => {
  it("opens a session, gives what the job returned, and keeps the session for the next for a short time", async () => {
    const { clock, endpoints, jobs, log } = setUp();
    const first = jobs.submit(take(2000), 5);
    expect([first.id, first.target, first.state]).toEqual([1, 5, "waiting"]);
    expect(await clock.run(first.result)).toBe("answer of 5");
    expect(await first.outcome).toEqual({
      target: 5,
      id: 1,
      state: "done",
      value: "answer of 5",
      attempts: 1,
      queued: 1021,
      ran: 2000,
    });
    await clock.pass(3000);
    expect(jobs.slotsInUse).toBe(1);
    const second = jobs.submit({ run: (session) => session.target }, 5);
    expect(await clock.run(second.result)).toBe(5);
    expect(endpoints.opened).toEqual([5]);
    await clock.pass(6000);
    expect([jobs.slotsInUse, endpoints.openSessions, clock.sleeping]).toEqual([0, 0, 0]);
    expect(log).toEqual(["session with Sensor 5 is open", "session with Sensor 5 is closed after 2 jobs"]);
  });

  it("fails with what it threw, itself, and nobody has to look", async () => {
    const { clock, jobs } = setUp();
    const thrown = new RangeError("own");
    const ignored = jobs.submit(() => {
      throw new Error("unheard");
    }, 1);
    const job = jobs.submit(async (_, { log, attempt, target, progress }) => {
      log(`attempt ${attempt} on ${target}`);
      progress(0.5);
      throw thrown;
    }, 1);
    const outcome = await clock.run(job.outcome);
    expect(outcome.error).toBe(thrown);
    expect([outcome.state, job.state, job.progress, ignored.state]).toEqual(["failed", "failed", 0.5, "failed"]);
    await expect(job.result).rejects.toBe(thrown);
  });

  it("refuses what is no job, no target, and options without a meaning", () => {
    const { jobs, endpoints } = setUp();
    const job = take(1);
    // @ts-expect-error: a text is no job
    expect(() => jobs.submit("echo", 1)).toThrow("A job is a function");
    expect(() => jobs.submit(job, 1.5)).toThrow("a sensor is named by its id, got 1.5");
    expect(() => jobs.submit(job, 1, { jobTimeout: -1 })).toThrow("jobTimeout cannot be -1");
    expect(() => jobs.submit(job, 1, { deadline: new Date("x") })).toThrow("deadline is no valid date");
    expect(() => jobs.submit(job, 1, { retries: 0.5 })).toThrow("retries cannot be 0.5");
    // @ts-expect-error: of jobs, it is `jobTimeout`
    expect(() => jobs.submit(job, 1, { timeout: 5 })).toThrow(
      "Unknown option timeout. The options are: signal, jobTimeout",
    );
    // @ts-expect-error: mistyped
    expect(() => jobs.submit(job, 1, { timeOut: 5 })).toThrow("Unknown option timeOut");
    expect(() => jobs.run(job, [1], { slots: 11 })).toThrow("all jobs of this client together may have 10");
    expect(() => jobs.run(job, [1], { slots: 0 })).toThrow("slots cannot be 0");
    expect(() => jobs.run(job, [1, Number.NaN])).toThrow("a sensor is named by its id, got NaN");
    // @ts-expect-error: one target is no list
    expect(() => jobs.run(job, 5)).toThrow("run() takes a list of targets or a query, got number");
    expect(endpoints.looks).toEqual([]);
  });

  it("fails when its time is used up, although it never returns, and the next job has a session of its own", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp();
    let reason: unknown;
    const hung = jobs.submit(
      (_, { signal }) =>
        new Promise<never>(() => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
          });
        }),
      1,
      { jobTimeout: 10_000 },
    );
    const next = jobs.submit(take(1000), 1);
    const outcome = await clock.run(hung.outcome);
    expect(outcome).toMatchObject({
      state: "failed",
      attempts: 1,
      ran: 10_000,
      error: { code: "JOB_TIMEOUT", retryable: false },
    });
    expect(outcome.error).toBeInstanceOf(TimeoutError);
    expect(reason).toBe(outcome.error);
    expect(await clock.run(next.result)).toBe("answer of 1");
    expect(elapsed()).toBe(1021 + 10_000 + 50 + 1000 + 1000);
    expect(endpoints.opened).toEqual([1, 1]);
    await clock.run(jobs.close());
    expect([endpoints.openSessions, endpoints.faults]).toEqual([0, []]);
  });

  it("ends with an error, whatever was thrown or given as a reason", async () => {
    const { clock, jobs } = setUp();
    const thrown = jobs.submit(() => Promise.reject({ broken: true }), 1); // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- that it is none is the point
    const outcome = await clock.run(thrown.outcome);
    expect(outcome).toMatchObject({ state: "failed", error: { code: "NOT_AN_ERROR", message: "{ broken: true }" } });
    expect(outcome.error).toBeInstanceOf(Error);
    expect(outcome.error?.cause).toEqual({ broken: true });
    await expect(thrown.result).rejects.toBe(outcome.error);
    const run = jobs.run(take(1000), [2]);
    const all = run.all();
    run.cancel("enough");
    expect(await clock.run(all)).toMatchObject([{ state: "cancelled", error: { message: "enough", cause: "enough" } }]);
  });

  it("is cancelled at once, wherever it is", async () => {
    const { clock, endpoints, jobs } = setUp((target) => ({ online: () => target !== 3 }), { slots: 1 });
    const running = jobs.submit(take(60_000), 1);
    const queued = jobs.submit(take(1000), 1);
    const waiting = jobs.submit(take(1000), 2);
    const offline = jobs.submit(take(1000), 3);
    await clock.pass(5000);
    expect([running, queued, waiting, offline].map(({ state }) => state)).toEqual([
      "running",
      "waiting",
      "waiting",
      "waiting",
    ]);
    for (const job of [queued, waiting, offline, running]) job.cancel();
    expect(running.state).toBe("cancelled");
    await expect(running.result).rejects.toMatchObject({ code: "JOB_CANCELLED", message: "Job 1 was cancelled" });
    running.cancel(new Error("too late"));
    const own = new Error("enough");
    const byReason = jobs.submit(take(1), 4);
    byReason.cancel(own);
    const bySignal = jobs.submit(take(1), 4, { signal: AbortSignal.abort(own) });
    expect((await byReason.outcome).error).toBe(own);
    expect((await bySignal.outcome).error).toBe(own);
    await clock.pass(100);
    expect([endpoints.openSessions, jobs.slotsInUse, clock.sleeping]).toEqual([0, 0, 0]);
    expect(endpoints.opened).toEqual([1]);
  });
});

describe("endpoints that cannot be worked with", () => {
  it("are looked at again in rising pauses up to a bound, and served when they are back", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(() => ({ online: () => elapsed() > 300_000 }));
    const job = jobs.submit(take(1000), 1, { recheck: 40_000 });
    expect(await clock.run(job.result)).toBe("answer of 1");
    expect(endpoints.looks.length).toBeGreaterThan(8);
    expect(endpoints.looks.length).toBeLessThan(15);
    expect(elapsed()).toBeLessThan(300_000 + 45_000 + 3000);
  });

  it("are looked at right after their next check-in where one is expected", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(() => ({
      online: () => elapsed() > 50_000,
      nextCheckIn: (now) => now + 50_000 - elapsed(),
    }));
    const job = jobs.submit(take(1000), 1);
    await clock.run(job.result);
    expect(endpoints.looks).toHaveLength(2);
    expect(elapsed()).toBeLessThan(56_000);
  });

  it("let their jobs expire at the deadline, with the reason; jobs that run are not disturbed", async () => {
    const { clock, jobs, elapsed, endpoints } = setUp((target) => ({ online: () => target !== 1 }), { slots: 1 });
    const offline = jobs.submit(take(1000), 1, { deadline: 60_000 });
    const long = jobs.submit(take(100_000), 2, { deadline: new Date(clock.now() + 60_000) });
    const behind = jobs.submit(take(1000), 2, { deadline: 60_000 });
    const elsewhere = jobs.submit(take(1000), 3, { deadline: 60_000 });
    const expired = await clock.run(offline.outcome);
    expect(elapsed()).toBe(60_000);
    expect(expired).toMatchObject({
      state: "expired",
      attempts: 0,
      queued: 60_000,
      error: { code: "JOB_EXPIRED", message: "The job on Sensor 1 had not begun at its deadline: it is offline" },
    });
    expect((await behind.outcome).error).toMatchObject({
      message: expect.stringContaining("other jobs were before it"),
    });
    expect((await elsewhere.outcome).error).toMatchObject({ message: expect.stringContaining("all slots were taken") });
    expect(await clock.run(long.result)).toBe("answer of 2");
    await clock.pass(6000);
    expect([endpoints.openSessions, clock.sleeping]).toEqual([0, 0]);
  });

  it("are tried four times with rising pauses; then all their jobs fail with the reason", async () => {
    const reason = new ConnectionError("no route to the sensor");
    const { clock, endpoints, jobs, elapsed } = setUp((target) => ({
      refuse: () => {
        if (target === 1) throw reason;
      },
    }));
    const failing = [jobs.submit(take(1000), 1), jobs.submit(take(1000), 1)];
    const well = jobs.submit(take(1000), 2);
    const outcomes = await clock.run(Promise.all(failing.map(({ outcome }) => outcome)));
    expect(outcomes.map(({ state, error }) => [state, error])).toEqual([
      ["failed", reason],
      ["failed", reason],
    ]);
    expect(endpoints.opened.filter((target) => target === 1)).toHaveLength(4);
    expect(elapsed()).toBeGreaterThan(72_000);
    expect(well.state).toBe("done");
  });

  it("have all their tries again when they have been offline meanwhile", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(() => ({
      online: () => elapsed() < 20_000 || elapsed() > 200_000,
      refuse: (attempt) => {
        if (attempt <= 6) throw new ConnectionError("cut");
      },
    }));
    expect(await clock.run(jobs.submit(take(1000), 1).result)).toBe("answer of 1");
    expect(endpoints.opened).toHaveLength(7);
  });

  it("fail at once when trying again cannot help, and when they do not exist", async () => {
    const denied = new UnauthorizedError("no Live Response for this token");
    const unsupported = new CbApiError("Sensor does not support Cb Live Response");
    const { clock, endpoints, jobs } = setUp((target) => ({
      refuse: () => {
        if (target === 1) throw denied;
      },
      ...(target === 2 ? { problem: unsupported } : {}),
    }));
    const look = endpoints.look.bind(endpoints);
    endpoints.look = async (targets) => {
      const seen = await look(targets);
      seen.delete(3);
      return seen;
    };
    const run = jobs.run(take(1000), [1, 2, 3]);
    const errors = new Map((await clock.run(run.all())).map(({ target, error }) => [target, error]));
    expect(errors.get(1)).toBe(denied);
    expect(errors.get(2)).toBe(unsupported);
    expect(errors.get(3)).toMatchObject({ code: "OBJECT_NOT_FOUND", message: "Sensor 3 could not be found" });
    expect(endpoints.opened).toEqual([1]);
  });

  it("wait while the server cannot be asked, and fail when it will not answer", async () => {
    const { clock, endpoints, jobs } = setUp();
    let left = 3;
    endpoints.beforeLook = () => {
      if (left-- > 0) throw new ConnectionError("refused");
    };
    expect(await clock.run(jobs.submit(take(1000), 1).result)).toBe("answer of 1");
    expect(endpoints.looks).toHaveLength(4);
    const off = new CbApiError("Cb server does not support Live Response");
    endpoints.beforeLook = () => {
      throw off;
    };
    await expect(clock.run(jobs.submit(take(1000), 2).result)).rejects.toBe(off);
  });

  it("give up a slot when they go offline while their session is being opened", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(
      (target) => ({
        opening: 5000,
        online: () => target !== 1 || elapsed() < 2000 || elapsed() > 200_000,
      }),
      { slots: 1 },
    );
    const gone = jobs.submit(take(1000), 1);
    const other = jobs.submit(take(1000), 2);
    await clock.run(other.result);
    expect(elapsed()).toBeLessThan(30_000);
    expect(await clock.run(gone.result)).toBe("answer of 1");
    expect(elapsed()).toBeLessThan(270_000);
    expect(endpoints.opened).toEqual([1, 2, 1]);
  });

  it("have a session opened within a time in which the wait for a slot does not count", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp((target) => ({ opening: target === 1 ? 1e9 : 1000 }), {
      server: 2,
    });
    endpoints.foreign = () => (elapsed() < 900_000 ? 1 : 0);
    const hung = jobs.submit(take(1000), 1, { openTimeout: 20_000 });
    const patient = jobs.submit(take(1000), 2, { openTimeout: 20_000 });
    await clock.pass(15_000);
    expect([hung.state, patient.state, jobs.slotsInUse]).toEqual(["waiting", "waiting", 1]);
    expect(await clock.run(patient.result)).toBe("answer of 2");
    const { error, state } = await clock.run(hung.outcome);
    expect(state).toBe("failed");
    expect(error).toMatchObject({ message: "Could not establish a session with Sensor 1 within 20000 ms" });
    endpoints.foreign = () => 2;
    const late = jobs.submit(take(1000), 3, { deadline: 1_000_000, openTimeout: 20_000 });
    expect((await clock.run(late.outcome)).error).toMatchObject({
      code: "JOB_EXPIRED",
      message: expect.stringContaining("all slots of the server were taken"),
    });
    await clock.pass(10_000);
    expect([endpoints.openSessions, clock.sleeping]).toEqual([0, 0]);
  });
});

describe("lost sessions", () => {
  const losing = (times: number): Behaviour => ({ lostAfter: (session) => (session <= times ? 1500 : undefined) });

  it("have a job repeated that says that it may be, on a session of its own each time", async () => {
    const { clock, endpoints, jobs } = setUp(() => losing(3));
    const attempts: number[] = [];
    const job = {
      repeatable: true,
      run: (session: TestSession, { attempt }: JobContext) => {
        attempts.push(attempt);
        return session.command(3000);
      },
    };
    expect(await clock.run(jobs.submit(job, 1).result)).toBe("answer of 1");
    expect(attempts).toEqual([1, 2, 3, 4]);
    expect(endpoints.opened).toEqual([1, 1, 1, 1]);
    await clock.pass(6000);
    expect([endpoints.openSessions, endpoints.faults]).toEqual([0, []]);
  });

  it("fail a job otherwise, and one that is lost each time; what had not begun is done all the same", async () => {
    const { clock, jobs } = setUp((target) => losing(target === 1 ? 1 : 100));
    const fatal = jobs.submit(take(3000), 1);
    const behind = jobs.submit(take(1000), 1);
    const cursed = jobs.submit(take(3000), 2, { repeatable: true, retries: 2 });
    const outcomes = await clock.run(Promise.all([fatal.outcome, behind.outcome, cursed.outcome]));
    expect(outcomes).toMatchObject([
      { state: "failed", attempts: 1, error: { code: "SESSION_LOST" } },
      { state: "done", attempts: 1 },
      { state: "failed", attempts: 3, error: { code: "SESSION_LOST" } },
    ]);
  });

  it("are not opened for ever when none lives to see a job", async () => {
    const { clock, jobs, endpoints } = setUp(() => ({ lostAfter: () => 0 }));
    const outcome = await clock.run(jobs.submit(take(1000), 1).outcome);
    expect(outcome).toMatchObject({ state: "failed", attempts: 0, error: { code: "SESSION_LOST" } });
    expect(endpoints.opened).toHaveLength(4);
  });
});

describe("slots", () => {
  it("are given in the order of the product, then of arrival; jobs of a higher priority go first", async () => {
    const ranks: Record<number, number[]> = { 1: [500, 1], 2: [10, 9], 3: [10, 2], 4: [], 5: [0, 0] };
    const { clock, endpoints, jobs } = setUp((target) => ({ rank: ranks[target] ?? [7] }), { slots: 1 });
    jobs.submit(take(100), 1);
    jobs.submit(take(100), 2);
    jobs.submit(take(100), 3);
    const urgent = jobs.submit(take(100), 6, { priority: 1 });
    const last = jobs.submit(take(100), 5);
    await clock.run(urgent.result);
    expect(endpoints.opened).toEqual([6]);
    await clock.run(last.result);
    await clock.pass(30_000);
    expect(endpoints.opened).toEqual([6, 5, 3, 2, 1]);
  });

  it("are shared by all runs and jobs, and a run keeps to its own number", async () => {
    const { clock, endpoints, jobs } = setUp(undefined, { slots: 3 });
    let mine = 0;
    let most = 0;
    const counted = async (session: TestSession) => {
      most = Math.max(most, ++mine);
      await session.command(5000);
      mine--;
    };
    const small = jobs.run(counted, range(8), { slots: 1 }).all();
    const large = jobs.run(take(2000), range(20, 5)).all();
    const [a, b] = await clock.run(Promise.all([small, large]));
    expect([a.length, b.length, most, endpoints.most]).toEqual([8, 20, 1, 3]);
    expect([jobs.slotsInUse, endpoints.openSessions, endpoints.faults]).toEqual([0, 0, []]);
  });

  it("are not kept by an endpoint with a thousand jobs while others wait, nor given away after each job", async () => {
    const { clock, endpoints, jobs } = setUp(undefined, { slots: 1 });
    const many = range(1000).map(() => jobs.submit(take(1000), 1));
    const others = range(5, 2).map((target) => jobs.submit(take(1000), target));
    await clock.run(Promise.all(others.map(({ result }) => result)));
    const done = many.filter(({ state }) => state === "done").length;
    expect(done).toBeGreaterThanOrEqual(10);
    expect(done).toBeLessThan(40);
    await clock.run(Promise.all(many.map(({ result }) => result)));
    // With nobody waiting, the session is kept.
    expect(endpoints.opened.filter((target) => target === 1).length).toBeLessThan(4);
  });

  it("are used longer where opening takes longer", async () => {
    const { clock, endpoints, jobs } = setUp(() => ({ opening: 60_000 }), { slots: 1 });
    const all = [1, 2].flatMap((target) => range(400).map(() => jobs.submit(take(1000), target)));
    await clock.run(Promise.all(all.map(({ result }) => result)));
    expect(endpoints.opened).toEqual([1, 2, 1, 2]);
  });

  it("are taken from idle sessions when others wait, and only then", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(undefined, { slots: 2 });
    await clock.run(Promise.all([jobs.submit(take(1000), 1).result, jobs.submit(take(1000), 2).result]));
    const before = elapsed();
    await clock.run(jobs.submit(take(1000), 3).result);
    expect(elapsed() - before).toBeLessThan(2200);
    await clock.run(jobs.submit(take(1000), 2).result);
    expect(endpoints.opened).toEqual([1, 2, 3]);
  });

  it("that other people hold are waited for while the rest goes on", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp(undefined, { server: 10 });
    endpoints.foreign = () => (elapsed() < 600_000 ? 8 : 0);
    const run = jobs.run(take(10_000), range(30));
    const outcomes = await clock.run(run.all());
    expect(outcomes.every(({ state }) => state === "done")).toBe(true);
    expect(endpoints.most).toBeLessThanOrEqual(10);
    expect(elapsed()).toBeLessThan(30 * 12_000);
  });
});

describe("a run", () => {
  it("gives the outcomes in the order in which the jobs end, and tells how far it is", async () => {
    const { clock, jobs } = setUp((target) => ({ online: () => target !== 4 }));
    const told: string[] = [];
    const run = jobs.run(
      async (session, { target, progress }) => {
        progress("begun");
        await session.command(target * 1000);
        if (target === 2) throw new Error("no");
        return target;
      },
      new Set([3, 2, 1, 4, 3]),
      {
        deadline: 60_000,
        onProgress: ({ total, done, failed, running, offline, waiting }) =>
          told.push(`${total}: ${done} ${failed} ${running} ${offline} ${waiting}`),
      },
    );
    expect(run.progress()).toMatchObject({ total: 4, waiting: 4, totalKnown: true });
    const work = (async () => {
      const outcomes: JobOutcome<number>[] = [];
      for await (const outcome of run) {
        if (outcomes.length === 0)
          expect(run.running().map(({ target, progress }) => [target, progress])).toEqual([
            [3, "begun"],
            [2, "begun"],
          ]);
        outcomes.push(outcome);
      }
      return outcomes;
    })();
    expect(states(await clock.run(work))).toEqual(["1 done", "2 failed", "3 done", "4 expired"]);
    expect(told).toContain("4: 0 0 3 1 0");
    expect(told.at(-1)).toBe("4: 2 1 0 0 0");
    expect(run.progress()).toMatchObject({ done: 2, failed: 1, expired: 1, cancelled: 0, slotsInUse: 0 });
    expect(clock.sleeping).toBe(0);
  });

  it("cancels the rest and frees the slots when it is left early", async () => {
    const { clock, endpoints, jobs } = setUp();
    const run = jobs.run(take(5000), range(200));
    const work = (async () => {
      for await (const outcome of run) return outcome.state;
      return undefined;
    })();
    expect(await clock.run(work)).toBe("done");
    expect([endpoints.openSessions, jobs.slotsInUse, clock.sleeping]).toEqual([0, 0, 0]);
    expect(run.progress()).toMatchObject({ done: expect.any(Number), running: 0, waiting: 0 });
    expect(endpoints.opened.length).toBeLessThan(25);
    expect(await run.next()).toEqual({ value: undefined, done: true });
    // Nobody takes up the rest of the list.
    const long = jobs.run(take(5000), range(5000));
    const first = long.next();
    await clock.run(first);
    await clock.run(long.return());
    expect(jobs.submit(take(1), 1).id).toBeLessThan(1500);
  });

  it("ends each job of a list as cancelled when its signal is aborted", async () => {
    const { clock, endpoints, jobs } = setUp();
    const stop = new AbortController();
    const reason = new Error("going home");
    const run = jobs.run(take(5000), range(3000), { signal: stop.signal });
    const work = run.all();
    await clock.pass(20_000);
    stop.abort(reason);
    expect(run.progress()).toMatchObject({ total: 3000, done: 30, running: 0, waiting: 0, cancelled: 2970 });
    const outcomes = await clock.run(work);
    expect(new Set(outcomes.map(({ target }) => target)).size).toBe(3000);
    const cancelled = outcomes.filter(({ state }) => state === "cancelled");
    expect(cancelled.every(({ error }) => error === reason)).toBe(true);
    expect(outcomes.length - cancelled.length).toBe(30);
    expect([endpoints.openSessions, endpoints.faults]).toEqual([0, []]);
  });

  it("reads targets little by little, and begins no more jobs while nobody takes the outcomes", async () => {
    const { clock, endpoints, jobs } = setUp();
    let read = 0;
    async function* query() {
      for (let target = 1; target <= 5000; target++) {
        read++;
        yield target;
      }
    }
    const run = jobs.run(take(100), query());
    expect(run.progress()).toMatchObject({ total: 0, totalKnown: false });
    await clock.run(run.next());
    await clock.pass(3_600_000);
    expect(read).toBeLessThan(1300);
    expect(endpoints.opened.length).toBeLessThanOrEqual(112);
    expect([endpoints.openSessions, jobs.slotsInUse]).toEqual([0, 0]);
    const rest = await clock.run(run.all());
    expect(rest).toHaveLength(4999);
    expect(run.progress()).toMatchObject({ total: 5000, totalKnown: true, done: 5000 });
  });

  it("throws behind the outcomes what went wrong with reading the targets, or what onProgress threw", async () => {
    const { clock, jobs } = setUp();
    async function* query() {
      yield 1;
      yield 1;
      yield 2;
      throw new ConnectionError("cut");
    }
    const run = jobs.run(take(100), query());
    const seen: unknown[] = [];
    const work = (async () => {
      for await (const { target } of run) seen.push(target);
    })();
    await expect(clock.run(work)).rejects.toThrow("cut");
    expect(seen).toEqual([1, 2]);
    const told = jobs.run(take(100), range(50), {
      onProgress: ({ done }) => {
        if (done >= 3) throw new Error("stop");
      },
    });
    await expect(clock.run(told.all())).rejects.toThrow("stop");
    expect(jobs.slotsInUse).toBe(0);
  });
});

describe("closing", () => {
  it("cancels what waits, lets what runs end by itself for a while, and closes all sessions", async () => {
    const { clock, endpoints, jobs, elapsed } = setUp((target) => ({ online: () => target !== 9 }));
    const kind = jobs.submit(async (session, { signal }) => {
      await session.command(1000, signal).catch(() => {});
      await session.command(60_000, signal).catch(() => {});
      return "ended in time";
    }, 1);
    const obedient = jobs.submit(take(60_000), 2);
    const deaf = jobs.submit((session) => session.command(60_000), 3);
    const waiting = jobs.submit(take(1000), 9);
    const run = jobs.run(take(60_000), range(20, 10));
    const outcomes = run.all();
    await clock.pass(4000);
    const before = elapsed();
    await clock.run(jobs.close({ grace: 3000 }));
    expect(elapsed() - before).toBeLessThan(3200);
    expect([kind.state, obedient.state, deaf.state, waiting.state]).toEqual([
      "done",
      "cancelled",
      "cancelled",
      "cancelled",
    ]);
    expect((await deaf.outcome).error).toMatchObject({ code: "CLOSED" });
    const rest = await clock.run(outcomes);
    expect([rest.length, new Set(rest.map(({ state }) => state))]).toEqual([20, new Set(["cancelled"])]);
    expect([endpoints.openSessions, endpoints.faults, jobs.slotsInUse, clock.sleeping]).toEqual([0, [], 0, 0]);
    expect(() => jobs.submit(take(1), 1)).toThrow("Live Response of this client was closed");
    await jobs.close();
  });

  it("closes what is opened although it was told to stop", async () => {
    const { clock, endpoints, jobs } = setUp(() => ({ ignoresStop: true, opening: 10_000, closeFails: true }));
    const job = jobs.submit(take(1000), 1);
    await clock.pass(2000);
    job.cancel();
    expect(jobs.slotsInUse).toBe(1);
    await clock.run(jobs.close());
    expect([endpoints.openSessions, jobs.slotsInUse]).toEqual([0, 0]);
  });
});
