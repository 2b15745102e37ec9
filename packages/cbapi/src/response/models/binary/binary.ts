import { ClientError, InvalidHashError, ObjectNotFoundError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import { asDocument } from "../../../core/model/model.js";
import { refByKey } from "../../../core/model/ref.js";
import type { Ref } from "../../../core/model/ref-type.js";
import { resource } from "../../../core/model/relations.js";
import type { DryRun, WritePlan } from "../../../core/model/write-plan.js";
import type { RowFilter } from "../../../core/query/row-source.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { BinaryQuery } from "../../queries/binary-query.js";
import { Sensor } from "../sensor/sensor.js";
import { SharedReads } from "../shared-reads.js";
import { type Tag, tagOf, tagsOf, type WatchlistHit } from "../tags.js";
import { BannedHash, type BanOptions } from "./banned-hash.js";
import { BinaryFile } from "./binary-file.js";

/** The result of checking a binary's signature, on the endpoint that saw it first. */
export type SignatureResult =
  | "Signed"
  | "Unsigned"
  | "Expired"
  | "Bad Signature"
  | "Invalid Signature"
  | "Invalid Chain"
  | "Untrusted Root"
  | "Explicit Distrust"
  | (string & {});

/** What is known of a binary's signature. */
export interface SigningData {
  readonly result: SignatureResult | undefined;
  /** Who signed it. */
  readonly publisher: string | undefined;
  /** Who vouches for the publisher. */
  readonly issuer: string | undefined;
  /** Whom the certificate names. */
  readonly subject: string | undefined;
  /** When it was signed. */
  readonly sign_time: Date | undefined;
  /** The name that the publisher gave the program when signing it. */
  readonly program_name: string | undefined;
}

/** What a binary says of itself, in its version resource. Anybody can write anything there. */
export interface VersionInfo {
  /** What the file is for. */
  readonly file_desc: string | undefined;
  readonly file_version: string | undefined;
  readonly product_name: string | undefined;
  readonly product_version: string | undefined;
  readonly company_name: string | undefined;
  readonly legal_copyright: string | undefined;
  readonly original_filename: string | undefined;
}

/** How common a binary is. */
export interface Frequency {
  /** Computers that have it. */
  readonly computer_count: number;
  /** Processes that use it. */
  readonly process_count: number;
  /** All processes that the server has. */
  readonly all_process_count: number;
  /** `process_count` as a share of all processes, 0 to 1. */
  readonly module_frequency: number;
}

/** How many binaries one search may be asked for by their hashes: the address stays below 8 KiB. */
const HASHES_A_SEARCH = 100;

/** Whether a text is an MD5. Servers also send `(unknown)`, or nothing, where a sensor did not see the file. */
export function isMd5(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{32}$/i.test(text);
}

/** A row without a hash answers no search for known hashes. */
const WITH_HASH: RowFilter = {
  keep: (document) => isMd5(document["md5"]),
  note: "rows without an MD5 were passed over",
};

/** An executable that was seen on some endpoint, by the MD5 of its bytes. */
export class Binary extends defineModel(
  {
    name: "Binary",
    path: "/api/v1/binary",
    key: "md5",
    printAs: "document",
    keyOnly: ["getFrequency", "getBanned", "ban"],
  },
  {
    /** In upper case. */
    md5: t.string(),
    /** In lower case; from 7.0 on. */
    sha256: t.string(),
    /** The paths that it was seen at. */
    observed_filename: t.array(t.string()),
    /** The file's size in bytes. */
    orig_mod_len: t.integer(),
    /** How many bytes the server has; files above 25 MB are cut, and 0 means that the file was not collected. */
    copied_mod_len: t.integer(),
    /** An executable, as opposed to a library or a driver. */
    is_executable_image: t.boolean(),
    is_64bit: t.boolean(),
    /** `Windows`, `OSX` or `Linux`. */
    os_type: t.string(),
    /** When the server first heard of it. */
    server_added_timestamp: t.dateTime(),
    timestamp: t.dateTime(),
    last_seen: t.dateTime(),
    /** On how many computers it was seen. */
    host_count: t.integer(),
    /** `HOSTNAME|sensor id`; see {@link Binary.endpoints}. */
    endpoint: t.array(t.string()),
    /** The names of the sensor groups that it was seen in. */
    group: t.array(t.string()),
    watchlists: t.array(t.open<WatchlistHit>()),
    /** See {@link SignatureResult}. */
    digsig_result: t.string(),
    /** The endpoint's own code for the result, a decimal number as text. */
    digsig_result_code: t.string(),
    digsig_publisher: t.string(),
    digsig_issuer: t.string(),
    digsig_subject: t.string(),
    digsig_prog_name: t.string(),
    digsig_sign_time: t.dateTime(),
    file_desc: t.string(),
    file_version: t.string(),
    product_name: t.string(),
    product_version: t.string(),
    company_name: t.string(),
    internal_name: t.string(),
    original_filename: t.string(),
    legal_copyright: t.string(),
    legal_trademark: t.string(),
    private_build: t.string(),
    special_build: t.string(),
    product_desc: t.string(),
    comments: t.string(),
    cb_version: t.integer(),
    facet_id: t.integer(),
    event_partition_id: t.array(t.integer()),
    /** A PNG; only the summary has it, so a search row needs `load()` first. */
    icon: t.bytes(),
    /** Its bytes; reaching it requests nothing. */
    get file() {
      return resource(BinaryFile);
    },
  },
) {
  /** @internal A search for binaries, which has not been sent. */
  static query(client: ModelHost): BinaryQuery {
    return new BinaryQuery(client, Binary, {});
  }

  /**
   * @internal The MD5 in upper case.
   * @throws InvalidHashError when the text is no MD5
   */
  static override normaliseKey(key: Key): Key {
    const md5 = String(key).toUpperCase();
    if (!isMd5(md5)) {
      throw new InvalidHashError(
        `MD5sum ${md5} is not valid: an MD5 has 32 hexadecimal digits, got ${JSON.stringify(key)}`,
      );
    }
    return md5;
  }

  /** @internal The summary: `GET /api/v1/binary/{MD5}/summary`. */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const summary = await client.getObject(`/api/v1/binary/${key}/summary`, undefined, options);
    return { document: asDocument(summary, "Binary", key) };
  }

  /** @internal What searches for 100 hashes each tell of many binaries: all but the icon. Rows without a hash are passed over. */
  static async fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    const found = new Map<Key, Fetched>();
    for (let start = 0; start < keys.length; start += HASHES_A_SEARCH) {
      const some = keys.slice(start, start + HASHES_A_SEARCH);
      const clauses = [some.map((md5) => `md5:${md5}`).join(" OR ")];
      const query = new BinaryQuery(client, Binary, { clauses, filter: WITH_HASH });
      for (const binary of await query.batchSize(some.length).all(options)) {
        found.set(binary.md5, { document: Binary.stateOf(binary).document });
      }
    }
    return found;
  }

  /** The MD5 in upper case; the same as `md5`. */
  get md5sum(): string {
    return this.md5;
  }

  /** The file's size in bytes; 0 when it is not known. */
  get size(): number {
    return this.orig_mod_len ?? 0;
  }

  /** How many bytes the server has; files above 25 MB are cut, and 0 means that the file was not collected. */
  get copied_size(): number {
    return this.copied_mod_len ?? 0;
  }

  /** The paths that it was seen at; empty when none is known. */
  get observed_filenames(): readonly string[] {
    return this.observed_filename ?? [];
  }

  /** Whether its signature was found good. */
  get signed(): boolean {
    return this.digsig_result === "Signed";
  }

  /** Its signature: the result of the check, and whose it is. */
  get signing_data(): SigningData {
    return {
      result: this.digsig_result,
      publisher: this.digsig_publisher,
      issuer: this.digsig_issuer,
      subject: this.digsig_subject,
      sign_time: this.digsig_sign_time,
      program_name: this.digsig_prog_name,
    };
  }

  /** What its version resource says. */
  get version_info(): VersionInfo {
    return {
      file_desc: this.file_desc,
      file_version: this.file_version,
      product_name: this.product_name,
      product_version: this.product_version,
      company_name: this.company_name,
      legal_copyright: this.legal_copyright,
      original_filename: this.original_filename,
    };
  }

  /** The sensors that have seen it. Their names are known; the rest is asked for when it is read. */
  get endpoints(): readonly Ref<Sensor>[] {
    const { client } = Binary.stateOf(this);
    return (this.endpoint ?? []).flatMap((text) => {
      const bar = text.lastIndexOf("|");
      const id = Number(text.slice(bar + 1));
      if (bar < 0 || !Number.isInteger(id)) return [];
      client.identityMap.seed(Sensor, id, { id, computer_name: text.slice(0, bar) }, 1);
      return [refByKey(client, Sensor, id)];
    });
  }

  /** How common it is: `GET /api/v1/process/host/count`, once for this object. */
  get frequency(): PromiseLike<Frequency> {
    return new Lazy("Frequency", () => this.getFrequency());
  }

  /**
   * As {@link Binary.frequency}, with options for the request.
   * @throws ApiError when the answer is no object
   */
  getFrequency(options: CallOptions = {}): Promise<Frequency> {
    const reads = this.kept("frequency", () => new SharedReads<"frequency", Frequency>());
    return reads.read("frequency", options, (call) => this.#readFrequency(call));
  }

  /**
   * The ban of this hash, or `false` when there is none: `GET /api/v1/banning/blacklist/{md5}`. A ban that was lifted is
   * one too; its `enabled` is false.
   */
  get banned(): PromiseLike<BannedHash | false> {
    return new Lazy("BannedHash", () => this.getBanned());
  }

  /** As {@link Binary.banned}, with options for the request. */
  async getBanned(options: CallOptions = {}): Promise<BannedHash | false> {
    try {
      return await refByKey(Binary.stateOf(this).client, BannedHash, this.md5, options);
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return false;
      if (error instanceof ClientError && error.status === 409) return false;
      throw error;
    }
  }

  /**
   * Bans this hash, unless it is banned already: {@link BannedHash.ban}.
   * @throws as {@link BannedHash.ban}
   */
  async ban<D extends boolean | undefined = false>(
    options?: BanOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, BannedHash>>;
  async ban({ dryRun = false, ...options }: BanOptions = {}): Promise<BannedHash | WritePlan | undefined> {
    const { client } = Binary.stateOf(this);
    if (!dryRun) return BannedHash.ban(client, this.md5, options);
    return BannedHash.ban(client, this.md5, { ...options, dryRun });
  }

  /** This binary in the console. */
  get webui_link(): string {
    return `${Binary.stateOf(this).client.url}/#binary/${this.md5}`;
  }

  /** The feeds that have tagged it. */
  get tags(): readonly string[] {
    return tagsOf(this.wholeDocument);
  }

  /** What a feed says of it; `undefined` when it says nothing. */
  tagInfo(feed: string): Tag | undefined {
    return tagOf(this.wholeDocument, feed);
  }

  async #readFrequency(options: CallOptions): Promise<Frequency> {
    const parameters = { "cb.freqver": 1, md5: this.md5, name: "md5" };
    const answer = await Binary.stateOf(this).client.getObject("/api/v1/process/host/count", parameters, options);
    const counts = asDocument(answer, "the frequency of Binary", this.md5);
    const processes = Number(counts["globalCount"] ?? 0);
    const all = Number(counts["numDocs"] ?? 0);
    return {
      computer_count: Number(counts["hostCount"] ?? 0),
      process_count: processes,
      all_process_count: all,
      module_frequency: all === 0 ? 0 : processes / all,
    };
  }
}
