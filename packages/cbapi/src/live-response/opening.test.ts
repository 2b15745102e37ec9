import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, ObjectNotFoundError, TimeoutError } from "../core/errors.js";
import type { LiveResponseTarget } from "../response/live-response/target.js";
import { Sensor } from "../response/models/sensor/sensor.js";
import { JumpClock } from "../test-support/jump-clock.js";
import { liveResponseServer, until } from "../test-support/live-response-server.js";
import type { SlotWait } from "./types.js";

describe("opening a session", () => {
  it("asks for one of its own, waits until it is active, and gives the slot back at the end", async () => {
    const { cb, server } = await liveResponseServer();
    const sensor = await cb.select(Sensor, 3);
    {
      await using session = await sensor.lrSession();
      expect(session.sessionId).toBe(1);
      expect(session.sensorId).toBe(3);
      expect(session.osType).toBe(1);
      expect(session.drives).toEqual(["C:\\"]);
      expect(session.isOwned).toBe(true);
      expect(cb.liveResponse.openSessions).toEqual([session]);
      expect(server.open).toEqual([1]);
    }
    expect(server.open).toEqual([]);
    expect(cb.liveResponse.openSessions).toEqual([]);
    expect(server.requests).toEqual(["POST /session", "GET /session/1?wait=true", "GET /session/1", "PUT /session/1"]);
  });

  it("takes a Ref, an id, or the id as text, and refuses what is no sensor", async () => {
    const { cb } = await liveResponseServer();
    for (const target of [cb.select(Sensor, 5), 5, "5"]) {
      await using session = await cb.liveResponse.openSession(target);
      expect(session.sensorId).toBe(5);
    }
    for (const target of ["WIN-3", -1, 1.5, {}, { id: 7 }] as LiveResponseTarget[]) {
      await expect(cb.liveResponse.openSession(target)).rejects.toThrow(/A sensor is named by its id or given itself/);
    }
    // Nobody knows what this is the id of.
    const plain = { id: 7 } as unknown as LiveResponseTarget;
    await expect(cb.liveResponse.openSession(plain)).rejects.toThrow("not as { id: 7 }, an object that is no Sensor");
    expect(() => cb.liveResponse.run((session) => session.listProcesses(), [plain])).toThrow("{ id: 7 }");
    expect(() => cb.liveResponse.submitJob((session) => session.listProcesses(), plain)).toThrow("{ id: 7 }");
  });

  it("sends nothing when server or sensor have no Live Response", async () => {
    const off = await liveResponseServer({ info: { cblrEnabled: false } });
    await expect(off.cb.liveResponse.openSession(3)).rejects.toThrow("Cb server does not support Live Response");
    const old = await liveResponseServer({ sensor: { supports_cblr: false } });
    const refused = old.cb.liveResponse.openSession(3);
    await expect(refused).rejects.toThrow(/Sensor does not support Cb Live Response.*sensor 3 \(WIN-3\)/);
    await expect(refused).rejects.toBeInstanceOf(ApiError);
    expect([...off.server.requests, ...old.server.requests]).toEqual([]);
    const said = await liveResponseServer({
      before: ({ line }) => (line === "POST /session" ? { status: 412, text: "" } : undefined),
    });
    await expect(said.cb.liveResponse.openSession(3)).rejects.toThrow("Cb server does not support Live Response");
  });

  it("ends at once when the session does", async () => {
    const clock = new JumpClock();
    const late = await liveResponseServer({ states: ["pending", "timeout"], options: { clock } });
    await expect(late.cb.liveResponse.openSession(3)).rejects.toThrow(
      /Could not establish session with sensor 3: it did not check in in time/,
    );
    const gone = await liveResponseServer({
      before: ({ line }, server) => {
        if (line === "GET /session/1") server.lose(1);
        return undefined;
      },
      options: { clock },
    });
    const error: unknown = await gone.cb.liveResponse.openSession(3).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      status: 404,
      path: "/api/v1/cblr/session/1",
      cause: expect.any(ObjectNotFoundError),
    });
    const closed = await liveResponseServer({ states: ["pending", "CLOSE"], options: { clock } });
    await expect(closed.cb.liveResponse.openSession(3)).rejects.toMatchObject({ code: "SESSION_ENDED" });
    // What the server has ended needs no closing.
    for (const { server } of [late, gone, closed]) {
      expect(server.requests.filter((request) => request.startsWith("PUT"))).toEqual([]);
    }
    expect(clock.pauses).toEqual([]);
  });

  it("closes what it opened when time is up, the caller gives up, or the server fails", async () => {
    const never = Array.from({ length: 1000 }, () => "pending");
    const clock = new JumpClock();
    const slow = await liveResponseServer({ states: never, options: { clock } });
    await expect(slow.cb.liveResponse.openSession(3, { timeout: 60_000 })).rejects.toThrow(
      "it did not become active within 60000 ms",
    );
    expect(slow.server.open).toEqual([]);
    // Pauses grow, and are never longer than the time that is left.
    expect(clock.pauses.slice(0, 7)).toEqual([100, 200, 400, 800, 1600, 3200, 5000]);
    expect(clock.pauses.reduce((sum, pause) => sum + pause, 0)).toBe(60_000);

    const stop = new AbortController();
    const left = await liveResponseServer({ states: never });
    const opening = left.cb.liveResponse.openSession(3, { signal: stop.signal });
    await until(() => left.server.open.length === 1);
    stop.abort(new Error("changed my mind"));
    await expect(opening).rejects.toThrow("changed my mind");
    await until(() => left.server.open.length === 0);

    const broken = await liveResponseServer({
      before: ({ line, query }) =>
        line === "GET /session/1" && query.has("wait") ? { status: 403, text: "not yours" } : undefined,
    });
    await expect(broken.cb.liveResponse.openSession(3)).rejects.toMatchObject({ status: 403 });
    expect(broken.server.open).toEqual([]);
  });

  it("closes a session whose number comes after the caller has given up", async () => {
    let answer = (): void => {};
    const { cb, server } = await liveResponseServer({
      before: ({ line, response }, self) => {
        if (line !== "POST /session") return undefined;
        answer = () => {
          self.sessions.set(1, {
            id: 1,
            data: { id: 1, sensor_id: 3, status: "pending", states: [] },
            commands: new Map(),
          });
          response.end(JSON.stringify({ id: 1, sensor_id: 3, status: "pending" }));
        };
        return "answered";
      },
    });
    const stop = new AbortController();
    const opening = cb.liveResponse.openSession(3, { signal: stop.signal });
    await until(() => server.requests.length === 1);
    stop.abort();
    await expect(opening).rejects.toThrow("aborted");
    answer();
    await until(() => server.sessions.size === 1 && server.open.length === 0);
  });

  it("waits for a slot when all are taken, as long as it may", async () => {
    const clock = new JumpClock();
    let taken = 3;
    const waits: SlotWait[] = [];
    const full = { status: 503, text: "Maximum number of live response sessions reached" };
    const { cb, server } = await liveResponseServer({
      options: { clock },
      before: ({ line }) => {
        if (line !== "POST /session" || taken-- <= 0) return undefined;
        return taken === 2
          ? { ...full, headers: { "retry-after": "5" } }
          : taken === 1
            ? full
            : { status: 403, text: "session limit reached" };
      },
    });
    await using session = await cb.liveResponse.openSession(3, { onWait: (wait) => waits.push(wait) });
    expect(session.sessionId).toBe(1);
    expect(waits.map(({ attempt, pause, waited }) => [attempt, pause, waited])).toEqual([
      [1, 5000, 0],
      [2, 2000, 5000],
      [3, 4000, 7000],
    ]);
    expect(server.open).toEqual([1]);
    taken = 1000;
    const late = cb.liveResponse.openSession(4, { timeout: 20_000 });
    await expect(late).rejects.toMatchObject({ code: "SLOTS_TAKEN", cause: expect.objectContaining({ status: 403 }) });
    await expect(late).rejects.toThrow("See cb.liveResponse.listSessions().");
    taken = 0;
  });

  it("joins a session on request, whoever opened it, and leaves it open", async () => {
    const { cb, server } = await liveResponseServer();
    await using other = await cb.liveResponse.openSession(3);
    const joined = await cb.liveResponse.openSession(3, { join: true });
    expect(joined.sessionId).toBe(other.sessionId);
    expect(joined.isOwned).toBe(false);
    await joined.listProcesses();
    await joined.close();
    expect(server.open).toEqual([1]);
    await using own = await cb.liveResponse.openSession(4, { join: true });
    expect(own.isOwned).toBe(true);
    expect(own.sessionId).toBe(2);
  });
});

