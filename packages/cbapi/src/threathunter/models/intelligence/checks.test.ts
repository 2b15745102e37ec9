// What is refused before it is sent, value by value.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidObjectError } from "../../../core/errors.js";
import { kindOfField, requireKind, requireLink, type ValueKind } from "./checks.js";

const MD5 = "0123456789abcdef0123456789ABCDEF";
const SHA256 = MD5 + MD5;

const accepts = (kind: ValueKind, value: unknown): boolean => {
  try {
    requireKind(value, kind, "value");
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidObjectError);
    return false;
  }
};

describe("values of indicators", () => {
  it.each<[ValueKind, readonly unknown[], readonly unknown[]]>([
    ["md5", [MD5, MD5.toLowerCase()], [MD5.slice(1), `${MD5}0`, "g".repeat(32), ` ${MD5}`, "", null, 5]],
    ["sha256", [SHA256], [MD5, `${SHA256} `, "z".repeat(64), undefined]],
    ["hash", [MD5, SHA256], ["1".repeat(40), ""]],
    [
      "ipv4",
      ["8.8.8.8", "0.0.0.0", "10.0.0.0/8"],
      ["8.8.8", "8.8.8.256", "8.8.8.8/33", "8.8.8.8/", "08.8.8.8.8", "::1", "1.2.3.4/8/8", 134744072],
    ],
    [
      "ipv6",
      ["::1", "fe80::1:2", "::ffff:1.2.3.4", "2001:db8::/32", "0".repeat(32)],
      ["8.8.8.8", "fe80::1%eth0", ":::", "g::", "::/129", "0".repeat(31)],
    ],
    [
      "domain",
      ["example.com", "a.b-c.example.", "xn--bcher-kva.example", "bücher.example", "wpad", "_srv.example.com"],
      ["", ".", "a..b", "-a.com", "a-.com", "http://a.com", "a b.com", "a.com/x", "8.8.8.8", `${"a".repeat(64)}.com`],
    ],
    [
      "url",
      ["https://example.com", "http://a/b?c#d", "ftp://x.example/f"],
      ["example.com", "javascript:alert(1)", "https://", "https://a b", "not a url", ""],
    ],
    ["text", ["a", " a "], ["", "  ", undefined, null, 5]],
  ])("%s", (kind, right, wrong) => {
    expect(right.filter((value) => !accepts(kind, value))).toEqual([]);
    expect(wrong.filter((value) => accepts(kind, value))).toEqual([]);
  });

  it("are of the kind that the field's name says", () => {
    const kinds = ["process_hash", "hash", "md5", "modload_md5", "filemod_sha256", "netconn_ipv4", "netconn_ipv6"];
    expect(kinds.map(kindOfField)).toEqual(["hash", "hash", "md5", "md5", "sha256", "ipv4", "ipv6"]);
    expect(["netconn_domain", "dns", "process_name", "filemod_name", "constructor"].map(kindOfField)).toEqual([
      "domain",
      "domain",
      "text",
      "text",
      "text",
    ]);
  });

  it("any address is one, and no longer when a part of it is lost", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (four, six) => {
        expect([accepts("ipv4", four), accepts("ipv6", six)]).toEqual([true, true]);
        expect(accepts("ipv4", four.slice(four.indexOf(".") + 1))).toBe(false);
        expect(accepts("ipv4", six)).toBe(false);
      }),
    );
  });

  it("any domain is one, and none with a blank in it", () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect([accepts("domain", name), accepts("domain", `${name} x`)]).toEqual([true, false]);
      }),
    );
  });
});

describe("links of reports", () => {
  it("may be what servers give: an address, a domain, an IPv4 address, or nothing", () => {
    for (const link of ["https://a.example/b", "a.example", "a.example/b?c", "8.8.8.8", "", null, undefined]) {
      expect(() => requireLink(link, "link")).not.toThrow();
    }
    for (const link of ["a b", "nowhere", "javascript:alert(1)", 5, "..", {}]) {
      expect(() => requireLink(link, "link")).toThrow(/link should be a valid URL/);
    }
  });
});
