// What the packages cost those who use them: time to import each subpath, work for the compiler, size to install.
// Prints tables and asserts nothing, as figures are of one machine at one hour: `npm run cost`, after a build.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const ROUNDS = 9;
const SUBPATHS = ["cbapi", "cbapi/protection", "cbapi/response"];
const PACKAGES = ["packages/cbapi", "packages/sandbox", "packages/cli"];

/** Of what a consumer writes first: a client, a search, a join. */
const CONSUMER = `import { CbResponseAPI, Process } from "cbapi/response";
const cb = new CbResponseAPI({ profile: "lab" });
for await (const proc of cb.select(Process).where("process_name:notepad.exe").groupBy("id")) {
  console.log(proc.hostname, proc.cmdline, await proc.sensor.group.name);
}
`;
const CONFIG = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    noEmit: true,
  },
  files: ["consumer.ts"],
};

/** Run in a process of its own, as what is loaded stays loaded. */
const IMPORT = `
const cpu = process.cpuUsage(), start = performance.now();
await import(process.env.SUBPATH);
const wall = performance.now() - start, { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ cpu: (user + system) / 1000, wall }));`;

/** Counts the files that are loaded, by the package that they are of. Slower than what it counts, and so not timed. */
const COUNT = `
import { writeSync } from "node:fs";
import { createRequire, register } from "node:module";
register("data:text/javascript," + encodeURIComponent(\`
  import { writeSync } from "node:fs";
  export async function load(url, context, next) {
    if (url.startsWith("file:")) writeSync(1, url + "\\\\n");
    return next(url, context);
  }\`));
await import(process.env.SUBPATH);
for (const path of Object.keys(createRequire(import.meta.url).cache)) writeSync(1, new URL("file:" + path).href + "\\n");`;

function run(program, subpath) {
  const options = { cwd: root, encoding: "utf8", env: { ...process.env, SUBPATH: subpath } };
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], options);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const kib = (bytes) => Math.round(bytes / 1024);

function imports() {
  const rounds = Object.fromEntries(SUBPATHS.map((subpath) => [subpath, []]));
  // In turn, so that a busy minute of the machine strikes all of them.
  for (let round = 0; round < ROUNDS; round++)
    for (const subpath of SUBPATHS) rounds[subpath].push(JSON.parse(run(IMPORT, subpath)));
  return SUBPATHS.map((subpath) => {
    const files = [...new Set(run(COUNT, subpath).trim().split("\n"))];
    const bytes = files.reduce((sum, url) => sum + statSync(new URL(url)).size, 0);
    const foreign = [...new Set(files.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]))];
    return {
      subpath,
      "CPU ms": Math.round(median(rounds[subpath].map(({ cpu }) => cpu))),
      "wall ms": Math.round(median(rounds[subpath].map(({ wall }) => wall))),
      files: files.length,
      KiB: kib(bytes),
      dependencies: foreign.filter((name) => name !== undefined).join(", "),
    };
  });
}

function compiler() {
  const folder = mkdtempSync(join(tmpdir(), "cbapi-cost-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
    const row = (program, text) => {
      writeFileSync(join(folder, "consumer.ts"), text);
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--extendedDiagnostics"], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stdout);
      const figure = (name) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(stdout)?.[1];
      return {
        program,
        files: figure("Files"),
        types: figure("Types"),
        instantiations: figure("Instantiations"),
        "check time": figure("Check time"),
        "total time": figure("Total time"),
        memory: figure("Memory used"),
      };
    };
    return [row("empty, with the types of Node", "export {};\n"), row("one product", CONSUMER)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function packs() {
  return PACKAGES.map((folder) => {
    const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const [pack] = JSON.parse(
      execFileSync("npm", args, { cwd: join(root, folder), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
    const { name, files, size, unpackedSize } = pack;
    return { name, files: files.length, "KiB packed": kib(size), "KiB unpacked": kib(unpackedSize) };
  });
}

function print(title, rows) {
  console.log(`\n${title}`);
  const names = Object.keys(rows[0]);
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  for (const line of cells)
    console.log(`  ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")}`);
}

console.log(`Node ${process.versions.node}, ${process.platform} ${process.arch}, load ${loadavg()[0].toFixed(1)}`);
print(`Import, median of ${ROUNDS} fresh processes`, imports());
print("The compiler, for a program that imports it", compiler());
print("What is installed", packs());
