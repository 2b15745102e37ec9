import type { SqlText } from "./database.js";
import type { Store } from "./store.js";

/** A search whose parts are SQL: `where` over the row `d`, `order` and `group` over `d` and, with `joins`, others. */
export interface Search {
  from: "segment" | "binary" | "alert" | "threat_report";
  joins?: string;
  where: SqlText;
  order: string;
  /** Only the first document of each value of this expression stays. */
  group?: string;
}

const KEPT_RESULTS = 32;

/** A search that the database refuses because of its size or depth. */
export class SearchTooLarge extends Error {
  override readonly name = "SearchTooLarge";
}

/**
 * Runs searches and keeps the latest results, as lists of document numbers. Reading a result page by page then searches
 * once; a write makes every kept result stale, so pages are always of the live data.
 */
export class Searcher {
  readonly #results = new Map<string, readonly number[]>();
  #revision = -1;

  constructor(private readonly store: Store) {}

  /** The documents found, in order. */
  documents(search: Search): readonly number[] {
    const { revision } = this.store;
    if (revision !== this.#revision) {
      this.#results.clear();
      this.#revision = revision;
    }
    const key = searchKey(search);
    let documents = this.#results.get(key);
    if (documents === undefined) {
      documents = this.find(search);
      if (this.#results.size >= KEPT_RESULTS) {
        const oldest = this.#results.keys().next().value;
        if (oldest !== undefined) this.#results.delete(oldest);
      }
    } else {
      this.#results.delete(key);
    }
    this.#results.set(key, documents);
    return documents;
  }

  /** The documents found, for a search that is not repeated: its result is not kept. */
  find(search: Search): readonly number[] {
    try {
      return this.#run(search);
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      if (
        !/parser stack overflow|Expression tree is too large|too many SQL variables|string or blob too big/.test(
          message,
        )
      ) {
        throw error;
      }
      throw new SearchTooLarge(message, { cause: error });
    }
  }

  #run(search: Search): readonly number[] {
    const { database } = this.store;
    const { where } = search;
    const key = search.group ?? "NULL";
    const rows = `SELECT d.doc AS doc, ${key} AS key FROM ${search.from} d ${search.joins ?? ""}
      WHERE ${where.sql} ORDER BY ${search.order}`;
    if (search.group === undefined) {
      return database.numbers(`SELECT json_group_array(doc) AS list FROM (${rows})`, where.params);
    }
    const found = database.first<{ docs: string; keys: string }>(
      `SELECT json_group_array(doc) AS docs, json_group_array(key) AS keys FROM (${rows})`,
      where.params,
    );
    const docs = JSON.parse(found?.docs ?? "[]") as number[];
    const keys = JSON.parse(found?.keys ?? "[]") as unknown[];
    const seen = new Set<unknown>();
    return docs.filter((_, index) => {
      if (seen.has(keys[index])) return false;
      seen.add(keys[index]);
      return true;
    });
  }
}

/** The same for the same question. */
export function searchKey(search: Search): string {
  return JSON.stringify(search);
}
