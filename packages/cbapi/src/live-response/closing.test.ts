// A session that is closed under what is under way: nothing of it runs or stays behind on the endpoint, and nobody hangs.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { JumpClock } from "../test-support/jump-clock.js";
import {
  type LiveResponseServer,
  liveResponseServer,
  type Received,
  until,
} from "../test-support/live-response-server.js";
import type { LiveResponseSession } from "./session.js";

const never = (): Promise<never> => new Promise(() => {});

/** Where the first line of this kind is among the requests; fails when there is none. */
function placeOf(server: LiveResponseServer, line: string): number {
  expect(server.requests).toContain(line);
  return server.requests.indexOf(line);
}

async function localFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cbapi-closing-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What makes a file on the endpoint under a name of our own, in three steps. */
const making = {
  createProcess: (session: LiveResponseSession) => session.createProcess("whoami"),
  runProcess: (session: LiveResponseSession) => session.runProcess("whoami"),
  memdump: async (session: LiveResponseSession) => session.memdump(join(await localFolder(), "memory.dmp")),
};

describe("closing a session", () => {
  it("waits for the number of a command that is being sent, and takes it back with what it may have written", async () => {
    const sendings = {
      "create directory": (session: LiveResponseSession) => session.createDirectory("c:\\a"),
      "create process": (session: LiveResponseSession) => session.createProcess("whoami"),
      memdump: (session: LiveResponseSession) => session.startMemdump("c:\\m", { compress: false }),
    };
    for (const [name, send] of Object.entries(sendings)) {
      let accept: (() => void) | undefined;
      let file: unknown;
      const { cb, server } = await liveResponseServer({
        before: ({ line, json, response }) => {
          if (line !== "POST /session/1/command" || json?.["name"] !== name) return undefined;
          file = name === "memdump" ? json["object"] : json["output_file"];
          accept = () => response.end(JSON.stringify({ id: 9, status: "pending" }));
          return "answered";
        },
      });
      const session = await cb.liveResponse.openSession(3);
      const sending = send(session);
      sending.catch(() => {});
      await until(() => accept !== undefined);
      const closing = session.close();
      await expect(sending).rejects.toMatchObject({ code: "SESSION_CLOSED" });
      accept?.();
      await closing;
      expect(placeOf(server, "PUT /session/1/command/9")).toBeLessThan(placeOf(server, "PUT /session/1"));
      expect(server.commands).toMatchObject(file === undefined ? [] : [{ name: "delete file", object: file }]);
      expect(server.open).toEqual([]);
    }
  });

  for (const [method, make] of Object.entries(making)) {
    const first = method === "memdump" ? "memdump" : "create process";
    for (const step of [first, "get file", "delete file"]) {
      it(`under ${method}() leaves no file behind, while "${step}" is under way`, async () => {
        let hangs = true;
        let removed: boolean | undefined;
        const { cb, server } = await liveResponseServer({
          files: { 1: Buffer.from("system") },
          command: ({ name }) => {
            if (name === step && hangs) {
              hangs = false;
              return never();
            }
            if (name === "delete file") removed = server.open.length === 1;
            return {};
          },
        });
        const session = await cb.liveResponse.openSession(3);
        const work = make(session);
        work.catch(() => {});
        await until(
          () => !hangs && server.requests.includes(`GET /session/1/command/${server.commands.length}?wait=true`),
        );
        await session.close();
        // That the output was fetched already counts more than that its removal was cut short.
        if (step === "delete file" && method !== "memdump") await work;
        else await expect(work).rejects.toMatchObject({ code: "SESSION_CLOSED" });
        const [start] = server.commands;
        const file = method === "memdump" ? start?.["object"] : start?.["output_file"];
        expect(server.commands.at(-1)).toMatchObject({ name: "delete file", object: file });
        expect(removed).toBe(true);
        expect(server.open).toEqual([]);
      });
    }
  }

  it("goes on for itself when a caller does not wait any longer, who is told at once", async () => {
    let remove = (): void => {};
    const { cb, server } = await liveResponseServer({
      command: ({ name }) =>
        name === "delete file"
          ? new Promise((resolve) => {
              remove = () => resolve({});
            })
          : never(),
    });
    const session = await cb.liveResponse.openSession(3);
    const running = session.createProcess("whoami");
    running.catch(() => {});
    await until(() => server.requests.includes("GET /session/1/command/1?wait=true"));
    const stop = new AbortController();
    const hurried = session.close({ signal: stop.signal });
    const patient = session.close();
    await until(() => server.requests.includes("GET /session/1/command/2?wait=true"));
    stop.abort(new Error("enough"));
    await expect(hurried).rejects.toThrow("enough");
    expect(server.open).toEqual([1]);
    remove();
    await patient;
    expect(server.open).toEqual([]);
  });

  it("does not wait for whether the endpoint of a job is online, to open a session again that is not wanted", async () => {
    let asks = false;
    let asked = false;
    const { cb, server } = await liveResponseServer({
      options: { timeout: 0 },
      before: ({ line }) => {
        if (!asks || line !== "GET /api/v1/sensor/3") return undefined;
        asked = true;
        return "answered";
      },
    });
    const job = cb.liveResponse.submitJob((session: LiveResponseSession) => {
      asks = true;
      server.lose(1);
      return session.listProcesses();
    }, 3);
    await until(() => asked);
    await cb.liveResponse.close({ grace: 0 });
    expect((await job.outcome).state).toBe("cancelled");
    expect(server.requests.filter((line) => line === "POST /session")).toHaveLength(1);
  });
});

