import diagnostics from "node:diagnostics_channel";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Clock } from "../clock.js";
import { resolveCredentials } from "../credentials/index.js";
import * as errors from "../errors.js";
import { Transport, type TransportOptions } from "./transport.js";
import type { RequestDiagnostics } from "./types.js";

const TOKEN = "SECRETTOKEN0123456789";
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

/** A clock that jumps over its pauses and remembers them. */
function jumping(): Clock & { readonly pauses: number[] } {
  let now = Date.UTC(2024, 0, 1);
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    async sleep(milliseconds) {
      pauses.push(milliseconds);
      now += milliseconds;
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Step = RequestListener | [status: number, body: unknown, headers?: Record<string, string>];

/** A server that answers with these steps in turn, the last one for ever. */
async function serve(...steps: Step[]): Promise<{ url: string; seen: (IncomingMessage & { body?: string })[] }> {
  const seen: (IncomingMessage & { body?: string })[] = [];
  const url = await listen(
    createServer((request, response) => {
      const step = steps[Math.min(seen.length, steps.length - 1)];
      seen.push(request);
      if (typeof step === "function") {
        step(request, response);
        return;
      }
      void text(request).then((body) => {
        (request as { body?: string }).body = body;
        const [status, content, headers] = step ?? [500, "no step"];
        const plain = typeof content === "string" || Buffer.isBuffer(content);
        response.writeHead(status, { "content-type": plain ? "text/plain" : "application/json", ...headers });
        response.end(plain ? content : JSON.stringify(content));
      });
    }),
  );
  return { url, seen };
}

function transport(url: string, options: Partial<TransportOptions> = {}): Transport {
  const made = new Transport({
    credentials: () => resolveCredentials("response", { url, token: TOKEN, ignoreSystemProxy: true }),
    clock: jumping(),
    allowHttp: true,
    ...options,
  });
  open.push(made);
  return made;
}

async function failure<E>(work: Promise<unknown>, kind: new (...args: never[]) => E): Promise<E> {
  const error: unknown = await work.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  expect(inspect(error, { depth: 9 })).not.toContain(TOKEN);
  return error as E;
}

/** Writes part of an answer, then cuts the connection. */
const cut =
  (part: string, length = 1000): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": length });
    response.write(part, () => response.socket?.destroy());
  };

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

describe("statuses", () => {
  it.each([
    [400, "bad request", errors.ClientError, "CLIENT_ERROR", false, "bad request"],
    [
      400,
      '{"reason": "query_malformed_syntax", "message": "no"}',
      errors.QuerySyntaxError,
      "QUERY_SYNTAX",
      false,
      "parentheses",
    ],
    [400, '["query_malformed_syntax"]', errors.ClientError, "CLIENT_ERROR", false, ""],
    [401, "who?", errors.UnauthorizedError, "UNAUTHORIZED", false, "token"],
    [403, "Forbidden", errors.ClientError, "CLIENT_ERROR", false, "lacks the permission"],
    [404, "gone", errors.ObjectNotFoundError, "OBJECT_NOT_FOUND", false, "gone"],
    [404, "<html>nginx</html>", errors.ObjectNotFoundError, "OBJECT_NOT_FOUND", false, "Cloud classes"],
    [409, "twice", errors.ClientError, "CLIENT_ERROR", false, "conflicts"],
    [429, "", errors.ClientError, "CLIENT_ERROR", true, "gave no reason"],
    [500, "<html>oh</html>", errors.ServerError, "SERVER_ERROR", false, "oh"],
    [503, "later", errors.ServerError, "SERVER_ERROR", true, "later"],
  ] as const)("%i %j", async (status, body, kind, code, retryable, hint) => {
    const { url } = await serve([status, body]);
    const error = await failure(transport(url, { maxRetries: 0 }).getJson("/api/x", { q: 1 }), kind);
    expect(error).toMatchObject({
      status,
      code,
      retryable,
      method: "GET",
      path: "/api/x?q=1",
      uri: `${url}/api/x?q=1`,
      serverMessage: body,
    });
    expect(error.name).toBe(kind.name);
    expect(error.message).toContain(`${url}/api/x?q=1`);
    expect(error.message).toContain(hint);
  });

  it("hides what the server echoes, and cuts it", async () => {
    const { url } = await serve([500, `token ${TOKEN} {"password": "HIDDEN"} ${"x".repeat(9000)}`]);
    const error = await failure(transport(url).getJson("/"), errors.ServerError);
    expect(error.serverMessage).not.toMatch(/SECRET|HIDDEN/);
    expect(error.serverMessage?.length).toBe(4096);
    expect(error.message.length).toBeLessThan(800);
  });

  it("accepts any success that is JSON, and no content", async () => {
    const { url } = await serve([201, { a: 1 }], [204, ""], [202, ""], [200, "null"], [200, '"text"']);
    const cb = transport(url);
    const values = [];
    for (let i = 0; i < 5; i++) values.push(await cb.getJson("/"));
    expect(values).toEqual([{ a: 1 }, undefined, undefined, null, "text"]);
  });

  it("refuses web pages, empty answers and documents that report an error", async () => {
    const { url } = await serve(
      [200, "<html>login</html>", { "content-type": "text/html" }],
      [200, ""],
      [200, { errorMessage: "database locked" }],
    );
    const cb = transport(url);
    const page = await failure(cb.getJson("/"), errors.ServerError);
    expect(page).toMatchObject({ code: "NOT_JSON", status: 200 });
    expect(page.message).toContain("Cloud classes");
    expect((await failure(cb.getJson("/"), errors.ServerError)).code).toBe("NOT_JSON");
    expect(await failure(cb.getJson("/"), errors.ServerError)).toMatchObject({
      code: "REFUSED",
      status: 200,
      serverMessage: "database locked",
    });
    expect(cb.stats).toEqual({ requests: 3, retries: 0 });
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
    open.push(server);
    await new Promise((resolve) => server.once("listening", resolve));
    const error = await failure(
      transport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).getJson("/"),
      errors.ConnectionError,
    );
    expect(error.code).toBe("INVALID_HTTP");
  });
});

