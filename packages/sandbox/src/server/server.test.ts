import { once } from "node:events";
import { type ClientRequest, type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { Agent, request as secureRequest } from "node:https";
import { connect as connectTcp } from "node:net";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../sandbox.js";
import { HttpProblem, type Product, type SandboxRequest } from "./product.js";

const seen: SandboxRequest[] = [];

const product: Product = {
  name: "response",
  owns: (path) => path.startsWith("/api/"),
  headers: { "Content-Type": "application/json; charset=utf-8", Server: "openresty" },
  problem: ({ status, message, reason }) =>
    reason
      ? { status, body: { reason, message } }
      : { status, body: message, headers: { "Content-Type": "text/plain" } },
  routes: [
    {
      method: "GET",
      path: "/api/v1/sensor/:id",
      handle: (request) => {
        seen.push(request);
        return { status: 200, body: { id: request.params["id"], q: request.query.getAll("q") } };
      },
    },
    { method: "GET", path: "/api/v1/sensor/count", handle: () => ({ status: 200, body: { count: 7 } }) },
    {
      method: "PUT",
      path: "/api/v1/sensor/:id",
      handle: ({ json }) => ({ status: 200, body: { got: json() ?? null } }),
    },
    { method: "DELETE", path: "/api/v1/sensor/:id", handle: () => ({ status: 204 }) },
    { method: "GET", path: "/api/text", handle: () => ({ status: 200, body: "plain words" }) },
    { method: "GET", path: "/api/bytes", handle: () => ({ status: 200, body: Buffer.from([0, 1, 255]) }) },
    { method: "GET", path: "/api/stream", handle: () => ({ status: 200, stream: Readable.from(["abc", "def"]) }) },
    {
      method: "GET",
      path: "/api/problem",
      handle: () => {
        throw new HttpProblem(400, "dangling operator", "query_malformed_syntax");
      },
    },
    {
      method: "GET",
      path: "/api/busy/:seconds",
      handle: ({ params }) => {
        throw new HttpProblem(
          503,
          "busy",
          undefined,
          params["seconds"] === "-" ? undefined : Number(params["seconds"]),
        );
      },
    },
    { method: "GET", path: "/api/bug", handle: () => Promise.reject(new TypeError("a bug in a route")) },
    { method: "GET", path: "/api/cyclic", handle: () => ({ status: 200, body: cyclic() }) },
    { method: "GET", path: "/api/bad-header", handle: () => ({ status: 200, headers: { x: "a\r\nb: c" }, body: "x" }) },
    {
      method: "GET",
      path: "/api/broken-stream",
      handle: () => ({ status: 200, stream: Readable.from(brokenStream()) }),
    },
    {
      method: "GET",
      path: "/api/wait",
      handle: ({ signal }) => {
        waiting++;
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ status: 200, body: "late" }));
        });
      },
    },
  ],
};

/** How many requests for `/api/wait` have come to their route. */
let waiting = 0;

function cyclic(): unknown {
  const body: Record<string, unknown> = {};
  body["self"] = body;
  return body;
}

async function* brokenStream(): AsyncGenerator<string> {
  yield "begin";
  await Promise.resolve();
  throw new Error("the stream broke");
}

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

let sandbox: Sandbox;
let agent: Agent;

beforeAll(async () => {
  sandbox = await Sandbox.start({ products: [product], bodyLimit: 1000, requestLogSize: 50 });
  agent = new Agent({ ca: sandbox.ca, keepAlive: true });
});
afterAll(async () => {
  agent.destroy();
  await sandbox.stop();
});

/** The path goes out byte for byte: `fetch` and `URL` would tidy it up. */
function call(
  method: string,
  path: string,
  { token = sandbox.token, body, headers = {} }: { token?: string | null; body?: string; headers?: object } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(sandbox.url);
    const auth = token === null ? {} : { "x-auth-token": token };
    const sent: ClientRequest = secureRequest({
      hostname,
      port,
      path,
      method,
      agent,
      headers: { ...auth, ...headers },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("latin1"),
        }),
      );
    });
    sent.end(body);
  });
}

