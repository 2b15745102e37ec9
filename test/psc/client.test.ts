// What every client of the Cloud does, whatever it asks for: keys, organizations, limits, generations.
import { inspect } from "node:util";
import { CbDefenseAPI } from "cbapi/defense";
import { CbLiveQueryAPI } from "cbapi/livequery";
import {
  ApiError,
  CbPSCBaseAPI,
  ClientError,
  CredentialError,
  Device,
  Job,
  ObjectNotFoundError,
  UnauthorizedError,
} from "cbapi/psc";
import { CbThreatHunterAPI } from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, cloudAccess, cloudClient, sandbox, useCloud } from "../support/given-cloud.js";

useCloud();

const SEARCH = "POST /appservices/v6/orgs/{org}/devices/_search";

describe("a client of the Cloud", () => {
  it("sends nothing when it connects, and its key and organization with what it asks", async () => {
    await cb.connect();
    expect(asked()).toEqual([]);
    const answer = await cb.getObject("/appservices/v6/orgs/{org}/devices/1");
    expect(answer).toMatchObject({ id: 1 });
    expect(cb.credentials.org_key).toBe(sandbox.credentials("cloud").orgKey);
    expect(inspect(cb.credentials)).not.toContain(sandbox.token);
  });

  it("takes all it needs from a profile", async () => {
    const profile = sandbox.profile("lab", "cloud");
    expect(profile).toMatch(/^\[lab\]/);
    const values = Object.fromEntries(
      profile.split("\n").flatMap((line) => {
        const [, name, value] = /^(\w+) *= *(.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    );
    const { url = "", token = "", org_key = "", ssl_cert_file } = values;
    await using client = new CbPSCBaseAPI({ credentialProvider: () => ({ url, token, org_key, ssl_cert_file }) });
    expect(await client.select(Device).count()).toBeGreaterThan(0);
  });

  it("without an organization says where it belongs, and sends nothing", async () => {
    await using client = cloudClient({ orgKey: "" });
    const error = await errorOf(() => client.select(Device).all());
    expect(error).toBeInstanceOf(CredentialError);
    expect(error).toMatchObject({ code: "NO_ORG_KEY" });
    expect(asked()).toEqual([]);
  });

  it.each([
    [CbPSCBaseAPI, false],
    [CbDefenseAPI, false],
    [CbThreatHunterAPI, true],
    [CbLiveQueryAPI, true],
  ])("of each product knows the platform, and may need an organization: %o, %s", async (Client, needed) => {
    await using client = new Client(cloudAccess());
    expect(await client.connect()).toBeInstanceOf(CbPSCBaseAPI);
    expect((await client.getObject("/appservices/v6/orgs/{org}/devices/1")) as object).toMatchObject({ id: 1 });
    await using without = new Client({ ...cloudAccess(), orgKey: "" });
    if (needed) expect(await errorOf(() => without.connect())).toMatchObject({ code: "NO_ORG_KEY" });
    else expect(await without.connect()).toBe(without);
  });

  it("of another organization is refused", async () => {
    await using client = cloudClient({ orgKey: "ZZZZ9999" });
    expect(await errorOf(() => client.select(Device, 1))).toMatchObject({ status: 403 });
  });

  it("with a token that nobody knows is refused, and its token told to nobody", async () => {
    await using client = cloudClient({ token: "NOBODYKNOWSTHIS/CONNECTOR1" });
    const error = await errorOf(() => client.select(Device, 1));
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(inspect(error)).not.toContain("NOBODYKNOWSTHIS");
  });

  it("with a token that lacks a permission is told which", async () => {
    const { token } = sandbox.tokens.add({ username: "reader", rights: ["device(READ)"] });
    await using client = cloudClient({ token: sandbox.credentials("cloud").token.replace(sandbox.token, token) });
    const refused = await errorOf(() => client.select(Job).all());
    expect(refused).toBeInstanceOf(Error);
  });

  it("waits when it is told to, and goes on", async () => {
    sandbox.faults.add({ match: { path: "/appservices", times: 2 }, do: { status: 429, retryAfter: 3 } });
    const before = sandbox.clock.now();
    expect(await cb.select(Device).count()).toBeGreaterThan(0);
    expect(sandbox.clock.now() - before).toBeGreaterThanOrEqual(6000);
    expect(asked()).toEqual([SEARCH, SEARCH, SEARCH]);
  });

  it("does not repeat what is refused for its number without a word when to come back", async () => {
    sandbox.faults.add({ match: { path: "/appservices" }, do: { status: 429 } });
    await using client = cloudClient({ maxRetries: 0 });
    const error = await errorOf(() => client.select(Device).all());
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 429, retryable: true });
  });

  it("meets the service's own limit, and keeps to it", async () => {
    sandbox.behaviour.rateLimit = 3;
    sandbox.behaviour.rateWindow = 10;
    for (let round = 0; round < 5; round++) expect(await cb.select(Device).count()).toBeGreaterThan(0);
  });

  it("repeats a search whose answer was lost, and no action", async () => {
    sandbox.faults.add({ match: { path: "/appservices", times: 1 }, do: { reset: true } });
    expect(await cb.select(Device).count()).toBeGreaterThan(0);
    expect(asked()).toEqual([SEARCH, SEARCH]);
    sandbox.faults.add({ match: { path: "/appservices", times: 1 }, do: { reset: true, carriedOut: true } });
    const error = await errorOf(() => cb.select(Device, 1).bypass(true));
    expect(error).toBeInstanceOf(ApiError);
    expect(asked()).toHaveLength(1);
  });

  it("takes a page for people for what it is", async () => {
    sandbox.faults.add({ match: { path: "/appservices", times: 1 }, do: { html: true } });
    expect(await errorOf(() => cb.select(Device, 1))).toMatchObject({ code: "NOT_JSON" });
  });

  it("stops when it is told to", async () => {
    const reason = new Error("enough");
    expect(await errorOf(() => cb.select(Device).all({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(asked()).toEqual([]);
  });

  it("has an error of its own for what is not there", async () => {
    expect(await errorOf(() => cb.getObject("/no/such/route"))).toBeInstanceOf(ObjectNotFoundError);
    expect(() => new CbPSCBaseAPI({ ...cloudAccess(), routes: "modern" as never })).toThrow("routes");
  });
});
