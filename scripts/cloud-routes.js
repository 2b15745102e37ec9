// Writes docs/cloud-routes.md: what each call of the Cloud's products sends, in either generation of routes.
//
//   node scripts/cloud-routes.js          after `npm run build`
//   node scripts/cloud-routes.js --check  fails when the page is out of date
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** @typedef {import("../packages/cbapi/dist/psc/routes.js").CloudCall} CloudCall */

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = "docs/cloud-routes.md";

/** @param {string} product @returns {Promise<readonly CloudCall[]>} */
async function callsOf(product) {
  const module = await import(pathToFileURL(`${root}packages/cbapi/dist/${product}/calls.js`).href);
  const lists = Object.entries(module).filter(([name]) => name.endsWith("_CALLS"));
  return lists.flatMap(([, calls]) => calls);
}

/** @param {CloudCall} call */
function rowOf({ call, classic, current, retired }) {
  const today = current ?? (retired === undefined ? "the same" : `none: ${retired.instead}`);
  const was = classic === undefined ? "" : `\`${classic}\``;
  const sent = current === undefined || current === classic ? (classic === undefined ? "" : today) : `\`${current}\``;
  const gone = retired === undefined ? "" : retired.instead;
  return `| ${[call, was, sent, gone].join(" | ")} |`;
}

const text = `${[
  "# Routes of Carbon Black Cloud, call by call",
  "",
  'What a client sends, by its option `routes`: `"current"`, the default, or `"classic"`, the addresses of the Python library',
  "`cbapi`, a part of which the service has switched off. Where the last column is filled, the classic route is one of those:",
  "a 404 or 410 from it becomes an `ApiError` with code `ROUTE_RETIRED` that says the same. A call without a classic route sends",
  "its current one in either generation. Written by `scripts/cloud-routes.js`; do not edit.",
  ...(
    await Promise.all(
      ["psc", "defense", "threathunter", "livequery"].map(async (product) => [
        "",
        `## cbapi/${product}`,
        "",
        '| call | `"classic"` | `"current"` | instead of a classic route that is gone |',
        "| --- | --- | --- | --- |",
        ...(await callsOf(product)).map(rowOf),
      ]),
    )
  ).flat(),
].join("\n")}\n`;

const current = existsSync(root + PAGE) && readFileSync(root + PAGE, "utf8") === text;
if (!process.argv.includes("--check")) writeFileSync(root + PAGE, text);
else if (current) console.log(`${PAGE} is up to date`);
else {
  console.error(`${PAGE} is out of date: run \`node scripts/cloud-routes.js\``);
  process.exitCode = 1;
}
