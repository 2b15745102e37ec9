import { type Database, RowWriter } from "./database.js";
import type { Dictionary } from "./dictionary.js";
import type { Postings } from "./postings.js";
import type { Field, Kind } from "./schema.js";

/** Tags stand beside both kinds of documents. */
export type TagScope = "process" | "binary";

/** What documents of both kinds are found by: the texts of their fields, and their tags. */
export class DocumentIndex {
  readonly dictionary: Dictionary;
  readonly #postings: Postings;
  readonly #tags: RowWriter;

  constructor(database: Database, dictionary: Dictionary, postings: Postings) {
    this.dictionary = dictionary;
    this.#postings = postings;
    this.#tags = new RowWriter(database, "tag", ["scope", "name", "doc", "value"]);
  }

  /** Has a document be found by a text. Returns the text's number; null for a text that is missing or empty. */
  post(field: Field, kind: Kind, text: string | undefined, doc: number): number | null {
    if (text === undefined || text === "") return null;
    const value = this.dictionary.intern(kind, text);
    this.#postings.add(field, value, doc);
    return value;
  }

  tag(scope: TagScope, name: string, doc: number, value: number | string | string[]): void {
    this.#tags.push(scope, name, doc, Array.isArray(value) ? JSON.stringify(value) : value);
  }

  /** Writes the tags; dictionary and postings are written by themselves. */
  writeTags(): void {
    this.#tags.write();
  }

  clearTags(): void {
    this.#tags.clear();
  }
}
