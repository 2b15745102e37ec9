import { isDeepStrictEqual } from "node:util";
import type { BinaryRecord } from "../domain/index.js";
import { type Database, RowWriter } from "./database.js";
import type { DocumentIndex } from "./document-index.js";
import { removeBinaries } from "./removal.js";
import { BINARY_COLUMNS, Field, Kind } from "./schema.js";
import { fold } from "./tokens.js";

const BINARY_TEXTS = [
  ...["original_filename", "digsig_publisher", "digsig_issuer", "digsig_subject", "digsig_prog_name", "file_desc"],
  ...["file_version", "product_name", "product_version", "company_name", "internal_name", "legal_copyright"],
  ...["legal_trademark", "product_desc", "comments", "private_build", "special_build"],
] as const satisfies readonly (keyof BinaryRecord & keyof typeof Field)[];

/** Binaries on their way into the database: which number each has, and what its document is found by. */
export class BinaryRows {
  readonly #database: Database;
  readonly #index: DocumentIndex;
  readonly #writer: RowWriter;
  readonly #numbers = new Map<string, number>();
  /** Documents that were replaced and are still to be removed. */
  readonly #replaced: number[] = [];
  #next = 1;

  constructor(database: Database, index: DocumentIndex) {
    this.#database = database;
    this.#index = index;
    this.#writer = new RowWriter(database, "binary", BINARY_COLUMNS);
  }

  /** Whether there is any document. */
  get hasDocuments(): boolean {
    return this.#next > 1;
  }

  /**
   * Adds a binary, or replaces what is known of it. One that was only seen again, perhaps under further names, stays the
   * document that it is, with all that was found of it.
   */
  add(record: BinaryRecord): void {
    const md5 = fold(record.md5);
    const known = this.#numbers.get(md5);
    const newNames = known === undefined ? undefined : this.#newNames(known, record);
    if (known !== undefined && newNames !== undefined) {
      for (const name of newNames) this.#index.post(Field.observed_filename, Kind.path, name, known);
      this.#push(known, this.#index.dictionary.intern(Kind.keyword, md5), record);
      return;
    }
    if (known !== undefined) this.#replaced.push(known);
    const doc = this.#next++;
    this.#numbers.set(md5, doc);
    const md5Value = this.#index.post(Field.binary_md5, Kind.keyword, md5, doc);
    this.#index.post(Field.binary_sha256, Kind.keyword, record.sha256, doc);
    this.#index.post(Field.digsig_result, Kind.keyword, record.digsig_result, doc);
    this.#index.post(Field.binary_os_type, Kind.keyword, record.os_type, doc);
    for (const name of record.observed_filename) this.#index.post(Field.observed_filename, Kind.path, name, doc);
    for (const name of BINARY_TEXTS) this.#index.post(Field[name], Kind.text, record[name], doc);
    for (const [name, value] of Object.entries(record.alliance ?? {})) this.#index.tag("binary", name, doc, value);
    this.#push(doc, md5Value, record);
  }

  write(): void {
    this.#writer.write();
  }

  removeReplaced(): void {
    removeBinaries(this.#database, this.#replaced.splice(0));
  }

  /** Brings what is kept in memory to the state of the database. */
  reload(): void {
    this.#writer.clear();
    this.#replaced.length = 0;
    this.#next = this.#database.count("SELECT max(doc) AS n FROM binary") + 1;
    this.#numbers.clear();
    const rows = this.#database.all<{ md5: string; doc: number }>("SELECT md5, doc FROM binary");
    for (const { md5, doc } of rows) this.#numbers.set(md5, doc);
  }

  #push(doc: number, md5Value: number | null, record: BinaryRecord): void {
    this.#writer.push(
      doc,
      fold(record.md5),
      md5Value,
      record.server_added_timestamp,
      record.last_seen,
      record.orig_mod_len,
      record.copied_mod_len,
      record.is_executable_image ? 1 : 0,
      record.is_64bit ? 1 : 0,
      record.digsig_sign_time ?? null,
      JSON.stringify(record),
    );
  }

  /** The names under which a stored binary was not known, if nothing else of it is new. */
  #newNames(doc: number, record: BinaryRecord): string[] | undefined {
    this.#writer.write();
    const row = this.#database.first<{ record: string }>("SELECT record FROM binary WHERE doc = ?", [doc]);
    if (row === undefined) return undefined;
    const { observed_filename, last_seen: _, ...stored } = JSON.parse(row.record) as BinaryRecord;
    const { observed_filename: names, last_seen: __, ...told } = record;
    const known = new Set(observed_filename);
    const kept = observed_filename.every((name) => names.includes(name));
    return kept && isDeepStrictEqual(stored, JSON.parse(JSON.stringify(told)))
      ? names.filter((name) => !known.has(name))
      : undefined;
  }
}
