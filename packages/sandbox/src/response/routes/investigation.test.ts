import { describe, expect, it } from "vitest";
import { type Ask, ODD_VALUES, startSmall } from "./samples.js";

const NET = "process_name:net.exe cmdline:\\\\test\\blah";

const processes = async (ask: Ask, query: string): Promise<Record<string, unknown>[]> =>
  (await ask("GET", `/api/v1/process?rows=100&q=${encodeURIComponent(query)}`)).body.results;

describe("investigations", () => {
  it.each([
    ["small", "6.5.2.191219.1200"],
    ["small", "5.2.0.161004.1206"],
    ["default", "7.8.0.230101.1200"],
  ] as const)("have events of processes that are there (%s, %s)", async (scale, version) => {
    const organisation = scale === "small" ? scale : { hosts: 14, processes: 1200, binaries: 300 };
    await using server = await startSmall({ organisation, version });
    const { ask } = server;
    const investigations = (await ask("GET", "/api/investigations")).body;
    expect(investigations).toMatchObject([{ id: 1, name: "Default Investigation", created_by_user_id: "1" }]);
    const events = (await ask("GET", "/api/tagged_event/1")).body;
    expect(events).toHaveLength(scale === "small" ? 5 : 13);
    for (const event of events) {
      const guid = event.unique_id.slice(0, 36);
      const suffix = event.unique_id.slice(37);
      expect(Number.parseInt(suffix, 16)).toBe(event.segment_id);
      expect(suffix).toHaveLength(version.startsWith("5") ? 8 : 12);
      const { process } = (await ask("GET", `/api/v1/process/${guid}/${event.segment_id}`)).body;
      expect(process).toMatchObject({ id: guid, process_pid: event.process_id, unique_id: event.unique_id });
      expect(event).toMatchObject({ investigation_id: 1, event_data: { description: event.notes } });
      expect(event.date_tagged > event.start_date, event.notes).toBe(true);
      expect(event.date_tagged < "2026-01-05 09:00").toBe(true);
      expect((await ask("GET", `/api/tagged_events/${event.unique_id}`)).body).toContainEqual(event);
      if (event.event_type !== "procstart") {
        expect(Number(process[`${event.event_type}_count`])).toBeGreaterThan(event.event_id);
      }
    }
    expect(investigations[0].last_updated).toBe(events.at(-1).date_tagged);
  });

  it("take events, of processes and by hand, and give them up again", async () => {
    await using server = await startSmall();
    const { sandbox, ask, reader } = server;
    const [process] = await processes(ask, NET);
    const id = String(process?.["unique_id"]);
    await sandbox.clock.step();
    const made = await reader("POST", "/api/tagged_event", {
      ...{ investigation_id: 1, event_data: { description: "mounted" }, start_date: "2016-11-11 20:59:31.631000" },
      ...{ unique_id: id, segment_id: process?.["segment_id"], event_type: "procstart", tagged_by_user_id: "1" },
    });
    expect(made).toMatchObject({
      status: 200,
      body: {
        ...{ id: 6, unique_id: id, segment_id: process?.["segment_id"], process_id: process?.["process_pid"] },
        ...{ event_type: "procstart", event_id: null, notes: "", investigation_id: 1 },
        ...{ start_date: "2016-11-11 20:59:31.631000+00:00", date_tagged: "2026-01-05 09:00:01.000000+00:00" },
      },
    });
    expect(made.body.tagged_by_user_id).not.toBe("1");
    const byHand = await ask("POST", "/api/tagged_event", { investigation_id: 1, notes: "called the user" });
    expect(byHand.body).toMatchObject({ id: 7, unique_id: null, segment_id: null, process_id: null, event_data: {} });
    expect((await ask("GET", `/api/tagged_events/${id.slice(0, 36)}`)).body).toContainEqual(made.body);
    expect((await ask("GET", "/api/investigations")).body[0].last_updated).toBe(made.body.date_tagged);

    // A whole document comes back with what is the server's own.
    const changed = await ask("PUT", "/api/tagged_event/6", { ...made.body, notes: "again", id: 99, date_tagged: "x" });
    expect(changed).toEqual({ status: 200, body: { ...made.body, notes: "again" } });
    expect(await ask("DELETE", "/api/tagged_event/6")).toEqual({ status: 200, body: { result: "success" } });
    expect((await ask("DELETE", "/api/tagged_event/6")).status).toBe(404);
    expect((await ask("GET", "/api/tagged_event/1")).body.map((each: { id: number }) => each.id)).toEqual([
      ...[1, 2, 3, 4, 5, 7],
    ]);
    await sandbox.reset();
    expect((await ask("GET", "/api/tagged_event/1")).body).toHaveLength(5);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("refuse what they do not know, and odd values by name", async () => {
    await using server = await startSmall();
    const { sandbox, ask } = server;
    const post = async (body: object): Promise<[number, string]> => {
      const reply = await ask("POST", "/api/tagged_event", body);
      return [reply.status, reply.body];
    };
    expect(await post({})).toEqual([400, "Missing fields: investigation_id"]);
    expect(await post({ investigation_id: 2 })).toEqual([400, expect.stringMatching(/^investigation_id .* 2$/)]);
    const moved = await ask("PUT", "/api/tagged_event/1", { investigation_id: 2 });
    expect([moved.status, moved.body]).toEqual([400, expect.stringContaining("investigation_id")]);
    const deep = `{"investigation_id":1,"event_data":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`;
    expect(await post(deep as unknown as object)).toEqual([400, expect.stringContaining("nested too deeply")]);
    for (const id of ["2", "0", "x", "1e0", "-1", "999999999999"]) {
      expect((await ask("GET", `/api/tagged_event/${id}`)).status, id).toBe(404);
      expect((await ask("PUT", `/api/tagged_event/${id}9`, {})).status, id).toBe(404);
    }
    const fits: Record<string, (value: unknown) => boolean> = {
      investigation_id: (value) => value === 1,
      event_data: (value) => typeof value === "object" && !Array.isArray(value),
      event_type: (value) => typeof value === "string",
      event_id: (value) => value === 1,
      notes: (value) => typeof value === "string",
      start_date: () => false,
      unique_id: () => false,
      segment_id: (value) => value === 1,
    };
    for (const [field, isFine] of Object.entries(fits)) {
      for (const value of ODD_VALUES) {
        if (isFine(value)) continue;
        const [status, body] = await post({ investigation_id: 1, [field]: value });
        expect([status, body], JSON.stringify(value)).toEqual([400, expect.stringContaining(field)]);
      }
    }
    const unknown = "00000003-0000-036c-01d2-000000000000";
    expect(await post({ investigation_id: 1, unique_id: unknown })).toEqual([400, `There is no process ${unknown}`]);
    expect((await ask("GET", `/api/tagged_events/${unknown}`)).status).toBe(404);
    expect((await ask("GET", "/api/tagged_events/x%27%20OR%201=1")).status).toBe(404);
    const [process] = await processes(ask, NET);
    expect((await ask("GET", `/api/tagged_events/${String(process?.["id"])}`)).body.length).toBeGreaterThan(0);
    expect((await post({ investigation_id: 1, unique_id: process?.["id"], segment_id: 5 }))[0]).toBe(400);
    expect((await ask("GET", "/api/tagged_event/1")).body).toHaveLength(5);
    await using empty = await startSmall({ organisation: "empty" });
    expect((await empty.ask("GET", "/api/investigations")).body).toEqual([]);
    expect(sandbox.requests.failures()).toEqual([]);
  });
});
