import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import {
  Comparison,
  clauseOf,
  present,
  Q,
  type QueryExpression,
  range,
  raw,
  type TermValue,
  wildcard,
} from "../../core/query/terms.js";
import { edrDialect, hasTopLevelOr, joinClauses } from "./query-language.js";

/**
 * A small parser of the language, written from its description and sharing nothing with the code under test. A term is
 * `[field, value]`; wildcards that work are shown as `⁎` and `⁇`, so that they are told from literal ones.
 */
type Tree = { term: [string | undefined, string] } | { all: Tree[] } | { any: Tree[] } | { none: Tree };

function parse(text: string): Tree {
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`at ${at} of ${JSON.stringify(text)}`);
  };
  const skip = () => {
    while (at < text.length && /\s/.test(text.charAt(at))) at++;
  };
  const word = (name: string) => {
    const found = new RegExp(`^${name}(?=[\\s()]|$)`, "i").exec(text.slice(at));
    if (found) at += found[0].length;
    return found !== null;
  };
  const peek = (name: string) => {
    const start = at;
    const found = word(name);
    at = start;
    return found;
  };
  const choice = (): Tree => {
    const any = [sequence()];
    for (skip(); word("or"); skip()) any.push(sequence());
    return any.length === 1 ? (any[0] ?? fail()) : { any };
  };
  const sequence = (): Tree => {
    const all = [operand()];
    for (skip(); at < text.length && text.charAt(at) !== ")" && !peek("or"); skip()) {
      word("and");
      all.push(operand());
    }
    return all.length === 1 ? (all[0] ?? fail()) : { all };
  };
  const operand = (): Tree => {
    skip();
    if (peek("and") || peek("or") || peek("not")) return fail();
    if (text.charAt(at) === "-") {
      at++;
      return { none: operand() };
    }
    if (text.charAt(at) === "(") {
      at++;
      const inner = choice();
      skip();
      if (text.charAt(at++) !== ")") fail();
      return inner;
    }
    return term();
  };
  const term = (): Tree => {
    const field = /^([A-Za-z_][\w.-]*):/.exec(text.slice(at))?.[1];
    if (field !== undefined) at += field.length + 1;
    if (field !== undefined && text.charAt(at) === "[") {
      const bounds = /^\[(\S+) TO (\S+)\]/.exec(text.slice(at)) ?? fail();
      at += bounds[0].length;
      return { term: [field, `${bounds[1]}..${bounds[2]}`] };
    }
    let value = "";
    if (text.charAt(at) === '"') {
      for (at++; text.charAt(at) !== '"'; at++) {
        if (at >= text.length) fail();
        if (/^\\[\\"]/.test(text.slice(at))) at++;
        value += text.charAt(at);
      }
      at++;
      if (at < text.length && !/[\s()]/.test(text.charAt(at))) fail();
      return { term: [field, value] };
    }
    const start = at;
    for (; at < text.length && !/[\s()"]/.test(text.charAt(at)); at++) {
      if (/^\\[ ()"]/.test(text.slice(at))) value += text.charAt(++at);
      else value += text.charAt(at).replace("*", "⁎").replace("?", "⁇");
    }
    if (at === start || text.charAt(at) === '"') fail();
    return { term: [field, value] };
  };

  const tree = choice();
  skip();
  return at === text.length ? tree : fail();
}

const where = (texts: TemplateStringsArray, ...values: TermValue[]) => clauseOf(edrDialect, texts, values);
const term = (field: string | undefined, value: string): Tree => ({ term: [field, value] });

/** Strings rich in what the language makes something of. */
const nasty = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'\\"()[]{} -*?:ab\n\t+!and') }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "AND",
    "or",
    "Not",
    "TO",
    "-",
    "-x",
    "*",
    "\\",
    "\\\\",
    '"',
    '\\"',
    "a\\",
    "field:x",
    "[1 TO 2]",
    "(",
    " ",
    "\u0000",
    "\u2028",
    "Zürich",
    "日本",
  ),
);