describe("routing", () => {
  it("answers JSON with the product's headers", async () => {
    const got = await call("GET", "/api/v1/sensor/3?q=a%20b&q=c%3Ad");
    expect(got.status).toBe(200);
    expect(JSON.parse(got.text)).toEqual({ id: "3", q: ["a b", "c:d"] });
    expect(got.headers).toMatchObject({ "content-type": "application/json; charset=utf-8", server: "openresty" });
  });

  it("prefers a fixed part to a named one, whichever was declared first", async () => {
    expect((await call("GET", "/api/v1/sensor/count")).text).toBe('{"count":7}');
    expect((await call("DELETE", "/api/v1/sensor/count")).status).toBe(204);
  });

  it("decodes the parts of a path, and only once", async () => {
    expect(JSON.parse((await call("GET", "/api/v1/sensor/a%2Fb%2520c")).text)).toMatchObject({ id: "a/b%20c" });
  });

  it("sends text, bytes and streams as what they are", async () => {
    const text = await call("GET", "/api/text");
    expect([text.text, text.headers["content-type"]]).toEqual(["plain words", "text/plain; charset=utf-8"]);
    const bytes = await call("GET", "/api/bytes");
    expect([bytes.text, bytes.headers["content-type"]]).toEqual(["\x00\x01\xff", "application/octet-stream"]);
    const stream = await call("GET", "/api/stream");
    expect([stream.text, stream.headers["content-type"]]).toEqual(["abcdef", "application/octet-stream"]);
  });

  it("answers HEAD like GET without the body, and 204 without a content type", async () => {
    const head = await call("HEAD", "/api/text");
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "11"]);
    expect((await call("HEAD", "/api/stream")).status).toBe(200);
    const deleted = await call("DELETE", "/api/v1/sensor/3");
    expect(deleted.headers).not.toHaveProperty("content-type");
  });

  it("answers 405 with the methods there are", async () => {
    const got = await call("PATCH", "/api/v1/sensor/3");
    expect([got.status, got.headers.allow]).toEqual([405, "DELETE, GET, HEAD, PUT"]);
    expect((await call("OPTIONS", "/api/text")).status).toBe(405);
  });

  it.each(["/api/v1/nothing", "/elsewhere", "/", "/api/v1/sensor/3/", "/api/v1/sensor/", "//api/v1/sensor/3"])(
    "answers 404 to %s, naming the products, and counts it",
    async (path) => {
      sandbox.requests.clear();
      const got = await call("GET", path);
      expect(got.status).toBe(404);
      expect(got.text).toContain("This sandbox serves: response");
      expect(got.headers["content-type"]).toMatch(/^text\/plain/);
      await call("GET", path);
      expect(sandbox.requests.missing()).toEqual([{ method: "GET", path, count: 2 }]);
    },
  );
});

describe("tokens", () => {
  it.each([null, "0000000000000000000000000000000000000000", ""])("refuses the token %j", async (token) => {
    const got = await call("GET", "/api/v1/sensor/3", { token });
    expect([got.status, got.text]).toEqual([401, "Method not allowed, unauthorized"]);
  });

  it("refuses a repeated header, and tells a stranger nothing about routes", async () => {
    const twice = { "x-auth-token": [sandbox.token, sandbox.token] };
    expect((await call("GET", "/api/v1/sensor/3", { token: null, headers: twice })).status).toBe(401);
    expect((await call("GET", "/api/v1/nothing", { token: null })).status).toBe(401);
  });

  it("never come into the request log", async () => {
    await call("GET", `/api/v1/sensor/3?q=${sandbox.token}`);
    expect(sandbox.requests.entries().at(-1)).toMatchObject({ path: "/api/v1/sensor/3?q=(token)", status: 200 });
  });

  it("tells the route whose token it was", async () => {
    const { token } = sandbox.tokens.add({ username: "anna" });
    await call("GET", "/api/v1/sensor/9", { token });
    expect(seen.at(-1)?.user).toEqual({ token, username: "anna", globalAdmin: false });
    expect(sandbox.requests.entries().at(-1)).toMatchObject({ username: "anna", route: "/api/v1/sensor/:id" });
    sandbox.tokens.remove(token);
    expect((await call("GET", "/api/v1/sensor/9", { token })).status).toBe(401);
  });
});

