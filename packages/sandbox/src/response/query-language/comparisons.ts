import { type Comparison, exactly } from "../../query/conditions.js";
import { globOf } from "../../query/sql.js";
import { hasWildcard, printValue, QuerySyntaxError, type Value } from "../../query/syntax.js";
import { fold, normalisePath, termWords, type WordRule } from "../../store/tokens.js";

/** The value of a field that takes no range. */
export function plainText(value: Value, field: string): Value & { type: "literal" } {
  if (value.type === "literal") return value;
  throw new QuerySyntaxError(`${field} takes no range, but ${printValue(value)} is one`, value.at);
}

/** Of paths with a separator before their first part: a path matches by any of its tails. */
export function pathComparison(value: Value, field: string): { glob: string } | { tail: string } {
  const { text } = plainText(value, field);
  return hasWildcard(value) ? { glob: `*\\${globOf(normalisePath(text))}` } : { tail: text };
}

/** Of paths with a separator before their first part, as wholes. */
export function wholePathComparison(value: Value, field: string): Comparison {
  const whole = `\\${normalisePath(plainText(value, field).text)}`;
  return hasWildcard(value) ? { glob: globOf(whole) } : exactly(whole);
}

/**
 * Of domains with a dot on both ends, see `domainKey`. Dots at the ends of a term say where its labels must stand: `.com`
 * at the end of the domain, `www.` at its start, `.com.` with labels on both sides, `com` anywhere. Undefined when no
 * domain can match.
 */
export function domainGlob(value: Value, field: string): string | undefined {
  const { text: written, quoted } = plainText(value, field);
  const text = fold(written);
  const labels = text.replace(/^\.+|\.+$/g, "");
  if (labels === "") return undefined;
  const run = quoted ? `.${globOf(labels).replace(/[*?]/g, "[$&]")}.` : `.${globOf(labels)}.`;
  const before = text.startsWith(".");
  const after = text.endsWith(".");
  if (before && after) return `*?${run}?*`;
  if (before) return `*${run}`;
  return after ? `${run}?*` : `*${run}*`;
}

/** Of words that stand side by side, in the order of the text. No words: nothing can match. */
export function wordComparisons(rule: WordRule, value: Value, field: string): ({ glob: string } | { word: string })[] {
  const { text, quoted } = plainText(value, field);
  const words = termWords(rule, text, quoted).filter((word) => quoted || !/^\*+$/.test(word));
  return words.map((word) => (!quoted && /[*?]/.test(word) ? { glob: globOf(word) } : { word }));
}