describe("literal values", () => {
  it.each<[TermValue, string]>([
    ["net.exe", "f:net.exe"],
    ["\\\\test\\blah", "f:\\\\test\\blah"],
    ["c:\\windows\\notepad.exe", "f:c:\\windows\\notepad.exe"],
    ["Zürich", "f:Zürich"],
    ["a&b=c#1", "f:a&b=c#1"],
    ["NT AUTHORITY\\SYSTEM", 'f:"NT AUTHORITY\\\\SYSTEM"'],
    ["c:\\program files (x86)\\x", 'f:"c:\\\\program files (x86)\\\\x"'],
    ["c:\\temp\\", 'f:"c:\\\\temp\\\\"'],
    ['say "hi"', 'f:"say \\"hi\\""'],
    ["a*b", 'f:"a*b"'],
    ["-enc", 'f:"-enc"'],
    ["OR", 'f:"OR"'],
    ["||", 'f:"||"'],
    ["", 'f:""'],
    ["a\nb", 'f:"a\nb"'],
    [5, "f:5"],
    [-5, 'f:"-5"'],
    [1.5, "f:1.5"],
    [1e21, "f:1000000000000000000000"],
    [132186399371900018n, "f:132186399371900018"],
    [true, "f:true"],
    [new Date("2019-11-19T12:25:37.190Z"), "f:2019-11-19T12:25:37"],
    [["a", "b c"], 'f:a OR f:"b c"'],
    [["a"], "f:a"],
    [wildcard("win*.exe"), "f:win*.exe"],
    [wildcard("a (b)*"), "f:a\\ \\(b\\)*"],
    [wildcard("-en?"), "f:-en?"],
    [wildcard("plain text"), 'f:"plain text"'],
    [range(1, 5), "f:[1 TO 5]"],
    [range(-5, undefined), "f:[-5 TO *]"],
    [range(raw("-24h"), undefined), "f:[-24h TO *]"],
    [range(undefined, "10.0.0.1"), "f:[* TO 10.0.0.1]"],
    [
      range(new Date("2019-11-19T12:25:37.190Z"), new Date("2019-11-19T12:25:37.190Z")),
      "f:[2019-11-19T12:25:37 TO 2019-11-19T12:25:38]",
    ],
    [present(), "f:*"],
    [raw("-24h"), "f:-24h"],
  ])("writes %s as %s", (value, expected) => {
    expect(Q({ f: value }).compile(edrDialect)).toBe(expected);
  });

  it.each<[string, TermValue]>([
    ["a line break in a pattern", wildcard("a\n*")],
    ["a pattern that ends with a backslash", wildcard("*\\temp\\")],
    ["a pattern that begins like a range", wildcard("[a*")],
    ["a blank in a bound", range("a b", "c")],
    ["a comparison of another product", new Comparison("+", 4)],
    ["an empty bound", range("", "c")],
    ["a bracket in a bound", range("a", "c]")],
  ])("refuses %s", (_what, value) => {
    expect(() => Q({ f: value }).compile(edrDialect)).toThrow(ApiError);
  });

  it.each(["", "1a", "a b", "a:b", "-a", "a)", 'a"'])("refuses the field name %j", (field) => {
    expect(() => Q({ [field]: "x" }).compile(edrDialect)).toThrow("not a field");
  });

  it("can be any text, with a field and without", () => {
    fc.assert(
      fc.property(nasty, nasty, (one, two) => {
        expect(parse(Q({ f: one }).compile(edrDialect))).toEqual(term("f", one));
        expect(parse(where`${one}`)).toEqual(term(undefined, one));
        const both = Q({ f: one, g: [two, one] }).and(Q({ h: two }).not());
        expect(parse(both.compile(edrDialect))).toEqual({
          all: [term("f", one), { any: [term("g", two), term("g", one)] }, { none: term("h", two) }],
        });
      }),
      { numRuns: 1000 },
    );
  });

  it("can be any pattern that the language can write", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        let written: string;
        try {
          written = Q({ f: wildcard(`${text}*`) }).compile(edrDialect);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
          return;
        }
        const live = `${text}*`.replaceAll("*", "⁎").replaceAll("?", "⁇");
        expect(parse(`${written} g:x`)).toEqual({ all: [term("f", live), term("g", "x")] });
      }),
      { numRuns: 500 },
    );
  });
});

