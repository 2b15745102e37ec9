// The page of a product: all models at a glance, then each class with its parts.
import { by, link } from "./sections.js";
import { isEmpty } from "./uses.js";

/**
 * @typedef {import("./uses.js").Cell} Cell
 * @typedef {import("./uses.js").Recorded} Recorded
 * @typedef {import("./sections.js").Section} Section
 */

/** @param {string} product @param {Section[]} sections @param {Recorded} recorded */
export function pageOf(product, sections, recorded) {
  const head = ["model", "route", "search", "by key", "create", "save", "delete", "joins", "members"];
  const overview = sections.flatMap(({ title, route, cells }) => {
    if (route === undefined) return [];
    /** @param {string[]} kinds */
    const of = (...kinds) => cells.filter(({ kind }) => kinds.includes(kind));
    const single = ["search", "key", "create", "save", "delete"].map((kind) => state(of(kind), recorded));
    const members = of("property", "method", "static");
    return [
      [link(title), `\`${route}\``, ...single, share(of("join", "resource"), recorded), share(members, recorded)],
    ];
  });
  const details = sections.flatMap(({ title, about, cells }) => [
    `## ${title}`,
    "",
    about,
    "",
    ...table(
      ["part", "kind", "test"],
      cells.map((cell) => {
        const test = testOf(product, title, cell, recorded);
        return [
          `\`${cell.name}\``,
          cell.kind,
          test === undefined ? "**none**" : `${shortFile(test.file)}: ${test.name}`,
        ];
      }),
    ),
    "",
  ]);
  return `${[
    `# Models of cbapi/${product}`,
    "",
    `What every model of \`cbapi/${product}\` offers, and for each part one of the tests that exercise it on the sandbox.`,
    "Written by `scripts/model-table.js` from the code and from a run of the tests; do not edit.",
    "",
    "`yes`: there, and exercised by a test. Empty: the server has no such thing. `3/4`: how many of the parts are exercised.",
    "",
    ...table(head, overview),
    "",
    ...details,
  ]
    .join("\n")
    .trimEnd()}\n`;
}

/**
 * One of the tests that exercise a part: from the tests of its own model, where there are any.
 * @param {string} product @param {string} title @param {Cell} cell @param {Recorded} recorded
 */
function testOf(product, title, { uses }, recorded) {
  // Actions are tested with what they belong to, and searches with what they find.
  const subject = title
    .replace(/(Action|Query)$/, "")
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase();
  const own = new RegExp(`/${subject}s?\\.`);
  const ofProduct = `test/${product}/`;
  // Of one file it is the first: files begin with what matters most. What is refused says least about what works.
  /** @param {{ file: string, name: string }} test */
  const order = ({ file }) => {
    const rank = own.test(file) ? 0 : file.includes("/bad-input.") ? 3 : file.startsWith(ofProduct) ? 1 : 2;
    return `${rank} ${file}`;
  };
  return uses.flatMap((use) => recorded.get(use) ?? []).sort(by(order))[0];
}

/** @param {Cell[]} cells @param {Recorded} recorded */
function state(cells, recorded) {
  if (cells.length === 0) return "";
  return cells.some((cell) => isEmpty(cell, recorded)) ? "**no test**" : "yes";
}

/** @param {Cell[]} cells @param {Recorded} recorded */
function share(cells, recorded) {
  if (cells.length === 0) return "";
  return `${cells.filter((cell) => !isEmpty(cell, recorded)).length}/${cells.length}`;
}

/** @param {string} file */
function shortFile(file) {
  return file.replace(/^test\//, "").replace(/\.test\.ts$/, "");
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
