// What goes wrong on endpoints, on the way and on the server: one clear error, the slot free, and no half file.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { CbApiError, LiveResponseError, ServerError, TimeoutError } from "cbapi/response";
import { afterEach, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox } from "../support/given.js";
import {
  COMPANY,
  expectNothingLeft,
  LINUX,
  local,
  sessionWith,
  useEndpoints,
  WINDOWS,
} from "../support/live-response.js";
import { clientOf } from "../support/sandbox.js";

const MIB = 2 ** 20;

useEndpoints({
  extraFiles: [
    { sensor: WINDOWS, path: "C:\\Data\\small.txt", content: "small" },
    { sensor: LINUX, path: "/data/small.txt", content: "small" },
  ],
});
afterEach(async () => {
  sandbox.behaviour.signedResultCodes = false;
  expectNothingLeft(sandbox);
  expect(await local.names()).toEqual([]);
});

it("names what a Windows endpoint refuses: path, access, sharing, directory, disk", async () => {
  await using session = await sessionWith(cb, WINDOWS);
  const found = async (call: () => Promise<unknown>) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(LiveResponseError);
    return (error as LiveResponseError).decoded_win32_error;
  };
  const fetched = (path: string) => found(() => session.downloadFile(path, local.file("x")));
  expect(await fetched("C:\\Data\\nope.txt")).toBe("ERROR_FILE_NOT_FOUND");
  expect(await fetched("C:\\nowhere\\nope.txt")).toBe("ERROR_PATH_NOT_FOUND");
  expect(await fetched("C:\\pagefile.sys")).toBe("ERROR_SHARING_VIOLATION");
  expect(await fetched("C:\\Data")).toBe("ERROR_ACCESS_DENIED");
  expect(await found(() => session.listDirectory("C:\\System Volume Information\\"))).toBe("ERROR_ACCESS_DENIED");
  expect(await found(() => session.putFile(Buffer.from("x"), "C:\\nowhere\\x"))).toBe("ERROR_PATH_NOT_FOUND");
  expect(await found(() => session.putFile(Buffer.from("x"), "C:\\Data\\a?b"))).toBe("ERROR_INVALID_NAME");

  for (const signed of [false, true]) {
    sandbox.behaviour.signedResultCodes = signed;
    sandbox.liveResponse.configure({ faults: [{ command: "put file", outcome: 112, times: 1 }] });
    const full = await errorOf(() => session.putFile(Buffer.alloc(MIB), "C:\\temp\\full.bin"));
    expect(full).toMatchObject({ command: "put file", object: "C:\\temp\\full.bin", win32_error: 0x8007_0070 });
    expect(full.message).toContain("0x80070070 (ERROR_DISK_FULL)");
  }
  expect((await session.listDirectory("C:\\temp\\*")).map(({ filename }) => filename)).not.toContain("full.bin");
});

it("names what a Linux endpoint refuses", async () => {
  await using session = await sessionWith(cb, LINUX);
  const refused = async (code: number) => {
    sandbox.liveResponse.configure({ faults: [{ outcome: code, times: 1 }] });
    const error = await errorOf(() => session.downloadFile("/data/small.txt", local.file("x")));
    expect(error).toBeInstanceOf(LiveResponseError);
    return error.message;
  };
  expect(await refused(5)).toContain("13 (EACCES)");
  expect(await refused(112)).toContain("28 (ENOSPC)");
  expect(await refused(32)).toContain("16 (EBUSY)");
  expect(String(await session.getFile("/data/small.txt"))).toBe("small");
});

it("waits no longer than it was told for a command that hangs, and frees the slot", async () => {
  sandbox.liveResponse.configure({ faults: [{ command: "get file", outcome: "hang", times: 1 }] });
  const session = await sessionWith(cb, WINDOWS);
  const slow = await errorOf(() => session.getFile("C:\\Data\\small.txt", { timeout: 300 }));
  expect(slow).toBeInstanceOf(TimeoutError);
  expect(slow.message).toContain("get file");
  // The next one waits behind it; closing ends both.
  const next = errorOf(() => session.listProcesses());
  await session.close();
  expect(await next).toMatchObject({ code: "SESSION_CLOSED" });
});

