import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { inspect } from "node:util";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { cut, failure, jumping, type Step, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import { resolveCredentials } from "../credentials/index.js";
import * as errors from "../errors.js";

describe("requests", () => {
  it("carry token, agent and query, and nothing a GET does not need", async () => {
    const { url, seen } = await serve([200, { ok: true }]);
    const cb = transport(url, { integrationName: "hunt/1" });
    expect(await cb.getJson("/api/x", { q: "a b", n: [2, 1] })).toEqual({ ok: true });
    expect(seen[0]?.url).toBe("/api/x?n=1&n=2&q=a+b");
    expect(seen[0]?.headers).toMatchObject({ "x-auth-token": TOKEN, accept: "*/*" });
    expect(seen[0]?.headers["user-agent"]).toMatch(/^cbapi-ts\/\d+\.\d+\.\d+ Node\/\d+\.\d+\.\d+ hunt\/1$/);
    expect(seen[0]?.headers["content-type"]).toBeUndefined();
    expect(cb.stats).toEqual({ requests: 1, retries: 0 });
    await transport(url).getJson("/");
    expect(seen[1]?.headers["user-agent"]).toMatch(/^cbapi-ts\/\S+ Node\/\S+$/);
  });

  it("send JSON sorted, forms with a length, streams and text as they are", async () => {
    const { url, seen } = await serve([200, {}]);
    const cb = transport(url);
    const form = new FormData();
    form.append("file", new Blob(["MZ"]), "a.exe");
    await cb.exchange({ method: "post", path: "/1", json: { b: 1, a: null } });
    await cb.exchange({ method: "POST", path: "/2", body: form });
    await cb.exchange({ method: "PUT", path: "/3", body: Readable.from(["ab", "cd"]) });
    await cb.exchange({
      method: "PATCH",
      path: "/4",
      body: "x=1",
      headers: { "content-type": "text/x", accept: "a/b" },
    });
    expect(seen[0]).toMatchObject({
      method: "POST",
      body: '{"a": null, "b": 1}',
      headers: { "content-type": "application/json" },
    });
    expect(seen[1]?.headers["content-length"]).toBe(String(seen[1]?.body?.length));
    expect(seen[1]?.body).toContain('filename="a.exe"');
    expect(seen[2]?.body).toBe("abcd");
    expect(seen[3]).toMatchObject({ body: "x=1", headers: { "content-type": "text/x", accept: "a/b" } });
    expect(seen[3]?.headers).toMatchObject({ "x-auth-token": TOKEN, "user-agent": seen[0]?.headers["user-agent"] });
  });

  it("whose body breaks off before anything reads it end with an error, and not the program", async () => {
    const { url, seen } = await serve([200, {}]);
    const body = createReadStream("/none/such");
    const cb = transport(url, {
      credentials: async () => {
        await new Promise<void>((resolve) => body.once("close", resolve));
        return resolveCredentials("response", { url, token: TOKEN });
      },
    });
    const error = await failure(cb.request({ method: "POST", path: "/", body }), errors.ConnectionError);
    expect(error).toMatchObject({ cause: { code: "ENOENT" } });
    expect(seen.map((request) => request.complete)).not.toContain(true);
  });

  it("escape what a path cannot carry and refuse what is no path", async () => {
    const { url, seen } = await serve([200, {}]);
    await transport(url).getJson("/api/user/jé a");
    expect(seen[0]?.url).toBe("/api/user/j%C3%A9%20a");
    await failure(transport(url).getJson("api"), errors.CbApiError);
  });

  it("read bodies in every form, more than once, compressed or not", async () => {
    const { url } = await serve([200, gzipSync('\ufeff{"a":1}'), { "content-encoding": "gzip" }]);
    const response = await transport(url).request({ method: "GET", path: "/" });
    expect(await response.json()).toEqual({ a: 1 });
    expect(await response.text()).toBe('{"a":1}');
    expect((await buffer(response.stream())).toString("hex")).toMatch(/^efbbbf7b/);
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("stream what something on the way compressed: %s", async (encoding, compress) => {
    const content = randomBytes(1_000_000);
    const packed = compress(content);
    const { url } = await serve(
      [200, packed, { "content-encoding": encoding }],
      [200, packed.subarray(0, 500_000), { "content-encoding": encoding }],
    );
    const cb = transport(url);
    const response = await cb.request({ method: "GET", path: "/" });
    expect((await buffer(response.stream())).equals(content)).toBe(true);
    const half = await cb.request({ method: "GET", path: "/" });
    const error = await failure(buffer(half.stream()), errors.ConnectionError);
    expect(error).toMatchObject({ code: "TRUNCATED_ANSWER", retryable: true });
  });

  it("give up a compressed stream without waiting for more of it", async () => {
    const closed = new Promise<void>((resolve) => {
      void serve((_, response) => {
        response.on("close", resolve);
        response
          .writeHead(200, { "content-encoding": "gzip" })
          .write(gzipSync(randomBytes(100_000)).subarray(0, 50_000));
      }).then(async ({ url }) => {
        const stream = (await transport(url).request({ method: "GET", path: "/" })).stream();
        stream.once("data", () => stream.destroy());
      });
    });
    await closed;
  });

  it("that are left unread do not keep the program alive", async () => {
    const { url } = await serve(
      (_, response) => void response.writeHead(200).write(Buffer.alloc(1 << 20)),
      [200, "small"],
      (_, response) => void setTimeout(() => response.end("{}"), 100),
    );
    const alive = (): string => process.getActiveResourcesInfo().sort().join();
    const cb = transport(url, { poolMaxsize: 1 });
    const before = process.getActiveResourcesInfo().length;
    const left = await cb.request({ method: "GET", path: "/" });
    const idle = alive();
    const stream = left.stream();
    // Reading it brings the connection back; its time limit is that of the pauses now.
    expect(alive().split(",").length).toBe(idle.split(",").length + 1);
    stream.destroy();
    expect(idle.split(",").length - before).toBeLessThanOrEqual(1); // the server's own end of it
    // A body that was left and arrived whole gives its connection back, which then counts again.
    await cb.request({ method: "GET", path: "/" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const resting = alive().split(",").length;
    const running = cb.getJson("/");
    await Promise.resolve();
    expect(alive().split(",").length).toBe(resting + 2); // the connection and the time limit
    await running;
  });

  it("stream large bodies without holding them", async () => {
    const size = 20 * 1024 * 1024;
    let written = 0;
    const { url } = await serve((_, response) => {
      const source = new Readable({
        read() {
          if (written >= size) this.push(null);
          else {
            written += 65536;
            this.push(Buffer.alloc(65536));
          }
        },
      });
      source.pipe(response);
    });
    const response = await transport(url).request({ method: "GET", path: "/" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(size / 2); // the connection was paused, because nobody read
    let received = 0;
    for await (const chunk of response.stream()) received += (chunk as Buffer).length;
    expect(received).toBe(size);
    expect(() => response.stream()).toThrow("already taken");
  });

  it("reuse the connection after a body that was dropped", async () => {
    const { url, seen } = await serve([200, "x".repeat(1000)]);
    const cb = transport(url, { poolMaxsize: 1 });
    await (await cb.request({ method: "GET", path: "/1" })).discard();
    await cb.exchange({ method: "GET", path: "/2" });
    expect(seen[1]?.socket.remotePort).toBe(seen[0]?.socket.remotePort);
  });
});

describe("repetitions", () => {
  it("follow 502, 503 and 504 with growing pauses, up to the limit", async () => {
    const clock = jumping();
    const { url, seen } = await serve([502, "x"], [503, "x"], [504, "x"], [200, { ok: 1 }]);
    const cb = transport(url, { clock, random: () => 0 });
    expect(await cb.getJson("/")).toEqual({ ok: 1 });
    expect(clock.pauses).toEqual([500, 1000, 2000]);
    expect(cb.stats).toEqual({ requests: 4, retries: 3 });
    const dead = await serve([502, "x"]);
    await failure(transport(dead.url, { maxRetries: null }).getJson("/"), errors.ServerError);
    await failure(transport(dead.url, { maxRetries: 0 }).getJson("/"), errors.ServerError);
    expect(dead.seen.length).toBe(5 + 1);
    expect(seen.length).toBe(4);
  });

  it("wait as long as the server says", async () => {
    const clock = jumping();
    const date = new Date(clock.now() + 3000 + 7000).toUTCString();
    const { url } = await serve(
      [429, "slow", { "retry-after": "3" }],
      [503, "slow", { "retry-after": date }],
      [200, {}],
    );
    await transport(url, { clock }).getJson("/");
    expect(clock.pauses).toEqual([3000, 7000]);
    const long = await serve([429, "slow", { "retry-after": "300" }]);
    const error = await failure(transport(long.url).getJson("/"), errors.ClientError);
    expect(error.retryAfter).toBe(300_000);
    expect(long.seen.length).toBe(1);
  });

  it("never send a POST twice that may have been carried out", async () => {
    const drop: RequestListener = (_, response) => response.socket?.destroy();
    for (const step of [drop, [502, "x"], [503, "x", { "retry-after": "1" }], cut("{")] as Step[]) {
      const { url, seen } = await serve(step, [200, {}]);
      await failure(transport(url).exchange({ method: "POST", path: "/", json: {} }), errors.CbApiError);
      expect(seen.length).toBe(1);
    }
  });

  it("say of a write that broke off that it may have been carried out, and of a read that it is safe to repeat", async () => {
    const breaks: [RequestListener | Step, object][] = [
      [(_, response) => response.socket?.destroy(), {}],
      [() => {}, { timeout: 100 }],
    ];
    for (const [step, options] of breaks) {
      const messageOf = async (method: string) => {
        const { url } = await serve(step as Step);
        const sent = transport(url, { maxRetries: 0 }).exchange({ method, path: "/", ...options });
        return (await failure(sent, errors.CbApiError)).message;
      };
      expect(await messageOf("PUT")).toMatch(/may have been carried out: look at what the server has/);
      expect(await messageOf("GET")).toMatch(/Repeating the request is safe/);
    }
  });

  it("send a POST again that was refused for now, unless its body is a stream", async () => {
    const { url, seen } = await serve([429, "slow"], [200, {}]);
    const form = new FormData();
    form.append("file", new Blob(["MZ"]), "a.exe");
    await transport(url).exchange({ method: "POST", path: "/", body: form });
    expect(seen.map((request) => request.body?.includes("MZ"))).toEqual([true, true]);
    const stream = await serve([429, "slow"], [200, {}]);
    await failure(
      transport(stream.url).exchange({ method: "POST", path: "/", body: Readable.from(["x"]) }),
      errors.ClientError,
    );
    expect(stream.seen.length).toBe(1);
  });

  it("send a write again that is marked as harmless", async () => {
    const { url, seen } = await serve((_, response) => response.socket?.destroy(), [200, {}]);
    await transport(url).exchange({ method: "PUT", path: "/", json: {}, idempotent: true });
    expect(seen.length).toBe(2);
  });

  it("follow dropped connections, cut bodies and truncated JSON", async () => {
    const { url, seen } = await serve(
      (_, response) => response.socket?.destroy(),
      cut('{"a":'),
      [200, '{"a": {"b": [1, 2'],
      [200, '{"a": {"b": 1}'],
      [200, { a: 1 }],
    );
    expect(await transport(url).getJson("/")).toEqual({ a: 1 });
    expect(seen.length).toBe(5);
  });

  it("end in one clear error", async () => {
    const truncated = await serve([200, '{"a": "SECRETVALUE']);
    const error = await failure(transport(truncated.url, { maxRetries: 1 }).getJson("/"), errors.ConnectionError);
    expect(error).toMatchObject({ kind: "closed", code: "TRUNCATED_ANSWER", retryable: true });
    expect(inspect(error)).not.toContain("SECRETVALUE");
    const dropped = await serve((_, response) => response.socket?.destroy());
    const closed = await failure(transport(dropped.url, { maxRetries: 1 }).getJson("/"), errors.ConnectionError);
    expect(closed.message).toContain(dropped.url);
    expect(["closed", "reset"]).toContain(closed.kind);
    expect(dropped.seen.length).toBe(2);
  });
});

describe("unreachable servers", () => {
  it("dead port: refused, repeated even for a POST because nothing was sent", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const cb = transport(`http://127.0.0.1:${port}`, { maxRetries: 2 });
    const error = await failure(cb.exchange({ method: "POST", path: "/", json: {} }), errors.ConnectionError);
    expect(error).toMatchObject({ kind: "refused", code: "CONNECTION_REFUSED" });
    expect(error.message).toContain(`http://127.0.0.1:${port}`);
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
    expect(cb.stats.requests).toBe(3);
  });

  it("unknown host: dns", async () => {
    const unknown = Object.assign(new Error("getaddrinfo ENOTFOUND cb.example"), { code: "ENOTFOUND" });
    const cb = transport("https://cb.example", { fetch: () => Promise.reject(unknown) });
    const error = await failure(cb.getJson("/"), errors.ConnectionError);
    expect(error).toMatchObject({ kind: "dns", retryable: false });
    expect(cb.stats.requests).toBe(1);
  });

  it("something that does not speak HTTP", async () => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {}).once("data", () => socket.write("SSH-2.0-OpenSSH\r\n"));
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const error = await failure(
      transport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).getJson("/"),
      errors.ConnectionError,
    );
    expect(error.code).toBe("INVALID_HTTP");
  });
});

describe("closing", () => {
  it("does not wait for credentials that never come, nor do callers", async () => {
    const cb = transport("https://cb.example", { credentials: () => new Promise<never>(() => {}) });
    const waiting = cb.getJson("/");
    waiting.catch(() => {});
    await cb.close();
    expect(await failure(waiting, errors.CbApiError)).toMatchObject({ code: "CLOSED" });
  });

  it("ends running calls and refuses new ones", async () => {
    const { url, seen } = await serve((_: IncomingMessage, __: ServerResponse) => {});
    const cb = transport(url);
    const running = cb.getJson("/");
    running.catch(() => {});
    await vi.waitFor(() => expect(seen.length).toBe(1));
    await cb.close();
    expect(await failure(running, errors.CbApiError)).toMatchObject({ code: "CLOSED" });
    expect(await failure(cb.getJson("/"), errors.CbApiError)).toMatchObject({ code: "CLOSED" });
    expect(seen.length).toBe(1);
  });
});
