import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, createReadStream, truncateSync } from "node:fs";
import { chmod, type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { JumpClock } from "../test-support/jump-clock.js";
import { liveResponseServer, type Script, until } from "../test-support/live-response-server.js";
import type { TransferProgress } from "./types.js";

const MIB = 2 ** 20;
const BLOCK = Buffer.alloc(64 * 1024, 7);
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi-transfers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a large file", () => {
  // First, because memory that was needed once does not shrink.
  it("comes and goes in cut connections without being held in memory", async () => {
    const size = 200 * MIB;
    const hash = createHash("sha256");
    for (let at = 0; at < size; at += BLOCK.length) hash.update(BLOCK);
    const expected = hash.digest("hex");
    let cuts = 4;
    let uploaded = 0;
    let cutUpload = true;
    const { cb, server } = await liveResponseServer({
      options: { clock: new JumpClock() },
      before: ({ line, headers, response, request }) => {
        if (line === "POST /session/1/file" && cutUpload) {
          cutUpload = false;
          request.on("data", (chunk: Buffer) => {
            uploaded += chunk.length;
            if (uploaded > 20 * MIB) request.destroy();
          });
          return "answered";
        }
        if (line === "POST /session/1/file") {
          uploaded = 0;
          request.on("data", (chunk: Buffer) => {
            uploaded += chunk.length;
          });
          request.on("end", () => response.end(JSON.stringify({ id: 5 })));
          return "answered";
        }
        if (!line.endsWith("/content")) return undefined;
        const from = Number(/bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
        void sendBlocks(response, from, size, cuts-- > 0 ? from + 40 * MIB : size);
        return "answered";
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const growth = await memoryGrowth(async () => {
      const local = join(folder, "image.bin");
      expect(await session.downloadFile("c:\\image.bin", local)).toEqual({ size, sha256: expected });
      expect(await session.putFile({ path: local }, "c:\\copy.bin")).toEqual({ size, sha256: expected });
    });
    expect(uploaded).toBeGreaterThan(size);
    expect(uploaded).toBeLessThan(size + 1000);
    expect(server.commands.map(({ name, file_id }) => [name, file_id])).toEqual([
      ["get file", undefined],
      ["put file", 5],
    ]);
    expect(growth).toBeLessThan(110 * MIB);
  }, 120_000);
});

describe("a download", () => {
  const content = randomBytes(300_000);

  it("tells its progress, size and hash, and can be read in part", async () => {
    const { cb, server } = await liveResponseServer({
      files: { 1: content, 2: content.subarray(100, 300), 3: Buffer.alloc(0) },
    });
    await using session = await cb.liveResponse.openSession(3);
    const told: TransferProgress[] = [];
    const file = await session.getRawFile("c:\\a", { onProgress: (progress) => told.push(progress) });
    expect([file.size, file.sha256]).toEqual([undefined, undefined]);
    expect(content.equals(await file.read())).toBe(true);
    expect([file.size, file.sha256]).toEqual([content.length, sha256(content)]);
    expect(told.at(-1)).toEqual({ transferred: content.length, total: content.length });
    expect(await file.read(10)).toEqual(content.subarray(0, 10));
    expect((await file.read(200_000)).equals(content.subarray(0, 200_000))).toBe(true);
    expect((await file.read(content.length + 1)).equals(content)).toBe(true);
    expect(await session.getFile("c:\\a", { offset: 100, count: 200 })).toEqual(content.subarray(100, 300));
    expect(server.commands.at(-1)).toMatchObject({ offset: 100, get_count: 200 });
    const empty = join(folder, "empty");
    expect(await session.downloadFile("c:\\empty", empty)).toEqual({ size: 0, sha256: sha256(Buffer.alloc(0)) });
    expect(await readFile(empty)).toEqual(Buffer.alloc(0));
  });

  it("goes on where it was cut, also when the server answers no parts or has lost the file", async () => {
    const noParts: Script["before"] = ({ line, response }) => {
      if (!line.endsWith("/content")) return undefined;
      response.writeHead(200, { "content-length": content.length });
      if (cuts-- > 0) cutAfter(response, content.subarray(0, 100_000));
      else response.end(content);
      return "answered";
    };
    let cuts = 2;
    const clock = new JumpClock();
    const first = await liveResponseServer({ before: noParts, options: { clock } });
    await using session = await first.cb.liveResponse.openSession(3);
    expect(content.equals(await session.getFile("c:\\a"))).toBe(true);
    expect(first.server.commands).toHaveLength(1);

    // The server forgets the session in the middle of the transfer: the endpoint sends the rest in a new one.
    const second = await liveResponseServer({
      options: { clock },
      files: { 2: content.subarray(100_000) },
      before: ({ line, response }, self) => {
        if (line !== "GET /session/1/file/1/content") return undefined;
        if (!self.sessions.has(1)) return undefined;
        response.writeHead(200, { "content-length": content.length });
        cutAfter(response, content.subarray(0, 100_000));
        self.lose(1);
        return "answered";
      },
    });
    await using other = await second.cb.liveResponse.openSession(3);
    const local = join(folder, "a");
    expect(await other.downloadFile("c:\\a", local)).toEqual({ size: content.length, sha256: sha256(content) });
    expect(content.equals(await readFile(local))).toBe(true);
    expect(second.server.commands.at(-1)).toMatchObject({ name: "get file", offset: 100_000, session_id: 2 });
  });

  it("fails when it gets no further, or the file is another one meanwhile, and leaves nothing behind", async () => {
    const clock = new JumpClock();
    const stuck = await liveResponseServer({
      options: { clock },
      before: ({ line, response }) => {
        if (!line.endsWith("/content")) return undefined;
        response.writeHead(200, { "content-length": 10 });
        response.flushHeaders();
        setTimeout(() => response.destroy(), 5);
        return "answered";
      },
    });
    await using session = await stuck.cb.liveResponse.openSession(3);
    await expect(session.downloadFile("c:\\a", join(folder, "a"))).rejects.toMatchObject({ kind: "closed" });
    expect(stuck.server.requests.filter((line) => line.endsWith("/content"))).toHaveLength(6);

    let asked = 0;
    const changed = await liveResponseServer({
      options: { clock },
      before: ({ line, response }) => {
        if (!line.endsWith("/content")) return undefined;
        if (++asked === 1) {
          response.writeHead(200, { "content-length": content.length });
          cutAfter(response, content.subarray(0, 1000));
        } else
          response
            .writeHead(206, { "content-range": "bytes 1000-1999/2000", "content-length": 1000 })
            .end(content.subarray(0, 1000));
        return "answered";
      },
    });
    await using other = await changed.cb.liveResponse.openSession(3);
    await expect(other.downloadFile("c:\\a", join(folder, "a"))).rejects.toMatchObject({ code: "FILE_CHANGED" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("stops when its caller does, and leaves nothing behind", async () => {
    const { cb } = await liveResponseServer({
      before: ({ line, response }) => {
        if (!line.endsWith("/content")) return undefined;
        response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 1000));
        return "answered";
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error("enough"));
    const loading = session.downloadFile("c:\\a", join(folder, "a"), { signal: stop.signal, onProgress });
    await expect(loading).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual([]);
    for await (const chunk of await session.getRawFile("c:\\a")) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it("is written under hostile names, and never over a file or into nowhere", async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [index, content]));
    const { cb, server } = await liveResponseServer({ files });
    await using session = await cb.liveResponse.openSession(3);
    const names = [
      "with blank.txt",
      "-rf",
      "ünï çode 文件",
      "a\nb",
      "quote'\"$(id)`",
      "..trick",
      "back\\slash\\",
      "a".repeat(200),
    ];
    for (const name of names) {
      await session.downloadFile(`c:\\${name}`, join(folder, name));
      expect(content.equals(await readFile(join(folder, name)))).toBe(true);
    }
    expect((await readdir(folder)).sort()).toEqual([...names].sort());
    expect(server.commands.map(({ object }) => object)).toEqual(names.map((name) => `c:\\${name}`));

    const there = join(folder, "there");
    await writeFile(there, "mine");
    await mkdir(join(folder, "folder"));
    const sent = server.commands.length;
    const wrong: readonly [string, RegExp][] = [
      [there, /there is such a file already; name another, or set overwrite/],
      [join(folder, "folder"), /it is a folder; name a file/],
      [`${folder}/`, /it is a folder; name a file/],
      [join(folder, "missing", "a"), /the folder .*missing does not exist; make it first/],
      [join(there, "a"), /there is no folder/],
      [join(folder, "x".repeat(300)), /the name is too long/],
    ];
    for (const [path, text] of wrong) {
      const refused = session.downloadFile("c:\\a", path);
      await expect(refused).rejects.toThrow(text);
      await expect(refused).rejects.toMatchObject({ code: "NOT_WRITTEN" });
    }
    expect(server.commands).toHaveLength(sent);
    expect(String(await readFile(there))).toBe("mine");
    await session.downloadFile("c:\\a", there, { overwrite: true });
    expect(content.equals(await readFile(there))).toBe(true);
  });

  it("is on the disk before it has its name", async () => {
    const { cb } = await liveResponseServer({ files: { 1: content } });
    await using session = await cb.liveResponse.openSession(3);
    const path = join(folder, "a");
    const probe = await open(folder, "r");
    const handles = Object.getPrototypeOf(probe) as { sync(this: FileHandle): Promise<void> };
    await probe.close();
    const { sync } = handles;
    const synced: [number | "folder", string[]][] = [];
    handles.sync = async function () {
      const found = await this.stat();
      synced.push([found.isFile() ? found.size : "folder", await readdir(folder)]);
      await sync.call(this);
    };
    onTestFinished(() => {
      handles.sync = sync;
    });
    await session.downloadFile("c:\\a", path);
    expect(synced).toEqual([
      [content.length, [expect.stringMatching(/^cbapi-.*\.part$/)]],
      ["folder", ["a"]],
    ]);
  });

  it("ends at once when its stream is destroyed while bytes are waited for", async () => {
    let closed = false;
    const { cb } = await liveResponseServer({
      before: ({ line, response }) => {
        if (!line.endsWith("/content")) return undefined;
        response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 1000));
        response.on("close", () => {
          closed = true;
        });
        return "answered";
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const stream = (await session.getRawFile("c:\\a")).stream();
    await new Promise((resolve) => stream.once("data", resolve));
    stream.destroy();
    await until(() => closed);
    expect(stream.errored).toBeNull();
  });

  it("is not a proxy's page in place of the file, but may be a page", async () => {
    const page = "<html>log in</html>";
    let stored: object = { status: 200, text: page };
    const { cb } = await liveResponseServer({
      before: ({ line, response }) => {
        if (line === "GET /session/1/file/1" || line === "GET /session/1/file/2") {
          response.end(JSON.stringify(stored));
          return "answered";
        }
        if (!line.endsWith("/content")) return undefined;
        const headers = { "content-type": "text/html; charset=utf-8", "content-length": String(page.length) };
        return { status: 200, text: page, headers };
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const local = join(folder, "a.html");
    const refused = session.downloadFile("c:\\a.html", local);
    await expect(refused).rejects.toThrow("was answered with a web page in place of the file");
    expect(await readdir(folder)).toEqual([]);
    stored = { id: 2, size: String(page.length), status: 0 };
    await session.downloadFile("c:\\a.html", local);
    expect(String(await readFile(local))).toBe(page);
  });

  it("does not replace a file that came there meanwhile", async () => {
    const path = join(folder, "a");
    const { cb } = await liveResponseServer({
      files: { 1: content },
      command: () => writeFile(path, "theirs").then(() => ({})),
    });
    await using session = await cb.liveResponse.openSession(3);
    await expect(session.downloadFile("c:\\a", path)).rejects.toMatchObject({ code: "NOT_WRITTEN" });
    expect(String(await readFile(path))).toBe("theirs");
    expect(await readdir(folder)).toEqual(["a"]);
  });
});

describe("an upload", () => {
  it("takes bytes, a local file, or a stream of unknown length", async () => {
    const { cb, server } = await liveResponseServer();
    await using session = await cb.liveResponse.openSession(3);
    const local = join(folder, 'b "quoted".txt');
    await writeFile(local, "from a file");
    const told: TransferProgress[] = [];
    const results = [
      await session.putFile(Buffer.from("bytes"), "c:\\a", { onProgress: (progress) => told.push(progress) }),
      await session.putFile({ path: local }, "c:\\b"),
      await session.putFile(Readable.from(["from ", Buffer.from("a stream")]), "c:\\c"),
      await session.putFile(Buffer.alloc(0), "c:\\d"),
    ];
    const sent = ["bytes", "from a file", "from a stream", ""].map((text) => Buffer.from(text));
    expect(results).toEqual(sent.map((part) => ({ size: part.length, sha256: sha256(part) })));
    expect(told).toEqual([{ transferred: 5, total: 5 }]);
    const forms = server.uploads.map(String);
    expect(forms[0]).toMatch(
      /name="file"; filename="file"\r\nContent-Type: application\/octet-stream\r\n\r\nbytes\r\n--/,
    );
    expect(forms[1]).toMatch(/filename="b %22quoted%22\.txt"\r\n[\s\S]*\r\n\r\nfrom a file\r\n--/);
    expect(forms[2]).toMatch(/\r\n\r\nfrom a stream\r\n--/);
    expect(server.commands.map(({ name, object, file_id }) => [name, object, file_id])).toEqual([
      ["put file", "c:\\a", 1],
      ["put file", "c:\\b", 2],
      ["put file", "c:\\c", 3],
      ["put file", "c:\\d", 4],
    ]);
  });

  it("is begun again when it is cut, but not from a stream", async () => {
    let cuts = 2;
    const { cb, server } = await liveResponseServer({
      options: { clock: new JumpClock() },
      before: ({ line, request }) => {
        if (line !== "POST /session/1/file" || cuts-- <= 0) return undefined;
        request.once("data", () => request.destroy());
        return "answered";
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    await session.putFile(Buffer.alloc(MIB, 1), "c:\\a");
    expect(server.uploads).toHaveLength(1);
    expect(server.commands).toHaveLength(1);
    cuts = 1;
    await expect(session.putFile(Readable.from([Buffer.alloc(MIB, 1)]), "c:\\a")).rejects.toMatchObject({
      name: "ConnectionError",
    });
    expect(server.commands).toHaveLength(1);
  });

  it("says what is wrong with its source and writes nothing", async () => {
    const { cb, server } = await liveResponseServer();
    await using session = await cb.liveResponse.openSession(3);
    const refused: readonly [Parameters<typeof session.putFile>[0], RegExp][] = [
      [{ path: join(folder, "missing") }, /Cannot read .*missing: there is no such file/],
      [{ path: folder }, /it is no file/],
      ["text" as never, /putFile\(\) takes bytes, a stream, or a local file/],
      [Readable.from([1, 2]), /must give bytes or text/],
    ];
    for (const [source, text] of refused) await expect(session.putFile(source, "c:\\a")).rejects.toThrow(text);
    if (process.getuid?.() !== 0) {
      const secret = join(folder, "secret");
      await writeFile(secret, "x");
      await chmod(secret, 0);
      await expect(session.putFile({ path: secret }, "c:\\a")).rejects.toMatchObject({ code: "NOT_READ" });
    }
    expect(server.commands).toEqual([]);
    // The session is as good as before.
    expect(await session.listProcesses()).toEqual([]);
  });

  it("of a stream that fails before its turn has come is an error of the call, and closes the stream", async () => {
    let finish = (): void => {};
    const { cb, server } = await liveResponseServer({
      before: ({ line, response }) => {
        if (line !== "POST /session/1/command" || server.requests.filter((each) => each === line).length > 1)
          return undefined;
        finish = () => response.writeHead(403).end("not yours");
        return "answered";
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const first = session.listProcesses();
    const missing = createReadStream(join(folder, "missing"));
    const failing = session.putFile(missing, "c:\\a");
    await new Promise<void>((resolve) => missing.once("close", () => resolve()));
    await until(() => server.requests.includes("POST /session/1/command"));
    finish();
    await expect(first).rejects.toMatchObject({ status: 403 });
    await expect(failing).rejects.toMatchObject({ code: "NOT_READ" });

    const unread = Readable.from([BLOCK]);
    await expect(session.putFile(unread, "")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(unread.destroyed).toBe(true);
    expect(server.commands).toEqual([]);
  });

  it("sends a file that grows as long as it was, and says so when one shrinks", async () => {
    const { cb, server } = await liveResponseServer();
    await using session = await cb.liveResponse.openSession(3);
    const path = join(folder, "log");
    await writeFile(path, Buffer.alloc(MIB, 1));
    const grow = () => appendFileSync(path, "more");
    expect((await session.putFile({ path }, "c:\\log", { onProgress: grow })).size).toBe(MIB);
    const shrink = () => truncateSync(path, 1000);
    const short = session.putFile({ path }, "c:\\log", { onProgress: shrink });
    await expect(short).rejects.toMatchObject({ code: "NOT_READ" });
    await expect(short).rejects.toThrow(/log became shorter while it was read/);
    expect(server.commands).toHaveLength(1);
  });

  it("stops when its caller does, and can be verified", async () => {
    let size = 5;
    const { cb, server } = await liveResponseServer({
      command: ({ name }) => (name === "directory list" ? { files: [{ filename: "a", size }] } : {}),
    });
    await using session = await cb.liveResponse.openSession(3);
    const stop = new AbortController();
    const endless = Readable.from(forever(() => stop.abort(new Error("enough"))));
    await expect(session.putFile(endless, "c:\\a", { signal: stop.signal })).rejects.toThrow("enough");
    expect(server.commands).toEqual([]);
    await session.putFile(Buffer.from("bytes"), "c:\\a", { verify: true });
    size = 4;
    await expect(session.putFile(Buffer.from("bytes"), "c:\\a", { verify: true })).rejects.toMatchObject({
      code: "VERIFY_FAILED",
    });
  });
});

/** Sends blocks from one byte to another, and cuts the connection when that is not the end. */
async function sendBlocks(response: ServerResponse, from: number, size: number, to: number): Promise<void> {
  response.writeHead(from > 0 ? 206 : 200, {
    "content-length": size - from,
    ...(from > 0 ? { "content-range": `bytes ${from}-${size - 1}/${size}` } : {}),
  });
  for (let at = from; at < Math.min(to, size); at += BLOCK.length) {
    if (!response.write(BLOCK.subarray(0, Math.min(BLOCK.length, size - at)))) {
      await new Promise((resolve) => response.once("drain", resolve));
    }
  }
  if (to < size) response.destroy();
  else response.end();
}

function cutAfter(response: ServerResponse, part: Buffer): void {
  response.write(part, () => setTimeout(() => response.destroy(), 5));
}

async function* forever(after: () => void): AsyncGenerator<Buffer> {
  for (let count = 0; ; count++) {
    if (count === 50) after();
    yield BLOCK;
    await delay(1);
  }
}

/** By how much the memory of this process, server included, grew at its highest while the work ran. */
async function memoryGrowth(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  await work();
  clearInterval(watch);
  return Math.max(most, process.memoryUsage().rss) - before;
}
