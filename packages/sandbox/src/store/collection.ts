import type { Database } from "./database.js";

/** What a collection stands in; its database holds everything that was handed over. */
interface Holder {
  readonly database: Database;
}

/** What an object of a collection is found by. */
export type ObjectKey = number | string;

/**
 * Objects of one kind that are read and written whole: watchlists, users, bans. They stand in one table as JSON, in the
 * order of their keys; what has to be searched has tables of its own.
 */
export class Collection<T extends object> {
  readonly #store: Holder;
  readonly #kind: string;

  constructor(store: Holder, kind: string) {
    this.#store = store;
    this.#kind = kind;
  }

  get size(): number {
    return this.#store.database.count("SELECT count(*) AS n FROM object WHERE kind = ?", [this.#kind]);
  }

  all(): T[] {
    const rows = this.#store.database.all<{ record: string }>("SELECT record FROM object WHERE kind = ? ORDER BY key", [
      this.#kind,
    ]);
    return rows.map(({ record }) => JSON.parse(record) as T);
  }

  get(key: ObjectKey): T | undefined {
    const row = this.#store.database.first<{ record: string }>("SELECT record FROM object WHERE kind = ? AND key = ?", [
      this.#kind,
      key,
    ]);
    return row === undefined ? undefined : (JSON.parse(row.record) as T);
  }

  /** The first object of which a field has this value. */
  find(field: keyof T & string, value: string | number): T | undefined {
    const row = this.#store.database.first<{ record: string }>(
      "SELECT record FROM object WHERE kind = ? AND json_extract(record, '$.' || ?) = ? ORDER BY key LIMIT 1",
      [this.#kind, field, value],
    );
    return row === undefined ? undefined : (JSON.parse(row.record) as T);
  }

  /** Adds an object, or puts it in the place of the one that has this key. */
  put(key: ObjectKey, record: T): void {
    this.#store.database.run("INSERT OR REPLACE INTO object (kind, key, record) VALUES (?, ?, ?)", [
      ...[this.#kind, key],
      JSON.stringify(record),
    ]);
  }

  /** Whether there was one to remove. */
  remove(key: ObjectKey): boolean {
    const there = this.get(key) !== undefined;
    // Once it is gone, nothing but this tells that its number was given out.
    if (there && typeof key === "number") this.#remember(this.#highest());
    this.#store.database.run("DELETE FROM object WHERE kind = ? AND key = ?", [this.#kind, key]);
    return there;
  }

  /** A number that no object of this kind has or had: those of removed objects are not given out again. */
  nextKey(): number {
    return this.#highest() + 1;
  }

  #highest(): number {
    return this.#store.database.count(
      `SELECT max(n) AS n FROM (SELECT highest AS n FROM object_sequence WHERE kind = ?
       UNION ALL SELECT max(key) FROM object WHERE kind = ? AND typeof(key) <> 'text')`,
      [this.#kind, this.#kind],
    );
  }

  #remember(highest: number): void {
    this.#store.database.run("INSERT OR REPLACE INTO object_sequence (kind, highest) VALUES (?, ?)", [
      ...[this.#kind, highest],
    ]);
  }
}
