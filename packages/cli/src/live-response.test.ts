import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ResultLine } from "./fleet/results-file.js";
import { type Ended, type RunOptions, runCli, temporaryFolder, until } from "./test-support/run-cli.js";

const TOKEN = "0123456789abcdef0123456789abcdef01234567";
/** The guide's host, which has c:\test.txt. */
const HOST = "WIN-IA9NQ1GN8OI";

const OFFLINE = 4;

const folder = temporaryFolder();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.start({ token: TOKEN });
  await sandbox.setOnline(OFFLINE, false);
  // Five check-ins that it misses, until the server says so.
  await sandbox.clock.step(12);
}, 120_000);

afterAll(async () => {
  await sandbox?.stop();
  folder.remove();
});

/** Whatever happens: no slot is left taken. */
afterEach(() => expect(sandbox.liveResponse.stats().slots.used).toBe(0));

const cli = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  runCli(args, {
    cwd: folder.path,
    ...options,
    env: { CBAPI_URL: sandbox.url, CBAPI_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: sandbox.caFile ?? "", ...options.env },
  });
const lr = (commands: string, ...more: string[]): Promise<Ended> => cli(["lr", HOST, "-c", commands, ...more]);

describe("cbapi lr with commands from elsewhere than the keyboard", () => {
  test("goes through files of the endpoint", async () => {
    writeFileSync(join(folder.path, "up load.txt"), "hello\n");
    const { code, stdout, stderr } = await lr(
      'mkdir "c:\\a b"; cd "c:\\a b"; put "up load.txt"; ls; cat "up load.txt"; get "up load.txt" back.txt; rm "up load.txt"; cd ..; pwd; rm "a b"; drives',
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Directory: c:\\a b\\\n");
    expect(stdout).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d (AM|PM) +6 up load\.txt$/m);
    expect(stdout).toMatch(/^hello$/m);
    expect(stdout).toMatch(/^c:\\$/m);
    expect(stdout).toMatch(/^C:\\$/m);
    expect(readFileSync(join(folder.path, "back.txt"), "utf8")).toBe("hello\n");
  });

  test("gives the bytes of a file as they are, and stops at the first failure", async () => {
    const { code, stdout, stderr } = await cli(["lr", HOST], {
      input: "# what the guide reads\ncat c:\\test.txt\ncat c:\\nowhere.txt\nls\n",
    });
    expect(code).toBe(1);
    expect(stdout).not.toContain("Directory:");
    expect(stdout.length).toBeGreaterThan(0);
    expect(stderr).toMatch(/^Error: get file c:\\nowhere\.txt .*ERROR_FILE_NOT_FOUND/m);
    expect(stderr).toContain("(line 3: cat c:\\nowhere.txt)");
    const kept = await lr("cat c:\\nowhere.txt; pwd", "--keep-going");
    expect([kept.code, kept.stdout]).toEqual([1, "c:\\\n"]);
  });

  test("processes, programs and the registry", async () => {
    const { code, stdout, stderr } = await lr(
      [
        "exec -w whoami",
        "exec -w -o c:\\out.txt cmd /c echo kept",
        "cat c:\\out.txt",
        "rm c:\\out.txt",
        "reg add HKLM\\SOFTWARE\\Example",
        "reg set HKLM\\SOFTWARE\\Example\\number 0x10",
        'reg set HKLM\\SOFTWARE\\Example\\words "two words"',
        "reg query HKLM\\SOFTWARE\\Example\\number",
        "reg query HKLM\\SOFTWARE\\Example",
        "reg delete -v HKLM\\SOFTWARE\\Example\\number",
        "reg delete HKLM\\SOFTWARE\\Example",
        "ps",
        "ps -v -p 4",
        "sessions",
      ].join("; "),
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("nt authority\\system");
    expect(stdout.match(/^kept\s*$/gm)?.length).toBe(2);
    expect(stdout).toContain("number    REG_DWORD    0x10 (16)");
    expect(stdout).toContain("words    REG_SZ    two words");
    expect(stdout).toMatch(/^ +4 {2}ntoskrnl\.exe/m);
    expect(stdout).toContain("SID:           S-1-5-18");
    expect(stdout).toContain("(this one)");
  });

  test("a pattern that fits one thing alone names it, which reaches what cannot be typed", async () => {
    writeFileSync(join(folder.path, "sample"), "MZ");
    const fake = "/tmp/invoice\u202efdp.exe";
    const { code, stdout, stderr } = await cli(["lr", "lnx-01", "--keep-going"], {
      input: [
        `put sample ${fake}`,
        "put sample /tmp/invoice2",
        "get /tmp/invo*",
        "get /tmp/invoice*fdp.exe fetched",
        "rm /tmp/invoice* /tmp/invoice2",
        "rm /tmp/invoice*exe /tmp/invoice?",
        "cd /usr/loc*",
        "pwd",
        "cat /tmp/invoice*",
      ].join("\n"),
    });
    expect(code).toBe(1);
    expect(stdout).toContain("/tmp/invoice\\u202efdp.exe -> fetched");
    expect(readFileSync(join(folder.path, "fetched"), "utf8")).toBe("MZ");
    expect(stdout).toMatch(/^\/usr\/local$/m);
    const errors = stderr.split("\n").filter((text) => text.startsWith("Error: "));
    expect(errors.slice(0, 2)).toEqual([
      "Error: /tmp/invo* fits invoice2, invoice\\u202efdp.exe: a pattern must fit one alone.",
      "Error: /tmp/invoice* fits invoice2, invoice\\u202efdp.exe: a pattern must fit one alone.",
    ]);
    expect(errors[2]).toMatch(/^Error: (Nothing fits \/tmp\/invoice\*|directory list .*ENOENT)/);
    expect(errors.length).toBe(3);
  });

  test("a program that takes too long is told of in the words of the shell", async () => {
    const { code, stderr } = await lr("execfg -t 200ms timeout 60; exec -w -t 0.2 timeout 60", "--keep-going");
    expect(code).toBe(1);
    expect(stderr).toContain("-t wants a time such as 90s or 10m, not 200ms.");
    expect(stderr).toMatch(/^Error: timeout 60 did not end within 0\.2 s\. It runs on; -t gives it more time\.$/m);
  });

  test("the exit code of a program counts", async () => {
    const { code, stderr } = await lr("exec -w cmd /c exit 3; pwd");
    expect(code).toBe(1);
    expect(stderr).toContain("Error: cmd /c exit 3 ended with exit code 3.");
  });

  test("files of this machine are not replaced unasked, and nothing is left half written", async () => {
    writeFileSync(join(folder.path, "test.txt"), "mine");
    const refused = await lr("get c:\\test.txt");
    expect(refused.stderr).toContain("test.txt exists already: -f replaces it.");
    expect(readFileSync(join(folder.path, "test.txt"), "utf8")).toBe("mine");
    expect((await lr("get -f c:\\test.txt; memdump -z; archive a.zip")).code).toBe(0);
    expect(readFileSync(join(folder.path, "test.txt"), "utf8")).not.toBe("mine");
    expect(existsSync(join(folder.path, `${HOST}.dmp.zip`))).toBe(true);
    expect(readFileSync(join(folder.path, "a.zip")).subarray(0, 2).toString()).toBe("PK");
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("a session that was lost is opened again, and a line says so", async () => {
    const { code, stderr, stdout } = await cli(
      ["lr", HOST, "-c", 'pwd; !sh -c "until [ -e lost ]; do sleep 0.05; done"; ls c:\\windows\\; pwd'],
      {
        onOutput: (_child, out) => {
          if (out !== "c:\\\n") return;
          sandbox.liveResponse.lose(sandbox.liveResponse.stats().sessions.opened);
          writeFileSync(join(folder.path, "lost"), "");
        },
      },
    );
    expect(stderr).toMatch(/^The session was lost and opened again: session \d+ now\.$/m);
    expect(stdout).toContain("System32");
    expect(code).toBe(0);
  });

  test("commands without a session say what is missing; local ones work", async () => {
    const { code, stdout, stderr } = await cli(["lr", "-c", "ls; help; !echo local; detach", "--keep-going"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: You must attach to a session/m);
    expect(stdout).toContain("memdump");
    expect(stdout).toContain("local\n");
    const joined = await cli([
      "lr",
      "-c",
      `connect ${HOST}; pwd; connect ${HOST.toLowerCase()}; pwd; detach; quit; pwd`,
    ]);
    expect([joined.code, joined.stdout]).toEqual([0, "c:\\\nc:\\\n"]);
  });

  test("endpoints that do not exist, that are several, or that are offline", async () => {
    const [none, several, waited, limited] = await Promise.all([
      cli(["lr", "NOBODY", "-c", "pwd"]),
      cli(["lr", "WIN", "-c", "pwd"]),
      cli(["lr", String(OFFLINE), "--wait", "0", "-c", "pwd"]),
      cli(["lr", String(OFFLINE), "--wait", "1", "-c", "pwd"]),
    ]);
    expect([none.code, none.stderr]).toEqual([
      1,
      "cbapi: There is no sensor NOBODY: neither a computer name nor an id.\n",
    ]);
    expect(several.code).toBe(2);
    expect(several.stderr).toMatch(/^cbapi: WIN fits 3 sensors: .*WIN-IA9NQ1GN8OI/);
    expect(waited.code).toBe(1);
    expect(waited.stderr).toMatch(/^cbapi: \S+ is offline, last seen at /);
    expect(limited.stderr).toMatch(/is offline, last seen at .*\. Waiting for it.*did not come back within 1\.0 s/s);
  });

  test("names and texts of endpoints cannot steer the terminal", async () => {
    writeFileSync(join(folder.path, "x.txt"), "x");
    const { code, stdout, stderr } = await cli(["lr", "lnx-01", "--keep-going"], {
      input:
        'put x.txt "/tmp/a\u001b[2Jb"\nls /tmp\nls "/tmp/\u001b]0;owned\u0007"\nget "/tmp/a\u001b[2Jb"\nrm "/tmp/a\u001b[2Jb"\n',
    });
    for (const control of ["\u001b", "\u0007"]) expect(stdout + stderr).not.toContain(control);
    expect(stdout).toContain("a\\x1b[2Jb");
    expect(stderr).toContain("\\x1b]0;owned");
    expect(code).toBe(1);
    expect(readFileSync(join(folder.path, "a[2Jb"), "utf8")).toBe("x");
  });

  test("no server is named", async () => {
    const { code, stderr } = await runCli(["lr", "X", "-c", "pwd"], { cwd: folder.path });
    expect(stderr).toMatch(/^cbapi: Cannot find credential profile 'default'.* --sandbox, which needs no server\./);
    expect(code).toBe(1);
  });

  test("SIGTERM and Ctrl-C end it with the session closed", async () => {
    for (const [name, status] of [
      ["SIGTERM", 143],
      ["SIGINT", 130],
    ] as const) {
      const { issued } = sandbox.liveResponse.stats().commands;
      const ended = await cli(["lr", HOST, "-c", "pwd; exec -w timeout 60"], {
        onOutput: (child, stdout, stderr) => {
          if (stdout !== "c:\\\n" || stderr !== "") return;
          // It has been told what is in the directory, and waits for the program.
          void until(() => sandbox.liveResponse.stats().commands.issued > issued + 1).then(() => child.kill(name));
        },
      });
      expect(ended.code).toBe(status);
      expect(sandbox.liveResponse.stats().slots.used).toBe(0);
    }
  });

  test("wrong usage", async () => {
    const wrong = [
      ["lr", "A", "B"],
      ["lr", "--seed", "1"],
      ["lr", "--sandbox", "--profile", "x"],
      ["lr", "run"],
    ];
    for (const { code, stderr } of await Promise.all(wrong.map((args) => cli(args)))) {
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^cbapi: .*\nUsage: cbapi lr/)]);
    }
    expect((await cli(["lr", "run", "--help"])).stdout).toContain("--sensors QUERY");
    expect((await cli(["help", "lr"])).stdout).toContain("Usage: cbapi lr [HOST]");
  });
});

describe("cbapi lr run", () => {
  const script = (name: string, source: string): string => {
    writeFileSync(join(folder.path, name), source);
    return name;
  };
  const linesOf = (text: string): ResultLine[] =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ResultLine);

  test("runs a script on a fleet, keeps the results, and goes on where it was", async () => {
    script(
      "count.mjs",
      `import { existsSync } from "node:fs";
       export default async (session, context) => {
         context.progress("listing");
         if (context.target === 2 && !existsSync("second-time")) throw new Error("not \\u001b[2J yet");
         return { processes: (await session.listProcesses()).length, bytes: Buffer.from("abc") };
       };`,
    );
    const args = ["lr", "run", "count.mjs", "--sensors", "hostname:WIN", "--output", "r.jsonl", "--slots", "2"];
    const first = await cli(args);
    expect(first.code).toBe(1);
    expect(first.stdout).toMatch(/^failed +WIN-\S+ \(2\) .*not \\x1b\[2J yet/m);
    expect(first.stderr).toMatch(/^3 endpoints: 2 done, 1 failed, in .*at most 2 slots in use$/m);
    const results = linesOf(readFileSync(join(folder.path, "r.jsonl"), "utf8"));
    expect(results.map(({ target, state }) => [target, state]).sort()).toEqual([
      [1, "done"],
      [2, "failed"],
      [3, "done"],
    ]);
    expect(results.find(({ target }) => target === 3)).toMatchObject({
      ...{ hostname: HOST, attempts: 1, value: { bytes: { base64: "YWJj" } } },
      started: expect.stringMatching(/Z$/) as string,
    });
    expect(results.find(({ target }) => target === 2)?.error).toEqual({ name: "Error", message: "not \u001b[2J yet" });

    writeFileSync(join(folder.path, "second-time"), "");
    const second = await cli([...args, "--files", "bytes", "--json"]);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain("2 endpoints done already by r.jsonl: passed over.");
    expect(second.stdout).not.toContain("\u001b");
    const [again, ...others] = linesOf(second.stdout);
    expect(others).toEqual([]);
    expect(again).toMatchObject({ target: 2, state: "done", value: { bytes: { size: 3 } } });
    expect(readdirSync(join(folder.path, "bytes"))).toEqual([expect.stringMatching(/^2-WIN-\w+-bytes\.bin$/)]);

    const third = await cli(args);
    expect([third.code, third.stdout]).toEqual([0, ""]);
    expect(third.stderr).toContain("Nothing is left to do.");
  });

  test("endpoints from a file; what is not there is told before anything is begun", async () => {
    script("id.mjs", "export default (session) => session.sensorId");
    writeFileSync(join(folder.path, "hosts"), `# mine\n${HOST.toLowerCase()}\r\n1 # the first\n`);
    const found = await cli(["lr", "run", "id.mjs", "--sensors", "@hosts", "--json"]);
    expect(
      linesOf(found.stdout)
        .map(({ value }) => value)
        .sort(),
    ).toEqual([1, 3]);
    const opened = sandbox.liveResponse.stats().sessions.opened;
    writeFileSync(join(folder.path, "hosts"), `${HOST}\nNOBODY\n4711\n`);
    const missing = await cli(["lr", "run", "id.mjs", "--sensors", "@hosts"]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      "cbapi: 2 sensors not found: NOBODY, 4711. Nothing was begun.\n",
    ]);
    expect(sandbox.liveResponse.stats().sessions.opened).toBe(opened);
    const texts = ["WIN", "hostname:NOBODY", "@nowhere"];
    const ended = await Promise.all(texts.map((text) => cli(["lr", "run", "id.mjs", "--sensors", text])));
    expect(ended.map(({ code }) => code)).toEqual([2, 1, 1]);
    for (const { stderr } of ended) expect(stderr).toMatch(/^cbapi: .*\n$/);
  });

  test("scripts that Node cannot load are told so, and nothing is asked of the server", async () => {
    script("broken.mjs", "export default (");
    const broken = await cli(["lr", "run", "broken.mjs", "--sensors", "1"]);
    expect(broken.stderr).toMatch(/^cbapi: broken\.mjs cannot be loaded: SyntaxError: /);
    expect([broken.code, broken.stderr.split("\n").length]).toEqual([1, 2]);
    script("empty.mjs", "throw null");
    expect((await cli(["lr", "run", "empty.mjs", "--sensors", "1"])).stderr).toBe(
      "cbapi: empty.mjs cannot be loaded: Error: null\n",
    );
    script("stuck.mjs", "await new Promise(() => {}); export default () => 1;");
    const stuck = await cli(["lr", "run", "stuck.mjs", "--sensors", "1"]);
    expect(stuck.stderr).toMatch(/^cbapi: stuck\.mjs cannot be loaded: .* something that never comes/);
    expect(stuck.code).toBe(1);
    script("typed.ts", "const one: number = 1; export default (): number => one;");
    const typed = await cli(["lr", "run", "typed.ts", "--sensors", "1"]);
    if (typed.code !== 0) expect(typed.stderr).toMatch(/^cbapi: typed\.ts cannot be loaded: this Node .* Compile it/);
  });

  test("what a script does outside of its job ends neither the run nor the process", async () => {
    script(
      "stray.mjs",
      `const later = () => new Promise((resolve) => setTimeout(resolve, 50));
       export default async (session, { target }) => {
         if (target === 1) setTimeout(() => { throw new Error("in a timer") });
         if (target === 2) Promise.reject(new Error("not awaited"));
         if (target === 3) process.exit(0);
         await later();
         return target;
       };`,
    );
    const { code, stdout, stderr } = await cli([
      "lr",
      "run",
      "stray.mjs",
      "--sensors",
      "1,2,3,5",
      "--output",
      "stray.jsonl",
    ]);
    expect(code).toBe(1);
    for (const text of ["in a timer", "not awaited"]) {
      expect(stderr).toContain(`The script failed outside of its job: ${text}\n`);
    }
    expect(stdout).toMatch(/^failed +\S+ \(3\) .*process\.exit\(0\) was called by the script/m);
    const results = linesOf(readFileSync(join(folder.path, "stray.jsonl"), "utf8"));
    expect(
      results
        .filter(({ state }) => state === "done")
        .map(({ value }) => value)
        .sort(),
    ).toEqual([1, 2, 5]);
    expect(existsSync(join(folder.path, "stray.jsonl.lock"))).toBe(false);
    // Such an error fails a run in which every job is done.
    expect((await cli(["lr", "run", "stray.mjs", "--sensors", "1"])).code).toBe(1);
  });

  test("endpoints that are offline expire at the deadline", async () => {
    script("id.mjs", "export default (session) => session.sensorId");
    const ended = await cli(["lr", "run", "id.mjs", "--sensors", String(OFFLINE), "--deadline", "1s", "--json"]);
    expect(ended.code).toBe(1);
    expect(linesOf(ended.stdout).map(({ target, state }) => [target, state])).toEqual([[OFFLINE, "expired"]]);
  });

  test("Ctrl-C cancels what runs, keeps what is known, and frees the slots", async () => {
    script(
      "slow.mjs",
      `export default async (session, { target, signal }) => {
         console.log("began", target);
         if (target === 1) return "quick";
         await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
       };`,
    );
    let sent = false;
    const ended = await cli(
      ["lr", "run", "slow.mjs", "--sensors", "1,2,3,5", "--slots", "2", "--output", "slow.jsonl"],
      {
        onOutput: (child, stdout, stderr) => {
          // Not before one has ended and others are under way.
          if (sent || !stdout.includes("done") || !/began [235]/.test(stderr)) return;
          sent = true;
          child.kill("SIGINT");
        },
      },
    );
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain("Stopping");
    const results = linesOf(readFileSync(join(folder.path, "slow.jsonl"), "utf8"));
    expect(results.find(({ target }) => target === 1)).toMatchObject({ state: "done", value: "quick" });
    const cancelled = results.filter(({ state }) => state === "cancelled");
    expect(cancelled.length).toBeGreaterThan(0);
    for (const { attempts } of cancelled) expect(attempts).toBe(1);
    expect(existsSync(join(folder.path, "slow.jsonl.lock"))).toBe(false);
  });
});
