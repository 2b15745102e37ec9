// What tests have used of models, as test/support/exercised.ts has recorded it.
import { existsSync, readdirSync, readFileSync } from "node:fs";

/**
 * A part of a model, and what is recorded of its use: any of these will do.
 * @typedef {{ readonly name: string, readonly kind: string, readonly uses: readonly string[] }} Cell
 * Use -> the tests that show it.
 * @typedef {ReadonlyMap<string, readonly { readonly file: string, readonly name: string }[]>} Recorded
 */

/**
 * What was recorded, and the files of tests of which nothing was.
 * @param {string} root @returns {{ recorded: Recorded, missing: string[] }}
 */
export function recordedUses(root) {
  const records = `${root}test/.exercised`;
  const left = existsSync(records) ? readdirSync(records).filter((name) => name.endsWith(".json")) : [];
  /** @type {{ readonly file: string, readonly uses: Record<string, string[]> }[]} */
  const all = left.map((name) => JSON.parse(readFileSync(`${records}/${name}`, "utf8")));
  // A file of tests that is gone shows nothing any more.
  const current = all.filter(({ file }) => existsSync(`${root}${file}`));
  const missing = testFiles(root).filter((path) => current.every(({ file }) => file !== path));
  /** @type {Map<string, { file: string, name: string }[]>} */
  const recorded = new Map();
  for (const { file, uses } of current) {
    for (const [use, names] of Object.entries(uses)) {
      recorded.set(use, [...(recorded.get(use) ?? []), ...names.map((test) => ({ file, name: test }))]);
    }
  }
  return { recorded, missing };
}

/** @param {Cell} cell @param {Recorded} recorded */
export function isEmpty({ uses }, recorded) {
  return !uses.some((use) => recorded.has(use));
}

/** The files of tests on the sandbox, as they are recorded: `test/paging.test.ts`. @param {string} root */
function testFiles(root) {
  const paths = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" }).map((path) =>
    path.replaceAll("\\", "/"),
  );
  return paths
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `test/${path}`)
    .sort();
}
