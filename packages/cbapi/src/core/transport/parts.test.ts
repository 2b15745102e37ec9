import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringifySorted } from "./json.js";
import { encodeQuery, withQuery } from "./query.js";
import { backoff, pauseBefore, retryAfter } from "./retry.js";
import { parseServerUrl } from "./server-url.js";

describe("encodeQuery", () => {
  it("sorts pairs, repeats lists, and leaves out what is absent", () => {
    expect(
      encodeQuery({
        start: 0,
        q: "process_name:cmd.exe",
        facet: false,
        rows: 100,
        "cb.urlver": 1,
        none: undefined,
        nil: null,
      }),
    ).toBe("cb.urlver=1&facet=false&q=process_name%3Acmd.exe&rows=100&start=0");
    expect(encodeQuery({ "facet.field": ["username", "process_name"] })).toBe(
      "facet.field=process_name&facet.field=username",
    );
    expect(
      encodeQuery([
        ["b", 2],
        ["a", true],
        ["b", 1],
      ]),
    ).toBe("a=true&b=1&b=2");
    expect(encodeQuery({ at: new Date(0) })).toBe("at=1970-01-01T00%3A00%3A00.000Z");
  });

  it("encodes as forms do", () => {
    expect(encodeQuery({ q: "a b+c*(d)!'~_.-é/\\\"" })).toBe("q=a+b%2Bc%2A%28d%29%21%27~_.-%C3%A9%2F%5C%22");
    expect(encodeQuery({ q: "\ud800" })).toBe("q=%EF%BF%BD");
    expect(withQuery("/a?x=1", { y: 2 })).toBe("/a?x=1&y=2");
    expect(withQuery("/a", {})).toBe("/a");
  });

  it("is read back by any form decoder", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ unit: "grapheme" })),
        (values) => {
          const parsed = Object.fromEntries(new URLSearchParams(encodeQuery(values)));
          expect(parsed).toEqual(Object.fromEntries(Object.entries(values)));
        },
      ),
    );
  });
});

describe("stringifySorted", () => {
  it("sorts keys at every level and spaces commas and colons", () => {
    expect(stringifySorted({ b: [1, { d: null, c: undefined }], a: "x" })).toBe('{"a": "x", "b": [1, {"d": null}]}');
    expect(stringifySorted(null)).toBe("null");
    expect(stringifySorted({ at: new Date(0), n: Number.NaN, f: () => 1 })).toBe(
      '{"at": "1970-01-01T00:00:00.000Z", "n": null}',
    );
  });

  it("says the same as JSON.stringify", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(stringifySorted(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("says what JSON.stringify says of values in boxes, and sends passwords as they are", () => {
    const value = [new String("a"), new Number(1), new Boolean(false)];
    expect(stringifySorted(value)).toBe('["a", 1, false]');
    const feed = { feed_url: "https://me:pw@feeds.example/", password: "pw" };
    expect(JSON.parse(stringifySorted(feed))).toEqual(feed);
  });

  it("refuses cycles, but not the same object twice", () => {
    const twice = { x: 1 };
    expect(stringifySorted([twice, twice])).toBe('[{"x": 1}, {"x": 1}]');
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(() => stringifySorted(cycle)).toThrow(TypeError);
  });
});

describe("pauses", () => {
  it("double up to eight seconds, with jitter", () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => backoff(n, () => 0))).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(backoff(1, () => 0.999)).toBeGreaterThanOrEqual(250);
  });

  it("follow the server's word, as seconds or as a date", () => {
    const now = Date.UTC(2024, 0, 1);
    expect(retryAfter({ "retry-after": "3" }, now)).toBe(3000);
    expect(retryAfter({ "retry-after": new Date(now + 5000).toUTCString() }, now)).toBe(5000);
    expect(retryAfter({ "retry-after": new Date(now - 5000).toUTCString() }, now)).toBe(0);
    expect(retryAfter({ "retry-after": "soon" }, now)).toBeUndefined();
  });

  it("are not made when no time is left for the repetition", () => {
    expect(pauseBefore(1, 3000, 2000, Math.random)).toBeUndefined();
    expect(pauseBefore(1, 3000, 4000, Math.random)).toBe(3000);
    expect(pauseBefore(1, 3_600_000, Number.POSITIVE_INFINITY, Math.random)).toBeUndefined();
  });
});

describe("parseServerUrl", () => {
  it("drops trailing slashes and keeps a prefix", () => {
    expect(parseServerUrl("https://h:8443//", false)).toEqual({
      url: "https://h:8443",
      origin: "https://h:8443",
      prefix: "",
    });
    expect(parseServerUrl("https://h/cb/", false)).toMatchObject({ url: "https://h/cb", prefix: "/cb" });
  });

  it("lets plain http through for this machine only, and only when asked", () => {
    expect(parseServerUrl("http://127.0.0.1:9", true).origin).toBe("http://127.0.0.1:9");
    expect(() => parseServerUrl("http://127.0.0.1:9", false)).toThrow("https://");
    expect(() => parseServerUrl("http://cb.example", true)).toThrow("this machine only");
  });

  it.each([
    "cb.example",
    "ftp://x",
    "https://u:HIDDEN@h",
    "https://u:1/HIDDEN@h",
    "https://u:a#HIDDEN@h",
    "https://h?x=HIDDEN",
    "https://h#HIDDEN",
  ])("refuses %s", (url) => {
    expect(() => parseServerUrl(url, false)).toThrow("cannot be used");
    expect(() => parseServerUrl(url, false)).not.toThrow("HIDDEN");
  });
});
