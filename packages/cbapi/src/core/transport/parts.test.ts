import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringifySorted } from "./json.js";
import { encodeMultipart } from "./multipart.js";
import { bypasses, parseProxy, systemProxy } from "./proxy.js";
import { encodeQuery, withQuery } from "./query.js";
import { MASK, maskJson, maskPath, maskUrl, Redactor, secretFields } from "./redact.js";
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

  it("refuses cycles, but not the same object twice", () => {
    const twice = { x: 1 };
    expect(stringifySorted([twice, twice])).toBe('[{"x": 1}, {"x": 1}]');
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(() => stringifySorted(cycle)).toThrow(TypeError);
  });
});

describe("masking", () => {
  it("hides every secret field, whatever its value", () => {
    for (const name of secretFields) {
      for (const value of ['HID"DEN', 4711, ["HIDDEN"], { a: "HIDDEN" }, true]) {
        const masked = maskJson(stringifySorted({ [name]: value, name: "kept" }));
        expect(masked).not.toMatch(/HID|DEN|4711/);
        expect(masked).toContain('"name": "kept"');
      }
    }
    expect(maskJson('{"password": "cut of')).not.toContain("cut of");
  });

  it.each([
    '{"password": ["a]b", "HIDDEN"], "name": "kept"}',
    '{"password": {"a}": ["HIDDEN", {"b": "HIDDEN"}]}, "name": "kept"}',
    JSON.stringify({ message: JSON.stringify({ token: 'a"HIDDEN\\', name: "kept" }) }),
    JSON.stringify([JSON.stringify({ m: JSON.stringify({ password: 'a"b\\"HIDDEN', name: "kept" }) })]),
    "Invalid user {u'password': u'it HIDDEN', 'name': 'kept'}",
    "Invalid form password=HIDDEN&name=kept",
    '{"name": "kept", "password": [["HIDDEN"',
  ])("hides what is in lists, objects and documents inside documents: %s", (text) => {
    const masked = new Redactor().text(text);
    expect(masked).not.toContain("HIDDEN");
    expect(masked).toContain("kept");
  });

  it("finds every secret of any document", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.boolean(), (secret, other, twice) => {
        const inner = JSON.stringify({ password: secret, kept: other });
        const masked = maskJson(twice ? JSON.stringify({ inner }) : inner);
        const value = JSON.parse(masked) as { inner: string };
        expect(twice ? JSON.parse(value.inner) : value).toEqual(
          JSON.parse(
            JSON.stringify({ ...(JSON.parse(maskJson(JSON.stringify({ kept: other }))) as object), password: MASK }),
          ),
        );
      }),
    );
  });

  // Work that grows with the square of the text would outlast any test.
  it("reads a text of any size once", () => {
    const backslashes = "\\".repeat(1_000_000);
    expect(maskJson(backslashes)).toBe(backslashes);
    expect(maskJson(`{"password": "${backslashes}`)).not.toContain("\\");
    expect(maskJson('"password":['.repeat(200_000))).toBe(`"password":"${MASK}"`);
  });

  it("hides passwords in queries and addresses, however they are written", () => {
    expect(maskPath("/a?b=1&password=x&c=2")).toBe("/a?b=1&password=********&c=2");
    expect(maskUrl("http://me:pw@proxy:1/")).toBe("http://me:********@proxy:1/");
    for (const url of ["http://me:a/HIDDEN@p:1", "me:a#HIDDEN@p:1", "https://me:a@HIDDEN?@p:1", "http://HIDDEN@p:1"]) {
      expect(maskUrl(url)).not.toContain("HIDDEN");
      expect(maskUrl(url)).toContain("@p:1");
    }
    expect(maskUrl("https://p:1/x")).toBe("https://p:1/x");
  });
});

describe("encodeMultipart", () => {
  it("writes a form with a known length, again and again", async () => {
    const form = new FormData();
    form.append("name", "väl");
    form.append("file", new Blob(["MZ\u0000"]), 'a"b.exe');
    const body = encodeMultipart(form);
    const first = await text(body.stream());
    expect(Buffer.byteLength(first)).toBe(body.contentLength);
    expect(await text(body.stream())).toBe(first);
    const parsed = await new Response(first, { headers: { "content-type": body.contentType } }).formData();
    expect(parsed.get("name")).toBe("väl");
    expect(parsed.get("file")).toMatchObject({ name: 'a"b.exe', size: 3 });
  });
});

describe("proxies", () => {
  const target = new URL("https://cb.corp.example:8443");

  it.each([
    ["*", true],
    ["cb.corp.example", true],
    [".corp.example", true],
    ["*.corp.example", true],
    ["corp.example", true],
    ["orp.example", false],
    ["cb.corp.example:8443", true],
    ["cb.corp.example:443", false],
    ["other, CORP.example", true],
    ["", false],
  ])("NO_PROXY=%j: %j", (list, expected) => {
    expect(bypasses(target, list)).toBe(expected);
  });

  it("knows networks", () => {
    expect(bypasses(new URL("https://10.1.2.3"), "10.0.0.0/8")).toBe(true);
    expect(bypasses(new URL("https://11.1.2.3"), "10.0.0.0/8")).toBe(false);
    expect(bypasses(new URL("https://[::1]"), "::1")).toBe(true);
    expect(bypasses(new URL("https://[fd00::1]"), "fd00::/8")).toBe(true);
  });

  it("reads the system's variables", () => {
    expect(systemProxy(target, { HTTPS_PROXY: "http://p:1" })?.host).toBe("p:1");
    expect(systemProxy(target, { https_proxy: "q:2", HTTPS_PROXY: "http://p:1" })?.host).toBe("q:2");
    expect(systemProxy(target, { ALL_PROXY: "http://p:1" })?.host).toBe("p:1");
    expect(systemProxy(target, { HTTP_PROXY: "http://p:1" })).toBeUndefined();
    expect(systemProxy(target, { HTTPS_PROXY: "http://p:1", NO_PROXY: "corp.example" })).toBeUndefined();
  });

  it("refuses kinds it does not speak, without repeating the password", () => {
    expect(() => parseProxy("socks5://u:HIDDEN@p:1", "proxy")).toThrow("cannot be used");
    expect(() => parseProxy("socks5://u:HIDDEN@p:1", "proxy")).not.toThrow("HIDDEN");
    for (const address of [
      "http://u:1/HIDDEN@p:1",
      "http://u:1#HIDDEN@p:1",
      "u:1?HIDDEN@p:1",
      "http://u:x/HIDDEN@p:1",
    ]) {
      expect(() => parseProxy(address, "proxy")).toThrow("%2F");
      expect(() => parseProxy(address, "proxy")).not.toThrow("HIDDEN");
    }
    expect(parseProxy("http://u:a@b@p:1", "proxy").host).toBe("p:1");
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
  ])("refuses %s", (url) => {
    expect(() => parseServerUrl(url, false)).toThrow("cannot be used");
    expect(() => parseServerUrl(url, false)).not.toThrow("HIDDEN");
  });
});
