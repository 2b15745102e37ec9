import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { HOST, OFFLINE, useLrSandbox } from "./test-support/lr-sandbox.js";
import { type Ended, runHere, until } from "./test-support/run-cli.js";

/** The guide's hosts, and others: one of them has Linux. */
const endpoints = useLrSandbox({ organisation: { hosts: 12, processes: 300, binaries: 60 } });
/** Commands on the guide's host. */
const onHost = (commands: string, ...more: string[]): Promise<Ended> =>
  endpoints.here(["lr", HOST, "-c", commands, ...more]);
/** Whatever happens: no slot is left taken. */
afterEach(() => expect(endpoints.sandbox.liveResponse.stats().slots.used).toBe(0));

describe("cbapi lr with commands from elsewhere than the keyboard", () => {
  test("goes through files of the endpoint", async () => {
    writeFileSync(join(endpoints.folder, "up load.txt"), "hello\n");
    const { code, stdout, stderr } = await onHost(
      'mkdir "c:\\a b"; cd "c:\\a b"; put "up load.txt"; ls; cat "up load.txt"; get "up load.txt" back.txt; rm "up load.txt"; cd ..; pwd; rm "a b"; drives',
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Directory: c:\\a b\\\n");
    expect(stdout).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d (AM|PM) +6 up load\.txt$/m);
    expect(stdout).toMatch(/^hello$/m);
    expect(stdout).toMatch(/^c:\\$/m);
    expect(stdout).toMatch(/^C:\\$/m);
    expect(readFileSync(join(endpoints.folder, "back.txt"), "utf8")).toBe("hello\n");
  });

  test("gives the bytes of a file as they are, and stops at the first failure", async () => {
    const { code, stdout, stderr } = await endpoints.cli(["lr", HOST], {
      input: "# what the guide reads\ncat c:\\test.txt\ncat c:\\nowhere.txt\nls\n",
    });
    expect(code).toBe(1);
    expect(stdout).not.toContain("Directory:");
    expect(stdout.length).toBeGreaterThan(0);
    expect(stderr).toMatch(/^Error: get file c:\\nowhere\.txt .*ERROR_FILE_NOT_FOUND/m);
    expect(stderr).toContain("(line 3: cat c:\\nowhere.txt)");
    const kept = await onHost("cat c:\\nowhere.txt; pwd", "--keep-going");
    expect([kept.code, kept.stdout]).toEqual([1, "c:\\\n"]);
  });

  test("processes, programs and the registry", async () => {
    const { code, stdout, stderr } = await onHost(
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
    writeFileSync(join(endpoints.folder, "sample"), "MZ");
    const fake = "/tmp/invoice\u202efdp.exe";
    const { code, stdout, stderr } = await endpoints.here([
      ...["lr", "lnx-01", "--keep-going", "-c"],
      [
        `put sample ${fake}`,
        "put sample /tmp/invoice2",
        "get /tmp/invo*",
        "get /tmp/invoice*fdp.exe fetched",
        "rm /tmp/invoice* /tmp/invoice2",
        "rm /tmp/invoice*exe /tmp/invoice?",
        "cd /usr/loc*",
        "pwd",
        "cd /var",
        "cd /usr/loc*/",
        "pwd",
        "cat /tmp/invoice*",
        "cat /usr/loc*",
      ].join("\n"),
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("/tmp/invoice\\u202efdp.exe -> fetched");
    expect(readFileSync(join(endpoints.folder, "fetched"), "utf8")).toBe("MZ");
    expect(stdout.match(/^\/usr\/local$/gm)).toHaveLength(2);
    expect(stderr.split("\n").filter((text) => text.startsWith("Error: "))).toEqual([
      "Error: /tmp/invo* fits invoice2, invoice\\u202efdp.exe: a pattern must fit one alone.",
      "Error: /tmp/invoice* fits invoice2, invoice\\u202efdp.exe: a pattern must fit one alone.",
      "Error: Nothing fits /tmp/invoice*.",
      "Error: Nothing fits /usr/loc*.",
    ]);
    const windows = await onHost("cd win*\\; pwd; cat c:\\nothing*", "--keep-going");
    expect(windows.stdout).toBe("c:\\Windows\n");
    expect(windows.stderr).toMatch(/^Error: Nothing fits c:\\nothing\*\.$/m);
  });

  test("a program that takes too long is told of in the words of the shell", async () => {
    const commands = "execfg -t 200ms timeout 60; exec -w -o c:\\slow.txt -t 0.2 timeout 60";
    const { code, stderr } = await onHost(commands, "--keep-going");
    expect(code).toBe(1);
    expect(stderr).toContain("-t wants a time such as 90s or 10m, not 200ms.");
    expect(stderr).toMatch(/^Error: timeout 60 did not end within 0\.2 s\. It may run on; -t gives it more time\.$/m);
  });

  test("a program that could not be started in time is not told of as one that runs", async () => {
    const path = "/api/v1/cblr/session/";
    endpoints.sandbox.faults.add({ match: { method: "POST", path, pattern: "/command$" }, do: { hang: true } });
    try {
      const { code, stderr } = await endpoints.here([
        "lr",
        HOST,
        "--timeout",
        "3",
        "-c",
        "exec -w -t 60 c:\\windows\\system32\\whoami.exe",
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Error: (?!.*did not end)/m);
      expect(stderr).not.toContain("-t gives it more time");
    } finally {
      endpoints.sandbox.faults.clear();
    }
  });

  test("the exit code of a program counts", async () => {
    const { code, stderr } = await onHost("exec -w cmd /c exit 3; pwd");
    expect(code).toBe(1);
    expect(stderr).toContain("Error: cmd /c exit 3 ended with exit code 3.");
  });

  test("files of this machine are not replaced unasked, and nothing is left half written", async () => {
    writeFileSync(join(endpoints.folder, "test.txt"), "mine");
    const refused = await onHost("get c:\\test.txt");
    expect(refused.stderr).toContain("test.txt exists already: -f replaces it.");
    expect(readFileSync(join(endpoints.folder, "test.txt"), "utf8")).toBe("mine");
    expect((await onHost("get -f c:\\test.txt; memdump -z; archive a.zip")).code).toBe(0);
    expect(readFileSync(join(endpoints.folder, "test.txt"), "utf8")).not.toBe("mine");
    expect(existsSync(join(endpoints.folder, `${HOST}.dmp.zip`))).toBe(true);
    expect(readFileSync(join(endpoints.folder, "a.zip")).subarray(0, 2).toString()).toBe("PK");
    expect(readdirSync(endpoints.folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("a session that was lost is opened again, and a line says so", async () => {
    const { code, stderr, stdout } = await endpoints.cli(
      ["lr", HOST, "-c", 'pwd; !sh -c "until [ -e lost ]; do sleep 0.05; done"; ls c:\\windows\\; pwd'],
      {
        onOutput: (_child, out) => {
          if (out !== "c:\\\n" || existsSync(join(endpoints.folder, "lost"))) return;
          endpoints.sandbox.liveResponse.lose(endpoints.sandbox.liveResponse.stats().sessions.opened);
          writeFileSync(join(endpoints.folder, "lost"), "");
        },
      },
    );
    expect(stderr).toMatch(/^The session was lost and opened again: session \d+ now\.$/m);
    expect(stdout).toContain("System32");
    expect(code).toBe(0);
  });

  test("commands without a session say what is missing; local ones work", async () => {
    const { code, stdout, stderr } = await endpoints.cli(["lr", "-c", "ls; help; !echo local; detach", "--keep-going"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: You must attach to a session/m);
    expect(stdout).toContain("memdump");
    expect(stdout).toContain("local\n");
    const joined = await endpoints.here([
      "lr",
      "-c",
      `connect ${HOST}; pwd; connect ${HOST.toLowerCase()}; pwd; detach; quit; pwd`,
    ]);
    expect([joined.code, joined.stdout]).toEqual([0, "c:\\\nc:\\\n"]);
  });

  test("endpoints that do not exist, that are several, or that are offline", async () => {
    const none = await endpoints.here(["lr", "NOBODY", "-c", "pwd"]);
    const several = await endpoints.here(["lr", "WIN", "-c", "pwd"]);
    const waited = await endpoints.here(["lr", String(OFFLINE), "--wait", "0", "-c", "pwd"]);
    const limited = await endpoints.here(["lr", String(OFFLINE), "--wait", "1", "-c", "pwd"]);
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
    writeFileSync(join(endpoints.folder, "x.txt"), "x");
    const { code, stdout, stderr } = await endpoints.cli(["lr", "lnx-01", "--keep-going"], {
      input:
        'put x.txt "/tmp/a\u001b[2Jb"\nls /tmp\nls "/tmp/\u001b]0;owned\u0007"\nget "/tmp/a\u001b[2Jb"\nrm "/tmp/a\u001b[2Jb"\n',
    });
    for (const control of ["\u001b", "\u0007"]) expect(stdout + stderr).not.toContain(control);
    expect(stdout).toContain("a\\x1b[2Jb");
    expect(stderr).toContain("\\x1b]0;owned");
    expect(code).toBe(1);
    expect(readFileSync(join(endpoints.folder, "a[2Jb"), "utf8")).toBe("x");
  });

  test("no server is named", async () => {
    const { code, stderr } = await runHere(["lr", "X", "-c", "pwd"], { cwd: endpoints.folder });
    expect(stderr).toMatch(/^cbapi: Cannot find credential profile 'default'.* --sandbox, which needs no server\./);
    expect(code).toBe(1);
  });

  test("SIGTERM and Ctrl-C end it with the session closed", async () => {
    for (const [name, status] of [
      ["SIGTERM", 143],
      ["SIGINT", 130],
    ] as const) {
      const { issued } = endpoints.sandbox.liveResponse.stats().commands;
      const ended = await endpoints.cli(["lr", HOST, "-c", "pwd; exec -w -o c:\\kept.txt timeout 60"], {
        onOutput: (child, stdout, stderr) => {
          if (stdout !== "c:\\\n" || stderr !== "") return;
          // It has been told what is in the directory, and waits for the program.
          void until(() => endpoints.sandbox.liveResponse.stats().commands.issued > issued + 1).then(() =>
            child.kill(name),
          );
        },
      });
      expect(ended.code).toBe(status);
      expect(endpoints.sandbox.liveResponse.stats().slots.used).toBe(0);
    }
  });

  test("a reader that has enough ends it without a word", async () => {
    writeFileSync(join(endpoints.folder, "long.bin"), Buffer.alloc(4 << 20, "x"));
    const { code, stderr } = await endpoints.cli(["lr", HOST, "-c", "put long.bin; cat long.bin"], {
      onOutput: (child, stdout) => {
        if (stdout.includes("xxx")) child.stdout?.destroy();
      },
    });
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("wrong usage", async () => {
    const wrong = [
      ["lr", "A", "B"],
      ["lr", "--seed", "1"],
      ["lr", "--sandbox", "--profile", "x"],
      ["lr", "run"],
    ];
    for (const args of wrong) {
      const { code, stderr } = await runHere(args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^cbapi: .*\nUsage: cbapi lr/)]);
    }
    expect((await runHere(["lr", "run", "--help"])).stdout).toContain("--sensors QUERY");
    expect((await runHere(["help", "lr"])).stdout).toContain("Usage: cbapi lr [HOST]");
  });
});
