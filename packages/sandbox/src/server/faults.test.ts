import type { IncomingHttpHeaders } from "node:http";
import { Agent, request as secureRequest } from "node:https";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Sandbox } from "../sandbox.js";
import type { FaultRule } from "./fault-rule.js";
import { FaultPlan } from "./faults.js";
import type { Product } from "./product.js";

let writes = 0;

const rows = { total: 100, rows: Array.from({ length: 100 }, (_, id) => ({ id, text: "x".repeat(50) })) };
const product: Product = {
  name: "response",
  owns: (path) => path.startsWith("/api/"),
  headers: { "Content-Type": "application/json" },
  problem: ({ status, message }) => ({
    status,
    body: `own form: ${message}`,
    headers: { "Content-Type": "text/plain" },
  }),
  routes: [
    { method: "GET", path: "/api/rows", handle: () => ({ status: 200, body: rows }) },
    {
      method: "GET",
      path: "/api/file",
      handle: () => ({
        status: 200,
        headers: { "Content-Length": "6" },
        stream: Readable.from([Buffer.from("abcdef")]),
      }),
    },
    { method: "POST", path: "/api/rows", handle: () => ({ status: 200, body: { written: ++writes } }) },
  ],
};

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** How the connection ended: `complete`, or the error code of the client. */
  end: string;
}

let sandbox: Sandbox;
let agent: Agent;

beforeAll(async () => {
  sandbox = await Sandbox.start({ products: [product] });
  agent = new Agent({ ca: sandbox.ca, keepAlive: true });
});
afterEach(() => sandbox.faults.clear());
afterAll(async () => {
  agent.destroy();
  await sandbox.stop();
});

/** Resolves in any case: what arrived, and how it ended. */
function call(path: string, method = "GET", signal = AbortSignal.timeout(20_000)): Promise<Got> {
  return new Promise((resolve) => {
    const got: Got = { status: 0, headers: {}, text: "", end: "" };
    const finish = (end: string): void => resolve({ ...got, end });
    const headers = { "x-auth-token": sandbox.token };
    const sent = secureRequest(`${sandbox.url}${path}`, { method, agent, headers, signal }, (response) => {
      got.status = response.statusCode ?? 0;
      got.headers = response.headers;
      response.on("data", (chunk: Buffer) => {
        got.text += chunk.toString();
      });
      response.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      response.on("end", () => finish("complete"));
    });
    sent.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    sent.end();
  });
}

/** Only a test that fails waits so long. */
const PATIENTLY = { timeout: 20_000, interval: 5 };

const lastFault = (): string | undefined => sandbox.requests.entries().at(-1)?.fault;

