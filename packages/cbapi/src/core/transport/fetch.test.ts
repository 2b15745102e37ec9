import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { failure, type Step, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";

import type { TransportOptions } from "./transport.js";

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
        while (!response.destroyed && written < 1 << 28 && response.write(Buffer.alloc(65536))) written += 65536;
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
  });
});
