// Names of users that are hard to search for, each on a process of its own.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";

/** Names that users and attackers choose, and all that query languages could take for their own. */
const AWKWARD = [
  ...["plain", "two words", '"quoted"', 'inner"quote', "trailing\\", "\\\\server\\share", "double\\\\slash"],
  ...["(parentheses)", "unbalanced)", "(open", "-leading", "+plus", "!not", "a&&b", "a||b", "and", "OR", "NOT", "TO"],
  ...["AND", "a or b", "x OR y", "field:value", "*:*", "*", "what?", "star*middle", "starXmiddle", "[1 TO 5]", "{x}"],
  ...["a~2", "b^3", "c:\\program files (x86)\\a b\\c.exe", "%APPDATA%", "/etc/passwd", "tab\there", "ünïcødé 世界 😀"],
  ...["<xml>&amp;", "a'b", "100%", "#hash", "a,b;c|d", "valueOf", "constructor", "__proto__", "toString", "true"],
  ...["null", "-3", "1.5"],
];

/** Those names, and such as chance makes, always the same ones. */
export const awkwardNames = (random: number): string[] =>
  [
    ...new Set([
      ...AWKWARD,
      ...fc.sample(fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }), { numRuns: random, seed: 42 }),
    ]),
  ]
    // Sensors give no names of blanks only, nor with blanks around them, and a dash is the log's word for none.
    .filter((value) => value.trim() === value && value !== "" && value !== "-");

/** A log of one process for each name, `odd.exe`, for `importFiles`. */
export async function logOf(names: readonly string[]): Promise<{ file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "cbapi escaping "));
  const file = join(folder, "one process for each name.jsonl");
  const lines = names.map((User, i) =>
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
  return { file, remove: () => rm(folder, { recursive: true }) };
}
