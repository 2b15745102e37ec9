import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Zip, ZipPassThrough } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { NO_PERMISSION, type ProtectionAnswer, protectionServer } from "../../test-support/protection-server.js";
import { CbProtectionAPI } from "../client.js";
import { PendingAnalysis } from "../models/analysis/pending-analysis.js";
import { AnalysisFile } from "./analysis-file.js";

const MB = 2 ** 20;
const content = Buffer.from("MZ this program cannot be run");
const hashOf = (name: string, bytes: Uint8Array = content): string => createHash(name).update(bytes).digest("hex");
const right = { md5: hashOf("md5"), sha1: hashOf("sha1"), sha256: hashOf("sha256") };
const wrong = { md5: "0".repeat(32), sha1: "0".repeat(40), sha256: "0".repeat(64) };

function zipOf(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const zip = new Zip((_, part) => parts.push(part));
  const entry = new ZipPassThrough("..\\..\\evil.exe");
  zip.add(entry);
  entry.push(bytes, true);
  zip.end();
  return Buffer.concat(parts);
}

/** The file of an analysis that says this of it. */
async function given(fields: object, catalog: ProtectionAnswer = NO_PERMISSION) {
  const { cb, requests } = await protectionServer({
    pendingAnalysis: [{ id: 61, connectorId: 5, fileCatalogId: 12, uploaded: true, ...fields }],
    "pendingAnalysis/61": zipOf(content),
    "fileCatalog/12": catalog,
  });
  const pending = await cb.select(PendingAnalysis).one();
  requests.length = 0;
  const stop = new AbortController();
  return { file: new AnalysisFile(pending, stop.signal), requests, stop };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "cbapi connector "));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe("the file of an analysis", () => {
  it("is downloaded each time that it is read, and not before", async () => {
    const { file, requests } = await given(right);
    const stream = file.stream();
    await turn();
    expect(requests).toEqual([]);
    expect(Buffer.concat(await stream.toArray())).toEqual(content);
    expect(await file.read(2)).toEqual(content.subarray(0, 2));
    expect(requests.length).toBe(2);
  });

  it.each<[string, object, ProtectionAnswer | undefined, boolean]>([
    ["its SHA-256 is right", { ...wrong, sha256: right.sha256.toUpperCase() }, undefined, true],
    ["its SHA-256 is wrong", { ...right, sha256: wrong.sha256 }, { id: 12, sha256HashType: 5 }, false],
    [
      "its SHA-256 is one of parts, and another is right",
      { ...wrong, md5: right.md5 },
      { id: 12, sha256HashType: 6 },
      true,
    ],
    ["its SHA-256 is one of parts, and no other is right", wrong, { id: 12, sha256HashType: 6 }, false],
    [
      "its SHA-256 is one of parts, and there is no other",
      { sha256: wrong.sha256 },
      { id: 12, sha256HashType: 6 },
      true,
    ],
    ["only its SHA-256 is wrong, and its kind cannot be read", { ...right, sha256: wrong.sha256 }, undefined, true],
    ["there is only a wrong SHA-256, and its kind cannot be read", { sha256: wrong.sha256 }, undefined, false],
    ["its SHA-1 is right, and there is no SHA-256", { ...right, md5: wrong.md5, sha256: null }, undefined, true],
    ["its SHA-1 is wrong, and there is no SHA-256", { ...right, sha1: wrong.sha1, sha256: "" }, undefined, false],
    ["nothing is known of it", { md5: "", sha1: null, sha256: "none" }, undefined, true],
  ])("where %s", async (_, fields, catalog, isRight) => {
    const { file } = await given(fields, catalog);
    const reading = file.stream().toArray();
    if (isRight) expect(Buffer.concat(await reading)).toEqual(content);
    else await expect(reading).rejects.toMatchObject({ code: "HASH_MISMATCH" });
    expect(file.failure === undefined).toBe(isRight);
  });

  it("is saved under its hash when it is complete and right, whatever the server calls it", async () => {
    const path = await folder();
    const { file } = await given({ ...right, sha256: right.sha256.toUpperCase(), fileName: "../../evil.exe" });
    const saved = await file.saveTo(path);
    expect(saved).toBe(join(path, `${right.sha256}.dat`));
    expect(await readFile(saved)).toEqual(content);
    expect((await stat(saved)).mode & 0o777).toBe(0o600);
    await file.saveTo(path);
    const other = await given(wrong, { id: 12, sha256HashType: 5 });
    await expect(other.file.saveTo(path)).rejects.toMatchObject({ code: "HASH_MISMATCH" });
    expect(await readdir(path)).toEqual([`${right.sha256}.dat`]);
  });

  it.each([
    ["../../../etc/cron.d/evil", undefined],
    ["..\\..\\evil", undefined],
    [`${"a".repeat(60)}/../x`, undefined],
    ["a".repeat(63), undefined],
    [right.sha1, undefined],
    ["../evil", right.md5],
  ])("is never saved under %j, which is no hash", async (sha256, md5) => {
    const path = await folder();
    const { file, requests } = await given({ sha256, md5: md5 ?? "a/b", sha1: "\u0000" });
    if (md5 !== undefined) expect(await file.saveTo(path)).toBe(join(path, `${md5}.dat`));
    else {
      await expect(file.saveTo(path)).rejects.toMatchObject({ code: "INVALID_HASH" });
      expect(requests).toEqual([]);
    }
    expect(await readdir(path)).toEqual(md5 === undefined ? [] : [`${md5}.dat`]);
  });

  it("needs a folder that is there, and asks for nothing otherwise", async () => {
    const { file, requests } = await given(right);
    await expect(file.saveTo(join(tmpdir(), "no such folder", "x"))).rejects.toMatchObject({ code: "NOT_WRITTEN" });
    expect(requests).toEqual([]);
  });

  it("that is not there yet is not asked for", async () => {
    const { file, requests } = await given({ ...right, uploaded: false });
    await expect(file.read()).rejects.toMatchObject({ code: "NOT_UPLOADED" });
    expect(requests).toEqual([]);
  });

  it("is given up with the analysis, and that is no failure of the download", async () => {
    const { file, stop } = await given(right);
    const reason = new Error("stopped");
    stop.abort(reason);
    await expect(file.read()).rejects.toBe(reason);
    expect(file.failure).toBeUndefined();
    // What nobody has read to its end, or destroyed, hurts nobody either.
    const other = await given(right);
    const stream = other.file.stream();
    stream.pause();
    await new Promise((resolve) => stream.once("readable", resolve));
    other.file.release();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.destroyed).toBe(true);
  });
});

