import { EVERYTHING, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { Database, SqlText } from "../../store/database.js";
import type { FieldType, SearchField, SearchFields } from "./fields.js";

/**
 * Documents that are held in memory, searched as if they were rows of a table: for what there are few of, or what is made
 * for the one who asks. Conditions are over the row `d` of the documents as JSON.
 */
export class DocumentSearch<D extends object> {
  readonly #database: Database;
  readonly #documents: readonly D[];
  #json: string | undefined;

  constructor(database: Database, documents: readonly D[]) {
    this.#database = database;
    this.#documents = documents;
  }

  /** The documents that meet a condition. The order is as given where none is. */
  find(where: SqlText = EVERYTHING, order: SqlText = raw("d.key")): D[] {
    this.#json ??= JSON.stringify(this.#documents);
    const rows = sql`SELECT json_group_array(key) AS list FROM (SELECT d.key AS key FROM json_each(${this.#json}) d WHERE ${where} ORDER BY ${order})`;
    const keys = guardSearch(() => this.#database.numbers(rows.sql, rows.params));
    return keys.flatMap((key) => this.#documents[key] ?? []);
  }
}

/**
 * A field of such documents. Names are our own, or have been checked.
 * @param isList whether documents have a list of values there
 */
export function documentField(
  name: string,
  type: FieldType,
  more: { isDefault?: boolean; isList?: boolean } = {},
): SearchField {
  const { isDefault = false, isList = false } = more;
  const path = `$.${JSON.stringify(name)}`.replaceAll("'", "''");
  const value = raw(`json_extract(d.value, '${path}')`);
  if (!isList) return { type, isDefault, value, having: (test) => test(value) };
  return {
    type,
    isDefault,
    value: raw(`json_extract(d.value, '${path}[0]')`),
    having: (test) =>
      sql`EXISTS (SELECT 1 FROM json_each(d.value, ${raw(`'${path}'`)}) l WHERE ${test(raw("l.value"))})`,
  };
}

/** Fields of documents, of one type each. Those with a `*` before the type are lists; those with a `!` are searched by default. */
export function documentFields(types: Readonly<Record<string, string>>): SearchFields {
  return new Map(
    Object.entries(types).map(([name, written]) => {
      const type = written.replace(/^[*!]+/, "") as FieldType;
      const marks = written.slice(0, written.length - type.length);
      return [name, documentField(name, type, { isList: marks.includes("*"), isDefault: marks.includes("!") })];
    }),
  );
}

const TOO_LARGE =
  /parser stack overflow|Expression tree is too large|too many SQL variables|string or blob too big|pattern too complex/;

/** Runs a search; what the database refuses because of its size or depth is a bad request. */
export function guardSearch<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && TOO_LARGE.test(error.message)) {
      throw new HttpProblem(400, "The search is too large: it has too many terms, or too deep groups");
    }
    throw error;
  }
}
