import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as secureRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { RESPONSE_SWITCHES } from "../response/behaviour.js";
import { Sandbox } from "../sandbox.js";
import { createControl } from "./control.js";
import { Dispatcher } from "./dispatcher.js";
import { FaultPlan } from "./faults.js";
import type { Product } from "./product.js";
import { RequestLog } from "./request-log.js";
import { TokenRing } from "./tokens.js";

const folder = mkdtempSync(join(tmpdir(), "control-"));
afterAll(() => rmSync(folder, { recursive: true }));

const product: Product = {
  name: "response",
  owns: (path) => path.startsWith("/api/"),
  headers: {},
  behaviour: RESPONSE_SWITCHES,
  problem: ({ status, message }) => ({ status, body: message }),
  routes: [{ method: "GET", path: "/api/info", handle: () => ({ status: 200, body: { ok: true } }) }],
};

/** Asks a sandbox inside the process; the wire has its own tests. */
const asking =
  (sandbox: Sandbox, token = sandbox.token) =>
  async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const init = {
      method,
      headers: { "x-auth-token": token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await sandbox.handle(new Request(`${sandbox.url}${path}`, init));
    const text = await response.text();
    return { status: response.status, body: /^[{["]/.test(text) ? JSON.parse(text) : text };
  };

describe("the control routes", () => {
  let sandbox: Sandbox;
  let ask: ReturnType<typeof asking>;
  beforeEach(async () => {
    sandbox = await Sandbox.start({ products: [product], clock: { running: false }, behaviour: { shiftRows: 1 } });
    ask = asking(sandbox);
    return () => sandbox.stop();
  });

  it("tell what is running", async () => {
    expect(await ask("GET", "/_sandbox")).toMatchObject({
      status: 200,
      body: { url: sandbox.url, seed: 1, products: ["response"], clock: { now: "2026-01-05T09:00:00.000Z", ticks: 0 } },
    });
  });

  it("are for global administrators", async () => {
    const { token } = sandbox.tokens.add({ username: "anna" });
    expect((await asking(sandbox, token)("GET", "/_sandbox")).status).toBe(403);
    expect((await asking(sandbox, "no-such-token")("GET", "/_sandbox")).status).toBe(401);
  });

  it("are for this machine only", async () => {
    const tokens = new TokenRing();
    const { token } = tokens.add({ username: "admin", globalAdmin: true });
    const dispatcher = new Dispatcher({
      products: () => [product],
      control: createControl(sandbox),
      tokens,
      faults: new FaultPlan(),
      log: new RequestLog(),
      bodyLimit: 100,
    });
    const from = async (remoteAddress: string | undefined): Promise<number> => {
      const headers = { "x-auth-token": token };
      const signal = new AbortController().signal;
      const incoming = { method: "GET", target: "/_sandbox", headers, remoteAddress, body: undefined, signal };
      const answer = await dispatcher.dispatch(incoming);
      return answer.kind === "reply" ? answer.reply.status : 0;
    };
    for (const address of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]) expect(await from(address)).toBe(200);
    for (const address of ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", undefined]) expect(await from(address)).toBe(403);
  });

  it("answer unknown routes, wrong verbs and broken bodies in JSON", async () => {
    expect(await ask("GET", "/_sandbox/nothing")).toMatchObject({ status: 404, body: { message: expect.any(String) } });
    expect(await ask("DELETE", "/_sandbox/clock")).toMatchObject({ status: 405 });
    expect(await ask("PUT", "/_sandbox/clock", [1])).toMatchObject({ status: 400 });
    expect((await ask("GET", "/_sandboxes")).status).toBe(404);
  });

  it("set, list and clear faults", async () => {
    expect(await ask("POST", "/_sandbox/faults", { do: { status: 503 } })).toEqual({ status: 201, body: { ids: [1] } });
    const two = [{ do: { latency: 1 } }, { match: { path: "/x" }, do: { reset: true } }];
    expect((await ask("POST", "/_sandbox/faults", two)).body).toEqual({ ids: [2, 3] });
    expect((await ask("GET", "/api/info")).status).toBe(503);
    expect((await ask("GET", "/_sandbox/faults")).body).toMatchObject([
      { id: 1, seen: 1, applied: 1 },
      { id: 2 },
      { id: 3 },
    ]);
    expect((await ask("DELETE", "/_sandbox/faults/3")).status).toBe(204);
    expect((await ask("DELETE", "/_sandbox/faults/3")).status).toBe(404);
    expect((await ask("DELETE", "/_sandbox/faults")).status).toBe(204);
    expect((await ask("GET", "/api/info")).status).toBe(200);
    expect(await ask("POST", "/_sandbox/faults", { do: { status: "x" } })).toEqual({
      status: 400,
      body: { message: "`do.status` has a wrong value" },
    });
    expect((await ask("POST", "/_sandbox/faults")).status).toBe(400);
  });

  it("change the behaviour in place", async () => {
    const { behaviour } = sandbox;
    const best = {
      ...{ totalOverestimate: 0, shiftRows: 0, sharingEnabled: true, legacyPartitions: false },
      ...{ liveResponseEnabled: true, liveResponseSlots: 10, signedResultCodes: false },
    };
    const changes = { totalOverestimate: 5, shiftRows: null, other: "x" };
    expect((await ask("PUT", "/_sandbox/behaviour", changes)).body).toEqual({
      ...best,
      totalOverestimate: 5,
      other: "x",
    });
    expect(behaviour.totalOverestimate).toBe(5);
    for (const wrong of ["fast", { shiftRows: "1" }, { other: null, sharingEnabled: 0 }, undefined]) {
      expect((await ask("PUT", "/_sandbox/behaviour", wrong)).status).toBe(400);
    }
    await ask("PUT", "/_sandbox/behaviour", { totalOverestimate: null, other: null });
    expect((await ask("GET", "/_sandbox/behaviour")).body).toEqual(best);
  });

  it("steer the clock", async () => {
    expect(await ask("POST", "/_sandbox/clock/step", { ticks: 30 })).toMatchObject({
      body: { now: "2026-01-05T09:00:30.000Z", ticks: 30 },
    });
    const changes = { time: "2026-02-01T00:00:00Z", tickInterval: 500 };
    expect((await ask("PUT", "/_sandbox/clock", changes)).body).toMatchObject({ now: "2026-02-01T00:00:00.000Z" });
    expect((await ask("POST", "/_sandbox/clock/step")).body).toMatchObject({ now: "2026-02-01T00:00:00.500Z" });
    expect((await ask("PUT", "/_sandbox/clock", { running: true })).body).toMatchObject({ running: true });
    for (const wrong of [{ time: "never" }, { tickInterval: 0 }, { running: 1 }, { tick: 5 }]) {
      expect((await ask("PUT", "/_sandbox/clock", wrong)).status).toBe(400);
    }
    expect((await ask("POST", "/_sandbox/clock/step", { ticks: -1 })).status).toBe(400);
  });

  it("show requests, and neither show nor count themselves", async () => {
    await ask("GET", "/api/info");
    await ask("GET", "/api/nothing");
    expect((await ask("GET", "/_sandbox/requests")).body).toMatchObject({
      total: 2,
      requests: [
        { id: 1, path: "/api/info", status: 200, username: "admin" },
        { id: 2, path: "/api/nothing", status: 404 },
      ],
      routes: [{ method: "GET", route: "/api/info", count: 1, refused: 0 }],
      missing: [{ method: "GET", path: "/api/nothing", count: 1 }],
      failures: [],
    });
    expect((await ask("GET", "/_sandbox/requests?after=1")).body).toMatchObject({ requests: [{ id: 2 }] });
    expect((await ask("GET", "/_sandbox/requests?after=x")).status).toBe(400);
    await ask("DELETE", "/_sandbox/requests");
    expect((await ask("GET", "/_sandbox/requests")).body).toMatchObject({ total: 2, requests: [], routes: [] });
  });

  it("add tokens, and show them once", async () => {
    const added = await ask("POST", "/_sandbox/tokens", { username: "anna" });
    const { token } = added.body as { token: string };
    expect(added).toEqual({
      status: 201,
      body: { token: expect.stringMatching(/^[0-9a-f]{40}$/), username: "anna", globalAdmin: false },
    });
    expect((await asking(sandbox, token)("GET", "/api/info")).status).toBe(200);
    const listed = JSON.stringify((await ask("GET", "/_sandbox/tokens")).body);
    expect(listed).toContain("anna");
    expect(listed).not.toContain(token);
    expect(listed).not.toContain(sandbox.token);
    expect((await ask("POST", "/_sandbox/tokens", {})).status).toBe(400);
    expect((await ask("POST", "/_sandbox/tokens", { username: "x", token: "a b" })).status).toBe(400);
    expect((await ask("POST", "/_sandbox/tokens", { username: "x", globalAdmin: "yes" })).status).toBe(400);
    // Whoever had it then could not even put it back.
    expect((await ask("POST", "/_sandbox/tokens", { username: "x", token: sandbox.token })).status).toBe(400);
    expect((await ask("GET", "/_sandbox")).status).toBe(200);
  });

  it("leave the clock as it was when they refuse a part of what is asked", async () => {
    for (const wrong of [{ time: "soon" }, { time: {} }, { tickInterval: 0 }, { tickInterval: "5" }, { running: 1 }]) {
      const body = { running: true, tickInterval: 50, ...wrong };
      expect([wrong, (await ask("PUT", "/_sandbox/clock", body)).status]).toEqual([wrong, 400]);
      expect((await ask("GET", "/_sandbox/clock")).body).toMatchObject({ running: false, tickInterval: 1000 });
    }
    expect((await ask("POST", "/_sandbox/clock/step", { ticks: "2" })).status).toBe(400);
    expect(sandbox.clock.ticks).toBe(0);
  });

  it("put everything back to the start", async () => {
    sandbox.faults.add({ match: { path: "/api" }, do: { status: 500 } });
    sandbox.behaviour["other"] = true;
    await sandbox.clock.step(5);
    await ask("GET", "/api/info");
    expect((await ask("POST", "/_sandbox/reset", { seed: "two" })).body).toMatchObject({
      seed: "two",
      clock: { now: "2026-01-05T09:00:00.000Z", ticks: 0 },
    });
    expect(sandbox.faults.list()).toEqual([]);
    expect(sandbox.behaviour).toMatchObject({ totalOverestimate: 0, shiftRows: 1, sharingEnabled: true });
    expect(sandbox.requests.entries()).toEqual([]);
    expect((await ask("GET", "/api/info")).status).toBe(200);
    expect((await ask("POST", "/_sandbox/reset", { seed: {} })).status).toBe(400);
  });
});

describe("what clients are configured with", () => {
  const trusted = (sandbox: Sandbox, ca: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { "x-auth-token": sandbox.token };
      secureRequest(`${sandbox.url}/api/info`, { ca, headers }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

  it("is a private folder for the run", async () => {
    const sandbox = await Sandbox.start({ products: [product] });
    const file = String(sandbox.caFile);
    expect(await trusted(sandbox, readFileSync(file, "utf8"))).toBe(200);
    expect(sandbox.token).toMatch(/^[0-9a-f]{40}$/);
    expect(sandbox.profile("lab")).toBe(`[lab]\nurl=${sandbox.url}\ntoken=${sandbox.token}\nssl_cert_file=${file}\n`);
    await sandbox.stop();
    expect(() => statSync(file)).toThrow();
  });

  it("stays the same in a folder that is kept", async () => {
    const stateDirectory = join(folder, "state");
    const first = await Sandbox.start({ products: [product], stateDirectory });
    await first.stop();
    await using second = await Sandbox.start({ products: [product], stateDirectory });
    expect(second.token).toBe(first.token);
    expect(await trusted(second, String(first.ca))).toBe(200);
    for (const name of ["token", "ca-key.pem"]) {
      expect(statSync(join(stateDirectory, name)).mode & 0o777).toBe(0o600);
    }
  });

  it("can be refused by a client that checks", async () => {
    await using expired = await Sandbox.start({ products: [product], tls: { variant: "expired" } });
    await expect(trusted(expired, String(expired.ca))).rejects.toMatchObject({ code: "CERT_HAS_EXPIRED" });
    await using selfSigned = await Sandbox.start({ products: [product], tls: { variant: "self-signed" } });
    await expect(trusted(selfSigned, String(selfSigned.ca))).rejects.toThrow();
    expect(await trusted(selfSigned, String(selfSigned.certificate))).toBe(200);
  });

  it("offers TLS 1.2 and later, and less only when told to", async () => {
    await using old = await Sandbox.start({
      products: [product],
      tls: { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" },
    });
    await expect(trusted(old, String(old.ca))).rejects.toThrow(/protocol|version/i);
    await using usual = await Sandbox.start({ products: [product] });
    const downgraded = new Promise((resolve, reject) => {
      const options = {
        ca: usual.ca,
        maxVersion: "TLSv1.1",
        minVersion: "TLSv1",
        ciphers: "DEFAULT@SECLEVEL=0",
      } as const;
      secureRequest(usual.url, options, resolve).on("error", reject).end();
    });
    await expect(downgraded).rejects.toThrow(/protocol|version/i);
  });
});

describe("imports without an organisation", () => {
  it("are refused, as JSON and as an upload", async () => {
    await using sandbox = await Sandbox.start({ products: [product] });
    const file = join(folder, "sysmon.jsonl");
    writeFileSync(file, "{}\n");
    const post = async (type: string, body: string): Promise<number> => {
      const headers = { "x-auth-token": sandbox.token, "content-type": type };
      const init = { method: "POST", headers, body };
      return (await sandbox.handle(new Request(`${sandbox.url}/_sandbox/import`, init))).status;
    };
    expect(await post("application/json", JSON.stringify({ file }))).toBe(400);
    expect(await post("application/json", "{}")).toBe(400);
    expect(await post("application/x-ndjson", "{}\n")).toBe(400);
  });
});
