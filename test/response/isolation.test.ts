// Isolation end to end: asked for once, effective when the endpoint has spoken to the server, and taken back.
import { Sandbox } from "@cbapi/sandbox";
import {
  ApiError,
  type IsolationProgress,
  ObjectNotFoundError,
  Process,
  Sensor,
  ServerError,
  TimeoutError,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, loggedClientOf, sent, written } from "../support/sandbox.js";
import { sharedClock } from "../support/shared-clock.js";

const put = "PUT /api/v1/sensor/3";
const get = "GET /api/v1/sensor/3";

useSandbox({}, { sharedTime: true, connected: true, fresh: true });

/** What the server has, by another client. */
async function flags(): Promise<[requested: unknown, effective: unknown]> {
  await using other = clientOf(sandbox);
  const { network_isolation_enabled, is_isolating } = await other.select(Sensor, 3);
  return [network_isolation_enabled, is_isolating];
}

describe("isolate()", () => {
  it("reads, asks, reads, and waits until the endpoint has checked in", async () => {
    const sensor = await cb.select(Sensor, 3);
    sandbox.requests.clear();
    const seen: IsolationProgress[] = [];
    const result = await sensor.isolate({ onWait: (progress) => void seen.push(progress) });
    expect(result).toEqual({ changed: true, waited: 3000, state: "isolated" });
    expect(sent(sandbox)).toEqual([get, put, get, get, get]);
    expect(seen).toEqual([
      { sensorId: 3, state: "pending", status: "Online", waited: 0, pause: 1000 },
      { sensorId: 3, state: "pending", status: "Online", waited: 1000, pause: 2000 },
    ]);
    expect(sensor).toMatchObject({ is_isolating: true, isolationState: "isolated" });
    expect(await flags()).toEqual([true, true]);

    // An isolated endpoint reaches nobody but its server, where searches still find it.
    const call = { sensor: 3, path: "c:\\c2.exe", netconns: [{ domain: "c2.example" }] };
    await sandbox.launch(call);
    expect(await cb.select(Process).where("process_name:c2.exe").count()).toBe(1);
    expect(await cb.select(Process).where("domain:c2.example").count()).toBe(0);
    expect(await sensor.unisolate()).toMatchObject({ changed: true, state: "none" });
    expect(sensor.isolationState).toBe("none");
    expect(await flags()).toEqual([false, false]);
    await sandbox.launch(call);
    expect(await cb.select(Process).where("domain:c2.example").count()).toBe(1);
  });

  it("does nothing when the endpoint is isolated already, whoever asked for it", async () => {
    await cb.select(Sensor, 3).isolate();
    await using other = clientOf(sandbox, { clock: sharedClock(sandbox) });
    const sensor = await other.select(Sensor, 3);
    await other.connect();
    sandbox.requests.clear();
    expect(await sensor.isolate()).toEqual({ changed: false, waited: 0, state: "isolated" });
    expect(sent(sandbox)).toEqual([get]);
    expect(await sensor.isolate({ dryRun: true })).toBeUndefined();
    expect(await other.select(Sensor, 3).unisolate()).toMatchObject({ changed: true });
    sandbox.requests.clear();
    expect(await sensor.unisolate()).toMatchObject({ changed: false, state: "none" });
    expect(sent(sandbox)).toEqual([get]);
  });

  it("waits for what somebody else has asked for, without asking again", async () => {
    await cb.putObject("/api/v1/sensor/3", { network_isolation_enabled: true, group_id: 1 });
    sandbox.requests.clear();
    const sensor = await cb.select(Sensor, 3);
    expect(sensor.isolationState).toBe("pending");
    expect(await sensor.isolate()).toMatchObject({ changed: false, state: "isolated" });
    expect(written(sandbox)).toEqual([]);
  });

  it("asks once for ten calls at a time, on different objects, and tells all of them", async () => {
    const sensors = await Promise.all([
      ...Array.from({ length: 5 }, () => cb.select(Sensor, 3, { refresh: true })),
      ...Array.from({ length: 5 }, () => cb.select(Sensor).where("hostname:WIN-IA9").one()),
    ]);
    expect(new Set(sensors).size).toBe(10);
    sandbox.requests.clear();
    const results = await Promise.all(sensors.map((sensor) => sensor.isolate()));
    expect(written(sandbox)).toEqual([put]);
    expect(results).toEqual(sensors.map(() => ({ changed: true, waited: 3000, state: "isolated" })));
    for (const sensor of sensors) expect(sensor.is_isolating).toBe(true);
  });

  it("shows what it would send, and sends nothing", async () => {
    const sensor = await cb.select(Sensor, 3);
    sandbox.requests.clear();
    const plan = await sensor.isolate({ dryRun: true });
    expect(plan?.changes).toEqual({ network_isolation_enabled: { from: false, to: true } });
    expect(plan?.requests).toMatchObject([
      { method: "PUT", path: "/api/v1/sensor/3", body: { network_isolation_enabled: true, group_id: 1 } },
    ]);
    expect(sent(sandbox)).toEqual([get]);
    expect(await flags()).toEqual([false, false]);
  });

  it("leaves other changes of the object alone", async () => {
    const sensor = await cb.select(Sensor, 3);
    sensor.notes = "to be written later";
    await sensor.isolate();
    expect(sensor.isDirty()).toBe(true);
    expect(await cb.getObject("/api/v1/sensor/3")).toMatchObject({ notes: null, is_isolating: true });
    await sensor.save();
    expect(await cb.getObject("/api/v1/sensor/3")).toMatchObject({
      ...{ notes: "to be written later", network_isolation_enabled: true },
    });
  });
});

