import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  CbApiError,
  ClientError,
  InvalidHashError,
  ObjectNotFoundError,
  UnauthorizedError,
} from "../../core/errors.js";
import { checkLocalFile, writeLocalFile } from "../../core/local-file.js";
import { ServerFile } from "../../core/model/server-file.js";
import { firstOf } from "../../core/signals.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { PendingAnalysis } from "../models/analysis/pending-analysis.js";
import { isHash } from "../models/fields.js";
import { Sha256HashType } from "../models/names.js";

const HASHES = ["sha256", "sha1", "md5"] as const;
const DIGITS = { sha256: 64, sha1: 40, md5: 32 } as const;

/**
 * The file of an analysis: `GET /pendingAnalysis/{id}?downloadFile=true` each time that it is read. Bytes are handed on as they
 * come; at the end they are compared with the hashes that the server has of the file, and a reading that does not
 * match ends in an error. A reading that is left early is not compared.
 *
 * Reading ends with the analysis, and with its signal.
 */
export class AnalysisFile extends ServerFile {
  readonly #pending: PendingAnalysis;
  readonly #signal: AbortSignal;
  readonly #open = new Set<Readable>();
  #failure: unknown;

  /** @internal One is made for each analysis. */
  constructor(pending: PendingAnalysis, signal: AbortSignal) {
    super();
    this.#pending = pending;
    this.#signal = signal;
  }

  /** @internal Why the last download broke off; `undefined` when it did not. */
  get failure(): unknown {
    return this.#failure;
  }

  override stream(options: CallOptions = {}): Readable {
    const stream = super.stream(options);
    this.#open.add(stream);
    stream.once("close", () => this.#open.delete(stream));
    return stream;
  }

  /**
   * Writes the file into a folder, under the name of its hash: `{sha256}.dat`, or the SHA-1 or MD5 where the server has no
   * other. The server's names for it are never used. Only the owner may read it, and it is there when it is complete.
   * @param folder exists already
   * @returns the path of the file
   * @throws InvalidHashError when the server has no hash of the file that is one; nothing is downloaded then
   * @throws ApiError with code `HASH_MISMATCH` when the file is another one, or `NOT_WRITTEN`
   */
  async saveTo(folder: string, options: CallOptions = {}): Promise<string> {
    const [hash] = this.#hashes();
    if (hash === undefined) {
      throw new InvalidHashError(
        `The server has no hash of the file of analysis ${this.#pending.id} to name it by: save() takes a path of your own`,
      );
    }
    const path = join(folder, `${hash.expected}.dat`);
    await checkLocalFile(path, true);
    await writeLocalFile(path, this.stream(options), { overwrite: true });
    return path;
  }

  /** @internal Ends the readings that nobody has ended. */
  release(): void {
    for (const stream of this.#open) {
      stream.on("error", () => {});
      stream.destroy();
    }
  }

  protected override async *bytes({ signal, timeout }: CallOptions): AsyncGenerator<Uint8Array, void> {
    this.#failure = undefined;
    const stop = firstOf(this.#signal, signal);
    const hashes = this.#hashes().map((hash) => ({ ...hash, made: createHash(hash.name) }));
    try {
      if (this.#pending.uploaded !== true) throw notUploaded(this.#pending);
      const download = this.#pending.file.stream({ signal: stop.signal, timeout });
      for await (const chunk of download as AsyncIterable<Uint8Array>) {
        for (const { made } of hashes) made.update(chunk);
        yield chunk;
      }
      const matches = hashes.map(({ name, expected, made }) => ({ name, isSame: made.digest("hex") === expected }));
      await this.#check(matches, { signal: stop.signal, timeout });
    } catch (error) {
      if (!stop.signal.aborted) this.#failure = error;
      throw error;
    } finally {
      stop.release();
    }
  }

  /** The hashes that the server has, the strongest first. What is no hash, or not of this kind, is none. */
  #hashes(): { readonly name: (typeof HASHES)[number]; readonly expected: string }[] {
    return HASHES.flatMap((name) => {
      const text = this.#pending[name] ?? "";
      return isHash(text) && text.length === DIGITS[name] ? [{ name, expected: text.toLowerCase() }] : [];
    });
  }

  /** The strongest hash decides. The SHA-256 of some packages (MSI) is made of parts of them, though: then another must do. */
  async #check(matches: readonly { name: string; isSame: boolean }[], call: CallOptions): Promise<void> {
    const [strongest, ...others] = matches;
    if (strongest === undefined || strongest.isSame) return;
    if (strongest.name === "sha256") {
      const type = await this.#sha256Type(call);
      const other = others.some(({ isSame }) => isSame);
      if (type === Sha256HashType.Fuzzy ? other || others.length === 0 : type === undefined && other) return;
    }
    throw new CbApiError(
      `The file of analysis ${this.#pending.id} is not the one that was asked for: its ${strongest.name} differs from what the server says`,
      { code: "HASH_MISMATCH" },
    );
  }

  /** How the server made the SHA-256; `undefined` where it does not tell, or not this token. */
  async #sha256Type(call: CallOptions): Promise<number | undefined> {
    try {
      return (await this.#pending.fileCatalog.load(call))?.sha256HashType;
    } catch (error) {
      if (error instanceof UnauthorizedError || error instanceof ClientError || error instanceof ObjectNotFoundError) {
        return undefined;
      }
      throw error;
    }
  }
}

function notUploaded({ id }: PendingAnalysis): CbApiError {
  return new CbApiError(
    `The file of analysis ${id} has not been uploaded yet: give { defer: "uploaded" } to take it up again when it is`,
    { code: "NOT_UPLOADED" },
  );
}
