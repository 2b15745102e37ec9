import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Ended, runCli, runHere, temporaryFolder } from "./test-support/run-cli.js";

const folder = temporaryFolder();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.start({
    organisation: { hosts: 12, processes: 300, binaries: 60 },
    clock: { tickInterval: 50 },
  });
});
afterAll(async () => {
  await sandbox?.stop();
  folder.remove();
});
/** Whatever happens: no slot is left taken. */
afterEach(() => expect(sandbox.liveResponse.stats().products["cloud"]?.used).toBe(0));

const environment = (): Record<string, string> => {
  const { url, token, orgKey = "" } = sandbox.credentials("cloud");
  return { CBAPI_URL: url, CBAPI_TOKEN: token, CBAPI_ORG_KEY: orgKey };
};
const here = (...args: string[]): Promise<Ended> =>
  runHere([...args, "--cloud", "--ssl-cert-file", sandbox.caFile ?? ""], { cwd: folder.path, env: environment() });

/** The guide's host, and its number. */
const HOST = "WIN-IA9NQ1GN8OI";

test("works in a shell on a device, by its name or its id", async () => {
  writeFileSync(join(folder.path, "up.txt"), "hello\n");
  const commands =
    'mkdir "c:\\a b"; cd "c:\\a b"; put up.txt; ls; cat up.txt; get up.txt back.txt; rm up.txt; cd ..; rm "a b"';
  const { code, stdout, stderr } = await here("lr", HOST.toLowerCase(), "-c", commands);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Directory: c:\\a b\\\n");
  expect(stdout).toMatch(/^hello$/m);
  expect(readFileSync(join(folder.path, "back.txt"), "utf8")).toBe("hello\n");
  const byId = await here("lr", "7", "-c", "exec -w whoami; ps; reg query HKLM\\SOFTWARE");
  expect([byId.code, byId.stderr]).toEqual([0, ""]);
  expect(byId.stdout).toContain("nt authority\\system");
  const none = await here("lr", "no-such-host", "-c", "ls");
  expect(none.code).toBe(1);
  expect(none.stderr).toContain("There is no device no-such-host: neither a computer name nor an id.");
  // The Cloud keeps its list of sessions to itself.
  const listed = await here("lr", HOST, "-c", "sessions");
  expect([listed.code, listed.stderr]).toEqual([1, expect.stringContaining("does not list its sessions")]);
});

test("opens a session and leaves from standard input, in a process of its own", async () => {
  const env = { ...environment(), NODE_EXTRA_CA_CERTS: sandbox.caFile ?? "" };
  const { code, stdout } = await runCli(["lr", HOST, "--cloud"], {
    cwd: folder.path,
    env,
    input: "cd c:\\windows\npwd\n",
  });
  expect([code, stdout]).toEqual([0, "c:\\windows\n"]);
});

test("runs a script on devices, and says what they may be chosen by", async () => {
  writeFileSync(
    join(folder.path, "count.mjs"),
    "export default async (session) => (await session.listProcesses()).length;\n",
  );
  const { code, stdout, stderr } = await here("lr", "run", "count.mjs", "--sensors", "7,10", "--json");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { target: number; state: string; value: number });
  expect([code, stderr]).toEqual([0, expect.stringContaining("2 endpoints: 2 done")]);
  expect(lines.map(({ target }) => target).sort((a, b) => a - b)).toEqual([7, 10]);
  for (const { state, value } of lines) expect([state, value > 0]).toEqual(["done", true]);
  const named = await here("lr", "run", "count.mjs", "--sensors", `hostname:${HOST.slice(0, 8)}`, "--json");
  expect(named.code).toBe(0);
  expect(named.stdout).toContain(HOST);
  const grouped = await here("lr", "run", "count.mjs", "--sensors", "groupid:1");
  expect(grouped.code).toBe(2);
  expect(grouped.stderr).toContain("a device is not chosen by groupid, but by hostname, policyid, ip");
});

test("says what is missing where there is no key of the organisation", async () => {
  const { CBAPI_ORG_KEY: _, ...env } = environment();
  const { code, stderr } = await runHere(["lr", HOST, "--cloud", "-c", "ls", "--ssl-cert-file", sandbox.caFile ?? ""], {
    cwd: folder.path,
    env,
  });
  expect(code).toBe(1);
  expect(stderr).toContain("CBAPI_ORG_KEY");
});
