// Files of the store: what is known of them, where they were seen, and their bytes from signed addresses.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { inspect } from "node:util";
import {
  Binary,
  BinarySummary,
  CbThreatHunterAPI,
  Downloads,
  InvalidObjectError,
  ObjectNotFoundError,
  Process,
} from "cbapi/threathunter";
import { describe, expect, it, onTestFinished } from "vitest";
import { asked, sandbox, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI, {}, false);
const UNKNOWN = "0".repeat(64);

/** Hashes of files that processes ran. */
async function hashes(): Promise<string[]> {
  const found = new Set<string>();
  for await (const process of given.cb.select(Process)) {
    if (process.process_sha256 !== undefined) found.add(process.process_sha256);
  }
  return [...found];
}

/** One of which the store has the bytes. */
async function stored(): Promise<string> {
  const { found } = await given.cb.select(Downloads, await hashes());
  return String(found[0]?.sha256);
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("a binary", () => {
  it("is read by its hash, with the devices that have it", async () => {
    const { cb } = given;
    const hash = await stored();
    asked();
    const binary = await cb.select(Binary, hash.toUpperCase());
    expect([binary.sha256, binary.md5?.length, binary.file_available]).toEqual([hash, 32, true]);
    expect(binary.file_size).toBeGreaterThan(0);
    expect(binary.available_file_size).toBeGreaterThan(0);
    expect([binary.os_type, Array.isArray(binary.architecture)]).toEqual([expect.any(String), true]);
    const summary = await binary.summary;
    expect(summary.num_devices).toBeGreaterThan(0);
    expect(summary.first_seen_device_timestamp).toBeInstanceOf(Date);
    expect(await cb.select(BinarySummary, hash).last_seen_device_name).toBe(summary.last_seen_device_name);
    expect(asked()).toEqual([
      `GET /ubs/v1/orgs/{org}/sha256/${hash}/metadata`,
      `GET /ubs/v1/orgs/{org}/sha256/${hash}/summary/device`,
    ]);
    await expect(cb.select(Binary, UNKNOWN)).rejects.toThrow(ObjectNotFoundError);
  });

  it("is downloaded whole, checked, and without the token", async () => {
    const { cb } = given;
    const hash = await stored();
    const bytes = await cb.select(Binary, hash).file.read();
    expect(sha256(bytes)).toBe(hash);
    const folder = await mkdtemp(join(tmpdir(), "cbapi binary "));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cb.select(Binary, hash).file.save(join(folder, "sample.bin"));
    expect((await readFile(join(folder, "sample.bin"))).equals(bytes)).toBe(true);
    expect((await cb.select(Binary, hash).file.read(2)).equals(bytes.subarray(0, 2))).toBe(true);
    await expect(cb.select(Binary, UNKNOWN).file.read()).rejects.toThrow(ObjectNotFoundError);
  });

  it("has an address that expires", async () => {
    const { cb } = given;
    const hash = await stored();
    const url = String(await cb.select(Binary, hash).downloadUrl({ expirationSeconds: 30 }));
    await (await cb.requestElsewhere(url)).discard();
    const { found } = await cb.select(Downloads, [hash], { expirationSeconds: 30 });
    await cb.clock.sleep(60_000);
    const error = await found[0]?.file.read().then(undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ADDRESS_EXPIRED", status: 403 });
    expect(inspect(error, { depth: 9 })).not.toContain(new URL(url).searchParams.get("X-Signature"));
    expect(await cb.select(Binary, UNKNOWN).download_url).toBeUndefined();
    sandbox.requests.clear();
  });
});

describe("downloads", () => {
  it("tell of each hash what became of it", async () => {
    const { cb } = given;
    const all = await hashes();
    const downloads = await cb.select(Downloads, [...all, UNKNOWN]);
    expect([...downloads.found.map((item) => item.sha256), ...downloads.not_found].sort()).toEqual(
      [...all, UNKNOWN].sort(),
    );
    expect(downloads.not_found).toContain(UNKNOWN);
    expect(downloads.error).toEqual([]);
    for (const item of downloads.found.slice(0, 3)) expect(sha256(await item.file.read())).toBe(item.sha256);
  });

  it("are read as streams, and written to files", async () => {
    const { found } = await given.cb.select(Downloads, await hashes());
    const folder = await mkdtemp(join(tmpdir(), "cbapi downloads "));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const { sha256: hash, file } of found.slice(0, 3)) {
      expect(sha256(await buffer(file.stream()))).toBe(hash);
      await file.save(join(folder, String(hash)));
      expect(sha256(await readFile(join(folder, String(hash))))).toBe(hash);
    }
    expect((await readdir(folder)).length).toBe(Math.min(3, found.length));
    expect(found.length).toBeGreaterThan(0);
  });

  it("say what is to be asked for again", async () => {
    const { cb } = given;
    const hash = await stored();
    sandbox.behaviour.binariesAway = true;
    const downloads = await cb.select(Downloads, [hash, UNKNOWN]);
    expect([downloads.found.length, downloads.not_found, downloads.error]).toEqual([0, [UNKNOWN], [hash]]);
    await expect(cb.select(Binary, hash).download_url).rejects.toThrow(InvalidObjectError);
    await expect(cb.select(Binary, hash).file.read()).rejects.toMatchObject({ retryable: true });
    sandbox.behaviour.binariesAway = false;
    expect((await cb.select(Downloads, [hash])).found.length).toBe(1);
  });
});
