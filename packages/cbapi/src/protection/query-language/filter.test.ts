import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { clauseOf, present, Q, type QueryInput, range, raw, type TermValue, wildcard } from "../../core/query/terms.js";
import { allBits, noBits } from "./bits.js";
import { filterDialect } from "./filter.js";
import { anyField, FilterFields } from "./filter-fields.js";

const fields = new FilterFields(
  "Computer",
  new Map([
    ["id", "integer"],
    ["name", "string"],
    ["policyId", "integer"],
    ["processorSpeed", "number"],
    ["syncFlags", "integer"],
    ["lastPollDate", "date-time"],
    ["deleted", "boolean"],
  ]),
  false,
);
const dialect = filterDialect(fields);
const conditions = (input: QueryInput<object>): readonly string[] => clauseOf(dialect, input);
const template = (texts: TemplateStringsArray, ...values: TermValue[]) => clauseOf(dialect, texts, values);

/**
 * A reader of the language, written from its description: the first operator behind the name splits a condition, a bar
 * splits values, a backslash before a backslash, a bar or a star takes its meaning away.
 */
function read(condition: string): { field: string; operator: string; values: (string | typeof ANY)[][] } {
  const at = [...condition].findIndex((character) => ":!<>+-".includes(character));
  const values: (string | typeof ANY)[][] = [[]];
  const rest = condition.slice(at + 1);
  for (let i = 0; i < rest.length; i++) {
    const escaped = rest[i] === "\\" && ["\\", "|", "*"].includes(rest[i + 1] ?? "");
    if (!escaped && rest[i] === "|") values.push([]);
    else values.at(-1)?.push(!escaped && rest[i] === "*" ? ANY : (rest[escaped ? ++i : i] as string));
  }
  return { field: condition.slice(0, at), operator: condition[at] ?? "", values };
}
const ANY = Symbol("any run of characters");

const nasty = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."\\|*:!<>+-? ab\"'%_[]\n") }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("c:\\windows\\", "\\\\", "\\|", "CORP\\PC-1", "", "*", "a|b", "name:x"),
);

