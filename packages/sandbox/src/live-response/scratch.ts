import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();
let cleansUp = false;

/** Where the files of sessions lie: a folder for this run, readable by this user only, which goes with it at the latest. */
export class Scratch {
  #folder: Promise<string> | undefined;

  /** A folder inside, made when it is first asked for. */
  async folder(name: string): Promise<string> {
    this.#folder ??= makeFolder();
    const path = join(await this.#folder, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** Removes a folder inside with all that is in it. */
  async discard(name: string): Promise<void> {
    if (this.#folder !== undefined) await rm(join(await this.#folder, name), { recursive: true, force: true });
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    if (this.#folder === undefined) return;
    const path = await this.#folder;
    await rm(path, { recursive: true, force: true });
    folders.delete(path);
    this.#folder = undefined;
  }
}

async function makeFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "cbapi-sandbox-live-response-"));
  folders.add(path);
  if (!cleansUp) process.once("exit", removeAll);
  cleansUp = true;
  return path;
}

function removeAll(): void {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}
