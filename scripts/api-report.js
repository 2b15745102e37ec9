// Writes docs/api/*.md: what each export subpath of each package gives to its users, so that a change of it is seen in review.
//
//   node scripts/api-report.js          after `npm run build`
//   node scripts/api-report.js --check  fails when a committed report is not what the declarations say
//
// Read from the built declarations: every exported name with its public signature, sorted and without comments. Behind
// them, what a user meets without being able to name it, and what has no TSDoc.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * @typedef {{ readonly title: string, readonly page: string, readonly file: string }} Entry a subpath, its report and its declarations
 * @typedef {ts.ClassDeclaration | ts.InterfaceDeclaration} Container
 * @typedef {{ readonly symbol: ts.Symbol, readonly from: string }} Reached something, and the first place where it is met
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = "docs/api";
const entries = subpaths();
const program = ts.createProgram(
  entries.map(({ file }) => file),
  {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    types: ["node"],
    // Otherwise the members of a union stand in the order in which the compiler met them, anywhere.
    stableTypeOrdering: true,
  },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });
const { Alias, Class, Interface, TypeAlias } = ts.SymbolFlags;
/** What can be named by some subpath, if not by the one that it is met in. */
const nameable = new Set(entries.flatMap(({ file }) => exportsOf(file).map(({ symbol }) => symbol)));

const reports = new Map(entries.map((entry) => [entry.page, reportOf(entry)]));
const present = existsSync(`${root}${folder}`) ? readdirSync(`${root}${folder}`) : [];
const left = present.filter((page) => page.endsWith(".md") && !reports.has(page));
if (process.argv.includes("--check")) {
  const problems = [...reports].flatMap(([page, { text }]) => differenceOf(page, text));
  problems.push(...left.map((page) => `${folder}/${page} is of a subpath that is no more`));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error("If the change is meant, run `node scripts/api-report.js` and commit what it writes.");
    process.exitCode = 1;
  } else console.log(`${folder}: ${reports.size} reports are up to date`);
} else {
  mkdirSync(`${root}${folder}`, { recursive: true });
  for (const page of left) rmSync(`${root}${folder}/${page}`);
  for (const [page, { text, summary }] of reports) {
    writeFileSync(`${root}${folder}/${page}`, text);
    console.log(`${folder}/${page}: ${summary}`);
  }
}

/** @returns {Entry[]} */
function subpaths() {
  return readdirSync(`${root}packages`).flatMap((name) => {
    const manifest = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));
    if (manifest.private) return [];
    return Object.entries(manifest.exports).flatMap(([subpath, { types }]) => {
      if (types === undefined) return [];
      const file = `${root}packages/${name}/${types.replace("./", "")}`;
      if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\``);
      const rest = subpath.slice(1);
      return [{ title: manifest.name + rest, page: `${name}${rest.replaceAll("/", "-")}.md`, file }];
    });
  });
}

