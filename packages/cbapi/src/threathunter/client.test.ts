import { describe, expect, it } from "vitest";
import { CredentialError } from "../core/errors.js";
import { cloudServer } from "../test-support/cloud-server.js";
import { searchServer } from "../test-support/search-server.js";
import { THREATHUNTER_CALLS } from "./calls.js";
import { CbThreatHunterAPI } from "./client.js";
import { Process } from "./models/process/process.js";

const LIMITS = { status_code: 200, time_bounds: { lower: 1, upper: 2 } };

describe("CbThreatHunterAPI", () => {
  it.each(["current", "classic"] as const)("asks the server about queries, with %s routes", async (routes) => {
    const old = "/threathunter/search/v1/orgs/{org}/processes";
    const v1 = "/api/investigate/v1/orgs/{org}/processes";
    const where = routes === "classic" ? old : v1;
    const { cb, requests, bodies } = await cloudServer(
      {
        "POST /api/investigate/v2/orgs/{org}/processes/search_validation": { valid: true },
        [`GET ${old}/search_validation`]: { valid: true },
        "POST /threathunter/feedmgr/v2/query/translate": { query: "process_name:b" },
        [`GET ${where}/search_jobs`]: { query_ids: ["a", 5] },
        [`GET ${where}/limits`]: LIMITS,
      },
      { routes },
      CbThreatHunterAPI,
    );
    expect(await cb.validateQuery("a b")).toBe(true);
    expect(await cb.convertQuery("process_name:a")).toBe("process_name:b");
    expect(await cb.queries()).toEqual(["a"]);
    expect(await cb.limits()).toEqual(LIMITS);
    expect(requests[0]).toBe(
      routes === "classic"
        ? `GET ${old}/search_validation?q=a b`
        : "POST /api/investigate/v2/orgs/{org}/processes/search_validation",
    );
    expect(bodies.at(-1)).toEqual({ query: "process_name:a" });
  });

  it("gives nothing where the server says nothing", async () => {
    const { cb } = await cloudServer(
      {
        "POST /api/investigate/v2/orgs/{org}/processes/search_validation": {},
        "POST /threathunter/feedmgr/v2/query/translate": { query: null },
        "GET /api/investigate/v1/orgs/{org}/processes/search_jobs": {},
      },
      {},
      CbThreatHunterAPI,
    );
    expect([await cb.validateQuery("a"), await cb.convertQuery("a"), await cb.queries()]).toEqual([
      false,
      undefined,
      [],
    ]);
  });

  it("needs an organization key", async () => {
    const { connection } = await cloudServer({});
    const cb = new CbThreatHunterAPI(connection);
    await expect(cb.connect()).rejects.toThrow(CredentialError);
    await expect(cb.select(Process).all()).rejects.toThrow(CredentialError);
    await cb.close();
  });

  it("names each call once", () => {
    const calls = THREATHUNTER_CALLS.map(({ call }) => call);
    expect(new Set(calls).size).toBe(calls.length);
  });

  it("sends classic searches as they were recorded", async () => {
    const { cb, requests, searches } = await searchServer({}, { routes: "classic" });
    await cb.select(Process).where({ a: 1 }).or({ process_guid: "G-1" }).all();
    expect(searches[0]?.body).toMatchObject({ query: "a:1 OR process_guid:G\\-1", process_guid: "G-1" });
    expect(searches[0]?.body).not.toHaveProperty("sort");
    expect(requests[0]).toMatch(/^GET \/api\/investigate\/v1\/.*process_guid=G-1&q=a:1 OR .*&rows=10000$/);
    expect(requests[2]).toBe("GET /api/investigate/v1/orgs/{org}/processes/search_jobs/job-0");
  });
});
