import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JumpClock } from "../test-support/jump-clock.js";
import { liveResponseServer, until } from "../test-support/live-response-server.js";
import type { MemdumpProgress } from "./types.js";

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi-memdump-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a memory dump", () => {
  it("is written, fetched and removed, and tells how far it is", async () => {
    const dump = randomBytes(100_000);
    const percents = [0, 40, 80];
    const { cb, server } = await liveResponseServer({
      files: { 1: dump },
      options: { clock: new JumpClock() },
      command: ({ name }) => (name === "memdump" ? new Promise(() => {}) : {}),
      before: ({ line }, self) => {
        const data = self.sessions.get(1)?.commands.get(1)?.data;
        if (line === "GET /session/1/command/1" && data !== undefined) {
          const percentdone = percents.shift();
          Object.assign(data, percentdone === undefined ? { status: "complete" } : { percentdone, dumping: true });
        }
        return undefined;
      },
    });
    await using session = await cb.liveResponse.openSession(3);
    const told: MemdumpProgress[] = [];
    const local = join(folder, "memory.dmp");
    const result = await session.memdump(local, { compress: true, onProgress: (progress) => told.push(progress) });
    expect(result).toEqual({ size: dump.length, sha256: sha256(dump) });
    expect(dump.equals(await readFile(local))).toBe(true);
    const [start, get, remove] = server.commands;
    expect(start).toMatchObject({ name: "memdump", compress: true });
    expect([get?.["object"], remove?.["object"]]).toEqual([`${start?.["object"]}.zip`, `${start?.["object"]}.zip`]);
    expect(told.filter(({ state }) => state === "dumping").map(({ percent }) => percent)).toEqual([0, 40, 80]);
    expect(told.at(-2)).toMatchObject({ state: "downloading", percent: 100 });
    expect(told.at(-1)).toMatchObject({ state: "deleting" });
    await expect(session.memdump(local)).rejects.toMatchObject({ code: "NOT_WRITTEN" });
    expect(server.commands).toHaveLength(3);
  });

  it("is removed on the endpoint when it cannot be fetched", async () => {
    const full = { status: "error", result_type: "WinHresult", result_code: 0x80070070 };
    const { cb, server } = await liveResponseServer({ command: ({ name }) => (name === "get file" ? full : {}) });
    await using session = await cb.liveResponse.openSession(3);
    await expect(session.memdump(join(folder, "m"), { remotePath: "c:\\m.dmp" })).rejects.toMatchObject({
      decoded_win32_error: "ERROR_DISK_FULL",
    });
    await until(() => server.commands.length === 3);
    expect(server.commands.at(-1)).toMatchObject({ name: "delete file", object: "c:\\m.dmp" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("that is given up is taken back where it has not begun, and otherwise removed when it is there", async () => {
    const { cb, server } = await liveResponseServer({
      command: ({ name }) => (name === "memdump" ? new Promise(() => {}) : {}),
    });
    const session = await cb.liveResponse.openSession(3);
    const stop = new AbortController();
    const dumping = session.memdump(join(folder, "m"), { remotePath: "c:\\m.dmp", signal: stop.signal });
    await until(() => server.requests.some((line) => line.includes("/command/1?wait")));
    stop.abort(new Error("enough"));
    await expect(dumping).rejects.toThrow("enough");
    await until(() => server.requests.includes("PUT /session/1/command/1"));
    await session.close();
    expect(server.commands.at(-1)).toMatchObject({ name: "delete file", object: "c:\\m.dmp" });
    expect(server.open).toEqual([]);
  });

  it("that failed on the endpoint is removed before the session is closed", async () => {
    const full = { status: "error", result_type: "WinHresult", result_code: 0x80070070 };
    let removed = false;
    const { cb, server } = await liveResponseServer({
      command: async ({ name }) => {
        if (name === "memdump") return full;
        await new Promise((resolve) => setTimeout(resolve, 50));
        removed = server.open.length === 1;
        return {};
      },
    });
    const session = await cb.liveResponse.openSession(3);
    const dump = session.memdump(join(folder, "m"), { remotePath: "c:\\m.dmp", compress: true });
    await expect(dump).rejects.toMatchObject({ decoded_win32_error: "ERROR_DISK_FULL" });
    await session.close();
    expect(server.commands.at(-1)).toMatchObject({ name: "delete file", object: "c:\\m.dmp.zip" });
    expect(removed).toBe(true);
  });

  it("takes an option without a value for one that is not there", async () => {
    const { cb, server } = await liveResponseServer({
      holds: false,
      options: { clock: new JumpClock() },
      command: ({ name }) => (name === "get file" ? new Promise(() => {}) : {}),
    });
    await using session = await cb.liveResponse.openSession(3);
    const dump = await session.startMemdump("c:\\m", { compress: undefined });
    expect(server.commands[0]).toMatchObject({ compress: true });
    expect(dump.remotePath).toBe("c:\\m.zip");
    await expect(dump.getRawFile({ timeout: undefined })).rejects.toMatchObject({ timeout: 3_600_000 });
  });
});
