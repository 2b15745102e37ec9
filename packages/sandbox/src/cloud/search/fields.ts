import { folded, raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { fold } from "../../store/tokens.js";

/**
 * How values of a field are compared. Letters have no case.
 *
 * - `keyword`: as a whole
 * - `path`: as a whole, or from one of its separators to the end
 * - `words`: any run of it that begins and ends between words
 * - `number`, `date` (milliseconds since 1970), `isoDate` (ISO 8601 text in UTC with milliseconds), `boolean`
 * - `address`: an IP address, which may also be looked for by its network
 */
export type FieldType = "keyword" | "path" | "words" | "number" | "date" | "isoDate" | "boolean" | "address";

/** A test of one value of a field, given as SQL. */
export type ValueTest = (value: SqlText) => SqlText;

/** What is searched by a name. */
export interface SearchField {
  readonly type: FieldType;
  /** Whether it is searched where no field is named. */
  readonly isDefault?: boolean;
  /** The rows in which one of the field's values passes the test. */
  readonly having: (test: ValueTest) => SqlText;
  /** SQL for the one value of a row, or for the first of several: for sorting and for counting by value. */
  readonly value?: SqlText;
  /** The same rows for a value without wildcards, where an index finds them faster; undefined leaves it to {@link having}. */
  readonly exact?: (text: string) => SqlText | undefined;
}

/** The fields of a search, by name. Names have their case. */
export type SearchFields = ReadonlyMap<string, SearchField>;

/**
 * A field with one value, which is this SQL of our own.
 * @param more `base`: SQL for the last part of a path, where that is kept and indexed by `lower`
 */
export function column(
  type: FieldType,
  expression: string,
  more: { isDefault?: boolean; base?: string } = {},
): SearchField {
  const value = raw(expression);
  const { isDefault = false, base } = more;
  const field = { type, isDefault, value, having: (test: ValueTest) => test(value) };
  return base === undefined ? field : { ...field, exact: (text) => baseCondition(raw(base), text) };
}

/** A name without separators is the last part of a path. */
export function baseCondition(base: SqlText, text: string): SqlText | undefined {
  if (/[\\/]/.test(text)) return undefined;
  const wanted = fold(text);
  return sql`${folded(base, wanted)} = ${wanted}`;
}
