// Where the uses of models are noted.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "test", ".exercised");

/** What one file of tests used: `Model.member` -> the names of the tests that used it and passed. */
export interface UseRecord {
  readonly file: string;
  readonly uses: Readonly<Record<string, readonly string[]>>;
}

/** The file of tests by its name in the project, and where its uses are noted. */
export function placesOf(testPath: string): {
  readonly folder: string;
  readonly file: string;
  readonly record: string;
} {
  const file = relative(root, testPath);
  return { folder, file, record: join(folder, `${file.replace(/\W+/g, "-")}.json`) };
}

/**
 * Before a run: forgets tests that are no longer there. Each file of tests that runs replaces its own record, so that one
 * can be run again without all others.
 */
export default function clean(): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    const path = join(folder, name);
    const { file } = JSON.parse(readFileSync(path, "utf8")) as UseRecord;
    if (!existsSync(join(root, file))) rmSync(path);
  }
}
