import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import {
  ApiError,
  InvalidObjectError,
  Investigation,
  ObjectNotFoundError,
  ServerError,
  TaggedEvent,
} from "../../index.js";

const GUID = "00000003-0000-036c-01d2-2efd3af51186";
const listed = [
  { id: 5, name: "Phishing", notes: null, created_by_user_id: "1", date_started: "2018-02-06 12:44:40.002234-06:00" },
  { id: "6", name: "Other" },
];
const event = {
  id: 12,
  event_type: "filemod",
  unique_id: GUID,
  segment_id: 1,
  notes: "dropped here",
  event_data: { description: "wrote c:\\x.exe" },
  start_date: "2018-02-06T12:00:00Z",
};

async function investigationServer(answerTo: { post?: Answer; put?: Answer } = {}) {
  const bodies: unknown[] = [];
  const events: Record<string, unknown>[] = [event, { id: 13, event_type: "note", event_data: {} }];
  const server = await edrServer({
    "/api/investigations": listed,
    "/api/tagged_event/5": () => events,
    "/api/tagged_event/6": [],
    "/api/tagged_event": (_query, _method, body): Answer => {
      bodies.push(JSON.parse(body));
      events.push({ id: 14, ...(JSON.parse(body) as object) });
      return answerTo.post ?? { id: 14 };
    },
    "/api/tagged_event/12": (_query, method, body): Answer => {
      if (method === "DELETE") return { status: 204, text: "" };
      bodies.push(JSON.parse(body));
      events[0] = JSON.parse(body) as Record<string, unknown>;
      return answerTo.put ?? { result: "success" };
    },
    [`/api/tagged_events/${GUID}`]: [{ ...event, investigation_id: 5 }],
    [`/api/v1/process/${GUID}/0`]: { process: { id: GUID, process_name: "cmd.exe" } },
  });
  return { ...server, bodies };
}

describe("an investigation", () => {
  it("is looked up in the list, and read anew from it", async () => {
    const { cb, requests } = await investigationServer();
    const investigation = await cb.select(Investigation, 5);
    expect(investigation).toMatchObject({ name: "Phishing", date_started: new Date("2018-02-06T18:44:40.002Z") });
    expect(investigation.webui_link).toBe(`${cb.url}/#investigation/5`);
    await investigation.refresh();
    expect(requests).toEqual(["/api/investigations", "/api/investigations"]);
    expect((await cb.select(Investigation, 6)).name).toBe("Other");
    await expect(cb.select(Investigation, 7)).rejects.toThrow(ObjectNotFoundError);
    expect(await cb.select(Investigation).where({ name: "other" }).count()).toBe(1);
    expect(() => cb.create(Investigation)).toThrow("Cannot create object of type Investigation");
    expect(() => Reflect.set(investigation, "name", "x")).toThrow("Field name is immutable");
  });

  it("gives its events, which know it and their process", async () => {
    const { cb, requests } = await investigationServer();
    const investigation = await cb.select(Investigation, 5);
    const events = await investigation.events.all();
    expect(events.map(({ id }) => id)).toEqual([12, 13]);
    expect(String(events[0])).toContain("TaggedEvent: id 5:12");
    expect(await events[0]?.investigation).toMatchObject({ name: "Phishing" });
    expect(await events[0]?.process).toMatchObject({ process_name: "cmd.exe", segment: 1 });
    expect(await events[1]?.process).toBeUndefined();
    expect(requests).toEqual(["/api/investigations", "/api/tagged_event/5", `/api/v1/process/${GUID}/0?children=15`]);
    expect(await (await cb.select(Investigation, 6).events).count()).toBe(0);
    await expect(cb.select(TaggedEvent).all()).rejects.toThrow(
      'Must use a search parameter: .where("investigation_id:',
    );
  });
});

describe("a tagged event", () => {
  it("is found by its investigation's number and its own", async () => {
    const { cb } = await investigationServer();
    expect(await cb.select(TaggedEvent, "5:12")).toMatchObject({ investigation_id: 5, event_type: "filemod" });
    await expect(cb.select(TaggedEvent, "5:99")).rejects.toThrow(
      "There is no TaggedEvent with id 99 in the list of GET /api/tagged_event/5",
    );
    await expect(cb.select(TaggedEvent, 12)).rejects.toThrow("name its investigation as well");
    expect(() => cb.select(TaggedEvent, "5/12")).toThrow(InvalidObjectError);
  });

  it("is made with what happened, and read from the list", async () => {
    const { cb, requests, bodies } = await investigationServer();
    const made = cb.create(TaggedEvent, { event_data: { description: "mail" } });
    await expect(made.save()).rejects.toThrow("Missing fields: [investigation_id]");
    made.investigation_id = 5;
    made.start_date = new Date("2018-02-06T11:00:00Z");
    await made.save();
    const sent = { investigation_id: 5, event_data: { description: "mail" }, start_date: "2018-02-06T11:00:00.000Z" };
    expect(bodies).toEqual([sent]);
    expect(requests).toEqual(["POST /api/tagged_event", "/api/tagged_event/5"]);
    expect(made.toJSON()).toEqual({ id: 14, ...sent });
    expect(made.isLoaded).toBe(true);
  });

  it("says what is wrong when the server does not tell its number", async () => {
    const { cb } = await investigationServer({ post: { result: "success" } });
    const made = cb.create(TaggedEvent, { investigation_id: 5, event_data: {} });
    await expect(made.save()).rejects.toThrow("answered the creation of a TaggedEvent without the id");
    const refusing = await investigationServer({ post: { result: "no such investigation" } });
    const other = refusing.cb.create(TaggedEvent, { investigation_id: 5, event_data: {} });
    await expect(other.save()).rejects.toThrow(ServerError);
  });

  it.each([{ result: "success" }, { ...event, notes: "seen" }])("is changed by its number: %j", async (put) => {
    const { cb, requests, bodies } = await investigationServer({ put });
    const [first] = await cb.select(TaggedEvent).where({ investigation_id: 5 }).all();
    if (first === undefined) throw new Error("no event");
    first.notes = "seen";
    await first.save();
    expect(bodies).toEqual([{ ...event, investigation_id: 5, notes: "seen" }]);
    expect(requests[1]).toBe("PUT /api/tagged_event/12");
    expect(first).toMatchObject({ notes: "seen", investigation_id: 5 });
    first.investigation_id = 6;
    await expect(first.save()).rejects.toThrow("TaggedEvent 5:12 stays in its investigation");
    first.reset();
    requests.length = 0;
    await first.delete();
    await cb.select(TaggedEvent, "5:12").delete();
    expect(requests).toEqual(["DELETE /api/tagged_event/12", "DELETE /api/tagged_event/12"]);
  });

  it("is found by the process that it is about", async () => {
    const { cb, requests } = await investigationServer();
    const [first] = await TaggedEvent.ofProcess(cb, `${GUID}-00000001`);
    expect(first).toMatchObject({ id: 12, investigation_id: 5 });
    expect(first === undefined ? undefined : await TaggedEvent.ofProcess(cb, (await first.process) ?? "")).toHaveLength(
      1,
    );
    expect(requests[0]).toBe(`/api/tagged_events/${GUID}`);
    requests.length = 0;
    await expect(TaggedEvent.ofProcess(cb, "abc")).rejects.toThrow(/is no id of a process/);
    expect(requests).toEqual([]);
    const { cb: odd } = await edrServer({ [`/api/tagged_events/${GUID}`]: { not: "a list" } });
    await expect(TaggedEvent.ofProcess(odd, GUID)).rejects.toThrow(ApiError);
  });
});
