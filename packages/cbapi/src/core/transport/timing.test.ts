import type { RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { failure, jumping, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import type { Clock } from "../clock.js";
import { resolveCredentials } from "../credentials/index.js";
import * as errors from "../errors.js";

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
    // Ten pauses are twice as long as the limit, and none of them is as long.
    const [timeout, pause, parts] = [250, 50, 10];
    let ended = 0;
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      let count = 0;
      const timer = setInterval(() => {
        if (++count <= parts) response.write("x");
      }, pause);
      response.on("close", () => {
        ended++;
        clearInterval(timer);
      });
    });
    const response = await transport(url).request({ method: "GET", path: "/", timeout });
    let received = 0;
    const read = async () => {
      for await (const chunk of response.stream()) received += (chunk as Buffer).length;
    };
    const error = await failure(read(), errors.TimeoutError);
    expect(error).toMatchObject({ phase: "body", timeout });
    expect(received).toBe(parts);
    await vi.waitFor(() => expect(ended).toBe(1));
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

  it("credentials that do not come, or come late", async () => {
    const never = transport("https://cb.example", { credentials: () => new Promise<never>(() => {}) });
    const error = await failure(never.getJson("/x", undefined, { timeout: 100 }), errors.TimeoutError);
    expect(error).toMatchObject({ phase: "connect", timeout: 100, path: "/x" });
    expect(error.message).toContain("credential provider");
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(never.getJson("/", undefined, { signal: controller.signal })).rejects.toBe(reason);

    // The time that they took is taken from the call's.
    const { url, seen } = await serve(hang);
    const clock = jumping();
    const hours = 5 * 3_600_000;
    const late = transport(url, {
      clock,
      credentials: async () => {
        await clock.sleep(hours - 100);
        return resolveCredentials("response", { url, token: TOKEN });
      },
    });
    // By a real clock the server is given what is left of the hours, or nobody would see the end of this.
    const silent = await failure(late.getJson("/", undefined, { timeout: hours }), errors.TimeoutError);
    expect(silent).toMatchObject({ phase: "headers", timeout: hours });
    expect([seen.length, clock.pauses]).toEqual([1, [hours - 100]]);
  });

  it("Infinity means none, and no length of time fires at once", async () => {
    const { url } = await serve((_, response) => void setTimeout(() => response.end("{}"), 50));
    for (const timeout of [Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40]) {
      expect(await transport(url, { timeout }).getJson("/")).toEqual({});
      expect(await transport(url).getJson("/", undefined, { timeout })).toEqual({});
    }
    for (const timeout of [Number.NaN, -5]) {
      const error = await failure(transport(url).getJson("/", undefined, { timeout }), errors.CbApiError);
      expect(error).toMatchObject({ code: "INVALID_OPTION", retryable: false });
    }
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
    expect(added).toHaveBeenCalled();
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });
});
