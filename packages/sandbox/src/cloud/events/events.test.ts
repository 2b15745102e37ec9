import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ask, startCloud } from "../samples.js";

let cloud: Awaited<ReturnType<typeof startCloud>>;
let ask: Ask;
/** A process with events of several kinds. */
let guid: string;

beforeAll(async () => {
  cloud = await startCloud({ behaviour: { searchPolls: 1 } });
  ({ ask } = cloud);
  const { body } = await ask("POST", "/api/investigate/v2/orgs/{org}/processes/search_jobs", {
    ...{
      query: "netconn_count:[1 TO *] AND modload_count:[1 TO *]",
      sort: [{ field: "modload_count", order: "DESC" }],
    },
  });
  const found = await ask("GET", `/api/investigate/v2/orgs/{org}/processes/search_jobs/${body.job_id}/results`);
  guid = found.body.results[0].process_guid;
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => {
  Object.assign(cloud.sandbox.behaviour, cloud.sandbox.switches, { segmentPolls: 1 });
});

const EVENTS = "/api/investigate/v2/orgs/{org}/events";
const search = async (body: unknown, of = guid) => await ask("POST", `${EVENTS}/${of}/_search`, body);
const VALIDATION = "/api/investigate/v1/orgs/{org}/events/search_validation";

describe("the events of a process", () => {
  it("are there when all segments have been looked through", async () => {
    cloud.sandbox.behaviour["segmentPolls"] = 3;
    // What was asked for before is forgotten by then.
    await cloud.sandbox.clock.step(181);
    const answers = [];
    for (let at = 0; at < 4; at++) answers.push((await search({ rows: 10_000 })).body);
    expect(answers.map(({ processed_segments, total_segments }) => `${processed_segments}/${total_segments}`)).toEqual([
      "1/3",
      "2/3",
      "3/3",
      "3/3",
    ]);
    const [first, , third, fourth] = answers;
    expect(first.num_available).toBeLessThan(third.num_available);
    expect(fourth).toEqual(third);
    cloud.sandbox.behaviour["segmentPolls"] = -3;
    for (let at = 0; at < 5; at++) expect((await search({})).body.processed_segments).toBeLessThan(3);
  });

  it("come in the order of their time, page by page from 0", async () => {
    const all = (await search({ rows: 10_000 })).body;
    expect(all.num_found).toBe(all.results.length);
    expect(all.num_available).toBe(all.num_found);
    const times = all.results.map(({ event_timestamp }: { event_timestamp: string }) => event_timestamp);
    expect(times).toEqual([...times].sort());
    const ids = all.results.map(({ event_guid }: { event_guid: string }) => event_guid);
    expect(new Set(ids).size).toBe(ids.length);
    const pages: string[] = [];
    for (let start = 0; start < ids.length; start += 7) {
      const { results } = (await search({ start, rows: 7 })).body;
      pages.push(...results.map(({ event_guid }: { event_guid: string }) => event_guid));
    }
    expect(pages).toEqual(ids);
    expect((await search({})).body.results).toHaveLength(Math.min(10, ids.length));
    for (const body of [{ rows: 10_001 }, { start: 9_999, rows: 2 }, { start: 10_001 }, { start: -1 }]) {
      expect((await search(body)).status, JSON.stringify(body)).toBe(400);
    }
  });

  it("are as many as the process counts, and say what they are about", async () => {
    const { body } = await ask("POST", "/api/investigate/v2/orgs/{org}/processes/detail_jobs", {
      process_guids: [guid],
    });
    cloud.sandbox.behaviour["searchPolls"] = 1;
    const details = await ask("GET", `/api/investigate/v2/orgs/{org}/processes/detail_jobs/${body.job_id}/results`);
    const [process] = details.body.results;
    for (const kind of ["modload", "netconn", "filemod", "regmod", "childproc", "crossproc"]) {
      const { results } = (await search({ query: `event_type:${kind}*`, rows: 10_000 })).body;
      expect(results, kind).toHaveLength(process[`${kind}_count`]);
      for (const event of results) {
        expect(Object.keys(event).some((name) => name.startsWith(`${kind}_`))).toBe(true);
        expect(event).toMatchObject({ process_guid: guid, legacy: false, event_hash: expect.any(String) });
      }
    }
  });

  it("are searched by text, criteria, exclusions and time", async () => {
    const everything = (await search({ rows: 10_000 })).body.results as Record<string, unknown>[];
    const [modload] = everything.filter(({ event_type }) => event_type === "modload");
    const escaped = guid.replaceAll("-", "\\-");
    const same = async (body: Record<string, unknown>, test: (event: Record<string, unknown>) => boolean) => {
      const found = (await search({ ...body, rows: 10_000 })).body.results;
      expect(found, JSON.stringify(body)).toEqual(everything.filter(test));
    };
    await same(
      { query: `process_guid:${escaped} AND event_type:netconn` },
      ({ event_type }) => event_type === "netconn",
    );
    await same({ q: "event_type:netconn" }, ({ event_type }) => event_type === "netconn");
    await same({ criteria: { event_type: ["modload"] } }, ({ event_type }) => event_type === "modload");
    await same({ exclusions: { event_type: ["modload"] } }, ({ event_type }) => event_type !== "modload");
    await same(
      { query: `modload_name:"${String(modload?.["modload_name"]).replaceAll("\\", "\\\\")}"` },
      ({ modload_name }) => String(modload_name).toLowerCase() === String(modload?.["modload_name"]).toLowerCase(),
    );
    await same({ query: "netconn_port:[1 TO 65535]" }, ({ netconn_port }) => netconn_port !== undefined);
    const last = everything.at(-1)?.["event_timestamp"];
    await same({ time_range: { start: last, end: last } }, ({ event_timestamp }) => event_timestamp === last);
    await same({ time_range: {} }, () => true);
    const down = (await search({ rows: 10_000, sort: [{ field: "event_timestamp", order: "DESC" }] })).body.results;
    expect(down.map(({ event_timestamp }: { event_timestamp: string }) => event_timestamp)).toEqual(
      everything.map(({ event_timestamp }) => event_timestamp).reverse(),
    );
  });

  it("are counted by fields", async () => {
    const everything = (await search({ rows: 10_000 })).body.results as Record<string, unknown>[];
    const { body } = await ask("POST", `${EVENTS}/${guid}/_facet`, {
      terms: { fields: ["event_type", "modload_name"] },
    });
    expect(body).toMatchObject({ num_found: everything.length, processed_segments: 1, total_segments: 1 });
    for (const { id, total } of body.terms[0].values) {
      expect(total).toBe(everything.filter(({ event_type }) => event_type === id).length);
    }
    for (const terms of [undefined, {}, { fields: ["nothing"] }]) {
      expect((await ask("POST", `${EVENTS}/${guid}/_facet`, { terms })).status).toBe(400);
    }
  });

  it("are none of a process that there is not", async () => {
    const { orgKey = "" } = cloud.sandbox.credentials("cloud");
    for (const other of ["nonsense", `${orgKey}-00000001-00000001-00000000-0000000000000001`]) {
      expect((await search({}, other)).body).toMatchObject({ results: [], num_found: 0, num_available: 0 });
    }
  });

  it("are refused where the query makes no sense", async () => {
    for (const query of ["event_type:(", "nothing:x", "constructor:x"]) {
      const refused = await search({ query });
      expect(refused.status).toBe(400);
      expect(refused.body.reason).toBe("query_malformed_syntax");
      const told = await ask("POST", VALIDATION, { query });
      expect(told.body.valid).toBe(false);
      const parameters = new URLSearchParams({ q: query });
      expect((await ask("GET", `${VALIDATION}?${parameters}`)).body).toEqual(told.body);
    }
    expect((await ask("POST", VALIDATION, { query: "event_type:netconn" })).body.valid).toBe(true);
  });
});
