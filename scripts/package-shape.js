// Checks that what would be published is well formed: publint for the manifests, arethetypeswrong for the types, and that
// a package carries what it is made of and nothing else.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { staleOutput } from "./stale-output.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;

/** What belongs to the making of a package and not to its use. */
const UNWANTED = /(^|\/)(test-support\/|samples\.ts$|\.tsbuildinfo$)|\.(test|types)\.[a-z.]+$/;

let failed = false;

function report(name, folder, fault) {
  if (fault === undefined) {
    console.log(`${name} ${folder}: good`);
    return;
  }
  failed = true;
  console.error(`${name} ${folder}: ${fault}`);
}

/** The first thing that is wrong with the files of a package. */
function faultOfContent(folder) {
  const stale = staleOutput(`${root}${folder}`);
  if (stale.length > 0) return `compiled files whose source is gone (prepack removes them):\n${stale.join("\n")}`;
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: `${root}${folder}`, encoding: "utf8" });
  if (status !== 0) return `npm pack ended with ${status}\n${stderr}`;
  const paths = JSON.parse(stdout)[0].files.map(({ path }) => path);
  const unwanted = paths.filter((path) => UNWANTED.test(path));
  if (unwanted.length > 0) return `files that are of no use to those who install it:\n${unwanted.join("\n")}`;
  const dangling = paths.filter((path) => /\.d\.ts\.map$/.test(path) && !paths.includes(sourceOf(path)));
  if (dangling.length > 0) return `maps to sources that are not in the package:\n${dangling.join("\n")}`;
  return paths.includes("LICENSE") && paths.includes("README.md") ? undefined : "no LICENSE or no README.md";
}

function sourceOf(map) {
  return map.replace(/^dist\//, "src/").replace(/\.d\.ts\.map$/, ".ts");
}

for (const folder of ["packages/cbapi", "packages/sandbox", "packages/fleet", "packages/cli"]) {
  for (const [name, args] of [
    ["publint", ["run", folder, "--strict"]],
    ["attw", ["--pack", folder, "--profile", "esm-only", "--format", "table-flipped"]],
  ]) {
    const { status, stdout, stderr } = spawnSync(bin(name), args, { cwd: root, encoding: "utf8" });
    report(name, folder, status === 0 ? undefined : `exit ${status}\n${stdout}${stderr}`);
  }
  report("content", folder, faultOfContent(folder));
}
process.exit(failed ? 1 : 0);
