import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sandbox } from "../sandbox.js";
import { type Ask, asker, startCloud } from "./samples.js";

let cloud: Awaited<ReturnType<typeof startCloud>>;
let sandbox: Sandbox;
let ask: Ask;

beforeAll(async () => {
  cloud = await startCloud();
  ({ sandbox, ask } = cloud);
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => {
  Object.assign(sandbox.behaviour, sandbox.switches);
});

const DEVICES = "/appservices/v6/orgs/{org}/devices/_search";
const STATUS = "/integrationServices/v3/device";

describe("what every route of the cloud checks", () => {
  it("opens to a secret with its connector's id, and to nothing less", async () => {
    const { token, orgKey = "" } = sandbox.credentials("cloud");
    expect(orgKey).toMatch(/^[A-Z][A-Z0-9]{7}$/);
    expect(token).toMatch(new RegExp(`^${sandbox.token}/[A-Z][A-Z0-9]{9}$`));
    expect((await ask("POST", DEVICES, {})).status).toBe(200);
    const others = [
      sandbox.token,
      `${sandbox.token}/`,
      `${sandbox.token}/ABCDEFGHIJ`,
      `nobodyssecret/${token.split("/")[1]}`,
      "",
    ];
    for (const other of others) {
      const refused = await asker(sandbox, other)("POST", DEVICES, {});
      expect(refused.status, other).toBe(401);
      expect(refused.body).toMatchObject({ error_code: "UNAUTHORIZED" });
    }
    const bare = await ask("POST", DEVICES, {}, {});
    expect(bare.status).toBe(401);
  });

  it("keeps the secret out of the request log", () => {
    expect(JSON.stringify(sandbox.requests.entries())).not.toContain(sandbox.token);
  });

  it("knows one organisation", async () => {
    const refused = await ask("POST", DEVICES.replace("{org}", "NOTMINE1"), {});
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ error_code: "FORBIDDEN" });
    const elsewhere = cloud.as({ organisation: "OTHERORG" });
    expect((await elsewhere("POST", DEVICES, {})).status).toBe(403);
    const here = cloud.as({ organisation: sandbox.credentials("cloud").orgKey ?? "" });
    expect((await here("POST", DEVICES, {})).status).toBe(200);
  });

  it("lets a key do what it has permissions for", async () => {
    const reader = cloud.as({ rights: ["device(READ)"] });
    expect((await reader("POST", DEVICES, {})).status).toBe(200);
    const refused = await reader("POST", "/appservices/v6/orgs/{org}/device_actions", {
      ...{ action_type: "QUARANTINE", device_id: [1], options: { toggle: "ON" } },
    });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain("device.quarantine(EXECUTE)");
    expect((await reader("POST", "/api/investigate/v2/orgs/{org}/processes/search_jobs", {})).status).toBe(403);
  });

  it("limits the rate, and longer for those who go on asking", async () => {
    Object.assign(sandbox.behaviour, { rateLimit: 3, rateWindow: 60 });
    for (let at = 0; at < 3; at++) {
      expect((await ask("POST", DEVICES, {})).status).toBe(200);
      await sandbox.clock.step(1);
    }
    const refused = await ask("POST", DEVICES, {});
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers["retry-after"]);
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    sandbox.behaviour["rateLimit"] = 0;
    expect((await ask("POST", DEVICES, {})).status).toBe(200);
  });

  it("turns routes of earlier days off when told to", async () => {
    const old = "/api/investigate/v1/orgs/{org}/processes/search_validation?q=a";
    expect((await ask("GET", old)).status).toBe(200);
    sandbox.behaviour["retired"] = true;
    const gone = await ask("GET", old);
    expect(gone.status).toBe(410);
    expect(gone.body).toMatchObject({ error_code: "ROUTE_RETIRED" });
    expect(gone.body.message).toContain("POST /api/investigate/v2/orgs/{org}/processes/search_validation");
    expect(
      (await ask("POST", "/api/investigate/v2/orgs/{org}/processes/search_validation", { query: "a" })).status,
    ).toBe(200);
  });

  it("answers in the form of the service when something is wrong", async () => {
    const cases: [string, string, unknown, number, Record<string, unknown>][] = [
      ["GET", "/appservices/v6/orgs/{org}/nothing", undefined, 404, { error_code: "NOT_FOUND" }],
      ["DELETE", DEVICES, undefined, 405, { error_code: "HTTP_405" }],
      ["POST", DEVICES, "{", 400, { error_code: "BAD_REQUEST" }],
      ["POST", DEVICES, [], 400, { error_code: "BAD_REQUEST" }],
      ["POST", DEVICES, { query: "name:(" }, 400, { error_code: "INVALID_QUERY", reason: "query_malformed_syntax" }],
    ];
    for (const [method, path, body, status, answer] of cases) {
      const refused = await ask(method, path, body);
      expect(refused.status, `${method} ${path}`).toBe(status);
      expect(refused.body).toMatchObject(answer);
      expect(refused.headers["content-type"]).toContain("application/json");
    }
    const old = await ask("PUT", STATUS, {});
    expect(old.body).toMatchObject({ success: false });
  });
});

it("has a section of a credential file for each product", () => {
  const { url, caFile = "", orgKey = "" } = sandbox.credentials("cloud");
  const lines = sandbox.profile("default", "cloud").trimEnd().split("\n");
  const { token } = sandbox.credentials("cloud");
  expect(lines).toEqual(["[default]", `url=${url}`, `token=${token}`, `org_key=${orgKey}`, `ssl_cert_file=${caFile}`]);
  expect(sandbox.profile()).not.toContain("org_key");
  expect(() => sandbox.credentials("defense")).toThrow(/No product defense/);
});

it("has the same organisation for the same seed, and another one for another", async () => {
  await using first = await startCloud({ seed: "a", organisation: "empty" });
  await using second = await startCloud({ seed: "a", organisation: "empty" });
  await using third = await startCloud({ seed: "b", organisation: "empty" });
  const keys = [first, second, third].map((each) => each.sandbox.credentials("cloud").orgKey);
  expect(keys[0]).toBe(keys[1]);
  expect(keys[0]).not.toBe(keys[2]);
  await second.sandbox.reset("b");
  expect(second.sandbox.credentials("cloud").orgKey).toBe(keys[2]);
  expect((await second.ask("POST", DEVICES.replace("{org}", keys[2] ?? ""), {})).body).toEqual({
    num_found: 0,
    results: [],
  });
});
