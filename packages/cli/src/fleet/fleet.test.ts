import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { JobOutcome, RunProgress } from "cbapi/response";
import picocolors from "picocolors";
import { afterAll, describe, expect, test } from "vitest";
import { Terminal } from "../terminal.js";
import { Collected, runCli, temporaryFolder } from "../test-support/run-cli.js";
import { takeConsole } from "./console.js";
import { loadJob } from "./job-module.js";
import { type ResultLine, ResultsFile } from "./results-file.js";
import { parseSelection } from "./targets.js";
import { Values } from "./values.js";
import { countsText, FleetView, outcomeLine, runningLine, Tally } from "./view.js";

const folder = temporaryFolder();
afterAll(() => folder.remove());

const target = { id: 7, hostname: "WIN-1" };

describe("--sensors", () => {
  test("names endpoints in several ways", () => {
    expect(parseSelection("all")).toEqual({ kind: "all" });
    expect(parseSelection(" 3, 5,8,3 ")).toEqual({ kind: "ids", ids: [3, 5, 8] });
    expect(parseSelection("hostname:WIN")).toEqual({ kind: "query", field: "hostname", value: "WIN" });
    expect(parseSelection('hostname:"A B"')).toEqual({ kind: "query", field: "hostname", value: "A B" });
    expect(parseSelection("groupid:1")).toEqual({ kind: "query", field: "groupid", value: "1" });
    expect(parseSelection("ip:10.0.")).toEqual({ kind: "query", field: "ip", value: "10.0." });
    expect(parseSelection("@my hosts.txt")).toEqual({ kind: "file", path: "my hosts.txt" });
  });

  test.each(["", ",", "WIN-1", "3,x", "hostname:", "groupid:a", "@", "-1"])("%j makes no sense", (text) => {
    expect(() => parseSelection(text)).toThrow(/^--sensors: /);
  });
});

const line = (id: number, state: ResultLine["state"]): ResultLine => ({
  ...{ target: id, hostname: `H${id}`, state, attempts: 1 },
  ...{ started: "2024-01-01T00:00:00.000Z", ended: "2024-01-01T00:00:01.000Z" },
});

