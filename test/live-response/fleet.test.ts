// A job over many endpoints that come and go, with commands that fail and sessions that get lost.
import { Sandbox } from "@cbapi/sandbox";
import { type JobContext, type JobOutcome, LiveResponseError, type LiveResponseSession, Sensor } from "cbapi/response";
import { expect, it } from "vitest";
import { clientOf } from "../support/sandbox.js";
import { SteppedClock } from "../support/stepped-clock.js";

/** `npm run test:fleet` runs it with a thousand, which takes a minute, and prints how long the fleet took. */
const WANTED = process.env["FLEET_HOSTS"];
const HOSTS = Number(WANTED ?? 200);
/** Of what goes wrong, and of when endpoints are on: a fleet of 200, too, is away, fails and is lost at about the rates below. */
const SEED = 6;
const SLOTS = 10;
const SECOND = 1000;
/** Real milliseconds that the test may take on a machine that is busy with other things. */
const PATIENCE = 240_000;

/** What one session was good for, in simulated seconds. */
interface Use {
  readonly target: number;
  readonly seconds: number;
}

it(
  "settles every job once, leaks no slot, and loses next to no time",
  async () => {
    await using sandbox = await Sandbox.start({
      tls: false,
      organisation: { hosts: HOSTS, processes: 400, binaries: 60 },
      clock: { running: false },
      liveResponse: {
        latency: 0,
        seed: SEED,
        failRate: 0.02,
        lostRate: 0.01,
        schedule: { offline: 0.4, period: 1200 },
      },
    });
    const { liveResponse } = sandbox;
    const tickNow = () => sandbox.clock.ticks;
    let most = 0;
    const clock = new SteppedClock(sandbox, () => {
      most = Math.max(most, liveResponse.stats().slots.used);
    });
    await using cb = clientOf(sandbox, { allowHttp: true, clock });

    const uses: Use[] = [];
    const begun = new Map<number, number>();
    const online = (target: number, tick: number) => liveResponse.scheduledOnline(target, tick) === true;
    const inventory = {
      repeatable: true,
      async run(session: LiveResponseSession, { target, signal }: JobContext) {
        const start = tickNow();
        begun.set(target, (begun.get(target) ?? 0) + 1);
        const opened = Math.round(
          (Number(session.sessionData.create_time) * SECOND - sandbox.clock.startTime) / SECOND,
        );
        // What was spent on an endpoint that was off when its session was opened was of no use.
        let wasted = 0;
        for (let tick = opened + 1; tick < start; tick++) if (!online(target, tick)) wasted++;
        try {
          await clock.sleep((6 + (target % 15)) * SECOND, signal);
          return (await session.listProcesses()).length;
        } finally {
          uses.push({ target, seconds: tickNow() - opened - wasted });
        }
      },
    };

    const first = tickNow();
    const away = Array.from({ length: HOSTS }, (_, index) => online(index + 1, first)).filter((on) => !on).length;
    expect(away / HOSTS).toBeGreaterThan(0.35);
    expect(away / HOSTS).toBeLessThan(0.45);

    const outcomes: JobOutcome<number>[] = [];
    for await (const outcome of cb.liveResponse.run(inventory, cb.select(Sensor), { deadline: 0 }))
      outcomes.push(outcome);
    const took = tickNow() - first;
    await cb.liveResponse.close();
    await clock.stop();

    // Every job has exactly one outcome.
    expect(outcomes).toHaveLength(HOSTS);
    expect(new Set(outcomes.map(({ target }) => target)).size).toBe(HOSTS);
    const done = outcomes.filter(({ state }) => state === "done");
    const failed = outcomes.filter(({ state }) => state === "failed");
    expect(done.length + failed.length).toBe(HOSTS);
    for (const { value } of done) expect(value).toBeGreaterThan(0);
    for (const { error } of failed) expect(error).toBeInstanceOf(LiveResponseError);
    expect(failed.length).toBeGreaterThan(HOSTS * 0.01);
    expect(failed.length).toBeLessThan(HOSTS * 0.03);
    // Those whose session was lost were begun again, and nobody else.
    for (const { target, attempts } of outcomes) expect(begun.get(Number(target))).toBe(attempts);

    // The sandbox's own count.
    const { slots, sessions, commands, held, files } = liveResponse.stats();
    // Nobody else has a session: one that is refused was asked for before another one was closed.
    expect(slots).toMatchObject({ limit: SLOTS, used: 0, refused: 0 });
    expect(slots.highest).toBe(SLOTS);
    expect(most).toBeLessThanOrEqual(SLOTS);
    expect({ held, files, pending: sessions.pending, active: sessions.active }).toEqual({
      ...{ held: 0, files: 0, pending: 0, active: 0 },
    });
    expect(sessions.lost).toBeGreaterThan(0);
    expect(sessions.closed + sessions.lost + sessions.timedOut).toBe(sessions.opened);
    expect(commands.failed).toBe(failed.length);

    const bound = slotBound(uses, online, first);
    const figures = `${HOSTS} endpoints in ${took} ticks; the slots alone take ${bound}: x${(took / bound).toFixed(3)}`;
    if (WANTED !== undefined) console.log(figures);
    expect(took / bound, figures).toBeLessThan(1.15);
    expect(sandbox.requests.failures()).toEqual([]);
  },
  PATIENCE,
);

/**
 * How many ticks the same sessions take at least, by the same schedule: whenever a slot is free, the first endpoint that is on
 * has it at once, and nothing else takes time.
 */
function slotBound(uses: readonly Use[], online: (target: number, tick: number) => boolean, first: number): number {
  const waiting = new Set(uses);
  const free = Array.from({ length: SLOTS }, () => first);
  for (let tick = first; ; tick++) {
    for (const use of waiting) {
      const slot = free.findIndex((at) => at <= tick);
      if (slot < 0) break;
      if (!online(use.target, tick)) continue;
      free[slot] = tick + use.seconds;
      waiting.delete(use);
    }
    if (waiting.size === 0) return Math.max(...free) - first;
  }
}