it("waits for an endpoint that goes away in the middle, and carries on when it is back", async () => {
  sandbox.liveResponse.configure({ faults: [{ command: "process list", outcome: "offline", times: 1 }] });
  await using session = await sessionWith(cb, WINDOWS);
  const listing = session.listProcesses();
  const given = await errorOf(() => session.getFile("C:\\Data\\small.txt", { timeout: 300 }));
  expect(given).toBeInstanceOf(TimeoutError);
  await sandbox.setOnline(WINDOWS, true);
  expect((await listing).length).toBeGreaterThan(0);
  expect(String(await session.getFile("C:\\Data\\small.txt"))).toBe("small");
});

it("takes bad answers for what they are", async () => {
  await using session = await sessionWith(cb, WINDOWS);
  const command = "/command$";
  sandbox.faults.add({ match: { method: "POST", pattern: command, times: 1 }, do: { status: 500 } });
  await expect(session.createDirectory("C:\\temp\\once")).rejects.toThrow(ServerError);
  sandbox.faults.clear();
  sandbox.faults.add({ match: { method: "POST", pattern: command, times: 1 }, do: { html: true } });
  expect(await errorOf(() => session.createDirectory("C:\\temp\\once"))).toBeInstanceOf(CbApiError);
  sandbox.faults.clear();
  // Questions that fail are asked again: the command is under way.
  sandbox.faults.add({ match: { method: "GET", pattern: "/command/", times: 2 }, do: { reset: true } });
  sandbox.faults.add({ match: { method: "GET", pattern: "/command/", times: 1 }, do: { truncate: 10 } });
  await session.createDirectory("C:\\temp\\once");
  await session.deleteFile("C:\\temp\\once");
  // The answer to closing is lost: it is asked once more, and the slot is free.
  sandbox.faults.clear();
  sandbox.faults.add({
    match: { method: "PUT", pattern: "/session/\\d+$", times: 1 },
    do: { reset: true, carriedOut: true },
  });
});

it("goes on over a new session when the server is restarted in the middle of a transfer", async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), "cbapi restart "));
  const port = await freePort();
  const size = 16 * MIB;
  const extraFiles = [{ sensor: WINDOWS, path: "C:\\Data\\big.bin", size }];
  const start = () => Sandbox.start({ ...COMPANY, extraFiles, stateDirectory, port });
  let server = await start();
  let restarting: Promise<void> | undefined;
  // The connection is cut in the middle of a transfer; the server is restarted while the client pauses before it goes on.
  let breaks = false;
  const sleep = async (): Promise<void> => {
    if (breaks) {
      breaks = false;
      restarting = server.stop().then(async () => {
        server = await start();
      });
    }
    return restarting;
  };
  const client = clientOf(server, { clock: { now: () => Date.now(), sleep } });
  try {
    await using session = await client.liveResponse.openSession(WINDOWS);
    const whole = createHash("sha256").update(await session.getFile("C:\\Data\\big.bin"));
    server.faults.add({ match: { pattern: "/content$", times: 1 }, do: { cut: size / 4 } });
    const onProgress = ({ transferred }: { transferred: number }): void => {
      breaks ||= restarting === undefined && transferred > 0;
    };
    const down = await session.downloadFile("C:\\Data\\big.bin", local.file("big.bin"), { onProgress });
    expect(restarting).toBeDefined();
    expect(down).toEqual({ size, sha256: whole.digest("hex") });
    expect(await local.names()).toEqual(["big.bin"]);
    // The first command of a server that knows nothing of the session opens another one.
    expect(server.liveResponse.stats().sessions.opened).toBe(1);
    await rm(local.file("big.bin"));

    restarting = undefined;
    server.faults.add({ match: { method: "POST", pattern: "/file$", times: 1 }, do: { reset: true } });
    const up = await session.putFile(Buffer.alloc(size, 7), "C:\\temp\\up.bin", { onProgress });
    expect(restarting).toBeDefined();
    expect(up.size).toBe(size);
    const names = (await session.listDirectory("C:\\temp\\*")).filter(({ filename }) => filename.startsWith("up"));
    expect(names.map((file) => [file.filename, file.size])).toEqual([["up.bin", size]]);
    await session.close();
    expectNothingLeft(server);
  } finally {
    await client.close();
    await server.stop();
    await rm(stateDirectory, { recursive: true });
  }
}, 90_000);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
