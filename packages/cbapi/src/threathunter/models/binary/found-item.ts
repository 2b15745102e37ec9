import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { ApiError, CbApiError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import { Model } from "../../../core/model/model.js";
import { resource } from "../../../core/model/relations.js";
import { ServerFile } from "../../../core/model/server-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { zipEntry } from "../../../core/transport/zip-entry.js";
import { cloud } from "../../../psc/host.js";
import { sha256Of } from "./sha256.js";

/** A file that the store has, and where it can be had for a while. */
export class FoundItem extends defineModel(
  {
    name: "FoundItem",
    path: "",
    key: "sha256",
    unreadable: "A FoundItem can only be had by asking for its address: cb.select(Downloads, [sha256])",
  },
  {
    sha256: t.string(),
    /** A signed address of a ZIP. Whoever has it can read the file until it expires. */
    url: t.string(),
    /** The bytes of the file, without the ZIP around it; they are checked against the SHA-256. */
    get file() {
      return resource(SignedFile);
    },
  },
) {
  /** @internal */
  static override normaliseKey(key: Key): Key {
    return sha256Of(key);
  }
}

/**
 * A file at a signed address, of which the store makes a ZIP with the file as `filedata`. It is read without the client's
 * token, as the address is not the server's.
 */
export class SignedFile extends ServerFile {
  readonly #owner: Model;

  /** @internal Each found item has one: `item.file`. */
  constructor(owner: Model) {
    super();
    this.#owner = owner;
  }

  /**
   * The ZIP as it is stored. Read the stream, or destroy it: the connection waits for that.
   * @throws ApiError with code `ADDRESS_EXPIRED` when the address is not good any more: ask for another one
   */
  archive(options: CallOptions = {}): Promise<Readable> {
    const { client, document } = Model.stateOf(this.#owner);
    return signedArchive(cloud(client), document["url"], options);
  }

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    yield* fileIn(await this.archive(options), Model.stateOf(this.#owner).key);
  }
}

/** @internal What the model's client is needed for. */
type Reader = Pick<ReturnType<typeof cloud>, "requestElsewhere">;

/** @internal The ZIP behind a signed address. */
export async function signedArchive(client: Reader, url: unknown, options: CallOptions): Promise<Readable> {
  if (typeof url !== "string" || url === "") throw new ApiError("The server gave no address for this file");
  const { signal, timeout } = options;
  try {
    return await fileBody(await client.requestElsewhere(url, { signal, timeout }));
  } catch (error) {
    if (!(error instanceof CbApiError) || (error.status !== 403 && error.status !== 410)) throw error;
    const { status, method, path, uri, serverMessage } = error;
    throw new ApiError(
      `The store refused the signed address (${status}): most likely it has expired. Ask for another one, and read it sooner or with a longer expirationSeconds`,
      { code: "ADDRESS_EXPIRED", cause: error, status, method, path, uri, serverMessage },
    );
  }
}

/** @internal The file in the store's ZIP, which has to be the one that was asked for. */
export async function* fileIn(archive: Readable, sha256: Key | undefined): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  for await (const chunk of zipEntry(archive, "filedata")) {
    hash.update(chunk);
    yield chunk;
  }
  const digest = hash.digest("hex");
  if (sha256 === undefined || digest === sha256) return;
  throw new ApiError(`The file that came is not the one that was asked for: its SHA-256 is ${digest}, not ${sha256}`, {
    code: "HASH_MISMATCH",
  });
}