describe("the file of results", () => {
  const path = join(folder.path, "results.jsonl");

  test("is added to, and tells the next run what is done; the last line on an endpoint counts", async () => {
    const first = await ResultsFile.open(path);
    expect([first.done.size, first.others]).toEqual([0, 0]);
    await Promise.all([first.write(line(1, "failed")), first.write(line(2, "done")), first.write(line(3, "expired"))]);
    await first.write({ ...line(1, "done"), value: "x\ny" });
    await first.close();
    const next = await ResultsFile.open(path);
    expect([[...next.done].sort(), next.others]).toEqual([["1", "2"], 1]);
    await next.close();
    expect(readFileSync(path, "utf8").trimEnd().split("\n").length).toBe(4);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  test("is written by one run at a time; a lock that nobody holds any more is taken over", async () => {
    const held = await ResultsFile.open(path);
    await expect(ResultsFile.open(path)).rejects.toThrow(`Another run writes ${path} (process ${process.pid})`);
    await held.close();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    writeFileSync(`${path}.lock`, JSON.stringify({ pid, host: hostname() }));
    await (await ResultsFile.open(path)).close();
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: 1, host: "elsewhere" }));
    await expect(ResultsFile.open(path)).rejects.toThrow("If there is none, remove");
  });

  test.skipIf(process.platform === "win32")("leaves no lock behind that could not be written", async () => {
    const job = join(folder.path, "job.mjs");
    writeFileSync(job, "export default () => 1");
    const results = join(folder.path, "full.jsonl");
    // A process that may make files but not fill them, as on a full disk.
    const ended = await runCli(["lr", "run", job, "--sensors", "1", "--output", results], {
      within: ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"],
    });
    expect([ended.code, ended.stderr]).toEqual([1, "cbapi: EFBIG: file too large, write\n"]);
    expect(existsSync(`${results}.lock`)).toBe(false);
  });

  test("goes on behind a line that was cut off, and leaves files alone that are something else", async () => {
    const cut = join(folder.path, "cut.jsonl");
    writeFileSync(cut, `${JSON.stringify(line(1, "done"))}\n{"target":2,"sta`);
    const file = await ResultsFile.open(cut);
    await file.write(line(2, "done"));
    await file.close();
    expect(
      readFileSync(cut, "utf8")
        .trimEnd()
        .split("\n")
        .map((text) => (JSON.parse(text) as ResultLine).target),
    ).toEqual([1, 2]);

    const whole = join(folder.path, "whole.jsonl");
    writeFileSync(whole, JSON.stringify(line(1, "done")));
    await (await ResultsFile.open(whole)).close();
    expect(readFileSync(whole, "utf8")).toBe(`${JSON.stringify(line(1, "done"))}\n`);

    const other = join(folder.path, "thesis.txt");
    writeFileSync(other, "Chapter 1\nIt was night.\n");
    await expect(ResultsFile.open(other)).rejects.toThrow("Line 1 of");
    expect(readFileSync(other, "utf8")).toBe("Chapter 1\nIt was night.\n");
    expect(existsSync(`${other}.lock`)).toBe(false);
  });

  test("is read line by line, however many bytes come at a time", async () => {
    const long = join(folder.path, "long.jsonl");
    const states = ["done", "failed", "done"] as const;
    const texts = states.map((state, id) => JSON.stringify({ ...line(id, state), value: "é".repeat(70_000 + id) }));
    writeFileSync(long, `${texts.join("\n")}\n\n{"target":3,"value":"${"é".repeat(100_000)}`);
    const file = await ResultsFile.open(long);
    expect([[...file.done], file.others]).toEqual([["0", "2"], 1]);
    await file.write(line(3, "done"));
    await file.close();
    const kept = readFileSync(long, "utf8");
    expect(kept).toBe(`${texts.join("\n")}\n\n${JSON.stringify(line(3, "done"))}\n`);
  });

  test("is a file in a folder that is there", async () => {
    await expect(ResultsFile.open(folder.path)).rejects.toThrow("is a folder; a file is expected");
    await expect(ResultsFile.open(join(folder.path, "nowhere", "x"))).rejects.toThrow(
      `The folder ${join(folder.path, "nowhere")} does not exist`,
    );
    if (process.platform !== "win32") await expect(ResultsFile.open("/dev/null")).rejects.toThrow("is no file");
    expect(existsSync(`${folder.path}.lock`)).toBe(false);
  });
});

describe("what jobs return", () => {
  test("becomes JSON, whatever it is", async () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle["self"] = circle;
    const value = {
      ...{ text: "x", none: undefined, empty: null, nan: Number.NaN, big: 2n ** 70n, small: 5n },
      ...{ at: new Date(0), bytes: Buffer.from("abc"), map: new Map([[1, "a"]]), set: new Set([1, 2]) },
      ...{ error: new TypeError("no"), call: () => 1, list: [undefined, Buffer.from("d")], circle },
    };
    const converted = await new Values(undefined).toJson(value, target);
    expect(JSON.parse(JSON.stringify(converted))).toEqual({
      ...{ text: "x", empty: null, nan: { text: "NaN" }, big: "1180591620717411303424", small: 5 },
      ...{ at: "1970-01-01T00:00:00.000Z", bytes: { base64: "YWJj" }, map: { 1: "a" }, set: [1, 2] },
      ...{ error: { name: "TypeError", message: "no" }, call: { text: "[Function: call]" } },
      ...{ list: [null, { base64: "ZA==" }], circle: { a: 1, self: { text: expect.any(String) as string } } },
    });
    expect(await new Values(undefined).toJson(undefined, target)).toBeUndefined();
  });

  test("goes to files with names of their own when it is bytes", async () => {
    const values = new Values(join(folder.path, "files"));
    await values.prepare();
    const hostile = { id: 9, hostname: "../../etc/pass\u001bwd" };
    const value = { "../x": Buffer.from("one"), _x: 1, ".._X": Buffer.from("two") };
    const kept = (await values.toJson(value, hostile)) as Record<
      string,
      { file: string; size: number; sha256: string }
    >;
    const names = [kept["../x"]?.file ?? "", kept[".._X"]?.file ?? ""];
    // Some systems do not tell small letters from large ones.
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^9-[^/\\]+\.bin$/);
    expect(readFileSync(join(folder.path, "files", names[1] ?? ""), "utf8")).toBe("two");
    expect(kept["../x"]?.sha256).toMatch(/^7692c3ad/);
    expect(await values.toJson(Buffer.from("x"), target)).toMatchObject({ file: "7-WIN-1.bin", size: 1 });
  });
});

