// Both generations of the Cloud's routes, and those of yesterday once the service has switched them off.
import { ApiError, BaseAlert, type CbPSCBaseAPI, ClientError, Device, ObjectNotFoundError } from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, cloudClient, sandbox, useCloud } from "../support/given-cloud.js";

useCloud();

const generations = ["current", "classic"] as const;

describe.each(generations)("with %s routes", (routes) => {
  it("devices are the same, by any way", async () => {
    await using client = cloudClient({ routes });
    expect(client.routes).toBe(routes);
    const [mine, theirs] = await Promise.all([client.select(Device).all(), cb.select(Device).all()]);
    expect(mine.map((device) => device.toJSON())).toEqual(theirs.map((device) => device.toJSON()));
    expect((await client.select(Device, 1)).toJSON()).toEqual((await cb.select(Device, 1)).toJSON());
  });

  it("what still lives goes on when the rest is switched off", async () => {
    sandbox.behaviour.retired = true;
    await using client = cloudClient({ routes });
    const query = client.select(Device).setStatus(["ALL"]);
    expect(await query.count()).toBeGreaterThan(0);
    expect((await client.select(Device, 1)).id).toBe(1);
    expect((await client.deviceBackgroundScan([1], true)).complete).toBe(true);
    expect(await query.download().text()).toContain("name");
  });
});

describe("routes that are switched off", () => {
  const alerts = async (client: CbPSCBaseAPI) => (await client.select(BaseAlert).all({ limit: 5 })).length;

  it("are told from other failures, with what does the same today", async () => {
    await using classic = cloudClient({ routes: "classic" });
    const before = await alerts(classic);
    sandbox.behaviour.retired = true;
    const error = await errorOf(() => alerts(classic));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "ROUTE_RETIRED", status: 410, retryable: false });
    expect(error.message).toMatch(/switched this route off.*\/api\/alerts\/v7/s);
    // The same call by the routes of today.
    expect(await alerts(cb)).toBe(before);
  });

  it("are told of raw requests as well", async () => {
    sandbox.behaviour.retired = true;
    const path = "/appservices/v6/orgs/{org}/alerts/_search";
    expect(await errorOf(() => cb.postObject(path, { criteria: {} }))).toMatchObject({ code: "ROUTE_RETIRED" });
    const request = { method: "POST", path, json: { criteria: {} } };
    expect(await errorOf(() => cb.requestStream(request))).toMatchObject({ code: "ROUTE_RETIRED" });
    expect(await errorOf(() => cb.getRawData("/appservices/v6/orgs/{org}/alerts/x"))).toMatchObject({
      code: "ROUTE_RETIRED",
    });
  });

  it("are no objects that are not there, and no requests that are refused", async () => {
    sandbox.behaviour.retired = true;
    expect(await errorOf(() => cb.select(Device, 987654))).toBeInstanceOf(ObjectNotFoundError);
    const wrong = cb.postObject("/appservices/v6/orgs/{org}/devices/_search", { rows: 20_000 });
    expect(await errorOf(() => wrong)).toBeInstanceOf(ClientError);
  });

  it("are gone for the caller alone: nothing else is asked in their place", async () => {
    await using classic = cloudClient({ routes: "classic" });
    sandbox.behaviour.retired = true;
    asked();
    await errorOf(() => alerts(classic));
    expect(asked()).toHaveLength(1);
  });
});

it("a scroll of the server's leads through all devices, as a reading of very many goes", async () => {
  const found = (await cb.select(Device).all()).map(({ id }) => id);
  const scrolled: number[] = [];
  let after: unknown;
  for (let page = 0; page <= found.length && scrolled.length < found.length; page++) {
    const body = {
      criteria: {},
      exclusions: {},
      query: null,
      rows: 3,
      ...(after === undefined ? {} : { search_after: after }),
    };
    const answer = await cb.postObject("/appservices/v6/orgs/{org}/devices/_scroll", body);
    const { num_found, search_after, results } = (await answer.json()) as {
      readonly num_found: number;
      readonly search_after: unknown;
      readonly results: readonly { readonly id: number }[];
    };
    expect(num_found).toBe(found.length);
    after = search_after;
    scrolled.push(...results.map(({ id }) => id));
  }
  expect(new Set(scrolled)).toEqual(new Set(found));
  expect(scrolled).toHaveLength(found.length);
});
