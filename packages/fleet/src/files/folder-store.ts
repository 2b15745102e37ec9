import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FleetError } from "../errors.js";
import type { FileSource } from "../job.js";
import { checkedHash, type FileStore, Measured, type StoredContent, streamOf, verified } from "./store.js";

/** Keeps files in a folder that all machines share, each under its SHA-256: `ab/abcd...`. Nothing incomplete has such a name. */
export class FolderStore implements FileStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(source: FileSource, signal?: AbortSignal): Promise<StoredContent> {
    await mkdir(this.#folder, { recursive: true });
    const partial = join(this.#folder, `.${randomUUID()}.partial`);
    const measured = new Measured();
    try {
      const file = await open(partial, "wx", 0o600);
      await pipeline(
        streamOf(source),
        measured,
        file.createWriteStream({ flush: true }),
        ...(signal ? [{ signal }] : []),
      );
      const content = measured.content();
      const path = this.#path(content.sha256);
      await mkdir(join(path, ".."), { recursive: true });
      await rename(partial, path);
      return content;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  async open(sha256: string): Promise<Readable> {
    const path = this.#path(checkedHash(sha256));
    await access(path).catch((cause: unknown) => {
      throw new FleetError("FILE_NOT_FOUND", `There is no file ${sha256} in ${this.#folder}.`, cause);
    });
    return verified(createReadStream(path), sha256);
  }

  #path(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }
}
