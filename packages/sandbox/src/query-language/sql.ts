import type { SqlText, SqlValue } from "../store/database.js";

/** Pieces of SQL that carry their parameters along. */
export function sql(parts: TemplateStringsArray, ...inserted: (SqlText | SqlValue)[]): SqlText {
  let text = parts[0] ?? "";
  const params: SqlValue[] = [];
  inserted.forEach((piece, index) => {
    if (typeof piece === "object" && piece !== null) {
      text += piece.sql;
      params.push(...piece.params);
    } else {
      text += "?";
      params.push(piece);
    }
    text += parts[index + 1] ?? "";
  });
  return { sql: text, params };
}

/** SQL of our own making, as it is. Never give it anything that came with a request. */
export function raw(text: string): SqlText {
  return { sql: text, params: [] };
}

export const NOTHING = raw("0");
export const EVERYTHING = raw("1");

/** Joins conditions as a balanced tree: SQLite limits how deep an expression may be, not how wide. */
export function combine(operator: "AND" | "OR", conditions: readonly SqlText[]): SqlText {
  const [first] = conditions;
  if (first === undefined) return operator === "AND" ? EVERYTHING : NOTHING;
  if (conditions.length === 1) return first;
  const middle = Math.ceil(conditions.length / 2);
  const left = combine(operator, conditions.slice(0, middle));
  const right = combine(operator, conditions.slice(middle));
  return { sql: `(${left.sql} ${operator} ${right.sql})`, params: [...left.params, ...right.params] };
}

/** A pattern of the query language as one of SQLite's GLOB: brackets mean themselves. */
export function globOf(pattern: string): string {
  return pattern.replace(/[[\]]/g, "[$&]");
}
