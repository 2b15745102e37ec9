// The examples of App Control, run as their users run them, and what the server has then.
import { once } from "node:events";
import { readdirSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Sandbox } from "@cbapi/sandbox";
import { Computer, FileInstance, LocalState } from "cbapi/protection";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { cb, sandbox, useProtection, written } from "../support/given-protection.js";
import { type Ended, ExampleFolder } from "../support/run-example.js";

useProtection();

const GUIDE = "DOMAIN\\MYHOSTNAME";
const DAY = 86_400_000;

let folder: ExampleFolder | undefined;

beforeEach(async () => {
  // The objects are there from the first request on: what is put there then comes beside them.
  await cb.connect();
  folder ??= await ExampleFolder.make({ protection: sandbox.profile() });
  sandbox.requests.clear();
});
afterAll(() => folder?.[Symbol.asyncDispose]());

function start(name: string, ...args: readonly string[]) {
  if (folder === undefined) throw new Error("there is no folder yet");
  return folder.start(`protection/${name}`, args);
}
const run = (name: string, ...args: readonly string[]): Promise<Ended> => start(name, ...args).ended;

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const computer = async (id: number): Promise<Computer> => await cb.select(Computer, id, { refresh: true });

/** Puts an entry of a computer onto the server, which no request could make. */
async function putComputer(id: number, fields: Record<string, unknown>): Promise<void> {
  const usual = { policyId: 6, cbSensorId: 0, connected: false, deleted: false, template: false, syncFlags: 0 };
  // biome-ignore lint/suspicious/noExplicitAny: a record has many fields that do not matter here
  await sandbox.put("protection_computer", { id, ...usual, ...fields } as any);
}

const names = readdirSync(fileURLToPath(new URL("../../examples/src/protection/", import.meta.url)))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""));

describe.each(names)("%s", (name) => {
  it("says what it does", async () => {
    const { status, stdout, stderr } = await run(name, "--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`Usage: node ${name}.js`);
    expect(stdout).toMatch(/--cburl URL[\s\S]*--apitoken TOKEN[\s\S]*--no-ssl-verify[\s\S]*--profile NAME/);
  });

  it("does nothing when it does not understand an option", async () => {
    const { status, stdout, stderr } = await run(name, "--polizy", "x");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(lines(stderr)).toEqual([
      `${name}: Unknown option '--polizy'`,
      expect.stringContaining(`Usage: node ${name}.js`),
    ]);
    expect(sandbox.requests.entries()).toEqual([]);
  });
});

describe("every example", () => {
  it("names the option that is missing or has no meaning", async () => {
    for (const [args, complaint] of [
      [["policy-return"], "--policy is missing"],
      [["policy-return", "--policy", ""], "--policy is empty"],
      [
        ["approve-files", "-p", "Visibility", "-t", "many"],
        '--threshold wants a whole number from 1 on, and got "many"',
      ],
      [["cache-check", "-c", GUIDE, "-l", "thorough"], "--level is one of quick, rescan, full"],
      [["sync-flags", "all"], '"all" belongs to no option'],
    ] as const) {
      const [name, ...own] = args;
      const { status, stdout, stderr } = await run(name, ...own);
      expect([status, stdout, lines(stderr)[0]]).toEqual([2, "", `${name}: ${complaint}`]);
    }
    expect(written()).toEqual([]);
  });

  it("says in one line that the token is not accepted, and does not say the token", async () => {
    const token = "0123456789abcdef0123456789abcdef";
    const { status, stdout, stderr } = await run("policy-return", "-p", "Visibility", "--apitoken", token);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(lines(stderr)).toEqual([expect.stringMatching(/^policy-return: .*API token/)]);
    expect(stderr).not.toContain(token);
  });

  it("takes the server from its command line in place of a profile", async () => {
    await using empty = await ExampleFolder.make({});
    const connection = ["--cburl", sandbox.url, "--apitoken", sandbox.token];
    const unverified = await empty.run("protection/sensor-versions", connection);
    expect(unverified).toMatchObject({ status: 1, stdout: "" });
    expect(lines(unverified.stderr)).toEqual([expect.stringMatching(/^sensor-versions: .*certificate/)]);
    const ended = await empty.run("protection/sensor-versions", [...connection, "--no-ssl-verify"]);
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain("5  computers");
  });

  it("says which of its profiles is missing", async () => {
    const { status, stdout, stderr } = await run("sync-flags", "--profile", "lab");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^sync-flags: .*lab/);
  });

  it("tells its requests when it is asked to", async () => {
    const { stderr } = await run("sensor-versions", "--verbose");
    expect(stderr).toContain("GET /api/bit9platform/v1/computer");
    expect(stderr).not.toContain(sandbox.token);
  });
});

