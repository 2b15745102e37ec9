// What is put into a template is found as it is: through the SDK's escaping and the server's parser.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { type CbResponseAPI, Process } from "cbapi/response";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "./support/sandbox.js";

/** Names that users and attackers choose, and all that the query language could take for its own. */
const awkward = [
  "plain",
  "two words",
  '"quoted"',
  'inner"quote',
  "trailing\\",
  "\\\\server\\share",
  "(parentheses)",
  "unbalanced)",
  "-leading",
  "and",
  "OR",
  "NOT",
  "a or b",
  "field:value",
  "*",
  "what?",
  "star*middle",
  "[1 TO 5]",
  "c:\\program files (x86)\\a b\\c.exe",
  "%APPDATA%",
  "tab\there",
  "ünïcødé 世界 😀",
  "<xml>&amp;",
  "a'b",
  "100%",
  "#hash",
  "a,b;c|d",
];

const values = [
  ...new Set([
    ...awkward,
    ...fc.sample(fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }), { numRuns: 150, seed: 42 }),
  ]),
]
  // Sensors give no names of blanks only, nor with blanks around them, and a dash is the log's word for none.
  .filter((value) => value.trim() === value && value !== "" && value !== "-");

let sandbox: Sandbox;
let cb: CbResponseAPI;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi escaping "));
  const file = join(folder, "one process for each name.jsonl");
  const lines = values.map((User, i) =>
    JSON.stringify({
      Channel: "Microsoft-Windows-Sysmon/Operational",
      EventID: 1,
      Hostname: "ODD.example",
      UtcTime: `2020-09-20 17:${String(i % 60).padStart(2, "0")}:00.${String(i).padStart(3, "0")}`,
      ProcessGuid: `{00000000-0000-0000-0000-${(i + 1).toString(16).padStart(12, "0")}}`,
      ProcessId: String(1000 + i),
      Image: "C:\\odd\\odd.exe",
      CommandLine: `odd.exe ${i}`,
      User,
    }),
  );
  await writeFile(file, lines.join("\n"));
  sandbox = await Sandbox.start({ organisation: "empty", importFiles: [file] });
  cb = clientOf(sandbox);
});
afterAll(async () => {
  await cb.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

/** The names that the server takes for this one: it does not tell capitals, and knows accounts with and without domain. */
const equals = (a: string, b: string) => {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x === y || x.endsWith(`\\${y}`);
};

describe("a value in a query", () => {
  it("is imported as it is", async () => {
    const names = (await cb.select(Process).where("process_name:odd.exe").groupBy("id").all()).map(
      (proc) => proc.username,
    );
    expect([...names].sort()).toEqual([...values].sort());
  });

  it.each([
    ["a template", (value: string) => cb.select(Process).where`username:${value}`],
    ["a quoted template", (value: string) => cb.select(Process).where`username:"${value}"`],
    ["terms", (value: string) => cb.select(Process).where({ username: value })],
    ["a list of terms", (value: string) => cb.select(Process).where({ username: [value, "nobody at all"] })],
    [
      "several clauses",
      (value: string) =>
        cb.select(Process).where("process_name:odd.exe or process_name:even.exe").and({ username: value }),
    ],
  ])("finds exactly itself in %s", async (_form, queryFor) => {
    for (const value of values) {
      const found = (await queryFor(value).groupBy("id").all()).map((proc) => proc.username ?? "");
      const expected = values.filter((name) => equals(name, value));
      expect([...found].sort(), `for ${JSON.stringify(value)}: ${queryFor(value).query}`).toEqual([...expected].sort());
    }
  });
});
