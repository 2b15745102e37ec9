import { randomBytes } from "node:crypto";
import { getEventListeners, once } from "node:events";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { failure, type Step, serve, transport } from "../../test-support/transport-server.js";
import { CbApiError, ConnectionError } from "../errors.js";
import { tlsOptions } from "./tls.js";
import { UndiciWire } from "./undici-wire.js";

const MB = 1024 * 1024;
const tls = tlsOptions({ ssl_verify: true, ssl_verify_hostname: true, ssl_cert_file: undefined });

/** An answer that goes on until its connection ends, which is told. */
function endless(): { step: Step; closed: () => boolean } {
  let closed = false;
  const step: Step = (_, response) => {
    response.on("close", () => {
      closed = true;
    });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      response.once("drain", more);
    };
    more();
  };
  return { step, closed: () => closed };
}

describe("A body", () => {
  it("of many pieces arrives whole, taken at once or later", async () => {
    const content = randomBytes(3 * MB);
    const { url } = await serve([200, content]);
    const cb = transport(url, { timeout: 5000 });
    const atOnce = await (await cb.exchange({ method: "GET", path: "/" })).bytes();
    expect(content.equals(atOnce)).toBe(true);
    const later = await cb.request({ method: "GET", path: "/" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(content.equals(await later.bytes())).toBe(true);
  });

  it("that is dropped is not read for ever", async () => {
    const { step, closed } = endless();
    const { url } = await serve(step, [200, {}]);
    const cb = transport(url, { poolMaxsize: 1 });
    await (await cb.request({ method: "GET", path: "/" })).discard();
    await vi.waitFor(() => expect(closed()).toBe(true));
    expect(await cb.getJson("/")).toEqual({});
  });

  it("that was stopped before it is taken ends with the caller's reason, in every form", async () => {
    const { url } = await serve((_, response) => void response.writeHead(200).write("x"));
    const cb = transport(url);
    const reason = new Error("enough");
    for (const how of ["bytes", "stream"] as const) {
      const caller = new AbortController();
      const response = await cb.request({ method: "GET", path: "/", signal: caller.signal });
      caller.abort(reason);
      const taken = how === "bytes" ? response.bytes() : buffer(response.stream());
      await expect(taken).rejects.toBe(reason);
      expect(getEventListeners(caller.signal, "abort")).toEqual([]);
    }
  });

  it("that broke off before it is taken is an error, in every form", async () => {
    for (const how of ["bytes", "stream"] as const) {
      const { url, seen } = await serve((_, response) => {
        response.writeHead(200, { "content-length": 10 }).write("x", () => setImmediate(() => response.destroy()));
      });
      const response = await transport(url).request({ method: "GET", path: "/" });
      if (!seen[0]?.socket.destroyed) await once(seen[0]?.socket ?? expect.unreachable(), "close");
      const taken = how === "bytes" ? response.bytes() : buffer(response.stream());
      await failure(taken, ConnectionError);
    }
  });

  it("may be left and taken without any limit of time", async () => {
    let end = (): void => {};
    const { url } = await serve((_, response) => {
      response.writeHead(200).write("x");
      end = () => void response.end("y");
    });
    const cb = transport(url);
    for (const how of ["bytes", "stream"] as const) {
      const response = await cb.request({ method: "GET", path: "/", timeout: 0 });
      const taken = how === "bytes" ? response.bytes() : buffer(response.stream());
      end();
      expect(String(await taken)).toBe("xy");
    }
  });

  it("keeps the program alive while it is read whole", async () => {
    const { url } = await serve((_, response) => void response.writeHead(200).write("x"));
    const alive = (): number => process.getActiveResourcesInfo().length;
    const response = await transport(url).request({ method: "GET", path: "/" });
    const left = alive();
    response.bytes().catch(() => {}); // the client is closed before the end
    await Promise.resolve();
    expect(alive()).toBe(left + 2); // the connection and the time limit
  });
});

describe("An answer's headers", () => {
  it("that are repeated are joined with a comma", async () => {
    const { url } = await serve((_, response) => {
      response.setHeader("set-cookie", ["a=1", "b=2"]).setHeader("x-many", ["1", "2", "3"]).end("{}");
    });
    const { headers } = await transport(url).exchange({ method: "GET", path: "/" });
    expect(headers).toMatchObject({ "set-cookie": "a=1, b=2", "x-many": "1, 2, 3" });
  });
});

describe("A wire", () => {
  it("does not send what was stopped while it was made ready", async () => {
    const { url, seen } = await serve([200, {}]);
    const wire = new UndiciWire({
      origin: url,
      tls,
      proxyFor: () => undefined,
      timeout: 1000,
      connections: 1,
      block: false,
    });
    onTestFinished(() => wire.close());
    const caller = new AbortController();
    const reason = new Error("enough");
    const request = { origin: url, path: "/", method: "GET", headers: [], body: undefined, timeout: 1000 };
    const kind = { longPoll: false, mayBeLeft: false };
    const sent = wire.send({ ...request, ...kind, signal: caller.signal });
    caller.abort(reason);
    await expect(sent).rejects.toBe(reason);
    expect((await wire.send({ ...request, ...kind, path: "/next", signal: undefined })).status).toBe(200);
    expect(seen.map((each) => each.url)).toEqual(["/next"]);
  });

  it("that carried nothing is closed without a word", async () => {
    const cb = transport("http://127.0.0.1:1");
    await failure(cb.getJson("no-slash"), CbApiError);
    await expect(cb.close()).resolves.toBeUndefined();
  });
});
