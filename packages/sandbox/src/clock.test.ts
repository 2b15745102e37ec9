import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type ClockOptions, SIMULATION_START, SimulationClock } from "./clock.js";

const clocks: SimulationClock[] = [];
const start = (options?: ClockOptions): SimulationClock => {
  const clock = new SimulationClock(options);
  clocks.push(clock);
  return clock;
};
afterEach(async () => {
  await Promise.all(clocks.splice(0).map((clock) => clock.stop()));
});

describe("the simulated time", () => {
  it("starts on the same morning and runs as fast as real time", async () => {
    const clock = start();
    expect(new Date(SIMULATION_START).toISOString()).toBe("2026-01-05T09:00:00.000Z");
    expect(clock.now() - SIMULATION_START).toBeLessThan(1000);
    const before = clock.now();
    await sleep(50);
    expect(clock.now() - before).toBeGreaterThanOrEqual(45);
  });

  it("stands still when it is told to, and moves by steps", async () => {
    const clock = start({ running: false, tickInterval: 5000 });
    const seen: [number, number][] = [];
    clock.onTick((tick, now) => void seen.push([tick, now]));
    await sleep(10);
    expect(clock.now()).toBe(SIMULATION_START);
    await clock.step(3);
    expect(clock.now()).toBe(SIMULATION_START + 15_000);
    expect(seen).toEqual([1, 2, 3].map((tick) => [tick, SIMULATION_START + tick * 5000]));
  });

  it("ticks by itself", async () => {
    const clock = start({ tickInterval: 5 });
    const ticked = new Promise<number>((resolve) => clock.onTick((tick) => (tick === 3 ? resolve(tick) : undefined)));
    expect(await ticked).toBe(3);
  });

  it("jumps without ticking, and goes on from where it was put when it runs again", async () => {
    const clock = start({ running: false });
    let ticks = 0;
    clock.onTick(() => void ticks++);
    clock.set("2026-06-01T00:00:00Z");
    expect(clock.date().toISOString()).toBe("2026-06-01T00:00:00.000Z");
    expect(ticks).toBe(0);
    clock.running = true;
    await sleep(20);
    expect(clock.now()).toBeGreaterThan(Date.UTC(2026, 5, 1));
  });

  it("waits for listeners, one tick after the other, and survives those that fail", async () => {
    const errors: unknown[] = [];
    const clock = start({ running: false, onError: (error) => errors.push(error) });
    const order: string[] = [];
    clock.onTick(async (tick) => {
      order.push(`begin ${tick}`);
      await sleep(5);
      order.push(`end ${tick}`);
    });
    clock.onTick(() => {
      throw new Error("broken listener");
    });
    await Promise.all([clock.step(2), clock.step(1)]);
    expect(order).toEqual(["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
    expect(errors).toHaveLength(3);
  });

  it("lets others have their turn during many steps", async () => {
    const clock = start({ running: false });
    clock.onTick(() => {});
    let turns = 0;
    const look = (): void => {
      turns += 1;
      waiting = setImmediate(look);
    };
    let waiting = setImmediate(look);
    await clock.step(3_200);
    clearImmediate(waiting);
    expect(turns).toBeGreaterThan(50);
    expect(clock.ticks).toBe(3_200);
  });

  it("forgets listeners that were taken away", async () => {
    const clock = start({ running: false });
    let calls = 0;
    const off = clock.onTick(() => void calls++);
    await clock.step();
    off();
    await clock.step();
    expect(calls).toBe(1);
    expect(clock.ticks).toBe(2);
  });

  it("goes back to the state it was made in", async () => {
    const clock = start({ running: false, start: "2026-02-01T00:00:00Z", tickInterval: 10 });
    await clock.step(5);
    clock.tickInterval = 99;
    clock.reset();
    expect([clock.now(), clock.ticks, clock.tickInterval, clock.running]).toEqual([Date.UTC(2026, 1, 1), 0, 10, false]);
  });

  it.each([
    () => start({ start: "yesterday" }),
    () => start({ tickInterval: 0 }),
    () => start({ tickInterval: Number.NaN }),
    () => start().set(-1),
    () => start().set(Number.POSITIVE_INFINITY),
  ])("refuses times that are none (%#)", (attempt) => {
    expect(attempt).toThrow(RangeError);
  });

  it.each([0, -1, 1.5, Number.NaN, 1e9])("refuses to step %d ticks", async (count) => {
    await expect(start({ running: false }).step(count)).rejects.toThrow(RangeError);
  });
});
