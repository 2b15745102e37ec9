/**
 * A light reader of EDR query text. It knows what separates terms: blanks, quotes, escapes, parentheses, ranges and
 * the words between terms. What fields there are and what their values mean is the server's business.
 */

/** Characters that a backslash takes literally outside quotes. Before any other character it is itself. */
export const ESCAPABLE = ' ()"';

export type Token =
  | { readonly kind: "open" | "close" | "and" | "or" | "not"; readonly start: number; readonly end: number }
  | TermToken;

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
}

const BLANK = /\s/;
const FIELD = /^[A-Za-z_][\w.-]*$/;

/** Whether a name can stand before the colon of a term. */
export function isFieldName(name: string): boolean {
  return FIELD.test(name);
}

export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  let ending: Ending = { place: "between" };
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (BLANK.test(char)) {
      at++;
    } else if (char === "(" || char === ")") {
      tokens.push({ kind: char === "(" ? "open" : "close", start: at, end: at + 1 });
      at++;
    } else if (char === "-") {
      tokens.push({ kind: "not", start: at, end: at + 1 });
      at++;
    } else {
      const read = readTerm(text, at);
      tokens.push(read.token);
      at = read.token.end;
      if (at === text.length) ending = read.ending;
    }
  }
  return { tokens, ending };
}

function readTerm(text: string, start: number): { token: Token; ending: Ending } {
  let at = start;
  let field: string | undefined;
  let valueStart = start;
  let enclosed = false;
  let unclosed: "quoted" | "range" | undefined;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "(" || char === ")" || BLANK.test(char)) break;
    if (char === "\\") {
      const next = text.charAt(at + 1);
      at += next !== "" && ESCAPABLE.includes(next) ? 2 : 1;
    } else if (char === '"') {
      enclosed = true;
      const close = closingQuote(text, at + 1);
      if (close < 0) unclosed = "quoted";
      at = close < 0 ? text.length : close + 1;
    } else if (char === "[" && field !== undefined && at === valueStart) {
      enclosed = true;
      const close = text.indexOf("]", at);
      if (close < 0) unclosed = "range";
      at = close < 0 ? text.length : close + 1;
    } else {
      if (char === ":" && field === undefined && isFieldName(text.slice(start, at))) {
        field = text.slice(start, at);
        valueStart = at + 1;
      }
      at++;
    }
  }

  const word = field === undefined && !enclosed ? text.slice(start, at).toLowerCase() : "";
  const token: Token =
    word === "and" || word === "or" || word === "not"
      ? { kind: word, start, end: at }
      : // Whether servers take it for OR is not known: parentheses around a clause that has it are right either way.
        word === "||"
        ? { kind: "or", start, end: at }
        : { kind: "term", start, end: at, field, valueStart, enclosed };
  if (unclosed !== undefined) return { token, ending: { place: unclosed, field } };
  if (field !== undefined && valueStart === at) return { token, ending: { place: "value", field, start } };
  return { token, ending: { place: "term", field, start } };
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

/** What a clause consists of at its top level. */
export interface Shape {
  /** How many terms and groups there are. */
  readonly operands: number;
  /** Whether one of them is negated. */
  readonly negated: boolean;
  /** Whether an OR stands between two of them. */
  readonly or: boolean;
}

/**
 * The top level of a clause; `undefined` when it is no well-formed query: an open quote or range, parentheses that do
 * not match or hold nothing, an operator without a term.
 */
export function shapeOf(text: string): Shape | undefined {
  const { tokens, ending } = tokenize(text);
  if (ending.place === "quoted" || ending.place === "range" || ending.place === "value") return undefined;

  let depth = 0;
  const top = { operands: 0, negated: false, or: false };
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
        if (depth === 0) top.operands++;
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
        if (depth === 0) top.negated = true;
        pending = true;
        break;
      default:
        if (pending || !filled) return undefined;
        if (depth === 0 && token.kind === "or") top.or = true;
        pending = true;
    }
  }
  if (depth > 0 || pending) return undefined;
  return top;
}
