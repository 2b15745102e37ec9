import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { Zip, ZipDeflate, ZipPassThrough, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { failure } from "../../test-support/transport-server.js";
import { ApiError } from "../errors.js";
import { zipEntry } from "./zip-entry.js";

const content = Buffer.concat([Buffer.from("MZ"), randomBytes(200_000), Buffer.alloc(100_000)]);

/** The archive in pieces of this size, with a count of how many were taken. */
function inPieces(archive: Uint8Array, size: number): { stream: Readable; taken: () => number } {
  let taken = 0;
  function* pieces() {
    for (let at = 0; at < archive.length; at += size) {
      taken++;
      yield Buffer.from(archive.subarray(at, at + size));
    }
  }
  return { stream: Readable.from(pieces(), { highWaterMark: 1 }), taken: () => taken };
}

async function read(archive: Uint8Array, size: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipEntry(inPieces(archive, size).stream, "filedata")) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An archive written as a stream: its sizes stand behind the data. */
async function streamed(stored: boolean): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error !== null) throw error;
    chunks.push(chunk);
  });
  const file = stored ? new ZipPassThrough("filedata") : new ZipDeflate("filedata");
  zip.add(file);
  file.push(content, true);
  zip.end();
  return Buffer.concat(chunks);
}

describe("an entry of a ZIP", () => {
  it("that breaks off before its reading has begun is an error of the reading", async () => {
    const archive = new Readable({ read() {} });
    const first = zipEntry(archive, "filedata").next();
    expect(archive.listenerCount("error")).toBe(1); // or the program would end here, as nothing reads it yet
    archive.destroy(new Error("cut off"));
    await expect(first).rejects.toThrow("cut off");
  });

  it.each([
    ["deflated", zipSync({ metadata: Buffer.from("x"), filedata: content })],
    ["stored", zipSync({ filedata: [content, { level: 0 }], metadata: Buffer.from("x") })],
    ["deflated, behind another", zipSync({ "a/first": randomBytes(5000), filedata: content })],
  ])("is read when %s, however the archive is cut into pieces", async (_, archive) => {
    for (const size of [1009, 65_536, archive.length]) expect((await read(archive, size)).equals(content)).toBe(true);
  });

  it("is the first one when none is named, even an empty one", async () => {
    const first = async (archive: Uint8Array) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of zipEntry(inPieces(archive, 1009).stream)) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    expect((await first(zipSync({ "a.exe": content, filedata: Buffer.from("x") }))).equals(content)).toBe(true);
    expect((await first(zipSync({ "a.exe": new Uint8Array(), filedata: content }))).length).toBe(0);
    await expect(first(zipSync({}))).rejects.toThrow("The downloaded archive has no entry");
    await expect(first(zipSync({ "a.exe": content }).subarray(0, 900))).rejects.toThrow(
      "ends in the middle of its first entry",
    );
  });

  it("is read when its sizes stand behind it", async () => {
    expect((await read(await streamed(false), 4096)).equals(content)).toBe(true);
  });

  it("may be empty", async () => {
    expect(await read(zipSync({ filedata: Buffer.alloc(0) }), 10)).toHaveLength(0);
  });

  it("takes no more of the archive than its reader wants", async () => {
    const { stream, taken } = inPieces(zipSync({ filedata: [randomBytes(5_000_000), { level: 0 }] }), 1000);
    for await (const chunk of zipEntry(stream, "filedata")) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(taken()).toBeLessThan(20);
    expect(stream.destroyed).toBe(true);
  });

  it("that is missing, or that ends early, is an error and no short file", async () => {
    await expect(read(zipSync({ other: content }), 4096)).rejects.toThrow("no entry named filedata");
    const archive = zipSync({ filedata: content });
    await expect(read(archive.subarray(0, 100_000), 4096)).rejects.toThrow("ends in the middle of filedata");
    await expect(read(Buffer.from("<html>not a zip</html>"), 4096)).rejects.toThrow("no entry named filedata");
  });

  it("that cannot be unpacked is an error that says so", async () => {
    const BZIP2 = 12;
    const other = Buffer.from(zipSync({ filedata: content }));
    other.writeUInt16LE(BZIP2, 8);
    const damaged = Buffer.from(zipSync({ filedata: content }));
    damaged.fill(0xff, 38, 48); // behind the 30 bytes of a header and the name
    for (const [archive, reason] of [
      [other, `compression type ${BZIP2}`],
      [damaged, "invalid block type"],
    ] as const) {
      const error = await failure(read(archive, 4096), ApiError);
      expect(error.message).toContain("filedata in a form that cannot be unpacked");
      expect(error.message).toContain(reason);
    }
  });

  it("holds back when its reader is slow", async () => {
    const { stream, taken } = inPieces(zipSync({ filedata: randomBytes(8_000_000) }), 10_000);
    const chunks = zipEntry(stream, "filedata");
    await chunks.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken()).toBeLessThan(200);
    await chunks.return();
  });
});
