import type { Readable } from "node:stream";
import { InvalidObjectError, ObjectNotFoundError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import { Model } from "../../../core/model/model.js";
import { one, resource } from "../../../core/model/relations.js";
import { ServerFile } from "../../../core/model/server-file.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { askForObject } from "../../../psc/send.js";
import { BINARY_READ, BINARY_SUMMARY, FILES } from "./calls.js";
import { Downloads, type DownloadsOptions } from "./downloads.js";
import { type FoundItem, fileIn, signedArchive } from "./found-item.js";
import { sha256Of } from "./sha256.js";

/** On how many devices of the organization a file was seen: `GET .../sha256/{sha256}/summary/device`. */
export class BinarySummary extends defineModel(
  { name: "Summary", path: FILES, key: "sha256" },
  {
    sha256: t.string(),
    num_devices: t.integer(),
    first_seen_device_id: t.integer(),
    first_seen_device_name: t.string(),
    first_seen_device_timestamp: t.dateTime(),
    last_seen_device_id: t.integer(),
    last_seen_device_name: t.string(),
    last_seen_device_timestamp: t.dateTime(),
  },
) {
  /** @internal */
  static override normaliseKey(key: Key): Key {
    return sha256Of(key);
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return { document: await askForObject(cloud(client), BINARY_SUMMARY, { values: { sha256: key } }, options) };
  }
}

/**
 * A file that devices have run or loaded, by its SHA-256: `GET .../sha256/{sha256}/metadata`.
 *
 * @example
 * const binary = await cb.select(Binary, sha256);
 * console.log(binary.original_filename, (await binary.summary).num_devices);
 * await binary.file.save("sample.bin");
 */
export class Binary extends defineModel(
  { name: "Binary", path: FILES, key: "sha256", keyOnly: ["downloadUrl", "download_url"] },
  {
    sha256: t.string(),
    md5: t.string(),
    /** Whether the store has its bytes. */
    file_available: t.boolean(),
    /** How many of its bytes the store has. */
    available_file_size: t.integer(),
    /** Its size in bytes. */
    file_size: t.integer(),
    /** What it runs on: `WINDOWS`, `MAC`, `LINUX` ... */
    os_type: t.string(),
    /** `amd64`, `x86`, `arm64` ... */
    architecture: t.array(t.string()),
    /** The language of its version resource. */
    lang_id: t.integer(),
    /** The character set of its version resource. */
    charset_id: t.integer(),
    internal_name: t.string(),
    product_name: t.string(),
    company_name: t.string(),
    copyright: t.string(),
    trademark: t.string(),
    file_description: t.string(),
    file_version: t.string(),
    comments: t.string(),
    original_filename: t.string(),
    product_description: t.string(),
    product_version: t.string(),
    private_build: t.string(),
    special_build: t.string(),
    /** On which devices it was seen: `GET .../sha256/{sha256}/summary/device`. */
    get summary() {
      return one(BinarySummary, (binary: Model) => Model.stateOf(binary).key);
    },
    /** Its bytes, without the ZIP around them; they are checked against the SHA-256. */
    get file() {
      return resource(StoredFile);
    },
  },
) {
  /** On how many devices it was seen, as a model to select by a SHA-256. */
  static readonly Summary = BinarySummary;

  /** @internal */
  static override normaliseKey(key: Key): Key {
    return sha256Of(key);
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return { document: await askForObject(cloud(client), BINARY_READ, { values: { sha256: key } }, options) };
  }

  /** A signed address of it that is good for an hour: {@link Binary.downloadUrl}. */
  get download_url(): PromiseLike<string | undefined> {
    return new Lazy("download_url", () => this.downloadUrl());
  }

  /**
   * A signed address of a ZIP with the file; `undefined` when the store does not have it: `POST .../file/_download`.
   * Whoever has the address can read the file until it expires. {@link Binary.file} reads it.
   * @throws InvalidObjectError when the store had no answer: the same may succeed later
   */
  async downloadUrl(options: DownloadsOptions = {}): Promise<string | undefined> {
    return (await addressOf(this, options))?.url;
  }
}

/** The bytes of a file of the store. Each reading asks for an address of its own, and reads there without the token. */
export class StoredFile extends ServerFile {
  readonly #binary: Model;

  /** @internal Every binary has one: `binary.file`. */
  constructor(binary: Model) {
    super();
    this.#binary = binary;
  }

  /**
   * The ZIP as it is stored, with the file as `filedata`. Read the stream, or destroy it: the connection waits for that.
   * @throws ObjectNotFoundError when the store does not have the file
   * @throws InvalidObjectError when the store had no answer: the same may succeed later
   */
  async archive(options: CallOptions = {}): Promise<Readable> {
    const { client, key } = Model.stateOf(this.#binary);
    const item = await addressOf(this.#binary, options);
    if (item === undefined) throw new ObjectNotFoundError(`The store does not have the bytes of ${key}`);
    return signedArchive(cloud(client), item.url, options);
  }

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    yield* fileIn(await this.archive(options), Model.stateOf(this.#binary).key);
  }
}

async function addressOf(binary: Model, options: DownloadsOptions): Promise<FoundItem | undefined> {
  const { client, key = "" } = Model.stateOf(binary);
  const { found, error } = await Downloads.ask(client, [String(key)], options);
  if (error.length > 0) {
    throw new InvalidObjectError(`${key} should be retried: the store had no answer for it`, { retryable: true });
  }
  return found[0];
}
