import { describe, expect, test } from "vitest";
import { cell, columnsOf, fit, line, wrap } from "./text-layout.js";
import { safeData, safeJson, safeText } from "./text-safety.js";

describe("text that endpoints wrote", () => {
  test.each([
    ['plain C:\\Windows\\cmd.exe /c "é 日本"', 'plain C:\\Windows\\cmd.exe /c "é 日本"'],
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["a\r\n\tb", "a\\r\\n\\tb"],
    ["\u009b31m", "\\x9b31m"],
    ["\u202egnp.exe", "\\u202egnp.exe"],
    ["ad\u200bmin", "ad\\u200bmin"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\ud800!", "\\ud800!"],
  ])("%j is shown as %j", (text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  test("is made safe wherever it is in a document", () => {
    const document = { "a\n": ["\u001b", { b: "\u0007", c: 1, d: null, e: true }] };
    expect(safeData(document)).toEqual({ "a\\n": ["\\x1b", { b: "\\x07", c: 1, d: null, e: true }] });
  });

  test("stays what it is in JSON", () => {
    const document = { text: "\u001b[2J \u009b \u202e \u{e0041} \ud800 é" };
    const json = safeJson(document);
    expect(json).toMatch(/^[\n\x20-\x7eé]*$/);
    expect(JSON.parse(json)).toEqual(document);
  });
});

describe("columns", () => {
  test("wide and combining characters are counted as they are drawn", () => {
    expect(columnsOf("abc")).toBe(3);
    expect(columnsOf("日本")).toBe(4);
    expect(columnsOf("e\u0301")).toBe(1);
  });

  test("what is too long is cut, what is too short is filled", () => {
    expect(fit("abcdef", 4)).toBe("abc…");
    expect(fit("日本語", 4)).toBe("日…");
    expect(fit("abc", 0)).toBe("");
    expect(cell("ab", 4)).toBe("ab  ");
    expect(line([["abc"], ["def", (text) => `<${text}>`], ["g"]], 5)).toBe("abc<d…>");
  });

  test("long texts are wrapped, and say what is left out", () => {
    expect(wrap("one two three", 8, 5)).toEqual(["one two", "three"]);
    expect(wrap("x".repeat(25), 10, 5)).toEqual(["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
    expect(wrap("", 10, 5)).toEqual([]);
    const [first, second, ...rest] = wrap("x".repeat(300), 40, 2);
    expect([first?.length, rest]).toEqual([40, []]);
    expect(second).toMatch(/^x+… \(\d+ more characters\)$/);
    expect(second?.length).toBeLessThanOrEqual(40);
  });
});
