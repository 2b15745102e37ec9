// Notes which members of which model each test uses, for the table of models (`scripts/model-table.js`).
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeEach, expect, type TestContext } from "vitest";
import { placesOf, type UseRecord } from "./exercised-folder.js";
import { beginTest, endTest } from "./watch-models.js";

/** `Model.member` with the names of the tests that used it and passed. */
const uses = new Map<string, string[]>();
const { folder, file, record } = placesOf(expect.getState().testPath ?? "");
// Tests that break off before their end have shown nothing.
rmSync(record, { force: true });

beforeEach(beginTest);

afterEach(({ task }: TestContext) => {
  // What a test used in vain has not been shown to work.
  const used = endTest();
  if (task.result?.state === "fail") return;
  for (const use of used) uses.set(use, [...(uses.get(use) ?? []), nameOf(task)]);
});

afterAll(() => {
  mkdirSync(folder, { recursive: true });
  const sorted = Object.fromEntries([...uses].sort(([a], [b]) => (a < b ? -1 : 1)));
  const found: UseRecord = { file, uses: sorted };
  // In one step: another run may be reading the folder.
  const partial = `${record}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(found, undefined, 1)}\n`);
  renameSync(partial, record);
});

/** The name of a test with those of the groups that it is in. */
function nameOf(task: TestContext["task"]): string {
  const names = [task.name];
  for (let { suite } = task; suite !== undefined; { suite } = suite) names.unshift(suite.name);
  return names.filter((name) => name !== "").join(" > ");
}
