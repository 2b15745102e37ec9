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
    const made = { before: performance.now(), after: 0 };
    const clock = start();
    made.after = performance.now();
    expect(new Date(SIMULATION_START).toISOString()).toBe("2026-01-05T09:00:00.000Z");
    // Compared with the clock that it runs by, read before and after: however busy the machine is, it lies between.
    const inside = (): { simulated: number; least: number; most: number } => {
      const least = performance.now() - made.after;
      const simulated = clock.now() - SIMULATION_START;
      return { simulated, least: Math.floor(least), most: performance.now() - made.before };
    };
    for (let look = 0; look < 3; look++) {
      const { simulated, least, most } = inside();
      expect(simulated).toBeGreaterThanOrEqual(least);
      expect(simulated).toBeLessThanOrEqual(most);
      await sleep(20);
    }
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
    while (clock.now() === Date.UTC(2026, 5, 1)) await sleep(1);
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

  it("lets those who sleep wake within a step, in order, and before its tick", async () => {
    const clock = start({ running: false, tickInterval: 5000 });
    const { signal } = new AbortController();
    const seen: string[] = [];
    const nap = async (name: string, times: number, length: number): Promise<void> => {
      for (let n = 1; n <= times; n++) {
        await clock.sleep(length, signal);
        seen.push(`${name}${n} ${clock.now() - SIMULATION_START}`);
      }
    };
    clock.onTick((tick, now) => void seen.push(`tick${tick} ${now - SIMULATION_START}`));
    const naps = Promise.all([nap("a", 3, 2000), nap("b", 1, 5000), nap("c", 1, 0)]);
    await clock.step(2);
    await naps;
    expect(seen).toEqual(["c1 0", "a1 2000", "a2 4000", "b1 5000", "tick1 5000", "a3 6000", "tick2 10000"]);
  });

  it("lets nobody sleep longer or shorter for a jump, and whoever is called wakes at once", async () => {
    const clock = start({ running: false });
    const stop = new AbortController();
    let woken = 0;
    const sleeping = [stop.signal, new AbortController().signal].map((signal) =>
      clock.sleep(2000, signal).then(() => void woken++),
    );
    clock.set("2026-06-01T00:00:00Z");
    await clock.step(1);
    clock.set("2026-01-01T00:00:00Z");
    expect(woken).toBe(0);
    stop.abort();
    await sleeping[0];
    expect(woken).toBe(1);
    await clock.step(1);
    await sleeping[1];
    // Those who sleep while the time stands still wake by themselves when it runs on.
    const last = clock.sleep(20, new AbortController().signal);
    clock.running = true;
    await last;
    await clock.sleep(5, AbortSignal.abort());
  });
});
