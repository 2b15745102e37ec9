import * as response from "cbapi/response";
import { describe, expect, it } from "vitest";
import { compareError } from "./compare-error.js";
import { type Comparison, compareValue, Failure } from "./compare-value.js";
import type { GeneralDeparture } from "./departures.js";
import { fillIn } from "./placeholders.js";

const names: Readonly<Record<string, unknown>> = response;

function compare(expected: unknown, actual: unknown): { differences: string[]; met: GeneralDeparture[] } {
  const met: GeneralDeparture[] = [];
  const comparison: Comparison = { names, met: (departure) => met.push(departure) };
  return { differences: compareValue(expected, actual, "v", comparison), met };
}

const same = (expected: unknown, actual: unknown): boolean => compare(expected, actual).differences.length === 0;

describe("comparing values by meaning", () => {
  const cb = new response.CbResponseAPI({ url: "https://cb.example", token: "T" });

  it("takes a time without a zone as UTC, to the millisecond", () => {
    expect(same({ $datetime: "2018-02-06T17:05:05.126999" }, new Date("2018-02-06T17:05:05.126Z"))).toBe(true);
    expect(same({ $datetime: "2018-02-06T11:05:05-06:00" }, new Date("2018-02-06T17:05:05Z"))).toBe(true);
    expect(same({ $datetime: "2018-02-06T17:05:05" }, new Date("2018-02-06T17:05:06Z"))).toBe(false);
    expect(same({ $datetime: "2018-02-06T17:05:05" }, "2018-02-06T17:05:05")).toBe(false);
    expect(same("2018-02-06T17:05:05Z", new Date("2018-02-06T17:05:05Z"))).toBe(true);
  });

  it("compares bytes, null and nested values", () => {
    expect(same({ $bytes: "TVo=" }, Buffer.from("MZ"))).toBe(true);
    expect(same({ $bytes: "TVo=" }, Buffer.from("ZM"))).toBe(false);
    expect(same(null, undefined)).toBe(true);
    expect(same(null, 0)).toBe(false);
    expect(same([{ a: 1 }], [{ a: 1 }])).toBe(true);
    expect(compare([{ a: 1 }], [{ a: 2 }]).differences).toEqual(["v[0].a: expected 1, got 2"]);
    expect(compare([1], [1, 2]).differences).toEqual(["v: expected 1 items, got 2: [1,2]"]);
    expect(compare({ a: 1 }, { a: 1, b: 2, c: undefined }).differences).toEqual(["v.b: not expected, got 2"]);
    expect(same(1, "1")).toBe(false);
    expect(same(true, 1)).toBe(false);
  });

  it("notes where it departs in general", () => {
    expect(compare("1792", 1792)).toEqual({ differences: [], met: ["number as text"] });
    const unknown = { $error: { class: "AttributeError", message: "no attribute 'x'", builtin: true } };
    expect(compare(unknown, undefined)).toEqual({ differences: [], met: ["unknown name"] });
    expect(compare(unknown, 1).differences).toHaveLength(1);
  });

  it("knows objects and queries without asking for them", () => {
    const md5 = "c7f5cae0b450be875eee0e6ddfa771fe";
    expect(same({ $model: "Binary", id: md5 }, cb.select(response.Binary, md5))).toBe(true);
    expect(same({ $model: "Sensor", id: 1 }, cb.select(response.Sensor, 1))).toBe(true);
    expect(same({ $model: "Sensor", id: 2 }, cb.select(response.Sensor, 1))).toBe(false);
    expect(same({ $query: "Sensor" }, cb.select(response.Sensor))).toBe(true);
    expect(same({ $query: "Binary" }, cb.select(response.Sensor))).toBe(false);
    expect(cb.stats.requests).toBe(0);
  });

  it("does not take a failure for a value", () => {
    expect(compare(null, new Failure(new Error("no"))).differences).toEqual([
      "v: expected null, failed with Error: no",
    ]);
  });
});

describe("comparing errors by what they tell", () => {
  const none = (): void => {};
  const server = "https://127.0.0.1:1";

  it("wants the class, the status, the address and the server's words", () => {
    const expected = {
      class: "ObjectNotFoundError",
      message: `Received 404 (Object Not Found) for ${server}/api/v1/process/1?b=2&a=1+2: Process not found`,
    };
    const right = new response.ObjectNotFoundError("There is no such process", {
      path: "/api/v1/process/1?a=1%202&b=2",
      serverMessage: "Process not found",
    });
    expect(compareError(expected, right, names, none)).toEqual([]);
    expect(compareError(expected, new response.ServerError("no"), names, none)).toHaveLength(3);
    const status = { class: "ClientError", message: 'Received error code 409 from API: ["exists"]', error_code: 409 };
    expect(
      compareError(status, new response.ClientError("exists: [ 'exists' ]", { status: 409 }), names, none),
    ).toEqual([]);
    expect(compareError(status, new response.ClientError("exists", { status: 400 }), names, none)).toHaveLength(2);
  });

  it("wants the particular words of other messages", () => {
    const expected = { class: "InvalidObjectError", message: "Missing fields: [site_id, name]" };
    const told = new response.InvalidObjectError("name and site_id are missing");
    expect(compareError(expected, told, names, none)).toEqual([]);
    expect(compareError(expected, new response.InvalidObjectError("site_id is missing"), names, none)).toHaveLength(1);
  });

  it("accepts the library's errors for some of a runtime's", () => {
    const met: GeneralDeparture[] = [];
    const expected = { class: "ValueError", message: "no", builtin: true };
    expect(compareError(expected, new response.ApiError("no"), names, (departure) => met.push(departure))).toEqual([]);
    expect(met).toEqual(["runtime error"]);
    const attribute = { class: "AttributeError", message: "no", builtin: true };
    expect(compareError(attribute, new response.ApiError("no"), names, none)).toHaveLength(1);
  });
});

describe("placeholders", () => {
  it("are filled in everywhere in a value", () => {
    const places = { server: "https://h:1", host: "h:1", certificateFile: "/tmp/c.pem" };
    expect(fillIn({ a: ["{server}/x", { b: "{host} {server-certificate}" }], n: 1 }, places)).toEqual({
      a: ["https://h:1/x", { b: "h:1 /tmp/c.pem" }],
      n: 1,
    });
  });

  it("may stand for any text", () => {
    expect(same("failed (x): {runtime detail}.", "failed (x): on\ntwo lines.")).toBe(true);
    expect(same("failed (x): {runtime detail}.", "failed [x]: y.")).toBe(false);
  });
});
