import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../core/errors.js";
import { parseTime } from "../core/time.js";
import {
  creationTimeText,
  dateOfTicks,
  formatProcessGuid,
  formatUniqueId,
  parseProcessGuid,
  splitProcessId,
  ticksOfDate,
} from "./process-guid.js";

const GUID = "00000018-0000-164c-01d5-9ed472b33472";

const parts = fc.record({
  sensorId: fc.integer({ min: 0, max: 0xffff_ffff }),
  pid: fc.option(fc.integer({ min: 0, max: 0xffff_fffe }), { nil: undefined }),
  ticks: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
});

describe("parseProcessGuid", () => {
  it("reads sensor, process id and creation time", () => {
    const guid = parseProcessGuid(GUID);
    expect(guid).toEqual({
      sensorId: 24,
      pid: 5708,
      created: new Date("2019-11-19T12:25:37.190Z"),
      ticks: 0x01d59ed472b33472n,
    });
    expect(parseProcessGuid(GUID.toUpperCase())).toEqual(guid);
    expect(parseProcessGuid(`${GUID}-0178ef5dc528`)).toEqual(guid);
    expect(parseProcessGuid(`${GUID}-00000001`)).toEqual(guid);
  });

  it("reads an unknown parent as unknown", () => {
    expect(parseProcessGuid("00000018-ffff-ffff-0000-000000000000")).toEqual({
      sensorId: 24,
      pid: undefined,
      created: undefined,
      ticks: 0n,
    });
  });

  it.each([
    "",
    "5",
    GUID.slice(1),
    `${GUID}-`,
    `${GUID}-1`,
    `${GUID}-0178ef5dc52`,
    ` ${GUID}`,
    GUID.replace("1", "g"),
    GUID.replaceAll("-", ""),
  ])("refuses %j", (text) => expect(parseProcessGuid(text)).toBeUndefined());

  it("is the inverse of formatProcessGuid", () => {
    fc.assert(
      fc.property(parts, (given) => {
        const text = formatProcessGuid(given);
        expect(text).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(parseProcessGuid(text)).toMatchObject(given);
        expect(splitProcessId(text)).toEqual({ id: text, form: "guid" });
      }),
    );
  });

  it("keeps dates to the millisecond and ticks exactly", () => {
    const dates = fc.date({
      min: new Date("1601-01-02T00:00:00Z"),
      max: new Date("9999-01-01T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, fc.bigInt({ min: 0n, max: 9999n }), (created, rest) => {
        expect(dateOfTicks(ticksOfDate(created) + rest)).toEqual(created);
        const guid = parseProcessGuid(formatProcessGuid({ sensorId: 1, pid: 4, created }));
        expect(guid?.created).toEqual(created);
      }),
    );
  });
});

describe("formatProcessGuid", () => {
  it("refuses what does not fit", () => {
    expect(() => formatProcessGuid({ sensorId: -1, pid: 1 })).toThrow(ApiError);
    expect(() => formatProcessGuid({ sensorId: 1.5, pid: 1 })).toThrow(ApiError);
    expect(() => formatProcessGuid({ sensorId: 1, pid: 2 ** 32 })).toThrow(ApiError);
    expect(() => formatProcessGuid({ sensorId: 1, pid: 1, ticks: 1n << 64n })).toThrow(ApiError);
    expect(() => formatProcessGuid({ sensorId: 1, pid: 1, created: new Date("1600-01-01") })).toThrow(ApiError);
  });

  it("writes unknown parts as servers do", () => {
    expect(formatProcessGuid({ sensorId: 24, pid: undefined })).toBe("00000018-ffff-ffff-0000-000000000000");
  });
});

describe("splitProcessId", () => {
  it.each([
    ["4711", { id: "4711", form: "decimal" }],
    [4711, { id: "4711", form: "decimal" }],
    [GUID, { id: GUID, form: "guid" }],
    [GUID.toUpperCase(), { id: GUID, form: "guid" }],
    [`${GUID}-00000001`, { id: GUID, segment: 1, form: "unique-5" }],
    // Every digit counts, the first as well.
    [`${GUID}-10000002`, { id: GUID, segment: 0x10000002, form: "unique-5" }],
    [`${GUID}-0178ef5dc528`, { id: GUID, segment: 1618923603240, form: "unique-6" }],
    [`${GUID}-f178EF5DC528`, { id: GUID, segment: 0xf178ef5dc528, form: "unique-6" }],
    [`${GUID}-000000000001`, { id: GUID, segment: 1, form: "unique-6" }],
    [`${GUID}-000000000000`, { id: GUID, form: "unique-6" }],
  ])("splits %s", (text, expected) => {
    expect(splitProcessId(text)).toEqual(expected);
  });

  it.each(["", "cmd.exe", "-1", "1.5", `${GUID}-123`, `${GUID}-0178ef5dc528-1`, `x${GUID}`])("refuses %j", (text) => {
    expect(splitProcessId(text)).toBeUndefined();
  });

  it("is the inverse of formatUniqueId", () => {
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 1, max: 0xffff_ffff }),
        fc.constantFrom(8 as const, 12 as const),
        (given, segment, digits) => {
          const id = formatProcessGuid(given);
          expect(splitProcessId(formatUniqueId(id, segment, digits))).toMatchObject({ id, segment });
        },
      ),
    );
    expect(() => formatUniqueId(GUID, 2 ** 32, 8)).toThrow(ApiError);
  });
});

describe("creationTimeText", () => {
  it("has every digit that the GUID has", () => {
    const guid = parseProcessGuid(GUID);
    expect(guid && creationTimeText(guid)).toBe("2019-11-19T12:25:37.1900018Z");
    expect(guid && parseTime(creationTimeText(guid))).toEqual(guid?.created);
  });

  it("leaves out what there is not", () => {
    const whole = parseProcessGuid(
      formatProcessGuid({ sensorId: 1, pid: 1, created: new Date("2020-01-01T00:00:00Z") }),
    );
    expect(whole && creationTimeText(whole)).toBe("2020-01-01T00:00:00Z");
    const unknown = parseProcessGuid("00000018-ffff-ffff-0000-000000000000");
    expect(unknown && creationTimeText(unknown)).toBeUndefined();
  });
});
