// Large downloads, counted at both ends.

import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Binary, CbResponseAPI, SensorGroup } from "../../index.js";

const MD5 = "A".repeat(32);
const MEGABYTE = 1024 * 1024;
const SIZE = 300 * MEGABYTE;
const CHUNK = Buffer.alloc(MEGABYTE, "MZ");

let cb: CbResponseAPI;
/** Bytes that the server handed to its sockets. */
let sent = 0;
let stop: () => void;

/** Writes a body of this size as fast as it is taken. */
async function pour(response: ServerResponse, head: Buffer, size: number): Promise<void> {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": head.length + size });
  response.write(head);
  for (let left = size; left > 0 && !response.destroyed; left -= CHUNK.length) {
    sent += CHUNK.length;
    if (!response.write(CHUNK)) await new Promise((resume) => response.once("drain", resume));
  }
  response.end();
}

/** The head of a ZIP entry that is stored as it is. What follows the data is left out: nobody reads it. */
function entryHead(name: string, size: number): Buffer {
  const head = Buffer.alloc(30 + name.length);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(10, 4);
  head.writeUInt32LE(size, 18);
  head.writeUInt32LE(size, 22);
  head.writeUInt16LE(name.length, 26);
  head.write(name, 30, "latin1");
  return head;
}

beforeEach(async () => {
  sent = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === `/api/v1/binary/${MD5}`) void pour(response, entryHead("filedata", SIZE), SIZE);
    else if (path.startsWith("/api/v1/group/1/installer/")) void pour(response, Buffer.alloc(0), SIZE);
    else response.writeHead(404).end("not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cb = new CbResponseAPI({ url, token: "0123456789abcdef".repeat(2), allowHttp: true, maxRetries: 0 });
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(async () => {
  await cb.close();
  stop();
});

/** By how much the memory of this process, server included, grew at its highest while the work ran. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  await work().finally(() => clearInterval(timer));
  return Math.max(most, process.memoryUsage().rss) - before;
}

describe("a download of 300 MB", () => {
  // First, because memory that was needed once does not shrink.
  it("is saved without being held in memory", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cbapi large "));
    try {
      const path = join(folder, "large.bin");
      const grown = await growth(async () => cb.select(Binary, MD5).file.save(path));
      expect((await stat(path)).size).toBe(SIZE);
      expect(grown).toBeLessThan(150 * MEGABYTE);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("of which two bytes are read takes little more from the server", async () => {
    expect(await cb.select(Binary, MD5).file.read(2)).toEqual(Buffer.from("MZ"));
    // What the sockets of both ends hold; the reader itself stops after one piece.
    expect(sent).toBeLessThan(32 * MEGABYTE);
  });

  it("can be had as it is, and given up", async () => {
    const archive = await cb.select(Binary, MD5).file.archive();
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      expect(chunk.subarray(0, 2).toString()).toBe("PK");
      break;
    }
    expect(archive.destroyed).toBe(true);
    expect(sent).toBeLessThan(32 * MEGABYTE);
  });

  it("of an installer comes as it is read", async () => {
    const installer = await cb.select(SensorGroup, 1).installer("windows/msi");
    expect(sent).toBe(0);
    expect((await installer.read(1000)).length).toBe(1000);
    expect(sent).toBeLessThan(32 * MEGABYTE);
    const grown = await growth(async () => {
      let size = 0;
      for await (const chunk of installer.stream() as AsyncIterable<Buffer>) size += chunk.length;
      expect(size).toBe(SIZE);
    });
    expect(grown).toBeLessThan(150 * MEGABYTE);
  });
});
