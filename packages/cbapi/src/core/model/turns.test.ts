import { describe, expect, it } from "vitest";
import { Note, noteServer } from "../../test-support/note-server.js";
import { until } from "../../test-support/until.js";
import { TimeoutError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import type { Fetched, Key } from "./document.js";
import type { ModelHost } from "./host.js";

/** A server of notes that answers writes one by one, when it is told to. */
async function slowServer() {
  const notes = await noteServer();
  const held: (() => void)[] = [];
  notes.server.write = () => new Promise<undefined>((resolve) => held.push(() => resolve(undefined)));
  return {
    ...notes,
    note: () => notes.cb.select(Note, 5, { refresh: true }),
    /** How many writes have come. */
    come: () => held.length,
    answer: async (place: number) => {
      await until(() => held.length > place);
      held[place]?.();
    },
  };
}

describe("the turns of the writes of an object", () => {
  it("are kept by one that comes when those before are still waiting", async () => {
    const { note, come, answer, requests } = await slowServer();
    const [first, second, third] = [await note(), await note(), await note()];
    const saves = [first.set({ text: "1" }).save(), second.set({ on: true }).save()];
    await answer(0);
    await saves[0];
    await until(() => come() === 2);
    const last = third.set({ count: 3 }).save();
    // It would have been read and sent by the time that an object which waits for nobody has been read.
    await note();
    await note();
    expect(requests.filter((request) => request.startsWith("PUT"))).toHaveLength(2);
    await answer(1);
    await answer(2);
    await Promise.all([...saves, last]);
    expect(third.toJSON()).toEqual({ id: 5, text: "1", tags: ["a"], on: true, count: 3 });
  });

  it("take from the limit of time, and what is left of it is the limit of the requests", async () => {
    const limits: (number | undefined)[] = [];
    class Watched extends Note {
      static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
        limits.push(options.timeout);
        return super.fetchDocument(client, key, options);
      }
    }
    const { cb, clock, answer } = await slowServer();
    const [first, second] = [await cb.select(Watched, 5), await cb.select(Watched, 5)];
    const saving = first.set({ text: "1" }).save();
    const waiting = second.set({ on: true }).save({ timeout: 60_000 });
    clock.pass(50_000);
    await answer(0);
    await saving;
    limits.length = 0;
    await answer(1);
    await waiting;
    expect(limits).toEqual([10_000]);
  });

  it("that are waited for in vain say for how long, and are no limit when there is none", async () => {
    const { note, answer } = await slowServer();
    const [first, second, third] = [await note(), await note(), await note()];
    const saving = first.set({ text: "1" }).save();
    const late = second.set({ on: true }).save({ timeout: 30 });
    const patient = third.set({ count: 3 }).save({ timeout: 0 });
    const error = await late.catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "TIMEOUT", timeout: expect.any(Number) });
    await answer(0);
    await saving;
    await answer(1);
    expect((await patient).count).toBe(3);
  });
});
