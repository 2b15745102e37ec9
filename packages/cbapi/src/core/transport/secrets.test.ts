import diagnostics from "node:diagnostics_channel";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { failure, listen, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";
import { MASK } from "./redact.js";
import type { RequestDiagnostics } from "./types.js";

describe("plain http", () => {
  it("never goes through a proxy: it would take the token off this machine", async () => {
    const { url, seen } = await serve([200, {}]);
    const other = createServer();
    let tunnels = 0;
    other.on("connect", (_, socket) => {
      tunnels++;
      socket.destroy();
    });
    other.on("request", (_, response) => {
      tunnels++;
      response.end("{}");
    });
    const proxy = await listen(other);
    const environment = { http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy };
    await transport(url, { environment }, { ignoreSystemProxy: false }).getJson("/");
    await transport(url, {}, { proxy }).getJson("/");
    expect(seen.length).toBe(2);
    expect(tunnels).toBe(0);
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

describe("a secret that is echoed", () => {
  it("stays out of the error for a redirect", async () => {
    const { url } = await serve([302, "", { location: `https://u:HIDDEN@files.example/${TOKEN}/f?sig=HIDDEN` }]);
    const error = await failure(transport(url).getJson("/"), errors.ClientError);
    expect(error.message).toContain("files.example");
    expect(error.message).not.toContain("HIDDEN");
  });

  it("stays out of errors, logs and the diagnostics channel when the caller put it into the path", async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const messages: unknown[] = [];
    const listener = (message: unknown) => void messages.push(message);
    diagnostics.subscribe("cbapi:request", listener);
    onTestFinished(() => void diagnostics.unsubscribe("cbapi:request", listener));
    const { url, seen } = await serve([404, "none"], [503, "later"], [200, {}]);
    const cb = transport(url, { logger: { debug: print, info: print, warn: print, error: print } });
    const error = await failure(cb.getJson(`/api/user/${TOKEN}`, { q: `x ${TOKEN}` }), errors.ObjectNotFoundError);
    expect(error.path).toBe("/api/user/********?q=x+********");
    await cb.getJson(`/${TOKEN}`);
    await failure(cb.getJson(`no-slash/${TOKEN}?password=HIDDEN`), errors.CbApiError).then(({ message }) => {
      expect(message).not.toContain("HIDDEN");
    });
    expect(seen[0]?.url).toContain(TOKEN);
    expect(lines.length).toBeGreaterThan(3);
    expect(messages.length).toBe(3);
    expect(inspect([lines, messages])).not.toContain(TOKEN);
  });

  it("stays out of an error's text, wherever the text was cut", async () => {
    const { url } = await serve([500, TOKEN.repeat(4000)], [500, `${"x".repeat(65_530)}${TOKEN}`]);
    const cb = transport(url);
    for (const beginning of [MASK, "xxx"]) {
      const error = await failure(cb.getJson("/"), errors.ServerError);
      expect(error.serverMessage).not.toContain(TOKEN.slice(0, 4));
      expect(error.serverMessage?.startsWith(beginning)).toBe(true);
    }
  });

  it("is taken out of any text on request", async () => {
    const { url } = await serve([200, {}]);
    const cb = transport(url);
    await cb.getJson("/");
    expect(cb.withoutSecrets(`{"auth_token": "HIDDEN", "result": "no ${TOKEN}"}`)).toBe(
      '{"auth_token": "********", "result": "no ********"}',
    );
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

  it("masks documents before they are written, and shows no body without named fields", async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const { url } = await serve([200, {}]);
    const cb = transport(url, { logger: { debug: print, info: print, warn: print, error: print } });
    const form = new FormData();
    form.append("file", "HIDDEN");
    const json = { password: ["a]b", "HIDDEN"], list: [{ token: { deep: "HIDDEN" }, kept: TOKEN }] };
    await cb.exchange({ method: "POST", path: "/", json });
    await cb.exchange({ method: "POST", path: "/", body: "password=HIDDEN&api_token=HIDDEN" });
    await cb.exchange({ method: "POST", path: "/", body: Buffer.from("HIDDEN") });
    await cb.exchange({ method: "POST", path: "/", body: form });
    await cb.exchange({ method: "POST", path: "/", body: Readable.from(["HIDDEN"]) });
    const sent = lines.filter((line) => line.startsWith("Sending")).map((line) => line.replace(/.* with /, ""));
    expect(sent).toEqual([
      '{"list": [{"kept": "********", "token": "********"}], "password": "********"}',
      "<32 bytes>",
      "<6 bytes>",
      expect.stringMatching(/^<\d+ bytes>$/) as string,
      "<stream>",
    ]);
    expect(lines.join()).not.toMatch(/HIDDEN|SECRET/);
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