describe("time limits", () => {
  const hang: RequestListener = () => {};

  it("silence before the headers", async () => {
    const { url, seen } = await serve(hang);
    const error = await failure(transport(url, { timeout: 150 }).getJson("/slow"), errors.TimeoutError);
    expect(error).toMatchObject({ phase: "headers", timeout: 150, uri: `${url}/slow`, retryable: true });
    expect(seen.length).toBe(1);
  });

  it("a body that trickles longer than the whole call may take", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    const error = await failure(transport(url).getJson("/", undefined, { timeout: 200 }), errors.TimeoutError);
    expect(error.phase).toBe("total");
  });

  it("a stream may take as long as it flows, but not stall", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      let count = 0;
      const timer = setInterval(() => {
        if (++count <= 10) response.write("x");
      }, 50);
      response.on("close", () => clearInterval(timer));
    });
    const started = Date.now();
    const response = await transport(url).request({ method: "GET", path: "/", timeout: 250 });
    let received = 0;
    const read = async () => {
      for await (const chunk of response.stream()) received += (chunk as Buffer).length;
    };
    const error = await failure(read(), errors.TimeoutError);
    expect(error.phase).toBe("body");
    expect(received).toBe(10);
    expect(Date.now() - started).toBeGreaterThan(450);
  });

  it("waiting for a connection of the pool; a long poll opens its own", async () => {
    const { url, seen } = await serve(hang, [200, {}]);
    const cb = transport(url, { poolMaxsize: 1 });
    const held = cb.getJson("/held", undefined, { timeout: 600 });
    held.catch(() => {});
    await vi.waitFor(() => expect(seen.length).toBe(1));
    const error = await failure(cb.getJson("/waits", undefined, { timeout: 100 }), errors.TimeoutError);
    expect(error.phase).toBe("connect");
    await cb.exchange({ method: "GET", path: "/poll", longPoll: true, timeout: 400 });
    await failure(held, errors.TimeoutError);
    expect(await cb.getJson("/free")).toEqual({}); // the request that gave up waiting was not sent
    expect(seen.map((request) => request.url)).toEqual(["/held", "/poll", "/free"]);
  });

  it("zero means none", async () => {
    const { url } = await serve((_, response) => void setTimeout(() => response.end("{}"), 200));
    expect(await transport(url, { timeout: 100 }).getJson("/", undefined, { timeout: 0 })).toEqual({});
  });

  it("an abandoned answer does not hold its connection for ever", async () => {
    const { url } = await serve((_, response) => void response.writeHead(200).write("x"), [200, {}]);
    const cb = transport(url, { poolMaxsize: 1 });
    await cb.request({ method: "GET", path: "/", timeout: 150 });
    expect(await cb.getJson("/")).toEqual({});
  });
});

