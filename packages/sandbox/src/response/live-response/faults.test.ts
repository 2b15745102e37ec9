import { describe, expect, it, vi } from "vitest";
import { scheduledOnline } from "../../live-response/schedule.js";
import { findSensor } from "../../store/endpoints.js";
import { BASE, startLive } from "./samples.js";

describe("what goes wrong with Live Response", () => {
  it("is an error of chosen commands", async () => {
    const fault = { command: "get file", object: "C:\\TEST.TXT", outcome: 32, after: 1, times: 2 };
    await using live = await startLive({ liveResponse: { faults: [fault, { sensor: 2, outcome: 5 }] } });
    const [windows, linux] = [await live.open(1), await live.open(2)];
    const codes: number[] = [];
    for (let n = 0; n < 4; n++) {
      codes.push((await live.run(windows, { name: "get file", object: "c:\\test.txt" })).result_code);
    }
    expect(codes).toEqual([0, 0x80070020, 0x80070020, 0]);
    expect(await live.run(windows, { name: "get file", object: "empty" })).toMatchObject({ result_code: 0 });
    const denied = { status: "error", result_type: "CbError", result_code: 13, result_desc: "Permission denied" };
    expect(await live.run(linux, { name: "create directory", object: "/new" })).toMatchObject(denied);
    expect(live.machine(2).contents.has("/new")).toBe(false);
    live.server.liveResponse.configure({ faults: null });
    expect(await live.run(linux, { name: "create directory", object: "/new" })).toMatchObject({ status: "complete" });
  });

  it("is a session that vanishes, an endpoint that falls silent, a command that never ends", async () => {
    await using live = await startLive({
      liveResponse: {
        faults: [
          { object: "lost", outcome: "lost" },
          { object: "away", outcome: "offline" },
          { object: "stuck", outcome: "hang" },
        ],
      },
    });
    const { ask, sandbox, server } = live;
    await live.open();
    expect(await live.run(1, { name: "create directory", object: "lost" })).toBe("Session 1 not found");
    expect((await ask("POST", `${BASE}/1/command`, { name: "process list" })).body).toBe("Session 1 not found");
    expect(server.liveResponse.stats()).toMatchObject({ slots: { used: 0 }, sessions: { lost: 1 } });
    const fallsSilent = () => vi.waitFor(() => expect(findSensor(live.store, 1)?.online).toBe(false));
    const second = await live.open();
    await ask("POST", `${BASE}/${second}/command`, { name: "create directory", object: "away" });
    const held = ask("GET", `${BASE}/${second}/command/1?wait=true`);
    await fallsSilent();
    await sandbox.clock.step(50);
    expect((await ask("GET", `${BASE}/${second}/command/1`)).body).toMatchObject({ status: "in progress" });
    expect(live.machine(1).contents.has("away")).toBe(false);
    server.setOnline(1, true);
    await sandbox.clock.step(1);
    expect((await held).body).toMatchObject({ status: "complete" });
    await ask("POST", `${BASE}/${second}/command`, { name: "create directory", object: "away" });
    await fallsSilent();
    // Away for longer than a session may be idle: it is over, and so is the command.
    await sandbox.clock.step(301);
    expect((await ask("GET", `${BASE}/${second}/command/2`)).body).toBe(`Session ${second} not found`);
    server.setOnline(1, true);
    const third = await live.open();
    await ask("POST", `${BASE}/${third}/command`, { name: "create directory", object: "stuck" });
    // One that is at work on an endpoint keeps its session.
    await sandbox.clock.step(1000);
    expect((await ask("GET", `${BASE}/${third}/command/1`)).body).toMatchObject({ status: "in progress" });
    expect((await ask("PUT", `${BASE}/${third}`, { status: "close" })).status).toBe(200);
    expect(server.liveResponse.stats().slots.used).toBe(0);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("follows from the seed, whatever happens meanwhile", async () => {
    const course = async (seed: number, reversed: boolean): Promise<string[]> => {
      const sensors = Array.from({ length: 30 }, (_, n) => ({ id: n + 1 }));
      await using live = await startLive({
        sensors,
        liveResponse: { seed, failRate: 0.2, failCodes: [5], lostRate: 0.3 },
      });
      const ids = sensors.map(({ id }) => id);
      const results = new Map<number, string>();
      for (const id of reversed ? ids.toReversed() : ids) {
        // A session that is given up before it has a command changes nothing.
        if (reversed) await live.ask("PUT", `${BASE}/${await live.open(id)}`, { status: "close" });
        const session = await live.open(id);
        const first = await live.run(session, { name: "process list" });
        const rest = first.status === undefined ? undefined : await live.run(session, { name: "process list" });
        results.set(id, `${first.status ?? "lost"} ${rest?.status}`);
        await live.ask("PUT", `${BASE}/${session}`, { status: "close" });
      }
      expect(live.server.liveResponse.stats()).toMatchObject({
        slots: { used: 0, highest: 1 },
        sessions: { opened: reversed ? 60 : 30 },
      });
      return ids.map((id) => results.get(id) ?? "");
    };
    const one = await course(1, false);
    expect(await course(1, true)).toEqual(one);
    expect(await course(2, false)).not.toEqual(one);
    expect(new Set(one)).toContain("complete complete");
    expect(one.some((each) => each.startsWith("lost"))).toBe(true);
    expect(one.some((each) => each.includes("error"))).toBe(true);
  });

  it("is an endpoint that comes and goes on a schedule", async () => {
    const sensors = Array.from({ length: 200 }, (_, n) => ({ id: n + 1 }));
    const schedule = { offline: 0.4, period: 40 };
    await using live = await startLive({ sensors, liveResponse: { seed: "s", schedule } });
    const { ask, sandbox, server } = live;
    const shares: number[] = [];
    for (let round = 0; round < 4; round++) {
      await sandbox.clock.step(15);
      const { ticks } = sandbox.clock;
      const records = live.store.database.all<{ id: number; online: number }>(
        "SELECT id, json_extract(record, '$.online') AS online FROM sensor",
      );
      for (const { id, online } of records) {
        expect(server.liveResponse.scheduledOnline(id, ticks)).toBe(online === 1);
        expect(scheduledOnline(schedule, "s", id, ticks)).toBe(online === 1);
      }
      shares.push(records.filter(({ online }) => online === 0).length / records.length);
    }
    for (const share of shares) expect(Math.abs(share - 0.4)).toBeLessThan(0.15);
    const away = sensors.find(({ id }) => server.liveResponse.scheduledOnline(id, sandbox.clock.ticks) === false)?.id;
    await ask("POST", BASE, { sensor_id: away });
    await sandbox.clock.step(60);
    expect((await ask("GET", `${BASE}/1`)).body).toMatchObject({ status: "active", sensor_id: away });

    const { ticks } = sandbox.clock;
    server.liveResponse.configure({
      schedule: {
        7: [
          [0, false],
          [ticks + 3, true],
          [ticks + 5, false],
        ],
      },
    });
    const seen: boolean[] = [];
    for (let n = 0; n < 6; n++) {
      seen.push(
        live.store.database.count("SELECT json_extract(record, '$.online') AS n FROM sensor WHERE id = 7") === 1,
      );
      await sandbox.clock.step(1);
    }
    expect(seen).toEqual([false, false, false, true, true, false]);
    server.liveResponse.configure({ schedule: (sensor, tick) => (sensor === 9 ? tick % 2 === 0 : undefined) });
    await sandbox.clock.step(2);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("is told by name when it makes no sense", async () => {
    await using live = await startLive();
    const { configure, settings } = {
      configure: live.server.liveResponse.configure.bind(live.server.liveResponse),
      settings: live.server.liveResponse.settings,
    };
    const wrong: [string, unknown][] = [
      ...[-1, "2", [1], [5, 1], [1, 2, 3], Number.NaN, true].map((value): [string, unknown] => ["latency", value]),
      ...[-0.1, 1.1, "0.5", true].map((value): [string, unknown] => ["failRate", value]),
      ...[[], [0], ["5"], 5, [70_000]].map((value): [string, unknown] => ["failCodes", value]),
      ...[{}, [{}], [{ outcome: "gone" }], [{ outcome: 5, commmand: "x" }]].map((value): [string, unknown] => [
        "faults",
        value,
      ]),
      ...[5, { offline: 2, period: 5 }, { offline: 0.5 }, { x: [] }, { 1: [[0, 1]] }].map(
        (value): [string, unknown] => ["schedule", value],
      ),
      ...[
        ["checkinTicks", 0],
        ["seed", {}],
        ["waitLimit", -1],
        ["maxFileSize", 2 ** 40],
        ["sessionTimeout", 0],
      ].map(([name, value]): [string, unknown] => [String(name), value]),
    ];
    for (const [name, value] of wrong) {
      expect(() => configure({ failRate: 0.5, [name]: value }), `${name} ${JSON.stringify(value)}`).toThrow(
        `\`${name}\``,
      );
    }
    expect(() => configure({ unknown: 1 } as never)).toThrow("`unknown`");
    expect(() => configure(null as never)).toThrow(RangeError);
    expect(live.server.liveResponse.settings).toEqual(settings);
    expect(configure({ latency: [1, 5], failRate: null })).toMatchObject({ latency: [1, 5], failRate: 0 });
  });
});
