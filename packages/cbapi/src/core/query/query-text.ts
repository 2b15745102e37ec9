/**
 * A light reader of query text. It knows what separates terms: blanks, quotes, escapes, parentheses, ranges and the
 * operators between terms. How each of them is written is the grammar's business; what fields there are and what their
 * values mean is the server's.
 */

/** What stands between terms. */
export type Mark = "open" | "close" | "and" | "or" | "not" | "must";

export type Token = { readonly kind: Mark; readonly start: number; readonly end: number } | TermToken;

export interface TermToken {
  readonly kind: "term";
  readonly start: number;
  readonly end: number;
  readonly field: string | undefined;
  /** Where the value begins: behind the colon, or at `start` when there is no field. */
  readonly valueStart: number;
  /** Whether a quote or a range is part of it. */
  readonly enclosed: boolean;
}

/** What the end of a text is in the middle of. */
export type Ending =
  | { readonly place: "between" }
  | { readonly place: "quoted" | "range"; readonly field: string | undefined }
  /** Right behind `field:`. */
  | { readonly place: "value"; readonly field: string; readonly start: number }
  | { readonly place: "term"; readonly field: string | undefined; readonly start: number };

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly ending: Ending;
  /** Whether the text ends with a bare backslash, to which the next character would belong. */
  readonly escapes: boolean;
}

/** How a language writes what separates terms. */
export interface Grammar {
  /** What stands for itself where a term may begin. */
  readonly prefixes: ReadonlyMap<string, Mark>;
  /** What a word means, when it is no term. */
  markOf(word: string): Mark | undefined;
  isFieldName(name: string): boolean;
  /** Whether a backslash outside quotes takes this character, the one behind it, literally. */
  isEscapable(char: string): boolean;
  /** What opens a range where a value begins. */
  opensRange(char: string, field: string | undefined): boolean;
  /** Where the quote or range that was opened before `at` is closed, or -1. */
  closing(text: string, at: number, what: "quoted" | "range"): number;
}

const BLANK = /\s/;

/** The tokens of a text. */
export function readTokens(grammar: Grammar, text: string): Tokens {
  const tokens: Token[] = [];
  let ending: Ending = { place: "between" };
  let escapes = false;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    const kind = grammar.prefixes.get(char);
    if (BLANK.test(char)) {
      at++;
    } else if (kind !== undefined) {
      tokens.push({ kind, start: at, end: at + 1 });
      at++;
    } else {
      const read = readTerm(grammar, text, at);
      tokens.push(read.token);
      at = read.token.end;
      if (at >= text.length) ({ ending, escapes } = read);
    }
  }
  return { tokens, ending, escapes };
}

function readTerm(grammar: Grammar, text: string, start: number): { token: Token; ending: Ending; escapes: boolean } {
  let at = start;
  let field: string | undefined;
  let valueStart = start;
  let enclosed = false;
  let escapes = false;
  let unclosed: "quoted" | "range" | undefined;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "(" || char === ")" || BLANK.test(char)) break;
    if (char === "\\") {
      const next = text.charAt(at + 1);
      escapes = next === "";
      at += next !== "" && grammar.isEscapable(next) ? 2 : 1;
      continue;
    }
    const opened = char === '"' ? "quoted" : at === valueStart && grammar.opensRange(char, field) ? "range" : undefined;
    if (opened !== undefined) {
      enclosed = true;
      const close = grammar.closing(text, at + 1, opened);
      if (close < 0) unclosed = opened;
      at = close < 0 ? text.length : close + 1;
    } else {
      if (char === ":" && field === undefined && grammar.isFieldName(text.slice(start, at))) {
        field = text.slice(start, at);
        valueStart = at + 1;
      }
      at++;
    }
  }
  const mark = field === undefined && !enclosed ? grammar.markOf(text.slice(start, at)) : undefined;
  const token: Token =
    mark === undefined ? { kind: "term", start, end: at, field, valueStart, enclosed } : { kind: mark, start, end: at };
  return { token, ending: endingOf(token, unclosed), escapes };
}

function endingOf(token: Token, unclosed: "quoted" | "range" | undefined): Ending {
  if (token.kind !== "term") return { place: "term", field: undefined, start: token.start };
  const { field, valueStart, start, end } = token;
  if (unclosed !== undefined) return { place: unclosed, field };
  return field !== undefined && valueStart === end ? { place: "value", field, start } : { place: "term", field, start };
}

/** What a clause consists of at its top level. */
export interface Shape {
  /** How many terms and groups there are. */
  readonly operands: number;
  /** Whether one of them is negated, or marked as one that must be there. */
  readonly marked: boolean;
  /** Whether an OR stands between two of them. */
  readonly or: boolean;
}

/** What a language reads as something else than a term of its own. */
export interface Readings {
  /** Whether what follows a group or range at once belongs to it. */
  isSuffix(term: TermToken): boolean;
  /** Whether a term may have been meant as an OR. */
  isOr(term: TermToken): boolean;
}

/**
 * The top level of a clause; `undefined` when it is no well-formed query: an open quote or range, parentheses that do
 * not match or hold nothing, an operator without a term.
 */
export function shapeOfTokens({ tokens, ending }: Tokens, readings?: Readings): Shape | undefined {
  if (ending.place === "quoted" || ending.place === "range" || ending.place === "value") return undefined;
  let depth = 0;
  const top = { operands: 0, marked: false, or: false };
  // Whether the group being read has a term yet, and whether something is waiting for the next term.
  let filled = false;
  let pending = false;
  for (const [index, token] of tokens.entries()) {
    switch (token.kind) {
      case "term": {
        // `field:` belongs to a group that follows at once, or to nothing.
        if (token.valueStart === token.end) {
          const next = tokens[index + 1];
          if (next?.kind !== "open" || next.start !== token.end) return undefined;
          break;
        }
        const before = tokens[index - 1];
        if (before?.kind === "close" && before.end === token.start && readings?.isSuffix(token) === true) break;
        if (depth === 0) top.operands++;
        if (depth === 0 && readings?.isOr(token) === true) top.or = true;
        filled = true;
        pending = false;
        break;
      }
      case "open":
        depth++;
        filled = false;
        pending = false;
        break;
      case "close":
        if (depth === 0 || pending || !filled) return undefined;
        depth--;
        if (depth === 0) top.operands++;
        break;
      case "not":
      case "must":
        if (depth === 0) top.marked = true;
        pending = true;
        break;
      default:
        if (pending || !filled) return undefined;
        if (depth === 0 && token.kind === "or") top.or = true;
        pending = true;
    }
  }
  return depth > 0 || pending ? undefined : top;
}