describe("abort", () => {
  it("rejects with the signal's reason, in every phase, and leaves no listener behind", async () => {
    const { url } = await serve(
      () => {},
      (_, response) => void response.writeHead(200).write("x"),
      (_, response) => void response.writeHead(200).write("x"),
      [429, "slow", { "retry-after": "60" }],
    );
    const reason = new Error("enough");
    const sleeper: Clock = {
      now: () => 0,
      sleep: (_, signal) => new Promise((_r, reject) => signal?.addEventListener("abort", () => reject(reason))),
    };
    const cb = transport(url, { clock: sleeper });
    for (const start of [
      (signal: AbortSignal) => cb.getJson("/", undefined, { signal }),
      (signal: AbortSignal) => cb.getJson("/", undefined, { signal }),
      async (signal: AbortSignal) => buffer((await cb.request({ method: "GET", path: "/", signal })).stream()),
      (signal: AbortSignal) => cb.getJson("/", undefined, { signal }),
    ]) {
      const controller = new AbortController();
      const work = start(controller.signal);
      setTimeout(() => controller.abort(reason), 100);
      await expect(work).rejects.toBe(reason);
    }
    await expect(cb.getJson("/", undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("removes its listener when the call is done", async () => {
    const { url } = await serve([200, {}]);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await transport(url).getJson("/", undefined, { signal });
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });
});

describe("redirects", () => {
  it("are followed on the same server, for reads", async () => {
    const { url, seen } = await serve([302, "", { location: "/moved?x=1" }], [200, { ok: 1 }]);
    expect(await transport(url).getJson("/api/a")).toEqual({ ok: 1 });
    expect(seen.map((request) => [request.url, request.headers["x-auth-token"]])).toEqual([
      ["/api/a", TOKEN],
      ["/moved?x=1", TOKEN],
    ]);
    const loop = await serve([302, "", { location: "/again" }]);
    expect((await failure(transport(loop.url).getJson("/"), errors.ClientError)).code).toBe("REDIRECT");
    expect(loop.seen.length).toBe(11);
  });

  it("are not followed for writes, nor to another server", async () => {
    const other = await serve([200, {}]);
    const { url, seen } = await serve(
      [307, "", { location: "/x" }],
      [302, "", { location: `${other.url}/x?signature=HIDDEN` }],
    );
    await failure(transport(url).exchange({ method: "POST", path: "/", json: {} }), errors.ClientError);
    const error = await failure(transport(url).getJson("/"), errors.ClientError);
    expect(error.message).toContain(other.url);
    expect(error.message).not.toContain("HIDDEN");
    expect(other.seen.length).toBe(0);
    expect(seen.length).toBe(2);
  });

  it("never take the token to another server, even where they are followed", async () => {
    const headers: Headers[] = [];
    const fetch = async (url: string, init: RequestInit) => {
      headers.push(new Headers(init.headers));
      if (url.startsWith("https://files.example/")) return new Response("MZ");
      return new Response(null, { status: 302, headers: { location: "https://files.example/f?sig=1" } });
    };
    const cb = transport("https://cb.example", { fetch });
    await failure(cb.exchange({ method: "GET", path: "/f" }), errors.ClientError);
    const response = await cb.request({ method: "GET", path: "/f", followCrossOrigin: true });
    expect(await text(response.stream())).toBe("MZ");
    expect(headers.map((sent) => sent.get("x-auth-token"))).toEqual([TOKEN, TOKEN, null]);
  });
});

describe("telling about requests", () => {
  it("prints the lines of the guide, secrets masked", async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const { url } = await serve([200, {}]);
    const cb = transport(url, { logger: { debug: print, info: print, warn: print, error: print } });
    await cb.exchange({ method: "PUT", path: "/api/user/x?token=HIDDEN", json: { password: "HIDDEN", name: "x" } });
    expect(lines[1]).toBe('Sending HTTP PUT /api/user/x?token=******** with {"name": "x", "password": "********"}');
    expect(lines[2]).toMatch(/^HTTP PUT \/api\/user\/x\?token=\*{8} took \d+\.\d{3}s \(response 200\)$/);
    expect(lines.filter((line) => line.includes("not encrypted")).length).toBe(1);
    expect(lines.join()).not.toMatch(new RegExp(`HIDDEN|${TOKEN}`));
  });

  it("publishes each exchange", async () => {
    const { url } = await serve([502, "x"], [200, {}]);
    const messages: RequestDiagnostics[] = [];
    const listener = (message: unknown) => void messages.push(message as RequestDiagnostics);
    diagnostics.subscribe("cbapi:request", listener);
    try {
      await transport(url).getJson("/api/x");
      await transport("http://127.0.0.1:1", { maxRetries: 0 })
        .getJson("/")
        .catch(() => {});
    } finally {
      diagnostics.unsubscribe("cbapi:request", listener);
    }
    expect(messages).toMatchObject([
      { method: "GET", path: "/api/x", status: 502, attempt: 1, error: undefined },
      { method: "GET", path: "/api/x", status: 200, attempt: 2 },
      { path: "/", status: undefined, error: expect.any(Error) as Error },
    ]);
    expect(messages[0]?.duration).toBeGreaterThan(0);
  });

  it("shows no token when printed", async () => {
    const { url } = await serve([200, {}]);
    const cb = transport(url);
    const response = await cb.exchange({ method: "GET", path: "/" });
    expect(inspect([cb, response], { depth: 9, showHidden: true })).not.toContain(TOKEN);
  });
});

describe("a function in place of the wire", () => {
  const answers = (fetch: TransportOptions["fetch"], options: Partial<TransportOptions> = {}) =>
    transport("https://cb.example", { fetch, ...options });

  it("carries everything", async () => {
    const seen: [string, RequestInit][] = [];
    const cb = answers(async (url, init) => {
      seen.push([url, init]);
      return Response.json({ ok: 1 }, { status: seen.length === 1 ? 502 : 200 });
    });
    expect(await cb.getJson("/a", { b: 1 })).toEqual({ ok: 1 });
    expect(seen[1]?.[0]).toBe("https://cb.example/a?b=1");
    expect(new Headers(seen[1]?.[1].headers).get("x-auth-token")).toBe(TOKEN);
  });

  it("has its failures explained, and its time limited", async () => {
    const broken = answers(() =>
      Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ECONNRESET" }) })),
    );
    expect((await failure(broken.getJson("/"), errors.ConnectionError)).kind).toBe("reset");
    const silent = answers(() => new Promise<Response>(() => {}), { timeout: 100 });
    expect((await failure(silent.getJson("/"), errors.TimeoutError)).phase).toBe("headers");
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const waiting = answers(() => new Promise<Response>(() => {})).getJson("/", undefined, {
      signal: controller.signal,
    });
    await expect(waiting).rejects.toBe(reason);
  });
});

describe("closing", () => {
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