describe("an open session", () => {
  it("closes once, and sends nothing afterwards", async () => {
    const { cb, server } = await liveResponseServer();
    const session = await cb.liveResponse.openSession(3);
    await Promise.all([session.close(), session.close()]);
    await session.close();
    expect(server.requests.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
    const sent = server.requests.length;
    const uses = [session.getFile("c:\\a"), session.keepAlive(), session.getSessionArchive(), session.listProcesses()];
    for (const use of uses) await expect(use).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await expect(session.walk("c:\\").next()).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(server.requests).toHaveLength(sent);
  });

  it("closes quietly when it is gone, and says when it could not be closed", async () => {
    let refuse = true;
    const { cb, server } = await liveResponseServer({
      before: ({ line }) =>
        line.startsWith("PUT") && refuse ? { status: 500, text: "disk full on the server" } : undefined,
    });
    const gone = await cb.liveResponse.openSession(3);
    server.lose(1);
    await gone.close();
    const kept = await cb.liveResponse.openSession(3);
    await expect(kept.close()).rejects.toThrow("disk full on the server");
    expect(server.open).toEqual([2]);
    refuse = false;
    await kept.close();
    expect(server.open).toEqual([]);
  });

  it("is kept alive while nothing is sent, and no longer than it is open", async () => {
    const { cb, server } = await liveResponseServer();
    const alive = () => server.requests.filter((line) => line.endsWith("/keepalive")).length;
    const session = await cb.liveResponse.openSession(3, { keepAlive: 40 });
    await until(() => alive() >= 3);
    server.lose(1);
    await until(() => session.isLost);
    const signs = alive();
    await delay(120);
    expect(alive()).toBe(signs);
    expect(await session.listProcesses()).toEqual([]);
    expect(session.sessionId).toBe(2);
    expect(session.isLost).toBe(false);
    await until(() => alive() > signs);
    await session.close();
    const last = alive();
    await delay(120);
    expect(alive()).toBe(last);
    await using quiet = await cb.liveResponse.openSession(3, { keepAlive: false });
    await delay(80);
    expect(alive()).toBe(last);
    await quiet.keepAlive();
    expect(alive()).toBe(last + 1);
  });

  it("does not keep the program alive", async () => {
    const { server } = await liveResponseServer();
    // The built package, in a process of its own that leaves its session open.
    const index = fileURLToPath(new URL("../../dist/response/index.js", import.meta.url));
    const program = `
      import { CbResponseAPI } from ${JSON.stringify(index)};
      const cb = new CbResponseAPI({ url: ${JSON.stringify(server.url)}, token: "${"ab".repeat(16)}", allowHttp: true });
      const session = await cb.liveResponse.openSession(3, { keepAlive: 200 });
      await session.listProcesses();
      console.log("session", session.sessionId);`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 20_000 });
    expect((await run).stdout).toBe("session 1\n");
    expect(server.open).toEqual([1]);
  }, 30_000);

  it("prints its number and its sensor, and becomes its document as JSON", async () => {
    const { inspect } = await import("node:util");
    const { cb } = await liveResponseServer();
    const session = await cb.liveResponse.openSession(3);
    expect(inspect(session)).toBe("LiveResponseSession 1 (sensor 3)");
    await session.close();
    expect(inspect(session)).toBe("LiveResponseSession 1 (sensor 3, closed)");
    expect(JSON.parse(JSON.stringify(session))).toMatchObject({ id: 1, sensor_id: 3, status: "active" });
  });
});

