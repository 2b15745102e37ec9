import type { DirectoryEntry, LiveResponseSession } from "cbapi/response";

/** Milliseconds for which a directory is taken to be as it was. */
const FRESH = 15_000;
const KEPT = 50;
/** Milliseconds that somebody who presses Tab is kept waiting. */
const PATIENCE = 10_000;

/** Directories as they were a moment ago, so that pressing Tab again asks nothing. */
export class DirectoryCache {
  readonly #directories = new Map<string, { at: number; entries: Promise<readonly DirectoryEntry[]> }>();

  /** What is in a directory; nothing when it cannot be listed. */
  async list(session: LiveResponseSession, path: string): Promise<readonly DirectoryEntry[]> {
    const known = this.#directories.get(path);
    if (known !== undefined && performance.now() - known.at < FRESH) return known.entries;
    const entries: Promise<readonly DirectoryEntry[]> = session.listDirectory(path, { timeout: PATIENCE }).catch(() => {
      this.#directories.delete(path);
      return [];
    });
    this.#directories.set(path, { at: performance.now(), entries });
    if (this.#directories.size > KEPT) this.#directories.delete(this.#directories.keys().next().value ?? path);
    return entries;
  }

  /** Remembers what a command has listed. */
  keep(path: string, entries: readonly DirectoryEntry[]): void {
    this.#directories.set(path, { at: performance.now(), entries: Promise.resolve(entries) });
  }

  clear(): void {
    this.#directories.clear();
  }
}