/** @param {Entry} entry @returns {{ text: string, summary: string }} */
function reportOf({ title, file }) {
  const exported = exportsOf(file);
  const forgotten = reachedFrom(exported);
  const silent = exported.flatMap(({ name, symbol }) => (name === symbol.name ? undocumented(name, symbol) : []));
  const text = `${[
    `# ${title}`,
    "",
    "The public API, written by `scripts/api-report.js` from the built declarations; do not edit.",
    "",
    ...block(exported.map(({ name, symbol }) => declarationOf(symbol, name))),
    "",
    "## Reached, but not exported",
    "",
    ...list(forgotten.map(({ symbol, from }) => `\`${symbol.name}\`, from \`${from}\``)),
    ...(forgotten.length === 0
      ? []
      : ["", ...block(forgotten.map(({ symbol }) => declarationOf(symbol, symbol.name)))]),
    "",
    "## Without TSDoc",
    "",
    ...list(silent.map((name) => `\`${name}\``)),
  ].join("\n")}\n`;
  const summary = `${exported.length} exports, ${forgotten.length} reached but not exported, ${silent.length} without TSDoc`;
  return { text, summary };
}

/** @param {string} file */
function exportsOf(file) {
  const source = program.getSourceFile(file);
  const entry = source && checker.getSymbolAtLocation(source);
  if (entry === undefined) throw new Error(`${file} is no module`);
  const found = checker.getExportsOfModule(entry).map((symbol) => ({ name: symbol.name, symbol: resolved(symbol) }));
  return found.sort(by(({ name }) => name));
}

/** All that a user can meet in what is exported and has no name for. @param {{ name: string, symbol: ts.Symbol }[]} exported */
function reachedFrom(exported) {
  const known = new Set(nameable);
  /** @type {Reached[]} */
  const found = [];
  /** @param {ts.Symbol | undefined} met @param {string} from */
  const meet = (met, from) => {
    const symbol = met && resolved(met);
    if (symbol === undefined || known.has(symbol) || !(symbol.flags & (Class | Interface | TypeAlias))) return;
    const declared = symbol.declarations?.[0]?.getSourceFile().fileName ?? "";
    if (!declared.startsWith(`${root}packages/`)) return;
    known.add(symbol);
    found.push({ symbol, from });
  };
  for (const { name, symbol } of exported) eachUse(symbol, name, meet);
  // Grows while it is walked: what is reached reaches more.
  for (const { symbol } of found) eachUse(symbol, symbol.name, meet);
  return found.sort(by(({ symbol }) => symbol.name));
}

/** @param {ts.Symbol} symbol @param {string} name @param {(met: ts.Symbol | undefined, from: string) => void} meet */
function eachUse(symbol, name, meet) {
  /** @param {ts.Node} node @param {string} from */
  const walk = (node, from) => {
    if (ts.isIdentifier(node)) meet(checker.getSymbolAtLocation(node), from);
    node.forEachChild((child) => walk(child, from));
  };
  /** @param {ts.Type} type @param {string} from */
  const walkType = (type, from) => {
    meet(type.aliasSymbol ?? type.symbol, from);
    const parts =
      type.aliasTypeArguments ??
      (type.isUnionOrIntersection() ? type.types : checker.getTypeArguments(/** @type {ts.TypeReference} */ (type)));
    for (const part of parts) walkType(part, from);
  };
  for (const declaration of symbol.declarations ?? []) {
    if (!isContainer(declaration)) {
      walk(declaration, name);
      continue;
    }
    const { typeParameters = [], heritageClauses = [] } = declaration;
    for (const node of [...typeParameters, ...heritageClauses]) walk(node, name);
    for (const member of declaration.members.filter(isVisible)) walk(member, `${name}.${nameOf(member)}`);
    for (const base of basesOf(declaration)) meet(base.symbol, name);
    for (const { property, type } of fieldsOf(declaration)) walkType(type, `${name}.${property.name}`);
  }
}

/** @param {ts.Symbol} symbol @param {string} name under which it is exported */
function declarationOf(symbol, name) {
  if (symbol.name !== name) return `export { ${symbol.name} as ${name} };`;
  const texts = (symbol.declarations ?? []).map((declaration) => {
    if (isContainer(declaration)) return containerOf(declaration, name);
    if (!ts.isVariableDeclaration(declaration)) return textOf(declaration);
    return `const ${name}: ${typeText(checker.getTypeOfSymbol(symbol))};`;
  });
  return texts.join("\n");
}

/** @param {Container} declaration @param {string} name */
function containerOf(declaration, name) {
  const abstract = ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract ? "abstract " : "";
  const parameters = declaration.typeParameters?.map(textOf).join(", ");
  const heritage = (declaration.heritageClauses ?? []).map((clause) =>
    recordBaseOf(declaration) !== undefined && clause.token === ts.SyntaxKind.ExtendsKeyword
      ? `extends ${basesOf(declaration).map(({ symbol }) => symbol.name)}`
      : textOf(clause).trim(),
  );
  const kind = ts.isClassDeclaration(declaration) ? `${abstract}class` : "interface";
  const head = [kind, `${name}${parameters === undefined ? "" : `<${parameters}>`}`, ...heritage, "{"].join(" ");
  const members = [
    ...[...declaration.members].filter(isVisible).map((member) => ({ order: orderOf(member), text: textOf(member) })),
    ...fieldsOf(declaration).map(({ property, type, writable }) => ({
      order: `2 ${property.name}`,
      text: `${writable ? "" : "readonly "}${property.name}: ${typeText(type)};`,
    })),
  ].sort(by(({ order }) => order));
  return [head, ...members.map(({ text }) => text.replace(/^/gm, "    ")), "}"].join("\n");
}

/**
 * The members that a model has from its record, as they read.
 * @param {Container} declaration
 * @returns {{ property: ts.Symbol, type: ts.Type, writable: boolean }[]}
 */
function fieldsOf(declaration) {
  const [record, , writable] = recordBaseOf(declaration) ?? [];
  if (record === undefined || writable === undefined) return [];
  const set = checker.getTypeFromTypeNode(writable);
  const names = (set.isUnion() ? set.types : [set]).map((type) => type.isStringLiteral() && type.value);
  const own = new Set(declaration.members.map(nameOf));
  const instance = checker.getTypeAtLocation(declaration);
  return checker.getPropertiesOfType(checker.getTypeFromTypeNode(record)).flatMap(({ name }) => {
    const property = own.has(name) ? undefined : checker.getPropertyOfType(instance, name);
    if (property === undefined) return [];
    return [{ property, type: checker.getTypeOfSymbol(property), writable: names.includes(name) }];
  });
}

/**
 * Of a class that extends `const Sensor_base: ModelConstructor<record, key, writable, listed>`: what stands in the brackets.
 * @param {Container} declaration
 * @returns {readonly ts.TypeNode[] | undefined}
 */
function recordBaseOf({ heritageClauses }) {
  const heritage = heritageClauses?.[0]?.types[0];
  const base = heritage && checker.getSymbolAtLocation(heritage.expression)?.valueDeclaration;
  if (base === undefined || !ts.isVariableDeclaration(base)) return undefined;
  return /** @type {ts.NodeWithTypeArguments | undefined} */ (base.type)?.typeArguments;
}

/** The classes that a class extends by way of a computed base. @param {Container} declaration */
function basesOf(declaration) {
  const bases = checker.getBaseTypes(/** @type {ts.InterfaceType} */ (checker.getTypeAtLocation(declaration)));
  return bases.flatMap((base) => (base.isIntersection() ? base.types : [base])).filter((type) => type.isClass());
}

/** A name, and the public members under it, for which nobody has written a word. @param {string} name @param {ts.Symbol} symbol */
function undocumented(name, symbol) {
  /** @param {ts.Symbol | undefined} of */
  const isSilent = (of) => of !== undefined && of.getDocumentationComment(checker).length === 0;
  const members = (symbol.declarations ?? []).flatMap((at) => (isContainer(at) ? at.members.filter(isVisible) : []));
  // What the language gives a meaning to needs no words.
  const named = members.filter(
    (member) => member.name !== undefined && !/^(\[Symbol|to(JSON|String)$)/.test(nameOf(member)),
  );
  const silent = named.filter((member) => isSilent(checker.getSymbolAtLocation(/** @type {ts.Node} */ (member.name))));
  return [...(isSilent(symbol) ? [name] : []), ...new Set(silent.map((member) => `${name}.${nameOf(member)}`))];
}

/** @param {ts.Declaration} node @returns {node is Container} */
function isContainer(node) {
  return ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node);
}

/** Whether users may touch it. @param {ts.ClassElement | ts.TypeElement} member */
function isVisible(member) {
  if (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return false;
  if (ts.getJSDocTags(member).some(({ tagName }) => tagName.text === "internal")) return false;
  if (member.name === undefined) return true;
  if (ts.isComputedPropertyName(member.name)) return nameOf(member).startsWith("[Symbol.");
  return !ts.isPrivateIdentifier(member.name);
}

/** @param {ts.ClassElement | ts.TypeElement} member */
function nameOf(member) {
  return member.name?.getText() ?? (ts.isConstructorDeclaration(member) ? "constructor" : "[]");
}

/** Constructors, then what is static, then the rest, each by name. @param {ts.ClassElement | ts.TypeElement} member */
function orderOf(member) {
  if (member.name === undefined) return `0 ${nameOf(member)}`;
  return `${ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static ? 1 : 2} ${nameOf(member)}`;
}

/** @param {ts.Node} node */
function textOf(node) {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return withoutPlaces(text.replace(/^(export )?(declare )?/, ""));
}

/** @param {ts.Type} type */
function typeText(type) {
  const { MultilineObjectLiterals, NoTruncation, UseAliasDefinedOutsideCurrentScope } = ts.NodeBuilderFlags;
  const flags = MultilineObjectLiterals | NoTruncation | UseAliasDefinedOutsideCurrentScope;
  const node = /** @type {ts.TypeNode} */ (checker.typeToTypeNode(type, undefined, flags));
  return withoutPlaces(printer.printNode(ts.EmitHint.Unspecified, node, program.getSourceFiles()[0]));
}

/** @param {string} text */
function withoutPlaces(text) {
  return text.replace(/import\("[^"]+"\)\./g, "");
}

/** @param {ts.Symbol} symbol */
function resolved(symbol) {
  return symbol.flags & Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param {string[]} declarations */
function block(declarations) {
  return ["```ts", declarations.join("\n\n"), "```"];
}

/** @param {string[]} items */
function list(items) {
  return items.length === 0 ? ["Nothing."] : items.map((item) => `- ${item}`);
}

/** Where the report that is there first differs from what it should be. @param {string} page @param {string} text */
function differenceOf(page, text) {
  const file = `${root}${folder}/${page}`;
  if (!existsSync(file)) return [`${folder}/${page} is missing`];
  const [then, now] = [readFileSync(file, "utf8"), text].map((whole) => whole.split("\n"));
  const line = now.findIndex((part, index) => part !== then[index]);
  if (line === -1 && then.length === now.length) return [];
  const at = line === -1 ? now.length : line;
  const [was, is] = [then, now].map((lines) => lines[at] ?? "(end)");
  return [`${folder}/${page} is out of date, from line ${at + 1} on:\n  - ${was}\n  + ${is}`];
}

/** @template T @param {(value: T) => string} text @returns {(a: T, b: T) => number} */
function by(text) {
  return (a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}