describe("templates", () => {
  it("leave what needs no escaping as it reads", () => {
    const clause = where`process_name:net.exe cmdline:${"\\\\test\\blah"}`;
    expect(clause).toBe("process_name:net.exe cmdline:\\\\test\\blah");
    expect(parse(clause)).toEqual({ all: [term("process_name", "net.exe"), term("cmdline", "\\\\test\\blah")] });
  });

  it("escape only what is put in", () => {
    expect(where`(process_name:cmd.exe or path:c:\win*) username:${"a b"}`).toBe(
      '(process_name:cmd.exe or path:c:\\win*) username:"a b"',
    );
    expect(where``).toBe("");
    expect(where`
      a:${1}
    `).toBe("a:1");
  });

  it.each<[string, string]>([
    [where`-f:${["a", "b"]} c`, "-(f:a OR f:b) c"],
    [where`f:${["a"]}`, "f:a"],
    [where`${["a", "b c"]}`, '(a OR "b c")'],
    [where`-${"a"}`, "-a"],
    [where`-${"-a"}`, '-"-a"'],
    [where`(f:${"a b"})`, '(f:"a b")'],
    [where`f:"${'x"y'} z"`, 'f:"x\\"y z"'],
    [where`f:"${new Date("2019-11-19T12:25:37.190Z")}"`, 'f:"2019-11-19T12:25:37"'],
    [where`f:[${1} TO ${new Date("2019-11-19T12:25:37.190Z")}]`, "f:[1 TO 2019-11-19T12:25:38]"],
    [where`f:${range(1, 2)} g:${present()} h:${wildcard("a b*")}`, "f:[1 TO 2] g:* h:a\\ b*"],
    [where`start:${raw("-24h")}`, "start:-24h"],
    [where`${"process_name"}:${"cmd.exe"}`, "process_name:cmd.exe"],
    [where`alliance_score_${"nvd"}:[1 TO *]`, "alliance_score_nvd:[1 TO *]"],
    [where`watchlist_${12}:*`, "watchlist_12:*"],
    [where`path:*${"\\my file"}`, "path:*\\my\\ file"],
    [where`path:${"my (old) file"}*`, "path:my\\ \\(old\\)\\ file*"],
    [where`path:${"c:\\temp\\"}*.exe`, "path:c:\\temp\\*.exe"],
    [where`path:${"c:\\temp\\"}`, 'path:"c:\\\\temp\\\\"'],
    [where`path:${"c:"}${"\\x"}`, "path:c:\\x"],
  ])("%s", (clause, expected) => {
    expect(clause).toBe(expected);
  });

  it.each<[string, () => string]>([
    ["a wildcard character inside a term", () => where`f:${"a*"}b`],
    ["a line break inside a term", () => where`f:x${"\n"}`],
    ["a backslash before what it would escape", () => where`f:x${"\\"} g:y`],
    ["a backslash before a quote", () => where`f:${"x\\"}"y"`],
    ["a list inside a term", () => where`f:x${["a", "b"]}`],
    ["a list inside quotes", () => where`f:"${["a", "b"]}"`],
    ["a pattern inside quotes", () => where`f:"${wildcard("a*")}"`],
    ["a pattern as a bound", () => where`f:[${wildcard("a*")} TO 5]`],
    ["a colon that would make a field", () => where`${"a:b"}*`],
    ["a minus that would negate", () => where`${"-a"}*`],
    ["pieces that become an operator", () => where`a ${"o"}${"r"} b`],
    ["a field name that is none", () => where`${"a b"}:x`],
    ["a part of a field name that is none", () => where`alliance_score_${"a b"}:x`],
    ["a range without a field", () => where`${range(1, 2)}`],
    ["a pattern without a field that looks like one", () => where`${wildcard("c:*")}`],
  ])("refuse %s", (_what, make) => {
    expect(make).toThrow(ApiError);
  });

  it("put any text wherever a whole value can stand", () => {
    fc.assert(
      fc.property(nasty, nasty, (one, two) => {
        expect(parse(where`a:x f:${one} (g:${two} or -${one})`)).toEqual({
          all: [term("a", "x"), term("f", one), { any: [term("g", two), { none: term(undefined, one) }] }],
        });
        expect(parse(where`f:"${one}" g:x`)).toEqual({ all: [term("f", one), term("g", "x")] });
        expect(parse(where`f:"<${one}${two}>"`)).toEqual(term("f", `<${one}${two}>`));
        // A backslash of the text must not join forces with the first character of the value.
        const texts = Object.assign(['f:"c:\\', '" g:x'], { raw: ['f:"c:\\', '" g:x'] });
        expect(parse(where(texts, one))).toEqual({ all: [term("f", `c:\\${one}`), term("g", "x")] });
      }),
      { numRuns: 1000 },
    );
  });

  it("put text into the middle of a term, or refuse to", () => {
    fc.assert(
      fc.property(nasty, nasty, (one, two) => {
        const attempts: [() => string, Tree][] = [
          [() => where`f:<${one}> g:x`, { all: [term("f", `<${one}>`), term("g", "x")] }],
          [() => where`f:<${one} g:x`, { all: [term("f", `<${one}`), term("g", "x")] }],
          [() => where`f:${one}> g:x`, { all: [term("f", `${one}>`), term("g", "x")] }],
          [() => where`f:<${one}${two}> g:x`, { all: [term("f", `<${one}${two}>`), term("g", "x")] }],
          [() => where`${one}> g:x`, { all: [term(undefined, `${one}>`), term("g", "x")] }],
          [() => where`<${one} g:x`, { all: [term(undefined, `<${one}`), term("g", "x")] }],
        ];
        for (const [make, expected] of attempts) {
          let clause: string;
          try {
            clause = make();
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError);
            continue;
          }
          expect(parse(clause)).toEqual(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("hasTopLevelOr", () => {
  it.each<[string, boolean | undefined]>([
    ["", false],
    ["a", false],
    ["a b", false],
    ["a and b", false],
    ["a or b", true],
    ["a OR b", true],
    ["a || b", true],
    ["(a || b) c", false],
    ["a||b", false],
    ["a ||", undefined],
    ["(a or b)", false],
    ["(a or b) c", false],
    ["(a or b) or c", true],
    ["-(a or b)", false],
    ["-a or -(b c)", true],
    ["oreo", false],
    ["a:or b", false],
    ['"a or b"', false],
    ['a:"x or y" b', false],
    ['a:"x \\" or y" b', false],
    ['a:"x \\\\" or y', true],
    ["a\\ or\\ b", false],
    ["path:c:\\temp\\ or b", false],
    ["a:[1 TO 5] or b", true],
    ["f:(a or b)", false],
    ["f:(a or b) or c", true],
    ["name:[WARN] or b", true],
    ["a or", undefined],
    ["or a", undefined],
    ["a or or b", undefined],
    ["a and", undefined],
    ["a -", undefined],
    ["(a or b", undefined],
    ["a) or (b", undefined],
    ["()", undefined],
    ["(a or)", undefined],
    ['"a or b', undefined],
    ["f: a", undefined],
    ["f:", undefined],
    ["f:[1 TO", undefined],
  ])("%j is %s", (clause, expected) => {
    expect(hasTopLevelOr(clause)).toBe(expected);
  });

  it("does not throw, whatever the text", () => {
    fc.assert(fc.property(nasty, (text) => void hasTopLevelOr(text)));
  });
});

describe("joinClauses", () => {
  it.each<[string[], string]>([
    [[], ""],
    [["a or b"], "a or b"],
    [["a (b"], "a (b"],
    [["process_name:cmd.exe", "username:SYSTEM"], "process_name:cmd.exe username:SYSTEM"],
    [
      ["process_name:cmd.exe", "filemod:*.exe or filemod:*.dll"],
      "process_name:cmd.exe (filemod:*.exe or filemod:*.dll)",
    ],
    [["a", "(b or c)", "-d"], "a (b or c) -d"],
    [["a or b", "c or d"], "(a or b) (c or d)"],
    [["a:b || c:d", "e:f"], "(a:b || c:d) e:f"],
    [["a:b || c:d"], "a:b || c:d"],
    [
      ["process_name:cmd.exe", "(filemod:*.exe or filemod:*.dll"],
      "process_name:cmd.exe (filemod:*.exe or filemod:*.dll",
    ],
    [["a or (b", "c or d"], "a or (b (c or d)"],
    [["", "a", "  "], "a"],
    [["path:c:\\temp\\", "b"], 'path:"c:\\\\temp\\\\" b'],
    [["a", "b or path:c:\\a\\ b\\"], 'a (b or path:"c:\\\\a b\\\\")'],
    [["b", "path:c:\\temp\\"], "b path:c:\\temp\\"],
  ])("%j", (clauses, expected) => {
    expect(joinClauses(clauses)).toBe(expected);
  });
});

describe("expressions", () => {
  it.each<[QueryExpression, string]>([
    [Q("a").or("b c"), "a OR (b c)"],
    [Q("a").or("b").and("c"), "(a OR b) c"],
    [Q("a or b").not(), "-(a or b)"],
    [Q("a").not(), "-a"],
    [Q("a").not().not(), "-(-a)"],
    [Q("(a b)").not(), "-(a b)"],
    [
      Q({ f: ["x", "y"] })
        .not()
        .and({ g: 1 }),
      "-(f:x OR f:y) g:1",
    ],
    [Q({ f: "c:\\" }).or("path:d:\\").and("x"), '(f:"c:\\\\" OR path:"d:\\\\") x'],
    [Q({}), ""],
  ])("%o", (expression, expected) => {
    expect(expression.compile(edrDialect)).toBe(expected);
  });
});
