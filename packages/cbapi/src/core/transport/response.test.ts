import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { failure, type Step, serve, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";

const GET = { method: "GET", path: "/" } as const;

describe("The body of an answer", () => {
  it("is read in the form that is asked for first", async () => {
    const { url } = await serve([200, '{"a":1}']);
    const cb = transport(url);
    expect(await (await cb.request(GET)).text()).toBe('{"a":1}');
    expect(await (await cb.request(GET)).json()).toEqual({ a: 1 });
    expect(Buffer.from(await (await cb.request(GET)).bytes()).toString()).toBe('{"a":1}');
    expect(await text((await cb.request(GET)).stream())).toBe('{"a":1}');
  });

  it("loses a byte order mark as text, and nothing that resembles one", async () => {
    for (const words of ["\ufec0 alef", "\u1eff middle", "\u0eff", "end"]) {
      const { url } = await serve([200, words], [200, `\ufeff${words}`]);
      const cb = transport(url);
      expect(await (await cb.exchange(GET)).text()).toBe(words);
      expect(await (await cb.exchange(GET)).text()).toBe(words);
    }
  });

  it("is a stream of bytes, also when it was read before", async () => {
    const { url } = await serve([200, "MZ\u0000program"]);
    for (const read of ["request", "exchange"] as const) {
      const stream = (await transport(url)[read](GET)).stream();
      await once(stream, "readable");
      expect(stream.read(2)).toEqual(Buffer.from("MZ"));
      expect(await text(stream)).toBe("\u0000program");
    }
  });

  it("can be taken as a stream once", async () => {
    const { url } = await serve([200, "x"]);
    const response = await transport(url).request(GET);
    const stream = response.stream();
    await failure(response.text(), errors.CbApiError);
    expect(() => response.stream()).toThrow(expect.objectContaining({ code: "BODY_TAKEN" }));
    expect(await text(stream)).toBe("x");
  });

  it("is not dropped while somebody reads it", async () => {
    const { url } = await serve([200, "x".repeat(1_000_000)]);
    for (const options of [{}, { fetch: globalThis.fetch }]) {
      const response = await transport(url, options).request(GET);
      const stream = response.stream();
      await response.discard();
      expect((await buffer(stream)).length).toBe(1_000_000);
    }
  });

  it("is decompressed no faster than it is read", async () => {
    const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const { url } = await serve([200, packed, { "content-encoding": "gzip" }]);
    const stream = (await transport(url).request(GET)).stream();
    await once(stream, "readable");
    const whole = await promisify(gunzip)(packed); // in this time, all of it could have been decompressed
    expect(stream.readableLength).toBeLessThan(1024 * 1024);
    let received = 0;
    for await (const chunk of stream) received += (chunk as Buffer).length;
    expect(received).toBe(whole.length);
  });

  it("is absent where the headers alone speak of it", async () => {
    const headers = { "content-encoding": "gzip" };
    const { url } = await serve([200, "", headers], [304, "", headers], [200, "", headers], [304, "", headers]);
    const cb = transport(url);
    expect(await text((await cb.request({ method: "HEAD", path: "/" })).stream())).toBe("");
    expect(await text((await cb.request(GET)).stream())).toBe("");
    expect(await (await cb.exchange({ method: "HEAD", path: "/" })).text()).toBe("");
    expect(await (await cb.exchange(GET)).text()).toBe("");
  });

  it("that is stopped by a reason that is no error ends in one that has it as its cause", async () => {
    const { url } = await serve((_, response) => void response.writeHead(200).write("x"));
    const controller = new AbortController();
    const stream = (await transport(url).request({ ...GET, signal: controller.signal })).stream();
    stream.once("data", () => controller.abort("enough"));
    expect(await failure(once(stream, "end"), Error)).toMatchObject({ cause: "enough" });
  });
});

describe("A document", () => {
  it.each(["{a: 1}", '{"a": x}', "          {a: 1}", "[1,, 2]"])(
    "that is wrong is not taken for one that is cut off: %j",
    async (body) => {
      const { url, seen } = await serve([200, body]);
      const error = await failure(transport(url).getJson("/"), errors.ServerError);
      expect(error.code).toBe("NOT_JSON");
      expect(seen.length).toBe(1);
    },
  );

  it.each(['{"a": 1', '{"a": tru', '{"a": "tex', '{"a": {"b": 1} \n\n', '[{"a": [1]}', ' {"a":'])(
    "that is cut off is asked for again: %j",
    async (body) => {
      const { url, seen } = await serve([200, body], [200, { a: 1 }]);
      expect(await transport(url).getJson("/")).toEqual({ a: 1 });
      expect(seen.length).toBe(2);
    },
  );

  it("that is wrong is told of by the place, and not by what it says", async () => {
    const { url } = await serve([200, "{HIDDEN: 1}"], [200, '["HIDDEN", x]']);
    const causes = [];
    for (let i = 0; i < 2; i++) causes.push((await failure(transport(url).getJson("/"), errors.ServerError)).cause);
    expect(causes).toMatchObject([{ message: "position 1" }, { message: "invalid JSON" }]);
  });

  it("that is cut off after a write is no invitation to repeat it", async () => {
    const torn: Step = [200, '{"result": "succ'];
    const { url, seen } = await serve(torn);
    const cb = transport(url, { maxRetries: 0 });
    const messageOf = async (method: string) =>
      (await failure(cb.exchangeJson({ method, path: "/" }), errors.ConnectionError)).message;
    expect(await messageOf("PUT")).toMatch(/look what the server has before you send it again/);
    expect(await messageOf("GET")).toMatch(/try again/);
    expect(seen.length).toBe(2);
  });
});
