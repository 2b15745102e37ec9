import { QuerySyntaxError } from "../../query/index.js";
import type { LuceneQuery, LuceneValue } from "./syntax.js";

/** Nobody writes deeper than this by hand. */
const DEEPEST = 50;
/** As long a query as is read. */
const LONGEST = 100_000;

/**
 * Reads a query: `field:value`, phrases, `*` and `?`, ranges, groups, also behind a field, `AND OR NOT && || ! + -`. Terms
 * that stand side by side must all match; `OR` binds weaker than `AND`. A term with `+` in an alternative is not optional. Negations
 * mean what they say, wherever they stand. A backslash takes the meaning of any character away.
 *
 * @throws QuerySyntaxError with the place at which the text makes no sense
 */
export function parseLucene(text: string): LuceneQuery {
  if (text.length > LONGEST) throw new QuerySyntaxError("The query is too long", 0);
  return new Parser(text).query();
}

/** An operand, and whether `+` stands before it. */
interface Clause {
  readonly query: LuceneQuery;
  readonly isRequired: boolean;
}

/** A run of characters up to a blank or what has a meaning: without escapes, and as a pattern in which they are kept. */
interface Word {
  readonly text: string;
  readonly glob: string;
  readonly hasWildcard: boolean;
  readonly isEscaped: boolean;
}

