// The table of models is written when every file of tests has told what it uses, and not before.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the package exports, but for what is no product. */
const products = Object.keys(
  (JSON.parse(readFileSync(join(root, "packages/cbapi/package.json"), "utf8")) as { exports: object }).exports,
).flatMap((path) => /^\.\/(?!events$)(\w+)$/.exec(path)?.[1] ?? []);

const pageOf = (product: string): string => `docs/models/${product}.md`;

/** The script in a project of its own: the packages of this one, its own tests, and what they have left. */
function project(tests: readonly string[], records: Readonly<Record<string, object>>) {
  const folder = mkdtempSync(join(tmpdir(), "cbapi-models-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["packages", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const product of products) write(pageOf(product), "as it was");
  write("scripts/package.json", `{ "type": "module" }`);
  for (const name of ["model-table.js", "model-table"]) {
    cpSync(join(root, "scripts", name), join(folder, "scripts", name), { recursive: true });
  }
  for (const path of tests) write(path, "");
  for (const [file, uses] of Object.entries(records)) {
    write(`test/.exercised/${file.replace(/\W+/g, "-")}.json`, JSON.stringify({ file, uses }));
  }
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/model-table.js", ...args], { cwd: folder, encoding: "utf8" });
  const page = (product = "response") => readFileSync(join(folder, pageOf(product)), "utf8");
  return { run, page, folder };
}

it("is left as it was while tests have not been recorded, and they are named", () => {
  const tests = ["test/paging.test.ts", "test/response/bans.test.ts", "test/response/feeds.test.ts"];
  const uses = { "response/Sensor.select by key": ["a sensor"] };
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
    "test/response/sensors.test.ts": { "response/Sensor.select by key": ["a sensor is read"] },
    "test/empty.test.ts": {},
    "test/response/gone.test.ts": {
      "response/Site.select by key": ["a site is read"],
      "response/Sensor.save": ["a sensor is saved"],
    },
  });
  const { status, stderr, stdout } = run();
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Site: by key");
  expect(page()).toContain("| `by key` | key | response/sensors: a sensor is read |");
  expect(page()).not.toContain("gone");
});

it("has a page for each product, and tells models of the same name apart", () => {
  const { run, page } = project(["test/protection/users.test.ts"], {
    "test/protection/users.test.ts": { "protection/User.select by key": ["a user is read"] },
  });
  const { stdout } = run();
  const rowsOf = (text: string) => text.split("\n").filter((line) => line.startsWith("| [User](#user)"));
  expect(rowsOf(page("protection"))).toEqual([expect.stringContaining("/v1/user` | **no test** | yes |")]);
  expect(rowsOf(page("response"))).toEqual([expect.stringContaining("/api/user` | **no test** | **no test** |")]);
  // What the class itself offers is a part of the model too.
  expect(page("response")).toContain("| `BannedHash.ban` | static | **none** |");
  expect(page("response")).not.toContain("fetchMany");
  // What cannot be read by a key is not asked for a test of that.
  expect(page("protection")).toMatch(
    /\n\| \[Notification\]\(#notification\) \| `\S+` \| {2}\| {2}\| \*\*no test\*\* \|/,
  );
  expect(stdout).toMatch(/docs\/models\/protection\.md: \d+ classes, \d+ parts, \d+ without a test/);
  const { status, stderr } = run("--check");
  expect(status).toBe(1);
  for (const product of products) {
    expect(stderr).toMatch(new RegExp(`of the \\d+ parts of cbapi/${product} are exercised by no test`));
  }
});
