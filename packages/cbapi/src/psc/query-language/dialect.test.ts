import { describe, expect, it } from "vitest";
import { clauseOf, present, Q, type QueryInput, range, raw, type TermValue, wildcard } from "../../core/query/terms.js";
import { cloudDialect, joinTexts } from "./dialect.js";
import { boost, exclusiveRange, fromNow, near } from "./values.js";

const text = (input: QueryInput) => clauseOf(cloudDialect, input);
const template = (texts: TemplateStringsArray, ...values: readonly TermValue[]) =>
  clauseOf(cloudDialect, texts, values);

describe("values", () => {
  it.each<[TermValue, string]>([
    ["chrome.exe", "p:chrome.exe"],
    ["c:\\windows\\system32\\cmd.exe", "p:c\\:\\\\windows\\\\system32\\\\cmd.exe"],
    ["C:\\Program Files (x86)\\a.exe", "p:C\\:\\\\Program\\ Files\\ \\(x86\\)\\\\a.exe"],
    ["a-b+c", "p:a\\-b\\+c"],
    ["[1 TO 5]", "p:\\[1\\ TO\\ 5\\]"],
    ["a&&b||c", "p:a\\&\\&b\\|\\|c"],
    ['say "hi"', 'p:say\\ \\"hi\\"'],
    ["*.exe", "p:\\*.exe"],
    ["x~2^3?", "p:x\\~2\\^3\\?"],
    ["a\\*b", "p:a\\\\\\*b"],
    ["x\\\\y", "p:x\\\\\\\\y"],
    ["it's /usr/bin, a=b; #1 <2> @50%", "p:it's\\ /usr/bin,\\ a=b;\\ #1\\ <2>\\ @50%"],
    ["ünï", "p:ünï"],
    ["tab\there", "p:tab\\\there"],
    ["", 'p:""'],
    ["AND", "p:\\AND"],
    ["or", "p:or"],
    [42, "p:42"],
    [-3, "p:\\-3"],
    [1.5, "p:1.5"],
    [10n ** 20n, "p:100000000000000000000"],
    [true, "p:true"],
    [new Date("2020-01-02T03:04:05Z"), 'p:"2020-01-02T03:04:05Z"'],
    [new Date("2020-01-02T03:04:05.678Z"), 'p:"2020-01-02T03:04:05.678Z"'],
    [wildcard("c:\\*\\win?.exe"), "p:c\\:\\\\*\\\\win?.exe"],
    [range(1, 5), "p:[1 TO 5]"],
    [range(undefined, -1), "p:[* TO \\-1]"],
    [range(new Date("2020-08-28T19:14:40Z"), undefined), 'p:["2020-08-28T19:14:40Z" TO *]'],
    [range(raw("NOW-1DAY"), "a b"), "p:[NOW-1DAY TO a\\ b]"],
    [exclusiveRange(0, 20), "p:{0 TO 20}"],
    [exclusiveRange(0, undefined, "from"), "p:{0 TO *]"],
    [exclusiveRange("a b", 20, "to"), "p:[a\\ b TO 20}"],
    [present(), "p:*"],
    [near("foo bar", 4), 'p:"foo\\ bar"~4'],
    [fromNow(0), "p:NOW"],
    [fromNow(-180_000_000), "p:NOW-3DAYS+79200SECONDS+0MILLISECONDS"],
    [["a", "b c"], "p:a OR p:b\\ c"],
    [["a"], "p:a"],
    [raw("a*"), "p:a*"],
  ])("%o is written %s", (value, written) => {
    expect(text({ p: value })).toBe(written);
  });

  it("of terms, all must hold, in their order", () => {
    expect(text({ b: 1, a: ["x", "y"], c: "z" })).toBe("b:1 AND (a:x OR a:y) AND c:z");
  });

  it.each(["valueOf", "constructor", "__proto__", "toString"])("%s is a value and a field like any other", (word) => {
    expect(text({ p: word })).toBe(`p:${word}`);
    expect(cloudDialect.term(word, "x")).toBe(`${word}:x`);
  });

  it.each(["a b", "a:b", "", "1)", "-x"])("%o is no field", (name) => {
    expect(() => cloudDialect.term(name, 1)).toThrow(/not a field/);
  });

  it("refuses what no language of the cloud has", () => {
    expect(() => exclusiveRange(Number.NaN, 1)).toThrow(/not a value/);
    expect(() => exclusiveRange(0, 1, "none" as "both")).toThrow(/excludes/);
    expect(() => near(" ", 1)).toThrow(/words/);
    expect(() => near("a b", -1)).toThrow(/distance/);
    expect(() => fromNow(Number.POSITIVE_INFINITY)).toThrow(/milliseconds/);
    expect(() => boost({ a: 1 }, 0)).toThrow(/positive number/);
    expect(() => boost({}, 2)).toThrow(/empty/);
    expect(() => text({ a: range(raw(" "), 1) })).toThrow(/bound/);
  });
});

