import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError } from "../errors.js";
import {
  clauseOf,
  type Dialect,
  present,
  Q,
  type QueryInput,
  range,
  raw,
  type SingleValue,
  wildcard,
} from "./terms.js";

const shown = (value: SingleValue): string => (value instanceof Date ? value.toISOString() : inspect(value));

/** A dialect that shows how it was asked. */
const plain: Dialect = {
  name: "plain",
  text: (text) => text,
  term: (field, value) =>
    Array.isArray(value)
      ? `${field} in ${value.map((one: SingleValue) => shown(one)).join("|")}`
      : `${field}=${shown(value as SingleValue)}`,
  and: (clauses) => (clauses.length === 1 ? `${clauses[0]}` : `and(${clauses.join(", ")})`),
  or: (clauses) => `or(${clauses.join(", ")})`,
  not: (clause) => `not(${clause})`,
  template: (texts, values) => texts.map((text, i) => (i === 0 ? text : `<${inspect(values[i - 1])}>${text}`)).join(""),
};

describe("Q", () => {
  it("takes text, terms, templates and expressions", () => {
    expect(Q("process_name:cmd.exe").compile(plain)).toBe("process_name:cmd.exe");
    expect(Q({ process_name: "cmd.exe" }).compile(plain)).toBe("process_name='cmd.exe'");
    expect(Q({ a: 1, b: true, c: 5n }).compile(plain)).toBe("and(a=1, b=true, c=5n)");
    expect(Q({ a: ["x", "y"] }).compile(plain)).toBe("a in 'x'|'y'");
    expect(Q`a:${"x"} b:${2}`.compile(plain)).toBe("a:<'x'> b:<2>");
    const expression = Q("a");
    expect(Q(expression)).toBe(expression);
  });

  it("combines without changing what it combines", () => {
    const a = Q("a");
    expect(a.and("b", { c: 1 }).compile(plain)).toBe("and(a, b, c=1)");
    expect(a.and`x:${1}`.compile(plain)).toBe("and(a, x:<1>)");
    expect(a.or("b", Q("c").not()).compile(plain)).toBe("or(a, b, not(c))");
    expect(a.or`x:${1}`.compile(plain)).toBe("or(a, x:<1>)");
    expect(a.not().compile(plain)).toBe("not(a)");
    expect(a.compile(plain)).toBe("a");
  });

  it("uses the raw text of templates, so that backslashes are what they look like", () => {
    expect(Q`path:c:\users\new ${1}`.compile(plain)).toBe("path:c:\\users\\new <1>");
    expect(Q`a \` b`.compile(plain)).toBe("a ` b");
  });

  it("refuses a backslash that keeps a value out of the template", () => {
    expect(() => Q`path:c:\temp\${"name"}`).toThrow("keeps it out");
  });

  it("knows what restricts nothing", () => {
    for (const empty of [Q(""), Q("  "), Q({}), Q``, Q`  `, Q("").and({})]) {
      expect(empty.isEmpty).toBe(true);
      expect(empty.and("b").compile(plain)).toBe("b");
      expect(() => empty.not()).toThrow(ApiError);
      expect(() => Q("a").or(empty)).toThrow("choices");
      expect(() => empty.or("a")).toThrow("choices");
    }
    expect(Q({}).compile(plain)).toBe("and()");
    expect(Q("a").or("b").isEmpty).toBe(false);
    expect([Q("a").and(""), Q("").and("a")].map((query) => query.isEmpty)).toEqual([false, false]);
    expect(Q`${1}`.isEmpty).toBe(false);
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a regular expression", /a/],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["a date that is none", new Date(Number.NaN)],
    ["a function", () => "x"],
    ["an object", { a: 1 }],
    ["an empty list", []],
    ["a list in a list", [["a"]]],
    ["a list with a hole", ["a", undefined]],
  ])("refuses %s as a value, at once", (_what, value) => {
    expect(() => Q({ a: value as string })).toThrow(ApiError);
    expect(() => Q`a:${value as string}`).toThrow(ApiError);
    expect(() => Q("x").and({ a: value as string })).toThrow(ApiError);
  });

  it.each<unknown>([undefined, null, 5, ["a"], new Date(), () => "a", /a/])("refuses to be made of %s", (input) => {
    expect(() => Q(input as QueryInput)).toThrow(ApiError);
  });

  it("says how to ask for what it refuses", () => {
    expect(() => Q({ a: /x/ as unknown as string })).toThrow("wildcard(");
    expect(() => Q({ a: undefined as unknown as string })).toThrow("present()");
  });

  it("refuses patterns and bounds that are none", () => {
    expect(() => wildcard("")).toThrow(ApiError);
    expect(() => wildcard(5 as unknown as string)).toThrow(ApiError);
    expect(() => raw(5 as unknown as string)).toThrow(ApiError);
    expect(() => range(Number.NaN, 5)).toThrow(ApiError);
    expect(() => range(1, null as unknown as number)).toThrow(ApiError);
  });

  it("takes a bound that is left out for an open one", () => {
    expect(range(undefined, 5)).toMatchObject({ from: undefined, to: 5 });
    expect(range(5, undefined)).toMatchObject({ from: 5, to: undefined });
  });

  it("shows itself as it was written", () => {
    const shown = inspect(
      Q({ a: wildcard("x*") })
        .and("b")
        .or(Q`c:${present()}`.not(), { d: range(1, undefined), e: raw("z") }),
    );
    expect(shown).toBe(
      `Q({ a: wildcard('x*') }).and(Q('b')).or(Q\`c:\${present()}\`.not(), Q({ d: range(1, undefined), e: raw('z') }))`,
    );
  });

  it("does not follow later changes of the object it was given", () => {
    const terms = { a: "x" };
    const query = Q(terms);
    terms.a = "y";
    expect(query.compile(plain)).toBe("a='x'");
  });
});

describe("clauseOf", () => {
  const where = (first: TemplateStringsArray | QueryInput, ...values: SingleValue[]) => clauseOf(plain, first, values);

  it("is what a where() is called with, as a function or as a tag", () => {
    expect(where("a:1")).toBe("a:1");
    expect(where({ a: 1 })).toBe("a=1");
    expect(where(Q("a").not())).toBe("not(a)");
    expect(where`a:${1}`).toBe("a:<1>");
  });
});