describe("bodies", () => {
  it("reads JSON, and nothing as nothing", async () => {
    expect((await call("PUT", "/api/v1/sensor/3", { body: '{"a":[1]}' })).text).toBe('{"got":{"a":[1]}}');
    expect((await call("PUT", "/api/v1/sensor/3")).text).toBe('{"got":null}');
  });

  it("refuses what is no JSON", async () => {
    const got = await call("PUT", "/api/v1/sensor/3", { body: "{" });
    expect([got.status, got.text]).toEqual([400, "The request body is not valid JSON"]);
  });

  it("refuses big ones, announced or not, and goes on with the connection", async () => {
    const big = "x".repeat(3_000_000);
    const length = { "content-length": String(big.length) };
    expect((await call("PUT", "/api/v1/sensor/3", { body: big, headers: length })).status).toBe(413);
    const chunked = { "transfer-encoding": "chunked" };
    expect((await call("PUT", "/api/v1/sensor/3", { body: big, headers: chunked })).status).toBe(413);
    expect((await call("PUT", "/api/v1/sensor/3", { body: "[1]" })).status).toBe(200);
  });
});

describe("what goes wrong in a route", () => {
  it("becomes the product's form of error", async () => {
    const got = await call("GET", "/api/problem");
    expect(got.status).toBe(400);
    expect(JSON.parse(got.text)).toEqual({ reason: "query_malformed_syntax", message: "dangling operator" });
  });

  it("says when to come back", async () => {
    expect((await call("GET", "/api/busy/5")).headers["retry-after"]).toBe("5");
    expect((await call("GET", "/api/busy/-")).headers["retry-after"]).toBe("1");
    expect((await call("GET", "/api/problem")).headers).not.toHaveProperty("retry-after");
  });

  it.each(["/api/bug", "/api/cyclic", "/api/bad-header"])("becomes a 500 and is kept: %s", async (path) => {
    sandbox.requests.clear();
    const got = await call("GET", path);
    expect(got.status).toBe(500);
    expect(got.text).not.toContain("TypeError");
    expect(sandbox.requests.failures()).toMatchObject([
      { during: `GET ${path}`, error: expect.stringContaining("TypeError") },
    ]);
  });

  it("ends the connection when it is too late", async () => {
    sandbox.requests.clear();
    await expect(call("GET", "/api/broken-stream")).rejects.toThrow(/hang up|aborted|reset/);
    expect(sandbox.requests.failures()).toHaveLength(1);
    expect((await call("GET", "/api/text")).status).toBe(200);
  });
});

