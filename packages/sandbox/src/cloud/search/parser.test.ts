import { describe, expect, it } from "vitest";
import { QuerySyntaxError } from "../../query/index.js";
import { parseLucene } from "./parser.js";
import { type LuceneQuery, printValue } from "./syntax.js";

/** A query in a form that shows what belongs together. */
function shape(query: LuceneQuery): string {
  switch (query.type) {
    case "all":
      return "*";
    case "not":
      return `!${shape(query.operand)}`;
    case "term":
      return `${query.field ?? ""}=${query.value.type === "pattern" ? `~${query.value.glob}` : printValue(query.value)}`;
    case "and":
    case "or":
      return `(${query.operands.map(shape).join(query.type === "and" ? " & " : " | ")})`;
  }
}

describe("the query language", () => {
  it.each([
    ["", "*"],
    ["  ", "*"],
    ["*:*", "*"],
    ["*", "*"],
    ["a", "=a"],
    ["f:a", "f=a"],
    ["f:*", "f=*"],
    ["f:a*", "f=~a*"],
    ["f:*a?c", "f=~*a?c"],
    ["f:a\\*", "f=a*"],
    ["f:a\\**", "f=~a[*]*"],
    ["f:[a]\\", undefined],
    ["f:a b", "(f=a & =b)"],
    ["f:a g:b", "(f=a & g=b)"],
    ["f:a OR g:b h:c", "(f=a | (g=b & h=c))"],
    ["f:a OR g:b AND h:c", "(f=a | (g=b & h=c))"],
    ["(f:a OR g:b) AND h:c", "((f=a | g=b) & h=c)"],
    ["f:a || g:b && h:c", "(f=a | (g=b & h=c))"],
    ["NOT f:a", "!f=a"],
    ["!f:a", "!f=a"],
    ["-f:a", "!f=a"],
    ["f:a -g:b", "(f=a & !g=b)"],
    ["f:a NOT g:b", "(f=a & !g=b)"],
    ["f:a AND (!g:b)", "(f=a & !g=b)"],
    ["!!f:a", "f=a"],
    ["NOT (f:a OR g:b)", "!(f=a | g=b)"],
    ["+f:a g:b", "(f=a & g=b)"],
    ["f:a OR +g:b", "g=b"],
    ["f:(a OR b)", "(f=a | f=b)"],
    ["f:(a b)", "(f=a & f=b)"],
    ["f:(a OR NOT b*)", "(f=a | !f=~b*)"],
    ["f:((a))", "f=a"],
    ['f:"a b"', "f=a b"],
    ['f:"a* \\"b\\" \\\\"', 'f=a* "b" \\'],
    ['f:"a b"~4', "f=a b"],
    ["f:a^2 g:b^0.5", "(f=a & g=b)"],
    ["(f:a)^3", "f=a"],
    ["f:[1 TO 5]", "f=[1 TO 5]"],
    ["f:{1 TO 5}", "f={1 TO 5}"],
    ["f:[1 TO *}", "f=[1 TO *}"],
    ["f:[* TO *]", "f=[* TO *]"],
    ['f:["a b" TO c\\ d]', "f=[a b TO c d]"],
    ["f:c\\:\\\\windows\\\\x.exe", "f=c:\\windows\\x.exe"],
    ["f:/bin/sh", "f=/bin/sh"],
    ["f:a\\ b", "f=a b"],
    ["f:\\-3", "f=-3"],
    ["f:a-b-c", "f=a-b-c"],
    ["f:a+b!c", "f=a+b!c"],
    ["f:2020-01-02T03\\:04\\:05Z", "f=2020-01-02T03:04:05Z"],
    ["f:a,b;c=d", "f=a,b;c=d"],
    ["ORDER NOTE ANDY", "(=ORDER & =NOTE & =ANDY)"],
    ["f:OREGON", "f=OREGON"],
    ["TO", "=TO"],
    ["valueOf:constructor __proto__:x", "(valueOf=constructor & __proto__=x)"],
    ["f:\u{1f600}ß", "f=\u{1f600}ß"],
  ])("reads %s", (text, expected) => {
    if (expected === undefined) expect(() => parseLucene(text)).toThrow(QuerySyntaxError);
    else expect(shape(parseLucene(text))).toBe(expected);
  });

  it.each([
    ["process_name:(", 13],
    ["f:", 0],
    ["f: a", 0],
    ["f:a AND", 7],
    ["AND f:a", 0],
    ["f:a OR OR g:b", 7],
    ["f:a AND NOT", 8],
    ["(f:a", 0],
    ["f:a)", 3],
    ["()", 0],
    ["f:()", 2],
    ['f:"a', 2],
    ["f:a\\", 3],
    ["f:[1 TO 5", 2],
    ["f:[1 5]", 2],
    ["f:[1* TO 5]", 2],
    ["f:-a", 2],
    ["f:!a", 2],
    ["f:AND", 2],
    ["f:a:b", 3],
    ["c:\\windows", undefined],
    ["f:(g:a)", 4],
    ["f*:a", 0],
    ["*:a", 0],
    ["f:a~2", 3],
    ["f:a^", 3],
    ["f:a]", 3],
    ["-", 0],
  ])("refuses %s and says where", (text, position) => {
    let refused: unknown;
    try {
      parseLucene(text);
    } catch (error) {
      refused = error;
    }
    if (position === undefined) expect(refused).toBeUndefined();
    else expect(refused).toMatchObject({ status: 400, reason: "query_malformed_syntax", position });
  });

  it("reads no query that is nested without end, and none that is endless", () => {
    expect(() => parseLucene(`${"(".repeat(51)}a${")".repeat(51)}`)).toThrow(/nested too deeply/);
    expect(() => parseLucene("(".repeat(100_000))).toThrow(QuerySyntaxError);
    expect(() => parseLucene("a".repeat(100_001))).toThrow(/too long/);
    expect(shape(parseLucene(`${"!".repeat(50_000)}a`))).toBe("=a");
  });
});
