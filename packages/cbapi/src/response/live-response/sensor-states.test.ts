import { describe, expect, it } from "vitest";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { SensorStates } from "./sensor-states.js";

const range = (count: number) => Array.from({ length: count }, (_, place) => place + 1);

function sensor(id: number, own: object = {}) {
  return {
    id,
    computer_name: `HOST-${String(id).padStart(4, "0")}`,
    status: id % 2 === 1 ? "Online" : "Offline",
    supports_cblr: true,
    num_storefiles_bytes: String(id * 10),
    num_eventlog_bytes: "5",
    next_checkin_time: "2026-01-05 09:00:30.000000+00:00",
    ...own,
  };
}

/** A server with these sensors. */
async function server(sensors: readonly { readonly id: number }[], hidden: readonly number[] = []) {
  const listed = sensors.filter(({ id }) => !hidden.includes(id));
  const { cb, requests } = await edrServer({
    "/api/v2/sensor": searchRoute(listed),
    ...Object.fromEntries(sensors.map((one) => [`/api/v1/sensor/${one.id}`, one])),
  });
  return { cb, requests, states: new SensorStates(cb) };
}

describe("the states of sensors", () => {
  it("are read one by one where there are few: online, queued bytes, next check-in", async () => {
    const { states, requests } = await server([
      sensor(1),
      sensor(2),
      sensor(3, { supports_cblr: false, num_storefiles_bytes: "", next_checkin_time: null }),
    ]);
    const seen = await states.read([3, 1, 2, 99], {});
    const at = Date.UTC(2026, 0, 5, 9, 0, 30);
    expect(seen.get(1)).toEqual({ online: true, rank: [15, at], nextCheckIn: at, problem: undefined });
    expect(seen.get(2)?.online).toBe(false);
    expect(seen.get(3)).toMatchObject({ rank: [5, Number.MAX_SAFE_INTEGER], nextCheckIn: undefined });
    expect(seen.get(3)?.problem).toMatchObject({
      code: "LIVE_RESPONSE_NOT_SUPPORTED",
      message: expect.stringContaining("Sensor does not support Cb Live Response"),
    });
    expect(seen.has(99)).toBe(false);
    expect([...requests].sort()).toEqual(["1", "2", "3", "99"].map((id) => `/api/v1/sensor/${id}`));
    // What was read before is read again: it may have changed.
    await states.read([1], {});
    expect(requests).toHaveLength(5);
  });

  it("are read from the list where there are many, and no further than they go", async () => {
    const { states, requests } = await server(range(1000).map((id) => sensor(id)));
    const seen = await states.read(range(1000), {});
    expect(seen.size).toBe(1000);
    expect(requests.filter((path) => path.startsWith("/api/v2/sensor")).length).toBeLessThanOrEqual(11);
    expect(requests).toHaveLength(requests.filter((path) => path.startsWith("/api/v2/sensor")).length);
    const before = requests.length;
    expect((await states.read(range(150), {})).size).toBe(150);
    expect(requests.length - before).toBeLessThanOrEqual(3);
  });

  it("are read one by one where the list would cost more, and where the list does not show them", async () => {
    const { states, requests } = await server(
      range(2500).map((id) => sensor(id)),
      [7],
    );
    expect((await states.read(range(15), {})).size).toBe(15);
    expect(requests).toHaveLength(16);
    const seen = await states.read([...range(100), 9999], {});
    expect([seen.size, seen.has(7), seen.has(9999)]).toEqual([100, true, false]);
    expect(requests).toContain("/api/v1/sensor/9999");
    expect(requests.length).toBeLessThan(50);
  });

  it("tell how often a sensor checks in, and which one may not be seen", async () => {
    const { cb } = await edrServer({
      "/api/v1/sensor/1": sensor(1, { last_checkin_time: "2026-01-05 08:58:30.000000+00:00" }),
      "/api/v1/sensor/2": { status: 403, text: "not in your groups" },
    });
    const seen = await new SensorStates(cb).read([1, 2], {});
    expect(seen.get(1)).toMatchObject({ online: true, checkInInterval: 120_000 });
    expect(seen.get(2)).toMatchObject({ online: false, problem: { status: 403 } });
  });

  it("cannot be read when the call is given up, or the server fails", async () => {
    const { states } = await server(range(20).map((id) => sensor(id)));
    const reason = new Error("enough");
    await expect(states.read(range(20), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const broken = await edrServer({ "/api/v1/sensor/1": { status: 500, text: "oops" } });
    await expect(new SensorStates(broken.cb).read([1], {})).rejects.toMatchObject({ status: 500 });
  });
});