const BLANK = /\s/;
/** Where a word ends. A slash, a comma, `<` and the like are of the word. */
const ENDS_WORD = /[\s()"[\]{}:^~]/;

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  query(): LuceneQuery {
    this.#blanks();
    if (this.#isOver) return { type: "all" };
    const query = this.#alternatives(undefined);
    if (!this.#isOver) throw this.#refuse(`${this.#next()} has no beginning here`);
    return query;
  }

  get #isOver(): boolean {
    return this.#at >= this.#text.length;
  }

  #next(): string {
    return this.#text.charAt(this.#at);
  }

  #refuse(message: string, at = this.#at): QuerySyntaxError {
    return new QuerySyntaxError(message, at);
  }

  #blanks(): void {
    while (BLANK.test(this.#next())) this.#at += 1;
  }

  /** Takes an operator that stands here, if it does. */
  #took(...operators: readonly string[]): boolean {
    for (const operator of operators) {
      if (!this.#text.startsWith(operator, this.#at)) continue;
      const after = this.#text.charAt(this.#at + operator.length);
      // A word that merely begins like an operator is a word.
      if (/^[A-Z]+$/.test(operator) && after !== "" && !/[\s()]/.test(after)) continue;
      this.#at += operator.length;
      this.#blanks();
      return true;
    }
    return false;
  }

  #alternatives(field: string | undefined): LuceneQuery {
    const clauses = [this.#conjunction(field)];
    while (this.#took("OR", "||")) clauses.push(this.#conjunction(field));
    const [first] = clauses;
    if (clauses.length === 1 && first !== undefined) return first.query;
    const required = clauses.filter(({ isRequired }) => isRequired);
    const operands = (required.length > 0 ? required : clauses).map(({ query }) => query);
    return joined(required.length > 0 ? "and" : "or", operands);
  }

  #conjunction(field: string | undefined): Clause {
    const clauses = [this.#clause(field)];
    for (;;) {
      if (this.#took("AND", "&&")) clauses.push(this.#clause(field));
      else if (this.#isOver || this.#next() === ")" || this.#isAlternative()) break;
      else clauses.push(this.#clause(field));
    }
    const [first] = clauses;
    if (clauses.length === 1 && first !== undefined) return first;
    return {
      query: joined(
        "and",
        clauses.map(({ query }) => query),
      ),
      isRequired: false,
    };
  }

  #isAlternative(): boolean {
    const at = this.#at;
    const is = this.#took("OR", "||");
    this.#at = at;
    return is;
  }

  #clause(field: string | undefined): Clause {
    const at = this.#at;
    let isNegated = false;
    let isRequired = false;
    for (;;) {
      if (this.#took("+")) isRequired = true;
      else if (this.#took("NOT", "!", "-")) isNegated = !isNegated;
      else break;
    }
    const query = this.#primary(field, at);
    this.#blanks();
    return { query: isNegated ? { type: "not", operand: query } : query, isRequired };
  }

  #primary(field: string | undefined, before: number): LuceneQuery {
    if (this.#isOver) throw this.#refuse("The query ends where a term is missing", before);
    if (this.#next() === "(") return this.#group(field);
    const at = this.#at;
    if (this.#took("AND", "&&", "OR", "||")) throw this.#refuse("A term is missing before the operator", at);
    if (this.#next() === '"' || this.#next() === "[" || this.#next() === "{") return this.#term(field, at);
    const word = this.#word();
    if (this.#next() !== ":") return this.#termOf(field, this.#valueOf(word, at), at);
    if (field !== undefined) throw this.#refuse(`A field within ${field}:(...) can have no field of its own`);
    if (word.hasWildcard && word.text !== "*") throw this.#refuse("The name of a field has no wildcards", at);
    this.#at += 1;
    if (this.#isOver || BLANK.test(this.#next())) throw this.#refuse(`${word.text}: has no value`, at);
    const name = word.text;
    if (this.#next() === "(") {
      if (name === "*") throw this.#refuse("A group of values needs a field", at);
      return this.#group(name);
    }
    if (/[-+!]/.test(this.#next())) {
      throw this.#refuse(`A value that begins with ${this.#next()} is written with a backslash before it`);
    }
    const operator = this.#at;
    if (this.#took("AND", "OR", "NOT", "&&", "||")) {
      throw this.#refuse(`${name}: has no value: an operator is written with a backslash before it`, operator);
    }
    return this.#term(name, at);
  }

  #group(field: string | undefined): LuceneQuery {
    const at = this.#at;
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw this.#refuse(`The query is nested too deeply: ${DEEPEST} levels are read`);
    this.#at += 1;
    this.#blanks();
    if (this.#next() === ")") throw this.#refuse("Nothing stands between the parentheses", at);
    if (this.#isOver) throw this.#refuse("A parenthesis is not closed", at);
    const query = this.#alternatives(field);
    if (this.#next() !== ")") throw this.#refuse("A parenthesis is not closed", at);
    this.#at += 1;
    this.#depth -= 1;
    this.#boost();
    return query;
  }

  #term(field: string | undefined, at: number): LuceneQuery {
    if (this.#next() === "[" || this.#next() === "{") return this.#termOf(field, this.#range(), at);
    if (this.#next() !== '"') {
      const begin = this.#at;
      return this.#termOf(field, this.#valueOf(this.#word(), begin), at);
    }
    const text = this.#quoted();
    let slop: number | undefined;
    if (this.#next() === "~") {
      this.#at += 1;
      slop = Number(this.#digits() || "0");
    }
    return this.#termOf(field, { type: "text", text, quoted: true, ...(slop === undefined ? {} : { slop }) }, at);
  }

  #termOf(field: string | undefined, value: LuceneValue, at: number): LuceneQuery {
    if (this.#next() === "~") throw this.#refuse("Words that are only alike cannot be searched for");
    this.#boost();
    if (!this.#isOver && !/[\s()]/.test(this.#next())) throw this.#refuse(`${this.#next()} makes no sense here`);
    if (value.type === "present" && (field === undefined || field === "*")) return { type: "all" };
    if (field === "*") throw this.#refuse("Only *:* is asked of all fields", at);
    return { type: "term", field, value, at };
  }

  #boost(): void {
    if (this.#next() !== "^") return;
    const at = this.#at;
    this.#at += 1;
    if (this.#digits() === "") throw this.#refuse("^ is followed by a number", at);
  }

  #digits(): string {
    const digits = /^\d+(?:\.\d+)?/.exec(this.#text.slice(this.#at, this.#at + 32))?.[0] ?? "";
    this.#at += digits.length;
    return digits;
  }

  /** A run of characters up to a blank or what has a meaning. */
  #word(): Word {
    const begin = this.#at;
    let text = "";
    let glob = "";
    let hasWildcard = false;
    let isEscaped = false;
    while (!this.#isOver && !ENDS_WORD.test(this.#next())) {
      let character = this.#next();
      if (character === "\\") {
        character = this.#escaped();
        isEscaped = true;
        text += character;
        glob += globLiteral(character);
        continue;
      }
      this.#at += 1;
      text += character;
      if (character === "*" || character === "?") {
        hasWildcard = true;
        glob += character;
      } else glob += globLiteral(character);
    }
    if (this.#at === begin)
      throw this.#refuse(this.#isOver ? "A term is missing" : `${this.#next()} makes no sense here`);
    return { text, glob, hasWildcard, isEscaped };
  }

  #valueOf({ text, glob, hasWildcard, isEscaped }: Word, at: number): LuceneValue {
    if (!hasWildcard) return { type: "text", text, quoted: false };
    if (!isEscaped && /^\*+$/.test(text)) return { type: "present" };
    return { type: "pattern", glob, written: this.#text.slice(at, this.#at) };
  }

  /** The character behind a backslash. */
  #escaped(): string {
    const at = this.#at;
    const point = this.#text.codePointAt(at + 1);
    if (point === undefined) throw this.#refuse("The query ends in a backslash", at);
    const character = String.fromCodePoint(point);
    this.#at += 1 + character.length;
    return character;
  }

  #quoted(): string {
    const at = this.#at;
    this.#at += 1;
    let text = "";
    for (;;) {
      if (this.#isOver) throw this.#refuse("A quotation mark is not closed", at);
      if (this.#next() === '"') break;
      if (this.#next() === "\\") text += this.#escaped();
      else {
        text += this.#next();
        this.#at += 1;
      }
    }
    this.#at += 1;
    return text;
  }

  #range(): LuceneValue {
    const at = this.#at;
    const includesFrom = this.#next() === "[";
    this.#at += 1;
    const from = this.#bound(at);
    if (!this.#took("TO")) throw this.#refuse("A range is written [a TO b]", at);
    const to = this.#bound(at);
    if (this.#next() !== "]" && this.#next() !== "}") throw this.#refuse("A range is not closed", at);
    const includesTo = this.#next() === "]";
    this.#at += 1;
    return { type: "range", from, to, includesFrom, includesTo };
  }

  #bound(range: number): string | null {
    this.#blanks();
    if (this.#next() === '"') {
      const text = this.#quoted();
      this.#blanks();
      return text;
    }
    let text = "";
    let isOpen = false;
    while (!this.#isOver && !/[\s\]}]/.test(this.#next())) {
      if (this.#next() === "\\") text += this.#escaped();
      else {
        isOpen ||= this.#next() === "*";
        text += this.#next();
        this.#at += 1;
      }
    }
    this.#blanks();
    if (text === "") throw this.#refuse("A range is written [a TO b]", range);
    if (isOpen && text !== "*") throw this.#refuse("The ends of a range have no wildcards", range);
    return isOpen ? null : text;
  }
}

/** A character as GLOB takes it for itself. */
const globLiteral = (character: string): string => (/[*?[]/.test(character) ? `[${character}]` : character);

/** Operands of the same kind side by side, however they were grouped. */
function joined(type: "and" | "or", operands: readonly LuceneQuery[]): LuceneQuery {
  const [only] = operands;
  if (operands.length === 1 && only !== undefined) return only;
  return { type, operands: operands.flatMap((operand) => (operand.type === type ? operand.operands : [operand])) };
}
