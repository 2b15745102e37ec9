import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { failure, listen, transport } from "../../test-support/transport-server.js";
import { ConnectionError, TimeoutError } from "../errors.js";

const coded = (code: string, message = `it said ${code}`): Error => Object.assign(new Error(message), { code });

/** A client whose every exchange breaks for this reason, and which may repeat it once. */
const breaking = (reason: Error) =>
  transport("https://cb.example", { fetch: () => Promise.reject(reason), maxRetries: 1 });

describe("What breaks an exchange", () => {
  it.each([
    [coded("ENOTFOUND"), "dns", "DNS_FAILED", "it said ENOTFOUND", false],
    [coded("EAI_AGAIN"), "dns", "DNS_FAILED", "it said EAI_AGAIN", true],
    [coded("ECONNREFUSED"), "refused", "CONNECTION_REFUSED", "(it said ECONNREFUSED)", true],
    [coded("EHOSTUNREACH"), "refused", "HOST_UNREACHABLE", "no way there (it said EHOSTUNREACH)", true],
    [coded("ENETUNREACH"), "refused", "HOST_UNREACHABLE", "no way there (it said ENETUNREACH)", true],
    [coded("EADDRNOTAVAIL"), "refused", "HOST_UNREACHABLE", "no way there (it said EADDRNOTAVAIL)", true],
    [coded("ECONNRESET"), "reset", "CONNECTION_RESET", "it said ECONNRESET", true],
    [coded("HPE_INVALID_CONSTANT"), "closed", "INVALID_HTTP", "not HTTP", false],
    [coded("CERT_HAS_EXPIRED"), "tls", "TLS_CERT_HAS_EXPIRED", "certificate has expired", false],
    [coded("CERT_NOT_YET_VALID"), "tls", "TLS_CERT_NOT_YET_VALID", "certificate is not valid yet", false],
    [coded("CERT_REVOKED"), "tls", "TLS_FAILED", "it said CERT_REVOKED", false],
    [coded("EPROTO", "routines:\nwrong version number:record.c:354:\n"), "tls", "TLS_FAILED", "record.c:354:)", false],
    // Several addresses were tried: the error around them has a code and says nothing.
    [
      Object.assign(new AggregateError([coded("ECONNREFUSED")], ""), { code: "ECONNREFUSED" }),
      "refused",
      "CONNECTION_REFUSED",
      "(ECONNREFUSED)",
      true,
    ],
    // A DOMException's code is a number.
    [new DOMException("gone", "NetworkError"), "closed", "CONNECTION_CLOSED", "gone", true],
  ] as const)("is named, and repeated where that may help: %s", async (reason, kind, code, words, retryable) => {
    const cb = breaking(reason);
    const error = await failure(cb.getJson("/"), ConnectionError);
    expect(error).toMatchObject({ kind, code, retryable });
    expect(error.message).toContain(words);
    expect(cb.stats.requests).toBe(retryable ? 2 : 1);
  });

  it("may be no error at all", async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- applications do
    const cb = transport("https://cb.example", { fetch: () => Promise.reject("no"), maxRetries: 0 });
    expect(await failure(cb.getJson("/"), ConnectionError)).toMatchObject({
      kind: "closed",
      code: "CONNECTION_CLOSED",
    });
  });

  it("may be a limit of time that was not the call's: it is not named as that", async () => {
    for (const code of ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]) {
      const cb = breaking(coded(code));
      const error = await failure(cb.getJson("/"), TimeoutError);
      expect(error.phase).toBe("connect");
      expect(error.message).not.toMatch(/within|120000/);
      expect(cb.stats.requests).toBe(2);
    }
  });

  it.each([
    [403, 1],
    [500, 2],
    [503, 2],
  ])("may be a proxy that answers %i: asked %i times", async (status, asked) => {
    let tunnels = 0;
    const server = createServer().on("connect", (_, socket) => {
      tunnels++;
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    });
    const cb = transport("https://cb.example", { maxRetries: 1 }, { proxy: await listen(server) });
    const error = await failure(cb.exchange({ method: "POST", path: "/", json: {} }), ConnectionError);
    expect(error).toMatchObject({ kind: "proxy", code: "PROXY_FAILED", retryable: asked > 1 });
    expect(tunnels).toBe(asked);
  });

  it("may be a proxy that nobody runs any more: that is asked again", async () => {
    const server = createServer();
    const proxy = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const cb = transport("https://cb.example", { maxRetries: 1 }, { proxy });
    expect(await failure(cb.getJson("/"), ConnectionError)).toMatchObject({ code: "PROXY_FAILED", retryable: true });
    expect(cb.stats.requests).toBe(2);
  });
});
