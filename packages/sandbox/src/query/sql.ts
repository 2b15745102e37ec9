import type { SqlText, SqlValue } from "../store/database.js";

/** Pieces of SQL that carry their parameters along. */
export function sql(parts: TemplateStringsArray, ...inserted: (SqlText | SqlValue)[]): SqlText {
  let text = parts[0] ?? "";
  const params: SqlValue[] = [];
  inserted.forEach((piece, index) => {
    if (typeof piece === "object" && piece !== null) {
      text += piece.sql;
      for (const param of piece.params) params.push(param);
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

/** The condition that no document meets. */
export const NOTHING = raw("0");
/** The condition that every document meets. */
export const EVERYTHING = raw("1");

/** So many conditions stand side by side: each level of parentheses costs as much as a few operators in a row. */
const WIDTH = 12;

/** Joins conditions as a balanced tree: SQLite limits how deep an expression may be, and how deep its parentheses. */
export function combine(operator: "AND" | "OR", conditions: readonly SqlText[]): SqlText {
  const [first] = conditions;
  if (first === undefined) return operator === "AND" ? EVERYTHING : NOTHING;
  if (conditions.length === 1) return first;
  if (conditions.length <= WIDTH) {
    const joined = conditions.map((condition) => condition.sql).join(` ${operator} `);
    return { sql: `(${joined})`, params: conditions.flatMap((condition) => condition.params) };
  }
  const share = Math.ceil(conditions.length / WIDTH);
  const parts = Array.from({ length: Math.ceil(conditions.length / share) }, (_, index) =>
    combine(operator, conditions.slice(index * share, (index + 1) * share)),
  );
  return combine(operator, parts);
}

/** A pattern of the query language as one of SQLite's GLOB: brackets mean themselves. */
export function globOf(pattern: string): string {
  return pattern.replace(/[[\]]/g, "[$&]");
}