describe("values of terms", () => {
  it("are read back by a reader of the language as they were given", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const [condition = "", ...more] = conditions({ name: text });
        expect(more).toEqual([]);
        expect(read(condition)).toEqual({ field: "name", operator: ":", values: [text.split("")] });
      }),
    );
  });

  it("stay apart in a list, in a template and in an opposite", () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), nasty, (texts, more) => {
        const values = texts.map((text) => text.split(""));
        const [listed = ""] = conditions({ name: texts });
        expect(read(listed).values).toEqual(values);
        expect(template`name:${texts}`).toEqual([listed]);
        const [put = ""] = template`name!${texts}|${more}`;
        expect(read(put)).toEqual({ field: "name", operator: "!", values: [...values, more.split("")] });
        const [opposite = ""] = conditions(Q({ name: texts }).not());
        expect(read(opposite)).toEqual({ field: "name", operator: "!", values });
        const [both = ""] = conditions(Q({ name: texts }).or({ name: more }));
        expect(read(both).values).toEqual([...values, more.split("")]);
      }),
    );
  });

  it("of patterns keep their stars and nothing else", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        fc.pre(text !== "" && !text.includes("?"));
        const [condition = ""] = conditions({ name: wildcard(text) });
        expect(read(condition).values).toEqual([text.split("").map((one) => (one === "*" ? ANY : one))]);
      }),
    );
    expect(() => conditions({ name: wildcard("PC-?") })).toThrow("no wildcard for a single character");
  });

  it("are written by their types", () => {
    expect(conditions({ deleted: false, policyId: 5, id: 12n })).toEqual(["deleted:false", "policyId:5", "id:12"]);
    expect(conditions({ id: 1e21 })).toEqual(["id:1000000000000000000000"]);
    expect(conditions({ lastPollDate: new Date("2019-01-17T09:17:41.663Z") })).toEqual([
      "lastPollDate:2019-01-17T09:17:41.663Z",
    ]);
    expect(conditions({ policyId: [5, 7], name: [wildcard("CORP*"), "a*b"] })).toEqual([
      "policyId:5|7",
      "name:CORP*|a\\*b",
    ]);
    expect(() => conditions({ processorSpeed: 1e-7 })).toThrow("cannot hold the number 1e-7");
  });

  it("ask for any value, for bits, and for times from now on", () => {
    expect(conditions({ name: present() })).toEqual(["name!"]);
    expect(conditions({ syncFlags: allBits(0x18) })).toEqual(["syncFlags+24"]);
    expect(conditions({ syncFlags: noBits(1) })).toEqual(["syncFlags-1"]);
    for (const wrong of [0, -1, 1.5, Number.NaN]) expect(() => allBits(wrong)).toThrow("whole number from 1 on");
    expect(conditions({ lastPollDate: raw("-10h") })).toEqual(["lastPollDate>-10h"]);
    expect(conditions({ lastPollDate: raw("2d") })).toEqual(["lastPollDate<2d"]);
    expect(conditions({ lastPollDate: range(raw("-2d"), raw("-10h")) })).toEqual([
      "lastPollDate>-2d",
      "lastPollDate<-10h",
    ]);
    // Of another kind of field that is no time, but text.
    expect(conditions({ name: raw("-10h") })).toEqual(["name:-10h"]);
    expect(conditions({ name: raw("a*|b*") })).toEqual(["name:a*|b*"]);
  });

  it("of terms that are no values of one condition are refused", () => {
    expect(() => conditions({ name: ["a", present()] })).toThrow("cannot be one of several values of name");
    expect(() => conditions({ id: [1, range(2, 3)] })).toThrow("cannot be one of several values of id");
  });
});

describe("ranges", () => {
  it("include their bounds, by operators that do not", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(1000), (from, size) => {
        const [above = "", below = ""] = conditions({ id: range(from, from + size) });
        expect([read(above).operator, read(below).operator]).toEqual([">", "<"]);
        const bound = (text: string) => BigInt(read(text).values[0]?.join("") ?? "");
        expect(bound(above)).toBe(BigInt(from) - 1n);
        expect(bound(below)).toBe(BigInt(from + size) + 1n);
      }),
    );
    const day = range(new Date("2019-11-19T00:00:00Z"), "2019-11-20T00:00:00Z");
    expect(conditions({ lastPollDate: day })).toEqual([
      "lastPollDate>2019-11-18T23:59:59.999Z",
      "lastPollDate<2019-11-20T00:00:00.001Z",
    ]);
  });

  it("leave no number between a bound and the one that is written", () => {
    const [above = ""] = conditions({ processorSpeed: range(2400, undefined) });
    expect(Number(above.slice("processorSpeed>".length))).toBeLessThan(2400);
    expect((Number(above.slice("processorSpeed>".length)) + 2400) / 2).toBe(2400);
    expect(conditions({ id: range(undefined, 5) })).toEqual(["id<6"]);
    expect(conditions({ id: range(undefined, undefined) })).toEqual(["id!"]);
  });

  it("are refused where values have no next one", () => {
    expect(() => conditions({ name: range("a", "b") })).toThrow('"a" is none that a field of kind string');
    expect(() => conditions({ lastPollDate: range("soon", undefined) })).toThrow(ApiError);
    expect(() => conditions({ lastPollDate: range(5, undefined) })).toThrow(ApiError);
  });
});