describe("a file that cannot be removed yet", () => {
  /** Lets the time between two looks pass. */
  const look = () => vi.advanceTimersByTime(15_000);
  const useLooks = () => {
    // Nothing else of the library counts by intervals: requests keep the real time.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
  };
  const removals = (server: LiveResponseServer) => server.commands.filter(({ name }) => name === "delete file");

  it("is removed in the session that is opened after its own was lost, however often", async () => {
    useLooks();
    const { cb, server } = await liveResponseServer({
      holds: false,
      options: { clock: new JumpClock() },
      command: ({ name }) => (name === "create process" ? never() : {}),
    });
    const session = await cb.liveResponse.openSession(3);
    await expect(session.createProcess("ping -t a", { waitTimeout: 2000 })).rejects.toThrow("did not end");
    server.lose(1);
    look();
    await until(() => session.isLost);
    const asked = server.requests.filter((line) => line.startsWith("GET /session/1/command/1")).length;
    look(); // As long as there is no other one, there is nothing to ask.
    await session.listProcesses();
    expect(session.sessionId).toBe(2);
    expect(server.requests.filter((line) => line.startsWith("GET /session/1/command/1"))).toHaveLength(asked);
    // The file is looked after in the new one, which is lost in turn before anybody notices.
    server.lose(2);
    look();
    await until(() => session.isLost);
    await session.listProcesses();
    expect(session.sessionId).toBe(3);
    look();
    await until(() => removals(server).length > 0);
    const [start] = server.commands;
    expect(removals(server)).toMatchObject([{ object: start?.["output_file"], session_id: 3 }]);
    await session.close();
    expect(removals(server)).toHaveLength(1);
  });

  it("is removed once when the session is closed while it is looked after", async () => {
    useLooks();
    let looking: (() => void) | undefined;
    let holds = false;
    const { cb, server } = await liveResponseServer({
      holds: false,
      options: { clock: new JumpClock() },
      command: ({ name }) => (name === "create process" ? never() : {}),
      before: ({ line, response }) => {
        if (!holds || line !== "GET /session/1/command/1") return undefined;
        looking = () => response.end(JSON.stringify({ id: 1, status: "complete" }));
        return "answered";
      },
    });
    const session = await cb.liveResponse.openSession(3);
    await expect(session.createProcess("ping -t a", { waitTimeout: 2000 })).rejects.toThrow("did not end");
    holds = true;
    look();
    await until(() => looking !== undefined);
    const closing = session.close();
    await until(() => removals(server).length === 1);
    looking?.();
    await closing;
    expect(removals(server)).toHaveLength(1);
    expect(server.open).toEqual([]);
  });

  it("is looked after when the session was lost with the command that writes it", async () => {
    for (const make of Object.values(making)) {
      useLooks();
      const { cb, server } = await liveResponseServer({
        before: ({ line }: Received, self) => {
          if (line === "GET /session/1/command/1") self.lose(1);
          return undefined;
        },
      });
      const session = await cb.liveResponse.openSession(3);
      await expect(make(session)).rejects.toMatchObject({ code: "SESSION_LOST" });
      await session.listProcesses();
      look();
      await until(() => removals(server).length > 0);
      const [start] = server.commands;
      const file = start?.["output_file"] ?? start?.["object"];
      expect(removals(server)).toMatchObject([{ object: file, session_id: 2 }]);
      await session.close();
    }
  });
});