describe("a large file", () => {
  it("comes as fast as it is read, whatever its size", async () => {
    const SIZE = 50 * MB;
    const piece = Buffer.alloc(64 * 1024, "MZ");
    const hash = createHash("sha256");
    for (let at = 0; at < SIZE; at += piece.length) hash.update(piece);
    let made = 0;
    const server = createServer((request, response) => {
      if (!request.url?.includes("downloadFile=true")) {
        const row = { id: 61, connectorId: 5, uploaded: true, sha256: hash.digest("hex") };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify([row]));
        return;
      }
      void (async () => {
        response.writeHead(200, { "content-type": "application/octet-stream" });
        let parts: Uint8Array[] = [];
        const zip = new Zip((_, part) => parts.push(part));
        const entry = new ZipPassThrough("large.bin");
        zip.add(entry);
        while (made < SIZE) {
          entry.push(piece, made + piece.length >= SIZE);
          made += piece.length;
          for (const part of parts) {
            if (!response.write(part)) await new Promise((resolve) => response.once("drain", resolve));
          }
          parts = [];
        }
        zip.end();
        response.end(Buffer.concat(parts));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cb = new CbProtectionAPI({ url, token: "0123456789abcdef".repeat(2), allowHttp: true, offsetBase: 0 });
    onTestFinished(async () => {
      await cb.close();
      server.closeAllConnections();
      server.close();
    });
    const [pending] = await cb.select(PendingAnalysis).all({ limit: 1 });
    const file = new AnalysisFile(pending as PendingAnalysis, new AbortController().signal);
    let read = 0;
    let ahead = 0;
    for await (const chunk of file.stream() as AsyncIterable<Uint8Array>) {
      read += chunk.length;
      ahead = Math.max(ahead, made - read);
      // Whoever sends has the chance to run ahead.
      for (let turns = 0; turns < 4; turns++) await turn();
    }
    expect(read).toBe(SIZE);
    // What the sockets of both sides hold, and little more.
    expect(ahead).toBeLessThan(16 * MB);
  });
});
