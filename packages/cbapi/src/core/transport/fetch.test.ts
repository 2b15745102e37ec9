import { getEventListeners } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { failure, type Step, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";

import type { TransportOptions } from "./transport.js";

/** How many timers keep the program alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

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

  it("is called once for a write that breaks off, which may have been carried out", async () => {
    const calls: string[] = [];
    const reset = () => Promise.reject(Object.assign(new Error("x"), { code: "ECONNRESET" }));
    for (const outcome of [reset, () => new Promise<Response>(() => {})]) {
      const cb = answers(
        (url, { method }) => {
          calls.push(`${method} ${url}`);
          return outcome();
        },
        { timeout: 100 },
      );
      const { message } = await failure(cb.exchange({ method: "POST", path: "/w", json: {} }), errors.CbApiError);
      expect(message).toContain("It may have been carried out");
    }
    expect(calls).toEqual(Array(2).fill("POST https://cb.example/w"));
  });

  it("may take any time where there is no limit", async () => {
    const slow = answers(() => pause(50, Response.json({ ok: 1 })), { maxRetries: 0 });
    expect(await slow.getJson("/", undefined, { timeout: 0 })).toEqual({ ok: 1 });
  });

  it("is told by its signal when time is up, when the caller stops and when the answer is not wanted", async () => {
    const signals: AbortSignal[] = [];
    let cancelled = 0;
    const silent = answers((_, { signal }) => {
      signals.push(signal as AbortSignal);
      return new Promise<Response>(() => {});
    });
    const reason = new Error("enough");
    const caller = new AbortController();
    await failure(silent.getJson("/", undefined, { timeout: 50 }), errors.TimeoutError);
    const stopped = expect(silent.getJson("/", undefined, { signal: caller.signal })).rejects.toBe(reason);
    await vi.waitFor(() => expect(signals.length).toBe(2));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    caller.abort(reason);
    await stopped;
    expect(signals[1]?.aborted).toBe(true);

    const endless = answers(async (_, { signal }) => {
      signals.push(signal as AbortSignal);
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }));
    });
    const response = await endless.request({ method: "GET", path: "/" });
    expect(signals[2]?.aborted).toBe(false);
    await response.discard();
    expect([signals[2]?.aborted, cancelled]).toEqual([true, 1]);
  });

  it("leaves no listener and no timer behind, however its answer is taken", async () => {
    const inner: AbortSignal[] = [];
    let most = 0;
    const cb = answers(async (url, { signal }) => {
      inner.push(signal as AbortSignal);
      if (url.endsWith("/none")) return new Response(null, { status: 204 });
      async function* pieces() {
        for (let count = 0; count < 20; count++) {
          most = Math.max(most, getEventListeners(signal as AbortSignal, "abort").length);
          yield Buffer.from("x");
        }
      }
      return new Response(ReadableStream.from(pieces()));
    });
    const { signal } = new AbortController();
    const before = timers();
    const request = { method: "GET", signal };
    await cb.exchange({ ...request, path: "/whole" });
    await text((await cb.request({ ...request, path: "/stream" })).stream());
    await cb.request({ ...request, path: "/none" }); // nobody reads what has no body
    expect(await text((await cb.request({ ...request, path: "/none" })).stream())).toBe("");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(timers()).toBeLessThan(before + 3); // four would be theirs; one may be the runner's
    expect(most).toBeLessThan(3); // and none for each piece that was waited for
    expect(inner.map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
  });

  it("keeps the program alive while its answer is read, and not while it is left", async () => {
    const cb = answers(async () => new Response(new ReadableStream()));
    const response = await cb.request({ method: "GET", path: "/" });
    const left = timers();
    response.bytes().catch(() => {}); // of an answer that never ends
    expect(timers()).toBe(left + 1);
  });

  it("tells the length of what is not compressed, and not that of what it has unpacked", async () => {
    const unpacked = { "content-length": "2", "content-encoding": "gzip", "x-a": "b" };
    for (const [headers, kept] of [
      [{ "content-length": "2" }, { "content-length": "2" }],
      [unpacked, { "x-a": "b" }],
    ] as const) {
      const cb = answers(async () => new Response("{}", { headers }));
      const response = await cb.exchange({ method: "GET", path: "/" });
      expect(response.headers).toEqual({ "content-type": "text/plain;charset=UTF-8", ...kept });
    }
  });

  it("may be the global one, with a server that compresses", async () => {
    const packed: Step = [200, gzipSync('{"ok":1}'), { "content-encoding": "gzip" }];
    const { url } = await serve(packed, packed);
    const cb = transport(url, { fetch: globalThis.fetch });
    expect(await cb.getJson("/")).toEqual({ ok: 1 });
    const response = await cb.request({ method: "GET", path: "/" });
    expect(await text(response.stream())).toBe('{"ok":1}');
  });

  it("streams as slowly as it is read, and stops when the reader does", async () => {
    let written = 0;
    let closed = false;
    const { url } = await serve((_, response) => {
      response.on("close", () => {
        closed = true;
      });
      const more = (): void => {
        for (let full = false; !full && !response.destroyed && written < 1 << 28; written += 65536) {
          full = !response.write(Buffer.alloc(65536));
        }
        response.once("drain", more);
      };
      more();
    });
    const cb = transport(url, { fetch: globalThis.fetch });
    const stream = (await cb.request({ method: "GET", path: "/" })).stream();
    for await (const chunk of stream) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      break;
    }
    await vi.waitFor(() => expect(closed).toBe(true));
    expect(written).toBeLessThan(1 << 27);
  });

  it("has an error's endless text cut short", async () => {
    const stalled = answers(
      async () => new Response(new ReadableStream({ start: (c) => c.enqueue(Buffer.from("why")) }), { status: 500 }),
      {
        timeout: 200,
      },
    );
    const error = await failure(stalled.getJson("/"), errors.ServerError);
    expect(error.serverMessage).toBe("why");
  });

  it("has what it complains about shown without the token", async () => {
    const broken = answers((url) => Promise.reject(new TypeError(`Failed to fetch ${url}`)), { maxRetries: 0 });
    await failure(broken.getJson(`/${TOKEN}`), errors.ConnectionError);
    const own = Object.assign(new TypeError("fetch failed"), { code: "E_OWN" });
    const failing = answers(() => Promise.reject(own), { maxRetries: 0 });
    expect((await failure(failing.getJson("/"), errors.ConnectionError)).cause).toBe(own);
  });
});
