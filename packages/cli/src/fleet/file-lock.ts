import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { CommandError } from "../shown-error.js";

/** Keeps others of this command from writing a file at the same time, by a file beside it that says who does. */
export class FileLock {
  readonly #path: string;
  readonly #owner: string;

  private constructor(path: string, owner: string) {
    this.#path = path;
    this.#owner = owner;
  }

  /** @throws CommandError when another process has it */
  static async take(file: string): Promise<FileLock> {
    const path = `${file}.lock`;
    const owner = JSON.stringify({
      pid: process.pid,
      host: hostname(),
      since: new Date().toISOString(),
      id: randomUUID(),
    });
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        await writeFile(path, owner, { flag: "wx", mode: 0o600 });
        return new FileLock(path, owner);
      } catch (error) {
        const { code, syscall } = error as NodeJS.ErrnoException;
        // It is ours, and says nothing: the disk is full.
        if (syscall !== "open") await rm(path, { force: true });
        if (code !== "EEXIST") throw error;
      }
      const held = await readFile(path, "utf8").catch(() => undefined);
      if (held === undefined) continue;
      if (isHeld(held)) throw inUse(file, path, held);
      await takeAway(path, held);
    }
    throw inUse(file, path, "");
  }

  async release(): Promise<void> {
    const held = await readFile(this.#path, "utf8").catch(() => undefined);
    if (held === this.#owner) await rm(this.#path, { force: true });
  }
}

/** Removes the lock of a process that is no more; if another one has taken it meanwhile, that one keeps it. */
async function takeAway(path: string, held: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== held) await link(aside, path);
  } catch {
    // Somebody was faster.
  } finally {
    await rm(aside, { force: true });
  }
}

function isHeld(held: string): boolean {
  try {
    const { pid, host } = JSON.parse(held) as { pid?: unknown; host?: unknown };
    // Of another machine nobody knows here.
    if (host !== hostname() || typeof pid !== "number") return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" || error instanceof SyntaxError;
  }
}

function inUse(file: string, path: string, held: string): CommandError {
  const who = /"pid":(\d+)/.exec(held)?.[1];
  return new CommandError(
    `Another run writes ${file}${who === undefined ? "" : ` (process ${who})`}. If there is none, remove ${path}.`,
  );
}
