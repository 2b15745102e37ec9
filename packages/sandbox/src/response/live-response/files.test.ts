import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, describe, expect, it, vi } from "vitest";
import { readRange } from "../../live-response/ranges.js";
import type { Sandbox } from "../../sandbox.js";
import { BASE, startLive, unzip } from "./samples.js";

const folder = mkdtempSync(join(tmpdir(), "live-files-"));
// A place of its own for temporary files: other tests make theirs at the same time.
const usualPlace = process.env["TMPDIR"];
process.env["TMPDIR"] = folder;
afterAll(() => {
  if (usualPlace === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = usualPlace;
  rmSync(folder, { recursive: true });
});

const left = (): string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /file-\d+$/.test(name));

type Body = NonNullable<RequestInit["body"]>;

/** Sends bytes as they are, and reads the answer as bytes. */
async function send(
  sandbox: Sandbox,
  method: string,
  path: string,
  { body, headers = {} }: { body?: Body; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const init = { method, headers: { "x-auth-token": sandbox.token, ...headers }, duplex: "half" as const };
  const request = new Request(`${sandbox.url}${path}`, body === undefined ? init : { ...init, body });
  const response = await sandbox.handle(request);
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

const form = (content: string | Buffer, name = "file", fileName?: string): FormData => {
  const data = new FormData();
  data.append(name, new Blob([content]), fileName);
  return data;
};

describe("the files of a session", () => {
  it("are uploaded, put on the endpoint, fetched from it, and deleted", async () => {
    await using live = await startLive();
    const { ask, sandbox } = live;
    await live.open();
    const bytes = randomBytes(200_000);
    const up = await send(sandbox, "POST", `${BASE}/1/file`, { body: form(bytes, "file", "..\\..\\evil\\a b.bin") });
    const stored = { id: 1, session_id: 1, file_name: "a b.bin", size: 200_000, size_uploaded: 200_000 };
    expect(JSON.parse(String(up.bytes))).toEqual({ ...stored, status: 0, delete: false });
    await live.run(1, { name: "put file", object: "c:\\a.bin", file_id: 1 });
    const { contents } = live.machine(1);
    expect(contents.get("c:\\a.bin")?.equals(bytes)).toBe(true);
    expect(await live.run(1, { name: "get file", object: "c:\\a.bin" })).toMatchObject({
      file_id: 2,
      status: "complete",
    });
    // What was fetched stays as it was.
    contents.set("c:\\a.bin", Buffer.from("changed"));
    const content = await send(sandbox, "GET", `${BASE}/1/file/2/content`);
    expect([content.status, content.bytes.equals(bytes)]).toEqual([200, true]);
    expect(content.headers.get("content-length")).toBe("200000");
    expect(content.headers.get("content-type")).toBe("application/octet-stream");
    const partly = await live.run(1, { name: "get file", object: "c:\\test.txt", offset: 5, get_count: 4 });
    expect(partly).toMatchObject({ offset: 5, get_count: 4, file_id: 3 });
    expect(String((await send(sandbox, "GET", `${BASE}/1/file/3/content`)).bytes)).toBe("is a");
    await live.run(1, { name: "get file", object: "c:\\test.txt", offset: 100 });
    await live.run(1, { name: "get file", object: "empty" });
    for (const id of [4, 5]) {
      const { status, headers, bytes: none } = await send(sandbox, "GET", `${BASE}/1/file/${id}/content`);
      expect([status, headers.get("content-length"), none.length]).toEqual([200, "0", 0]);
    }
    expect(await live.run(1, { name: "get file", object: "missing" })).toMatchObject({ status: "error", file_id: 6 });
    expect((await ask("GET", `${BASE}/1/file/6`)).body).toMatchObject({ id: 6, status: 2, file_name: "missing" });
    expect((await ask("GET", `${BASE}/1/file/6/content`)).status).toBe(404);
    expect((await ask("GET", `${BASE}/1/file`)).body.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await ask("GET", `${BASE}/1`)).body.storage_size).toBe("400004");
    expect((await ask("DELETE", `${BASE}/1/file/1`)).body).toMatchObject({ id: 1, delete: true });
    expect((await ask("PUT", `${BASE}/1/file/2`, { delete: false })).status).toBe(400);
    expect((await ask("PUT", `${BASE}/1/file/2`, { delete: true })).status).toBe(200);
    for (const id of ["1", "2", "7", "1e3", "-1", "x", "03"]) {
      for (const rest of ["", "/content"]) expect((await ask("GET", `${BASE}/1/file/${id}${rest}`)).status).toBe(404);
      expect((await ask("DELETE", `${BASE}/1/file/${id}`)).status).toBe(404);
    }
    expect((await ask("POST", `${BASE}/1/command`, { name: "put file", object: "c:\\b", file_id: 1 })).status).toBe(
      404,
    );
    expect(left()).toHaveLength(3);
    await ask("PUT", `${BASE}/1`, { status: "close" });
    await vi.waitFor(() => expect(left()).toEqual([]));
    expect((await ask("GET", `${BASE}/1/file/3/content`)).body).toBe("Session 1 not found");
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("can be read in parts", async () => {
    await using live = await startLive();
    await live.open();
    await live.run(1, { name: "get file", object: "c:\\test.txt" });
    const read = (headers: Record<string, string>) =>
      send(live.sandbox, "GET", `${BASE}/1/file/1/content`, { headers });
    const tag = (await read({})).headers.get("etag") ?? "";
    const part = await read({ range: "bytes=5-8", "if-range": tag });
    expect([part.status, String(part.bytes), part.headers.get("content-range")]).toEqual([206, "is a", "bytes 5-8/14"]);
    expect(part.headers.get("content-length")).toBe("4");
    expect(String((await read({ range: "bytes=10-" })).bytes)).toBe("test");
    expect(String((await read({ range: "bytes=-4" })).bytes)).toBe("test");
    expect((await read({ range: "bytes=5-8", "if-range": '"other"' })).status).toBe(200);
    const behind = await read({ range: "bytes=14-" });
    expect([behind.status, behind.headers.get("content-range")]).toEqual([416, "bytes */14"]);
    for (const odd of ["bytes=8-5", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=-1-2"]) {
      expect((await read({ range: odd })).status, odd).toBe(200);
    }
    expect(readRange("bytes=0-999", 14)).toEqual({ start: 0, length: 14 });
    expect(readRange("bytes=-0", 14)).toBe("none");
    expect(readRange("bytes=0-", 0)).toBe("none");
    expect(live.sandbox.requests.failures()).toEqual([]);
  });

  it("are taken in one well-formed part named file, and in no other way", async () => {
    await using live = await startLive({ liveResponse: { maxFileSize: 100_000 } });
    const { sandbox } = live;
    await live.open();
    const post = async (body: Body, headers: Record<string, string> = {}): Promise<number> =>
      (await send(sandbox, "POST", `${BASE}/1/file`, { body, headers })).status;
    const type = (boundary: string) => ({ "content-type": `multipart/form-data; boundary=${boundary}` });
    const part = (name = 'name="file"; filename="a"', more = "", content = "x"): string =>
      `--B\r\nContent-Disposition: form-data; ${name}${more}\r\n\r\n${content}\r\n`;

    expect(await post(form("x".repeat(100_000)))).toBe(200);
    expect(await post(form("x".repeat(100_001)))).toBe(413);
    expect(await post(`${part()}--B--\r\n`, type("B"))).toBe(200);
    expect(await post(`junk before\r\n${part("name=file")}--B--`, type('"B"'))).toBe(200);
    expect(await post(`${part("name=file", "", "--B\r\n-\r\n--")}--B--epilogue`, type("B"))).toBe(200);
    const two = form("x");
    two.append("file", new Blob(["y"]));
    const wrong: [string, Body, Record<string, string>?][] = [
      ["two parts", two],
      ["another name", form("x", "data")],
      ["no name", `${part('filename="a"')}--B--`, type("B")],
      ["no form-data", `--B\r\nContent-Disposition: attachment; name="file"\r\n\r\nx\r\n--B--`, type("B")],
      ["no headers", "--B\r\n\r\nx\r\n--B--", type("B")],
      ["wrong boundary", `${part()}--B--`, type("C")],
      ["no boundary", `${part()}--B--`, { "content-type": "multipart/form-data" }],
      ["odd boundary", `${part()}--B--`, type(`"${"B".repeat(71)}"`)],
      ["another type", `${part()}--B--`, { "content-type": "application/octet-stream" }],
      ["encoded", `${part(undefined, "\r\nContent-Transfer-Encoding: base64")}--B--`, type("B")],
      ["broken off in the content", part(), type("B")],
      ["broken off in the headers", "--B\r\nContent-Disposition: form-data", type("B")],
      ["broken off at the boundary", `${part()}--B`, type("B")],
      ["nothing", "", type("B")],
      ["no parts", "--B--", type("B")],
      ["something behind the boundary", `--Bx\r\n${part()}--B--`, type("B")],
      ["endless headers", `--B\r\nX: ${"x".repeat(40_000)}`, type("B")],
      ["endless preamble", "x".repeat(200_000), type("B")],
    ];
    for (const [what, body, headers] of wrong) expect(await post(body, headers), what).toBe(400);
    const kept = (await live.ask("GET", `${BASE}/1/file`)).body;
    expect(kept.map(({ id, size }: { id: number; size: number }) => [id, size])).toEqual([
      [1, 100_000],
      [2, 1],
      [3, 1],
      [4, 10],
    ]);
    expect(left()).toHaveLength(4);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("may be large: memory stays flat, and nothing is left of an upload that breaks off", async () => {
    const size = 128 * 1024 * 1024;
    await using live = await startLive({ sandbox: { tls: false } });
    const { sandbox } = live;
    await live.open();
    const block = randomBytes(1024 * 1024);
    const head = '--B\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n';
    async function* body(bytes: number): AsyncGenerator<Buffer> {
      yield Buffer.from(head);
      for (let at = 0; at < bytes; at += block.length) yield block;
      yield Buffer.from("\r\n--B--\r\n");
    }
    const upload = () => {
      const headers = { "x-auth-token": sandbox.token, "content-type": "multipart/form-data; boundary=B" };
      return plainRequest(`${sandbox.url}${BASE}/1/file`, { method: "POST", headers });
    };
    let highest = 0;
    const before = process.memoryUsage().rss;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage().rss - before);
    }, 5);
    const request = upload();
    const answered = new Promise<number | undefined>((resolve) => {
      request.on("response", (response) => resolve(response.resume().statusCode));
    });
    await pipeline(body(size), request);
    expect(await answered).toBe(200);
    const response = await sandbox.handle(
      new Request(`${sandbox.url}${BASE}/1/file/1/content`, { headers: { "x-auth-token": sandbox.token } }),
    );
    let down = 0;
    for await (const chunk of Readable.fromWeb(response.body as import("node:stream/web").ReadableStream)) {
      down += (chunk as Uint8Array).length;
    }
    clearInterval(watch);
    expect(down).toBe(size);
    expect(highest).toBeLessThan(100 * 1024 * 1024);

    const cut = upload();
    cut.on("error", () => {});
    const source = Readable.from(body(size));
    const sent = pipeline(source, cut).catch(() => {});
    await vi.waitFor(() => expect(left()).toHaveLength(2));
    cut.destroy();
    await sent;
    await vi.waitFor(() => expect(left()).toHaveLength(1));
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("come in an archive with all that was done", async () => {
    await using live = await startLive();
    await live.open();
    await send(live.sandbox, "POST", `${BASE}/1/file`, { body: form("hello", "file", "ünï?.txt") });
    await live.run(1, { name: "get file", object: "c:\\test.txt" });
    await live.run(1, { name: "get file", object: "missing" });
    const { status, headers, bytes } = await send(live.sandbox, "GET", `${BASE}/1/archive`);
    expect([status, headers.get("content-type")]).toEqual([200, "application/zip"]);
    const files = await unzip(bytes);
    const names = ["session.json", "command-1.json", "command-2.json", "files/1-_n__.txt", "files/2-test.txt"];
    expect([...files.keys()]).toEqual(names);
    expect(String(files.get("files/2-test.txt"))).toBe("this is a test");
    expect(JSON.parse(String(files.get("session.json")))).toMatchObject({ id: 1, status: "active" });
    expect(JSON.parse(String(files.get("command-2.json")))).toMatchObject({ id: 2, status: "error" });
    expect(live.sandbox.requests.failures()).toEqual([]);
  });

  it("come in an archive also when the session ends or loses one meanwhile", async () => {
    await using live = await startLive();
    const { ask, sandbox } = live;
    await live.open();
    const many = Array.from({ length: 40 }, (_, n) => `file ${n}`);
    for (const text of many) await send(sandbox, "POST", `${BASE}/1/file`, { body: form(text, "file", "x.txt") });
    const headers = { "x-auth-token": sandbox.token };
    const response = await sandbox.handle(new Request(`${sandbox.url}${BASE}/1/archive`, { headers }));
    await ask("DELETE", `${BASE}/1/file/40`);
    await ask("PUT", `${BASE}/1`, { status: "close" });
    expect((await ask("GET", `${BASE}/1/file`)).status).toBe(404);
    const files = await unzip(Buffer.from(await response.arrayBuffer()));
    const names = many.slice(0, 39).map((_, n) => `files/${n + 1}-x.txt`);
    expect([...files.keys()]).toEqual(["session.json", ...names]);
    expect(String(files.get("files/39-x.txt"))).toBe("file 38");
    // Nothing is left of them once it has been read.
    await vi.waitFor(() => expect(left()).toEqual([]));
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("go with the server", async () => {
    const live = await startLive();
    await live.open();
    await live.run(1, { name: "get file", object: "c:\\test.txt" });
    const folders = (): string[] =>
      readdirSync(folder).filter((name) => name.startsWith("cbapi-sandbox-live-response-"));
    const [own = ""] = folders();
    expect(existsSync(join(folder, own, "1", "file-1"))).toBe(true);
    await live[Symbol.asyncDispose]();
    expect(folders()).toEqual([]);
  });
});
