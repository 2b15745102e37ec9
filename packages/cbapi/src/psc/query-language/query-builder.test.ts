import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { Q } from "../../core/query/terms.js";
import { QueryBuilder } from "./query-builder.js";
import { requiredTerm } from "./required-term.js";

describe("QueryBuilder", () => {
  it("puts terms together", () => {
    const builder = new QueryBuilder({ process_name: "malicious.exe" }).and({ device_name: "suspect" });
    expect(builder.text).toBe("process_name:malicious.exe AND device_name:suspect");
    expect(new QueryBuilder({ device_os: "WINDOWS" }).or({ process_username: "root" }).text).toBe(
      "device_os:WINDOWS OR process_username:root",
    );
    expect(new QueryBuilder().where({ a: 1 }).not({ b: 2, c: 3 }).text).toBe("a:1 AND (!(b:2 AND c:3))");
    expect(new QueryBuilder().not({ b: 2 }).text).toBe("!b:2");
    expect(new QueryBuilder().or({ a: 1 }).or({ b: 2 }).or({ c: 3 }).text).toBe("(a:1 OR b:2) OR c:3");
    expect(new QueryBuilder().and`p:${"a b"}`.text).toBe("p:a\\ b");
    expect(new QueryBuilder().and(Q("a:1 OR b:2")).and({ c: 3 }).text).toBe("(a:1 OR b:2) AND c:3");
  });

  it("puts texts together", () => {
    expect(new QueryBuilder().where("a:b").and("c:d").where("e:f").text).toBe("a:b c:d e:f");
    expect(new QueryBuilder().where("a:1 OR b:2").where("c:3").text).toBe("(a:1 OR b:2) c:3");
  });

  it("asks for everything where nothing is asked for", () => {
    expect(new QueryBuilder().text).toBeUndefined();
    expect(String(new QueryBuilder())).toBe("*:*");
    expect(inspect(new QueryBuilder({ a: 1 }))).toBe("QueryBuilder('a:1')");
  });

  it("is never changed", () => {
    const builder = new QueryBuilder({ a: 1 });
    builder.and({ b: 2 });
    expect(builder.text).toBe("a:1");
  });

  it("remembers the process that terms name", () => {
    expect(new QueryBuilder().where({ process_guid: "G-1" }).and({ process_guid: "G-2" }).processGuid).toBe("G-1");
    expect(new QueryBuilder().not({ process_guid: "G-1" }).processGuid).toBeUndefined();
    expect(new QueryBuilder().where("process_guid:G-1").processGuid).toBeUndefined();
  });

  it.each<[string, () => unknown, RegExp]>([
    ["terms on text", () => new QueryBuilder().where("a:b").and({ c: 1 }), /Cannot modify a raw query/],
    ["text on terms", () => new QueryBuilder({ c: 1 }).and("a:b"), /Cannot modify a structured query/],
    ["where on terms", () => new QueryBuilder({ c: 1 }).where({ d: 1 }), /Use .and\(\) or .or\(\)/],
    ["text in or", () => new QueryBuilder().or("a:b" as never), /only accepts terms/],
    ["text in not", () => new QueryBuilder().not("a:b" as never), /only accepts terms/],
    ["a number", () => new QueryBuilder().where(5 as never), /.where\(\) expects a string/],
    ["nothing", () => new QueryBuilder().and(undefined as never), /.and\(\) expects a string/],
    ["null", () => new QueryBuilder().or(null as never), /.or\(\) expects terms/],
    ["a list", () => new QueryBuilder().where(["a"] as never), /.where\(\) expects a string/],
    ["no terms", () => new QueryBuilder().where({}), /no condition/],
    ["an empty text", () => new QueryBuilder().where(" "), /empty text/],
    ["a term without a value", () => new QueryBuilder({ a: undefined as never }), /no value/],
  ])("refuses %s", (_, act, message) => {
    expect(act).toThrow(ApiError);
    expect(act).toThrow(message);
  });
});

describe("the term that a query requires", () => {
  it.each([
    ["process_guid:G-1", "G-1"],
    ["process_guid:W\\-1 AND event_type:netconn", "W-1"],
    ['event_type:modload process_guid:"W-1"', "W-1"],
    ["(process_guid:W-1 AND a:b) AND (c:d OR e:f)", "W-1"],
    ["+process_guid:W-1 a:b", "W-1"],
    ["process_guid:W-1 OR a:b", undefined],
    ["(process_guid:W-1 OR a:b) AND c:d", undefined],
    ["a:b AND (!process_guid:W-1)", undefined],
    ["NOT (process_guid:W-1)", undefined],
    ["-process_guid:W-1", undefined],
    ["process_guid:W-*", undefined],
    ["process_guid:[a TO b]", undefined],
    ["process_guid:(W-1 OR W-2)", undefined],
    ["parent_guid:W-1", undefined],
    ["*:*", undefined],
    ["(process_guid:W-1", undefined],
    ["", undefined],
  ])("of %s is %s", (text, value) => {
    expect(requiredTerm(text, "process_guid")).toBe(value);
  });

  it("is the one that was built, whatever characters it has", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (guid, other) => {
        const { text = "" } = new QueryBuilder({ process_guid: guid }).and({ a: other }).not({ b: other });
        expect(requiredTerm(text, "process_guid")).toBe(guid);
      }),
    );
  });
});
