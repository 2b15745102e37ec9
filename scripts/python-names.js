// Writes docs/python-names.md: each public name of the Python library, what it is called here, and a test that uses it.
//
//   node scripts/python-names.js          after `npm run build` and `npx vitest run --project integration`
//   node scripts/python-names.js --check  fails when a name has nothing that answers to it, no test uses it, or the page is old
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { declaredMembers } from "./model-table/declared.js";
import { recordedUses } from "./model-table/uses.js";
import { CLOUD } from "./python-names/cloud.js";

/**
 * @typedef {import("./python-names/cloud.js").PythonClass} PythonClass
 * @typedef {{ readonly python: string, readonly ours: string, readonly test: string | undefined, readonly exists: boolean }} Row
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "docs/python-names.md";
const isCheck = process.argv.includes("--check");
const { recorded } = recordedUses(root);

/** @type {Map<string, { readonly members: ReturnType<typeof declaredMembers>, readonly module: Record<string, unknown> }>} */
const built = new Map();

/** @param {string} product */
async function builtOf(product) {
  const known = built.get(product);
  if (known !== undefined) return known;
  const path = `${root}packages/cbapi/dist/${product}/index`;
  const loaded = { members: declaredMembers(`${path}.d.ts`), module: await import(pathToFileURL(`${path}.js`).href) };
  built.set(product, loaded);
  return loaded;
}

/** `device_update_policy` -> `deviceUpdatePolicy`, `and_` -> `and`. @param {string} name */
function camelCase(name) {
  return name.replace(/_$/, "").replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** @param {string | undefined} text @returns {string[]} */
function words(text) {
  return text === undefined ? [] : text.split(/\s+/).filter((word) => word !== "");
}

/** @param {PythonClass} cls @returns {Promise<Row[]>} */
async function rowsOf({ python, product, ours, kind, members, fields, renamed = {}, by }) {
  const { members: declared, module } = await builtOf(product);
  const isQuery = kind === "query";
  const owner = isQuery ? `${ours}.query` : ours;
  const known = declared.get(owner);
  const record = kind === "model" ? recordOf(module[ours]) : {};
  /** @param {...string} used */
  const testOf = (...used) => {
    // What the products of the Cloud share is recorded as the platform's.
    const tests = used.flatMap((use) => [product, "psc"].flatMap((owner) => recorded.get(`${owner}/${use}`) ?? []));
    return tests.toSorted((a, b) => (a.file < b.file ? -1 : 1))[0];
  };
  /** @param {string | undefined} name @param {string} shown @param {boolean} exists @param {ReturnType<typeof testOf>} test */
  const row = (name, shown, exists, test) => ({
    python: name === undefined ? python : `${python}.${name}`,
    ours: shown,
    exists,
    test: test && `${test.file.replace(/^test\//, "").replace(/\.test\.ts$/, "")}: ${test.name}`,
  });
  // A class is used where anything of it is.
  const ofClass = [...recorded.keys()].flatMap((use) =>
    [product, "psc"].flatMap((each) => (use.startsWith(`${each}/${owner}.`) ? [use.slice(each.length + 1)] : [])),
  );
  if (by !== undefined) ofClass.push(by);
  const rows = [
    row(undefined, isQuery ? `cb.select(${ours})` : ours, known !== undefined, testOf(...ofClass)),
    ...words(members).map((name) => {
      const own = renamed[name] ?? camelCase(name);
      const [first = own] = own.split(".");
      const exists = known?.has(first) === true || Object.hasOwn(record, own) || first === "spec";
      const test = first === "spec" ? testOf(...ofClass) : testOf(`${owner}.${own}`);
      return row(name, isQuery ? `cb.select(${ours}).${own}` : `${ours}.${own}`, exists, test);
    }),
    ...words(fields).map((name) => {
      const exists = Object.hasOwn(record, name) || known?.has(name) === true;
      return row(name, `${ours}.${name}`, exists, testOf(...ofClass));
    }),
  ];
  return rows;
}

/** @param {unknown} model @returns {object} */
function recordOf(model) {
  return typeof model === "function" && "record" in model ? /** @type {object} */ (model.record) : {};
}

const sections = [];
for (const cls of CLOUD) sections.push({ cls, rows: await rowsOf(cls) });
const rows = sections.flatMap(({ rows }) => rows);
const absent = rows.filter(({ exists }) => !exists).map(({ python, ours }) => `${python}: no ${ours}`);
const unused = rows.filter(({ exists, test }) => exists && test === undefined).map(({ python }) => python);

/** @param {string} cell */
const escaped = (cell) => cell.replaceAll("|", "\\|");
const text = `${[
  "# Coming from Python: names of Carbon Black Cloud",
  "",
  "Every public name of `CbDefenseAPI` and `CbThreatHunterAPI` and of their queries and models, what it is called here, and a",
  "test that uses it on the sandbox. Written by `scripts/python-names.js` from the code and from a run of the tests; do not edit.",
  "",
  ...["defense", "threathunter"].flatMap((product) => [
    `## cbapi/${product}`,
    "",
    "| Python | TypeScript | test |",
    "| --- | --- | --- |",
    ...sections
      .filter(({ cls }) => cls.product === product)
      .flatMap(({ rows }) => rows)
      .map((row) => `| \`${row.python}\` | \`${row.ours}\` | ${escaped(row.test ?? "**none**")} |`),
    "",
  ]),
]
  .join("\n")
  .trimEnd()}\n`;

if (isCheck) {
  const current = existsSync(root + PAGE) && readFileSync(root + PAGE, "utf8") === text;
  if (!current) console.error(`${PAGE} is out of date: run \`node scripts/python-names.js\``);
  else console.log(`${PAGE} is up to date: ${rows.length} names`);
  if (!current) process.exitCode = 1;
} else {
  writeFileSync(root + PAGE, text);
  console.log(`${PAGE}: ${rows.length} names, ${absent.length} absent, ${unused.length} without a test`);
}
if (absent.length > 0) console.error(`Nothing answers to these names:\n  ${absent.join("\n  ")}`);
if (unused.length > 0) console.error(`These names are used by no test:\n  ${unused.join("\n  ")}`);
if (absent.length + unused.length > 0) process.exitCode = 1;