describe("approve-files", () => {
  const unapproved = async () => {
    const files = await cb
      .select(FileInstance)
      .where({ localState: LocalState.Unapproved })
      .include("fileCatalog")
      .all();
    const known = files.map(async (file) => ({ file, prevalence: (await file.fileCatalog)?.prevalence ?? 0 }));
    return Promise.all(known);
  };

  it("approves what is on enough computers, on the computers of the policy and nowhere else", async () => {
    const before = await unapproved();
    const wanted = before.filter(({ file, prevalence }) => file.policyId === 6 && prevalence >= 2);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(before.length);
    sandbox.requests.clear();

    const { status, stdout, stderr } = await run("approve-files", "--policy", "Visibility", "--threshold", "2");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const counts = new Map<string, number>();
    for (const { file } of wanted) {
      const name = (await file.computer)?.name ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const said = [...counts].sort().map(([name, count]) => `Locally approved ${count} files on computer ${name}`);
    expect(lines(stdout)).toEqual(said);
    expect(written()).toEqual(wanted.map(() => "POST fileInstance"));

    await sandbox.clock.step(2);
    const left = (await unapproved()).map(({ file }) => file.id);
    const approved = wanted.map(({ file }) => file.id);
    expect(left).toEqual(before.map(({ file }) => file.id).filter((id) => !approved.includes(id)));
  });

  it("shows what it would do with --dry-run, and does nothing", async () => {
    const { status, stdout } = await run("approve-files", "-p", "Visibility", "-t", "2", "--dry-run");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Would locally approve \d+ files on computer /);
    expect(written()).toEqual([]);
  });

  it("asks for files of ten computers at least when it is not told otherwise, and fails when there is no such policy", async () => {
    expect(await run("approve-files", "-p", "Visibility")).toEqual({ status: 0, stdout: "", stderr: "" });
    const { status, stdout, stderr } = await run("approve-files", "-p", "No such policy");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(lines(stderr)).toEqual([expect.stringContaining("No such policy")]);
    expect(written()).toEqual([]);
  });
});

describe("policy-return", () => {
  beforeEach(async () => {
    for (const id of [3, 5]) {
      const moved = await computer(id);
      moved.policyId = 4;
      await moved.save();
    }
    sandbox.requests.clear();
  });

  it.each(["Medium Enforcement", "4"])("sends the computers of policy %s back", async (policy) => {
    const { status, stdout } = await run("policy-return", "--policy", policy);
    expect(status).toBe(0);
    expect(lines(stdout)).toEqual([
      "WORKGROUP\\WIN-7Q1HBU2LKP3 was in Medium Enforcement",
      "WORKGROUP\\WIN-7Q1HBU2LKP3 is now in High Enforcement",
      "WORKGROUP\\HOSTNAME was in Medium Enforcement",
      "WORKGROUP\\HOSTNAME is now in High Enforcement",
    ]);
    expect(written()).toEqual(["PUT computer/3", "PUT computer/5"]);
    expect([(await computer(3)).policyId, (await computer(5)).policyId]).toEqual([3, 3]);
  });

  it("leaves those alone that were in no other policy, and those that cannot be moved, and moves the others", async () => {
    await putComputer(101, { name: "LAB\\NEW", policyId: 4, previousPolicyId: 0 });
    await putComputer(102, { name: "LAB\\BY-DIRECTORY", policyId: 4, previousPolicyId: 5, automaticPolicy: true });
    await putComputer(103, { name: "LAB\\GONE", policyId: 4, previousPolicyId: 5, deleted: true });
    const { status, stderr } = await run("policy-return", "-p", "4");
    expect(status).toBe(1);
    expect(stderr).toContain("LAB\\NEW");
    expect(stderr).toContain("LAB\\BY-DIRECTORY");
    expect(stderr).not.toMatch(/\n\s+at /);
    const now = await Promise.all([3, 5, 101, 102, 103].map(async (id) => (await computer(id)).policyId));
    expect(now).toEqual([3, 3, 4, 4, 4]);
  });

  it("shows what it would do with --dry-run, and does nothing", async () => {
    const { status, stdout } = await run("policy-return", "-p", "4", "--dry-run");
    expect(status).toBe(0);
    expect(lines(stdout)).toEqual([
      "WORKGROUP\\WIN-7Q1HBU2LKP3 is in Medium Enforcement and would go to policy 3",
      "WORKGROUP\\HOSTNAME is in Medium Enforcement and would go to policy 3",
    ]);
    expect(written()).toEqual([]);
    expect((await computer(5)).policyId).toBe(4);
  });

  it("fails when there is no such policy", async () => {
    for (const policy of ["No such policy", "4711"]) {
      const { status, stdout, stderr } = await run("policy-return", "-p", policy);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain(policy);
    }
  });
});

