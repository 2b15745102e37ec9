// Addresses that a server gives out and that lead elsewhere: what is sent there, and what is told of it.

import diagnostics from "node:diagnostics_channel";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { cut, failure, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";
import { parseElsewhere } from "./elsewhere.js";

describe("a signed address", () => {
  it("is read without the token, with its query, and whatever the client's own prefix", async () => {
    const own = await serve([200, {}]);
    const store = await serve([200, "MZ..."]);
    const answer = await transport(`${own.url}/prefix`).elsewhere(`${store.url}/a%20b/f.zip?sig=HIDDEN&x=1#end`);
    expect(await text(answer.stream())).toBe("MZ...");
    expect(store.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /a%20b/f.zip?sig=HIDDEN&x=1"]);
    expect(store.seen[0]?.headers["x-auth-token"]).toBeUndefined();
    expect(store.seen[0]?.headers["user-agent"]).toContain("cbapi-ts");
    expect(own.seen).toEqual([]);
  });

  it("may lead on to another server, and the token still goes nowhere", async () => {
    const urls: string[] = [];
    const tokens: (string | null)[] = [];
    const fetch = async (url: string, init: RequestInit) => {
      urls.push(url);
      tokens.push(new Headers(init.headers).get("x-auth-token"));
      const moved = url.startsWith("https://one.example/");
      return moved
        ? new Response(null, { status: 302, headers: { location: "https://two.example/f?sig=2" } })
        : new Response("MZ");
    };
    const answer = await transport("https://cb.example", { fetch }).elsewhere("https://one.example/f?sig=1");
    expect(await text(answer.stream())).toBe("MZ");
    expect(urls).toEqual(["https://one.example/f?sig=1", "https://two.example/f?sig=2"]);
    expect(tokens).toEqual([null, null]);
  });

  it("keeps its query out of errors, logs and the diagnostics channel", async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const messages: unknown[] = [];
    const listener = (message: unknown) => void messages.push(message);
    diagnostics.subscribe("cbapi:request", listener);
    onTestFinished(() => void diagnostics.unsubscribe("cbapi:request", listener));
    const own = await serve([200, {}]);
    const store = await serve(
      [403, "<Error>AccessDenied</Error>"],
      [302, "", { location: "http://127.0.0.1:1/x?sig=HIDDEN" }],
    );
    const client = transport(own.url, { logger: { debug: print, info: print, warn: print, error: print } });
    const denied = await failure(client.elsewhere(`${store.url}/f?sig=HIDDEN`), errors.ClientError);
    expect([denied.status, denied.path, denied.uri]).toEqual([403, "/f", `${store.url}/f`]);
    const moved = await failure(client.elsewhere(`${store.url}/f?sig=HIDDEN`), errors.ClientError);
    expect(moved.code).toBe("REDIRECT");
    expect(lines.length).toBeGreaterThan(1);
    expect(messages.length).toBe(2);
    expect(inspect([denied, moved, lines, messages], { depth: 9 })).not.toContain("HIDDEN");
  });

  it("that breaks off ends its stream with an error that names no query", async () => {
    const own = await serve([200, {}]);
    const store = await serve(cut("MZ"));
    const answer = await transport(own.url).elsewhere(`${store.url}/f?sig=HIDDEN`);
    const error = await failure(text(answer.stream()), errors.ConnectionError);
    expect(inspect(error, { depth: 9 })).not.toContain("HIDDEN");
  });

  it("is sent nothing when it is none that can be trusted", async () => {
    const own = await serve([200, {}]);
    const client = transport(own.url);
    for (const address of [
      "",
      "/f?sig=HIDDEN",
      "no address HIDDEN",
      "http://files.example/f?sig=HIDDEN",
      "ftp://files.example/f?sig=HIDDEN",
      "https://user:HIDDEN@files.example/f",
      undefined as unknown as string,
    ]) {
      const error = await failure(client.elsewhere(address), errors.CbApiError);
      expect(error.code).toBe("INVALID_ADDRESS");
      expect(error.message).not.toContain("HIDDEN");
    }
    expect(own.seen).toEqual([]);
  });

  it("may be plain http on this machine only where the client allows it", () => {
    expect(parseElsewhere("http://127.0.0.1:81/f?a=1", true)).toEqual({
      origin: "http://127.0.0.1:81",
      path: "/f?a=1",
      shown: "/f",
    });
    expect(() => parseElsewhere("http://127.0.0.1:81/f", false)).toThrow(/not encrypted/);
  });

  it("waits for credentials under its own name only", async () => {
    const client = transport("https://cb.example", { credentials: () => new Promise<never>(() => {}) });
    const late = failure(client.elsewhere("https://files.example/f?sig=HIDDEN", { timeout: 20 }), errors.TimeoutError);
    expect((await late).message).toContain("GET /f:");
    expect(inspect(await late, { depth: 9 })).not.toContain("HIDDEN");
    expect(inspect(await late)).not.toContain(TOKEN);
  });
});
