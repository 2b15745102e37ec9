// Writes docs/models.md: every model of cbapi/response with what it offers, and a test that exercises each part of it.
//
//   node scripts/model-table.js          after `npm run build` and `npx vitest run --project integration`
//   node scripts/model-table.js --check  fails when a part is exercised by no test, or the page is out of date
//
// What exists is read from the built package: the specs and records of the models, their classes, and the declarations
// for what is public. What is exercised is read from the records that test/support/exercised.ts leaves, one for each file
// of tests. While that of a file is missing, nothing is written: all that it shows would stand there as without a test.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import * as response from "../packages/cbapi/dist/response/index.js";

/**
 * A part of a model, and what is recorded of its use: any of these will do.
 * @typedef {{ readonly name: string, readonly kind: string, readonly uses: readonly string[] }} Cell
 * @typedef {{ readonly spec: import("../packages/cbapi/dist/core/model/spec.js").ModelSpec, readonly record: object,
 *   readonly prototype: object, query?(client: unknown): object }} Model
 * @typedef {{ readonly title: string, readonly about: string, readonly route?: string, readonly cells: Cell[] }} Section
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const page = `${root}docs/models.md`;
const records = `${root}test/.exercised`;

/** Members that every object has. */
const common = new Set(["constructor", "toJSON", "toString"]);
const ofEveryModel = ["get", "isLoaded", "load", "refresh"];
const ofMutableModels = ["isDirty", "reset", "set", "validate"];
/** What sends a search. */
const executing = ["for await", "all", "at", "count", "facets", "first", "iterate", "one", "pages", "slice"];

const recorded = recordedUses();
const publicMembers = declaredMembers(`${root}packages/cbapi/dist/response/index.d.ts`);
const client = new response.CbResponseAPI({ url: "https://localhost", token: "0".repeat(40) });
const sections = [
  ...models().map(sectionOfModel),
  ...resources().map((resource) => sectionOfClass(resource, "What belongs to a model and is reached by its key.")),
  ...events().map((event) => sectionOfClass(event, "An event of a process.")),
  inherited("Every model", models(), ofEveryModel),
  inherited(
    "Every model with fields that can be set",
    models().filter(({ spec }) => spec.writable !== undefined),
    ofMutableModels,
  ),
  ...sectionsOfQueries(),
];
await client.close();

const text = pageOf(sections);
const empty = sections.flatMap(({ title, cells }) => cells.filter(isEmpty).map(({ name }) => `${title}: ${name}`));
const count = sections.reduce((sum, { cells }) => sum + cells.length, 0);

if (!process.argv.includes("--check")) {
  writeFileSync(page, text);
  console.log(`docs/models.md: ${sections.length} classes, ${count} parts, ${empty.length} without a test`);
  for (const cell of empty) console.log(`  ${cell}`);
} else {
  if (empty.length > 0)
    console.error(`${empty.length} of ${count} parts are exercised by no test:\n  ${empty.join("\n  ")}`);
  const current = existsSync(page) && readFileSync(page, "utf8") === text;
  if (!current) console.error("docs/models.md is out of date: run `node scripts/model-table.js`");
  if (empty.length > 0 || !current) process.exitCode = 1;
  else console.log(`docs/models.md is up to date; each of its ${count} parts is exercised by a test`);
}

/** @returns {Model[]} */
function models() {
  const classes = Object.values(response).filter((value) => typeof value === "function" && "record" in value);
  return /** @type {Model[]} */ (/** @type {unknown} */ (classes)).sort(by(({ spec }) => spec.name));
}

/** What belongs to a model and is no model itself: the file of a binary. @returns {{ name: string, prototype: object }[]} */
function resources() {
  const types = models().flatMap(({ record }) => getters(record).map((name) => Reflect.get(record, name).type));
  return [...new Set(types.filter((type) => type !== undefined))].sort(by(({ name }) => name));
}

/** @returns {{ name: string, prototype: object }[]} */
function events() {
  const classes = Object.entries(response).filter(([name]) => /^Cb\w+Event$/.test(name));
  return classes.map(([, value]) => /** @type {never} */ (value)).sort(by(({ name }) => name));
}

/**
 * The classes of searches with the members that each declares, those that serve the most models first: what they inherit
 * from one another is the same code, so that one use of it will do.
 * @returns {Section[]}
 */
function sectionsOfQueries() {
  /** @type {Map<string, { models: string[], cells: Map<string, { kind: string, uses: string[] }> }>} */
  const found = new Map();
  for (const model of models()) {
    const { spec } = model;
    const query = model.query?.(client);
    for (const { member, kind, by: declaring } of query === undefined ? [] : queryMembers(spec.name, query)) {
      /** @type {{ models: string[], cells: Map<string, { kind: string, uses: string[] }> }} */
      const section = found.get(declaring) ?? { models: [], cells: new Map() };
      found.set(declaring, section);
      if (!section.models.includes(spec.name)) section.models.push(spec.name);
      const cell = section.cells.get(member) ?? { kind, uses: [] };
      section.cells.set(member, cell);
      cell.uses.push(`${spec.name}.query.${member}`);
    }
  }
  const sections = [...found].map(([title, { models, cells }]) => ({
    title,
    about: `Searches for ${models.join(", ")}.`,
    cells: [...cells].map(([name, cell]) => ({ name, ...cell })),
    width: models.length,
  }));
  return sections.sort((a, b) => b.width - a.width || (a.title < b.title ? -1 : 1));
}

