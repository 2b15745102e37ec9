import { describe, expect, it } from "vitest";
import { decodeText, IniError, parseIni } from "./ini.js";

const section = (text: string, name = "default") => Object.fromEntries(parseIni(text).sections.get(name) ?? []);

describe("parseIni", () => {
  it("takes equals signs and colons, trims, and lowers the case of keys only", () => {
    expect(section("[default]\nURL : https://x\nToken = abc=def \nNote:a:b = c\n")).toEqual({
      url: "https://x",
      token: "abc=def",
      note: "a:b = c",
    });
    expect([...parseIni("[Lab]\na=1\n[lab]\na=2\n").sections.keys()]).toEqual(["Lab", "lab"]);
  });

  it("keeps quotes, percent signs and trailing comments as part of the value", () => {
    expect(section('[default]\na="x" ; no comment\nb=%(a)s # neither\n')).toEqual({
      a: '"x" ; no comment',
      b: "%(a)s # neither",
    });
  });

  it("skips whole-line comments, indented ones too", () => {
    expect(section("# one\n; two\n[default]\n  # three\na=1\n   ; four\nb=2\n")).toEqual({ a: "1", b: "2" });
  });

  it("continues a value on lines indented deeper than its key", () => {
    expect(section("[default]\na = 1\n  2\n\n  3\n\nb = 4\n")).toEqual({ a: "1\n2\n\n3", b: "4" });
    expect(section("[default]\n  a = 1\n  b = 2\n")).toEqual({ a: "1", b: "2" });
  });

  it("keeps [DEFAULT] apart and [default] as an ordinary section", () => {
    const file = parseIni("[DEFAULT]\nproxy=p\n[default]\nurl=u\n");
    expect([...file.sections.keys()]).toEqual(["default"]);
    expect([...file.defaults]).toEqual([["proxy", "p"]]);
  });

  it.each([
    ["[a]\nx=1\n[a]\n", 3, "section [a]"],
    ["[a]\nx=1\nX=2\n", 3, 'key "x"'],
    ["x=1\n[a]\n", 1, "before the first"],
    ["[a]\nhemmelig\n", 2, "neither"],
    ["[a]\n=1\n", 2, "neither"],
  ])("refuses %j at line %i", (text, line, message) => {
    expect(() => parseIni(text)).toThrow(message);
    expect(() => parseIni(text)).toThrow(expect.objectContaining({ line }) as Error);
    expect(() => parseIni(text)).not.toThrow("hemmelig");
  });

  it("takes CRLF and no line end at the end", () => {
    expect(section("[default]\r\na=1\r\nb=2")).toEqual({ a: "1", b: "2" });
  });
});

describe("decodeText", () => {
  const text = "[default]\nurl=é\n";

  it("recognises UTF-8 and UTF-16 by their byte order marks", () => {
    const little = Buffer.from(`\ufeff${text}`, "utf16le");
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), little, Buffer.from(little).swap16()]) {
      expect(decodeText(bytes)).toBe(text);
    }
  });

  it("refuses what is not text", () => {
    expect(() => decodeText(Buffer.from([0x5b, 0xff, 0xc0]))).toThrow(IniError);
  });
});
