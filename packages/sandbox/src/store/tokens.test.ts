import { describe, expect, it } from "vitest";
import { baseName } from "../paths.js";
import { domainKey, ipv4Number, ipv6Digits, reversedPath, storedWords, termWords } from "./tokens.js";

describe("command lines", () => {
  it.each([
    ["net  use y: \\\\test\\blah", ["net", "use", "y:", "test", "blah"]],
    ['"C:\\Windows\\system32\\cmd.exe" /c dir', ["c:", "windows", "system32", "cmd.exe", "/c", "dir"]],
    ["csc.exe /noconfig /out:a=b", ["csc.exe", "/noconfig", "/out:a", "b"]],
    ["/usr/bin/ls -la a/b", ["/usr", "bin", "ls", "-la", "a", "b"]],
    ["%TEMP%\\a$b.^@#!_x", ["%temp%", "a$b.^@#!_x"]],
    ["", []],
    ['\\ " ( )', []],
  ])("cuts %j", (text, words) => {
    expect(termWords("command", text, false)).toEqual(words);
  });

  it("has the extension of a word as a word at the same place", () => {
    expect(storedWords("command", "csc.exe v4.0.30319 .net x.")).toEqual([
      { text: "csc.exe", position: 0 },
      { text: ".exe", position: 0 },
      { text: "v4.0.30319", position: 1 },
      { text: ".30319", position: 1 },
      { text: ".net", position: 2 },
      { text: "x.", position: 3 },
    ]);
  });
});

describe("a path that begins a command line", () => {
  it("is there with and without its slash", () => {
    expect(storedWords("command", "/usr/bin/ls /x").map((word) => `${word.position} ${word.text}`)).toEqual([
      ...["0 /usr", "0 usr", "1 bin", "2 ls", "3 /x"],
    ]);
  });
});

describe("prose", () => {
  it.each([
    ["Microsoft® Windows® Operating System", ["microsoft", "windows", "operating", "system"]],
    ["6.1.7601.23418 (win7sp1_ldr.160408-2045)", ["6", "1", "7601", "23418", "win7sp1_ldr", "160408", "2045"]],
    ["…", []],
  ])("cuts %j", (text, words) => {
    expect(storedWords("prose", text).map((word) => word.text)).toEqual(words);
  });

  it("keeps wildcards in a term, unless it is quoted", () => {
    expect(termWords("prose", "Micro* Corp?", false)).toEqual(["micro*", "corp?"]);
    expect(termWords("prose", "Micro* Corp?", true)).toEqual(["micro", "corp"]);
  });
});

describe("keys", () => {
  it("turns paths round", () => {
    expect(reversedPath("C:\\Windows\\System32\\x.EXE")).toBe("x.exe\\system32\\windows\\c:");
    expect(reversedPath("\\registry/machine")).toBe("machine\\registry");
    expect(reversedPath("")).toBe("");
  });

  it("frames domains", () => {
    expect(domainKey("WWW.foo.com.")).toBe(".www.foo.com.");
    expect(domainKey("")).toBe("");
  });

  it("takes the last part of a path", () => {
    expect([baseName("c:\\a\\b.exe"), baseName("/usr/bin/ls"), baseName("x")]).toEqual(["b.exe", "ls", "x"]);
  });

  it.each([
    ["0.0.0.0", 0],
    ["192.168.1.0", 3232235776],
    ["255.255.255.255", 4294967295],
    ["256.1.1.1", undefined],
    ["1.2.3", undefined],
  ])("reads the IPv4 address %s", (text, number) => {
    expect(ipv4Number(text)).toBe(number);
  });

  it.each([
    ["::1", "00000000000000000000000000000001"],
    ["fe80::1:2", "fe800000000000000000000000010002"],
    ["::ffff:1.2.3.4", "00000000000000000000ffff01020304"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7", undefined],
    ["::1::", undefined],
    ["12345::", undefined],
    ["10.0.0.1", undefined],
  ])("reads the IPv6 address %s", (text, digits) => {
    expect(ipv6Digits(text)).toBe(digits);
  });
});