describe("sessions of the server", () => {
  it("are listed, and those left over are closed, each with what became of it", async () => {
    const clock = new JumpClock(1_767_603_600_000 + 7_200_000);
    const { cb, server } = await liveResponseServer({
      options: { clock },
      before: ({ line }, self) => {
        if (line === "GET /session/12") self.lose(12);
        return line === "PUT /session/13" ? { status: 403, text: "not yours" } : undefined;
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    for (const [id, age] of [
      [11, 7200],
      [12, 7200],
      [13, 7200],
      [14, 60],
    ] as const) {
      const data = { id, sensor_id: id, status: "active", create_time: clock.now() / 1000 - age, states: [] };
      server.sessions.set(id, { id, data, commands: new Map() });
    }
    expect((await cb.liveResponse.listSessions()).map(({ id }) => id)).toEqual([1, 11, 12, 13, 14]);
    const states = (outcomes: Awaited<ReturnType<typeof cb.liveResponse.reap>>) =>
      outcomes.map(({ session: { id }, state, reason }) => [id, reason ?? state]);
    const before = server.requests.length;
    expect(states(await cb.liveResponse.reap({ olderThan: 3_600_000, dryRun: true }))).toEqual([
      [1, "in use here"],
      [11, "planned"],
      [12, "planned"],
      [13, "planned"],
      [14, "not old enough"],
    ]);
    expect(server.requests.slice(before)).toEqual(["GET /session?active_only=true"]);
    const outcomes = await cb.liveResponse.reap({ olderThan: 3_600_000 });
    expect(states(outcomes)).toEqual([
      [1, "in use here"],
      [11, "closed"],
      [12, "gone"],
      [13, "failed"],
      [14, "not old enough"],
    ]);
    expect(outcomes[3]?.error).toMatchObject({ status: 403 });
    expect(states(await cb.liveResponse.reap({ targets: [14], ids: ["14"] })).at(-1)).toEqual([14, "closed"]);
    await expect(cb.liveResponse.reap({})).rejects.toThrow("reap() needs a condition");
    await session.listProcesses();
  });

  it("are closed with the client that opened them", async () => {
    const { cb, server } = await liveResponseServer();
    await cb.liveResponse.openSession(3);
    await cb.liveResponse.openSession(4);
    expect(server.open).toEqual([1, 2]);
    await cb.close();
    expect(server.open).toEqual([]);
  });

  it("are waited for no longer than the caller likes, whatever the server does", async () => {
    const asked = () => {};
    const { cb, server } = await liveResponseServer({
      before: ({ line, response }) => {
        if (line !== "PUT /session/1") return undefined;
        asked();
        // An answer that never ends.
        response.writeHead(200).write("{");
        return "answered";
      },
    });
    const session = await cb.liveResponse.openSession(3);
    const late = cb.liveResponse.close({ timeout: 50 });
    await expect(late).rejects.toThrow("Live Response was not closed within 50 ms");
    await expect(late).rejects.toThrow(TimeoutError);
    const stop = new AbortController();
    const again = cb.close({ signal: stop.signal });
    stop.abort(new Error("no longer"));
    await expect(again).rejects.toThrow("no longer");
    expect([server.open, session.isClosed]).toEqual([[1], true]);
    // The connections are ended all the same: nothing keeps the program.
    await expect(cb.getObject("/api/info")).rejects.toMatchObject({ code: "CLOSED" });
  });
});
