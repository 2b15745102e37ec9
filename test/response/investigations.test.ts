// Investigations and the events that analysts have tagged for them.
import { ApiError, InvalidObjectError, Investigation, ObjectNotFoundError, Process, TaggedEvent } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, sent, written } from "../support/sandbox.js";

useSandbox(
  { tokens: [{ username: "analyst", token: "analyst-token-0123456789" }] },
  { sharedTime: true, connected: true },
);

describe("an investigation", () => {
  it("is listed, looked up, found by its page in the console, and cannot be changed", async () => {
    const [investigation] = await cb.select(Investigation).where({ name: "default investigation" }).all();
    expect(investigation?.toJSON()).toEqual(((await cb.getObject("/api/investigations")) as unknown[])[0]);
    const same = await cb.select(Investigation, 1, { refresh: true });
    expect(same).toMatchObject({ name: "Default Investigation", created_by_user_id: "1" });
    expect(same.date_started).toEqual(new Date("2016-10-19T12:00:00Z"));
    expect(same.webui_link).toBe(`${sandbox.url}/#investigation/1`);
    const found = cb.fromUi(same.webui_link);
    expect(found.kind === "investigation" && (await found.object).name).toBe("Default Investigation");
    expect(await errorOf(() => cb.select(Investigation, 987_654))).toBeInstanceOf(ObjectNotFoundError);
    expect(() => cb.create(Investigation)).toThrow(ApiError);
    expect(() => Object.assign(same, { name: "x" })).toThrow(ApiError);
  });

  it("has events, which lead to their processes", async () => {
    const investigation = await cb.select(Investigation, 1);
    const events = await investigation.events.sort("id asc").all();
    expect(sent(sandbox)).toContain("GET /api/tagged_event/1");
    expect(events.map(({ id, event_type }) => [id, event_type])).toEqual([
      ...[
        [1, "regmod"],
        [2, "procstart"],
        [3, "procstart"],
        [4, "netconn"],
        [5, "regmod"],
      ],
    ]);
    const [, mount] = events;
    const proc = await mount?.process;
    expect(proc).toMatchObject({ process_name: "net.exe", process_pid: 10_176, segment: mount?.segment_id });
    expect(proc?.cmdline).toBe(mount?.event_data?.["cmdline"]);
    expect(mount?.process_id).toBe(proc?.process_pid);
    expect(await mount?.investigation.name).toBe("Default Investigation");
    expect(mount).toMatchObject({ notes: "Tries another letter for the same share, six seconds later" });
    expect(mount?.date_tagged).toEqual(new Date("2016-11-14T15:04:00Z"));

    const run = await investigation.events.where("event_type:regmod").and("id:5").one();
    expect(run.event_data?.description).toBe("Comes back");
    expect(await cb.select(TaggedEvent).where({ investigation_id: 1 }).count()).toBe(5);
    expect(await cb.select(TaggedEvent).where("investigation_id:1").where("event_type:netconn").first()).toMatchObject({
      event_data: { domain: "evil.example" },
    });
    const processes = (await investigation.events.include("process").all()).map(({ unique_id }) => unique_id);
    expect(new Set(processes).size).toBe(3);
  });

  it("has to be named by whoever asks for events", async () => {
    for (const [query, message] of [
      [cb.select(TaggedEvent), /investigation_id:<id>/],
      [cb.select(TaggedEvent).where("event_type:regmod"), /investigation_id:<id>/],
    ] as const) {
      expect((await errorOf(() => query.all())).message).toMatch(message);
    }
    expect(() => cb.select(TaggedEvent).where("investigation_id:1").where("investigation_id:2")).toThrow(/at a time/);
    expect(sent(sandbox)).toEqual([]);
    expect(await errorOf(() => cb.select(TaggedEvent).where("investigation_id:99").all())).toBeInstanceOf(
      ObjectNotFoundError,
    );
  });
});

