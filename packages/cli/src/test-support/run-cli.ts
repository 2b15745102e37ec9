import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { runOn } from "../run.js";
import { Terminal } from "../terminal.js";

/** The command as it is installed. */
export const command = fileURLToPath(new URL("../../bin/cbapi.js", import.meta.url));

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunOptions extends Surroundings {
  /** A program that runs it, with its arguments. */
  readonly within?: readonly string[];
  /** What comes in on standard input; nothing when left out. */
  readonly input?: string;
  /** Called with each piece of the output, and all of it so far. */
  readonly onOutput?: (child: ChildProcess, stdout: string, stderr: string) => void;
}

/**
 * Runs it within this process: starting one of its own costs more than most of what a command does. Standard input, signals
 * and what a script does to its process want {@link runCli}. One at a time, as environment and folder are the process's.
 */
export async function runHere(args: readonly string[], { env = {}, cwd }: Surroundings = {}): Promise<Ended> {
  const stdout = new Collected();
  const stderr = new Collected();
  const before = { environment: { ...process.env }, folder: process.cwd() };
  setEnvironment({ ...plainEnvironment(), ...env });
  if (cwd !== undefined) process.chdir(cwd);
  try {
    const { code } = await runOn(new Terminal(stdout, stderr, process.env), args);
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.chdir(before.folder);
    setEnvironment(before.environment);
  }
}

/** An output that is read as a whole, and may be a screen. */
export class Collected extends Writable {
  readonly isTTY: boolean;
  text = "";

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

function setEnvironment(variables: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (variables[name] === undefined) delete process.env[name];
  Object.assign(process.env, variables);
}

/** Runs the command as a user would, and waits for its end. */
export function runCli(
  args: readonly string[],
  { within = [], env = {}, cwd, input, onOutput }: RunOptions = {},
): Promise<Ended> {
  const [program = "", ...words] = [...within, process.execPath, command, ...args];
  const child = spawn(program, words, {
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
export function until(holds: () => boolean): Promise<void> {
  return vi.waitFor(() => expect(holds(), String(holds)).toBe(true), { timeout: 30_000, interval: 25 });
}

/** Nobody's profiles, tokens, proxies or colours: only what a test sets counts. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR)$/i.test(name));
  return { ...Object.fromEntries(kept), HOME: tmpdir(), USERPROFILE: tmpdir() };
}

/** A folder for a test's files, with a blank in its name; `remove` it afterwards. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "cbapi cli "));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
