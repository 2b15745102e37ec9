import type { SqlText } from "../store/database.js";
import { fold } from "../store/tokens.js";
import { globOf, raw, sql } from "./sql.js";
import { hasWildcard, type Value } from "./syntax.js";
import type { Interval } from "./values.js";

/**
 * What stored values are compared with, as it is read from a term: a pattern of GLOB (`*`, `?`, and in brackets what stands
 * for itself), or an interval. Both ways of searching compare with the same: in the database, and record by record.
 */
export type Comparison = { glob: string } | Interval<string>;

/** The interval with nothing else in it. */
export const exactly = (text: string): Interval<string> => ({ low: text, high: text });

/** Of folded texts. */
export function keywordComparison(value: Value): Comparison {
  if (value.type === "range") {
    return {
      low: value.from === "*" ? null : fold(value.from),
      high: value.to === "*" ? null : fold(value.to),
    };
  }
  const text = fold(value.text);
  return hasWildcard(value) ? { glob: globOf(text) } : exactly(text);
}

/** Equality, a pattern or a range over an expression that yields folded text. */
export function keywordCondition(expression: string, value: Value): SqlText {
  return compared(expression, keywordComparison(value));
}

/** Such a comparison as SQL. */
export function compared(expression: string, wanted: Comparison): SqlText {
  return "glob" in wanted ? sql`${raw(expression)} GLOB ${wanted.glob}` : within(expression, wanted);
}

/** The interval test over a column; an interval that is open on both sides asks for presence. */
export function within(expression: string, interval: Interval<number | string>): SqlText {
  const left: SqlText = { sql: expression, params: [] };
  const { low, high } = interval;
  if (low !== null && low === high) return sql`${left} = ${low}`;
  if (low !== null && high !== null) return sql`${left} BETWEEN ${low} AND ${high}`;
  if (low !== null) return sql`${left} >= ${low}`;
  if (high !== null) return sql`${left} <= ${high}`;
  return sql`${left} IS NOT NULL`;
}
