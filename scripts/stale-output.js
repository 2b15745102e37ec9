// Compiled files whose source is gone. The compiler leaves them where they are, and a package would carry them along.
// By hand: node scripts/stale-output.js FOLDER... names them, and with --remove deletes them (before a package is packed).
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/** The files below a package's `dist` that no file below its `src` compiles to. */
export function staleOutput(folder) {
  const dist = join(folder, "dist");
  if (!existsSync(dist)) return [];
  const stale = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const source = /^(.*)\.(?:js|d\.ts)(?:\.map)?$/.exec(file.slice(dist.length))?.[1];
      return source !== undefined && !existsSync(`${join(folder, "src")}${source}.ts`);
    });
  return stale.sort();
}

if (process.argv[1] === import.meta.filename) {
  const remove = process.argv.includes("--remove");
  const folders = process.argv.slice(2).filter((argument) => argument !== "--remove");
  const stale = (folders.length === 0 ? ["."] : folders).flatMap((folder) => staleOutput(resolve(folder)));
  for (const file of stale) {
    if (remove) rmSync(file);
    console.log(`${file}: ${remove ? "removed, its source is gone" : "its source is gone"}`);
  }
  process.exitCode = stale.length > 0 && !remove ? 1 : 0;
}
