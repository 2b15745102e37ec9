import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../core/errors.js";
import { scheduleOf } from "./schedule.js";
import { type SqlValue, sqlOf } from "./sql.js";

const sql = (texts: TemplateStringsArray, ...values: SqlValue[]): string => sqlOf(texts, values);

describe("SQL", () => {
  it("is taken as it is", () => {
    expect(sqlOf("SELECT 1 -- and so on", [])).toBe("SELECT 1 -- and so on");
  });

  it("has the values of a template as literals", () => {
    expect(
      sql`SELECT * FROM t WHERE a = ${"O'Brien"} AND b > ${-1.5} AND c IN (${["x", 2, true]}) AND d = ${10n}`,
    ).toBe("SELECT * FROM t WHERE a = 'O''Brien' AND b > -1.5 AND c IN ('x', 2, 1) AND d = 10");
  });

  it("never lets a text end before its end", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("\0")),
        (text) => {
          const literal = sql`${text} `.slice(0, -1);
          expect(literal.startsWith("'") && literal.endsWith("'")).toBe(true);
          expect(literal.slice(1, -1).replaceAll("''", "").includes("'")).toBe(false);
          expect(literal.slice(1, -1).replaceAll("''", "'")).toBe(text);
        },
      ),
    );
  });

  it("that is missing, or cannot be, is refused", () => {
    for (const empty of ["", "  \n", ";", "-- only a remark", "/* nothing */ ;"]) {
      expect(() => sqlOf(empty, [])).toThrow(/Missing LiveQuery SQL/);
    }
    for (const wrong of [5, null, undefined, {}]) expect(() => sqlOf(wrong as never, [])).toThrow(ApiError);
    for (const value of [null, undefined, Number.NaN, {}, "a\0b", [], [[null]]]) {
      expect(() => sql`SELECT ${value as never}`).toThrow(ApiError);
    }
  });
});

describe("a schedule", () => {
  it.each([
    "FREQ=DAILY",
    "RRULE:FREQ=DAILY;BYSECOND=0;BYMINUTE=30;BYHOUR=23",
    "freq=weekly;byday=mo,FR;byhour=0",
    "FREQ=MONTHLY;BYMONTHDAY=28;BYHOUR=3",
    "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-1",
  ])("is followed by the server: %s", (rule) => {
    expect(scheduleOf(rule, "Europe/Berlin")).toEqual({ rrule: rule, timezone: "Europe/Berlin" });
  });

  it.each<[string, RegExp]>([
    ["", /it is a text/],
    ["BYHOUR=3", /FREQ is DAILY, WEEKLY, MONTHLY/],
    ["FREQ=YEARLY", /FREQ is/],
    ["FREQ=constructor", /FREQ is/],
    ["FREQ=DAILY;BYDAY=MO", /no BYDAY/],
    ["FREQ=DAILY;BYHOUR=24", /BYHOUR is an hour/],
    ["FREQ=DAILY;BYMINUTE=15", /BYMINUTE is 0 or 30/],
    ["FREQ=DAILY;BYSECOND=1", /BYSECOND is 0/],
    ["FREQ=DAILY;BYHOUR=1;BYHOUR=2", /once/],
    ["FREQ=DAILY;BYHOUR", /NAME=value/],
    ["FREQ=DAILY;COUNT=3", /no COUNT/],
    ["FREQ=WEEKLY;BYHOUR=3", /names BYDAY/],
    ["FREQ=WEEKLY;BYDAY=XX", /BYDAY is MO/],
    ["FREQ=WEEKLY;BYDAY=MO;BYMINUTE=30", /BYMINUTE of a WEEKLY rule is 0/],
    ["FREQ=MONTHLY", /either BYMONTHDAY/],
    ["FREQ=MONTHLY;BYMONTHDAY=29", /1 to 28/],
    ["FREQ=MONTHLY;BYDAY=MO", /go together/],
    ["FREQ=MONTHLY;BYDAY=MO;BYSETPOS=5", /BYSETPOS is -1/],
    ["FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;BYMONTHDAY=1", /either/],
  ])("is refused where it would not be: %s", (rule, why) => {
    expect(() => scheduleOf(rule, "UTC")).toThrow(why);
  });

  it("is in a time zone that there is", () => {
    for (const zone of ["", "Mars/Olympus", 5, undefined]) {
      expect(() => scheduleOf("FREQ=DAILY", zone as string)).toThrow(/timezone is the name of one/);
    }
  });
});
