import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alertServer, manyAlerts, type TestAlert, V7 } from "../../../test-support/alert-server.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { BaseAlert } from "./alert.js";
import type { AlertPosition, AlertTail } from "./alert-tail.js";

const BEGIN = Date.UTC(2026, 0, 1);
const at = (milliseconds: number) => new Date(BEGIN + milliseconds).toISOString();
const alert = (id: string, milliseconds: number): TestAlert => ({ id, backend_timestamp: at(milliseconds) });

async function take(tail: AlertTail<BaseAlert>, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { value, done } = await tail.next();
    if (done === true) break;
    ids.push(value.id);
  }
  return ids;
}

describe("a tail of alerts", () => {
  test("gives what is there from a moment on, then what comes in, each once", async () => {
    const alerts = [alert("before", -5), alert("a", 0), alert("b", 1000)];
    const clock = new JumpClock(BEGIN);
    const { cb, bodies } = await alertServer(() => alerts, { clock });
    const late = [alert("c", 30_000), alert("late", 900), alert("d", 31_000)];
    const waits: AlertPosition[] = [];
    const tail = cb
      .select(BaseAlert)
      .setMinimumSeverity(3)
      .tail({
        since: new Date(BEGIN),
        onWait: ({ position }) => {
          waits.push(position);
          alerts.push(...late.splice(0, 1));
        },
      });
    expect(await take(tail, 5)).toEqual(["a", "b", "c", "late", "d"]);
    expect(waits).toHaveLength(3);
    expect(waits[0]).toEqual({ after: at(0), seen: ["a", "b"] });
    expect(clock.pauses).toEqual([30_000, 30_000, 30_000]);
    expect(bodies[0]).toEqual({
      criteria: { minimum_severity: 3 },
      time_range: { start: at(0), end: "2999-12-31T23:59:59.999Z" },
      sort: [{ field: "backend_timestamp", order: "ASC" }],
      rows: 500,
    });
    await tail.return();
    expect(await tail.next()).toEqual({ done: true, value: undefined });
  });

  test("begins now where nothing else is said, and keeps no ids for longer than they can come again", async () => {
    const clock = new JumpClock(BEGIN + 1000);
    const { cb } = await alertServer(() => manyAlerts(300, BEGIN), { clock });
    const tail = cb.select(BaseAlert).tail({ overlap: 5000 });
    expect(await take(tail, 299)).toEqual(
      manyAlerts(300, BEGIN)
        .slice(1)
        .map(({ id }) => id),
    );
    expect(tail.position).toEqual({ after: at(294_000), seen: ["A294", "A295", "A296", "A297", "A298", "A299"] });
  });

  test("goes through many that came in at one moment", async () => {
    const alerts = Array.from({ length: 57 }, (_, n) => alert(`s${n}`, 10)).concat(alert("next", 11));
    const { cb } = await alertServer(() => alerts, { clock: new JumpClock(BEGIN) });
    const ids = await take(
      cb
        .select(BaseAlert)
        .batchSize(10)
        .tail({ since: at(0) }),
      58,
    );
    expect(new Set(ids).size).toBe(58);
    expect(ids.at(-1)).toBe("next");
  });

  test("says so when more came in at one moment than the service gives", async () => {
    const alerts = Array.from({ length: 10_050 }, (_, n) => alert(`s${n}`, 10));
    const { cb } = await alertServer(() => alerts, { clock: new JumpClock(BEGIN) });
    const tail = cb
      .select(BaseAlert)
      .batchSize(5000)
      .tail({ since: at(0) });
    await expect(take(tail, 10_050)).rejects.toMatchObject({ code: "TOO_MANY_AT_ONCE" });
  });

  test("waits while the service is out of order, once it has answered", async () => {
    let answers = 0;
    const { cb } = await cloudServer(
      {
        [`POST ${V7}/alerts/_search`]: () =>
          ++answers === 2
            ? { status: 503, text: "{}" }
            : { num_found: answers > 2 ? 1 : 0, results: answers > 2 ? [alert("a", 5)] : [] },
      },
      { clock: new JumpClock(BEGIN) },
    );
    const errors: (string | undefined)[] = [];
    const tail = cb.select(BaseAlert).tail({ onWait: ({ error }) => void errors.push(error?.name) });
    expect(await take(tail, 1)).toEqual(["a"]);
    expect(errors).toEqual([undefined, "ServerError"]);

    const broken = await cloudServer({ [`POST ${V7}/alerts/_search`]: { status: 503, text: "{}" } });
    await expect(broken.cb.select(BaseAlert).tail().next()).rejects.toMatchObject({ status: 503 });
  });

  test("ends with its signal, and with what onWait throws", async () => {
    const { cb } = await alertServer(() => [], { clock: new JumpClock(BEGIN) });
    const stop = new AbortController();
    const tail = cb.select(BaseAlert).tail({ signal: stop.signal, onWait: () => stop.abort(new Error("enough")) });
    await expect(tail.next()).rejects.toThrow("enough");
    expect(await tail.next()).toEqual({ done: true, value: undefined });
    const other = cb.select(BaseAlert).tail({
      onWait: () => {
        throw new Error("no more");
      },
    });
    await expect(other.next()).rejects.toThrow("no more");
  });

  test.each<[object, RegExp]>([
    [{ position: { after: at(0), seen: [] }, since: at(0) }, /leave one of them out/],
    [{ position: "x" }, /position is what another tail gave/],
    [{ position: { after: at(0), seen: [5] } }, /position is what another tail gave/],
    [{ since: "yesterday" }, /since is a Date or ISO 8601/],
    [{ interval: 0 }, /interval is a number of milliseconds above 0/],
    [{ interval: "5" }, /interval is a number/],
    [{ overlap: -1 }, /overlap is a number/],
    [{ postion: 1 }, /Did you mean position/],
  ])("refuses %j", async (options, why) => {
    const { cb, requests } = await cloudServer({});
    expect(() => cb.select(BaseAlert).tail(options as never)).toThrow(why);
    expect(requests).toEqual([]);
  });

  test("stopped anywhere and gone on with from its position, gives each alert exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ gap: fc.integer({ min: 0, max: 4 }), late: fc.integer({ min: 0, max: 30 }) }), {
          maxLength: 40,
        }),
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (arrivals, stops, rows) => {
          let time = 0;
          const all = arrivals.map(({ gap, late }, n) => {
            time += gap * 10;
            return { ...alert(`x${n}`, time), shows: n + Math.min(late, 30) };
          });
          let shown = 0;
          const clock = new JumpClock(BEGIN);
          const { cb } = await alertServer(() => all.filter(({ shows }) => shows <= shown), { clock });
          const out: string[] = [];
          let position: AlertPosition | undefined;
          for (const stop of [...stops, 1000]) {
            // As in another process: the position has been through JSON.
            const saved =
              position === undefined ? { since: at(0) } : { position: JSON.parse(JSON.stringify(position)) };
            const over = new AbortController();
            const tail = cb
              .select(BaseAlert)
              .batchSize(rows)
              .tail({
                ...saved,
                signal: over.signal,
                onWait: () => {
                  if (shown++ > 80) over.abort();
                },
              });
            for (let taken = 0; taken < stop; taken++) {
              const next = await tail.next().catch(() => undefined);
              if (next === undefined || next.done === true) break;
              out.push(next.value.id);
              position = tail.position;
            }
            await tail.return();
          }
          expect([...out].sort()).toEqual(all.map(({ id }) => id).sort());
        },
      ),
      { numRuns: 25 },
    );
  });
});
