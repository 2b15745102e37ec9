// Writes docs/models/<product>.md: every model of a product with what it offers, and a test that exercises each part of it.
//
//   node scripts/model-table.js          after `npm run build` and `npx vitest run --project integration`
//   node scripts/model-table.js --check  fails when a part is exercised by no test, or a page is out of date
//
// Products are the subpaths that `cbapi` exports. What exists is read from the built package: the specs and records of the
// models, their classes, and the declarations for what is public. What is exercised is read from the records that
// test/support/exercised.ts leaves, one for each file of tests. While that of a file is missing, nothing is written: all
// that it shows would stand there as without a test.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pageOf } from "./model-table/page.js";
import { sectionsOf } from "./model-table/sections.js";
import { isEmpty, recordedUses } from "./model-table/uses.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const isCheck = process.argv.includes("--check");

const { recorded, missing } = recordedUses(root);
if (missing.length > 0) {
  console.error(`These tests have not been recorded:\n  ${missing.join("\n  ")}`);
  console.error("Run them first, or all: `npx vitest run --project integration`");
  process.exit(1);
}
for (const product of products()) await tableOf(product);

/** @param {string} product its subpath: `response` */
async function tableOf(product) {
  const sections = await sectionsOf(root, product);
  const page = `docs/models/${product}.md`;
  const text = pageOf(product, sections, recorded);
  const cells = sections.flatMap(({ title, cells }) => cells.map((cell) => ({ title, cell })));
  const empty = cells.filter(({ cell }) => isEmpty(cell, recorded)).map(({ title, cell }) => `${title}: ${cell.name}`);
  if (!isCheck) {
    mkdirSync(`${root}docs/models`, { recursive: true });
    writeFileSync(root + page, text);
    console.log(`${page}: ${sections.length} classes, ${cells.length} parts, ${empty.length} without a test`);
    for (const cell of empty) console.log(`  ${cell}`);
    return;
  }
  const parts = `${cells.length} parts of cbapi/${product}`;
  if (empty.length > 0) {
    console.error(`${empty.length} of the ${parts} are exercised by no test:\n  ${empty.join("\n  ")}`);
  }
  const current = existsSync(root + page) && readFileSync(root + page, "utf8") === text;
  if (!current) console.error(`${page} is out of date: run \`node scripts/model-table.js\``);
  if (empty.length > 0 || !current) process.exitCode = 1;
  else console.log(`${page} is up to date; each of the ${parts} is exercised by a test`);
}

/** @returns {string[]} */
function products() {
  const { exports } = JSON.parse(readFileSync(`${root}packages/cbapi/package.json`, "utf8"));
  // A product is a room of its name. What is none, as the events of a bus, has no models.
  return Object.entries(exports).flatMap(([path, target]) => {
    const name = /^\.\/(\w+)$/.exec(path)?.[1];
    return name !== undefined && target.default === `./dist/${name}/index.js` ? [name] : [];
  });
}
