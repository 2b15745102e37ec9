// Downloads, from the sandbox to the disk.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Sandbox } from "@cbapi/sandbox";
import { Binary, type CbResponseAPI, ObjectNotFoundError } from "cbapi/response";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "./support/sandbox.js";

const APPWIZ = "08D1631FAF39538A133D94585644D5A8";
let sandbox: Sandbox;
let cb: CbResponseAPI;
let folder: string;

beforeAll(async () => {
  sandbox = await Sandbox.start({ organisation: "small" });
  cb = clientOf(sandbox, { maxRetries: 0 });
  folder = await mkdtemp(join(tmpdir(), "cbapi download "));
});
afterAll(async () => {
  await cb.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

describe("the file of a binary", () => {
  it("is as long as the server says, and begins as an executable does", async () => {
    const bytes = await cb.select(Binary, APPWIZ).file.read();
    expect(bytes).toHaveLength(669_696);
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from("MZ"));
    expect(await buffer((await cb.select(Binary, APPWIZ)).file.stream())).toEqual(bytes);
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

  it("that was not collected is an error that says so", async () => {
    const missing = await cb.select(Binary).where("copied_mod_len:0").first();
    const md5 = missing?.md5 ?? "F".repeat(32);
    await expect(cb.select(Binary, md5).file.read(2)).rejects.toThrow(ObjectNotFoundError);
  });
});
