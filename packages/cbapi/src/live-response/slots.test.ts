// A session that nobody holds keeps its slot until the server loses patience. Whatever goes wrong, none is left.
import { describe, expect, it } from "vitest";
import { ConnectionError, TimeoutError } from "../core/errors.js";
import { Sensor } from "../response/models/sensor/sensor.js";
import { JumpClock } from "../test-support/jump-clock.js";
import {
  type LiveResponseServer,
  liveResponseServer,
  type Received,
  until,
} from "../test-support/live-response-server.js";

/** When the sessions of the server are opened, in seconds. */
const OPENED = 1_767_603_600;
const never = Array.from({ length: 1000 }, () => "pending");

/** Has the server say that it is a moment after sessions were opened. */
function atTheTime({ response }: Received): void {
  response.setHeader("date", new Date(OPENED * 1000 + 1000).toUTCString());
}

/** A session on the server that this client did not open, or does not know of. */
function place(server: LiveResponseServer, id: number, sensor_id: number, create_time = OPENED): void {
  const data = { id, sensor_id, status: "pending", states: [], create_time, supported_commands: ["process list"] };
  server.sessions.set(id, { id, data, commands: new Map() });
}

describe("a session whose answer is lost", () => {
  it("is found on the server and used", async () => {
    const { cb, server } = await liveResponseServer({
      before: (received, self) => {
        atTheTime(received);
        if (received.line !== "POST /session") return undefined;
        place(self, 20, 3, OPENED - 60); // a colleague's, opened before
        place(self, 21, 4); // with another endpoint
        place(self, 22, 3);
        received.request.socket.destroy();
        return "answered";
      },
    });
    const session = await cb.liveResponse.openSession(3);
    expect(session.sessionId).toBe(22);
    expect(session.isOwned).toBe(true);
    await session.close();
    expect(server.open).toEqual([20, 21]);
  });

  it("is found for each of two that are opened at once", async () => {
    let asked = 0;
    const { cb, server } = await liveResponseServer({
      before: (received, self) => {
        atTheTime(received);
        if (received.line !== "POST /session") return undefined;
        place(self, 30 + ++asked, 3);
        if (asked === 2) return { status: 502, text: "bad gateway" };
        received.response.writeHead(200, { "content-length": 100 }).write('{"id": 3');
        setTimeout(() => received.response.destroy(), 20);
        return "answered";
      },
    });
    const sessions = await Promise.all([cb.liveResponse.openSession(3), cb.liveResponse.openSession(3)]);
    expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual([31, 32]);
    await cb.liveResponse.close();
    expect(server.open).toEqual([]);
  });

  it("is closed when its caller has given up meanwhile, and when the server's answer has no number", async () => {
    let release = (): void => {};
    const { cb, server } = await liveResponseServer({
      before: (received, self) => {
        atTheTime(received);
        if (received.line !== "POST /session") return undefined;
        place(self, 40, 3);
        release = () => received.response.end(JSON.stringify({ status: "pending" }));
        return "answered";
      },
    });
    const stop = new AbortController();
    const opening = cb.liveResponse.openSession(3, { signal: stop.signal });
    await until(() => server.open.length === 1);
    stop.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    release();
    await until(() => server.open.length === 0);
  });

  it("is looked for when the answer does not come at all", async () => {
    const { cb, server } = await liveResponseServer({
      options: { clock: new JumpClock() },
      before: (received, self) => {
        atTheTime(received);
        if (received.line !== "POST /session") return undefined;
        place(self, 45, 3);
        return "answered";
      },
    });
    await expect(cb.liveResponse.openSession(3, { timeout: 50 })).rejects.toBeInstanceOf(TimeoutError);
    await cb.close();
    expect(server.open).toEqual([]);
  });

  it("is left alone where it may be somebody else's, and the caller is told", async () => {
    const cases: readonly { readonly there: readonly number[]; readonly tellsTime: boolean }[] = [
      { there: [OPENED, OPENED], tellsTime: true }, // one of them is a colleague's: which?
      { there: [OPENED - 10], tellsTime: true }, // opened before
      { there: [OPENED], tellsTime: false },
    ];
    for (const { there, tellsTime } of cases) {
      const { cb, server } = await liveResponseServer({
        before: (received, self) => {
          received.response.sendDate = false;
          if (tellsTime) atTheTime(received);
          if (received.line !== "POST /session") return undefined;
          for (const [index, time] of there.entries()) place(self, 51 + index, 3, time);
          received.request.socket.destroy();
          return "answered";
        },
      });
      const opening = cb.liveResponse.openSession(3);
      await expect(opening).rejects.toBeInstanceOf(ConnectionError);
      await expect(opening).rejects.toThrow("It may have been carried out");
      await cb.close();
      expect(server.open).toHaveLength(there.length);
    }
  });
});

