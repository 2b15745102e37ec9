/** One condition of a filter, taken apart: `computerId:5|7` has two values. */
export interface Condition {
  readonly field: string;
  readonly operator: Operator;
  /** The values as they are written, with their escapes. */
  readonly values: readonly string[];
}

/** How a field is compared; see the filter language of App Control. */
export type Operator = ":" | "!" | "<" | ">" | "+" | "-";

const CONDITION = /^\s*(\w+)([:!<>+-])(.*)$/s;

/** A condition taken apart; `undefined` when the text is none. */
export function conditionIn(text: string): Condition | undefined {
  const [, field, operator, values] = CONDITION.exec(text) ?? [];
  if (field === undefined || operator === undefined) return undefined;
  return { field, operator: operator as Operator, values: alternativesIn(values ?? "") };
}

export function conditionText({ field, operator, values }: Condition): string {
  return `${field}${operator}${values.join("|")}`;
}

/** A literal value as it is written: no character of it has a meaning of its own. */
export function literalText(text: string): string {
  return text.replaceAll(/[\\|*]/g, "\\$&");
}

/** A pattern as it is written: a star stands for any run of characters. */
export function patternText(pattern: string): string {
  return pattern.replaceAll(/[\\|]/g, "\\$&");
}

/** What stands between the bars, other than the escaped ones. */
function alternativesIn(text: string): string[] {
  const values = [""];
  for (const [part] of text.matchAll(/\\.|./gsu)) {
    if (part === "|") values.push("");
    else values[values.length - 1] += part;
  }
  return values;
}
