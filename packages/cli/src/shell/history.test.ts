import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../test-support/run-cli.js";
import { History, historyFile, mayBeKept } from "./history.js";
import { cleanName, localTarget } from "./local-names.js";

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe("the history of the shell", () => {
  test.each([
    ["ls c:\\temp", true],
    ["pwd", true],
    ["exec -w ipconfig /all", true],
    [" ls", false],
    ["", false],
    ["exec net use z: \\\\x\\y Geheim /user:bob", false],
    ["exec net user bob Geheim /add", false],
    ["reg set HKLM\\SOFTWARE\\x\\DefaultPassword Geheim", false],
    ["!curl -u bob:geheim https://x", false],
    ["!curl https://bob:geheim@x", false],
    ["exec tool --api-key=abc", false],
    ["exec runas /user:bob cmd", false],
    ["exec x pwd=abc", false],
  ])("%j may be kept: %j", (line, kept) => {
    expect(mayBeKept(line)).toBe(kept);
  });

  test("is a file of one's own, with each line once in a row", async () => {
    const path = join(folder.path, "state", "cbapi", "lr_history");
    const history = new History(path);
    expect(await history.load()).toEqual([]);
    for (const line of ["ls", "ls", "exec x token=1", "ps"]) await history.add(line);
    expect(readFileSync(path, "utf8")).toBe("ls\nps\n");
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await new History(path).load()).toEqual(["ps", "ls"]);
  });

  test("does not follow a link, keeps its length, and does without a file", async () => {
    const victim = join(folder.path, "victim");
    writeFileSync(victim, "mine\n");
    const link = join(folder.path, "link");
    symlinkSync(victim, link);
    await new History(link).add("ls");
    expect(readFileSync(victim, "utf8")).toBe("mine\n");

    const long = join(folder.path, "long");
    writeFileSync(long, Array.from({ length: 3000 }, (_, index) => `ls ${index}\n`).join(""), { mode: 0o644 });
    expect((await new History(long).load()).length).toBe(1000);
    expect(readFileSync(long, "utf8").split("\n").length).toBe(1001);
    if (process.platform !== "win32") expect(statSync(long).mode & 0o777).toBe(0o600);

    const none = new History(undefined);
    await none.add("ls");
    expect(await none.load()).toEqual([]);
    mkdirSync(join(folder.path, "directory"));
    await new History(join(folder.path, "directory")).add("ls");
  });

  test("stands where the system has such files", () => {
    expect(historyFile({ XDG_STATE_HOME: "/s", HOME: "/h" }, "linux")).toBe(join("/s", "cbapi", "lr_history"));
    expect(historyFile({ HOME: "/h" }, "darwin")).toBe(join("/h", ".local", "state", "cbapi", "lr_history"));
  });
});

describe("names of local files", () => {
  test.each([
    ["hosts", "hosts"],
    ["..", ""],
    ["...", ""],
    ["a/b\\c:d", "a_b_c_d"],
    ["evil\u001b[2J\u202e.txt", "evil[2J.txt"],
    ["CON.txt", "_CON.txt"],
    ["nul", "_nul"],
    ["report. ", "report"],
    ["", ""],
  ])("%j becomes %j", (given, clean) => {
    expect(cleanName(given)).toBe(clean);
  });

  test("a file keeps its own name unless it is given one", async () => {
    expect(await localTarget("x.txt", undefined)).toBe("x.txt");
    expect(await localTarget("x.txt", folder.path)).toBe(join(folder.path, "x.txt"));
    expect(await localTarget("x.txt", "y/z.txt")).toBe("y/z.txt");
    await expect(localTarget("..", undefined)).rejects.toThrow("gives no name");
  });
});
