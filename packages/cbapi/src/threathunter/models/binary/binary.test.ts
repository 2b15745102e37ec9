// Files by their hashes, where they can be had, and their bytes from elsewhere.

import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { zipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { ApiError, InvalidHashError, InvalidObjectError, ObjectNotFoundError } from "../../../core/errors.js";
import { type CloudRequest, cloudServer } from "../../../test-support/cloud-server.js";
import { serve } from "../../../test-support/transport-server.js";
import { Binary, BinarySummary, CbThreatHunterAPI, Downloads, FoundItem } from "../../index.js";

const U = "/ubs/v1/orgs/{org}";
const CONTENT = Buffer.from(`MZ${"x".repeat(100_000)}`);
const SHA = createHash("sha256").update(CONTENT).digest("hex");
const OTHER = "1".repeat(64);
const LATER = "2".repeat(64);
const ZIP = Buffer.from(zipSync({ filedata: CONTENT, metadata: Buffer.from("about") }));

/** A store that has one file, whose bytes are on another server. */
async function store(archive: Buffer = ZIP, status = 200) {
  const elsewhere = await serve([status, archive]);
  const server = await cloudServer(
    {
      [`GET ${U}/sha256/${SHA}/metadata`]: {
        sha256: SHA,
        md5: "0".repeat(32),
        file_size: CONTENT.length,
        architecture: ["amd64"],
      },
      [`GET ${U}/sha256/${SHA}/summary/device`]: { sha256: SHA, num_devices: 3, first_seen_device_id: 7 },
      [`POST ${U}/file/_download`]: ({ body }: CloudRequest) => {
        const { sha256 } = body as { sha256: string[] };
        return {
          found: sha256
            .filter((hash) => hash === SHA)
            .map((hash) => ({ sha256: hash, url: `${elsewhere.url}/f?sig=HIDDEN` })),
          not_found: sha256.filter((hash) => hash === OTHER),
          error: sha256.filter((hash) => hash === LATER),
        };
      },
    },
    {},
    CbThreatHunterAPI,
  );
  return { ...server, elsewhere };
}

describe("a binary", () => {
  it("is read by its hash in either case, with the devices that have it", async () => {
    const { cb, requests } = await store();
    const binary = await cb.select(Binary, SHA.toUpperCase());
    expect([binary.sha256, binary.md5, binary.architecture]).toEqual([SHA, "0".repeat(32), ["amd64"]]);
    expect(await binary.summary.num_devices).toBe(3);
    expect(await cb.select(Binary.Summary, SHA).first_seen_device_id).toBe(7);
    expect(Binary.Summary).toBe(BinarySummary);
    expect(requests).toEqual([`GET ${U}/sha256/${SHA}/metadata`, `GET ${U}/sha256/${SHA}/summary/device`]);
  });

  it("is refused by what is no SHA-256, before anything is sent", async () => {
    const { cb, requests } = await store();
    for (const wrong of ["abc", "", `${SHA}0`, SHA.slice(1), "g".repeat(64), 5]) {
      expect(() => cb.select(Binary, wrong)).toThrow(InvalidHashError);
      expect(() => cb.select(BinarySummary, wrong)).toThrow(/valid SHA256/);
      expect(() => cb.select(Downloads, [SHA, wrong as string])).toThrow(/valid SHA256/);
    }
    expect(requests).toEqual([]);
    await expect(cb.select(Binary, OTHER)).rejects.toThrow(ObjectNotFoundError);
  });

  it("has an address for a while, unless the store lacks it or has no answer", async () => {
    const { cb, bodies, requests } = await store();
    expect(await cb.select(Binary, SHA).download_url).toContain("?sig=");
    expect(await cb.select(Binary, SHA).downloadUrl({ expirationSeconds: 60 })).toContain("/f?");
    expect(await cb.select(Binary, OTHER).downloadUrl()).toBeUndefined();
    const error = await cb
      .select(Binary, LATER)
      .downloadUrl()
      .then(undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidObjectError);
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining("should be retried") });
    expect(bodies.slice(0, 2)).toEqual([
      { sha256: [SHA], expiration_seconds: 3600 },
      { sha256: [SHA], expiration_seconds: 60 },
    ]);
    expect(requests.length).toBe(4);
  });

  it("is read from elsewhere, without the token, and checked", async () => {
    const { cb, elsewhere, connection } = await store();
    expect((await cb.select(Binary, SHA).file.read()).equals(CONTENT)).toBe(true);
    expect(elsewhere.seen.map(({ url }) => url)).toEqual(["/f?sig=HIDDEN"]);
    expect(inspect(elsewhere.seen[0]?.rawHeaders)).not.toContain(connection.token);
    const folder = await mkdtemp(join(tmpdir(), "cbapi binary "));
    onTestFinished(() => rm(folder, { recursive: true }));
    await (await cb.select(Binary, SHA)).file.save(join(folder, "a.bin"));
    expect((await readFile(join(folder, "a.bin"))).equals(CONTENT)).toBe(true);
    const archive = await cb.select(Binary, SHA).file.archive();
    const chunks: Buffer[] = [];
    for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(ZIP)).toBe(true);
    await expect(cb.select(Binary, OTHER).file.read()).rejects.toThrow(ObjectNotFoundError);
    await expect(cb.select(Binary, LATER).file.read()).rejects.toThrow(/should be retried/);
  });

  it("that is another than was asked for, or is cut off, or has expired, is an error that names no secret", async () => {
    const other = await store(Buffer.from(zipSync({ filedata: Buffer.from("other") })));
    await expect(other.cb.select(Binary, SHA).file.read()).rejects.toMatchObject({ code: "HASH_MISMATCH" });
    const half = await store(ZIP.subarray(0, 60));
    await expect(half.cb.select(Binary, SHA).file.read()).rejects.toThrow(ApiError);
    const empty = await store(Buffer.from(zipSync({ metadata: Buffer.from("about") })));
    await expect(empty.cb.select(Binary, SHA).file.read()).rejects.toThrow(/no entry named filedata/);
    const expired = await store(Buffer.from("<Error/>"), 403);
    const error = await expired.cb
      .select(Binary, SHA)
      .file.read()
      .then(undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ADDRESS_EXPIRED", status: 403 });
    expect(inspect(error, { depth: 9 })).not.toContain("HIDDEN");
  });
});

