// Files on their way: parts, sizes and hashes, connections that are cut, servers that forget, callers that give up.
import { createHash, randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { CbApiError, type LiveResponseSession } from "cbapi/response";
import { afterEach, beforeEach, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox } from "../support/given.js";
import { expectNothingLeft, LINUX, local, sessionWith, useEndpoints, WINDOWS } from "../support/live-response.js";

const MIB = 2 ** 20;
const LARGE = 24 * MIB;
const BIG = "C:\\Data\\big.bin";

let session: LiveResponseSession;

useEndpoints({
  extraFiles: [
    { sensor: WINDOWS, path: BIG, size: LARGE },
    { sensor: LINUX, path: "/data/big.bin", size: LARGE },
    { sensor: WINDOWS, path: "C:\\Data\\empty.txt", content: "" },
  ],
});
beforeEach(async () => {
  session = await sessionWith(cb, WINDOWS);
});
afterEach(async () => {
  sandbox.faults.clear();
  await session.close();
  expectNothingLeft(sandbox);
});

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

it("reads whole files and parts of them, with size and hash", async () => {
  const whole = await session.getFile(BIG);
  expect(whole.length).toBe(LARGE);
  const progress: number[] = [];
  const done = await session.downloadFile(BIG, local.file("big.bin"), {
    onProgress: ({ transferred, total }) => {
      expect(total).toBe(LARGE);
      progress.push(transferred);
    },
  });
  expect(done).toEqual({ size: LARGE, sha256: sha256(whole) });
  expect(sha256(await readFile(local.file("big.bin")))).toBe(done.sha256);
  expect(progress.at(-1)).toBe(LARGE);
  expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  expect((await stat(local.file("big.bin"))).mode & 0o077).toBe(0);

  expect(await session.getFile(BIG, { offset: 1000, count: 50 })).toEqual(whole.subarray(1000, 1050));
  expect(await session.getFile(BIG, { offset: LARGE - 7 })).toEqual(whole.subarray(-7));
  expect((await session.getFile(BIG, { offset: LARGE + 7 })).length).toBe(0);
  expect((await session.getFile("C:\\Data\\empty.txt")).length).toBe(0);
  const raw = await session.getRawFile(BIG, { count: 10 });
  const chunks: Buffer[] = [];
  for await (const chunk of raw.stream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks)).toEqual(whole.subarray(0, 10));
  expect({ size: raw.size, sha256: raw.sha256 }).toEqual({ size: 10, sha256: sha256(whole.subarray(0, 10)) });
});

it("writes bytes, streams and local files of any size", async () => {
  const bytes = randomBytes(3 * MIB + 1);
  const path = local.file("source.bin");
  await writeFile(path, bytes);
  for (const source of [bytes, Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB)]), { path }]) {
    const done = await session.putFile(source, "C:\\temp\\up.bin", { verify: true });
    expect(done).toEqual({ size: bytes.length, sha256: sha256(bytes) });
    expect((await session.getFile("C:\\temp\\up.bin")).equals(bytes)).toBe(true);
  }
  await session.putFile(new Uint8Array(), "C:\\temp\\up.bin", { verify: true });
  expect((await session.getFile("C:\\temp\\up.bin")).length).toBe(0);
  await session.deleteFile("C:\\temp\\up.bin");
});

it("goes on where it was when the connection is cut, and reads no byte twice", async () => {
  const cut = { match: { pattern: "/content$", times: 2 }, do: { cut: 5 * MIB } };
  sandbox.faults.add(cut);
  sandbox.requests.clear();
  const done = await session.downloadFile(BIG, local.file("big.bin"));
  sandbox.faults.clear();
  expect(done.size).toBe(LARGE);
  expect(done.sha256).toBe(sha256(await session.getFile(BIG)));
  const parts = sandbox.requests.entries().filter(({ path }) => path.endsWith("/content"));
  // Two that were cut and the rest; then the one for comparison.
  expect(parts.map(({ status }) => status)).toEqual([200, 206, 206, 200]);
});

