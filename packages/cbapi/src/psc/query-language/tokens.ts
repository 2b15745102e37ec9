/**
 * A light reader of Lucene query text. It knows what separates terms: blanks, quotes, escapes, parentheses, ranges and
 * the operators between terms. What fields there are and what their values mean is the server's business.
 */

export type Token =
  | {
      readonly kind: "open" | "close" | "and" | "or" | "not" | "must";
      readonly start: number;
      readonly end: number;
    }
  | TermToken;

export interface TermToken {
  readonly kind: "term";
  readonly start: number;
  readonly end: number;
  readonly field: string | undefined;
  /** Where the value begins: behind the colon, or at `start` when there is no field. */
  readonly valueStart: number;
}

/** What the end of a text is in the middle of. */
export type Ending =
  | { readonly place: "between" }
  | { readonly place: "quoted" | "range"; readonly field: string | undefined }
  /** Right behind `field:`. */
  | { readonly place: "value"; readonly field: string }
  | { readonly place: "term"; readonly field: string | undefined; readonly start: number };

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly ending: Ending;
  /** Whether the text ends with a backslash that would take the next character literally. */
  readonly escapes: boolean;
}

const BLANK = /\s/;
const FIELD = /^(?:[\p{L}_*][\p{L}\p{N}_.*-]*)$/u;
const WORDS: ReadonlyMap<string, "and" | "or" | "not"> = new Map([
  ["AND", "and"],
  ["&&", "and"],
  ["OR", "or"],
  ["||", "or"],
  ["NOT", "not"],
]);

/** Whether a name can stand before the colon of a term. */
export function isFieldName(name: string): boolean {
  return FIELD.test(name);
}

export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  let ending: Ending = { place: "between" };
  let escapes = false;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    const kind = PREFIXES.get(char);
    if (BLANK.test(char)) {
      at++;
    } else if (kind !== undefined) {
      tokens.push({ kind, start: at, end: at + 1 });
      at++;
    } else {
      const read = readTerm(text, at);
      tokens.push(read.token);
      at = read.token.end;
      if (at >= text.length) ({ ending, escapes } = read);
    }
  }
  return { tokens, ending, escapes };
}

/** What stands for itself where a term may begin. */
const PREFIXES: ReadonlyMap<string, "open" | "close" | "not" | "must"> = new Map([
  ["(", "open"],
  [")", "close"],
  ["!", "not"],
  ["-", "not"],
  ["+", "must"],
]);

function readTerm(text: string, start: number): { token: Token; ending: Ending; escapes: boolean } {
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
      escapes = at + 1 === text.length;
      at = Math.min(at + 2, text.length);
    } else if (char === '"') {
      enclosed = true;
      const close = closing(text, at + 1, '"');
      if (close < 0) unclosed = "quoted";
      at = close < 0 ? text.length : close + 1;
    } else if ((char === "[" || char === "{") && at === valueStart) {
      enclosed = true;
      const close = closing(text, at + 1, "]}");
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
  const word = field === undefined && !enclosed ? WORDS.get(text.slice(start, at)) : undefined;
  const token: Token =
    word === undefined ? { kind: "term", start, end: at, field, valueStart } : { kind: word, start, end: at };
  return { token, ending: endingOf(token, unclosed), escapes };
}

function endingOf(token: Token, unclosed: "quoted" | "range" | undefined): Ending {
  if (token.kind !== "term") return { place: "term", field: undefined, start: token.start };
  const { field, valueStart, start, end } = token;
  if (unclosed !== undefined) return { place: unclosed, field };
  return field !== undefined && valueStart === end ? { place: "value", field } : { place: "term", field, start };
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

/** What a clause consists of at its top level. */
export interface Shape {
  /** How many terms and groups there are. */
  readonly operands: number;
  /** Whether one of them is negated, or marked as one that must be there. */
  readonly marked: boolean;
  /** Whether an OR stands between two of them. */
  readonly or: boolean;
}

/**
 * The top level of a clause; `undefined` when it is no well-formed query: an open quote or range, parentheses that do
 * not match or hold nothing, an operator without a term.
 */
export function shapeOf(text: string): Shape | undefined {
  const { tokens, ending, escapes } = tokenize(text);
  if (ending.place === "quoted" || ending.place === "range" || ending.place === "value" || escapes) return undefined;
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
        // What follows a group or range at once is its boost or slop: `(a b)^2`.
        const before = tokens[index - 1];
        if (before?.kind === "close" && before.end === token.start && /^[\^~]/.test(text.slice(token.start))) break;
        if (depth === 0) top.operands++;
        // To the server a small `or` is a word; who wrote it may have meant more.
        if (depth === 0 && text.slice(token.start, token.end) === "or") top.or = true;
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
