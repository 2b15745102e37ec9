import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ask, asker, ODD_VALUES, startSmall } from "./samples.js";

const PATH = "/api/v1/sensor/3";
const get = async (ask: Ask, path = PATH) => (await ask("GET", path)).body;

describe("what is asked of a sensor", () => {
  it("comes true at the next check-in, which is at every other tick", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const before = await get(ask);
    expect(before).toMatchObject({ status: "Online", is_isolating: false, restart_queued: false, boot_id: "2" });
    const asked = {
      ...{ network_isolation_enabled: true, restart_queued: true, notes: "on loan", group_id: 1 },
      ...{ event_log_flush_time: "Sun, 21 Nov 2027 10:13:33 GMT", uninstall: false },
    };
    expect(await ask("PUT", PATH, asked)).toEqual({ status: 204, body: "" });
    const pending = { ...asked, event_log_flush_time: "2027-11-21 10:13:33.000000+00:00", is_isolating: false };
    expect(await get(ask)).toEqual({ ...before, ...pending });

    await sandbox.clock.step();
    expect(await get(ask)).toEqual({ ...before, ...pending });
    await sandbox.clock.step();
    const after = await get(ask);
    expect(after).toMatchObject({
      ...{ network_isolation_enabled: true, is_isolating: true, restart_queued: false, boot_id: "3" },
      ...{ notes: "on loan", event_log_flush_time: null, sensor_uptime: "0" },
      ...{ last_checkin_time: "2026-01-05 09:00:02.000000+00:00", status: "Online" },
      ...{ next_checkin_time: "2026-01-05 09:00:04.000000+00:00" },
    });
    await ask("PUT", PATH, { network_isolation_enabled: false, group_id: 1 });
    expect(await get(ask)).toMatchObject({ network_isolation_enabled: false, is_isolating: true, notes: "on loan" });
    await sandbox.clock.step(2);
    expect(await get(ask)).toMatchObject({ is_isolating: false, sensor_uptime: "2", boot_id: "3" });
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("waits while the endpoint is switched off, which the server notices after five missed check-ins", async () => {
    await using server = await startSmall();
    const { ask, reader, sandbox } = server;
    expect((await reader("PUT", "/_sandbox/sensors/3", { online: false })).status).toBe(403);
    expect(await ask("PUT", "/_sandbox/sensors/3", { online: false })).toEqual({
      status: 200,
      body: { id: 3, online: false },
    });
    const { last_checkin_time } = await get(ask);
    await ask("PUT", PATH, { network_isolation_enabled: true, restart_queued: true });
    await sandbox.clock.step(9);
    expect(await get(ask)).toMatchObject({ status: "Online", last_checkin_time, is_isolating: false });
    expect((await ask("GET", `${PATH}/activity`)).status).toBe(200);
    await sandbox.clock.step(2);
    expect(await get(ask)).toMatchObject({ status: "Offline", last_checkin_time, restart_queued: true });
    expect((await ask("GET", `${PATH}/activity`)).status).toBe(204);
    expect(await get(ask, "/api/v1/sensor/4")).toMatchObject({ status: "Online" });
    // It reports as soon as it is switched on.
    await sandbox.setOnline(3, true);
    expect(await get(ask)).toMatchObject({
      ...{ status: "Online", is_isolating: true, restart_queued: false },
      last_checkin_time: "2026-01-05 09:00:11.000000+00:00",
    });
    for (const [path, body] of [
      ["/_sandbox/sensors/99", { online: true }],
      ["/_sandbox/sensors/x", { online: true }],
      ["/_sandbox/sensors/3", { online: 1 }],
      ["/_sandbox/sensors/3", { on: true }],
    ] as const) {
      expect((await ask("PUT", path, body)).status, path).toBe(400);
    }
    // A jump of the time is no check-in.
    sandbox.clock.set("2026-02-05T09:00:00Z");
    expect((await get(ask)).status).toBe("Offline");
    expect(await get(ask, "/api/v1/sensor/statistics")).toMatchObject({ sensor_count: 4, active_sensor_count: 0 });
    expect(await get(ask, "/api/v1/sensor?inactive_filter_days=40")).toHaveLength(4);
    expect((await ask("GET", "/api/v1/sensor?inactive_filter_days=20")).status).toBe(500);
    await sandbox.clock.step(2);
    expect((await get(ask)).status).toBe("Online");
    expect(await get(ask, "/api/v1/sensor?inactive_filter_days=1")).toHaveLength(4);
  });

  it("may be that it goes away", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    await ask("PUT", PATH, { uninstall: true, network_isolation_enabled: true });
    expect(await get(ask)).toMatchObject({ uninstall: true, uninstalled: null, status: "Online" });
    await sandbox.clock.step(2);
    expect(await get(ask)).toMatchObject({ uninstalled: true, status: "Offline", is_isolating: false });
    for (const list of ["queued", "activity", "resourcestatus"]) {
      expect((await ask("GET", `${PATH}/${list}`)).status, list).toBe(204);
    }
    await expect(sandbox.setOnline(3, true)).rejects.toThrow(/uninstalled/);
    await sandbox.reset();
    expect(await get(ask)).toMatchObject({ uninstall: false, uninstalled: null, status: "Online" });
  });

  it("leaves results of searches as they were kept, unless something changes", async () => {
    const { Store } = await import("../../store/store.js");
    const { sampleSensor } = await import("../../store/samples.js");
    const { createResponseServer } = await import("../index.js");
    const store = Store.open();
    store.sensor(sampleSensor({ id: 1, supports_isolation: false }));
    let now = 1000;
    const { product } = createResponseServer({ store, clock: { now: () => now } });
    const step = (tick: number): void => {
      now += 1000;
      void product.tick?.(tick, now);
    };
    const { revision } = store;
    for (let tick = 1; tick < 9; tick++) step(tick);
    expect(store.revision).toBe(revision);
    // Of a system that cannot be isolated, isolation stays a wish.
    store.sensor(sampleSensor({ id: 1, supports_isolation: false, state: { network_isolation_enabled: true } }));
    const asked = store.revision;
    for (let tick = 9; tick < 20; tick++) step(tick);
    expect(store.revision).toBe(asked);
    store.close();
  });
});

