import { describe, expect, it, vi } from "vitest";
import { asker, ODD_VALUES } from "../routes/samples.js";
import { BASE, startLive } from "./samples.js";

describe("a Live Response session", () => {
  it("waits for its endpoint, becomes active, and is closed", async () => {
    await using live = await startLive({ version: "7.8.0.230101.1200" });
    const { ask, sandbox } = live;
    const opened = await ask("POST", BASE, { sensor_id: 1 });
    expect(opened).toEqual({
      status: 200,
      body: {
        ...{ id: 1, sensor_id: 1, status: "pending", hostname: "HOST-1", address: "", os_version: "", group_id: 1 },
        ...{ current_working_directory: "", drives: [], supported_commands: [] },
        ...{ check_in_timeout: 1200, session_timeout: 300, sensor_wait_timeout: 120 },
        ...{ storage_size: "0", storage_ttl: 7, create_time: Date.UTC(2026, 0, 5, 9) / 1000 },
      },
    });
    const held = ask("GET", `${BASE}/1?wait=true`);
    const listHeld = ask("GET", `${BASE}?active_only=true&wait=true`);
    await sandbox.clock.step(1);
    const active = {
      ...{ status: "active", address: "::ffff:192.168.1.163", drives: ["C:\\"] },
      current_working_directory: "C:\\Windows\\CarbonBlack",
    };
    expect((await held).body).toMatchObject(active);
    expect((await listHeld).body).toMatchObject([{ id: 1, ...active }]);
    expect((await ask("GET", `${BASE}/1`)).body.supported_commands).toHaveLength(15);
    const whole = (await ask("GET", `${BASE}/1`)).body;
    expect((await ask("PUT", `${BASE}/1`, { ...whole, status: "pending" })).status).toBe(400);
    expect((await ask("PUT", `${BASE}/1`, { ...whole, status: "active" })).body).toMatchObject({ status: "active" });
    const closing = { ...whole, status: "close", sensor_id: 77, hostname: "x" };
    expect((await ask("PUT", `${BASE}/1`, closing)).body).toMatchObject({ status: "close", sensor_id: 1 });
    expect((await ask("PUT", `${BASE}/1`, closing)).status).toBe(200);
    expect((await ask("GET", `${BASE}/1`)).body).toMatchObject({ status: "close" });
    for (const rest of ["/keepalive", "/command", "/file", "/archive"]) {
      expect(await ask("GET", `${BASE}/1${rest}`), rest).toEqual({ status: 404, body: "Session 1 not found" });
    }
    const late = await ask("POST", `${BASE}/1/command`, { name: "process list" });
    expect(late).toEqual({ status: 404, body: "Session 1 not found" });
    expect((await ask("GET", `${BASE}?active_only=true`)).body).toEqual([]);
    expect((await ask("GET", BASE)).body).toMatchObject([{ id: 1, status: "close" }]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("is refused for sensors that are not there or cannot, and for nonsense", async () => {
    await using live = await startLive({ sensors: [{ id: 1 }, { id: 3, supports_cblr: false }] });
    const { ask } = live;
    expect(await ask("POST", BASE, { sensor_id: 9 })).toEqual({ status: 404, body: "Sensor 9 not found" });
    expect((await ask("POST", BASE, { sensor_id: 3 })).status).toBe(400);
    for (const body of [{}, [], "null", "[1", { sensor_id: null }]) {
      expect((await ask("POST", BASE, body)).status, JSON.stringify(body)).toBe(400);
    }
    for (const odd of ODD_VALUES.filter((value) => value !== 1)) {
      expect((await ask("POST", BASE, { sensor_id: odd })).status, JSON.stringify(odd)).toBe(400);
      expect((await ask("POST", BASE, { sensor_id: 1, sensor_wait_timeout: odd })).status).toBe(400);
    }
    expect((await ask("POST", BASE, { sensor_id: 1, checkin_timeout: -1 })).status).toBe(400);
    for (const id of ["0", "01", "1e3", "-1", "1.0", "x", "99999999999", "%00", "1%20"]) {
      for (const [method, rest] of [
        ["GET", ""],
        ["PUT", ""],
        ["GET", "/keepalive"],
        ["POST", "/command"],
      ] as const) {
        const { status } = await ask(
          method,
          `${BASE}/${id}${rest}`,
          method === "GET" ? undefined : { status: "close" },
        );
        expect([400, 404], `${method} ${id}${rest}`).toContain(status);
      }
    }
    expect((await ask("DELETE", BASE)).status).toBe(405);
    live.behaviour.liveResponseEnabled = false;
    expect((await ask("POST", BASE, { sensor_id: 1 })).status).toBe(412);
    expect((await ask("POST", `${BASE}/1/file`, "x")).status).toBe(412);
    expect((await ask("GET", "/api/info")).body).toMatchObject({ cblrEnabled: false });
    expect(live.sandbox.requests.failures()).toEqual([]);
  });

  it("times out when its endpoint does not come, or when nobody uses it", async () => {
    await using live = await startLive();
    const { ask, sandbox, server } = live;
    server.setOnline(2, false);
    await ask("POST", BASE, { sensor_id: 2 });
    await ask("POST", BASE, { sensor_id: 2, sensor_wait_timeout: 200 });
    await ask("POST", BASE, { sensor_id: 1 });
    await sandbox.clock.step(100);
    await ask("GET", `${BASE}/1/keepalive`);
    await sandbox.clock.step(100);
    const statuses = async (): Promise<string[]> =>
      (await ask("GET", BASE)).body.map(({ status }: { status: string }) => status);
    expect(await statuses()).toEqual(["pending", "pending", "active"]);
    await sandbox.clock.step(21);
    expect(await statuses()).toEqual(["timeout", "timeout", "active"]);
    expect(await ask("GET", `${BASE}/1`)).toEqual({ status: 404, body: "Session 1 not found" });
    expect((await ask("PUT", `${BASE}/1`, { status: "close" })).status).toBe(404);
    // Looking at a session does not use it; commands and keepalives do.
    await sandbox.clock.step(70);
    await live.run(3, { name: "process list" });
    await sandbox.clock.step(290);
    expect((await ask("GET", `${BASE}/3/keepalive`)).body).toMatchObject({ status: "active" });
    await sandbox.clock.step(300);
    expect((await ask("GET", `${BASE}/3`)).body).toMatchObject({ status: "active" });
    await sandbox.clock.step(1);
    expect((await ask("GET", `${BASE}/3`)).status).toBe(404);
    expect(server.liveResponse.stats()).toMatchObject({
      slots: { used: 0, highest: 3 },
      sessions: { opened: 3, timedOut: 3, closed: 0, lost: 0 },
    });
  });

  it("takes one of ten slots, whoever opens it and whatever its state", async () => {
    await using live = await startLive();
    const { ask, sandbox, behaviour } = live;
    const { token } = sandbox.tokens.add({ username: "anna" });
    const anna = asker(sandbox, token);
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, n) => (n % 2 === 0 ? ask : anna)("POST", BASE, { sensor_id: 1 + (n % 2) })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = await fetchHead(live, BASE, { sensor_id: 1 });
    expect(refused).toEqual({ status: 503, retryAfter: "5", text: "Maximum number of live response sessions reached" });
    await anna("PUT", `${BASE}/1`, { status: "close" });
    expect((await anna("POST", BASE, { sensor_id: 1 })).status).toBe(200);
    expect((await ask("POST", BASE, { sensor_id: 1 })).status).toBe(503);
    behaviour.liveResponseSlots = 11;
    expect((await ask("POST", BASE, { sensor_id: 1 })).status).toBe(200);
    expect(live.server.liveResponse.stats().slots).toEqual({ limit: 11, used: 11, highest: 11, refused: 6 });
  });

  it("lists the last hundred", async () => {
    await using live = await startLive();
    const { ask } = live;
    for (let n = 1; n <= 105; n++) {
      await ask("POST", BASE, { sensor_id: 1 });
      if (n !== 3) await ask("PUT", `${BASE}/${n}`, { status: "close" });
    }
    const ids = (await ask("GET", BASE)).body.map(({ id }: { id: number }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([100, 6, 105]);
    expect((await ask("GET", `${BASE}?active_only=true`)).body).toMatchObject([{ id: 3 }]);
    expect((await ask("GET", `${BASE}/1`)).status).toBe(404);
  });

  it("lets held requests go when the client leaves, the session ends, or the time is over", async () => {
    await using live = await startLive({ liveResponse: { waitLimit: 150 } });
    const { ask, sandbox, server } = live;
    await ask("POST", BASE, { sensor_id: 1 });
    const held = (): number => server.liveResponse.stats().held;
    expect((await ask("GET", `${BASE}/1?wait=true`)).body).toMatchObject({ status: "pending" });
    server.liveResponse.configure({ waitLimit: 60_000 });
    const leaving = new AbortController();
    const init = { headers: { "x-auth-token": sandbox.token }, signal: leaving.signal };
    const left = sandbox.handle(new Request(`${sandbox.url}${BASE}/1?wait=1`, init));
    await vi.waitFor(() => expect(held()).toBe(1));
    leaving.abort();
    await expect(left).rejects.toThrow();
    await vi.waitFor(() => expect(held()).toBe(0));
    const cut = ask("GET", `${BASE}/1?wait=true`);
    await vi.waitFor(() => expect(held()).toBe(1));
    expect(server.liveResponse.lose(1)).toBe(true);
    expect(await cut).toEqual({ status: 404, body: "Session 1 not found" });
    expect((await ask("GET", BASE)).body).toMatchObject([{ id: 1, status: "inactive" }]);
    expect(server.liveResponse.lose(1)).toBe(false);
    expect(sandbox.requests.failures()).toEqual([]);
  });
});

async function fetchHead(
  { sandbox }: Awaited<ReturnType<typeof startLive>>,
  path: string,
  body: object,
): Promise<{ status: number; retryAfter: string | null; text: string }> {
  const headers = { "x-auth-token": sandbox.token };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await sandbox.handle(new Request(`${sandbox.url}${path}`, init));
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
}