/** The nearest class of a model's searches that has members of its own. @param {Model} model @returns {string | undefined} */
function searchOf(model) {
  const query = model.query?.(client);
  if (query === undefined) return undefined;
  const declaring = new Set(queryMembers(model.spec.name, query).map(({ by }) => by));
  let at = Object.getPrototypeOf(query);
  while (!declaring.has(at.constructor.name)) at = Object.getPrototypeOf(at);
  return at.constructor.name;
}

/** @param {string} model @param {object} query @returns {{ member: string, kind: string, by: string }[]} */
function queryMembers(model, query) {
  const { prototype } = /** @type {{ prototype: object }} */ (/** @type {unknown} */ (query.constructor));
  const members = ownMembers(prototype, `${model}.query`);
  const declaring = (/** @type {string | symbol} */ member) => {
    let at = prototype;
    while (!Object.hasOwn(at, member)) at = Object.getPrototypeOf(at);
    return at.constructor.name;
  };
  return [
    { member: "for await", kind: "method", by: declaring(Symbol.asyncIterator) },
    ...members.map(({ member, kind }) => ({ member, kind, by: declaring(member) })),
  ];
}

/** @param {Model} model @returns {Section} */
function sectionOfModel(model) {
  const { spec, record, prototype } = model;
  const { name, path, writable = [], creatable = false } = spec;
  const search = searchOf(model);
  /** @type {(name: string, kind: string, ...members: string[]) => Cell} */
  const cell = (part, kind, ...members) => ({ name: part, kind, uses: members.map((member) => `${name}.${member}`) });
  const joins = getters(record);
  const own = ownMembers(prototype, name).filter(({ member }) => !joins.includes(member));
  const deletable = (spec.deletable ?? creatable) || own.some(({ member }) => member === "delete");
  const apart = ["save", "delete", ...ofEveryModel, ...ofMutableModels];
  const cells = [
    ...(search === undefined ? [] : [cell("search", "search", ...executing.map((member) => `query.${member}`))]),
    cell("by key", "key", "select by key"),
    ...(creatable ? [cell("create", "create", "create")] : []),
    ...(writable.length > 0 ? [cell("save", "save", "save")] : []),
    ...(deletable ? [cell("delete", "delete", "delete")] : []),
    ...joins.map((join) => cell(join, Reflect.get(record, join).type === undefined ? "join" : "resource", join)),
    ...own.filter(({ member }) => !apart.includes(member)).map(({ member, kind }) => cell(member, kind, member)),
  ];
  const about = search === undefined ? "Cannot be searched." : `Searched by ${link(search)}.`;
  return { title: name, about, route: path, cells };
}

/** @param {{ name: string, prototype: object }} cls @param {string} about @returns {Section} */
function sectionOfClass({ name, prototype }, about) {
  const cells = ownMembers(prototype, name).map(({ member, kind }) => ({
    name: member,
    kind,
    uses: [`${name}.${member}`],
  }));
  return { title: name, about, cells };
}

/** @param {string} title @param {Model[]} classes @param {string[]} members @returns {Section} */
function inherited(title, classes, members) {
  const cells = members.map((member) => ({
    name: member,
    kind: "inherited",
    uses: classes.map(({ spec }) => `${spec.name}.${member}`),
  }));
  return { title, about: "What is the same for all of them.", cells };
}

/** The relations and resources of a record: its getters. Plain fields are no parts. @param {object} record */
function getters(record) {
  const members = Object.entries(Object.getOwnPropertyDescriptors(record));
  return members.filter(([, { get }]) => get !== undefined).map(([name]) => name);
}

/**
 * The public methods and computed properties of a class, with those of the classes that it extends; of a model, up to
 * what all models have.
 * @param {object} prototype @param {string} name its class, or `Model.query`
 * @returns {{ member: string, kind: string }[]}
 */
function ownMembers(prototype, name) {
  const declared = publicMembers.get(name);
  if (declared === undefined) throw new Error(`${name} is not exported by cbapi/response`);
  /** @type {Map<string, string>} */
  const found = new Map();
  for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const { spec, record } = /** @type {Partial<Model>} */ (at.constructor);
    if ("spec" in at.constructor && spec === undefined) break;
    for (const [member, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (common.has(member) || found.has(member) || !declared.has(member)) continue;
      // A field as its record declares it, rather than as a class reads it.
      if (Object.hasOwn(at.constructor, "record") && record !== undefined && Object.hasOwn(record, member)) continue;
      if (get !== undefined) found.set(member, "property");
      else if (typeof value === "function") found.set(member, "method");
    }
  }
  return [...found].map(([member, kind]) => ({ member, kind })).sort(by(({ member }) => member));
}

