import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { HOST, OFFLINE, useLrSandbox } from "../test-support/lr-sandbox.js";
import type { ResultLine } from "./results-file.js";

const endpoints = useLrSandbox();
/** Whatever happens: no slot is left taken. */
afterEach(() => expect(endpoints.sandbox.liveResponse.stats().slots.used).toBe(0));

describe("cbapi lr run", () => {
  const script = (name: string, source: string): string => {
    writeFileSync(join(endpoints.folder, name), source);
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
    const first = await endpoints.cli(args);
    expect(first.code).toBe(1);
    expect(first.stdout).toMatch(/^failed +WIN-\S+ \(2\) .*not \\x1b\[2J yet/m);
    expect(first.stderr).toMatch(/^3 endpoints: 2 done, 1 failed, in .*at most 2 slots in use$/m);
    const results = linesOf(readFileSync(join(endpoints.folder, "r.jsonl"), "utf8"));
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

    writeFileSync(join(endpoints.folder, "second-time"), "");
    const second = await endpoints.here([...args, "--files", "bytes", "--json"]);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain("2 endpoints done already by r.jsonl: passed over.");
    expect(second.stdout).not.toContain("\u001b");
    const [again, ...others] = linesOf(second.stdout);
    expect(others).toEqual([]);
    expect(again).toMatchObject({ target: 2, state: "done", value: { bytes: { size: 3 } } });
    expect(readdirSync(join(endpoints.folder, "bytes"))).toEqual([expect.stringMatching(/^2-WIN-\w+-bytes\.bin$/)]);

    const third = await endpoints.here(args);
    expect([third.code, third.stdout]).toEqual([0, ""]);
    expect(third.stderr).toContain("Nothing is left to do.");
  });

  test("endpoints from a file; what is not there is told before anything is begun", async () => {
    script("id.mjs", "export default (session) => session.sensorId");
    writeFileSync(join(endpoints.folder, "hosts"), `# mine\n${HOST.toLowerCase()}\r\n1 # the first\n`);
    const found = await endpoints.here(["lr", "run", "id.mjs", "--sensors", "@hosts", "--json"]);
    expect(
      linesOf(found.stdout)
        .map(({ value }) => value)
        .sort(),
    ).toEqual([1, 3]);
    const opened = endpoints.sandbox.liveResponse.stats().sessions.opened;
    writeFileSync(join(endpoints.folder, "hosts"), `${HOST}\nNOBODY\n4711\n`);
    const missing = await endpoints.here(["lr", "run", "id.mjs", "--sensors", "@hosts"]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      "cbapi: 2 sensors not found: NOBODY, 4711. Nothing was begun.\n",
    ]);
    expect(endpoints.sandbox.liveResponse.stats().sessions.opened).toBe(opened);
    const texts = { WIN: 2, "hostname:NOBODY": 1, "@nowhere": 1 };
    for (const [text, status] of Object.entries(texts)) {
      const { code, stderr } = await endpoints.here(["lr", "run", "id.mjs", "--sensors", text]);
      expect([code, stderr]).toEqual([status, expect.stringMatching(/^cbapi: .*\n$/)]);
    }
  });

  test("scripts that Node cannot load are told so, and nothing is asked of the server", async () => {
    script("broken.mjs", "export default (");
    const broken = await endpoints.cli(["lr", "run", "broken.mjs", "--sensors", "1"]);
    expect(broken.stderr).toMatch(/^cbapi: broken\.mjs cannot be loaded: SyntaxError: /);
    expect([broken.code, broken.stderr.split("\n").length]).toEqual([1, 2]);
    script("empty.mjs", "throw null");
    expect((await endpoints.here(["lr", "run", "empty.mjs", "--sensors", "1"])).stderr).toBe(
      "cbapi: empty.mjs cannot be loaded: Error: null\n",
    );
    script("stuck.mjs", "await new Promise(() => {}); export default () => 1;");
    const stuck = await endpoints.cli(["lr", "run", "stuck.mjs", "--sensors", "1"]);
    expect(stuck.stderr).toMatch(/^cbapi: stuck\.mjs cannot be loaded: .* something that never comes/);
    expect(stuck.code).toBe(1);
    script("typed.ts", "const one: number = 1; export default (): number => one;");
    const typed = await endpoints.cli(["lr", "run", "typed.ts", "--sensors", "1"]);
    // Node 22.18 and later take the types away by themselves.
    if ("typescript" in process.features && process.features.typescript !== false) expect(typed.code).toBe(0);
    else expect(typed.stderr).toMatch(/^cbapi: typed\.ts cannot be loaded: this Node .* Compile it/);
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
    const { code, stdout, stderr } = await endpoints.cli([
      "lr",
      "run",
      "stray.mjs",
      "--sensors",
      "1,2,3",
      "--output",
      "stray.jsonl",
    ]);
    expect(code).toBe(1);
    for (const text of ["in a timer", "not awaited"]) {
      expect(stderr).toContain(`The script failed outside of its job: ${text}\n`);
    }
    expect(stdout).toMatch(/^failed +\S+ \(3\) .*process\.exit\(0\) was called by the script/m);
    const results = linesOf(readFileSync(join(endpoints.folder, "stray.jsonl"), "utf8"));
    expect(
      results
        .filter(({ state }) => state === "done")
        .map(({ value }) => value)
        .sort(),
    ).toEqual([1, 2]);
    expect(existsSync(join(endpoints.folder, "stray.jsonl.lock"))).toBe(false);
    // Such an error fails a run in which every job is done.
    expect((await endpoints.cli(["lr", "run", "stray.mjs", "--sensors", "1"])).code).toBe(1);
  });

  test("endpoints that are offline expire at the deadline", async () => {
    script("id.mjs", "export default (session) => session.sensorId");
    const ended = await endpoints.here([
      "lr",
      "run",
      "id.mjs",
      "--sensors",
      String(OFFLINE),
      "--deadline",
      "1s",
      "--json",
    ]);
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
    const ended = await endpoints.cli(
      ["lr", "run", "slow.mjs", "--sensors", "1,2,3", "--slots", "2", "--output", "slow.jsonl"],
      {
        onOutput: (child, stdout, stderr) => {
          // Not before one has ended and others are under way.
          if (sent || !stdout.includes("done") || !/began [23]/.test(stderr)) return;
          sent = true;
          child.kill("SIGINT");
        },
      },
    );
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain("Stopping");
    const results = linesOf(readFileSync(join(endpoints.folder, "slow.jsonl"), "utf8"));
    expect(results.find(({ target }) => target === 1)).toMatchObject({ state: "done", value: "quick" });
    const cancelled = results.filter(({ state }) => state === "cancelled");
    expect(cancelled.length).toBeGreaterThan(0);
    for (const { attempts } of cancelled) expect(attempts).toBe(1);
    expect(existsSync(join(endpoints.folder, "slow.jsonl.lock"))).toBe(false);
  });
});
