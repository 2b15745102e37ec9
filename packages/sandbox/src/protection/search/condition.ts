import { HttpProblem } from "../../server/product.js";

/** What a value of the field is to be, compared with each of the operands. */
export const OPERATORS = [":", "!", "<", ">", "+", "-"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A value as it was written between two bars: what stands between its asterisks, so one part where it has none. */
export type Operand = readonly [string, ...string[]];

/** A condition, not yet read as one on a number or a date. */
export interface Condition {
  field: string;
  operator: Operator;
  operands: readonly Operand[];
}

/** Takes `field:value|value` apart. The first character behind the field's name is the operator. */
export function readCondition(condition: string): Condition {
  const name = /^\s*([A-Za-z0-9_]*)/.exec(condition) ?? ["", ""];
  const field = name[1] ?? "";
  const sign = condition.charAt(name[0].length);
  const operator = OPERATORS.find((known) => known === sign);
  if (field === "" || operator === undefined) {
    throw new HttpProblem(400, `A condition is a field, one of ${OPERATORS.join(" ")} and values, not ${condition}`);
  }
  return { field, operator, operands: operandsOf(condition.slice(name[0].length + 1)) };
}

/** Splits at `|` and `*`. Before these two and itself a backslash takes their meaning away; before others it is one. */
function operandsOf(values: string): Operand[] {
  const operands: Operand[] = [];
  let parts: string[] = [];
  let part = "";
  const endOperand = (): void => {
    operands.push([...parts, part] as unknown as Operand);
    parts = [];
    part = "";
  };
  for (let at = 0; at < values.length; at++) {
    const character = values.charAt(at);
    const next = values.charAt(at + 1);
    if (character === "\\" && (next === "\\" || next === "|" || next === "*")) {
      part += next;
      at += 1;
    } else if (character === "|") endOperand();
    else if (character === "*") {
      parts.push(part);
      part = "";
    } else part += character;
  }
  endOperand();
  return operands;
}

/** An operand as it was written but for its escapes, where an asterisk means itself. */
export const written = (operand: Operand): string => operand.join("*");
