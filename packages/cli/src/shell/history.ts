import { constants } from "node:fs";
import { chmod, type FileHandle, mkdir, open } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** How many lines are kept. */
const KEPT = 1000;

/** Lines that look as if they held a secret. */
const SECRETS = [
  /pass(word|wd|phrase|wort)?\b|passwd|secret|token|credential|api[-_ ]?key|private[-_ ]?key|authorization|bearer/i,
  /\b(pwd|pw|pin)\s*[=:]/i,
  // Programs that take a password as a word of their own.
  /\bnet1?(\.exe)?\s+(use|user)\b/i,
  /\b(runas|psexec|sshpass|cmdkey|wmic|plink|mysql|curl|wget)(\.exe)?\b.*\s[-/](u|p|user|pw)/i,
  /\/\/[^\s/]+:[^\s/]+@/,
];

/** Whether a line may be written down: nothing that begins with a blank, and nothing that looks like a secret. */
export function mayBeKept(line: string): boolean {
  return line.trim() !== "" && !/^\s/.test(line) && !SECRETS.some((secret) => secret.test(line));
}

/** Where typed lines are kept, in the user's folder for such things. */
export function historyFile(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = environment["HOME"] || environment["USERPROFILE"] || homedir();
  const state =
    platform === "win32"
      ? environment["LOCALAPPDATA"] || join(home, "AppData", "Local")
      : environment["XDG_STATE_HOME"] || join(home, ".local", "state");
  return join(state, "cbapi", "lr_history");
}

/** What was typed in earlier shells: one line each in a file that only its owner may read. */
export class History {
  readonly #path: string | undefined;
  #last: string | undefined;

  /** @param path undefined to keep nothing */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** The latest line first, as readline wants it. What cannot be read counts as empty. */
  async load(): Promise<string[]> {
    if (this.#path === undefined) return [];
    try {
      await using file = await openOwn(this.#path, constants.O_RDWR);
      const lines = (await file.handle.readFile("utf8")).split("\n").filter((line) => line !== "");
      const kept = lines.slice(-KEPT);
      if (lines.length > 2 * KEPT) {
        await file.handle.truncate(0);
        await file.handle.write(`${kept.join("\n")}\n`, 0);
      }
      this.#last = kept.at(-1);
      return kept.reverse();
    } catch {
      return [];
    }
  }

  /** Adds a line. That it cannot be kept disturbs nobody. */
  async add(line: string): Promise<void> {
    if (this.#path === undefined || line === this.#last || !mayBeKept(line)) return;
    this.#last = line;
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await using file = await openOwn(this.#path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
      await file.handle.write(`${line.replaceAll(/[\r\n]/g, " ")}\n`);
    } catch {
      // A shell without a memory is a shell all the same.
    }
  }
}

/** Opens a file of one's own: never through a link that somebody else has laid. */
async function openOwn(path: string, flags: number): Promise<{ handle: FileHandle } & AsyncDisposable> {
  // Windows has no such flag.
  const handle = await open(path, flags | (constants.O_NOFOLLOW ?? 0), 0o600);
  const dispose = { handle, [Symbol.asyncDispose]: () => handle.close() };
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error("not a file");
    if ((stats.mode & 0o077) !== 0) await chmod(path, 0o600);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return dispose;
}
