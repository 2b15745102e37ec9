// Checks that what would be published is well formed: publint for the manifests, arethetypeswrong for the types.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;

let failed = false;
for (const folder of ["packages/cbapi", "packages/sandbox", "packages/cli"]) {
  for (const [name, args] of [
    ["publint", ["run", folder, "--strict"]],
    ["attw", ["--pack", folder, "--profile", "esm-only", "--format", "table-flipped"]],
  ]) {
    const { status, stdout, stderr } = spawnSync(bin(name), args, { cwd: root, encoding: "utf8" });
    if (status === 0) {
      console.log(`${name} ${folder}: good`);
      continue;
    }
    failed = true;
    console.error(`${name} ${folder}: exit ${status}\n${stdout}${stderr}`);
  }
}
process.exit(failed ? 1 : 0);
