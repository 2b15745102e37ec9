import { type Query, QuerySyntaxError, type Value } from "../../query/syntax.js";

/** Deep enough for any query that a person or a program means; shallow enough for the stack. */
const DEEPEST_NESTING = 100;

const BLANK = /\s/;
const FIELD_NAME = /[A-Za-z_][A-Za-z0-9_.-]*(?=:)/y;
const RANGE = /\[\s*("[^"]*"|[^\s\]]+)\s+TO\s+("[^"]*"|[^\s\]]+)\s*\]/iy;
const OPERATOR = /(and|or)(?=[\s()]|$)/iy;
const ESCAPED = new Set([" ", "(", ")", '"']);

/**
 * Reads the query language: terms side by side are joined by AND, `or` binds weaker, `-` negates the next term or group,
 * a field before parentheses applies to the bare terms in them.
 */
export function parseQuery(text: string): Query {
  return new Parser(text).query();
}

/** Reads one value that stands by itself, as in a parameter that already names the field. */
export function parseValue(text: string): Value {
  RANGE.lastIndex = 0;
  const range = RANGE.exec(text.trim());
  if (range !== null && RANGE.lastIndex === text.trim().length) return rangeOf(range, 0);
  const quoted = /^"(.*)"$/s.exec(text.trim());
  return { type: "literal", text: quoted?.[1] ?? text, quoted: quoted !== null, at: 0 };
}

function rangeOf(match: RegExpExecArray, at: number): Value {
  const bare = (edge: string | undefined): string => (edge ?? "*").replace(/^"(.*)"$/s, "$1");
  return { type: "range", from: bare(match[1]), to: bare(match[2]), at };
}

class Parser {
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  query(): Query {
    this.#blanks();
    if (this.#at === this.text.length) return { type: "everything", at: 0 };
    const query = this.#alternatives(undefined);
    if (this.#at < this.text.length) throw new QuerySyntaxError("Unbalanced parentheses: ) without (", this.#at);
    return query;
  }

  #alternatives(field: string | undefined): Query {
    const at = this.#at;
    const operands = [this.#conjunction(field)];
    while (this.#operator("or")) operands.push(this.#conjunction(field));
    return operands.length === 1 && operands[0] !== undefined ? operands[0] : { type: "or", operands, at };
  }

  #conjunction(field: string | undefined): Query {
    const at = this.#at;
    const operands = [this.#operand(field)];
    for (;;) {
      this.#blanks();
      if (this.#operator("and")) operands.push(this.#operand(field));
      else if (this.#ends() || this.#peekOperator() !== undefined) break;
      else operands.push(this.#operand(field));
    }
    return operands.length === 1 && operands[0] !== undefined ? operands[0] : { type: "and", operands, at };
  }

  #operand(field: string | undefined): Query {
    this.#blanks();
    const at = this.#at;
    const operator = this.#peekOperator();
    if (operator !== undefined) throw new QuerySyntaxError(`The operator ${operator} has nothing before it`, at);
    if (this.#ends()) {
      throw new QuerySyntaxError(
        this.text[at] === ")" ? "A term is missing before )" : "A term is missing at the end",
        at,
      );
    }
    if (this.text[at] === "-") return this.#negation(field, at);
    if (this.text[at] === "(") return this.#group(field, at);
    return this.#term(field, at);
  }

  #negation(field: string | undefined, at: number): Query {
    this.#at += 1;
    const next = this.text[this.#at];
    if (next === undefined || next === ")" || BLANK.test(next)) throw new QuerySyntaxError("Nothing follows the -", at);
    return { type: "not", operand: this.#nested(at, () => this.#operand(field)), at };
  }

  #group(field: string | undefined, at: number): Query {
    this.#at += 1;
    this.#blanks();
    if (this.text[this.#at] === ")") throw new QuerySyntaxError("Empty parentheses", at);
    const inner = this.#nested(at, () => this.#alternatives(field));
    this.#blanks();
    if (this.text[this.#at] !== ")") throw new QuerySyntaxError("Unbalanced parentheses: ( without )", at);
    this.#at += 1;
    return inner;
  }

  #term(outerField: string | undefined, at: number): Query {
    FIELD_NAME.lastIndex = at;
    const name = FIELD_NAME.exec(this.text)?.[0];
    if (name === undefined) return { type: "term", field: outerField, value: this.#value(at), at };
    const field = name.toLowerCase();
    this.#at = at + name.length + 1;
    const first = this.text[this.#at];
    if (first === undefined || first === ")" || BLANK.test(first)) {
      throw new QuerySyntaxError(`The field ${name} has no value`, at);
    }
    if (first === "(") return this.#group(field, this.#at);
    return { type: "term", field, value: this.#value(this.#at), at };
  }

  #value(at: number): Value {
    if (this.text[at] === '"') return this.#quoted(at);
    if (this.text[at] === "[") {
      RANGE.lastIndex = at;
      const range = RANGE.exec(this.text);
      if (range !== null) {
        this.#at = RANGE.lastIndex;
        this.#mustEnd("the range");
        return rangeOf(range, at);
      }
    }
    let text = "";
    for (let char = this.text[this.#at]; char !== undefined; char = this.text[this.#at]) {
      if (BLANK.test(char) || char === ")") break;
      if (char === "(") throw new QuerySyntaxError("A parenthesis within a term must be escaped or quoted", this.#at);
      if (char === '"')
        throw new QuerySyntaxError("A quote within a term must be escaped, or the term quoted", this.#at);
      const next = this.text[this.#at + 1];
      if (char === "\\" && next !== undefined && ESCAPED.has(next)) {
        text += next;
        this.#at += 2;
      } else {
        text += char;
        this.#at += 1;
      }
    }
    return { type: "literal", text, quoted: false, at };
  }

  #quoted(at: number): Value {
    let text = "";
    this.#at = at + 1;
    for (let char = this.text[this.#at]; char !== undefined; char = this.text[this.#at]) {
      const next = this.text[this.#at + 1];
      if (char === '"') {
        this.#at += 1;
        this.#mustEnd("the closing quote");
        return { type: "literal", text, quoted: true, at };
      }
      if (char === "\\" && next !== undefined && (next === "\\" || ESCAPED.has(next))) {
        text += next;
        this.#at += 2;
      } else {
        text += char;
        this.#at += 1;
      }
    }
    throw new QuerySyntaxError("The quote is not closed", at);
  }

  #mustEnd(after: string): void {
    const next = this.text[this.#at];
    if (next !== undefined && next !== ")" && !BLANK.test(next)) {
      throw new QuerySyntaxError(`A blank or ) must follow ${after}`, this.#at);
    }
  }

  #nested(at: number, read: () => Query): Query {
    this.#depth += 1;
    if (this.#depth > DEEPEST_NESTING) throw new QuerySyntaxError("The query is nested too deeply", at);
    const query = read();
    this.#depth -= 1;
    return query;
  }

  #operator(which: "and" | "or"): boolean {
    this.#blanks();
    const operator = this.#peekOperator();
    if (operator?.toLowerCase() !== which) return false;
    const at = this.#at;
    this.#at += operator.length;
    this.#blanks();
    if (this.#ends()) throw new QuerySyntaxError(`The operator ${operator} has nothing after it`, at);
    return true;
  }

  #peekOperator(): string | undefined {
    OPERATOR.lastIndex = this.#at;
    return OPERATOR.exec(this.text)?.[0];
  }

  #ends(): boolean {
    return this.#at >= this.text.length || this.text[this.#at] === ")";
  }

  #blanks(): void {
    while (BLANK.test(this.text[this.#at] ?? "")) this.#at += 1;
  }
}