describe("scripts", () => {
  let number = 0;
  const script = (source: string, end = "mjs"): string => {
    const path = join(folder.path, `job ${++number}.${end}`);
    writeFileSync(path, source);
    return path;
  };
  const runs = async (source: string, end?: string): Promise<unknown> => {
    const job = await loadJob(script(source, end));
    const work: (session: never, context: never) => unknown = typeof job === "function" ? job : job.run.bind(job);
    return work(7 as never, undefined as never);
  };

  test("offer their job in several ways", async () => {
    expect(await runs("export default (session) => session + 1")).toBe(8);
    expect(await runs("export default class { #add = 2; run(session) { return session + this.#add } }")).toBe(9);
    expect(await runs("export default { add: 3, run(session) { return session + this.add } }")).toBe(10);
    expect(await runs("export const job = { run: (session) => session + 4 }")).toBe(11);
    expect(await runs("export async function getjob() { return { run: (session) => session + 5 } }")).toBe(12);
    expect(await runs("export function run(session) { return session + 6 }")).toBe(13);
    expect(await runs("module.exports = (session) => session + 7", "cjs")).toBe(14);
    const marked = await loadJob(script("export const repeatable = true; export default () => 1"));
    expect(marked.repeatable).toBe(true);
  });

  test.each([
    ["export const x = 1", "mjs", "offers no job (it exports x)"],
    ["export default 5", "mjs", "offers no job"],
    ['import "./not-there.mjs"', "mjs", "What it imports is looked for"],
    ["throw new Error('boom')", "mjs", "cannot be loaded: Error: boom"],
    ["export function getjob() { throw new Error('boom') }", "mjs", "getjob() of"],
    ["throw null", "mjs", "cannot be loaded: Error: null"],
    ["export default class { constructor() { throw new Error('boom') } run() {} }", "mjs", "cannot be made: boom"],
  ])("that are wrong are told so: %s", async (source, end, message) => {
    await expect(loadJob(script(source, end))).rejects.toThrow(message);
  });

  test("that are not there are told so", async () => {
    await expect(loadJob(join(folder.path, "nowhere.mjs"))).rejects.toThrow("nowhere.mjs does not exist.");
    await expect(loadJob(folder.path)).rejects.toThrow("is no file: a script is expected.");
  });
});

