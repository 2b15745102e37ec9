// The table of models is written when every file of tests has told what it uses, and not before.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The script in a project of its own: the packages of this one, its own tests, and what they have left. */
function project(tests: readonly string[], records: Readonly<Record<string, object>>) {
  const folder = mkdtempSync(join(tmpdir(), "cbapi-models-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["packages", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("docs/models.md", "as it was");
  write("scripts/package.json", `{ "type": "module" }`);
  copyFileSync(join(root, "scripts/model-table.js"), join(folder, "scripts/model-table.js"));
  for (const path of tests) write(path, "");
  for (const [file, uses] of Object.entries(records)) {
    write(`test/.exercised/${file.replace(/\W+/g, "-")}.json`, JSON.stringify({ file, uses }));
  }
  const run = () => spawnSync(process.execPath, ["scripts/model-table.js"], { cwd: folder, encoding: "utf8" });
  return { run, page: () => readFileSync(join(folder, "docs/models.md"), "utf8"), folder };
}

it("is left as it was while tests have not been recorded, and they are named", () => {
  const tests = ["test/paging.test.ts", "test/response/bans.test.ts", "test/response/feeds.test.ts"];
  const uses = { "Sensor.select by key": ["a sensor"] };
  const { run, page } = project(tests, { "test/response/bans.test.ts": uses, "test/gone.test.ts": uses });
  const { status, stderr, stdout } = run();
  expect([status, stdout, page()]).toEqual([1, "", "as it was"]);
  expect(stderr).toContain("not been recorded:\n  test/paging.test.ts\n  test/response/feeds.test.ts\nRun");
  const none = project(["test/paging.test.ts"], {});
  expect(existsSync(join(none.folder, "test/.exercised"))).toBe(false);
  expect([none.run().status, none.page()]).toEqual([1, "as it was"]);
});

it("shows what tests use that are there, and nothing of those that are gone", () => {
  const { run, page } = project(["test/response/sensors.test.ts", "test/empty.test.ts"], {
    "test/response/sensors.test.ts": { "Sensor.select by key": ["a sensor is read"] },
    "test/empty.test.ts": {},
    "test/response/gone.test.ts": { "Site.select by key": ["a site is read"], "Sensor.save": ["a sensor is saved"] },
  });
  const { status, stderr, stdout } = run();
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Site: by key");
  expect(page()).toContain("| `by key` | key | response/sensors: a sensor is read |");
  expect(page()).not.toContain("gone");
});
