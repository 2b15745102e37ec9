import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { encodeMultipart, streamMultipart } from "./multipart.js";

describe("encodeMultipart", () => {
  it("writes a form with a known length, again and again", async () => {
    const form = new FormData();
    form.append("name", "väl");
    form.append("file", new Blob(["MZ\u0000"]), 'a"b.exe');
    form.append("typed", new Blob(["x"], { type: "text/csv" }), "x.csv");
    const body = encodeMultipart(form);
    const first = await text(body.stream());
    expect(Buffer.byteLength(first)).toBe(body.contentLength);
    expect(await text(body.stream())).toBe(first);
    const parsed = await new Response(first, { headers: { "content-type": body.contentType } }).formData();
    expect(parsed.get("name")).toBe("väl");
    expect(parsed.get("file")).toMatchObject({ name: 'a"b.exe', size: 3, type: "application/octet-stream" });
    expect(parsed.get("typed")).toMatchObject({ name: "x.csv", type: "text/csv" });
  });

  it("keeps a name in its line, as browsers do", async () => {
    const form = new FormData();
    form.append("a\r\nb", new Blob(["x"]), 'c\r\n"d');
    expect(await text(encodeMultipart(form).stream())).toContain('name="a%0D%0Ab"; filename="c%0D%0A%22d"');
  });
});

describe("streamMultipart", () => {
  const piece = Buffer.alloc(65_536, "x");

  it("writes a form around a file, with a known length if the file has one", async () => {
    for (const size of [2 * piece.length, undefined]) {
      const form = streamMultipart("file", { name: 'a"b.exe', size, content: Readable.from([piece, piece]) });
      const body = await buffer(form.stream);
      expect(form.contentLength).toBe(size === undefined ? undefined : body.length);
      const parsed = await new Response(body, { headers: { "content-type": form.contentType } }).formData();
      const file = parsed.get("file") as File;
      expect(file).toMatchObject({ name: 'a"b.exe', type: "application/octet-stream" });
      expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.concat([piece, piece]))).toBe(true);
    }
  });

  it("reads no further ahead than it is sent", async () => {
    let taken = 0;
    async function* content() {
      for (; taken < 100; taken++) yield piece;
    }
    const { stream } = streamMultipart("file", { name: "x", size: undefined, content: content() });
    const reading = stream[Symbol.asyncIterator]();
    await reading.next();
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    expect(taken).toBeLessThan(4);
    stream.destroy();
  });
});
