import { describe, expect, it } from "vitest";
import { ApiError, TimeoutError } from "../../../core/errors.js";
import { Q, range } from "../../../core/query/terms.js";
import type { CbPSCOptions } from "../../../psc/client.js";
import { QueryBuilder } from "../../../psc/query-language/query-builder.js";
import { type CloudRequest, cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { CbThreatHunterAPI } from "../../client.js";
import { Process } from "../process/process.js";
import { Event } from "./event.js";

const VALIDATION = "/api/investigate/v1/orgs/{org}/events/search_validation";
const SEARCH = "/api/investigate/v2/orgs/{org}/events/G-1/_search";
const FACETS = "/api/investigate/v2/orgs/{org}/events/G-1/_facet";

/** A server with these events, which looks through the parts of the process step by step. */
async function eventServer(
  events: readonly object[],
  { segments = () => [3, 3], ...options }: CbPSCOptions & { segments?: (looks: number) => readonly number[] } = {},
) {
  let looks = 0;
  const parts = () => {
    const [processed_segments, total_segments] = segments(looks++);
    return { processed_segments, total_segments };
  };
  return cloudServer(
    {
      [`POST ${VALIDATION}`]: { valid: true },
      [`GET ${VALIDATION}`]: { valid: true },
      [`POST ${SEARCH}`]: ({ body }: CloudRequest) => {
        const { start = 0, rows = 20 } = body as { start?: number; rows?: number };
        const numbers = { num_found: events.length, num_available: events.length };
        return { results: events.slice(start, start + rows), ...numbers, ...parts() };
      },
      [`POST ${FACETS}`]: () => ({
        terms: [{ field: "event_type", values: [{ id: "netconn", name: "netconn", total: 3 }] }],
        num_found: 3,
        ...parts(),
      }),
    },
    { clock: new JumpClock(), ...options },
    CbThreatHunterAPI,
  );
}

const netconns = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    event_guid: `e${index}`,
    event_type: "netconn",
    process_guid: "G-1",
  }));

describe("the events of a process", () => {
  it("come page by page, each once", async () => {
    const { cb, requests, bodies } = await eventServer(netconns(1001));
    const proc = new Process({ client: cb, key: "G-1" });
    const query = proc.events({ event_type: "netconn", netconn_port: range(1, 1024) });
    const found = await query.all();
    expect(found.map(({ event_guid }) => event_guid)).toEqual(netconns(1001).map(({ event_guid }) => event_guid));
    expect(found.report().complete).toBe(true);
    expect(requests).toEqual([`POST ${VALIDATION}`, ...Array.from({ length: 3 }, () => `POST ${SEARCH}`)]);
    expect(bodies[1]).toMatchObject({
      process_guid: "G-1",
      query: "process_guid:G\\-1 AND event_type:netconn AND netconn_port:[1 TO 1024]",
      rows: 500,
    });
    expect(bodies[1]).not.toHaveProperty("start");
    expect(bodies.slice(2)).toMatchObject([{ start: 500 }, { start: 1000 }]);
    expect(await query.count()).toBe(1001);
    expect(requests).toHaveLength(4);
  });

  it("are counted without being read", async () => {
    const { cb, bodies } = await eventServer(netconns(5));
    expect(await cb.select(Event).where("process_guid:G-1").count()).toBe(5);
    expect(bodies[1]).not.toHaveProperty("rows");
  });

  it("are waited for until all parts have been looked through", async () => {
    const clock = new JumpClock();
    const { cb, requests } = await eventServer(netconns(2), { clock, segments: (looks) => [Math.min(looks, 3), 3] });
    expect(await cb.select(Event).where({ process_guid: "G-1" }).all()).toHaveLength(2);
    expect(requests.filter((request) => request.endsWith("_search"))).toHaveLength(4);
    expect(clock.pauses).toEqual([1000, 1000, 1000]);
  });

  it("are given up when the server makes no progress", async () => {
    const clock = new JumpClock();
    const { cb } = await eventServer([], { clock, segments: () => [1, 3] });
    const failed = cb.select(Event).where({ process_guid: "G-1" }).all();
    await expect(failed).rejects.toThrow(TimeoutError);
    await expect(failed).rejects.toThrow(/stopped at 1 of 3 parts/);
    expect(clock.pauses).toHaveLength(10);
    expect(clock.pauses.at(-1)).toBe(1900);
  });

  it("are counted by the values of a field", async () => {
    const { cb, bodies } = await eventServer([], { segments: (looks) => [looks, 1] });
    const { terms, found } = await cb
      .select(Event)
      .where({ process_guid: "G-1" })
      .facets({ fields: ["event_type"], rows: 5 });
    expect(terms.get("event_type")).toEqual([{ id: "netconn", name: "netconn", total: 3 }]);
    expect(found).toBe(3);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toEqual({ query: "process_guid:G\\-1", terms: { fields: ["event_type"], rows: 5 } });
  });

  it("need an event no name to be handed out", async () => {
    const { cb } = await eventServer([{ event_type: "netconn" }, { event_type: "netconn" }]);
    expect(await cb.select(Event).where({ process_guid: "G-1" }).all()).toHaveLength(2);
  });
});

describe("the process of a search for events", () => {
  it.each<[string, (cb: CbThreatHunterAPI) => ReturnType<typeof Event.query>]>([
    ["terms", (cb) => cb.select(Event).where({ process_guid: "G-1" })],
    ["text", (cb) => cb.select(Event).where("process_guid:G-1 AND (a:b OR c:d)")],
    ["an expression", (cb) => cb.select(Event).where(Q({ process_guid: "G-1" }).and({ a: 1 }))],
    ["a builder", (cb) => cb.select(Event).where(new QueryBuilder({ process_guid: "G-1" }))],
    ["a method", (cb) => cb.select(Event).where("event_type:netconn").forProcess("G-1")],
  ])("is named by %s", async (_, query) => {
    const { cb } = await eventServer(netconns(1));
    expect(await query(cb).all()).toHaveLength(1);
  });

  it.each<[string, (cb: CbThreatHunterAPI) => ReturnType<typeof Event.query>]>([
    ["nothing", (cb) => cb.select(Event)],
    ["one of several choices", (cb) => cb.select(Event).where({ event_type: "netconn" }).or({ process_guid: "G-1" })],
    ["what must not be", (cb) => cb.select(Event).not({ process_guid: "G-1" })],
    ["a pattern", (cb) => cb.select(Event).where("process_guid:G*")],
  ])("is not named by %s, and nothing is sent", async (_, query) => {
    const { cb, requests } = await eventServer([]);
    for (const act of [() => query(cb).all(), () => query(cb).count(), () => query(cb).facets({ fields: ["a"] })]) {
      await expect(act()).rejects.toThrow(/one process at a time/);
    }
    expect(requests).toEqual([]);
  });

  it("is a text", async () => {
    const { cb } = await eventServer([]);
    expect(() => cb.select(Event).forProcess(" ")).toThrow(ApiError);
    await expect(cb.select(Event, "e1")).rejects.toThrow(/cannot be read by its id/);
  });
});
