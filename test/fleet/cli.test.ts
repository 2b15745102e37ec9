// `cbapi fleet`: a worker as a process of its own, everything else within this one.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Sandbox } from "@cbapi/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectNoSessionLeft, FleetRoom } from "../support/given-fleet.js";
import { LocalFolder } from "../support/live-response.js";
import { isThere } from "../support/services.js";

const there = await isThere("Redis");

const command = fileURLToPath(new URL("../../packages/cli/bin/cbapi.js", import.meta.url));
const jobModule = new URL("../../packages/fleet/dist/job.js", import.meta.url).href;

let sandbox: Sandbox;
let folder: LocalFolder;
let room: FleetRoom;
/** What a test that fails may leave behind. */
let children: ChildProcess[] = [];

beforeAll(async () => {
  if (!there) return;
  sandbox = await Sandbox.start({
    organisation: { hosts: 12, processes: 100, binaries: 20 },
    clock: { tickInterval: 20 },
  });
});
afterAll(() => sandbox?.stop());
beforeEach(async () => {
  if (!there) return;
  folder = await LocalFolder.make();
  room = new FleetRoom();
  await mkdir(folder.file("scripts"));
  await writeFile(
    folder.file("scripts/keeps.mjs"),
    `import { defineJob } from ${JSON.stringify(jobModule)};
    export default defineJob({
      name: "keeps",
      changes: false,
      parameters: (given) => ({ word: String(given?.word ?? "nothing") }),
      run: async (session, { params, keep, target }) => ({ target, kept: await keep("word.txt", Buffer.from(params.word)) }),
    });`,
  );
  await writeFile(
    folder.file("scripts/plain.mjs"),
    "export const repeatable = true; export default (session) => session.sensorId;",
  );
});
afterEach(async () => {
  if (!there) return;
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await room[Symbol.asyncDispose]();
  await folder.remove();
  expectNoSessionLeft(sandbox);
});

function environment(): NodeJS.ProcessEnv {
  return {
    ...{ PATH: process.env["PATH"], HOME: folder.path, CBAPI_URL: sandbox.url, CBAPI_TOKEN: sandbox.token },
    ...{ NODE_EXTRA_CA_CERTS: sandbox.caFile, CBAPI_REDIS: room.redis },
  };
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder.path,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const says = async (words: string) => {
    while (!stderr.includes(words)) await Promise.race([once(child.stderr, "data"), ended.then(fail)]);
  };
  const fail = (): never => {
    throw new Error(`It ended: ${stderr}`);
  };
  return { child, ended, says };
}

const cbapi = (...args: string[]) => start("fleet", ...args, "--prefix", room.prefix).ended;

describe.skipIf(!there)("cbapi fleet", () => {
  it("submits to a worker, tells how far it is and gives results and files", async () => {
    const worker = start("fleet", "worker", "scripts/keeps.mjs", "scripts/plain.mjs", "--prefix", room.prefix);
    await worker.says("offers keeps, plain for");
    const submitted = await cbapi(
      "submit",
      "keeps",
      "--sensors",
      "3,5,7",
      "--params",
      '{"word":"found"}',
      "--id",
      "first",
    );
    expect(submitted).toMatchObject({ code: 0, stdout: "first\n" });
    const results = await cbapi("results", "first", "--follow", "--json", "--files", "kept");
    expect(results.code).toBe(0);
    const lines = results.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ target }) => target).sort()).toEqual([3, 5, 7]);
    const sha256 = createHash("sha256").update("found").digest("hex");
    for (const { target, state, hostname, value } of lines) {
      expect({ state, value }).toEqual({
        state: "done",
        value: { target, kept: { file: "word.txt", size: 5, sha256 } },
      });
      expect(hostname).toMatch(/./);
    }
    expect(await readFile(folder.file("kept/5-word.txt"), "utf8")).toBe("found");
    const followed = await cbapi("submit", "plain", "--sensors", "3,5", "--follow", "--json");
    expect(followed.code).toBe(0);
    expect(followed.stdout.match(/"value":[35]/g)).toHaveLength(2);
    const status = await cbapi("status", "first");
    expect(status.stdout).toMatch(/^first: keeps on https:.*, ended\n3 done, 0 running of 3, slots 0/);
    expect((await cbapi("status")).stdout).toMatch(/^[0-9a-f-]{36} {2}plain .*\nfirst {31} {2}keeps /);
    expect(await cbapi("resume", "first")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("nothing") as string,
    });
    worker.child.kill("SIGINT");
    expect(await worker.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("Stopping") as string });
    // Nobody works any more: what is submitted waits, and is cancelled.
    await cbapi("submit", "plain", "--sensors", "3", "--id", "second");
    expect((await cbapi("status", "second")).stderr).toContain("No worker offers plain");
    expect(await cbapi("cancel", "second", "--json")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"cancelled":1') as string,
    });
  }, 60_000);

  it("takes the same definition as one process does", async () => {
    const params = ["--params", '{"word":"same"}', "--files", "kept"];
    const { code, stdout } = await start("lr", "run", "scripts/keeps.mjs", "--sensors", "3", "--json", ...params).ended;
    const kept = { file: "3-word.txt", size: 4, sha256: createHash("sha256").update("same").digest("hex") };
    expect([code, (JSON.parse(stdout) as { value: unknown }).value]).toEqual([0, { target: 3, kept }]);
    expect(await readFile(folder.file("kept/3-word.txt"), "utf8")).toBe("same");
  }, 60_000);

  it.each([
    [["submit", "nothing", "--sensors", "3"], 1, "No worker has offered any job for https://"],
    [["submit", "plain"], 2, "On which endpoints? --sensors says it"],
    [["submit", "plain", "--sensors", "3", "--params", "{"], 2, "--params is no JSON"],
    [["status", "gone"], 1, "There is no run gone"],
    [["worker"], 2, "Which scripts?"],
    [["worker", "missing.mjs"], 1, "missing.mjs does not exist"],
    [["wrok"], 2, "There is no fleet wrok. There are worker, submit"],
    [["status", "--redis", "redis://127.0.0.1:1"], 1, "No Redis at redis://127.0.0.1:1: connect ECONNREFUSED"],
  ])("says what is wrong with %j", async (args, code, words) => {
    const ended = await cbapi(...args);
    expect(ended).toMatchObject({ code, stderr: expect.stringContaining(words) as string });
  });
});
