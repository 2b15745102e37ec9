import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { eventsOfStream } from "./stream.js";

const text = [1, 2, 3].map((n) => JSON.stringify({ type: "task.error.logged", n, text: "€" })).join("\n");

async function read(stream: AsyncIterable<Uint8Array | string>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { raw } of eventsOfStream(stream)) found.push(raw["n"]);
  return found;
}

describe("a stream of forwarded events", () => {
  it("is read in whatever pieces it comes", async () => {
    const bytes = Buffer.from(text);
    for (const size of [1, 7, 1000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(await read(Readable.from(pieces))).toEqual([1, 2, 3]);
    }
    expect(await read(Readable.from([text, "\n\n"]))).toEqual([1, 2, 3]);
  });

  it("is not read faster than its events are handled", async () => {
    let sent = 0;
    async function* source() {
      for (; sent < 1000; sent++) yield Buffer.from(`{"type":"task.error.logged","n":${sent}}\n`);
    }
    for await (const { raw } of eventsOfStream(source())) if (raw["n"] === 10) break;
    expect(sent).toBeLessThan(13);
  });
});
