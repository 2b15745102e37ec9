import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, ServerError, TimeoutError } from "../../core/errors.js";
import { sensorServer } from "../../test-support/sensor-server.js";
import { Sensor } from "../models/sensor/sensor.js";
import type { IsolationProgress } from "./effort.js";

const GET = "/api/v1/sensor/3";
const PUT = "PUT /api/v1/sensor/3";
const failure = (promise: PromiseLike<unknown>) => Promise.resolve(promise).catch((error: unknown) => error);

describe("isolating a sensor", () => {
  it("reads it, asks once for nothing else, and waits until the endpoint reports it", async () => {
    const pending = "Sat, 09 Jan 2027 10:13:33 GMT";
    const { cb, clock, requests, changes } = await sensorServer({
      reads: 5,
      sensor: { event_log_flush_time: pending, notes: "x" },
    });
    const sensor = await cb.select(Sensor, 3);
    clock.pass(3_600_000);
    sensor.notes = "not saved";
    const waits: IsolationProgress[] = [];
    const result = await sensor.isolate({ onWait: (progress) => void waits.push(progress) });

    expect(result).toEqual({ changed: true, waited: 17_000, state: "isolated" });
    expect(requests).toEqual([GET, GET, PUT, GET, GET, GET, GET, GET, GET]);
    expect(clock.pauses).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect(changes).toEqual([{ group_id: 1, network_isolation_enabled: true }]);
    expect(waits[2]).toEqual({ sensorId: 3, state: "pending", status: "Online", waited: 3000, pause: 4000 });
    expect(sensor).toMatchObject({ is_isolating: true, isolationState: "isolated", notes: "not saved" });
    expect(sensor.isDirty()).toBe(true);
  });

  it("sends nothing when the server has the request, or the endpoint has done it", async () => {
    const { cb, sensor, requests } = await sensorServer({ sensor: { network_isolation_enabled: true } });
    expect(await cb.select(Sensor, 3).isolate()).toMatchObject({ changed: false, state: "isolated", waited: 3000 });
    expect(requests.splice(0)).toEqual([GET, GET, GET]);
    expect(await cb.select(Sensor, 3).isolate()).toMatchObject({ changed: false, waited: 0 });
    expect(requests.splice(0)).toEqual([GET]);

    expect(await cb.select(Sensor, 3).unisolate()).toMatchObject({ changed: true, state: "none" });
    expect(sensor).toMatchObject({ network_isolation_enabled: false, is_isolating: false });
    requests.splice(0);
    expect(await cb.select(Sensor, 3).unisolate()).toMatchObject({ changed: false, state: "none" });
    expect(requests).toEqual([GET]);
  });

  it("believes the server, not what it has read before", async () => {
    const { cb, sensor, changes } = await sensorServer({ reads: 0 });
    const mine = await cb.select(Sensor, 3);
    Object.assign(sensor, { network_isolation_enabled: true, is_isolating: true });
    expect(mine.isolationState).toBe("none");
    await mine.isolate();
    expect(changes).toEqual([]);
    expect(mine.isolationState).toBe("isolated");
  });

  it("is refused before anything is sent when the sensor cannot do it; taking it back is not", async () => {
    const { cb, changes, sensor } = await sensorServer({ sensor: { supports_isolation: false } });
    const error = await failure(cb.select(Sensor, 3).isolate());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: "ISOLATION_UNSUPPORTED",
      message: expect.stringContaining("Sensor 3 (WIN-3)"),
    });
    await expect((await cb.select(Sensor, 3)).isolate({ dryRun: true })).rejects.toThrow("does not support isolation");
    expect(changes).toEqual([]);
    sensor["network_isolation_enabled"] = true;
    expect(await cb.select(Sensor, 3).unisolate()).toMatchObject({ changed: true });
  });

  it("shows with dryRun what it would send, and sends nothing", async () => {
    const { cb, sensor, requests, changes } = await sensorServer();
    const mine = await cb.select(Sensor, 3);
    const plan = await mine.isolate({ dryRun: true });
    expect(plan).toMatchObject({
      requests: [{ method: "PUT", path: "/api/v1/sensor/3", body: { network_isolation_enabled: true, group_id: 1 } }],
      changes: { network_isolation_enabled: { from: false, to: true } },
    });
    expect(await mine.unisolate({ dryRun: true })).toBeUndefined();
    sensor["network_isolation_enabled"] = true;
    expect(await mine.isolate({ dryRun: true })).toBeUndefined();
    expect(requests).toEqual([GET, GET, GET, GET]);
    expect(changes).toEqual([]);
  });
});

