// Every block of TypeScript in the documentation compiles, runs, and prints what the page says.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Sandbox } from "@cbapi/sandbox";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Inside the project, so that the packages are found by their names; of this run alone. */
const folder = join(root, "test", ".blocks", String(process.pid));

interface Block {
  readonly name: string;
  readonly file: string;
  readonly code: string;
  /** What the page says that it prints; `undefined` when it does not say. */
  readonly output: string | undefined;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  const fences = /^```ts\n([\s\S]*?)^```\n(?:\n(?:[^`#\n].*\n+)?```text\n([\s\S]*?)^```$)?/gm;
  return [...text.matchAll(fences)].map(([, code = "", output], index) => ({
    name: `${page}, block ${index + 1}`,
    file: join(folder, `${page.replace(/\W+/g, "-")}-${index + 1}.ts`),
    code: placed(code),
    output,
  }));
}

/** A block that says in its first line which file it is takes its imports from there, as they are when built. */
function placed(code: string): string {
  const place = /^\/\/ (packages\/\S+\.ts)$/m.exec(code)?.[1];
  if (place === undefined) return code;
  return code.replace(/from "(\.[^"]+)"/g, (_, path: string) => {
    const target = resolve(root, dirname(place), path).replace("/src/", "/dist/");
    return `from ${JSON.stringify(target)}`;
  });
}

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...["docs", "examples", "packages/cbapi", "packages/sandbox", "packages/fleet", "packages/cli"].flatMap((place) =>
    readdirSync(join(root, place))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `${place}/${file}`),
  ),
];
const blocks = pages.flatMap(blocksOf);

let sandbox: Sandbox;

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, ".carbonblack"), { recursive: true });
  // Endpoints check in every other tick: often enough not to keep the blocks waiting.
  sandbox = await Sandbox.start({ organisation: "small", clock: { tickInterval: 50 } });
  // One server plays all products, so that blocks find the same profile whatever product they import.
  for (const product of ["response", "protection"]) {
    writeFileSync(join(folder, ".carbonblack", `credentials.${product}`), sandbox.profile(), { mode: 0o600 });
  }
  // The Cloud has a token of another form, and one file for all of its clients.
  writeFileSync(join(folder, ".carbonblack", "credentials.psc"), sandbox.profile("default", "cloud"), { mode: 0o600 });
  for (const { file, code } of blocks) {
    writeFileSync(file, `${code}\nexport {};\n`);
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(file.replace(/\.ts$/, ".mjs"), outputText);
  }
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the documentation", () => {
  it("has blocks in its main pages", () => {
    expect(blocks.filter(({ name }) => name.startsWith("README.md"))).not.toEqual([]);
    expect(blocks.filter(({ name }) => name.startsWith("docs/guide.md")).length).toBeGreaterThan(5);
    expect(blocks.filter(({ name }) => name.startsWith("CONTRIBUTING.md"))).not.toEqual([]);
  });

  it("compiles", () => {
    const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
    const program = ts.createProgram(
      blocks.map(({ file }) => file),
      {
        ...options,
        noEmit: true,
        composite: false,
        incremental: false,
        declaration: false,
        declarationMap: false,
        skipLibCheck: true,
      },
    );
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
    expect(problems).toEqual([]);
  });

  it.each(blocks)("runs: $name", async ({ file, output }) => {
    // The sandbox answers from this process, so waiting for the child must not block it.
    const child = spawn(process.execPath, [file.replace(/\.ts$/, ".mjs")], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const status = await new Promise((settle) => child.on("close", settle));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    if (output !== undefined) expect(stdout).toBe(output);
  });
});
