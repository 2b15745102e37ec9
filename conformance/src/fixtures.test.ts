import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { departures } from "./departures.js";
import { type Outcome, runAll } from "./runner.js";
import { readVectors } from "./vector.js";

/** The folders of which every recording has to be met. */
const whole = ["protection", "response"];

/** Of the other folders: the recordings that the library can be held to today, by name. */
const supported: Readonly<Record<string, string>> = {
  credentials: `
    env env-partial env-vs-file-name file-explicit file-home file-missing file-precedence file-profile ini-details
    product-protection profile-incomplete profile-missing`,
  errors: `
    connection-dropped connection-refused create-not-creatable delete-404 get-400 get-401 get-403 get-404 get-405 get-429 get-500
    get-502 http-url immutable-field json-error-message non-json-200 pinned-certificate protection-400 protection-500 put-400 put-403 query-syntax redirect retry-502
    timeout untrusted-certificate url-trailing-slash`,
  liveresponse: `
    directories error-codes get-file get-file-empty jobs-five-sensors kill-process kill-process-error linux-walk-process list-processes memdump
    process-no-output process-output put-file registry-read registry-write session-archive session-lost-and-reopened
    session-open-close session-reuse session-unsupported-sensor walk`,
};

describe("the bundled recordings", () => {
  let outcomes: Outcome[];
  const named = (status: Outcome["status"]): string[] =>
    outcomes.filter((outcome) => outcome.status === status).map(({ vector }) => vector);

  beforeAll(async () => {
    outcomes = await runAll(readVectors(fileURLToPath(new URL("../fixtures", import.meta.url))));
  });

  it("are all met, or name what the library does not have", () => {
    expect(outcomes.filter(({ status }) => status === "failed")).toEqual([]);
    expect(outcomes).toHaveLength(213);
    for (const { status, reasons } of outcomes) expect(reasons.length > 0).toBe(status === "unsupported");
  });

  it("are supported as far as this list goes", () => {
    const all = outcomes.map(({ vector }) => vector).filter((name) => whole.includes(name.split("/")[0] ?? ""));
    expect(all).toHaveLength(88);
    const listed = Object.entries(supported).flatMap(([folder, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => `${folder}/${name}`),
    );
    expect(named("passed").sort()).toEqual([...all, ...listed].sort());
  });

  it("are met with fewer requests than were recorded in these places only", () => {
    // Every session of one's own is opened without reading the list of all.
    const sessions = "GET /api/v1/cblr/session?active_only=true";
    const spared = outcomes
      .map(({ vector, spared }) => [vector, ...spared.filter((request) => request !== sessions)])
      .filter(({ length }) => length > 1);
    expect(spared).toEqual([
      ["liveresponse/registry-read", "GET /api/v1/cblr/session/7/command/1"],
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
