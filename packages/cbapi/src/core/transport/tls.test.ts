import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Identity, issue } from "../../test-support/certificates.js";
import { systemClock } from "../clock.js";
import { type CredentialOverrides, resolveCredentials } from "../credentials/index.js";
import { ConnectionError, CredentialError, TimeoutError } from "../errors.js";
import { Transport, type TransportOptions } from "./transport.js";

const TOKEN = "SECRETTOKEN0123456789";

let directory: string;
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
let root: Identity;
let middle: Identity;
let otherRoot: Identity;
let leaf: Identity;
let deepLeaf: Identity;
let secondLeaf: Identity;
let selfSigned: Identity;
let expired: Identity;
let elsewhere: Identity;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tls-test-"));
  root = await issue("Root", { ca: true });
  otherRoot = await issue("Other root", { ca: true });
  middle = await issue("Middle", { issuer: root, ca: true });
  leaf = await issue("leaf", { issuer: root });
  deepLeaf = await issue("deep leaf", { issuer: middle });
  secondLeaf = await issue("second leaf", { issuer: root });
  selfSigned = await issue("self");
  expired = await issue("expired", { issuer: root, days: [-30, -1] });
  elsewhere = await issue("elsewhere", { issuer: root, hosts: ["elsewhere"] });
});
afterAll(() => rmSync(directory, { recursive: true }));

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    close: () => {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

/** A server with this certificate; the requests that reach it are counted. */
async function serve(identity: Identity, chain = ""): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer({ cert: identity.cert + chain, key: identity.key }, (request, response) => {
    seen.push(request);
    response.end('{"ok":1}');
  });
  server.on("tlsClientError", () => {});
  return { url: `https://127.0.0.1:${await listen(server)}`, seen };
}

function transport(
  url: string,
  credentials: CredentialOverrides = {},
  options: Partial<TransportOptions> = {},
): Transport {
  const made = new Transport({
    credentials: () => resolveCredentials("response", { url, token: TOKEN, ignoreSystemProxy: true, ...credentials }),
    clock: systemClock,
    maxRetries: 0,
    ...options,
  });
  open.push(made);
  return made;
}

async function refused(cb: Transport): Promise<ConnectionError> {
  const error: unknown = await cb.getJson("/api/info").then(
    () => "no error",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionError);
  expect(inspect(error, { depth: 9 })).not.toContain(TOKEN);
  return error as ConnectionError;
}

