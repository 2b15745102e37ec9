import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { LineFile } from "./line-file.js";

let folder: string;
let path: string;
let now: number;
let failures: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi-lines-"));
  path = join(folder, "events.json");
  now = Date.UTC(2026, 0, 5, 23, 59, 59, 500);
  failures = [];
  return () => rm(folder, { recursive: true });
});

const openFile = () => LineFile.open({ path, now: () => now, onFailure: (_, error) => failures.push(error) });

/** What is in which file. */
async function content(): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
  );
  return Object.fromEntries(texts);
}

describe("a file of events", () => {
  it("is put aside daily under the day that it is of, with or without anything to write", async () => {
    const file = await openFile();
    file.add(["a\n"]);
    await file.rotate();
    file.add(["b\n"]);
    file.tick();
    now += 1000;
    file.add(["c\n"]);
    now += 86_400_000;
    file.tick();
    await file.close();
    expect(await content()).toEqual({
      "events.json": "",
      "events.json.2026-01-05T23:59:59.500": "a\n",
      "events.json.20260105": "b\n",
      "events.json.20260106": "c\n",
    });
    expect(failures).toEqual([]);
  });

  it("is put aside on command; nothing is lost where two have the same name", async () => {
    const file = await openFile();
    file.add(["a\n"]);
    expect(await file.rotate()).toBe(`${path}.2026-01-05T23:59:59.500`);
    file.add(["b\n"]);
    expect(await file.rotate()).toBe(`${path}.2026-01-05T23:59:59.500.1`);
    await file.close();
    expect(Object.values(await content())).toEqual(["", "a\n", "b\n"]);
  });

  it("puts aside what an earlier run has left, and writes in the order in which it was told", async () => {
    await writeFile(path, "old\n");
    const file = await openFile();
    const lines = Array.from({ length: 500 }, (_, n) => `${n}\n`);
    for (const each of lines) file.add([each]);
    await file.close();
    file.add(["late\n"]);
    expect(await content()).toEqual({
      "events.json": lines.join(""),
      "events.json.2026-01-05T23:59:59.500.restart": "old\n",
    });
  });

  it("says where it cannot be written", async () => {
    path = join(folder, "nowhere", "events.json");
    await expect(openFile()).rejects.toThrow(/file of events .* cannot be written/);
  });
});
