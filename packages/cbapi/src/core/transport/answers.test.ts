import { describe, expect, it, onTestFinished, vi } from "vitest";
import { failure, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";

describe("what cannot be sent", () => {
  it("is refused before anything is tried, and not called a failure of the network", async () => {
    const { url, seen } = await serve([200, {}]);
    const cb = transport(url);
    for (const headers of [
      { "x-a": "one\ntwo" },
      { "x a": "b" },
      { "x-a": "\u{1f600}" },
      { "x-a": undefined as never },
    ]) {
      const error = await failure(cb.exchange({ method: "GET", path: "/", headers }), errors.CbApiError);
      expect(error).toMatchObject({ code: "INVALID_HEADER", retryable: false, name: "CbApiError" });
    }
    const method = await failure(cb.exchange({ method: "G T", path: "/" }), errors.CbApiError);
    expect(method).toMatchObject({ code: "INVALID_REQUEST", retryable: false, name: "CbApiError" });
    await failure(cb.exchange({ method: "GET", path: "/", headers: { upgrade: "x" } }), errors.CbApiError);
    for (const path of ["api", "/api/user/..", "/api/./user", "/api/%2E%2e/user", "/api/.%2e?x=1"]) {
      const error = await failure(cb.exchange({ method: "DELETE", path }), errors.CbApiError);
      expect(error).toMatchObject({ code: "INVALID_PATH", retryable: false });
    }
    expect(seen.length).toBe(0);
    expect(cb.stats.retries).toBe(0);
    for (const path of ["/api/..user/.a/b..", "/api?name=/../x"]) await cb.exchange({ method: "GET", path });
    expect(seen.length).toBe(2);
  });

  it("options that have no meaning are refused by name", () => {
    const wrong = {
      timeout: [Number.NaN, -5, "60" as never],
      maxRetries: [-1, 1.5, Number.NaN],
      poolMaxsize: [-1, 0, 1.5, Number.NaN],
      integrationName: ["a\nb", "\u{1f600}"],
    };
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
        expect(() => transport("https://cb.example", { [name]: value })).toThrow(`${name} cannot be ${shown}: it `);
      }
    }
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

  it("reads no more of an error than it keeps, and does not wait for its end", async () => {
    let written = 0;
    let closed = 0;
    const { url, seen } = await serve(
      (_, response) => {
        response.on("close", () => closed++);
        response.writeHead(503);
        const more = (): void => {
          for (let full = false; !full && !response.destroyed; written += 65536) {
            full = !response.write(Buffer.alloc(65536, "x"));
          }
          response.once("drain", more);
        };
        more();
      },
      (_, response) => {
        response.on("close", () => closed++);
        response.writeHead(503).write("restarting");
      },
      [200, { ok: 1 }],
    );
    // Without a limit of the call's own, the reading of an error alone can end: nothing else would.
    const timers = vi.spyOn(globalThis, "setTimeout");
    onTestFinished(() => timers.mockRestore());
    expect(await transport(url, { timeout: 0 }).getJson("/")).toEqual({ ok: 1 });
    expect(seen.length).toBe(3);
    expect(Math.max(...timers.mock.calls.map(([, milliseconds = 0]) => milliseconds))).toBe(2000);
    await vi.waitFor(() => expect(closed).toBe(2));
    expect(written).toBeLessThan(32 * 1024 * 1024); // what the sockets took, not what a server can write
    const endless = await serve((_, response) => void response.writeHead(500).write("the reason"));
    timers.mockClear();
    const error = await failure(transport(endless.url, { timeout: 200 }).getJson("/"), errors.ServerError);
    expect(error.serverMessage).toBe("the reason");
    expect(Math.max(...timers.mock.calls.map(([, milliseconds = 0]) => milliseconds))).toBeLessThan(2000);
  });

  it("keeps an error's connection when its text is short", async () => {
    const { url, seen } = await serve([500, "x"], [200, {}]);
    const cb = transport(url, { poolMaxsize: 1, maxRetries: 0 });
    await failure(cb.getJson("/"), errors.ServerError);
    await cb.getJson("/");
    expect(seen[1]?.socket.remotePort).toBe(seen[0]?.socket.remotePort);
  });

  it("tells the full address once, also behind a prefix", async () => {
    const { url } = await serve([500, "x"]);
    const error = await failure(transport(`${url}/cb/`).getJson("/api/x"), errors.ServerError);
    expect(error.uri).toBe(`${url}/cb/api/x`);
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

  it("refuses a web page and a torn document in answer to a write, and takes plain text", async () => {
    const page = "<!DOCTYPE html><html>Sign in</html>";
    const { url } = await serve(
      [200, page],
      [200, '{"result": "succ'],
      [200, "Success", { "content-type": "text/html" }],
      [200, page],
    );
    const cb = transport(url);
    const put = { method: "PUT", path: "/", json: {} };
    expect(await failure(cb.exchangeJson(put), errors.ServerError)).toMatchObject({ code: "NOT_JSON", status: 200 });
    expect(await failure(cb.exchangeJson(put), errors.ConnectionError)).toMatchObject({ code: "TRUNCATED_ANSWER" });
    expect(await (await cb.exchangeJson(put)).text()).toBe("Success");
    // Whoever reads raw may want the page.
    expect(await (await cb.exchangeJson({ method: "GET", path: "/" })).text()).toBe(page);
    expect(cb.stats).toEqual({ requests: 4, retries: 0 });
  });
});
