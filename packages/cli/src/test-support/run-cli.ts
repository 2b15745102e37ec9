import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The command as it is installed. */
export const command = fileURLToPath(new URL("../../bin/cbapi.js", import.meta.url));
const folder = fileURLToPath(new URL("../..", import.meta.url));

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What comes in on standard input; nothing when left out. */
  readonly input?: string;
  /** Called with each piece of the output, and all of it so far. */
  readonly onOutput?: (child: ChildProcess, stdout: string, stderr: string) => void;
}

/** Runs the command as a user would, and waits for its end. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runNode([command, ...args], options);
}

/** Runs a small program that uses the public packages. */
export function runScript(source: string, options: RunOptions = {}): Promise<Ended> {
  return runNode(["--input-type=module", "--eval", source], { cwd: folder, ...options });
}

function runNode(args: readonly string[], { env = {}, cwd, input, onOutput }: RunOptions): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...plainEnvironment(), ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  // A command that leaves early does not read all of it.
  child.stdin?.on("error", () => {}).end(input);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput?.(child, stdout, stderr);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onOutput?.(child, stdout, stderr);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Waits until something has come true that nothing tells of. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error(`It did not come true: ${what}`);
    await sleep(25);
  }
}

/** Nobody's profiles, tokens, proxies or colours: only what a test sets counts. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR)$/i.test(name));
  return { ...Object.fromEntries(kept), HOME: tmpdir(), USERPROFILE: tmpdir() };
}

/** A folder for a test's files, with a blank in its name; `remove` it afterwards. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "cbapi cli "));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
