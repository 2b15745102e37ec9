import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, LiveResponseError, TimeoutError } from "../core/errors.js";
import { JumpClock } from "../test-support/jump-clock.js";
import { liveResponseServer, until } from "../test-support/live-response-server.js";

describe("a command", () => {
  it("is asked for once where the server holds its answer back, and with growing pauses where it does not", async () => {
    const slow = { command: () => delay(60).then(() => ({ processes: [{ pid: 4 }] })) };
    const holding = await liveResponseServer(slow);
    await using session = await holding.cb.liveResponse.openSession(3);
    expect(await session.listProcesses()).toEqual([{ pid: 4 }]);
    const polls = (requests: readonly string[]) => requests.filter((line) => line.startsWith("GET /session/1/command"));
    expect(polls(holding.server.requests)).toEqual(["GET /session/1/command/1?wait=true"]);

    const clock = new JumpClock();
    let reads = 0;
    const answering = await liveResponseServer({
      holds: false,
      options: { clock },
      command: () => new Promise(() => {}),
      before: ({ line }, server) => {
        const command = server.sessions.get(1)?.commands.get(1);
        if (line === "GET /session/1/command/1" && ++reads === 8)
          Object.assign(command?.data ?? {}, { status: "complete" });
        return undefined;
      },
    });
    await using other = await answering.cb.liveResponse.openSession(3);
    await other.listProcesses();
    expect(clock.pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000]);
  });

  it("goes on when the question for it is cut or the server restarts", async () => {
    let troubles = 0;
    const clock = new JumpClock();
    const { cb, server } = await liveResponseServer({
      options: { clock },
      before: ({ line, request }) => {
        if (line !== "GET /session/1/command/1") return undefined;
        troubles++;
        if (troubles === 1) request.socket.destroy();
        else if (troubles === 2) return { status: 502, text: "restarting" };
        return troubles === 1 ? "answered" : undefined;
      },
      command: () => ({ files: [] }),
    });
    await using session = await cb.liveResponse.openSession(3);
    expect(await session.listDirectory("c:\\")).toEqual([]);
    expect(troubles).toBe(3);
    expect(server.commands).toHaveLength(1);
  });

  it("is refused before it is sent when the endpoint does not know it", async () => {
    const few = await liveResponseServer({ session: { supported_commands: ["get file"] } });
    await using session = await few.cb.liveResponse.openSession(3);
    const sent = few.server.requests.length;
    await expect(session.createRegistryKey("HKLM\\a")).rejects.toThrow(
      "Command reg create key not supported by this sensor",
    );
    await expect(session.putFile(Buffer.from("x"), "c:\\x")).rejects.toBeInstanceOf(ApiError);
    const bad: readonly (() => Promise<unknown>)[] = [
      () => session.getFile(""),
      () => session.deleteFile(undefined as unknown as string),
      () => session.killProcess(Number.NaN),
      () => session.getFile("c:\\a", { offset: -1 }),
      () => session.setRegistryValue("HKLM\\a", -1),
    ];
    for (const call of bad) await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(few.server.requests).toHaveLength(sent);
    const none = await liveResponseServer({ session: { supported_commands: undefined } });
    await using silent = await none.cb.liveResponse.openSession(3);
    await expect(silent.listProcesses()).rejects.toThrow("supported_commands is missing");
  });

  it("tells what the endpoint refused, with the name of its error", async () => {
    const results = [
      { status: "error", result_type: "WinHresult", result_code: 2147942405, result_desc: "" },
      { status: "error", result_type: "WinHresult", result_code: -2147024816, result_desc: "The file exists." },
      { status: "ERROR", result_type: "WinHresult", result_code: 2147500037 },
      { status: "error", result_type: "WinHresult", result_code: "nonsense" },
      { status: "error", result_type: "CbError", result_code: 13, result_desc: "Permission denied" },
      { status: "error" },
    ];
    const { cb } = await liveResponseServer({ command: () => results.shift() ?? {} });
    await using session = await cb.liveResponse.openSession(3);
    const errors: LiveResponseError[] = [];
    for (let count = 0; count < 6; count++) {
      const error: unknown = await session.getFile("c:\\secret.txt").catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(LiveResponseError);
      errors.push(error as LiveResponseError);
    }
    const failed = "get file c:\\secret.txt failed on the endpoint";
    expect(errors.map(({ message }) => message)).toEqual([
      `${failed}: Win32 error code 0x80070005 (ERROR_ACCESS_DENIED)`,
      `${failed}: Win32 error code 0x80070050 (ERROR_FILE_EXISTS): The file exists.`,
      `${failed}: Win32 error code 0x80004005`,
      `${failed}: Unknown Win32 error code`,
      `${failed}: CbError 13 (EACCES): Permission denied`,
      `${failed} and no reason is given`,
    ]);
    expect(errors[1]).toMatchObject({
      code: "LIVE_RESPONSE",
      command: "get file",
      object: "c:\\secret.txt",
      win32_error: 0x80070050,
      decoded_win32_error: "ERROR_FILE_EXISTS",
      result_code: -2147024816,
    });
    expect(errors[4]).toMatchObject({ errno: "EACCES", result_type: "CbError" });
    expect(errors[0]?.details).toMatchObject({ id: 1, session_id: 1 });
    expect(inspect(errors[0])).not.toContain("session_id");
  });

  it("is an ApiError when somebody has cancelled it", async () => {
    for (const status of ["cancel", "canceled", "CANCELLED"]) {
      const { cb } = await liveResponseServer({ command: () => ({ status }) });
      await using session = await cb.liveResponse.openSession(3);
      await expect(session.listProcesses()).rejects.toMatchObject({ code: "COMMAND_CANCELLED" });
    }
  });

  it("is taken back when its caller gives up, and the session lives on", async () => {
    let release = (): void => {};
    let hang = true;
    const { cb, server } = await liveResponseServer({
      command: () =>
        hang
          ? new Promise<object>((resolve) => {
              release = () => resolve({});
            }).then(() => ({}))
          : { processes: [] },
    });
    await using session = await cb.liveResponse.openSession(3);
    const stop = new AbortController();
    const listing = session.listProcesses({ signal: stop.signal });
    await until(() => server.requests.some((line) => line.includes("/command/1?wait")));
    stop.abort(new Error("enough"));
    await expect(listing).rejects.toThrow("enough");
    await until(() => server.sessions.get(1)?.commands.get(1)?.data["status"] === "cancel");
    release();
    hang = false;
    expect(await session.listProcesses()).toEqual([]);
    const before = server.commands.length;
    await expect(session.listProcesses({ signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
      "too late",
    );
    expect(server.commands).toHaveLength(before);
  });

  it("says that it may still be carried out when its time is up", async () => {
    const clock = new JumpClock();
    const { cb, server } = await liveResponseServer({
      holds: false,
      options: { clock },
      command: () => new Promise(() => {}),
    });
    await using session = await cb.liveResponse.openSession(3, { commandTimeout: 30_000 });
    const error: unknown = await session.createDirectory("c:\\a").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 30_000, message: expect.stringMatching(/may still carry it out/) });
    await until(() => server.requests.includes("PUT /session/1/command/1"));
    // What was killed, or not, nobody knows; but it is not killed later, when another process may have the number.
    await expect(session.killProcess(340)).rejects.toMatchObject({ code: "NOT_CONFIRMED", timeout: 10_000 });
    await until(() => server.requests.includes("PUT /session/1/command/2"));
  });

  it("that the server holds too long ends when its time is up, by a real clock", async () => {
    const { cb, server } = await liveResponseServer({ command: () => new Promise(() => {}) });
    await using session = await cb.liveResponse.openSession(3);
    await expect(session.listProcesses({ timeout: 1200 })).rejects.toMatchObject({ timeout: 1200 });
    // One question, which the server never answered.
    expect(server.requests.filter((line) => line.startsWith("GET /session/1/command"))).toHaveLength(1);
    await until(() => server.requests.includes("PUT /session/1/command/1"));
  });

  it("whose acceptance is not answered ends when its time is up, and is taken back when it is", async () => {
    let accept = (): void => {};
    const { cb, server } = await liveResponseServer({
      command: () => new Promise(() => {}),
      before: ({ line, response }) => {
        if (line !== "POST /session/1/command") return undefined;
        accept = () => response.end(JSON.stringify({ id: 9, status: "pending" }));
        return "answered";
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const error: unknown = await session.createDirectory("c:\\a", { timeout: 300 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain("the server did not accept create directory within 300 ms");
    accept();
    await until(() => server.requests.includes("PUT /session/1/command/9"));
  });

  it("is asked for again when a question comes to no connection, which says nothing of the command", async () => {
    let refusals = 2;
    const { cb, server } = await liveResponseServer({
      options: {
        clock: new JumpClock(),
        // As undici reports a server that does not answer to a connection.
        fetch: (url, init) => {
          if (!url.includes("/command/1") || refusals-- <= 0) return fetch(url, init);
          const cause = Object.assign(new Error("Connect Timeout Error"), { code: "UND_ERR_CONNECT_TIMEOUT" });
          return Promise.reject(new TypeError("fetch failed", { cause }));
        },
      },
      command: () => ({ processes: [{ pid: 4 }] }),
    });
    await using session = await cb.liveResponse.openSession(3);
    expect(await session.listProcesses()).toEqual([{ pid: 4 }]);
    expect(refusals).toBe(-1);
    expect(server.commands).toHaveLength(1);
  });

  it("fails when the session is closed under it", async () => {
    const { cb, server } = await liveResponseServer({ command: () => new Promise(() => {}) });
    const session = await cb.liveResponse.openSession(3);
    const listing = session.listProcesses();
    listing.catch(() => {});
    await until(() => server.requests.some((line) => line.includes("command/1")));
    await session.close();
    await expect(listing).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(server.open).toEqual([]);
  });
});

describe("commands of one session", () => {
  it("are sent in the order of the calls, several at a time", async () => {
    const waiting: (() => void)[] = [];
    const { cb, server } = await liveResponseServer({
      command: () => new Promise((resolve) => waiting.push(() => resolve({}))),
    });
    await using session = await cb.liveResponse.openSession(3);
    const calls = ["a", "b", "c", "d"].map((name) => session.createDirectory(`c:\\${name}`));
    await until(() => waiting.length === 4);
    expect(server.commands.map(({ object }) => object)).toEqual(["c:\\a", "c:\\b", "c:\\c", "c:\\d"]);
    for (const finish of waiting) finish();
    await Promise.all(calls);
  });
});

describe("a session that the server has lost", () => {
  it("is opened again once for all commands that miss it, with what was uploaded", async () => {
    const clock = new JumpClock();
    const { cb, server } = await liveResponseServer({ options: { clock } });
    await using session = await cb.liveResponse.openSession(3);
    let lost = false;
    Object.assign(server.script, {
      // Between the upload and the command.
      before: ({ line }: { line: string }) => {
        if (line === "POST /session/1/command" && !lost) {
          lost = true;
          server.lose(1);
        }
        return undefined;
      },
    });
    const calls = [
      session.putFile(Buffer.from("tool"), "c:\\tool.exe"),
      session.listProcesses(),
      session.deleteFile("c:\\b"),
    ];
    await Promise.all(calls);
    expect(server.requests.filter((line) => line === "POST /session")).toHaveLength(2);
    expect(session.sessionId).toBe(2);
    expect(server.uploads).toHaveLength(2);
    expect(server.uploads[0]?.includes("tool")).toBe(true);
    expect(server.commands.map(({ name, file_id, session_id }) => [name, file_id, session_id])).toEqual([
      ["put file", 2, 2],
      ["process list", undefined, 2],
      ["delete file", undefined, 2],
    ]);
  });

  it("is not opened for ever", async () => {
    const clock = new JumpClock();
    const { cb, server } = await liveResponseServer({ options: { clock } });
    await using session = await cb.liveResponse.openSession(3);
    Object.assign(server.script, {
      before: ({ line }: { line: string }) =>
        line.startsWith("POST") && line.endsWith("/command") ? { status: 404, text: "Session not found" } : undefined,
    });
    await expect(session.createDirectory("c:\\a")).rejects.toThrow("Command create directory failed after 5 retries");
    expect(clock.pauses).toEqual([1000, 2000, 4000, 8000]);
    expect(server.commands).toEqual([]);
  });

  it("has reads repeated and says of everything else that its fate is not known", async () => {
    const { cb, server } = await liveResponseServer({
      command: (body) => (body["name"] === "process list" ? { processes: [{ pid: 4 }] } : {}),
    });
    await using session = await cb.liveResponse.openSession(3);
    const lose = new Set(["GET /session/1/command/1", "GET /session/2/command/2"]);
    Object.assign(server.script, {
      before: ({ line }: { line: string }) => {
        if (lose.delete(line)) server.lose(Number(/session\/(\d)/.exec(line)?.[1]));
        return undefined;
      },
    });
    expect(await session.listProcesses()).toEqual([{ pid: 4 }]);
    expect(session.sessionId).toBe(2);
    await expect(session.createDirectory("c:\\a")).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(server.commands.map(({ name }) => name)).toEqual(["process list", "process list", "create directory"]);
  });

  it("is not thought lost for other answers of 404", async () => {
    const { cb, server } = await liveResponseServer();
    await using session = await cb.liveResponse.openSession(3);
    Object.assign(server.script, {
      before: ({ line }: { line: string }) =>
        line.endsWith("/command") ? { status: 404, text: "no such route" } : undefined,
    });
    await expect(session.listProcesses()).rejects.toThrow("Received 404 error from server: no such route");
    expect(server.requests.filter((line) => line === "POST /session")).toHaveLength(1);
  });
});
