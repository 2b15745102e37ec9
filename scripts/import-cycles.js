// Import cycles of each package, types included. Server objects refer to each other (a sensor to its group, the group to
// its sensors), and so do the files that declare them: such cycles are listed and let pass, as relations are getters that
// nothing runs while modules load. Any other cycle fails.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "..");
/** Where files may import each other in a circle: the server's objects, the queries that give them, and what works on them. */
const OBJECTS = /^(response|protection|psc|defense|threathunter|livequery)\/(models\/|queries\/|isolation|connector\/)/;

/** The files of the package that a file imports from. */
function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => resolve(dirname(file), fileName).replace(/\.js$/, ".ts"));
}

/** Groups of files each of which reaches all others of its group (Tarjan). */
function cycles(graph) {
  const seen = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(file, own);
    stack.push(file);
    for (const next of graph.get(file)) {
      if (!graph.has(next)) continue;
      const known = seen.get(next) ?? visit(next);
      if (known.open) own.low = Math.min(own.low, known.low);
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(file));
      for (const each of group) seen.get(each).open = false;
      if (group.length > 1) found.push(group.sort());
    }
    return own;
  };
  for (const file of graph.keys()) if (!seen.has(file)) visit(file);
  return found;
}

let wrong = 0;
for (const name of readdirSync(join(root, "packages"))) {
  const source = join(root, "packages", name, "src");
  const files = readdirSync(source, { recursive: true }).filter((file) => /\.ts$/.test(file));
  const graph = new Map(files.map((file) => [join(source, file), importsOf(join(source, file))]));
  const groups = cycles(graph).map((group) => group.map((file) => relative(source, file)));
  const others = groups.filter((group) => !group.every((file) => OBJECTS.test(file)));
  wrong += others.length;
  console.log(`${name}: ${files.length} files, ${others.length} cycles`);
  for (const group of groups) {
    console.log(`  ${others.includes(group) ? "cycle" : "objects that refer to each other"}: ${group.join(", ")}`);
  }
}
process.exitCode = wrong === 0 ? 0 : 1;
