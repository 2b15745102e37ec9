import { ApiError } from "../core/errors.js";
import { invalidArgument } from "../core/invalid-argument.js";

/** What can be put into a template of SQL: a value, or several for `IN (...)`. */
export type SqlValue = string | number | bigint | boolean | readonly (string | number | bigint | boolean)[];

/**
 * SQL from text, or from a template whose values are written as literals.
 * @throws ApiError when it is no text, or there is nothing to run in it
 */
export function sqlOf(first: TemplateStringsArray | string, values: readonly SqlValue[]): string {
  const isTemplate = typeof first === "object" && Array.isArray(first) && "raw" in first;
  if (!isTemplate && typeof first !== "string") {
    throw invalidArgument(`SQL is a text, or a template: got ${JSON.stringify(first)}`);
  }
  const sql = isTemplate
    ? first.reduce((text, part, index) => `${text}${literal(values[index - 1] as SqlValue)}${part}`)
    : (first as string);
  if (/^(\s|;|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*$/.test(sql)) throw missingSql("an empty text was given");
  return sql;
}

/** The error for a run without SQL. */
export function missingSql(why: string): ApiError {
  return new ApiError(`Missing LiveQuery SQL: ${why}. Name it with where("SELECT ...")`, { code: "INVALID_ARGUMENT" });
}

function literal(value: SqlValue): string {
  if (Array.isArray(value)) {
    if (value.length === 0)
      throw invalidArgument("an empty list in SQL matches nothing, and IN () is no SQL everywhere");
    return (value as readonly SqlValue[]).map(literal).join(", ");
  }
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "string") {
    // SQLite ends a text at the first zero byte, so that the rest of the SQL would be lost.
    if (value.includes("\0")) throw invalidArgument("a text in SQL cannot hold a zero byte");
    return `'${value.replaceAll("'", "''")}'`;
  }
  throw invalidArgument(`${JSON.stringify(value) ?? String(value)} cannot be put into SQL`);
}
