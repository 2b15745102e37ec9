import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "./errors.js";
import { isoTime, parseEventTime, parseTime, solrTime } from "./time.js";

const iso = (value: unknown) => parseTime(value)?.toISOString();

describe("parseTime", () => {
  it.each([
    ["2019-11-19T12:25:37.19Z", "2019-11-19T12:25:37.190Z"],
    ["2019-11-19T12:25:37Z", "2019-11-19T12:25:37.000Z"],
    ["2019-11-19T12:25:37.1Z", "2019-11-19T12:25:37.100Z"],
    ["2018-01-30T20:30:56.850480Z", "2018-01-30T20:30:56.850Z"],
    ["2019-11-19T12:25:37.1909999Z", "2019-11-19T12:25:37.190Z"],
    ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"],
    ["2013-09-19 22:07:07.000000", "2013-09-19T22:07:07.000Z"],
    ["2018-02-06 17:05:05.149", "2018-02-06T17:05:05.149Z"],
    ["2018-02-06 17:05:09", "2018-02-06T17:05:09.000Z"],
    ["2018-02-06 12:44:33.883886-06:00", "2018-02-06T18:44:33.883Z"],
    ["2018-02-06 12:44:33+05:30", "2018-02-06T07:14:33.000Z"],
    ["2018-02-06 12:44:33+0530", "2018-02-06T07:14:33.000Z"],
    ["2018-02-06 23:44:33-06", "2018-02-07T05:44:33.000Z"],
    ["2027-11-21", "2027-11-21T00:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["2000-02-29T23:59:59.999Z", "2000-02-29T23:59:59.999Z"],
    ["9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z"],
    ["Sun, 21 Nov 2027 10:13:33 GMT", "2027-11-21T10:13:33.000Z"],
    ["21 Nov 2027 10:13:33 -0600", "2027-11-21T16:13:33.000Z"],
  ])("reads %s", (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "-1",
    "now",
    "2019",
    "2019-11",
    "2019-1-19",
    "2019-13-01T00:00:00Z",
    "2019-00-01T00:00:00Z",
    "2019-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2019-04-31",
    "2019-04-00",
    "2019-11-19T24:00:00Z",
    "2019-11-19T12:60:00Z",
    "2019-11-19T12:00:60Z",
    "2019-11-19T12:25Z",
    "2019-11-19T12:25:37.Z",
    "2019-11-19T12:25:37.12345678Z",
    "2019-11-19T12:25:37,19Z",
    "2019-11-19T12:25:37Zulu",
    "2019-11-19T12:25:37Z ",
    " 2019-11-19T12:25:37Z",
    "2019-11-19t12:25:37z",
    "2019-11-19T12:25:37+24:00",
    "2019-11-19T12:25:37+5",
    "2019-11-19T12:25:37+05:3",
    "2019/11/19 12:25:37",
    "19/11/2019",
    "Mon, 21 Nov 2027 10:13:33 GMT",
    "Sun, 31 Nov 2027 10:13:33 GMT",
    "Sun, 21 Now 2027 10:13:33 GMT",
    "Tue Nov 19 2019",
  ])("refuses %j", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("refuses what is no text", () => {
    for (const value of [undefined, null, -1, 0, 1574166337190, true, {}, [], new Date()]) {
      expect(parseTime(value)).toBeUndefined();
    }
  });

  it("agrees with the runtime on every time that there is, whatever the form", () => {
    const dates = fc.date({
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, fc.integer({ min: -23 * 60, max: 23 * 60 }), (date, offset) => {
        const text = date.toISOString();
        expect(parseTime(text)).toEqual(date);
        expect(parseTime(text.replace("T", " ").replace("Z", ""))).toEqual(date);
        expect(parseTime(`${text.slice(0, 10)} ${text.slice(11, 23)}000`)).toEqual(date);
        const zone = `${offset < 0 ? "-" : "+"}${String(Math.trunc(Math.abs(offset) / 60)).padStart(2, "0")}:${String(Math.abs(offset) % 60).padStart(2, "0")}`;
        expect(parseTime(text.replace("Z", zone))?.getTime()).toBe(date.getTime() - offset * 60_000);
        expect(parseTime(date.toUTCString())?.getTime()).toBe(Math.floor(date.getTime() / 1000) * 1000);
        expect(parseTime(solrTime(date))?.getTime()).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  it("takes any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789-:T .Z+") }), (text) => void parseTime(text)),
    );
  });
});

describe("parseEventTime", () => {
  it("drops a zone instead of converting it", () => {
    expect(parseEventTime("2018-02-06 17:05:05.149-06:00")?.toISOString()).toBe("2018-02-06T17:05:05.149Z");
    expect(parseEventTime("2018-02-06T17:05:05.301Z")?.toISOString()).toBe("2018-02-06T17:05:05.301Z");
    expect(parseEventTime("2018-02-06 17:05:05.149-6")).toBeUndefined();
    expect(parseEventTime(5)).toBeUndefined();
  });
});

describe("writing", () => {
  const date = new Date("2027-11-21T10:13:33.456Z");

  it("has the form of search parameters", () => {
    expect(solrTime(date)).toBe("2027-11-21T10:13:33Z");
  });

  it("keeps the digits of the source beyond milliseconds", () => {
    expect(isoTime(date)).toBe("2027-11-21T10:13:33.456Z");
    expect(isoTime(date, "2027-11-21 10:13:33")).toBe("2027-11-21T10:13:33.456Z");
    expect(isoTime(date, "2027-11-21 10:13:33.456000")).toBe("2027-11-21T10:13:33.456Z");
    expect(isoTime(date, "2027-11-21 10:13:33.456789")).toBe("2027-11-21T10:13:33.456789Z");
    expect(isoTime(date, "2027-11-21T10:13:33.4567890Z")).toBe("2027-11-21T10:13:33.456789Z");
    expect(isoTime(date, "2027-11-21T10:13:33.4Z")).toBe("2027-11-21T10:13:33.456Z");
  });

  it("refuses a date that is none", () => {
    for (const write of [solrTime, isoTime]) {
      expect(() => write(new Date(Number.NaN))).toThrow(ApiError);
      expect(() => write(new Date(8.64e15))).toThrow(ApiError);
    }
  });
});
