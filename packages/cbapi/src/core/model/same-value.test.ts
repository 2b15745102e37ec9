import { describe, expect, it } from "vitest";
import { holdsValue, sameValue } from "./same-value.js";

describe("two values are the same", () => {
  it.each([
    [undefined, null],
    [
      { b: 1, a: [1, { d: 2, c: 3 }] },
      { a: [1, { c: 3, d: 2 }], b: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
  ])("as JSON: %j and %j", (a, b) => {
    expect(sameValue(a, b)).toBe(true);
    expect(sameValue(b, a)).toBe(true);
  });

  it.each([
    [null, ""],
    [0, "0"],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: null }],
    [[], {}],
  ])("and these are not: %j and %j", (a, b) => expect(sameValue(a, b)).toBe(false));
});

describe("a server holds what was written", () => {
  it.each([
    ["with members of its own", { name: "x", on: true }, { id: 5, on: true, name: "x" }],
    ["in another order", ["b", "a", "b"], ["b", "b", "a"]],
    [
      "in lists of objects",
      [{ id: 2 }, { id: 1 }],
      [
        { id: 1, name: "one" },
        { id: 2, name: "two" },
      ],
    ],
    ["without what was null", { name: "x", note: null }, { name: "x" }],
    ["nothing for nothing", undefined, null],
  ])("%s", (_, written, has) => expect(holdsValue(has, written)).toBe(true));

  it.each([
    ["a member is missing", { name: "x" }, { id: 5 }],
    ["an entry is missing", ["a", "b"], ["a"]],
    ["an entry is left over", [], ["a"]],
    ["an entry stands for two", ["a", "a"], ["a", "b"]],
    ["a member has another value", [{ id: 1, on: true }], [{ id: 1, on: false }]],
    ["it is of another kind", { a: 1 }, ["a"]],
    ["it is a list", [], {}],
    ["there is nothing", {}, null],
    ["it is a text", {}, "text"],
  ])("not when %s", (_, written, has) => expect(holdsValue(has, written)).toBe(false));
});