describe("faults, as a client sees them", () => {
  it("latency: the answer comes right", async () => {
    sandbox.faults.add({ do: { latency: 20 } });
    expect(JSON.parse((await call("/api/rows")).text)).toEqual(rows);
    expect(lastFault()).toBe("latency 20");
  });

  it("latency: the answer comes as late as it was asked for", async () => {
    sandbox.faults.add(
      { match: { path: "/api/rows" }, do: { latency: 60 } },
      { match: { path: "/api/file" }, do: { latency: 30 } },
    );
    // Asked for in the same turn; whoever waits for less is answered first, however busy the machine is.
    const order: string[] = [];
    const ask = async (path: string): Promise<void> => {
      const headers = { "x-auth-token": sandbox.token };
      await sandbox.handle(new Request(`${sandbox.url}${path}`, { headers }));
      order.push(path);
    };
    await Promise.all(["/api/rows", "/api/file", "/api/nothing"].map(ask));
    expect(order).toEqual(["/api/nothing", "/api/file", "/api/rows"]);
  });

  it("status: in the product's own form, with Retry-After in seconds or as a date", async () => {
    sandbox.faults.add(
      { match: { times: 1 }, do: { status: 429, retryAfter: 3 } },
      { match: { times: 1 }, do: { status: 503, retryAfter: "2026-01-05T09:00:30Z" } },
      { match: { times: 1 }, do: { status: 503, retryAfter: "soon" } },
    );
    const [first, second, third] = [await call("/api/rows"), await call("/api/rows"), await call("/api/rows")];
    expect([first.status, first.text, first.headers["retry-after"]]).toEqual([429, "own form: Too Many Requests", "3"]);
    expect([second.status, second.headers["retry-after"]]).toEqual([503, "Mon, 05 Jan 2026 09:00:30 GMT"]);
    expect(third.headers["retry-after"]).toBe("soon");
    expect((await call("/api/rows")).status).toBe(200);
    sandbox.faults.add({ do: { status: 503 } });
    expect((await call("/api/rows")).headers).not.toHaveProperty("retry-after");
  });

  it("status: with a body and headers of one's own, without running the route", async () => {
    const before = writes;
    sandbox.faults.add({
      match: { method: "post" },
      do: { status: 302, body: { reason: "x" }, headers: { Location: "https://elsewhere.example/" } },
    });
    const got = await call("/api/rows", "POST");
    expect([got.status, got.headers.location, got.text]).toEqual([302, "https://elsewhere.example/", '{"reason":"x"}']);
    expect(writes).toBe(before);
  });

  it.each([0, 1, 1000])("cut: the full length is announced and %d bytes come", async (bytes) => {
    sandbox.faults.add({ do: { cut: bytes } });
    const got = await call("/api/rows");
    expect(got.status).toBe(200);
    expect(Number(got.headers["content-length"])).toBe(JSON.stringify(rows).length);
    expect(got.text).toBe(JSON.stringify(rows).slice(0, bytes));
    expect(got.end).toBe("ECONNRESET");
  });

  it("cut: a download breaks off", async () => {
    sandbox.faults.add({ do: { cut: 4 } });
    expect(await call("/api/file")).toMatchObject({ status: 200, text: "abcd", end: "ECONNRESET" });
  });

  it("truncate: a complete answer that is no JSON", async () => {
    sandbox.faults.add({ do: { truncate: 30 } });
    const got = await call("/api/rows");
    expect(got).toMatchObject({ status: 200, end: "complete", text: JSON.stringify(rows).slice(0, 30) });
    expect(got.headers["content-length"]).toBe("30");
    expect((await call("/api/file")).text).toBe("abcdef");
  });

  it("reset: no answer, and the route has not run", async () => {
    const before = writes;
    sandbox.faults.add({ do: { reset: true } });
    expect(await call("/api/rows", "POST")).toMatchObject({ status: 0, end: "ECONNRESET" });
    expect(writes).toBe(before);
    expect(sandbox.requests.entries().at(-1)).toMatchObject({ status: 0, fault: "reset" });
  });

  it("reset: no answer, although the write was carried out", async () => {
    const before = writes;
    sandbox.faults.add({ do: { reset: true, carriedOut: true } });
    expect(await call("/api/rows", "POST")).toMatchObject({ status: 0, end: "ECONNRESET" });
    expect(writes).toBe(before + 1);
  });

  it("hang: nothing until the client gives up", async () => {
    sandbox.faults.add({ do: { hang: true } });
    const patience = new AbortController();
    const waiting = call("/api/rows", "GET", patience.signal);
    await vi.waitUntil(() => sandbox.faults.list()[0]?.applied === 1, PATIENTLY);
    patience.abort();
    const got = await waiting;
    expect([got.status, got.end]).toEqual([0, "ABORT_ERR"]);
    await vi.waitUntil(() => lastFault() === "hang", PATIENTLY);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("html: a login page where JSON was expected", async () => {
    sandbox.faults.add({ match: { times: 1 }, do: { html: true } }, { do: { html: true, status: 502 } });
    const page = await call("/api/rows");
    expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.text).toMatch(/^<!DOCTYPE html>/);
    expect((await call("/api/rows")).status).toBe(502);
  });

  it("also meets requests that would have been refused", async () => {
    sandbox.faults.add({ match: { path: "/nowhere" }, do: { status: 500 } });
    expect(await call("/nowhere")).toMatchObject({ status: 500, text: "Internal Server Error" });
  });

  it("behaves the same inside the process", async () => {
    const ask = (): Promise<Response> =>
      sandbox.handle(new Request(`${sandbox.url}/api/rows`, { headers: { "x-auth-token": sandbox.token } }));
    expect(await (await ask()).json()).toEqual(rows);
    sandbox.faults.add({ match: { times: 1 }, do: { cut: 10 } }, { match: { times: 1 }, do: { reset: true } });
    const cut = await ask();
    expect(cut.status).toBe(200);
    await expect(cut.text()).rejects.toThrow();
    await expect(ask()).rejects.toThrow(TypeError);
    expect((await ask()).status).toBe(200);
  });
});

describe("which requests a rule meets", () => {
  const meets = (plan: FaultPlan, method: string, target: string): boolean =>
    plan.decide({ method, path: target.split("?")[0] ?? "", target }) !== undefined;

  it("goes by method, beginning of the path, and pattern", () => {
    const plan = new FaultPlan();
    plan.add({ match: { method: "GET", path: "/api/v1/process", pattern: "rows=\\d+$" }, do: { status: 500 } });
    expect(meets(plan, "GET", "/api/v1/process?rows=10")).toBe(true);
    expect(meets(plan, "POST", "/api/v1/process?rows=10")).toBe(false);
    expect(meets(plan, "GET", "/api/v2/process?rows=10")).toBe(false);
    expect(meets(plan, "GET", "/api/v1/process?rows=x")).toBe(false);
  });

  it("lets some through first and then meets only so many", () => {
    const plan = new FaultPlan();
    plan.add({ match: { after: 2, times: 3 }, do: { status: 500 } });
    const met = Array.from({ length: 8 }, () => meets(plan, "GET", "/x"));
    expect(met).toEqual([false, false, true, true, true, false, false, false]);
    expect(plan.list()).toMatchObject([{ id: 1, seen: 8, applied: 3 }]);
  });

  it("draws the same lots for the same seed", () => {
    const draw = (seed: number, others = 0): string => {
      const plan = new FaultPlan(seed);
      plan.add({ match: { probability: 0.3 }, do: { status: 500 } });
      for (let n = 0; n < others; n++) plan.add({ match: { path: "/other", probability: 0.5 }, do: { status: 500 } });
      return Array.from({ length: 1000 }, () => (meets(plan, "GET", "/x") ? "x" : ".")).join("");
    };
    expect(draw(1)).toBe(draw(1, 3));
    expect(draw(1)).not.toBe(draw(2));
    const share = draw(1).replaceAll(".", "").length / 1000;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.35);
  });

  it("adds waiting times up and takes the first outcome", () => {
    const plan = new FaultPlan();
    plan.add({ do: { latency: 5 } }, { do: { latency: 7, status: 503 } }, { do: { status: 500 } });
    expect(plan.decide({ method: "GET", path: "/", target: "/" })).toMatchObject({
      latency: 12,
      outcome: { status: 503 },
      label: "latency 5, latency 7, status 503",
    });
    expect(plan.remove(2)).toBe(true);
    expect(plan.decide({ method: "GET", path: "/", target: "/" })?.label).toBe("latency 5, status 500");
  });

  it.each([
    [{}, /`do` is missing/],
    [{ do: {} }, /`do` takes latency/],
    [{ do: { status: 42 } }, /`do.status` has a wrong value/],
    [{ do: { status: 500, cut: 3 } }, /`do.cut` is not known/],
    [{ do: { cut: -1 } }, /`do.cut` has a wrong value/],
    [{ do: { latency: "5" } }, /`do.latency` has a wrong value/],
    [{ do: { hang: false } }, /`do.hang` has a wrong value/],
    [{ do: { hang: true }, match: { pattern: "(" } }, /`match.pattern` has a wrong value/],
    [{ do: { hang: true }, match: { paths: "/" } }, /`match.paths` is not known/],
    [{ do: { hang: true }, when: 1 }, /`when` is not known/],
    ["hang", /A fault is an object/],
  ])("refuses the rule %j", (rule, message) => {
    expect(() => new FaultPlan().add(rule as FaultRule)).toThrow(message);
  });
});