/**
 * What the declarations say is public: by class, and as `Model.query` for what a search for a model gives.
 * @param {string} file @returns {Map<string, Set<string>>}
 */
function declaredMembers(file) {
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const entry = source && checker.getSymbolAtLocation(source);
  if (entry === undefined) throw new Error(`${file} is missing: run \`npm run build\``);
  const members = new Map();
  /** @param {string} name @param {ts.Type} type */
  const add = (name, type) => {
    const visible = checker.getPropertiesOfType(type).filter((symbol) => (symbol.declarations ?? []).every(isPublic));
    members.set(name, new Set(visible.map((symbol) => symbol.getName())));
  };
  for (const symbol of checker.getExportsOfModule(entry)) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if ((target.flags & ts.SymbolFlags.Class) === 0) continue;
    const name = target.getName();
    add(name, checker.getDeclaredTypeOfSymbol(target));
    const query = checker.getTypeOfSymbol(target).getProperty("query");
    const [signature] = query === undefined ? [] : checker.getTypeOfSymbol(query).getCallSignatures();
    if (signature !== undefined) add(`${name}.query`, signature.getReturnType());
  }
  return members;
}

/** @param {ts.Declaration} declaration */
function isPublic(declaration) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
}

/** Use -> the tests that show it, as `file > name`, the best first. @returns {Map<string, { file: string, name: string }[]>} */
function recordedUses() {
  const left = existsSync(records) ? readdirSync(records).filter((name) => name.endsWith(".json")) : [];
  /** @type {{ readonly file: string, readonly uses: Record<string, string[]> }[]} */
  const all = left.map((name) => JSON.parse(readFileSync(`${records}/${name}`, "utf8")));
  // A file of tests that is gone shows nothing any more.
  const current = all.filter(({ file }) => existsSync(`${root}${file}`));
  const missing = testFiles().filter((path) => current.every(({ file }) => file !== path));
  if (missing.length > 0) {
    console.error(`These tests have not been recorded:\n  ${missing.join("\n  ")}`);
    console.error("Run them first, or all: `npx vitest run --project integration`");
    process.exit(1);
  }
  /** @type {Map<string, { file: string, name: string }[]>} */
  const found = new Map();
  for (const { file, uses } of current) {
    for (const [use, names] of Object.entries(uses)) {
      found.set(use, [...(found.get(use) ?? []), ...names.map((test) => ({ file, name: test }))]);
    }
  }
  return found;
}

/** The files of tests on the sandbox, as they are recorded: `test/paging.test.ts`. */
function testFiles() {
  const paths = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" }).map((path) =>
    path.replaceAll("\\", "/"),
  );
  return paths
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `test/${path}`)
    .sort();
}

/** @param {Cell} cell */
function isEmpty({ uses }) {
  return !uses.some((use) => recorded.has(use));
}

/**
 * One of the tests that exercise a part: from the tests of its own model, where there are any.
 * @param {string} title @param {Cell} cell
 */
function testOf(title, { uses }) {
  // Actions are tested with what they belong to, and searches with what they find.
  const subject = title
    .replace(/(Action|Query)$/, "")
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase();
  const own = new RegExp(`/${subject}s?\\.`);
  // Of one file it is the first: files begin with what matters most. What is refused says least about what works.
  /** @param {{ file: string, name: string }} test */
  const order = ({ file }) => {
    const rank = own.test(file) ? 0 : file.includes("/bad-input.") ? 3 : file.startsWith("test/response/") ? 1 : 2;
    return `${rank} ${file}`;
  };
  return uses.flatMap((use) => recorded.get(use) ?? []).sort(by(order))[0];
}

/** @param {Section[]} sections */
function pageOf(sections) {
  const head = ["model", "route", "search", "by key", "create", "save", "delete", "joins", "members"];
  const overview = sections.flatMap(({ title, route, cells }) => {
    if (route === undefined) return [];
    /** @param {string[]} kinds */
    const of = (...kinds) => cells.filter(({ kind }) => kinds.includes(kind));
    const single = ["search", "key", "create", "save", "delete"].map((kind) => state(of(kind)));
    return [[link(title), `\`${route}\``, ...single, share(of("join", "resource")), share(of("property", "method"))]];
  });
  const details = sections.flatMap(({ title, about, cells }) => [
    `## ${title}`,
    "",
    about,
    "",
    ...table(
      ["part", "kind", "test"],
      cells.map((cell) => {
        const test = testOf(title, cell);
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
    "# Models",
    "",
    "What every model of `cbapi/response` offers, and for each part one of the tests that exercise it on the sandbox.",
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

/** @param {string} title */
function link(title) {
  return `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`;
}

/** @param {Cell[]} cells */
function state(cells) {
  if (cells.length === 0) return "";
  return cells.some(isEmpty) ? "**no test**" : "yes";
}

/** @param {Cell[]} cells */
function share(cells) {
  if (cells.length === 0) return "";
  return `${cells.length - cells.filter(isEmpty).length}/${cells.length}`;
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

/** @template T @param {(value: T) => string} text @returns {(a: T, b: T) => number} */
function by(text) {
  return (a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}
