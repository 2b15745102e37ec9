import { invalidArgument } from "../../core/invalid-argument.js";
import { inQuotes, isList } from "../../core/query/term-values.js";
import { Present, RawText, type SingleValue, type TermValue, ValueRange, Wildcard } from "../../core/query/terms.js";
import { isFieldName, tokenize, trimmed } from "./tokens.js";
import { boundText, escaped, patternText, scalarIn, scalarText, valueText } from "./value-text.js";

/** Query text with values put in, each escaped as its place in the text demands. */
export function templateText(texts: readonly string[], values: readonly TermValue[]): string {
  let text = texts[0] ?? "";
  for (const [index, value] of values.entries()) {
    const after = texts[index + 1] ?? "";
    const continues = after === "" ? index < values.length - 1 : !/^[\s()]/.test(after);
    text = insert(text, value, { after, continues }) + after;
  }
  return trimmed(text);
}

interface Behind {
  /** The text up to the next value. */
  readonly after: string;
  /** Whether the term goes on behind the value. */
  readonly continues: boolean;
}

function insert(before: string, value: TermValue, { after, continues }: Behind): string {
  if (value instanceof RawText) return before + value.text;
  const { ending, escapes } = tokenize(before);
  // A single backslash before the value would escape the first character of ours.
  const text = escapes ? `${before}\\` : before;
  switch (ending.place) {
    case "quoted":
      return text + inQuotes(scalarText(scalarIn(value, "inside quotes")));
    case "range":
      return text + boundText(scalarIn(value, "as the bound of a range"));
    case "value":
      return text + (continues && !/^[\^~]/.test(after) ? partial(value) : whole(value));
    case "between":
      if (after.startsWith(":")) return text + fieldName(value);
      return text + (continues ? partial(value) : whole(value));
    case "term":
      if (ending.field === undefined && /^[\w.-]*:/.test(after) && isFieldName(before.slice(ending.start))) {
        return text + fieldName(value);
      }
      return text + partial(value);
  }
}

/** A value that is a whole term; a choice is a group, to which a field before it applies. */
function whole(value: TermValue): string {
  if (!isList(value)) return valueText(value);
  return value.length === 1 ? valueText(value[0] as SingleValue) : `(${value.map(valueText).join(" OR ")})`;
}

/** A value that is only a part of its term, the rest of which is the template's own. */
function partial(value: TermValue): string {
  if (value instanceof Wildcard) return patternText(value.pattern);
  if (value instanceof ValueRange || value instanceof Present) {
    throw invalidArgument("range() and present() are whole values: put nothing before or behind them but blanks");
  }
  return escaped(scalarText(scalarIn(value, "in the middle of a term")));
}

function fieldName(value: TermValue): string {
  const name = scalarText(scalarIn(value, "as the name of a field"));
  return checkedField(name);
}

/** @throws CbApiError with code `INVALID_ARGUMENT` when it cannot stand before the colon of a term */
export function checkedField(name: string): string {
  if (isFieldName(name)) return name;
  throw invalidArgument(`not a field of a cloud query: ${JSON.stringify(name)}; names have letters, digits, _ . and -`);
}