describe("verification", () => {
  it("refuses unknown authorities and names the keys that help", async () => {
    const { url, seen } = await serve(leaf);
    const error = await refused(transport(url, {}, { maxRetries: 3 }));
    expect(error).toMatchObject({ kind: "tls", code: "TLS_UNTRUSTED", retryable: false });
    expect(error.message).toMatch(/ssl_cert_file.*ssl_verify/s);
    expect(error.message).toContain(url);
    expect(seen.length).toBe(0);
    expect(await refused(transport((await serve(selfSigned)).url))).toMatchObject({ code: "TLS_SELF_SIGNED" });
  });

  it("refuses expired certificates and other host names, even from a trusted authority", async () => {
    const sslCertFile = file("root.pem", root.cert);
    const late = await refused(transport((await serve(expired)).url, { sslCertFile }));
    expect(late).toMatchObject({ kind: "tls", code: "TLS_CERT_HAS_EXPIRED" });
    const name = await refused(transport((await serve(elsewhere)).url, { sslCertFile }));
    expect(name).toMatchObject({ kind: "tls", code: "TLS_HOST_MISMATCH" });
    expect(name.message).toContain("ssl_verify_hostname");
  });

  it("can leave out the host name only, or everything; each is logged once", async () => {
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (line: string) => void warnings.push(line) };
    const sslCertFile = file("root.pem", root.cert);
    const named = transport((await serve(elsewhere)).url, { sslCertFile, sslVerifyHostname: false }, { logger });
    expect(await named.getJson("/")).toEqual({ ok: 1 });
    await named.getJson("/");
    expect(warnings).toEqual([expect.stringContaining("ssl_verify_hostname=false")]);
    expect(
      await refused(transport((await serve(expired)).url, { sslCertFile, sslVerifyHostname: false })),
    ).toMatchObject({ kind: "tls" });
    expect(await transport((await serve(expired)).url, { sslVerify: false }, { logger }).getJson("/")).toEqual({
      ok: 1,
    });
    expect(warnings[1]).toContain("ssl_verify=false");
  });

  it("is not turned off by the process's environment", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      expect(await refused(transport((await serve(leaf)).url))).toMatchObject({ kind: "tls" });
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it("refuses TLS below 1.2 and servers without TLS", async () => {
    const old = createServer({
      cert: leaf.cert,
      key: leaf.key,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    old.on("tlsClientError", () => {});
    expect(await refused(transport(`https://127.0.0.1:${await listen(old)}`, { sslVerify: false }))).toMatchObject({
      kind: "tls",
    });
    const bare = createHttpServer().on("clientError", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await refused(transport(`https://127.0.0.1:${await listen(bare)}`));
    expect(error).toMatchObject({ kind: "tls", code: "TLS_FAILED" });
  });
});

describe("ssl_cert_file", () => {
  it("an authority: the chain must end there", async () => {
    const { url } = await serve(leaf);
    expect(await transport(url, { sslCertFile: file("ca.pem", root.cert) }).getJson("/")).toEqual({ ok: 1 });
    expect(await refused(transport(url, { sslCertFile: file("wrong.pem", otherRoot.cert) }))).toMatchObject({
      kind: "tls",
      code: "TLS_UNTRUSTED",
    });
    const deep = await serve(deepLeaf, middle.cert);
    expect(await transport(deep.url, { sslCertFile: file("middle.pem", middle.cert) }).getJson("/")).toEqual({ ok: 1 });
  });

  it("a server's certificate: it must be this very one", async () => {
    for (const identity of [leaf, selfSigned]) {
      const sslCertFile = file("pin.pem", identity.cert);
      const { url } = await serve(identity);
      expect(await transport(url, { sslCertFile }).getJson("/")).toEqual({ ok: 1 });
    }
    const { url } = await serve(secondLeaf);
    const other = await refused(transport(url, { sslCertFile: file("pin.pem", leaf.cert) }));
    expect(other.kind).toBe("tls");
    // With its authority in the file the chain is fine, yet the certificate is not the pinned one.
    const mixed = file("mixed.pem", leaf.cert + root.cert);
    expect(await refused(transport(url, { sslCertFile: mixed }))).toMatchObject({ code: "TLS_PIN_MISMATCH" });
    expect(await transport((await serve(leaf)).url, { sslCertFile: mixed }).getJson("/")).toEqual({ ok: 1 });
  });

  it("dates and host names still count for a pinned certificate", async () => {
    const pins = file("pins.pem", expired.cert + elsewhere.cert);
    expect(await refused(transport((await serve(expired)).url, { sslCertFile: pins }))).toMatchObject({
      code: "TLS_CERT_HAS_EXPIRED",
    });
    const { url } = await serve(elsewhere);
    expect(await refused(transport(url, { sslCertFile: pins }))).toMatchObject({ code: "TLS_HOST_MISMATCH" });
    expect(await transport(url, { sslCertFile: pins, sslVerifyHostname: false }).getJson("/")).toEqual({ ok: 1 });
  });

  it("must be there and hold a certificate", async () => {
    for (const sslCertFile of [join(directory, "none.pem"), file("empty.pem", "nothing")]) {
      const cb = transport("https://127.0.0.1:1", { sslCertFile });
      await expect(cb.getJson("/")).rejects.toThrow(CredentialError);
      await expect(cb.getJson("/")).rejects.toThrow(sslCertFile);
    }
    const unreadable = transport("https://127.0.0.1:1", { sslCertFile: directory });
    await expect(unreadable.getJson("/")).rejects.toThrow("cannot be read");
  });
});

describe("silence", () => {
  it("while TLS is set up is a timeout of the connection", async () => {
    /** How each connection that reached the server ended there, in the order of their ends. */
    const ended: number[] = [];
    let reached = 0;
    const mute = createTcpServer((socket) => {
      const number = ++reached;
      socket.on("error", () => {}).on("close", () => ended.push(number));
      socket.resume();
    });
    const url = `https://127.0.0.1:${await listen(mute)}`;
    // One without a limit, which was there before: were the time another than the call's, it would end first.
    const stop = new AbortController();
    const reason = new Error("enough");
    const patient = transport(url, {}, { timeout: 0 }).getJson("/", undefined, { signal: stop.signal });
    const givenUp = expect(patient).rejects.toBe(reason);
    await vi.waitFor(() => expect(reached).toBe(1));
    const error: unknown = await transport(url, {}, { timeout: 200 })
      .getJson("/")
      .catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ phase: "connect", timeout: 200 });
    await vi.waitFor(() => expect(ended).toEqual([2]));
    stop.abort(reason);
    await givenUp;
  });
});

describe("proxies", () => {
  /** A proxy that opens tunnels for this user, or does something worse; spoken to over TLS if it has a certificate. */
  async function proxy(behaviour: "tunnel" | "drop" | "hang" | "speak" | number = "tunnel", identity?: Identity) {
    const seen: { target: string; authorization: string | undefined }[] = [];
    const server = identity === undefined ? createHttpServer() : createServer(identity).on("tlsClientError", () => {});
    server.on("connect", (request, socket) => {
      socket.on("error", () => {});
      const authorization = request.headers["proxy-authorization"];
      seen.push({ target: request.url ?? "", authorization });
      if (behaviour === "drop") return socket.destroy();
      if (behaviour === "hang") return undefined;
      if (behaviour === "speak") return socket.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 503 No\r\n\r\n");
      if (typeof behaviour === "number") return socket.end(`HTTP/1.1 ${behaviour} No\r\n\r\n`);
      if (authorization !== `Basic ${Buffer.from("me:p@ss").toString("base64")}`) {
        return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      }
      const [host, port] = (request.url ?? "").split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      return onward;
    });
    return { port: await listen(server), seen };
  }

  it("carry requests through a tunnel, with user and password, verified as without", async () => {
    const { url, seen } = await serve(leaf);
    const { port, seen: tunnels } = await proxy();
    const cb = transport(
      url,
      {
        sslCertFile: file("root.pem", root.cert),
        proxy: `http://me:p%40ss@127.0.0.1:${port}/`,
      },
      { poolMaxsize: 1 },
    );
    await cb.getJson("/1");
    await cb.getJson("/2");
    expect(tunnels).toEqual([{ target: new URL(url).host, authorization: expect.any(String) as string }]);
    expect(seen.map((request) => request.headers["proxy-authorization"])).toEqual([undefined, undefined]);
    expect(await refused(transport(url, { proxy: `http://me:p%40ss@127.0.0.1:${port}` }))).toMatchObject({
      kind: "tls",
    });
    const wrongName = await serve(elsewhere);
    const named = transport(wrongName.url, {
      sslCertFile: file("root.pem", root.cert),
      proxy: `http://me:p%40ss@127.0.0.1:${port}`,
    });
    expect(await refused(named)).toMatchObject({ code: "TLS_HOST_MISMATCH" });
  });

  it("are taken from the system unless told otherwise", async () => {
    const { url } = await serve(leaf);
    const { port, seen } = await proxy();
    const environment = { HTTPS_PROXY: `http://me:p%40ss@127.0.0.1:${port}` };
    const sslCertFile = file("root.pem", root.cert);
    await transport(url, { sslCertFile, ignoreSystemProxy: false }, { environment }).getJson("/");
    expect(seen.length).toBe(1);
    await transport(url, { sslCertFile, ignoreSystemProxy: true }, { environment }).getJson("/");
    await transport(
      url,
      { sslCertFile, ignoreSystemProxy: false },
      { environment: { ...environment, NO_PROXY: "127.0.0.1" } },
    ).getJson("/");
    expect(seen.length).toBe(1);
  });

  it("say what is wrong with them, without the password", async () => {
    const { port } = await proxy();
    const denied = await refused(transport("https://127.0.0.1:1", { proxy: `http://me:HIDDEN@127.0.0.1:${port}` }));
    expect(denied).toMatchObject({ kind: "proxy", code: "PROXY_AUTHENTICATION", retryable: false });
    expect(inspect(denied, { depth: 9 })).not.toMatch(/HIDDEN|undefined/);
    const forbidding = await proxy(403);
    expect(await refused(transport("https://127.0.0.1:1", { proxy: `127.0.0.1:${forbidding.port}` }))).toMatchObject({
      kind: "proxy",
      code: "PROXY_FAILED",
    });
    const dead = await refused(transport("https://127.0.0.1:1", { proxy: "http://127.0.0.1:1" }));
    expect(dead.kind).toBe("proxy");
    expect(dead.cause).toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  it("are spoken to over TLS if their address says so, and verified unless nothing is", async () => {
    const { url } = await serve(leaf);
    const { port, seen } = await proxy("tunnel", selfSigned);
    const address = `https://me:p%40ss@127.0.0.1:${port}`;
    expect(await transport(url, { sslVerify: false, proxy: address }).getJson("/")).toEqual({ ok: 1 });
    expect(seen.length).toBe(1);
    const error = await refused(transport(url, { sslCertFile: file("root.pem", root.cert), proxy: address }));
    expect(error).toMatchObject({ kind: "proxy", code: "PROXY_FAILED" });
    expect(seen.length).toBe(1);
  });

  it("that say more than that the tunnel is open are no servers with TLS", async () => {
    const { port } = await proxy("speak");
    const cb = transport("https://127.0.0.1:1", { proxy: `http://127.0.0.1:${port}` });
    expect(await refused(cb)).toMatchObject({ kind: "tls", code: "TLS_FAILED" });
  });

  it("that drop tunnels are asked once per attempt, not for ever", async () => {
    const { port, seen } = await proxy("drop");
    const cb = transport(
      "https://127.0.0.1:1",
      { proxy: `http://127.0.0.1:${port}` },
      { maxRetries: 1, random: () => 0.9 },
    );
    expect((await refused(cb)).kind).toBe("proxy");
    expect(seen.length).toBe(2);
  });

  it("that hang run into the time limit", async () => {
    const { port } = await proxy("hang");
    const cb = transport("https://127.0.0.1:1", { proxy: `http://127.0.0.1:${port}` }, { timeout: 200 });
    // The client's limit is that of connecting, too, in a call that has none.
    for (const timeout of [undefined, 0]) {
      const call = cb.getJson("/", undefined, { timeout });
      await expect(call).rejects.toMatchObject({ name: "TimeoutError", phase: "connect" });
    }
  });
});