describe("an endpoint that is switched off", () => {
  it("is isolated when it is switched on again, and is waited for until then", async () => {
    await cb.apiJsonRequest("PUT", "/_sandbox/sensors/3", { json: { online: false } });
    await sandbox.clock.step(20);
    const sensor = await cb.select(Sensor, 3, { refresh: true });
    expect(sensor.status).toBe("Offline");
    const states: (string | undefined)[] = [];
    const isolation = sensor.isolate({
      onWait: ({ state, status }) => {
        states.push(`${state} ${status}`);
        if (states.length === 6) void sandbox.setOnline(3, true);
      },
    });
    const { waited, changed } = await isolation;
    expect(states.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "pending Offline"));
    expect(waited).toBeGreaterThanOrEqual(17_000);
    expect(changed).toBe(true);
    expect(sensor).toMatchObject({ status: "Online", is_isolating: true });
  });

  it("keeps the request when the caller has waited long enough", async () => {
    await sandbox.setOnline(3, false);
    await sandbox.clock.step(20);
    const sensor = await cb.select(Sensor, 3, { refresh: true });
    sandbox.requests.clear();
    const error = await errorOf(() => sensor.isolate({ timeout: 15_000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toMatch(/not isolated after 15000 ms: its state is pending, its status Offline/);
    expect(error.message).toMatch(/stays in force .* unisolate\(\) takes it back/);
    expect(written(sandbox)).toEqual([put]);
    expect(await flags()).toEqual([true, false]);
    await sandbox.setOnline(3, true);
    expect(await flags()).toEqual([true, true]);
    expect((await sensor.refresh()).isolationState).toBe("isolated");
  });

  it("never learns of a request that was taken back", async () => {
    await sandbox.setOnline(3, false);
    const sensor = await cb.select(Sensor, 3);
    await errorOf(() => sensor.isolate({ timeout: 5000 }));
    // It is not isolated yet, so that its release holds at once.
    expect(await sensor.unisolate()).toMatchObject({ changed: true, waited: 0, state: "none" });
    await sandbox.setOnline(3, true);
    await sandbox.clock.step(4);
    expect(await flags()).toEqual([false, false]);
  });
});

describe("a call that waits", () => {
  it("ends when its signal says so, and leaves the request", async () => {
    const { cb: logged, taken } = loggedClientOf(sandbox);
    await using _ = logged;
    await sandbox.setOnline(3, false);
    const sensor = await logged.select(Sensor, 3);
    const stop = new AbortController();
    const reason = new Error("enough");
    const waiting = sensor.isolate({ signal: stop.signal, onWait: () => stop.abort(reason) });
    expect(await errorOf(() => waiting)).toBe(reason);
    expect(taken().at(-1)).toMatch(/Stopped waiting for the isolation of Sensor 3: its request stays in force/);
    expect(await flags()).toEqual([true, false]);
    sandbox.requests.clear();
    expect(await errorOf(() => sensor.isolate({ signal: stop.signal }))).toBe(reason);
    expect(sent(sandbox)).toEqual([]);
  });

  it("ends when the opposite is asked for, and the last word counts", async () => {
    await sandbox.setOnline(3, false);
    const [first, second] = [await cb.select(Sensor, 3), await cb.select(Sensor, 3, { refresh: true })];
    sandbox.requests.clear();
    let asked = (): void => {};
    const waits = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const superseded = errorOf(() => first.isolate({ onWait: () => asked() }));
    await waits;
    await second.unisolate();
    const error = await superseded;
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "SUPERSEDED" });
    expect(error.message).toContain("unisolate() was called after it");
    expect(written(sandbox)).toEqual([put, put]);
    await sandbox.setOnline(3, true);
    await sandbox.clock.step(4);
    expect(await flags()).toEqual([false, false]);
    // It shows what was read last until it is read again.
    expect(first.isolationState).toBe("pending");
    expect((await first.refresh()).isolationState).toBe("none");
  });

  it("ends when somebody else takes the request back", async () => {
    await sandbox.setOnline(3, false);
    const sensor = await cb.select(Sensor, 3);
    await using other = clientOf(sandbox);
    const isolation = sensor.isolate({
      onWait: ({ waited }) => {
        if (waited === 0) void other.putObject("/api/v1/sensor/3", { network_isolation_enabled: false, group_id: 1 });
      },
    });
    expect(await errorOf(() => isolation)).toMatchObject({ code: "SUPERSEDED" });
    expect(sensor.isolationState).toBe("none");
  });

  it("ends when the server fails, which says what is in force", async () => {
    sandbox.faults.add({ match: { method: "PUT", path: "/api/v1/sensor/3", times: 1 }, do: { status: 500 } });
    const sensor = await cb.select(Sensor, 3);
    expect(await errorOf(() => sensor.isolate())).toBeInstanceOf(ServerError);
    expect(await flags()).toEqual([false, false]);
    // Accepted, and not carried out.
    sandbox.faults.add({ match: { method: "PUT", path: "/api/v1/sensor/3", times: 1 }, do: { status: 204 } });
    expect(await errorOf(() => sensor.isolate())).toMatchObject({ code: "WRITE_NOT_APPLIED" });
    expect(await sensor.isolate()).toMatchObject({ changed: true, state: "isolated" });
    expect(await errorOf(() => cb.select(Sensor, 987_654).isolate())).toBeInstanceOf(ObjectNotFoundError);
  });
});

describe("a sensor that cannot isolate its endpoint", () => {
  it("is not asked to, and the error says what to do instead", async () => {
    await using company = await Sandbox.start({
      organisation: { hosts: 12, processes: 300 },
      clock: { running: false },
    });
    await using client = clientOf(company, { clock: sharedClock(company) });
    const sensor = await client.select(Sensor).where("hostname:lnx-").first();
    if (sensor === undefined) throw new Error("there is no Linux sensor");
    expect(sensor.supports_isolation).toBe(false);
    company.requests.clear();
    const error = await errorOf(() => sensor.isolate());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "ISOLATION_UNSUPPORTED" });
    expect(error.message).toContain(sensor.hostname);
    expect(await errorOf(() => sensor.isolate({ dryRun: true }))).toMatchObject({ code: "ISOLATION_UNSUPPORTED" });
    expect(written(company)).toEqual([]);
    // The opposite holds, and may be asked for.
    expect(await sensor.unisolate()).toMatchObject({ changed: false });
  });
});
