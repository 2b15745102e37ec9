import fc from "fast-check";
import { expect, it } from "vitest";
import { CbApiError, ConnectionError } from "../../core/errors.js";
import { type Behaviour, Endpoints, type TestSession } from "../../test-support/endpoints.js";
import { VirtualClock } from "../../test-support/virtual-clock.js";
import type { JobContext, JobOutcome } from "./job.js";
import { Jobs } from "./jobs.js";

const MINUTE = 60_000;

const endpoint = fc.record({
  presence: fc.constantFrom("always", "never", "early", "late", "comes and goes"),
  period: fc.integer({ min: 20, max: 300 }),
  opening: fc.integer({ min: 0, max: 20_000 }),
  closing: fc.integer({ min: 0, max: 2000 }),
  refusals: fc.integer({ min: 0, max: 5 }),
  refusedForGood: fc.boolean(),
  losses: fc.integer({ min: 0, max: 3 }),
  lostAfter: fc.integer({ min: 0, max: 20_000 }),
  closeFails: fc.boolean(),
  ignoresStop: fc.boolean(),
  broken: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

const job = fc.record({
  target: fc.integer({ min: 1, max: 8 }),
  does: fc.constantFrom(
    "works",
    "works",
    "works",
    "throws",
    "throws at once",
    "hangs",
    "hangs for ever",
    "returns at once",
  ),
  length: fc.integer({ min: 0, max: 30_000 }),
  timeout: fc.integer({ min: 1000, max: 60_000 }),
  deadline: fc.integer({ min: 1000, max: 20 * MINUTE }),
  retries: fc.integer({ min: 0, max: 3 }),
  repeatable: fc.boolean(),
  priority: fc.integer({ min: 0, max: 1 }),
  cancelAt: fc.option(fc.integer({ min: 0, max: 2 * MINUTE }), { nil: undefined }),
  submitAt: fc.integer({ min: 0, max: MINUTE }),
});

const scenario = fc.record({
  endpoints: fc.array(endpoint, { minLength: 8, maxLength: 8 }),
  jobs: fc.array(job, { maxLength: 25 }),
  slots: fc.integer({ min: 1, max: 4 }),
  serverSlots: fc.integer({ min: 2, max: 5 }),
  foreign: fc.integer({ min: 0, max: 2 }),
  runSlots: fc.integer({ min: 1, max: 4 }),
  runTargets: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 12 }),
  leaveRunAfter: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  closeAt: fc.option(fc.integer({ min: 0, max: 5 * MINUTE }), { nil: undefined }),
  grace: fc.integer({ min: 0, max: 10_000 }),
  looksFail: fc.integer({ min: 0, max: 3 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;
type EndpointOf = Scenario["endpoints"][number];

function behaviourOf(given: EndpointOf, start: number): Behaviour {
  const period = given.period * 1000;
  const online = (now: number): boolean => {
    const since = now - start;
    switch (given.presence) {
      case "always":
        return true;
      case "never":
        return false;
      case "early":
        return since < period;
      case "late":
        return since > period;
      case "comes and goes":
        return Math.floor(since / period) % 2 === 0;
    }
  };
  return {
    online,
    opening: given.opening,
    closing: given.closing,
    closeFails: given.closeFails,
    ignoresStop: given.ignoresStop,
    refuse: (attempt) => {
      if (attempt > given.refusals) return;
      throw given.refusedForGood ? new CbApiError("not supported") : new ConnectionError("cut");
    },
    lostAfter: (session) => (session <= given.losses ? given.lostAfter : undefined),
    ...(given.broken ? { problem: new CbApiError("no such sensor") } : {}),
  };
}

async function doWork(given: Scenario["jobs"][number], session: TestSession, { signal }: JobContext): Promise<string> {
  switch (given.does) {
    case "works":
      return session.command(given.length, signal);
    case "throws":
      await session.command(given.length, signal);
      throw new Error("thrown");
    case "throws at once":
      throw new Error("thrown");
    case "hangs":
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    case "hangs for ever":
      return new Promise(() => {});
    case "returns at once":
      return "at once";
  }
}

async function play(given: Scenario): Promise<void> {
  const clock = new VirtualClock();
  const start = clock.now();
  const behaviours = given.endpoints.map((one) => behaviourOf(one, start));
  const endpoints = new Endpoints(clock, (target) => behaviours[target - 1] ?? {}, given.serverSlots);
  endpoints.foreign = () => Math.min(given.foreign, given.serverSlots - 1);
  let failures = given.looksFail;
  endpoints.beforeLook = () => {
    if (failures-- > 0) throw new ConnectionError("no answer");
  };
  const jobs = new Jobs<TestSession, number>({
    clock,
    source: endpoints,
    availability: endpoints,
    noun: "Sensor",
    identify: (target) => target,
    slots: given.slots,
  });
  let most = 0;
  const outcomes: JobOutcome<unknown>[] = [];
  const submitted = given.jobs.map(async (one) => {
    await clock.sleep(one.submitAt);
    const { timeout, deadline, retries, repeatable, priority } = one;
    let ended: ReturnType<typeof jobs.submit>;
    try {
      ended = jobs.submit(
        (session, context) => {
          most = Math.max(most, endpoints.openSessions);
          return doWork(one, session, context);
        },
        one.target,
        { jobTimeout: timeout, deadline, retries, repeatable, priority, openTimeout: MINUTE },
      );
    } catch (error) {
      expect(error).toMatchObject({ code: "CLOSED" });
      return;
    }
    if (one.cancelAt !== undefined) void clock.sleep(one.cancelAt).then(() => ended.cancel());
    outcomes.push(await ended.outcome);
    expect(ended.state).toBe(outcomes.at(-1)?.state);
  });
  const run = jobs.run((session, { signal }) => session.command(5000, signal), given.runTargets, {
    slots: Math.min(given.runSlots, given.slots),
    deadline: 20 * MINUTE,
    openTimeout: MINUTE,
  });
  const seen: (number | string)[] = [];
  const reading = (async () => {
    for await (const { target, state } of run) {
      expect(["done", "failed", "expired", "cancelled"]).toContain(state);
      seen.push(target);
      if (seen.length === given.leaveRunAfter) break;
    }
  })();
  if (given.closeAt !== undefined) void clock.sleep(given.closeAt).then(() => jobs.close({ grace: given.grace }));
  await clock.run(Promise.all([...submitted, reading]));
  const distinct = new Set(given.runTargets).size;
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBe(Math.min(distinct, given.leaveRunAfter ?? distinct));
  for (const outcome of outcomes) {
    expect(outcome.attempts).toBeLessThanOrEqual(4);
    if (outcome.state !== "done") expect(outcome.error).toBeDefined();
  }
  await clock.run(jobs.close({ grace: given.grace }));
  expect(jobs.slotsInUse).toBe(0);
  expect(endpoints.openSessions).toBe(0);
  expect(endpoints.faults).toEqual([]);
  expect(Math.max(most, endpoints.most)).toBeLessThanOrEqual(given.slots);
}

it("whatever happens, each job ends once, no slot is left over, and there are never too many sessions", async () => {
  await fc.assert(fc.asyncProperty(scenario, play), { numRuns: 300 });
}, 120_000);

it("serves whoever waits within the turns of those who were there before", async () => {
  const queue = fc.record({ target: fc.integer({ min: 1, max: 6 }), count: fc.integer({ min: 1, max: 120 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(queue, { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 1, max: 2 }),
      async (queues, slots) => {
        const clock = new VirtualClock();
        const endpoints = new Endpoints(clock, (target) => ({ rank: [1000 - target], opening: 2000 }));
        const jobs = new Jobs<TestSession, number>({
          clock,
          source: endpoints,
          availability: endpoints,
          noun: "Sensor",
          identify: (target) => target,
          slots,
        });
        const begun = new Map<number, number>();
        const start = clock.now();
        const all = queues.flatMap(({ target, count }) =>
          Array.from({ length: count }, () =>
            jobs.submit((session) => {
              if (!begun.has(target)) begun.set(target, clock.now() - start);
              return session.command(1000);
            }, target),
          ),
        );
        await clock.run(Promise.all(all.map(({ result }) => result)));
        // A turn: opening, ten seconds, the job that runs, closing.
        const targets = new Set(queues.map(({ target }) => target)).size;
        for (const waited of begun.values()) expect(waited).toBeLessThan((targets * 14_000) / slots + 20_000);
        expect(endpoints.faults).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);