describe("downloads", () => {
  it("tell of each hash what became of it, once", async () => {
    const { cb, bodies } = await store();
    const hashes = [SHA, SHA.toUpperCase(), OTHER, LATER, "3".repeat(64)];
    const downloads = await cb.select(Downloads, hashes, { expirationSeconds: 60 });
    expect(downloads.found.map(({ sha256 }) => sha256)).toEqual([SHA]);
    expect(downloads.not_found).toEqual([OTHER]);
    expect(downloads.error).toEqual([LATER, "3".repeat(64)]);
    expect(bodies).toEqual([{ sha256: [SHA, OTHER, LATER, "3".repeat(64)], expiration_seconds: 60 }]);
    expect(inspect(downloads)).toBe("<Downloads: 1 found, 1 not found, 2 to be retried>");
    const [item] = downloads.found;
    expect((await item?.file.read())?.equals(CONTENT)).toBe(true);
    expect(String(item)).toContain(`<FoundItem: id ${SHA}>`);
    await expect(cb.select(FoundItem, SHA)).rejects.toThrow(/asking for its address/);
  });

  it("of many are asked for in parts", async () => {
    const { cb, bodies } = await store();
    const hashes = Array.from({ length: 250 }, (_, index) => index.toString(16).padStart(64, "0"));
    const { error } = await cb.select(Downloads, hashes);
    expect(error).toEqual(hashes);
    expect(bodies.map((body) => (body as { sha256: string[] }).sha256.length)).toEqual([100, 100, 50]);
  });

  it("are refused before anything is sent where they make no sense", async () => {
    const { cb, requests } = await store();
    expect(() => cb.select(Downloads, [])).toThrow(/at least one/);
    expect(() => cb.select(Downloads, SHA as never)).toThrow(/takes a list/);
    expect(() => cb.select(Downloads, [SHA], { expirationSeconds: 0 })).toThrow(/from 1 on/);
    expect(() => cb.select(Downloads, [SHA], { expiration: 5 } as never)).toThrow(/unknown option expiration/);
    const unread = cb.select(Downloads, [SHA]);
    expect(inspect(unread)).toContain("not requested");
    expect(requests).toEqual([]);
  });
});
