// What the declarations of a product say is public.
import ts from "typescript";

/**
 * The public members by class; as `Model.query` for what a search for a model gives, as `Model.static` for what the class
 * itself has.
 * @param {string} file @returns {ReadonlyMap<string, ReadonlySet<string>>}
 */
export function declaredMembers(file) {
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
    const cls = checker.getTypeOfSymbol(target);
    add(name, checker.getDeclaredTypeOfSymbol(target));
    add(`${name}.static`, cls);
    const query = cls.getProperty("query");
    const [signature] = query === undefined ? [] : checker.getTypeOfSymbol(query).getCallSignatures();
    if (signature !== undefined) add(`${name}.query`, signature.getReturnType());
  }
  return members;
}

/** @param {ts.Declaration} declaration */
function isPublic(declaration) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const isInternal = ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === "internal");
  return !isInternal && (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
}
