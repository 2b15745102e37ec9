import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SharedCall, SharedCalls } from "./shared-call.js";

/** Work that ends when it is told to, and counts how often it was begun. */
function heldWork() {
  const ends: ((value: string) => void)[] = [];
  return {
    work: () => new Promise<string>((resolve) => ends.push(resolve)),
    begun: () => ends.length,
    end: (place: number) => ends[place]?.(`result ${place}`),
  };
}

describe("work that several wait for", () => {
  it("is given up by the last who goes away, and by nobody who goes when it has ended", async () => {
    for (const lastStays of [false, true]) {
      const outcomes = new Set<string>();
      // An abort that comes in each of the moments between the end of the work and the end of the waiting.
      for (let jobs = 0; jobs < 12; jobs++) {
        const { work, end } = heldWork();
        const seen = { stopped: false, abandoned: 0 };
        const call = new SharedCall(
          (signal) => {
            signal.addEventListener("abort", () => {
              seen.stopped = true;
            });
            return work();
          },
          () => seen.abandoned++,
          { lastStays },
        );
        const leaving = new AbortController();
        const joined = call.join({ signal: leaving.signal }).catch(({ message }: Error) => message);
        await turn();
        end(0);
        for (let job = 0; job < jobs; job++) await Promise.resolve();
        leaving.abort(new Error("gone"));
        const outcome = await joined;
        outcomes.add(`${outcome}, ${seen.stopped ? "stopped" : "not stopped"}`);
        expect(seen.abandoned).toBe(seen.stopped ? 1 : 0);
      }
      // One who goes away just when it has ended is told so, unless the last is to stay; the result is kept for others.
      expect([...outcomes]).toEqual(
        lastStays
          ? ["result 0, stopped", "result 0, not stopped"]
          : ["gone, stopped", "gone, not stopped", "result 0, not stopped"],
      );
    }
  });

  it("leaves nothing behind at the signal of a caller who got its result", async () => {
    const { signal } = new AbortController();
    const calls = new SharedCalls<number>();
    for (let i = 0; i < 3; i++) expect(await calls.run("x", { signal }, async () => i)).toBe(i);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("work by name", () => {
  it("is shared by those with the same limit of time, also when one with another limit has ended", async () => {
    const { work, begun, end } = heldWork();
    const calls = new SharedCalls<string>();
    const short = calls.run("x", { timeout: 1 }, work);
    const long = calls.run("x", { timeout: 2 }, work);
    await turn();
    end(0);
    expect(await short).toBe("result 0");
    const late = calls.run("x", { timeout: 2 }, work);
    await turn();
    expect([begun(), [...calls.names()]]).toEqual([2, ["x"]]);
    end(1);
    expect(await Promise.all([long, late])).toEqual(["result 1", "result 1"]);
    expect([...calls.names()]).toEqual([]);
  });

  it("that was parted from ends without touching what has begun since", async () => {
    const { work, begun, end } = heldWork();
    const calls = new SharedCalls<string>();
    const old = calls.run("x", {}, work);
    await turn();
    calls.part("x");
    const anew = calls.run("x", {}, work);
    await turn();
    end(0);
    expect(await old).toBe("result 0");
    const late = calls.run("x", {}, work);
    await turn();
    expect(begun()).toBe(2);
    end(1);
    expect(await Promise.all([anew, late])).toEqual(["result 1", "result 1"]);
  });
});
