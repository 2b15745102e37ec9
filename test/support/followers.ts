// Programs that follow what comes, each a process of its own, killed and started again.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Sandbox } from "@cbapi/sandbox";

const program = fileURLToPath(new URL("tail-child.js", import.meta.url));

/** What a program follows. */
export type Followed = "alerts" | "notifications" | "audit";

/** How a program ends. */
export interface Run {
  /** At this step it kills itself; without it, when nothing has come a few times. */
  readonly dieAt?: number;
  /** Whether steps are counted between the service's answer and the disk, in place of all others. */
  readonly inWindow?: boolean;
  /** After so many milliseconds it is killed from outside. */
  readonly killAfter?: number;
}

/** A file that programs write into one after the other, and what they have written. */
export class Follower {
  readonly #sandbox: Sandbox;
  readonly #kind: Followed;
  readonly #folder = mkdtempSync(join(tmpdir(), "cbapi-follow-"));

  constructor(sandbox: Sandbox, kind: Followed) {
    this.#sandbox = sandbox;
    this.#kind = kind;
  }

  get #out(): string {
    return join(this.#folder, "out.jsonl");
  }

  /** Runs a program to its end, while time passes. @returns the signal that ended it, if one did */
  async run({ dieAt = 0, inWindow = false, killAfter }: Run = {}): Promise<string | null> {
    const { url, token, orgKey, caFile } = this.#sandbox.credentials("cloud");
    const isLast = dieAt === 0 && killAfter === undefined;
    const settings = {
      kind: this.#kind,
      access: { url, token, orgKey, ...(caFile === undefined ? {} : { sslCertFile: caFile }) },
      ...{ out: this.#out, spool: join(this.#folder, "spool"), dieAt, inWindow, idle: isLast ? 3 : 0 },
    };
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    let over = false;
    const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, signal) => {
        over = true;
        resolve([status, signal]);
      });
    });
    if (killAfter !== undefined) void pause(killAfter).then(() => child.kill("SIGKILL"));
    // Things happen while it runs; not while the last one looks whether anything is left.
    while (!isLast && !over) {
      await this.#sandbox.clock.step(60);
      await pause(40);
    }
    const [status, signal] = await ended;
    if (signal === null && status !== 0) throw new Error(`the program ended with ${status}: ${said}`);
    return signal;
  }

  /** What was written, line by line. */
  get written(): string[] {
    if (!existsSync(this.#out)) return [];
    const lines = readFileSync(this.#out, "utf8").split("\n");
    return lines.slice(0, -1).map((line) => (JSON.parse(line) as { id: string }).id);
  }
}

/** Numbers from 0 on to below 1, the same for the same seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