describe("hostile requests", () => {
  it.each([
    "/api/v1/sensor/..",
    "/api/v1/../../etc/passwd",
    "/api/v1/sensor/%2e%2e",
    "/api/v1/sensor/.",
    "/api/v1/sensor/a%00b",
    "/api/v1/sensor/%0d%0aSet-Cookie:x",
    "/api/v1/sensor/%",
    "/api/v1/sensor/%zz",
    "/api/v1/sensor/%c0%af",
    "*",
  ])("refuses %s", async (path) => {
    expect((await call(path === "*" ? "OPTIONS" : "GET", path)).status).toBe(400);
  });

  it("takes long queries, but not without end", async () => {
    expect((await call("GET", `/api/v1/sensor/3?q=${"x".repeat(20_000)}`)).status).toBe(200);
    expect((await call("GET", `/api/v1/sensor/${"x".repeat(40_000)}`)).status).toBe(414);
    expect((await call("GET", `/api/v1/sensor/${"x".repeat(100_000)}`)).status).toBe(431);
  });

  it("takes an absolute address and properties of objects for what they are", async () => {
    expect((await call("GET", "https://cb.example/api/text")).status).toBe(200);
    expect((await call("GET", "/api/v1/sensor/__proto__")).text).toBe('{"id":"__proto__","q":[]}');
    expect((await call("GET", "/api/constructor")).status).toBe(404);
  });

  it("survives garbage, and connections that say nothing", async () => {
    const port = Number(new URL(sandbox.url).port);
    const garbage = connectTls({ port, host: "127.0.0.1", ca: sandbox.ca });
    const answer = new Promise<string>((resolve) => garbage.once("data", (data) => resolve(String(data))));
    garbage.write("\x16\x03\x01 this is not HTTP\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    const notTls = connectTcp(port, "127.0.0.1");
    notTls.on("error", () => {});
    notTls.write("GET / HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => notTls.on("close", resolve));
    expect((await call("GET", "/api/text")).status).toBe(200);
  });
});

describe("stopping", () => {
  it("ends idle, waiting and half-sent connections at once", async () => {
    const other = await Sandbox.start({
      products: [product],
      faults: [{ match: { path: "/api/text" }, do: { hang: true } }],
    });
    const { port } = new URL(other.url);
    const headers = { "x-auth-token": other.token };
    const keepAlive = new Agent({ ca: other.ca, keepAlive: true });
    const ask = (path: string): Promise<string> =>
      new Promise((resolve) => {
        const sent = secureRequest({ host: "127.0.0.1", port, path, agent: keepAlive, headers }, (response) => {
          response.resume().on("end", () => resolve(`status ${response.statusCode}`));
        });
        sent.on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
        sent.end();
      });
    expect(await ask("/api/v1/sensor/3")).toBe("status 200");
    const halfSent = connectTls({ port: Number(port), host: "127.0.0.1", ca: other.ca });
    halfSent.on("error", () => {});
    halfSent.write("POST /api/text HTTP/1.1\r\nHost: x\r\nContent-Le");
    const silent = connectTcp(Number(port), "127.0.0.1");
    const connected = [once(halfSent, "secureConnect"), once(silent, "connect")];
    const ended = [halfSent, silent].map((socket) => new Promise((resolve) => socket.on("close", resolve)));
    const before = waiting;
    const held = [ask("/api/text"), ask("/api/wait")];
    await Promise.all(connected);
    await expect.poll(() => [waiting - before, other.faults.list()[0]?.applied]).toEqual([1, 1]);
    await other.stop();
    await Promise.all(ended);
    expect(await Promise.all(held)).toEqual(["ECONNRESET", "status 200"]);
    await other.stop();
    keepAlive.destroy();
  });

  it("aborts the route's signal when the client goes away", async () => {
    sandbox.requests.clear();
    const { port } = new URL(sandbox.url);
    const sent = secureRequest({
      host: "127.0.0.1",
      port,
      path: "/api/wait",
      ca: sandbox.ca,
      headers: { "x-auth-token": sandbox.token },
    });
    sent.on("error", () => {});
    const before = waiting;
    sent.end();
    await expect.poll(() => waiting - before).toBe(1);
    sent.destroy();
    await expect.poll(() => sandbox.requests.total > 0 && sandbox.requests.entries().length).toBe(1);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("does not mind a client that leaves in the middle of its body", async () => {
    sandbox.requests.clear();
    const { port } = new URL(sandbox.url);
    const headers = { "x-auth-token": sandbox.token, "content-length": "500" };
    const options = { host: "127.0.0.1", port, path: "/api/v1/sensor/3", method: "PUT", ca: sandbox.ca, headers };
    const sent = secureRequest(options);
    sent.on("error", () => {});
    sent.write("only the beginning");
    await new Promise((resolve) => setTimeout(resolve, 50));
    sent.destroy();
    await expect.poll(() => sandbox.requests.entries().length).toBe(1);
    expect(sandbox.requests.entries()).toMatchObject([{ status: 0 }]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("says which port is taken, and leaves nothing behind", async () => {
    const port = Number(new URL(sandbox.url).port);
    await expect(Sandbox.start({ products: [], port })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe("plain HTTP", () => {
  it("is spoken when asked for", async () => {
    await using plain = await Sandbox.start({ products: [product], tls: false, token: "a-token-of-mine" });
    expect(plain.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(plain.profile()).toBe(`[default]\nurl=${plain.url}\ntoken=a-token-of-mine\n`);
    const status = await new Promise((resolve) => {
      const headers = { "x-auth-token": "a-token-of-mine" };
      plainRequest(`${plain.url}/api/text`, { headers }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(200);
  });
});