describe("remove-duplicates", () => {
  beforeEach(async () => {
    const now = sandbox.clock.now();
    // Entries of a computer that is connected, of one that is not, and of two that only seem to be one.
    await putComputer(201, { name: GUIDE, lastPollDate: now - 40 * DAY });
    await putComputer(202, { name: "domain\\myhostname", lastPollDate: now - 1000 });
    await putComputer(211, { name: "LAB\\OLD", lastPollDate: now - 30 * DAY });
    await putComputer(212, { name: "LAB\\OLD", lastPollDate: now - 3_600_000 });
    await putComputer(213, { name: "LAB\\OLD", lastPollDate: now - 7_200_000 });
    await putComputer(214, { name: "LAB\\OLD", lastPollDate: now - 50 * DAY, template: true });
    await putComputer(215, { name: "LAB\\OLD", lastPollDate: now - 60 * DAY, deleted: true });
    await putComputer(221, { name: "LAB\\TWIN", lastPollDate: now, connected: true });
    await putComputer(222, { name: "LAB\\TWIN", lastPollDate: now, connected: true });
    sandbox.requests.clear();
  });
  const stale = [
    `deleting computer id 201 (offline 40 days, hostname ${GUIDE})`,
    "deleting computer id 202 (offline 0 days, hostname domain\\myhostname)",
    "deleting computer id 211 (offline 30 days, hostname LAB\\OLD)",
    "deleting computer id 213 (offline 0 days, hostname LAB\\OLD)",
  ];
  const deleted = async () => {
    const computers = await cb.select(Computer).where({ deleted: true }).all();
    return computers.map(({ id }) => id).sort();
  };

  it("deletes all entries but the one that was heard of last, which says when it was", async () => {
    const { status, stdout, stderr } = await run("remove-duplicates", "--yes");
    expect(status).toBe(0);
    expect(lines(stdout).sort()).toEqual([...stale, "deleting from server..."].sort());
    expect(stderr).toContain("LAB\\TWIN (id 222) stays");
    expect(written().sort()).toEqual([201, 202, 211, 213].map((id) => `DELETE computer/${id}`));
    expect(await deleted()).toEqual([201, 202, 211, 213, 215]);
  });

  it.each([
    ["shows them with --dry-run", ["-d"], 0, /^.* stays: /],
    ["needs a yes where nobody is there to be asked", [], 2, /--yes/],
  ] as const)("%s, and deletes nothing", async (_, args, status, said) => {
    const ended = await run("remove-duplicates", ...args);
    expect({ status: ended.status, lines: lines(ended.stdout).sort() }).toEqual({ status, lines: stale });
    expect(ended.stderr).toMatch(said);
    expect(written()).toEqual([]);
    expect(await deleted()).toEqual([215]);
  });
});

describe("a server of 7.2", () => {
  it("has its files approved like any other", async () => {
    await using old = await Sandbox.start({ organisation: "small", versions: { protection: "7.2.3.1100" } });
    await using place = await ExampleFolder.make({ protection: old.profile() });
    const { status, stdout } = await place.run("protection/approve-files", ["-p", "Visibility", "-t", "2", "-d"]);
    expect(status).toBe(0);
    expect(lines(stdout)).toEqual(lines((await run("approve-files", "-p", "Visibility", "-t", "2", "-d")).stdout));
    // It does not say where a computer was before.
    const returned = await place.run("protection/policy-return", ["-p", "Visibility"]);
    expect(returned).toMatchObject({ status: 1, stdout: "" });
    expect(lines(returned.stderr)).toEqual([
      expect.stringMatching(/^DOMAIN.MYHOSTNAME stays in Visibility: .*8\.0/),
      expect.stringMatching(/^WORKGROUP.WIN-58DM2VNS9RT stays in Visibility: .*8\.0/),
    ]);
  });
});

