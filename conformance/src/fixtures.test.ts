import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { departures } from "./departures.js";
import { type Outcome, runAll } from "./runner.js";
import { readVectors } from "./vector.js";

describe("the bundled recordings", () => {
  let outcomes: Outcome[];

  beforeAll(async () => {
    outcomes = await runAll(readVectors(fileURLToPath(new URL("../fixtures", import.meta.url))));
  });

  it("are all met", () => {
    expect(outcomes.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(outcomes).toHaveLength(213);
  });

  it("are met with fewer requests than were recorded in these places only", () => {
    // Every session of one's own is opened without reading the list of all.
    const sessions = "GET /api/v1/cblr/session?active_only=true";
    const spared = outcomes
      .map(({ vector, spared }) => [vector, ...spared.filter((request) => request !== sessions)])
      .filter(({ length }) => length > 1);
    const devices = "GET /integrationServices/v3/device?rows=100";
    const status = "GET /appservices/v6/orgs/WNEX/workflow/status/REQ-1";
    expect(spared).toEqual([
      ["liveresponse/psc-jobs-defense", devices, devices, devices],
      ["liveresponse/registry-read", "GET /api/v1/cblr/session/7/command/1"],
      ["psc/alert-bulk-dismiss", status, status, status],
      ["response/banned-hash-list-600", "GET /api/v1/banning/blacklist?count=10000"],
      ["response/ingress-filter", "GET /api/v1/ingress_whitelist/9"],
      ["response/storage-partitions", "GET /api/v1/storage/events/partition"],
    ]);
  });

  it("make use of every departure of the table", () => {
    const used = outcomes.flatMap((outcome) => outcome.departures).length;
    const always = departures.filter((row) => !("sometimes" in row)).length;
    expect(used).toBeGreaterThanOrEqual(always);
    expect(used).toBeLessThanOrEqual(departures.length);
  });
});