describe("opening a session", () => {
  it("takes no slot when an option has no meaning", async () => {
    const { cb, server } = await liveResponseServer();
    const wrong = [{ keepAlive: -1 }, { keepAlive: Number.NaN }, { commandTimeout: -5 }, { timeout: Number.NaN }];
    for (const options of wrong) {
      await expect(cb.liveResponse.openSession(3, options)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    }
    expect(server.requests).toEqual([]);
  });

  it("takes a document without a state for one of a session that is not there yet", async () => {
    let reads = 0;
    const { cb, server } = await liveResponseServer({
      options: { clock: new JumpClock() },
      before: ({ line }, self) => {
        if (line === "POST /session") {
          place(self, 60, 3);
          return { status: 200, text: '{"id": 60}' };
        }
        if (line !== "GET /session/60" || ++reads > 1) return undefined;
        return { status: 200, text: '{"id": 60, "status": null}' };
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    expect(session.sessionId).toBe(60);
    await session.close();
    expect(server.open).toEqual([]);
  });

  it("takes no longer than it may when the server does not answer, and closes what comes of it later", async () => {
    let release = (): void => {};
    const { cb, server } = await liveResponseServer({
      before: ({ line, response }, self) => {
        if (line !== "POST /session") return undefined;
        release = () => {
          place(self, 70, 3);
          response.end(JSON.stringify({ id: 70, sensor_id: 3, status: "pending" }));
        };
        return "answered";
      },
    });
    // It is known already: all of the time is for the session.
    const sensor = await cb.select(Sensor, 3);
    await cb.connect();
    const late = cb.liveResponse.openSession(sensor, { timeout: 50 });
    await expect(late).rejects.toBeInstanceOf(TimeoutError);
    await expect(late).rejects.toThrow("the server did not answer within 50 ms");
    release();
    await until(() => server.sessions.size === 1 && server.open.length === 0);
  });

  it("is given up when the client is closed, and its slot is free when that is done", async () => {
    const { cb, server } = await liveResponseServer({ states: never });
    const opening = cb.liveResponse.openSession(3);
    opening.catch(() => {});
    await until(() => server.open.length === 1);
    await cb.close();
    expect(server.open).toEqual([]);
    await expect(opening).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("pauses also when the server says that it may be asked again at once", async () => {
    const clock = new JumpClock();
    let refusals = 3;
    const { cb } = await liveResponseServer({
      options: { clock },
      before: ({ line }) =>
        line === "POST /session" && refusals-- > 0
          ? { status: 503, text: "Maximum number reached", headers: { "retry-after": "0" } }
          : undefined,
    });
    await using _ = await cb.liveResponse.openSession(3);
    expect(clock.pauses.slice(0, 3)).toEqual([1000, 2000, 4000]);
  });

  it("opens one of its own when the one that it would join ends while it is waited for", async () => {
    const { cb, server } = await liveResponseServer({
      before: ({ line }, self) => {
        if (line === "GET /session") place(self, 80, 3);
        if (line === "GET /session/80") self.lose(80);
        return undefined;
      },
    });
    await using session = await cb.liveResponse.openSession(3, { join: true });
    expect(session.isOwned).toBe(true);
    expect(server.open).toEqual([1]);
  });
});

describe("an open session", () => {
  it("that is closed while it is being opened again leaves neither the old one nor the new one", async () => {
    const { cb, server } = await liveResponseServer();
    const session = await cb.liveResponse.openSession(3);
    server.lose(1);
    Object.assign(server.script, { states: never });
    const listing = session.listProcesses();
    listing.catch(() => {});
    await until(() => server.requests.includes("GET /session/2?wait=true"));
    await session.close();
    expect(server.open).toEqual([]);
    await expect(listing).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  });

  it("is not taken for lost by a 404 that says nothing of it", async () => {
    const { cb, server } = await liveResponseServer({ command: () => ({ processes: [{ pid: 4 }] }) });
    const session = await cb.liveResponse.openSession(3);
    const page = { status: 404, text: "<html>not found</html>" };
    const odd = new Set(["GET /session/1/command/1", "GET /session/1/command/3", "GET /session/1/keepalive"]);
    Object.assign(server.script, { before: ({ line }: Received) => (odd.delete(line) ? page : undefined) });
    // A read is asked for once more, in the same session.
    expect(await session.listProcesses()).toEqual([{ pid: 4 }]);
    await expect(session.createDirectory("c:\\a")).rejects.toMatchObject({ code: "SESSION_LOST" });
    await expect(session.keepAlive()).rejects.toMatchObject({ status: 404 });
    expect(session.isLost).toBe(false);
    expect(server.requests.filter((line) => line === "POST /session")).toHaveLength(1);
    await session.close();
    expect(server.open).toEqual([]);
  });

  it("is not reaped while it is being opened here", async () => {
    const { cb, server } = await liveResponseServer({ states: never });
    const stop = new AbortController();
    const opening = cb.liveResponse.openSession(3, { signal: stop.signal });
    await until(() => server.requests.includes("GET /session/1?wait=true"));
    const [outcome] = await cb.liveResponse.reap({ targets: [3] });
    expect(outcome).toMatchObject({ state: "kept", reason: "in use here" });
    stop.abort();
    await expect(opening).rejects.toThrow("aborted");
  });

  it("is not reaped before its number has come, nor while it is looked for because its answer was lost", async () => {
    for (const lost of [false, true]) {
      let answer: (() => void) | undefined;
      const lists: (() => void)[] = [];
      const { cb, server } = await liveResponseServer({
        before: (received, self) => {
          atTheTime(received);
          const { line, request, response } = received;
          if (line === "POST /session") {
            place(self, 90, 3);
            const data = JSON.stringify(self.sessions.get(90)?.data);
            answer = () => (lost ? request.socket.destroy() : response.end(data));
            return "answered";
          }
          if (line !== "GET /session") return undefined;
          lists.push(() => response.end(JSON.stringify([...self.sessions.values()].map(({ data }) => data))));
          return "answered";
        },
      });
      const opening = cb.liveResponse.openSession(3);
      await until(() => answer !== undefined);
      const reaping = cb.liveResponse.reap({ targets: [3] });
      await until(() => lists.length === 1);
      lists[0]?.();
      // What is asked after the list was answered is answered after it was read.
      await cb.getObject("/api/info");
      answer?.();
      if (lost) {
        await until(() => lists.length === 2);
        await cb.getObject("/api/info");
        lists[1]?.();
      }
      expect(await reaping).toMatchObject([{ state: "kept", reason: "in use here" }]);
      const session = await opening;
      expect([session.sessionId, server.open]).toEqual([90, [90]]);
      await session.close();
    }
  });

  it("is waited for by reap() no longer than its caller likes", async () => {
    let answer: (() => void) | undefined;
    const { cb, server } = await liveResponseServer({
      before: ({ line, response }, self) => {
        if (line !== "POST /session") return undefined;
        place(self, 91, 3);
        answer = () => response.end(JSON.stringify(self.sessions.get(91)?.data));
        return "answered";
      },
    });
    const opening = cb.liveResponse.openSession(3);
    await until(() => answer !== undefined);
    const stop = new AbortController();
    const reaping = cb.liveResponse.reap({ targets: [3], signal: stop.signal });
    reaping.catch(() => {});
    await until(() => server.requests.includes("GET /session?active_only=true"));
    await cb.getObject("/api/info");
    stop.abort(new Error("enough"));
    await expect(reaping).rejects.toThrow("enough");
    expect(server.open).toEqual([91]);
    answer?.();
    await (await opening).close();
    expect(server.open).toEqual([]);
  });
});