describe("lists", () => {
  it("counts computers by the version of the EDR sensor", async () => {
    const { status, stdout } = await run("sensor-versions");
    expect(status).toBe(0);
    const rows = lines(stdout).map((line) => line.trim().split(/ {2}/));
    expect(rows[0]).toEqual(["2", "005.002.000.60922"]);
    expect(rows.slice(1, -1).sort()).toEqual([
      ["1", "005.002.000.61003"],
      ["1", "006.000.000.70329"],
      ["1", "no sensor"],
    ]);
    expect(rows.at(-1)).toEqual(["5", "computers"]);
  });

  it("lists computers with their enforcement as CSV that a spreadsheet does not carry out", async () => {
    await putComputer(301, { name: '=cmd|"/C calc"!A1', policyId: 5, enforcementLevel: 35 });
    await putComputer(302, { name: "\u001b[2J@SUM(1,2)", policyId: 5, enforcementLevel: 41 });
    const { status, stdout, stderr } = await run("list-computers", "--policy", "Low Enforcement");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [head, ...rows] = lines(stdout);
    expect(head).toBe("Id,Name,Policy,Enforcement,Disconnected,Connected,Last poll,Agent");
    expect(rows).toHaveLength(3);
    expect(rows.join("\n")).toContain(`301,"'=cmd|""/C calc""!A1",Low Enforcement,LocalApproval,`);
    expect(rows.join("\n")).toContain(`302,"\\u001b[2J@SUM(1,2)",Low Enforcement,41,`);
    expect(rows.join("\n")).toContain(
      "4,WORKGROUP\\WIN-IA9NQ1GN8OI,Low Enforcement,Low,Low,true,2026-01-05T09:00:00.000Z,8.1.4.134",
    );
    expect(lines((await run("list-computers")).stdout)).toHaveLength(8);
  });

  it("says what agents have still to do", async () => {
    await putComputer(311, { name: "LAB\\BEHIND", syncFlags: 0x8032, syncPercent: 40 });
    const { status, stdout, stderr } = await run("sync-flags");
    expect(status).toBe(0);
    expect(lines(stdout)).toContain(
      "LAB\\BEHIND: FullCacheResync, EnforcementOutOfDate, KernelNotConnected, 0x8000 (40% synchronized)",
    );
    expect(lines(stdout)).toContain(`${GUIDE}: ConfigListOutOfDate (100% synchronized)`);
    expect(lines(stderr)).toEqual(["4 computers are not up to date"]);
  });
});

describe("local-approval", () => {
  it("is ended by Ctrl-C, and the computer goes back", async () => {
    const { child, ended } = start("local-approval", "--computer", GUIDE, "--minutes", "10");
    await once(child.stdout as Readable, "data");
    expect((await computer(1)).localApproval).toBe(true);
    child.kill("SIGINT");
    const { status, stdout } = await ended;
    expect({ status, lines: lines(stdout) }).toEqual({
      status: 0,
      lines: [
        expect.stringMatching(/^DOMAIN\\MYHOSTNAME approves what appears on it until \d{4}-.*Z$/),
        `${GUIDE} no longer does`,
      ],
    });
    expect(written()).toEqual(["PUT computer/1", "PUT computer/1"]);
    expect((await computer(1)).localApproval).toBe(false);
  });

  it("shows what it would send with --dry-run, and sends nothing", async () => {
    const { status, stdout } = await run("local-approval", "-c", GUIDE, "--dry-run");
    expect(status).toBe(0);
    expect(lines(stdout)).toEqual(
      [true, false].map((on) => `PUT /api/bit9platform/v1/computer/1 {"id":1,"localApproval":${on}}`),
    );
    expect(written()).toEqual([]);
  });

  it("leaves a computer alone that somebody else has put into it", async () => {
    await (await computer(1)).approveLocally();
    written();
    const { status, stdout, stderr } = await run("local-approval", "-c", GUIDE);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(lines(stderr)).toEqual([expect.stringContaining("in local approval already")]);
    expect(written()).toEqual([]);
  });

  it("says so when it could not be ended", async () => {
    const { child, ended } = start("local-approval", "-c", GUIDE);
    await once(child.stdout as Readable, "data");
    sandbox.faults.add({ match: { method: "PUT" }, do: { status: 403 } });
    child.kill("SIGINT");
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    expect(stderr).toContain("may still be in local approval");
    expect((await computer(1)).localApproval).toBe(true);
  });
});

describe("cache-check", () => {
  it("starts a check with its flags", async () => {
    const { status } = await run("cache-check", "-c", GUIDE, "-l", "full", "--test-run", "--approve-new");
    expect(status).toBe(0);
    expect(written()).toEqual(["PUT computer/1?changeDiagnostics=true"]);
    expect(await computer(1)).toMatchObject({ ccLevel: 3, ccFlags: 5 });
  });

  it("shows what it would send with --dry-run, and sends nothing", async () => {
    const { status, stdout } = await run("cache-check", "-c", GUIDE, "--dry-run");
    expect(status).toBe(0);
    expect(stdout).toBe(
      `PUT /api/bit9platform/v1/computer/1?changeDiagnostics=true {"id":1,"ccLevel":1,"ccFlags":0}\n`,
    );
    expect(written()).toEqual([]);
  });

  it("fails when there is no such computer", async () => {
    const { status, stderr } = await run("cache-check", "-c", "LAB\\NOBODY");
    expect(status).toBe(1);
    expect(lines(stderr)).toEqual([expect.stringMatching(/^cache-check: .*LAB/)]);
  });
});
