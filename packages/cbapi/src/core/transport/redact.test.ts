import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringifySorted } from "./json.js";
import { MASK, maskedValue, maskJson, maskPath, maskUrl, Redactor, secretFields } from "./redact.js";

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

  it("leaves a secret that is not set, and what only looks like a password", () => {
    for (const nothing of [null, undefined]) expect(maskedValue("password", nothing)).toBe(nothing);
    expect(maskedValue("password", "")).toBe(MASK);
    expect(maskedValue("email", "hunter@corp.example")).toBe("hunter@corp.example");
    expect(maskedValue("feed_url", "https://feeds.example/@me")).toBe("https://feeds.example/@me");
    expect(maskedValue("feed_url", "https://me:HIDDEN/@feeds.example")).toBe("https://me:********@feeds.example");
  });
});

describe("An error from elsewhere", () => {
  const redactor = new Redactor(["HIDDEN"]);

  it("stays itself while no message of it repeats a secret", () => {
    const error = new TypeError("fetch failed", { cause: new Error("reset") });
    expect(redactor.error(error)).toBe(error);
  });

  it("is replaced by one of its name and code, without its causes, when one of them does", () => {
    const cause = Object.assign(new Error("x"), { cause: new Error("refused HIDDEN") });
    const error = Object.assign(new TypeError("HIDDEN failed", { cause }), { code: "ECONNRESET" });
    const shown = redactor.error(error);
    expect(shown).toMatchObject({ name: "TypeError", code: "ECONNRESET", message: `${MASK} failed` });
    expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain("HIDDEN");
    expect("code" in redactor.error(new Error("HIDDEN"))).toBe(false);
  });
});
