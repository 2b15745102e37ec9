import { combine, folded, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import { fold } from "../../store/tokens.js";
import type { FieldType } from "../objects/index.js";
import { type Condition, type Operand, written } from "./condition.js";

/** What a condition is on. */
export interface Column {
  /** As it is written in documents. */
  readonly name: string;
  readonly type: FieldType;
  readonly expression: SqlText;
}

/** A condition over a column as SQL. `now` is what relative dates count from. */
export function compile(column: Column, condition: Condition, now: number): SqlText {
  const { operator, operands } = condition;
  const bits = operator === "+" || operator === "-";
  if (bits && column.type !== "integer") throw refused(column, `has no bits: ${operator} is for whole numbers`);
  if ((operator === "<" || operator === ">") && column.type === "boolean") {
    throw refused(column, "is true or false and has no order");
  }
  if (column.type === "list") throw refused(column, "cannot be searched");
  switch (operator) {
    case ":":
      return combine("OR", matches(column, operands, now));
    case "!":
      return sql`NOT coalesce(${combine("OR", matches(column, operands, now))}, 0)`;
    case "+":
    case "-": {
      const found = operands.map((operand) => {
        const mask = numberOf(column, operand);
        if (!Number.isInteger(mask)) throw refused(column, `takes whole numbers, not ${mask}`);
        const common = sql`(CAST(coalesce(${column.expression}, 0) AS INTEGER) & CAST(${mask} AS INTEGER))`;
        return operator === "+" ? sql`${common} = ${mask}` : sql`${common} <> 0`;
      });
      return operator === "+" ? combine("OR", found) : sql`NOT ${combine("OR", found)}`;
    }
    case "<":
    case ">": {
      const sign = raw(operator);
      return combine(
        "OR",
        operands.map((operand) => {
          if (column.type === "text") return sql`${ordered(column)} ${sign} ${foldedAscii(written(operand))}`;
          const value = scalarOf(column, operand, now);
          if (value === null) throw refused(column, `is compared with a value: ${operator} has none`);
          return sql`${column.expression} ${sign} ${value}`;
        }),
      );
    }
  }
}

/** What texts are sorted by, and compared with by `<` and `>`: without case, nothing as the empty text. */
export function ordered({ type, expression }: Column): SqlText {
  return type === "text" ? sql`lower(coalesce(${expression}, ''))` : expression;
}

const foldedAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function matches(column: Column, operands: readonly Operand[], now: number): SqlText[] {
  return operands.map((operand) => {
    if (column.type === "text") return textMatch(column.expression, operand);
    const value = scalarOf(column, operand, now);
    return value === null ? sql`${column.expression} IS NULL` : sql`${column.expression} = ${value}`;
  });
}

/** As long a pattern as the database takes. */
const LONGEST_PATTERN = 50_000;

function textMatch(expression: SqlText, operand: Operand): SqlText {
  const parts = operand.map(fold);
  const value = folded(sql`coalesce(${expression}, '')`, parts.join(""));
  if (parts.length === 1) return sql`${value} = ${parts[0] ?? ""}`;
  // Several asterisks side by side are as good as one.
  const pieces = parts.filter((part, at) => part !== "" || at === 0 || at === parts.length - 1);
  const pattern = pieces.map((piece) => piece.replace(/[\\%_]/g, "\\$&")).join("%");
  if (Buffer.byteLength(pattern) > LONGEST_PATTERN) throw new HttpProblem(400, "The pattern is too long");
  return sql`${value} LIKE ${pattern} ESCAPE '\\'`;
}

/** The operand as the database has such values; null for nothing at all. */
function scalarOf(column: Column, operand: Operand, now: number): number | null {
  const text = written(operand).trim();
  if (text === "") return null;
  if (column.type === "date") return dateOf(column, text, now);
  if (column.type !== "boolean") return numberOf(column, operand);
  const word = text.toLowerCase();
  if (word !== "true" && word !== "false") throw refused(column, `takes true or false, not ${text}`);
  return word === "true" ? 1 : 0;
}

function numberOf(column: Column, operand: Operand): number {
  const text = written(operand).trim();
  const number = /^-?\d{1,16}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER) {
    throw refused(column, `takes numbers, not ${text}`);
  }
  return number;
}

const SECOND = 1_000;
const UNITS: Record<string, number> = {
  ...{ s: SECOND, m: 60 * SECOND, h: 3_600 * SECOND, d: 86_400 * SECOND, w: 7 * 86_400 * SECOND },
};
const RELATIVE = /^([+-]?\d{1,9})([smhdw])$/i;
const ABSOLUTE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)Z?)?$/i;

/** `-10h` is ten hours ago, `2d` is in two days; or a moment as ISO 8601 has it. */
function dateOf(column: Column, text: string, now: number): number {
  const relative = RELATIVE.exec(text);
  if (relative !== null) return now + Number(relative[1]) * (UNITS[(relative[2] ?? "").toLowerCase()] ?? 0);
  const [, day = "", time = "00:00"] = ABSOLUTE.exec(text) ?? [];
  const moment = Date.parse(`${day}T${time}Z`);
  // The parser rolls 30 February over to March; there is no such day.
  if (!Number.isNaN(moment) && new Date(moment).toISOString().startsWith(day)) return moment;
  throw refused(column, `takes dates such as 2026-01-31T08:30:00Z or -10h, not ${text}`);
}

const refused = ({ name }: Column, why: string): HttpProblem => new HttpProblem(400, `${name} ${why}`);