describe("what is shown of a run", () => {
  const terminal = { colors: picocolors.createColors(false), width: 80 };
  const progressed: RunProgress = {
    ...{ total: 102, totalKnown: true, done: 81, failed: 2, expired: 0, cancelled: 0 },
    ...{ running: 3, waiting: 12, offline: 4, slotsInUse: 3 },
  };
  const outcome: JobOutcome<unknown> = { target: 7, id: 1, state: "done", attempts: 1, queued: 10, ran: 420 };

  test("how far it is", () => {
    expect(countsText(progressed, 42_000)).toBe(
      "81 done, 2 failed, 3 running, 12 waiting, 4 offline of 102, slots 3, 0:42",
    );
    expect(runningLine({ id: 1, target: 7, attempt: 2, ran: 61_000, progress: 0.4 }, "WIN-1", 80)).toBe(
      `  ${"WIN-1 (7)".padEnd(30)}    1:01  attempt 2  [####------] 40%`,
    );
    expect(runningLine({ id: 1, target: 7, attempt: 1, ran: 0, progress: "\u001b[2J" }, "W", 80)).toContain("\\x1b[2J");
  });

  test("what became of an endpoint, without what could steer the terminal", () => {
    expect(outcomeLine(outcome, "WIN-1", '{"n":1}', terminal)).toBe(
      `done      ${"WIN-1 (7)".padEnd(30)}   0.4 s  {"n":1}`,
    );
    const failed = { ...outcome, state: "failed" as const };
    expect(outcomeLine(failed, "WIN-1", "gone\u001b[2J", terminal)).toContain("gone\\x1b[2J");
    for (const width of [30, 50, 80]) {
      expect(outcomeLine(failed, "LONG-NAME".repeat(5), "x".repeat(99), { ...terminal, width }).length).toBe(width);
      const job = { id: 1, target: 7, attempt: 2, ran: 0, progress: "y".repeat(99) };
      expect(runningLine(job, "LONG-NAME".repeat(5), width).length).toBe(width);
    }
    expect(outcomeLine(outcome, "W", "x".repeat(10_000), terminal).length).toBeLessThanOrEqual(80);
  });

  test("each outcome is a line, unless a table shows it and a file keeps it", () => {
    const shown = (screens: { out: boolean; error: boolean }, options: { quiet: boolean; kept: boolean }): string => {
      const [out, error] = [new Collected(screens.out), new Collected(screens.error)];
      const view = new FleetView(
        new Terminal(out, error, { NO_COLOR: "1" }),
        { progress: () => progressed, running: () => [] },
        { nameOf: String, ...options },
      );
      view.outcome(outcome, { n: 1 });
      view.end();
      return out.text;
    };
    const line = expect.stringMatching(/^done .* \{"n":1\}\n$/) as string;
    const [screen, file] = [
      { quiet: false, kept: false },
      { quiet: false, kept: true },
    ];
    expect(shown({ out: true, error: true }, screen)).toEqual(line);
    expect(shown({ out: true, error: true }, file)).toBe("");
    // Nobody sees the table.
    expect(shown({ out: true, error: false }, file)).toEqual(line);
    expect(shown({ out: false, error: true }, file)).toEqual(line);
    expect(shown({ out: false, error: false }, { quiet: true, kept: false })).toBe("");
  });

  test("what scripts write to the console goes where it does no harm", () => {
    const said: string[] = [];
    const giveBack = takeConsole((text) => said.push(text));
    try {
      console.log("a %s\nb", "word");
      console.dir({ deep: { er: 1 } });
      console.table([{ x: 1 }]);
    } finally {
      giveBack();
    }
    expect(said.slice(0, 3)).toEqual(["a word", "b", "{ deep: { er: 1 } }"]);
    expect(said.slice(3).join("\n")).toContain("│ x │");
  });

  test("what is said at the end", () => {
    const tally = new Tally();
    tally.outcome(outcome, "WIN-1");
    tally.outcome({ ...outcome, state: "failed", ran: 9000, error: new Error("Sensor 3 is gone") }, "WIN-3");
    tally.outcome({ ...outcome, state: "expired", attempts: 0, error: new Error("Sensor 4 is gone") }, "WIN-4");
    const lines = tally.lines(3);
    expect(lines[0]).toMatch(/^3 endpoints: 1 done, 1 failed, 1 expired, in /);
    expect(lines[1]).toContain("9.0 s at the longest (WIN-3)");
    expect(lines[2]).toBe("  2 x Sensor N is gone");
  });
});