describe("expressions", () => {
  it("put parentheses around whatever has an operator of its own", () => {
    expect(text(Q({ a: 1 }).or({ b: 2 }).and({ c: 3 }))).toBe("(a:1 OR b:2) AND c:3");
    expect(text(Q({ a: 1 }).and({ b: 2 }).and({ c: 3 }))).toBe("(a:1 AND b:2) AND c:3");
    expect(text(Q({ a: 1 }).or({ b: 2 }).not())).toBe("!(a:1 OR b:2)");
    expect(text(Q({ a: 1 }).and(Q({ b: 2 }).not()))).toBe("a:1 AND (!b:2)");
    expect(text(Q({ a: 1 }).and(Q({ b: 2, c: 3 }).not()))).toBe("a:1 AND (!(b:2 AND c:3))");
    expect(text(Q({ a: 1 }).not().not())).toBe("!(!a:1)");
    expect(text(Q("x y").and({ a: 1 }, "b:[1 TO 2]^3"))).toBe("(x y) AND a:1 AND b:[1 TO 2]^3");
    expect(text(Q("a:(x OR y)").or({ b: 1 }))).toBe("a:(x OR y) OR b:1");
  });

  it("take a boost", () => {
    expect(text(boost({ a: "b" }, 2))).toBe("a:b^2");
    expect(text(boost({ a: 1, b: 2 }, 3))).toBe("(a:1 AND b:2)^3");
    expect(text(boost(Q({ a: 1 }).not(), 1.5))).toBe("(!a:1)^1.5");
    expect(text(boost({ a: 1, b: 2 }, 3).and({ c: 1 }))).toBe("(a:1 AND b:2)^3 AND c:1");
  });

  it("leave text that is no query to the server", () => {
    expect(text(Q("a:(b").and({ c: 1 }))).toBe("a:(b AND c:1");
  });

  it("refuse text whose end would swallow what follows", () => {
    expect(() => text(Q("p:c:\\").and({ c: 1 }))).toThrow(/ends with a backslash/);
    expect(() => text(Q("p:c:\\").not())).toThrow(/ends with a backslash/);
  });
});

describe("texts of the caller's", () => {
  it("are joined by blanks, which are AND to the server", () => {
    expect(joinTexts(["a:b", "c:d"])).toBe("a:b c:d");
    expect(joinTexts(["a:b", " "])).toBe("a:b");
    expect(joinTexts([])).toBe("");
  });

  it("keep the extent of an OR", () => {
    expect(joinTexts(["a:1 OR b:2", "c:3"])).toBe("(a:1 OR b:2) c:3");
    expect(joinTexts(["c:3", "a:1 || b:2"])).toBe("c:3 (a:1 || b:2)");
    expect(joinTexts(["a:(x OR y)", "c:3"])).toBe("a:(x OR y) c:3");
    expect(joinTexts(['a:"x OR y"', "c:3"])).toBe('a:"x OR y" c:3');
    expect(joinTexts(["a:x\\ OR\\ y", "c:3"])).toBe("a:x\\ OR\\ y c:3");
  });
});

describe("templates", () => {
  it("escape a value as its place demands", () => {
    expect(template`p:${"a b"}`).toBe("p:a\\ b");
    expect(template`p:"${'a "b" \\c'}"`).toBe('p:"a \\"b\\" \\\\c"');
    expect(template`p:[${1} TO ${new Date("2020-01-01T00:00:00Z")}]`).toBe('p:[1 TO "2020-01-01T00:00:00Z"]');
    expect(template`p:*${"a*b"}*`).toBe("p:*a\\*b*");
    expect(template`p:${wildcard("a*")}.exe`).toBe("p:a*.exe");
    expect(template`${"field"}:x ${"word s"}`).toBe("field:x word\\ s");
    expect(template`net${"conn"}_count:1`).toBe("netconn_count:1");
    expect(template`p:${["a", "b c"]} AND q:1`).toBe("p:(a OR b\\ c) AND q:1");
    expect(template`p:${["a"]}`).toBe("p:a");
    expect(template`(p:${"x)"})`).toBe("(p:x\\))");
    expect(template`p:${range(1, 2)} ${raw("q:*")}`).toBe("p:[1 TO 2] q:*");
    expect(template`p:${"a"}^2`).toBe("p:a^2");
    expect(template`p:${"AND"}`).toBe("p:\\AND");
    expect(template` p:${"a "} `).toBe("p:a\\ ");
  });

  it("refuse a value that the place cannot take", () => {
    expect(() => template`p:"${["a", "b"]}"`).toThrow(/inside quotes/);
    expect(() => template`p:x${range(1, 2)}`).toThrow(/whole values/);
    expect(() => template`${"a b"}:1`).toThrow(/not a field/);
    expect(() => template`p:[${wildcard("a*")} TO 2]`).toThrow(/bound of a range/);
  });
});
