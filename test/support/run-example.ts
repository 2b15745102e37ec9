// Examples are run as their users run them: each a process of its own, in a folder with credential files.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const examples = fileURLToPath(new URL("../../examples/dist/", import.meta.url));

/** How an example has ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder to run examples in. Removed when it is disposed of. */
export class ExampleFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param profiles the text of the credential file of each product: `{ protection: sandbox.profile() }` */
  static async make(profiles: Readonly<Record<string, string>>): Promise<ExampleFolder> {
    const folder = new ExampleFolder(await mkdtemp(join(tmpdir(), "cbapi-example-")));
    await mkdir(join(folder.path, ".carbonblack"));
    for (const [product, profile] of Object.entries(profiles)) {
      await writeFile(join(folder.path, ".carbonblack", `credentials.${product}`), profile, { mode: 0o600 });
    }
    return folder;
  }

  /** Starts an example: `start("protection/policy-return", ["--policy", "Lab"])`. Nobody types anything. */
  start(
    name: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const child = spawn(process.execPath, [join(examples, `${name}.js`), ...args], {
      cwd: this.path,
      env: { PATH: process.env["PATH"], HOME: this.path, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
      });
    }
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => resolve({ status, ...output }));
    });
    return { child, ended };
  }

  /** Runs an example to its end. */
  run(name: string, args: readonly string[] = []): Promise<Ended> {
    return this.start(name, args).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
