import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Findings } from "./hunt/findings.js";
import { runCli, runHere, temporaryFolder } from "./test-support/run-cli.js";
import { HOSTILE, writeSysmonLog } from "./test-support/sysmon.js";

const folder = temporaryFolder();
const log = join(folder.path, "sysmon of a friday.json");

/** The guide's chain, from the kernel down. */
const CHAIN = [
  ...["ntoskrnl.exe", "ntoskrnl.exe", "smss.exe", "smss.exe", "winlogon.exe", "userinit.exe", "explorer.exe"],
  "cmd.exe",
];

beforeAll(() => writeSysmonLog(log));
afterAll(() => folder.remove());

const findingsOf = (stdout: string): Findings => JSON.parse(stdout) as Findings;

const accepts = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

describe("cbapi hunt", () => {
  // Both generate the whole organisation, which a busy machine takes its time for.
  test("shows the guide's hunt, its joins, the facets, the cost and what to try next", async () => {
    const { code, stdout, stderr } = await runCli(["hunt"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).not.toContain("\u001b");
    const lines = stdout.split("\n");
    for (const text of lines.filter((text) => !text.includes("cbapi hunt ")))
      expect(text.length).toBeLessThanOrEqual(110);

    expect(stdout).toContain("process_name:net.exe cmdline:\\\\test\\blah");
    const second = stdout.indexOf("net  use z: \\\\test\\blah");
    expect(stdout.indexOf("net  use y: \\\\test\\blah")).toBeLessThan(second);
    expect(stdout).toContain("group Default Group");
    expect(stdout).toContain("signed by Microsoft Corporation 1,569 days before it ran");
    const tree = lines.filter((text) => /^ {3}20\d\d-\d\d-\d\d \d\d:\d\d:\d\d /.test(text));
    const names = tree.map((text) => /([\w.]+\.exe)/.exec(text)?.[1]);
    expect(names).toEqual([...CHAIN, "net.exe", ...CHAIN, "net.exe"]);
    expect(stdout).toMatch(/8 ancestors, [1-9] requests/);
    expect(stdout).toContain("8 ancestors, no request");
    expect(stdout).toMatch(/taskhost\.exe +\d+ +[\d.]+% +■■■/);
    expect(stdout).toMatch(/requests +\d+ .*searches 1/);
    expect(stdout).toMatch(/cache hits +[1-9]/);
    expect(stdout).toContain("complete: 2 returned of 2 available");
    expect(stdout).toContain("--import FILE");
  }, 120_000);

  test("prints one JSON document and nothing else, and the suggested query finds the intrusion", async () => {
    const query = "parent_name:winword.exe process_name:powershell.exe";
    const { code, stdout, stderr } = await runHere(["hunt", "--json", "--query", query], { env: { FORCE_COLOR: "1" } });
    expect([code, stderr]).toEqual([0, ""]);
    const findings = findingsOf(stdout);
    expect(Object.keys(findings)).toEqual([
      ...["query", "server", "matches", "processes", "facets", "facetQuery", "requests", "requestsByKind", "cacheHits"],
      ...["report", "notes"],
    ]);
    expect(findings).toMatchObject({ query, matches: 1, server: { kind: "sandbox" }, report: { complete: true } });
    const [match] = findings.processes;
    expect(match).toMatchObject({
      process_name: "powershell.exe",
      sensor: {
        id: expect.any(Number) as number,
        hostname: expect.any(String) as string,
        group: expect.any(String) as string,
      },
      binary: { signed: true, publisher: expect.stringContaining("Microsoft") as string },
    });
    const ancestors = match?.ancestors ?? [];
    expect(ancestors.map(({ process_name }) => process_name).slice(0, 3)).toEqual([
      ...["winword.exe", "outlook.exe", "explorer.exe"],
    ]);
    for (const ancestor of ancestors) expect(ancestor.id).toMatch(/^[0-9a-f]{8}-/);
    expect(findings.facets.process_name.length).toBeGreaterThan(3);
    expect(findings.requests).toBe(Object.values(findings.requestsByKind).reduce((sum, count) => sum + count, 0));
  }, 120_000);
});

describe("cbapi hunt --import", () => {
  test("chooses a query, says what was skipped, and neutralises what endpoints wrote", async () => {
    const { code, stdout, stderr } = await runHere(["hunt", "--import", log]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("sysmon of a friday.json");
    expect(stdout).toMatch(/skipped +1 {2}Sysmon 17/);
    expect(stdout).toContain("1 line without an event");
    expect(stdout).toContain("cmdline:enc");
    expect(stdout).toMatch(/explorer\.exe.*└ cmd\.exe.*└ powershell\.exe/s);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).not.toMatch(/^Matches {2}0 processes/m);
    expect(stdout).toContain("\\x1b[2J");
    expect(stdout).toMatch(/--import '.*sysmon of a friday\.json'/);
  });

  test("gives what endpoints wrote unchanged in JSON, without control characters in its text", async () => {
    const { code, stdout } = await runHere([
      "hunt",
      "--import",
      log,
      "--query",
      "process_name:powershell.exe",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[\u007f-\u009f\u202e]/);
    const findings = findingsOf(stdout);
    expect(findings.matches).toBe(1);
    expect(findings.processes[0]?.cmdline).toBe(HOSTILE);
    expect(findings.processes[0]?.ancestors.map(({ process_name }) => process_name)).toEqual([
      "cmd.exe",
      "explorer.exe",
    ]);
    expect(findings.import).toHaveLength(1);
  });

  test("counts the matches that --limit leaves out", async () => {
    const { stdout } = await runHere(["hunt", "--import", log, "--query", "hostname:WS-1", "--limit", "1"]);
    expect(stdout).toContain("the first 1 in detail");
    expect(stdout).toMatch(/and \d+ match(es)? not shown/);
    expect(stdout).toMatch(/complete: 1 returned of \d+ available, of which 1 were asked for/);
  });
});

describe("cbapi hunt on a server", () => {
  test("takes address, token and certificate from a profile, also of a 5.x server", async () => {
    await using server = await Sandbox.start({ organisation: "small", version: "5.2.0.161004.1206" });
    mkdirSync(join(folder.path, ".carbonblack"));
    writeFileSync(join(folder.path, ".carbonblack", "credentials.response"), server.profile("lab"));
    const { code, stdout, stderr } = await runHere(["hunt", "--profile", "lab", "--verbose", "--json"], {
      cwd: folder.path,
    });
    expect(code).toBe(0);
    expect(findingsOf(stdout)).toMatchObject({ server: { kind: "server", url: server.url }, matches: 2 });
    expect(stderr).toMatch(/^HTTP GET \/api\/info took \d+\.\d{3}s \(response 200\)$/m);
    expect(stderr + stdout).not.toContain(server.token);
  });
});

describe("a server that keeps things to itself", () => {
  let server: Sandbox;
  beforeAll(async () => {
    server = await Sandbox.start({ organisation: "small" });
  });
  afterEach(() => server.faults.clear());
  afterAll(() => server?.stop());

  test.each([
    ["/api/v3/group", { sensor: { id: 3, group: null } }],
    ["/api/v1/sensor", { sensor: null }],
    ["/api/v1/binary", { binary: null }],
  ])("%s may not be read: a gap and a note, not a failure", async (path, gap) => {
    server.faults.add({ match: { path }, do: { status: 403 } });
    const { code, stdout } = await runHere(
      ["hunt", "--url", server.url, "--ssl-cert-file", server.caFile ?? "", "--json"],
      { env: { CBAPI_TOKEN: server.token } },
    );
    expect(code).toBe(0);
    const { matches, processes, notes } = findingsOf(stdout);
    expect(matches).toBe(2);
    expect(processes[0]).toMatchObject(gap);
    expect(processes[0]?.ancestors).toHaveLength(8);
    expect(notes).toEqual([expect.stringContaining("(403)")]);
  });
});

describe("the end", () => {
  test("Ctrl-C stops what --keep leaves running", async () => {
    let served = "";
    let reached: Promise<boolean> | undefined;
    const { code, stderr } = await runCli(["hunt", "--import", log, "--keep"], {
      onOutput: (child, stdout) => {
        const url = /^Serving at (\S+) until Ctrl-C/m.exec(stdout)?.[1];
        if (url === undefined || served !== "") return;
        served = url;
        expect(stdout).toMatch(/^\[default\]\nurl=https:\S+\ntoken=\S+\nssl_cert_file=\S+$/m);
        expect(stdout).toContain(`export CBAPI_URL=${url}`);
        reached = accepts(url).finally(() => child.kill("SIGINT"));
      },
    });
    expect([code, stderr]).toEqual([130, ""]);
    expect(await reached).toBe(true);
    expect(await accepts(served)).toBe(false);
  });

  test("Ctrl-C stops a sandbox, which told how to use it", async () => {
    const { code, stdout, stderr } = await runCli(["sandbox", "--empty"], {
      onOutput: (child, output) => {
        if (output.includes("curl --cacert")) child.kill("SIGINT");
      },
    });
    expect([code, stderr]).toEqual([130, ""]);
    expect(stdout).toContain("GET    /_sandbox/requests");
    expect(stdout).toMatch(/^token=/m);
  });

  test("a reader that has enough ends it without a word", async () => {
    const { code, stderr } = await runCli(["hunt", "--import", log, "--keep"], {
      onOutput: (child) => child.stdout?.destroy(),
    });
    expect([code, stderr]).toEqual([0, ""]);
  });
});

describe("wrong usage", () => {
  test.each([
    [["hunt", "--limt", "3"], "Did you mean --limit?"],
    [["hunt", "--limit", "many"], "whole number"],
    [["hunt", "process_name:net.exe", "x"], "belongs to no option"],
    [["hunt", "--url", "https://cb.example.test", "--keep"], "names a real server"],
    [["hunt", "--token", "secret"], "Unknown option '--token'"],
    [["serve"], "The commands are hunt, lr, fleet and sandbox"],
    [["sandbox", "--port", "99999"], "from 0 to 65535"],
  ])("%j is refused", async (args, words) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^cbapi: /);
    expect(stderr).toContain(words);
    expect(stderr).toContain("Usage: cbapi");
  });

  test("--help and --version go to standard output", async () => {
    for (const [args, words] of [
      [["--help"], "Usage: cbapi <command>"],
      [["hunt", "--help"], "--query"],
      [["sandbox", "-h"], "--state"],
      [["--version"], /^\d+\.\d+\.\d+\n$/],
    ] as const) {
      const { code, stdout, stderr } = await runHere(args);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(words);
    }
  });
});

const telemetry = process.env["CBAPI_TELEMETRY"];

describe.skipIf(telemetry === undefined)("real logs (CBAPI_TELEMETRY names their folder)", () => {
  test.each([
    [
      "empire_psremoting_stager.zip",
      "parent_name:wsmprovhost.exe",
      "powershell.exe",
      ["wsmprovhost.exe", "svchost.exe"],
    ],
    ["rdp_interactive_taskmanager_lsass_dump.zip", "filemod:lsass*.dmp", "taskmgr.exe", ["explorer.exe"]],
  ])("%s", async (file, query, name, ancestors) => {
    const args = ["hunt", "--import", join(telemetry ?? "", file), "--query", query, "--json"];
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    const { processes } = findingsOf(stdout);
    expect(processes[0]?.process_name).toBe(name);
    expect(processes[0]?.ancestors.map(({ process_name }) => process_name)).toEqual(ancestors);
  });
});
