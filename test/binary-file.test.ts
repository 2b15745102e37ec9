// Downloads, from the sandbox to the disk.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Binary, CbApiError, ObjectNotFoundError } from "cbapi/response";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cb, sandbox, useSandbox } from "./support/given.js";

const APPWIZ = "08D1631FAF39538A133D94585644D5A8";
let folder: string;

// A download that breaks off is asked for again, after pauses of the sandbox's time.
useSandbox({}, { sharedTime: true });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi download "));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the file of a binary", () => {
  it("is as long as the server says, and begins as an executable does", async () => {
    const bytes = await cb.select(Binary, APPWIZ).file.read();
    expect(bytes).toHaveLength(669_696);
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from("MZ"));
    expect((await buffer((await cb.select(Binary, APPWIZ)).file.stream())).equals(bytes)).toBe(true);
    expect(await cb.select(Binary, APPWIZ).file.read(0)).toHaveLength(0);
    expect(await cb.select(Binary, APPWIZ).file.read(1000)).toEqual(bytes.subarray(0, 1000));
  });

  it("is saved where the caller says, whatever the server calls it", async () => {
    const path = join(folder, "a name with spaces.bin");
    await cb.select(Binary, APPWIZ).file.save(path);
    expect((await stat(path)).size).toBe(669_696);
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect(await readdir(folder)).toEqual(["a name with spaces.bin"]);
  });

  it("leaves nothing behind when the download breaks off, and what was there stays", async () => {
    const path = join(folder, "kept.bin");
    await writeFile(path, "old");
    sandbox.faults.add({ match: { path: `/api/v1/binary/${APPWIZ}` }, do: { cut: 20_000 } });
    await expect(cb.select(Binary, APPWIZ).file.save(path)).rejects.toThrow(/connection/i);
    sandbox.faults.clear();
    expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("is saved although a run that was killed left something behind", async () => {
    const path = join(folder, "again.bin");
    await writeFile(`${path}.part`, "half of it");
    await cb.select(Binary, APPWIZ).file.save(path);
    expect((await stat(path)).size).toBe(669_696);
    expect(await readFile(`${path}.part`, "utf8")).toBe("half of it");
    await rm(`${path}.part`);
  });

  it("that cannot be written says why, and leaves nothing behind", async () => {
    const before = await readdir(folder);
    const save = async (...path: string[]) => cb.select(Binary, APPWIZ).file.save(join(folder, ...path));
    await expect(save("missing", "a.bin")).rejects.toThrow(/Cannot write .*missing.*folder .* does not exist/);
    await expect(save("kept.bin", "a.bin")).rejects.toThrow(/Cannot write .* is no folder/);
    await expect(save("")).rejects.toThrow(/Cannot write .*: /);
    const closed = join(folder, "closed");
    await mkdir(closed, { mode: 0o500 });
    // An administrator may write anywhere.
    if (process.getuid?.() !== 0) {
      await expect(save("closed", "a.bin")).rejects.toThrow(/cannot be written to by this user/);
    }
    await rm(closed, { recursive: true });
    const refused = await save("missing", "a.bin").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CbApiError);
    expect(refused).toMatchObject({ code: "NOT_WRITTEN", cause: { code: "ENOENT" } });
    expect(await readdir(folder)).toEqual(before);
  });

  it("that was not collected is an error that says so", async () => {
    const missing = await cb.select(Binary).where("copied_mod_len:0").first();
    const md5 = missing?.md5 ?? "F".repeat(32);
    await expect(cb.select(Binary, md5).file.read(2)).rejects.toThrow(ObjectNotFoundError);
  });
});
