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
});
