import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Redis } from "ioredis";
import { FleetError } from "../errors.js";
import type { FileSource } from "../job.js";
import type { Keys } from "../redis/keys.js";
import { checkedHash, type FileStore, Measured, type StoredContent, streamOf, verified } from "./store.js";

/** In bytes: Redis holds them in memory. */
const LARGEST = 16 * 1024 * 1024;

/** Keeps files in Redis itself, for those who have no shared folder: up to 16 MiB each, and for as long as runs are kept by default. */
export class RedisStore implements FileStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keep: number;

  /** @param keep milliseconds */
  constructor(redis: Redis, keys: Keys, keep: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keep = keep;
  }

  async put(source: FileSource, signal?: AbortSignal): Promise<StoredContent> {
    const measured = new Measured(LARGEST);
    const chunks: Buffer[] = [];
    const collect = async (stream: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of stream) chunks.push(chunk);
    };
    await pipeline(streamOf(source), measured, collect, ...(signal ? [{ signal }] : []));
    const content = measured.content();
    await this.#redis.set(this.#keys.file(content.sha256), Buffer.concat(chunks), "PX", this.#keep);
    return content;
  }

  async open(sha256: string): Promise<Readable> {
    const bytes = await this.#redis.getBuffer(this.#keys.file(checkedHash(sha256)));
    if (bytes === null) {
      throw new FleetError(
        "FILE_NOT_FOUND",
        `There is no file ${sha256} in Redis: it was kept for a time, or in a folder.`,
      );
    }
    return verified(Readable.from([bytes]), sha256);
  }
}
