import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writePrivate } from "./tls/index.js";

const temporary = new Set<string>();
let cleansUp = false;

/**
 * Where a sandbox keeps what clients refer to by file name. A folder given by the caller stays; otherwise one is made for
 * this run, readable by this user only, and removed with the sandbox or, at the latest, with the process.
 */
export class StateDirectory {
  readonly #kept: boolean;
  #path: string | undefined;

  constructor(path?: string) {
    this.#kept = path !== undefined;
    if (path === undefined) return;
    this.#path = resolve(path);
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
  }

  /** Writes a file and returns where it is. */
  write(name: string, text: string): string {
    const file = join(this.#folder(), name);
    writeFileSync(file, text);
    return file;
  }

  /** A secret that outlives restarts in a folder that is kept; `make` is called when there is none yet. */
  secret(name: string, make: () => string): string {
    if (!this.#kept) return make();
    const file = join(this.#folder(), name);
    try {
      const known = readFileSync(file, "utf8").trim();
      if (known !== "") return known;
    } catch {
      // Not there yet.
    }
    const fresh = make();
    writePrivate(file, `${fresh}\n`);
    return fresh;
  }

  /** Removes the folder unless it was given. */
  remove(): void {
    if (this.#kept || this.#path === undefined) return;
    temporary.delete(this.#path);
    rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }

  /** Made when it is first needed: a sandbox without TLS needs none. */
  #folder(): string {
    if (this.#path === undefined) {
      this.#path = mkdtempSync(join(tmpdir(), "cbapi-sandbox-"));
      temporary.add(this.#path);
      if (!cleansUp) process.once("exit", removeAll);
      cleansUp = true;
    }
    return this.#path;
  }
}

function removeAll(): void {
  for (const path of temporary) rmSync(path, { recursive: true, force: true });
}
