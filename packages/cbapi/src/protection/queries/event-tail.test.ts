import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JumpClock } from "../../test-support/jump-clock.js";
import { protectionServer } from "../../test-support/protection-server.js";
import { Event } from "../models/events/event.js";
import type { EventPosition } from "./event-tail.js";

/** A server whose events show in the order in which they were written, which is not that of their ids. */
async function eventServer() {
  const state = { visible: [] as number[], asked: 0 };
  const { cb } = await protectionServer(
    {
      event: ({ query }) => {
        state.asked++;
        const [, above = "-1"] = /^id>(\d+)$/.exec(query.get("q") ?? "") ?? [];
        const ids = state.visible.filter((id) => id > Number(above)).sort((a, b) => a - b);
        if (query.get("sort") === "id DESC") ids.reverse();
        // As on a server, all of them have the time at which somebody looked.
        return ids.slice(0, Number(query.get("limit"))).map((id) => ({ id, timestamp: "2026-01-05T09:00:00Z" }));
      },
    },
    { clock: new JumpClock() },
  );
  return { cb, state };
}

describe("a tail", () => {
  it("gives each event once, whatever order they show in and wherever it is taken up again", async () => {
    const { cb, state } = await eventServer();
    const late = fc.integer({ min: 0, max: 90 });
    const order = fc.array(fc.record({ late, gap: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 250 });
    const steps = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(order, steps, steps, fc.integer({ min: 1, max: 40 }), async (rows, shown, taken, size) => {
        let id = 1000;
        const written = rows.map((row) => {
          id += row.gap;
          return { id, at: id + row.late };
        });
        const ids = written.map((each) => each.id);
        const queue = written.sort((a, b) => a.at - b.at).map((each) => each.id);
        state.visible = [];
        let turn = 0;
        const show = () => {
          state.visible.push(...queue.splice(0, shown[turn++ % shown.length]));
        };
        const got: number[] = [];
        let after: number | EventPosition = 0;
        for (let round = 0; got.length < ids.length; round++) {
          const tail = cb.select(Event).batchSize(size).tail({ after, onWait: show });
          const wanted = Math.min(taken[round % taken.length] ?? 1, ids.length - got.length);
          for (let n = 0; n < wanted; n++) {
            const { value } = await tail.next();
            if (value !== undefined) got.push(value.id);
          }
          expect(tail.position?.seen.length).toBeLessThanOrEqual(100);
          after = JSON.parse(JSON.stringify(tail.position)) as EventPosition;
          await tail.return();
        }
        expect(got.sort((a, b) => a - b)).toEqual(ids);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it("asks for nothing before somebody waits, and answers those who wait in their order", async () => {
    const { cb, state } = await eventServer();
    state.visible = [1, 2, 3];
    const tail = cb.select(Event).tail({ after: 0 });
    expect([state.asked, tail.position]).toEqual([0, { after: 0, seen: [] }]);
    const rows = await Promise.all([tail.next(), tail.next(), tail.next()]);
    expect([rows.map(({ value }) => value?.id), state.asked]).toEqual([[1, 2, 3], 1]);
    const waiting = tail.next();
    await tail.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});
