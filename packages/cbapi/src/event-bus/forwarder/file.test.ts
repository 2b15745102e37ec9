import { appendFile, mkdtemp, readFile, rename, rm, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type FollowOptions, followEvents } from "./file.js";

let folder: string;
let path: string;
let positionFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi-events-"));
  path = join(folder, "bridge output.json");
  positionFile = join(folder, "position.json");
  return () => rm(folder, { recursive: true, force: true });
});

const line = (n: number) => `${JSON.stringify({ type: "task.error.logged", n, timestamp: 1_500_000_000 + n })}\n`;
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => line(from + at)).join("");
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

/** The numbers of so many events; all there are without a number. */
async function take(count: number, options: FollowOptions = {}): Promise<number[]> {
  const found: number[] = [];
  if (count === 0) return found;
  for await (const event of followEvents(path, { interval: 5, ...options })) {
    found.push((event as unknown as { n: number }).n);
    if (found.length === count) break;
  }
  return found;
}

const all = (options: FollowOptions = {}) => take(Number.POSITIVE_INFINITY, { once: true, from: "start", ...options });

describe("a followed file", () => {
  it("begins at its start or with what is new", async () => {
    await writeFile(path, lines(0, 3));
    expect(await all()).toEqual([0, 1, 2]);
    expect(await all({ from: "new" })).toEqual([]);
    const following = take(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await appendFile(path, lines(3, 5));
    expect(await following).toEqual([3, 4]);
  });

  it("is waited for while it is not there", async () => {
    const following = take(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await writeFile(path, line(7));
    expect(await following).toEqual([7]);
    await unlink(path);
    expect(await all()).toEqual([]);
  });

  it("is read to its end when it is rotated, and the one that takes its place as well", async () => {
    await writeFile(path, lines(0, 2));
    const following = take(6, { from: "start" });
    await new Promise((resolve) => setTimeout(resolve, 40));
    await rename(path, `${path}.20200101`);
    await appendFile(`${path}.20200101`, lines(2, 4));
    await writeFile(path, lines(4, 6));
    expect(await following).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("is read anew when it is emptied", async () => {
    await writeFile(path, lines(0, 5));
    const following = take(7, { from: "start" });
    await new Promise((resolve) => setTimeout(resolve, 40));
    await truncate(path, 0);
    await new Promise((resolve) => setTimeout(resolve, 40));
    await appendFile(path, lines(5, 7));
    expect(await following).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("has lines that are written in pieces, and letters too", async () => {
    const bytes = Buffer.from(`${JSON.stringify({ type: "task.error.logged", n: 1, text: "päß€😀" })}\n`);
    await writeFile(path, "");
    const following = take(1, { from: "start" });
    for (let at = 0; at < bytes.length; at += 20) {
      await appendFile(path, bytes.subarray(at, at + 20));
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
    expect(await following).toEqual([1]);
  });

  it("says which line is no event, or hands it over and goes on", async () => {
    await writeFile(path, `${line(0)}{broken\n${line(1)}`);
    await expect(all()).rejects.toThrow(expect.objectContaining({ code: "MALFORMED_EVENT" }));
    const malformed: string[] = [];
    expect(await all({ onMalformed: ({ line: text }) => malformed.push(text) })).toEqual([0, 1]);
    expect(malformed).toEqual(["{broken"]);
    await writeFile(path, "x".repeat(5000));
    await expect(all({ maxLineBytes: 1000 })).rejects.toThrow(expect.objectContaining({ code: "LINE_TOO_LONG" }));
    await expect(all({ maxLineBytes: 0 })).rejects.toThrow(/maxLineBytes/);
  });

  it("ends with its signal", async () => {
    await writeFile(path, line(0));
    const reason = new Error("enough");
    const controller = new AbortController();
    const following = take(2, { from: "start", signal: controller.signal });
    setTimeout(() => controller.abort(reason), 30);
    await expect(following).rejects.toBe(reason);
  });
});

describe("a saved position", () => {
  it("is gone on from, and is nobody else's to read", async () => {
    await writeFile(path, lines(0, 5));
    expect(await take(3, { positionFile, from: "start" })).toEqual([0, 1, 2]);
    // The third was in hand when the loop was left.
    expect(await all({ positionFile })).toEqual([2, 3, 4]);
    expect(await all({ positionFile })).toEqual([]);
    expect((await stat(positionFile)).mode & 0o777).toBe(0o600);
    await writeFile(positionFile, "{}");
    await expect(all({ positionFile })).rejects.toThrow(expect.objectContaining({ code: "INVALID_POSITION" }));
  });

  it.each([
    ["", (bytes: Buffer) => bytes],
    [".gz", gzipSync],
  ])("finds the rest of files that were rotated meanwhile%s", async (suffix, packed) => {
    await writeFile(path, lines(0, 100));
    await take(40, { positionFile, from: "start" });
    for (const [index, name] of ["20200101", "20200102"].entries()) {
      await writeFile(`${path}.${name}${suffix}`, packed(await readFile(path)));
      await unlink(path);
      await writeFile(path, lines(100 * (index + 1), 100 * (index + 2)));
      // The order of rotations is that of their times.
      await new Promise((resolve) => setTimeout(resolve, 12));
    }
    expect(await all({ positionFile })).toEqual(numbers(39, 300));
  });

  it("leaves nothing out whenever it stops and whatever happens to the file", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("write" as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("read" as const), count: fc.integer({ min: 1, max: 25 }) }),
      fc.record({ kind: fc.constant("rotate" as const), count: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await rm(folder, { recursive: true, force: true });
        folder = await mkdtemp(join(tmpdir(), "cbapi-events-"));
        path = join(folder, "out.json");
        positionFile = join(folder, "position");
        await writeFile(path, "");
        let written = 0;
        let rotations = 0;
        const read: number[] = [];
        for (const { kind, count } of [...steps, { kind: "write" as const, count: 1 }]) {
          if (kind === "write") {
            await appendFile(path, lines(written, written + count));
            written += count;
          } else if (kind === "rotate" && (await stat(path)).size > 0) {
            rotations++;
            await rename(path, `${path}.${String(rotations).padStart(4, "0")}`);
            await writeFile(path, "");
            await new Promise((resolve) => setTimeout(resolve, 3));
          } else if (kind === "read") {
            const found = await take(Math.min(count, written - (read.at(-1) ?? -1) - 1), {
              ...{ positionFile, from: "start", once: true },
            });
            read.push(...found);
          }
        }
        read.push(...(await all({ positionFile })));
        // Without a position a file that was rotated away before the first reading is not looked for.
        const first = read[0] ?? 0;
        expect([...new Set(read)]).toEqual(numbers(first, written));
        // What is repeated is the one that was in hand.
        expect(read.length - new Set(read).size).toBeLessThanOrEqual(steps.length);
      }),
      { numRuns: 40 },
    );
  });
});
