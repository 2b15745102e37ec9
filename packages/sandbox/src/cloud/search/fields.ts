import { raw } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";

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
  /** SQL for the last part of a path, where it is kept, and indexed by `lower`. */
  readonly base?: SqlText;
}

/** The fields of a search, by name. Names have their case. */
export type SearchFields = ReadonlyMap<string, SearchField>;

/** A field with one value, which is this SQL of our own. */
export function column(
  type: FieldType,
  expression: string,
  more: { isDefault?: boolean; base?: string } = {},
): SearchField {
  const value = raw(expression);
  const { isDefault = false, base } = more;
  return { type, isDefault, value, having: (test) => test(value), ...(base === undefined ? {} : { base: raw(base) }) };
}