it("uploads again when the connection is cut, but a stream only once", async () => {
  const bytes = randomBytes(2 * MIB);
  sandbox.faults.add({ match: { method: "POST", pattern: "/file$", times: 2 }, do: { reset: true } });
  await session.putFile(bytes, "C:\\temp\\up.bin");
  expect((await session.getFile("C:\\temp\\up.bin")).equals(bytes)).toBe(true);
  sandbox.faults.clear();
  sandbox.faults.add({ match: { method: "POST", pattern: "/file$", times: 1 }, do: { reset: true } });
  const once = await errorOf(() => session.putFile(Readable.from([bytes]), "C:\\temp\\up.bin"));
  expect(once).toBeInstanceOf(CbApiError);
  // What was there before is there still.
  expect((await session.getFile("C:\\temp\\up.bin")).equals(bytes)).toBe(true);
  await session.deleteFile("C:\\temp\\up.bin");
});

it("has the endpoint send the rest when the server has lost the session in the middle", async () => {
  let lost = false;
  const first = session.sessionId;
  sandbox.faults.add({ match: { pattern: "/content$", times: 1 }, do: { cut: 6 * MIB } });
  const done = await session.downloadFile(BIG, local.file("big.bin"), {
    onProgress: ({ transferred }) => {
      if (!lost && transferred >= 5 * MIB) lost = sandbox.liveResponse.lose(Number(first));
    },
  });
  expect(lost).toBe(true);
  expect(session.sessionId).not.toBe(first);
  expect(done).toEqual({ size: LARGE, sha256: sha256(await session.getFile(BIG)) });
});

it("leaves nothing under its final name and no slot when a download or an upload is given up", async () => {
  const reason = new CbApiError("that will do");
  for (const at of [0, 8 * MIB]) {
    const stop = new AbortController();
    const given = session.downloadFile(BIG, local.file("big.bin"), {
      signal: stop.signal,
      onProgress: ({ transferred }) => {
        if (transferred >= at) stop.abort(reason);
      },
    });
    await expect(given).rejects.toThrow("that will do");
    expect(await local.names()).toEqual([]);
  }

  await session.putFile(Buffer.from("before"), "C:\\temp\\up.bin");
  const stop = new AbortController();
  const upload = session.putFile(randomBytes(LARGE), "C:\\temp\\up.bin", {
    signal: stop.signal,
    onProgress: ({ transferred }) => {
      if (transferred >= 4 * MIB) stop.abort(reason);
    },
  });
  await expect(upload).rejects.toThrow("that will do");
  // The session lives on; on the endpoint nothing has changed, there is no rest of the new file either.
  expect(String(await session.getFile("C:\\temp\\up.bin"))).toBe("before");
  const names = (await session.listDirectory("C:\\temp\\*")).map(({ filename }) => filename);
  expect(names.filter((name) => name.startsWith("up") || name.includes("cblr"))).toEqual(["up.bin"]);
  await session.deleteFile("C:\\temp\\up.bin");
});

it("does not touch a local file that is there, unless it is told to", async () => {
  await writeFile(local.file("big.bin"), "mine");
  sandbox.requests.clear();
  const refused = await errorOf(() => session.downloadFile(BIG, local.file("big.bin")));
  expect(refused).toMatchObject({ code: "NOT_WRITTEN" });
  expect(sandbox.requests.entries()).toEqual([]);
  const missing = await errorOf(() => session.downloadFile("C:\\nope", local.file("big.bin"), { overwrite: true }));
  expect(missing).toMatchObject({ decoded_win32_error: "ERROR_FILE_NOT_FOUND" });
  expect(String(await readFile(local.file("big.bin")))).toBe("mine");
  await session.downloadFile("C:\\Data\\empty.txt", local.file("big.bin"), { overwrite: true });
  expect(String(await readFile(local.file("big.bin")))).toBe("");
  const unread = await errorOf(() => session.putFile({ path: local.file("no such file") }, "C:\\temp\\x"));
  expect(unread).toMatchObject({ code: "NOT_READ" });
  expect(await local.names()).toEqual(["big.bin"]);
});

it("reads several files at once over one session", async () => {
  const sizes = await Promise.all(
    Array.from({ length: 6 }, (_, index) => session.getFile(BIG, { offset: index * MIB, count: MIB })),
  );
  const whole = await session.getFile(BIG, { count: 6 * MIB });
  expect(Buffer.concat(sizes).equals(whole)).toBe(true);
});