describe("expressions", () => {
  it("have all conditions hold", () => {
    expect(conditions(Q({ name: "a" }).and("policyId:5", Q({ deleted: false })))).toEqual([
      "name:a",
      "policyId:5",
      "deleted:false",
    ]);
    expect(conditions(" ")).toEqual([]);
  });

  it("have an opposite where one condition says it", () => {
    const not = (text: string) => conditions(Q(text).not());
    expect(not("name:a|b*")).toEqual(["name!a|b*"]);
    expect(not("name!")).toEqual(["name:"]);
    expect(not("id<5")).toEqual(["id>4"]);
    expect(not("id>-1")).toEqual(["id<0"]);
    expect(not("processorSpeed>0.5")).toEqual(["processorSpeed<0.5000000000000001"]);
    expect(not("lastPollDate<2019-01-01T00:00:00.000Z")).toEqual(["lastPollDate>2018-12-31T23:59:59.999Z"]);
    expect(not("lastPollDate>-10h")).toEqual(["lastPollDate<-10h"]);
    expect(not("syncFlags+16")).toEqual(["syncFlags-16"]);
    expect(conditions(Q({ id: range(3, undefined) }).not())).toEqual(["id<3"]);
    for (const text of ["name<abc", "id<5|9", "syncFlags+24", "no condition"]) {
      expect(() => not(text)).toThrow(`cannot say the opposite of ${text}`);
    }
    expect(() => conditions(Q({ id: range(3, 5) }).not())).toThrow("run a query for the opposite of each condition");
  });

  it("have alternatives that are values of one field", () => {
    expect(conditions(Q({ name: "a" }).or("NAME:b*"))).toEqual(["name:a|b*"]);
    expect(conditions(Q("id>5").or("id>9"))).toEqual(["id>5|9"]);
    for (const other of [{ policyId: 5 }, "name!b", "name<b", Q({ name: "b", id: 5 })]) {
      expect(() => conditions(Q({ name: "a" }).or(other))).toThrow("run a query for each");
    }
    expect(() => conditions(Q("name!a").or("name!b"))).toThrow("only values of one field can be alternatives");
  });

  it("refuse fields that there are none of, and name those that there are", () => {
    expect(() => conditions({ polciyId: 5 })).toThrow(
      'Computer has no field "polciyId". Did you mean policyId? A field that only a newer server knows',
    );
    // An object of another kind that an id of this one leads to.
    expect(conditions({ policyId_name: "Lab" })).toEqual(["policyId_name:Lab"]);
    expect(() => conditions({ computerId_name: "x" })).toThrow("has no field");
    expect(clauseOf(filterDialect(anyField), { whatever: 1 })).toEqual(["whatever:1"]);
    expect(() => clauseOf(filterDialect(anyField), { "a:b": 1 })).toThrow("names have letters, digits and _");
  });
});

describe("templates", () => {
  it("put values where they stand", () => {
    const user = "a|b*";
    const [condition = ""] = template`pathName:c:\\users\\${user}\\*`;
    expect(read(condition).values).toEqual([[..."c:\\users\\a|b*\\", ANY]]);
  });

  it("take whole values in all their forms behind a colon", () => {
    expect(template`name:${present()}`).toEqual(["name!"]);
    expect(template`name:${"a*"}${"|b"}`).toEqual(["name:a\\*\\|b"]);
    expect(template` id:${range(1, 3)} `).toEqual(["id>0", "id<4"]);
    expect(template`lastPollDate>${raw("-10h")}`).toEqual(["lastPollDate>-10h"]);
    expect(template`${"name"}:${wildcard("a*")}|${"b"}`).toEqual(["name:a*|b"]);
    expect(template`lastPollDate>${new Date(0)}`).toEqual(["lastPollDate>1970-01-01T00:00:00.000Z"]);
    expect(template``).toEqual([]);
  });

  it("refuse what has no meaning at its place", () => {
    expect(() => template`name:x${["a", "b"]}`).toThrow("cannot be a part of one value of name");
    expect(() => template`${"a:b"}:1`).toThrow("stands where an App Control filter has the name of a field");
    expect(() => template`id>${range(1, 2)}`).toThrow("or a part of one");
  });
});