describe("waiting for an isolation", () => {
  it("ends in time by the client's clock, and says that the request stays in force", async () => {
    const { cb, clock, sensor, changes } = await sensorServer({ sensor: { status: "Offline" } });
    const mine = await cb.select(Sensor, 3);
    const error = await failure(mine.isolate({ timeout: 6500 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toMatch(
      /not isolated after 6500 ms.*pending.*Offline.*stays in force.*unisolate\(\)/,
    );
    expect(error).toMatchObject({ timeout: 6500 });
    expect(clock.pauses).toEqual([1000, 2000, 3500]);
    expect(mine.isolationState).toBe("pending");
    expect(changes).toHaveLength(1);

    // It comes back, and the same call again only waits.
    sensor["status"] = "Online";
    expect(await mine.isolate({ timeout: 60_000 })).toMatchObject({ changed: false, state: "isolated" });
    expect(changes).toHaveLength(1);
    await expect(mine.isolate({ timeout: -1 })).rejects.toThrow("timeout cannot be -1");
  });

  it("ends while a request hangs", async () => {
    let reads = 0;
    const { cb } = await sensorServer({
      before: (method) => (method === "GET" && ++reads > 2 ? new Promise<never>(() => {}) : undefined),
    });
    await expect(cb.select(Sensor, 3).isolate({ timeout: 1000 })).rejects.toThrow(/after 1000 ms.*stays in force/);
    const { cb: other } = await sensorServer({ before: () => new Promise<never>(() => {}) });
    await expect(other.select(Sensor, 3).isolate({ timeout: 100 })).rejects.toThrow("nothing was sent");
  });

  it("is stopped by a signal, and the isolation is not", async () => {
    const { cb, sensor, changes, log } = await sensorServer({ sensor: { status: "Offline" } });
    const stop = new AbortController();
    const reason = new Error("enough");
    const onWait = ({ waited }: IsolationProgress) => {
      if (waited > 20_000) stop.abort(reason);
    };
    expect(await failure(cb.select(Sensor, 3).isolate({ signal: stop.signal, onWait }))).toBe(reason);
    expect(sensor["network_isolation_enabled"]).toBe(true);
    expect(log).toContain("Stopped waiting for the isolation of Sensor 3: its request stays in force");
    expect(changes).toHaveLength(1);
    expect(await failure(cb.select(Sensor, 3).unisolate({ signal: stop.signal }))).toBe(reason);
    expect(changes).toHaveLength(1);
  });

  it("ends with what the callback throws, for this call only", async () => {
    const { cb } = await sensorServer();
    const stubborn = () => {
      throw new RangeError("no patience");
    };
    const calls = [cb.select(Sensor, 3).isolate({ onWait: stubborn }), cb.select(Sensor, 3).isolate()];
    const [first, second] = await Promise.allSettled(calls);
    expect(first).toMatchObject({ status: "rejected", reason: new RangeError("no patience") });
    expect(second).toMatchObject({ status: "fulfilled" });
  });

  it("ends when somebody else takes the request back, or the server never had it", async () => {
    const { cb, sensor } = await sensorServer({ sensor: { status: "Offline" } });
    const onWait = ({ waited }: IsolationProgress) => {
      if (waited >= 7000) sensor["network_isolation_enabled"] = false;
    };
    const error = await failure(cb.select(Sensor, 3).isolate({ onWait }));
    expect(error).toMatchObject({ code: "SUPERSEDED", message: expect.stringContaining("somebody else") });

    const deaf = await sensorServer({ before: (method) => (method === "PUT" ? { status: 204, text: "" } : undefined) });
    const ignored = await failure(deaf.cb.select(Sensor, 3).isolate());
    expect(ignored).toBeInstanceOf(ServerError);
    expect(ignored).toMatchObject({ code: "WRITE_NOT_APPLIED" });

    const refusing = await sensorServer({
      before: (method) => (method === "PUT" ? { status: 200, text: '{"result":"not now"}' } : undefined),
    });
    await expect(refusing.cb.select(Sensor, 3).isolate()).rejects.toThrow("not now");
  });
});

describe("many calls for one sensor", () => {
  it("make one change, through whichever objects, and all resolve", async () => {
    const { cb, changes, requests } = await sensorServer();
    const models = await Promise.all(Array.from({ length: 5 }, () => cb.select(Sensor, 3, { refresh: true })));
    requests.splice(0);
    const refs = Array.from({ length: 5 }, () => cb.select(Sensor, 3));
    const results = await Promise.all([...models, ...refs].map((sensor) => sensor.isolate()));
    expect(results).toHaveLength(10);
    for (const result of results) expect(result).toMatchObject({ changed: true });
    expect(changes).toHaveLength(1);
    expect(requests).toEqual([GET, PUT, GET, GET, GET]);
    for (const model of models) expect(model.isolationState).toBe("isolated");
  });

  it("keep their own limits: one that gives up takes nothing from the others", async () => {
    const { cb, changes } = await sensorServer({ reads: 4 });
    const [short, long] = await Promise.allSettled([
      cb.select(Sensor, 3).isolate({ timeout: 2000 }),
      cb.select(Sensor, 3).isolate(),
    ]);
    expect(short).toMatchObject({ status: "rejected" });
    expect((short as PromiseRejectedResult).reason).toBeInstanceOf(TimeoutError);
    expect(long).toMatchObject({ status: "fulfilled", value: { changed: true } });
    expect(changes).toHaveLength(1);
  });

  it("that contradict each other: the last word counts, and those before it are told", async () => {
    const { cb, sensor, changes } = await sensorServer();
    const [isolate, release] = await Promise.allSettled([
      cb.select(Sensor, 3).isolate(),
      cb.select(Sensor, 3).unisolate(),
    ]);
    expect(isolate).toMatchObject({ status: "rejected", reason: { code: "SUPERSEDED" } });
    expect(release).toMatchObject({ status: "fulfilled", value: { changed: false, state: "none" } });
    expect(changes).toEqual([]);

    const both = await Promise.allSettled([cb.select(Sensor, 3).unisolate(), cb.select(Sensor, 3).isolate()]);
    expect(both).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: { state: "isolated" } }]);
    expect(sensor).toMatchObject({ network_isolation_enabled: true, is_isolating: true });
  });

  it("sends the opposite after a request that was on its way, never before it", async () => {
    let arrived: (() => void) | undefined;
    let answer: (() => void) | undefined;
    const onItsWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let puts = 0;
    const { cb, sensor, changes } = await sensorServer({
      before: async (method) => {
        if (method !== "PUT" || puts++ > 0) return undefined;
        arrived?.();
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return undefined;
      },
    });
    const isolate = failure(cb.select(Sensor, 3).isolate());
    await onItsWay;
    const release = cb.select(Sensor, 3).unisolate();
    expect(await Promise.race([isolate, release])).toMatchObject({ code: "SUPERSEDED" });
    expect(changes).toEqual([]);
    answer?.();
    expect(await release).toMatchObject({ changed: true, state: "none" });
    expect(changes.map((change) => change["network_isolation_enabled"])).toEqual([true, false]);
    expect(sensor["network_isolation_enabled"]).toBe(false);
  });

  it("do not undo one another's fields when they change different ones at once", async () => {
    const { cb, sensor } = await sensorServer({ reads: 0 });
    const mine = await cb.select(Sensor, 3);
    mine.notes = "being looked at";
    await Promise.all([
      cb.select(Sensor, 3).isolate(),
      cb.select(Sensor, 3).restartSensor(),
      cb.select(Sensor, 3).moveTo(7),
      mine.save(),
    ]);
    expect(sensor).toMatchObject({
      network_isolation_enabled: true,
      restart_queued: true,
      group_id: 7,
      notes: "being looked at",
    });
  });

  it("leave nothing behind that prints as a request or keeps a later call from starting afresh", async () => {
    const { cb, requests } = await sensorServer();
    const call = cb.select(Sensor, 3).isolate();
    expect(inspect(call)).toContain("not requested");
    expect(requests).toEqual([]);
    await call;
    await cb.select(Sensor, 3).unisolate();
    expect(await cb.select(Sensor, 3).isolate()).toMatchObject({ changed: true });
  });
});
