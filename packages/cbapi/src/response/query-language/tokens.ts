import {
  type Grammar,
  type Mark,
  readTokens,
  type Shape,
  shapeOfTokens,
  type Tokens,
} from "../../core/query/query-text.js";

/** Characters that a backslash takes literally outside quotes. Before any other character it is itself. */
export const ESCAPABLE = ' ()"';

const FIELD = /^[A-Za-z_][\w.-]*$/;
const WORDS: ReadonlyMap<string, Mark> = new Map([
  ["and", "and"],
  ["or", "or"],
  // Whether servers take it for OR is not known: parentheses around a clause that has it are right either way.
  ["||", "or"],
  ["not", "not"],
]);
const PREFIXES: ReadonlyMap<string, Mark> = new Map([
  ["(", "open"],
  [")", "close"],
  ["-", "not"],
]);

/** Whether a name can stand before the colon of a term. */
export function isFieldName(name: string): boolean {
  return FIELD.test(name);
}

/** EDR's query text. */
const EDR: Grammar = {
  prefixes: PREFIXES,
  markOf: (word) => WORDS.get(word.toLowerCase()),
  isFieldName,
  isEscapable: (char) => ESCAPABLE.includes(char),
  opensRange: (char, field) => char === "[" && field !== undefined,
  closing: (text, at, what) => (what === "quoted" ? closingQuote(text, at) : text.indexOf("]", at)),
};

/** What separates the terms of a query text. */
export function tokenize(text: string): Tokens {
  return readTokens(EDR, text);
}

/** Where the quote opened before `at` closes, or -1. Inside, a backslash escapes itself and the quote. */
function closingQuote(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') return i;
    if (char === "\\" && (text.charAt(i + 1) === "\\" || text.charAt(i + 1) === '"')) i++;
  }
  return -1;
}

/** The top level of a clause; `undefined` when it is no well-formed query. */
export function shapeOf(text: string): Shape | undefined {
  return shapeOfTokens(tokenize(text));
}