describe("a change of a sensor", () => {
  it("takes the whole document from clients of servers before 7.1, and dates in both forms", async () => {
    await using server = await startSmall({ version: "5.2.0.161004.1206" });
    const { ask } = server;
    const document = await get(ask);
    const changed = {
      ...{ ...document, computer_name: "OTHER", is_isolating: true, notes: "x", id: 77 },
      event_log_flush_time: "2027-11-21 10:13:33.123456",
    };
    expect((await ask("PUT", PATH, changed)).status).toBe(204);
    expect(await get(ask)).toEqual({
      ...{ ...document, notes: "x", event_log_flush_time: "2027-11-21 10:13:33.123000+00:00" },
    });
    // The document as it is read can be sent back, and null clears.
    expect((await ask("PUT", PATH, await get(ask))).status).toBe(204);
    expect((await ask("PUT", PATH, { notes: null, event_log_flush_time: null })).status).toBe(204);
    expect(await get(ask)).toEqual(document);
    const offset = { event_log_flush_time: "Sun, 21 Nov 2027 10:13:33 +0200" };
    expect((await ask("PUT", PATH, offset)).status).toBe(204);
    expect((await get(ask)).event_log_flush_time).toBe("2027-11-21 08:13:33.000000+00:00");
  });

  it("is refused from 7.1 on when it names a field that cannot be changed", async () => {
    await using server = await startSmall({ version: "7.8.0.230101.1200" });
    const { ask } = server;
    const document = await get(ask);
    const refused = await ask("PUT", PATH, { notes: "x", is_isolating: true, computer_name: "y" });
    expect(refused).toEqual({ status: 400, body: expect.stringMatching(/is_isolating, computer_name/) });
    expect((await ask("PUT", PATH, document)).status).toBe(400);
    expect((await ask("PUT", PATH, { ["__proto__"]: 1, constructor: 1 })).body).toMatch(/constructor/);
    expect(await get(ask)).toEqual(document);
    expect((await ask("PUT", PATH, { liveresponse_init: true, network_isolation_enabled: true })).status).toBe(204);
    expect((await ask("PUT", PATH, { liveresponse_init: "now" })).status).toBe(400);
    expect(await get(ask)).toMatchObject({ network_isolation_enabled: true });
  });

  it("is refused when a value makes no sense, and then nothing of it is done", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const document = await get(ask);
    const valid: Record<string, (value: unknown) => boolean> = {
      group_id: (value) => value === 1,
      network_isolation_enabled: (value) => value === true,
      restart_queued: (value) => value === true,
      uninstall: (value) => value === true,
      notes: (value) => typeof value === "string" || value === null,
      event_log_flush_time: (value) => value === null,
    };
    for (const [field, isValid] of Object.entries(valid)) {
      for (const value of [...ODD_VALUES, null, 1e300, -1, "1; DROP TABLE sensor"].filter((each) => !isValid(each))) {
        const { status, body } = await ask("PUT", PATH, { notes: "never", [field]: value });
        expect([status, body], `${field} ${JSON.stringify(value)}`).toEqual([400, expect.stringContaining(field)]);
      }
    }
    const dates = [
      "2027-02-30 10:00:00",
      "Sun, 31 Feb 2027 10:00:00 GMT",
      "2027-11-21",
      "1969-01-01 00:00:00",
      "25:00",
    ];
    for (const date of dates) expect((await ask("PUT", PATH, { event_log_flush_time: date })).status, date).toBe(400);
    expect(await ask("PUT", PATH, { group_id: 9 })).toEqual({ status: 400, body: expect.stringContaining("group 9") });
    expect((await ask("PUT", PATH, { notes: "x".repeat(5000) })).status).toBe(400);
    for (const body of ["", "{", "null", "[]", "7"]) expect((await ask("PUT", PATH, body)).status, body).toBe(400);
    expect(await get(ask)).toEqual(document);
    for (const id of ["99", "0", "-1", "1e0", "3%20OR%201=1", "99999999999999999999", "..%2f3"]) {
      expect((await ask("PUT", `/api/v1/sensor/${id}`, {})).status, id).toBe(404);
    }
  });

  it("is kept in a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sensors-"));
    const file = join(folder, "organisation.db");
    {
      await using server = await startSmall({ file });
      await server.ask("PUT", PATH, { network_isolation_enabled: true, notes: "kept" });
      await server.sandbox.clock.step(2);
      await server.ask("PUT", PATH, { restart_queued: true });
      await server.sandbox.setOnline(4, false);
    }
    {
      await using server = await startSmall({ file });
      const ask = asker(server.sandbox);
      expect(await get(ask)).toMatchObject({ is_isolating: true, notes: "kept", restart_queued: true });
      await server.sandbox.clock.step(14);
      expect(await get(ask)).toMatchObject({ is_isolating: true, restart_queued: false, boot_id: "3" });
      expect(await get(ask, "/api/v1/sensor/4")).toMatchObject({ status: "Offline" });
    }
    rmSync(folder, { recursive: true });
  });
});
