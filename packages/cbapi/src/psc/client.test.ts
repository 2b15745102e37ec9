import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, ClientError, CredentialError, ObjectNotFoundError, UnauthorizedError } from "../core/errors.js";
import { cloudServer, ORG } from "../test-support/cloud-server.js";
import { failure } from "../test-support/transport-server.js";
import { CbPSCBaseAPI } from "./client.js";
import { Device } from "./models/devices/device.js";

const DEVICE = "/appservices/v6/orgs/{org}/devices/7";

describe("CbPSCBaseAPI", () => {
  it("connects without a request", async () => {
    const { cb, requests } = await cloudServer({});
    expect(await cb.connect()).toBe(cb);
    expect(requests).toEqual([]);
    expect(cb.routes).toBe("current");
  });

  it("puts the organization key into every path, of raw requests too", async () => {
    const { cb, requests } = await cloudServer({
      [`GET ${DEVICE}`]: { id: 7, name: "WIN-7" },
      "POST /a/orgs/{org}/b": { done: true },
    });
    expect((await cb.select(Device, 7)).name).toBe("WIN-7");
    expect(await cb.getObject(DEVICE, { x: 1 })).toMatchObject({ id: 7 });
    expect(await cb.getRawData(DEVICE)).toContain("WIN-7");
    expect(await (await cb.postObject("/a/orgs/{org}/b", {})).json()).toEqual({ done: true });
    const streamed = await cb.requestStream({ method: "GET", path: DEVICE });
    expect(await streamed.json()).toMatchObject({ id: 7 });
    expect(streamed.path).toContain(`/orgs/${ORG}/`);
    expect(requests).toEqual([
      `GET ${DEVICE}`,
      `GET ${DEVICE}?x=1`,
      `GET ${DEVICE}`,
      "POST /a/orgs/{org}/b",
      `GET ${DEVICE}`,
    ]);
  });

  it("says where the organization key belongs when there is none, and sends nothing", async () => {
    const { cb, requests } = await cloudServer({ "GET /plain": { fine: true } }, { orgKey: "" });
    const error = await failure(cb.select(Device, 7), CredentialError);
    expect(error.code).toBe("NO_ORG_KEY");
    expect(error.message).toMatch(/No organization key specified: .*devices\/7 needs one.*org_key=.*CBAPI_ORG_KEY/s);
    expect(requests).toEqual([]);
    // What belongs to no organization goes out.
    expect(await cb.getObject("/plain")).toEqual({ fine: true });
  });

  it("of a product that can do nothing without an organization says so when it connects", async () => {
    class Client extends CbPSCBaseAPI {
      protected override get needsOrgKey(): boolean {
        return true;
      }
    }
    const { cb } = await cloudServer({}, { orgKey: "" }, Client);
    expect(await failure(cb.connect(), CredentialError)).toMatchObject({ code: "NO_ORG_KEY" });
    const plain = await cloudServer({}, { orgKey: "" });
    await expect(plain.cb.connect()).resolves.toBe(plain.cb);
  });

  it("takes the organization from a provider that is asked later", async () => {
    const { connection, requests } = await cloudServer({ [`GET ${DEVICE}`]: { id: 7 } });
    const { url, token, allowHttp } = connection;
    const credentialProvider = async () => ({ url, token, org_key: ORG });
    await using cb = new CbPSCBaseAPI({ credentialProvider, allowHttp });
    expect((await cb.select(Device, 7)).id).toBe(7);
    expect(requests).toEqual([`GET ${DEVICE}`]);
  });

  it("refuses options that have no meaning", () => {
    const options = { url: "https://localhost", token: "x/y" };
    expect(() => new CbPSCBaseAPI({ ...options, routes: "old" as never })).toThrow('routes is "current" or "classic"');
    expect(() => new CbPSCBaseAPI({ ...options, org_key: "A" } as never)).toThrow("Did you mean orgKey?");
  });

  it("keeps its errors apart by status, and its token to itself", async () => {
    const answers = [
      [401, '{"message":"Authentication failure"}', UnauthorizedError],
      [403, "{}", ClientError],
      [404, '{"error_code":"NOT_FOUND"}', ObjectNotFoundError],
      [429, "", ClientError],
    ] as const;
    for (const [status, text, kind] of answers) {
      const { cb } = await cloudServer({ [`GET ${DEVICE}`]: { status, text } });
      const error = await failure(cb.select(Device, 7), kind);
      expect(error.status).toBe(status);
      expect(inspect(error)).not.toContain("0123456789abcdef");
    }
  });
});

describe("routes that were switched off", () => {
  class Client extends CbPSCBaseAPI {
    protected override get calls() {
      return [
        { call: "Old search", classic: "POST /old/orgs/{org}/things/_search", retired: { instead: "new search" } },
        { call: "Old thing", classic: "GET /old/orgs/{org}/things/{id}", retired: { instead: "new things" } },
      ];
    }
  }

  it.each([404, 410])("answer %i, and the error names what does the same today", async (status) => {
    const { cb } = await cloudServer({ "POST /old/orgs/{org}/things/_search": { status, text: "{}" } }, {}, Client);
    const error = await failure(cb.postObject("/old/orgs/{org}/things/_search", {}), ApiError);
    expect(error).toMatchObject({ code: "ROUTE_RETIRED", status, retryable: false, method: "POST" });
    expect(error.message).toMatch(/Old search: .*switched this route off.*new search/s);
    expect(error.cause).toBeInstanceOf(ApiError);
  });

  it("tells an object that is not there from a route that is gone", async () => {
    const texts = ['{"error_code":"NOT_FOUND"}', '{"message":"This API has been deactivated"}'];
    const { cb } = await cloudServer(
      {
        "GET /old/orgs/{org}/things/1": { status: 404, text: texts[0] ?? "" },
        "GET /old/orgs/{org}/things/2": { status: 404, text: texts[1] ?? "" },
        "GET /old/orgs/{org}/things/3": { status: 410, text: "" },
      },
      {},
      Client,
    );
    const codes: string[] = [];
    for (const id of [1, 2, 3, 4]) {
      codes.push((await failure(cb.getObject(`/old/orgs/{org}/things/${id}`), ApiError)).code);
    }
    expect(codes).toEqual(["OBJECT_NOT_FOUND", "ROUTE_RETIRED", "ROUTE_RETIRED", "OBJECT_NOT_FOUND"]);
  });
});
