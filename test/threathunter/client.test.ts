// The client of ThreatHunter: what it has from the platform, its own objects, and conditions that are joined.
import { CbThreatHunterAPI, Event, Feed, Process } from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { useCloudAs } from "../support/given-cloud.js";
import { testPlatform } from "../support/platform.js";

const given = useCloudAs(CbThreatHunterAPI);

testPlatform(given);

describe("objects", () => {
  it("are made and found", async () => {
    const { cb, other } = given;
    const feed = cb.create(Feed, { name: "Made", provider_url: "https://example.com", summary: "s", category: "own" });
    await feed.save();
    expect((await other.select(Feed, String(feed.id))).name).toBe("Made");
    expect((await other.select(Feed).all()).map(({ id }) => id)).toContain(feed.id);
  });
});

describe("a search for events", () => {
  it("takes conditions that all hold, or one of several", async () => {
    const { cb } = given;
    const rows = await cb.select(Process).where("modload_count:[1 TO *] AND netconn_count:[1 TO *]").all({ limit: 1 });
    const process_guid = rows[0]?.process_guid ?? "";
    const all = await cb.select(Event).where({ process_guid }).all();
    const of = (...types: readonly string[]) =>
      all.flatMap(({ event_guid, event_type = "" }) => (types.includes(event_type) ? [event_guid] : []));
    for (const type of ["modload", "netconn"]) {
      expect(of(type)).not.toHaveLength(0);
      const found = await cb.select(Event).where({ process_guid }).and({ event_type: type }).all();
      expect(found.map(({ event_guid }) => event_guid)).toEqual(of(type));
    }
    const either = cb
      .select(Event)
      .forProcess(process_guid)
      .where({ event_type: "modload" })
      .or({ event_type: "netconn" });
    expect((await either.all()).map(({ event_guid }) => event_guid)).toEqual(of("modload", "netconn"));
    const both = cb.select(Event).where({ process_guid }).and({ event_type: "modload" }).and({ event_type: "netconn" });
    expect(await both.count()).toBe(0);
  });
});
