import {
  type Grammar,
  type Mark,
  readTokens,
  type Shape,
  shapeOfTokens,
  type Tokens,
} from "../../core/query/query-text.js";

const FIELD = /^(?:[\p{L}_*][\p{L}\p{N}_.*-]*)$/u;
const WORDS: ReadonlyMap<string, Mark> = new Map([
  ["AND", "and"],
  ["&&", "and"],
  ["OR", "or"],
  ["||", "or"],
  ["NOT", "not"],
]);
const PREFIXES: ReadonlyMap<string, Mark> = new Map([
  ["(", "open"],
  [")", "close"],
  ["!", "not"],
  ["-", "not"],
  ["+", "must"],
]);

/** Whether a name can stand before the colon of a term. */
export function isFieldName(name: string): boolean {
  return FIELD.test(name);
}

/** Lucene query text. */
const LUCENE: Grammar = {
  prefixes: PREFIXES,
  markOf: (word) => WORDS.get(word),
  isFieldName,
  isEscapable: () => true,
  opensRange: (char) => char === "[" || char === "{",
  closing: (text, at, what) => closing(text, at, what === "quoted" ? '"' : "]}"),
};

/** What separates the terms of a query text. */
export function tokenize(text: string): Tokens {
  return readTokens(LUCENE, text);
}

/** Where what was opened before `at` is closed, or -1. A quoted bound of a range may hold a bracket. */
function closing(text: string, at: number, closers: string): number {
  let quoted = false;
  for (let i = at; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "\\") i++;
    else if (!quoted && closers.includes(char)) return i;
    else if (char === '"') quoted = !quoted;
  }
  return -1;
}

/** The text without blanks around it, but for the one at its end that a backslash makes a part of a value. */
export function trimmed(text: string): string {
  const cut = text.trimEnd();
  const whole = cut.length < text.length && tokenize(cut).escapes ? text.slice(0, cut.length + 1) : cut;
  return whole.trimStart();
}

/** The top level of a clause; `undefined` when it is no well-formed query. */
export function shapeOf(text: string): Shape | undefined {
  const read = tokenize(text);
  if (read.escapes) return undefined;
  return shapeOfTokens(read, {
    // A boost or a slop: `(a b)^2`.
    isSuffix: ({ start }) => /^[\^~]/.test(text.slice(start)),
    // To the server a small `or` is a word; who wrote it may have meant more.
    isOr: ({ start, end }) => text.slice(start, end) === "or",
  });
}
