// What is put into a query of the cloud is found as it is: through the SDK's escaping and the server's parser.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { CbThreatHunterAPI, Process, Q, QueryBuilder, wildcard } from "cbapi/threathunter";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Names that users and attackers choose, and all that the query language could take for its own. */
const awkward = [
  ...["plain", "two words", '"quoted"', 'inner"quote', "trailing\\", "\\\\server\\share", "double\\\\slash"],
  ...[
    "(parentheses)",
    "unbalanced)",
    "(open",
    "-leading",
    "+plus",
    "!not",
    "a&&b",
    "a||b",
    "and",
    "OR",
    "NOT",
    "TO",
    "AND",
  ],
  ...[
    "a or b",
    "x OR y",
    "field:value",
    "*:*",
    "*",
    "what?",
    "star*middle",
    "starXmiddle",
    "[1 TO 5]",
    "{x}",
    "a~2",
    "b^3",
  ],
  ...["c:\\program files (x86)\\a b\\c.exe", "%APPDATA%", "/etc/passwd", "tab\there", "ünïcødé 世界 😀", "<xml>&amp;"],
  ...[
    "a'b",
    "100%",
    "#hash",
    "a,b;c|d",
    "valueOf",
    "constructor",
    "__proto__",
    "toString",
    "true",
    "null",
    "-3",
    "1.5",
  ],
];

const values = [
  ...new Set([
    ...awkward,
    ...fc.sample(fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }), { numRuns: 100, seed: 42 }),
  ]),
]
  // Sensors give no names of blanks only, nor with blanks around them, and a dash is the log's word for none.
  .filter((value) => value.trim() === value && value !== "" && value !== "-");

let sandbox: Sandbox;
let cb: CbThreatHunterAPI;
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
  sandbox = await Sandbox.start({ tls: false, organisation: "empty", importFiles: [file] });
  sandbox.behaviour.searchPolls = 1;
  const { url, token, orgKey } = sandbox.credentials("cloud");
  cb = new CbThreatHunterAPI({ url, token, orgKey, allowHttp: true });
});
afterAll(async () => {
  await cb.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

/** The names of those who are found. */
async function names(query: ReturnType<typeof Process.query>): Promise<string[]> {
  const rows = await query.all();
  expect(rows.report().complete).toBe(true);
  return rows.map(({ process_username: names = [] }) => names[0] ?? "");
}

/** A name of a path is found by its end too, and in letters of either size. */
function expectOnly(found: readonly string[], value: string): void {
  expect(found).toContain(value);
  const wanted = value.toLowerCase();
  for (const name of found) {
    const is = name.toLowerCase();
    expect(is === wanted || is.endsWith(`\\${wanted}`) || is.endsWith(`/${wanted}`), `${name} for ${value}`).toBe(true);
  }
}

describe("a value", () => {
  it.each(values)("%o is found by a term, in a template, in quotes and beside others", async (value) => {
    expectOnly(await names(cb.select(Process).where({ process_username: value })), value);
    expectOnly(await names(cb.select(Process).where`process_username:${value}`), value);
    expectOnly(await names(cb.select(Process).where`process_username:"${value}" AND device_id:*`), value);
    const built = new QueryBuilder({ device_name: wildcard("odd*") }).and({ process_username: value });
    expectOnly(await names(cb.select(Process).where(built.not({ process_name: value }))), value);
  });

  it("is left out by its opposite, and by nothing else", async () => {
    const all = await names(cb.select(Process));
    expect(all).toHaveLength(values.length);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...values), async (value) => {
        const found = await names(cb.select(Process).where({ process_username: value }));
        const others = await names(cb.select(Process).not({ process_username: value }));
        expect([...found, ...others].toSorted()).toEqual(all.toSorted());
      }),
      { numRuns: 20 },
    );
  });

  it("is one of several", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...values), { minLength: 2, maxLength: 5 }), async (some) => {
        const found = await names(cb.select(Process).where({ process_username: some }));
        expect(found).toEqual(expect.arrayContaining(some));
        const either = some
          .slice(1)
          .reduce((q, value) => q.or({ process_username: value }), Q({ process_username: some[0] ?? "" }));
        expect((await names(cb.select(Process).where(either))).toSorted()).toEqual(found.toSorted());
      }),
      { numRuns: 20 },
    );
  });
});

describe("an asterisk", () => {
  it("is itself in a value, and anything in a pattern", async () => {
    expect(await names(cb.select(Process).where({ process_username: "star*middle" }))).toEqual(["star*middle"]);
    const both = await names(cb.select(Process).where({ process_username: wildcard("star*middle") }));
    expect(both.toSorted()).toEqual(["starXmiddle", "star*middle"].toSorted());
    expect(await names(cb.select(Process).where`process_username:*${"*m"}*`)).toEqual(["star*middle"]);
    expect(await names(cb.select(Process).where({ process_username: wildcard("sta?Xmid*") }))).toEqual(["starXmiddle"]);
  });
});
