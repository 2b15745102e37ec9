import { describe, expect, it } from "vitest";
import { printValue, type Query, QuerySyntaxError } from "../../query/syntax.js";
import { HttpProblem } from "../../server/product.js";
import { parseQuery, parseValue } from "./parser.js";

/** A tree as text: `and(a, not(b))`. */
function print(query: Query): string {
  switch (query.type) {
    case "everything":
      return "everything";
    case "term":
      return query.field === undefined ? printValue(query.value) : `${query.field}=${printValue(query.value)}`;
    case "not":
      return `not(${print(query.operand)})`;
    case "and":
    case "or":
      return `${query.type}(${query.operands.map(print).join(", ")})`;
  }
}

describe("parseQuery", () => {
  it.each([
    ["", "everything"],
    ["  ", "everything"],
    ["cmd.exe", "cmd.exe"],
    ["process_name:cmd.exe", "process_name=cmd.exe"],
    ["Process_Name:cmd.exe", "process_name=cmd.exe"],
    ["a b", "and(a, b)"],
    ["a and b", "and(a, b)"],
    ["a AND b", "and(a, b)"],
    ["a or b c", "or(a, and(b, c))"],
    ["a b OR c d", "or(and(a, b), and(c, d))"],
    ["(a or b) c", "and(or(a, b), c)"],
    ["a or(b c)", "or(a, and(b, c))"],
    ["-a", "not(a)"],
    ["-a -field:b", "and(not(a), not(field=b))"],
    ["-(a or b) c", "and(not(or(a, b)), c)"],
    ["--a", "not(not(a))"],
    ["order android", "and(order, android)"],
    ['"and" "or"', 'and("and", "or")'],
    ["md5:(aa or bb)", "or(md5=aa, md5=bb)"],
    ["f:(a g:b)", "and(f=a, g=b)"],
    ["-f:(a or b)", "not(or(f=a, f=b))"],
    ['path:"c:\\program files (x86)\\x"', 'path="c:\\program files (x86)\\x"'],
    ["path:c:\\program\\ files\\ \\(x86\\)\\x.exe", "path=c:\\program files (x86)\\x.exe"],
    ["cmdline:\\\\test\\blah", "cmdline=\\\\test\\blah"],
    ['cmdline:a\\"b', 'cmdline=a"b'],
    ['"a \\"b\\" \\\\c"', '"a "b" \\c"'],
    ["start:-24h", "start=-24h"],
    ["count:[1 TO 5]", "count=[1 TO 5]"],
    ["count:[1 to *] x", "and(count=[1 TO *], x)"],
    ["(count:[* TO 5])", "count=[* TO 5]"],
    ['start:["2026-01-01" TO 2026-01-02T10:00:00]', "start=[2026-01-01 TO 2026-01-02T10:00:00]"],
    ["cmdline:[abc]", "cmdline=[abc]"],
    ["username:*", "username=*"],
    ["alliance_score_srstrust:[1 TO *]", "alliance_score_srstrust=[1 TO *]"],
    ["процесс:x", "процесс:x"],
    ["process_name:ünïcode.exe", "process_name=ünïcode.exe"],
    ["192.168.1.1:443", "192.168.1.1:443"],
  ])("reads %j", (text, tree) => {
    expect(print(parseQuery(text))).toBe(tree);
  });

  it.each([
    ["(a", 0, "Unbalanced parentheses: ( without )"],
    ["a)", 1, "Unbalanced parentheses: ) without ("],
    ["()", 0, "Empty parentheses"],
    ["a ( ) b", 2, "Empty parentheses"],
    ["f:()", 2, "Empty parentheses"],
    ["or a", 0, "The operator or has nothing before it"],
    ["a or", 2, "The operator or has nothing after it"],
    ["a AND", 2, "The operator AND has nothing after it"],
    ["a and or b", 6, "The operator or has nothing before it"],
    ["(a or )", 3, "The operator or has nothing after it"],
    ["a or or b", 5, "The operator or has nothing before it"],
    ["and", 0, "The operator and has nothing before it"],
    ["-", 0, "Nothing follows the -"],
    ["a - b", 2, "Nothing follows the -"],
    ["(-)", 1, "Nothing follows the -"],
    ['"open', 0, "The quote is not closed"],
    ['process_name:"open', 13, "The quote is not closed"],
    ['a"b', 1, "A quote within a term must be escaped, or the term quoted"],
    ['"a"b', 3, "A blank or ) must follow the closing quote"],
    ["n:[1 TO 2]x", 10, "A blank or ) must follow the range"],
    ["process_name:", 0, "The field process_name has no value"],
    ["a process_name: b", 2, "The field process_name has no value"],
    ["a(b)", 1, "A parenthesis within a term must be escaped or quoted"],
    [`${"(".repeat(200)}a${")".repeat(200)}`, 100, "The query is nested too deeply"],
  ])("refuses %j", (text, position, message) => {
    let problem: unknown;
    try {
      parseQuery(text);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(QuerySyntaxError);
    expect(problem).toBeInstanceOf(HttpProblem);
    expect(problem).toMatchObject({
      status: 400,
      reason: "query_malformed_syntax",
      position,
      message: `${message} (at character ${position + 1} of the query)`,
    });
  });
});

describe("parseValue", () => {
  it.each([
    ["a b", { type: "literal", text: "a b", quoted: false }],
    ['"a b"', { type: "literal", text: "a b", quoted: true }],
    ["[1 TO 5]", { type: "range", from: "1", to: "5" }],
    ["*.exe", { type: "literal", text: "*.exe", quoted: false }],
  ])("reads %j", (text, value) => {
    expect(parseValue(text)).toMatchObject(value);
  });
});