describe("a tagged event", () => {
  it("is looked up by both numbers, and by its process", async () => {
    const event = await cb.select(TaggedEvent, "1:3");
    expect(event).toMatchObject({ id: 3, investigation_id: 1, event_type: "procstart", tagged_by_user_id: "1" });
    const evil = await cb.select(Process).where("process_name:evil.exe").first();
    if (evil === undefined) throw new Error("the small organisation has an evil.exe");
    const tagged = await TaggedEvent.ofProcess(cb, evil);
    expect(tagged.map(({ id }) => id)).toEqual([3, 4, 5]);
    expect(await TaggedEvent.ofProcess(cb, evil.unique_id ?? "")).toHaveLength(3);
    expect(await tagged[0]?.process.id).toBe(evil.id);
    expect(await errorOf(() => cb.select(TaggedEvent, "1:99"))).toBeInstanceOf(ObjectNotFoundError);
    expect((await errorOf(() => cb.select(TaggedEvent, 3))).message).toContain("5:3");
    expect(await errorOf(() => cb.select(TaggedEvent, "x"))).toBeInstanceOf(InvalidObjectError);
  });

  it("is made, changed and deleted, which its investigation notes", async () => {
    await sandbox.clock.step(10);
    const start = new Date("2026-01-04T22:15:30.250Z");
    const event = cb.create(TaggedEvent, { investigation_id: 1, start_date: start });
    const incomplete = await errorOf(() => event.save());
    expect(incomplete).toBeInstanceOf(InvalidObjectError);
    expect(incomplete.message).toContain("[event_data]");
    event.event_data = { description: "mail with the dropper came in", from: "billing@supplier.example" };
    expect(await event.save({ dryRun: true })).toMatchObject({
      requests: [{ method: "POST", path: "/api/tagged_event", body: { investigation_id: 1 } }],
    });
    expect(written(sandbox)).toEqual([]);
    await event.save({ verify: true });
    expect(written(sandbox)).toEqual(["POST /api/tagged_event"]);
    expect(event).toMatchObject({ id: 6, start_date: start, date_tagged: sandbox.clock.date() });
    expect(event.event_data).toEqual({
      description: "mail with the dropper came in",
      from: "billing@supplier.example",
    });
    expect(await event.process).toBeUndefined();
    expect((await event.investigation).last_updated).toEqual(sandbox.clock.date());

    await sandbox.clock.step(10);
    await using other = clientOf(sandbox, { token: "analyst-token-0123456789" });
    const theirs = await other.select(TaggedEvent, "1:6");
    await theirs.set({ event_data: { description: "mail came in", attachment: "invoice.exe" } }).save({ verify: true });
    await sandbox.clock.step(1);
    event.notes = "see the gateway's log";
    event.start_date = new Date(start.getTime() - 60_000);
    await event.save({ verify: true });
    expect(written(sandbox)).toEqual(["PUT /api/tagged_event/6", "PUT /api/tagged_event/6"]);
    // What somebody else changed meanwhile is still there.
    expect(await other.select(TaggedEvent, "1:6", { refresh: true })).toMatchObject({
      ...{ notes: "see the gateway's log", event_data: { description: "mail came in", attachment: "invoice.exe" } },
      start_date: new Date(start.getTime() - 60_000),
    });
    const moved = await errorOf(() => event.set({ investigation_id: 2 }).save());
    expect(moved.message).toContain("stays in its investigation");
    event.reset();
    expect(await errorOf(() => event.set({ event_type: "regmod" } as never))).toBeInstanceOf(ApiError);

    await event.delete();
    expect(written(sandbox)).toEqual(["DELETE /api/tagged_event/6"]);
    expect(await errorOf(() => event.delete())).toMatchObject({ code: "DELETED" });
    expect(await errorOf(() => theirs.refresh())).toBeInstanceOf(ObjectNotFoundError);
    expect(await cb.select(TaggedEvent).where({ investigation_id: 1 }).count()).toBe(5);
    const nowhere = cb.create(TaggedEvent, { investigation_id: 9, event_data: {} });
    expect(await errorOf(() => nowhere.save())).toMatchObject({
      status: 400,
      message: expect.stringContaining("investigation_id"),
    });
  });
});
