import { describe, expect, test } from "vitest";
import { ShellUsageError } from "./command.js";
import { findCommand } from "./commands/index.js";
import { dataOf } from "./commands/registry.js";
import { lastWord, pathCompletion } from "./completion.js";
import { parseLine } from "./parse.js";
import { RemotePaths } from "./remote-path.js";
import { commandsIn, completeWords, quoteWord, wordsOf } from "./words.js";

const textsOf = (line: string, style: "windows" | "posix" = "windows"): string[] =>
  completeWords(line, style).map(({ text }) => text);

describe("words of a line", () => {
  test("backslashes mean themselves on Windows, and quotes keep blanks", () => {
    expect(textsOf('get "c:\\Program Files\\a b.txt" out.txt')).toEqual([
      "get",
      "c:\\Program Files\\a b.txt",
      "out.txt",
    ]);
    expect(textsOf('cd c:\\"Program Files"\\x\\')).toEqual(["cd", "c:\\Program Files\\x\\"]);
    expect(textsOf("  put   it's\there ")).toEqual(["put", "it's", "here"]);
    expect(textsOf('reg set k ""')).toEqual(["reg", "set", "k", ""]);
    expect(() => textsOf('cat "c:\\temp\\')).toThrow('The quote " is not closed.');
  });

  test("other systems have backslashes and two kinds of quotes", () => {
    expect(textsOf('cat /tmp/a\\ b \'c d\' "e\\"f"', "posix")).toEqual(["cat", "/tmp/a b", "c d", 'e"f']);
    expect(() => textsOf("cat 'x", "posix")).toThrow("The quote ' is not closed.");
  });

  test("know where they stand", () => {
    expect(wordsOf('a "b c" d', "windows").map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [2, 7],
      [8, 9],
    ]);
  });

  test("several commands in one text have semicolons or lines between them", () => {
    expect(commandsIn('ls; cat "a;b" ; \n# remark\n\n exec -w cmd /c "echo a; echo b"; ps')).toEqual([
      "ls",
      'cat "a;b"',
      'exec -w cmd /c "echo a; echo b"',
      "ps",
    ]);
  });

  test("are quoted where they have to be", () => {
    expect(quoteWord("c:\\temp", "windows")).toBe("c:\\temp");
    expect(quoteWord("c:\\a b\\", "windows", true)).toBe('"c:\\a b\\');
    expect(quoteWord('/tmp/a"b c', "posix")).toBe('"/tmp/a\\"b c"');
    for (const name of ['a"b', "a\\b", "it's", "a b"])
      expect(textsOf(quoteWord(name, "posix"), "posix")).toEqual([name]);
  });
});

describe("paths of the endpoint", () => {
  const windows = new RemotePaths("windows");
  const posix = new RemotePaths("posix");

  test.each([
    ["c:\\", "windows", "c:\\windows"],
    ["c:\\windows", "..", "c:\\"],
    ["c:\\", "..\\..", "c:\\"],
    ["c:\\windows", "\\temp\\", "c:\\temp\\"],
    ["d:\\x", "/a/b", "d:\\a\\b"],
    ["c:\\windows", "d:", "d:\\"],
    ["c:\\windows", "d:x", "d:\\x"],
    ["c:\\windows", "D:/data/./y/../z", "D:\\data\\z"],
    ["c:\\windows", "\\\\server\\share\\f", "\\\\server\\share\\f"],
    ["\\\\server\\share\\a", "b", "\\\\server\\share\\a\\b"],
    ["\\\\server\\share\\a", "\\b", "\\\\server\\share\\b"],
    ["c:\\windows", "\\\\?\\C:\\a\\..\\b", "\\\\?\\C:\\a\\..\\b"],
    ["c:\\windows", ".", "c:\\windows\\"],
    ["c:\\windows", "*.log", "c:\\windows\\*.log"],
  ])("Windows: in %s, %s is %s", (directory, typed, path) => {
    expect(windows.directory(windows.resolve(directory, typed))).toBe(windows.directory(path));
    expect(windows.resolve(directory, typed).replace(/\\$/, "")).toBe(path.replace(/\\$/, ""));
  });

  test.each([
    ["/", "tmp", "/tmp"],
    ["/var/log", "../lib/", "/var/lib/"],
    ["/var", "/etc//x/./y", "/etc/x/y"],
    ["/", "../..", "/"],
    ["/var", "a\\b", "/var/a\\b"],
  ])("elsewhere: in %s, %s is %s", (directory, typed, path) => {
    expect(posix.resolve(directory, typed)).toBe(path);
  });

  test("prompts, beginnings and names", () => {
    expect(windows.start(["A:\\", "C:\\"])).toBe("c:\\");
    expect(windows.start(["D:\\"])).toBe("D:\\");
    expect(posix.start(["/"])).toBe("/");
    expect([windows.prompt("c:\\"), windows.prompt("c:\\temp"), posix.prompt("/"), posix.prompt("/tmp")]).toEqual([
      ...["c:\\> ", "c:\\temp\\> ", "/> ", "/tmp/> "],
    ]);
    expect(windows.base("c:\\a\\b.txt")).toBe("b.txt");
    expect(posix.base("/a/b\\c")).toBe("b\\c");
    expect([windows.directory("c:\\"), windows.directory("c:\\a\\"), posix.directory("/a/")]).toEqual([
      ...["c:\\", "c:\\a", "/a"],
    ]);
  });
});

describe("a command line", () => {
  const parse = (line: string, style: "windows" | "posix" = "windows") => parseLine(line, style, findCommand);

  test("finds commands by all their spellings, with their options", () => {
    expect(parse("DIR -l c:\\temp")).toMatchObject({ command: { name: "ls" }, words: ["c:\\temp"] });
    expect(parse("del a b")).toMatchObject({ command: { name: "rm" }, words: ["a", "b"] });
    const listed = parse("ps -v -p 4");
    expect([listed?.options.get("v"), listed?.options.get("p")]).toEqual([true, "4"]);
    expect(parse("get -h")?.help).toBe(true);
    expect(parse("cat -- -f")?.words).toEqual(["-f"]);
    expect(parse('cat "-f"')?.words).toEqual(["-f"]);
    expect(parse("  # nothing")).toBeUndefined();
    expect(parse("")).toBeUndefined();
  });

  test("passes on what is for a program as it was typed", () => {
    const started = parse('exec -w -d "c:\\a b" cmd /c "echo  x" -w & more');
    expect(started?.rest).toBe('cmd /c "echo  x" -w & more');
    expect([started?.options.get("w"), started?.options.get("d")]).toEqual([true, "c:\\a b"]);
    expect(parse("!ls  -la 'x")).toMatchObject({ command: { name: "shell" }, rest: "ls  -la 'x" });
    expect(parse("exec -wo out.txt x.exe")?.options.get("o")).toBe("out.txt");
  });

  test("says what is wrong", () => {
    expect(() => parse("format c:")).toThrow("There is no command format.");
    expect(() => parse("get")).toThrow(ShellUsageError);
    expect(() => parse("cd c:\\Program Files")).toThrow('names with blanks are put in "quotes"');
    expect(() => parse("ls -x")).toThrow("ls has no option -x.");
    expect(() => parse("ps -p")).toThrow("Option -p wants a value.");
    expect(() => parse("exec -w")).toThrow("Something is missing behind exec.");
  });

  test("reads data for the registry", () => {
    expect(dataOf(["5"], undefined)).toBe(5);
    expect(dataOf(["0xff"], "REG_DWORD")).toBe(255);
    expect(dataOf(["18446744073709551615"], "REG_QWORD")).toBe(18446744073709551615n);
    expect(dataOf(["a", "b"], undefined)).toEqual(["a", "b"]);
    expect(dataOf(["007"], "REG_SZ")).toBe("007");
    expect(dataOf(["0aFF"], "REG_BINARY")).toEqual(Buffer.from([10, 255]));
    expect(() => dataOf(["abc"], "REG_BINARY")).toThrow("hexadecimal digits");
    expect(() => dataOf(["1e3"], "REG_DWORD")).toThrow("no whole number");
  });
});

describe("completion of paths", () => {
  const names = [
    "Program Files",
    "Program Files (x86)",
    "ProgramData",
    "Windows",
    "wim",
    "boot.ini",
    "evil\u001b[2J",
    "windy",
  ];
  const directories = new Set(["Program Files", "Program Files (x86)", "ProgramData", "Windows"]);
  const after = (line: string, more: { patterns?: boolean } = {}): [string[], string] => {
    const { word } = lastWord(line, "windows");
    const folder = /^.*[\\/:]/s.exec(word.text)?.[0] ?? "";
    return pathCompletion({
      candidates: names.map((name) => ({ name, goesOn: directories.has(name) })),
      ...{ folder: /^[a-z]:$/i.test(folder) ? `${folder}\\` : folder, word, typed: line.slice(word.start) },
      ...{ style: "windows", separator: "\\", foldCase: true, patterns: true, ...more },
    });
  };

  test("one name is put in place, a directory without an end", () => {
    expect(after("cd c:\\wind")).toEqual([["Windows\\", "windy"], "wind"]);
    expect(after("cd c:\\WINDO")).toEqual([["c:\\Windows\\"], "c:\\WINDO"]);
    expect(after("cat BOOT")).toEqual([["boot.ini "], "BOOT"]);
    expect(after("cat c:bo")).toEqual([["c:\\boot.ini "], "c:bo"]);
  });

  test("names with blanks get quotes, and quotes stay", () => {
    expect(after("cd programd")).toEqual([["ProgramData\\"], "programd"]);
    expect(after("cd c:\\program f")).toEqual([[], "f"]);
    expect(after('cd "c:\\program f')).toEqual([['"c:\\Program Files'], '"c:\\program f']);
    expect(after('cd "c:\\program files (')).toEqual([['"c:\\Program Files (x86)\\'], '"c:\\program files (']);
    expect(after('cat "c:\\boot')).toEqual([['"c:\\boot.ini" '], '"c:\\boot']);
    expect(after("cd pro")).toEqual([["Program"], "pro"]);
  });

  test("several with nothing more in common are listed, and none changes nothing", () => {
    expect(after("cd c:\\Program")).toEqual([["Program Files\\", "Program Files (x86)\\", "ProgramData\\"], "Program"]);
    expect(after("cd nix")).toEqual([[], "nix"]);
  });

  test("what a terminal must not be shown is a pattern, where one will do", () => {
    expect(after("cat ev")).toEqual([["evil*[2J "], "ev"]);
    expect(after("put x ev", { patterns: false })).toEqual([[], "ev"]);
  });

  test("of very many names the first are listed, and how many there are more", () => {
    const many = Array.from({ length: 10_000 }, (_, number) => ({ name: `f${number}.log`, goesOn: false }));
    const { word } = lastWord("cat f", "windows");
    const [listed, replaced] = pathCompletion({
      ...{ candidates: many, folder: "", word, typed: "f", patterns: true },
      ...{ style: "windows", separator: "\\", foldCase: true },
    });
    expect([listed.length, listed.at(-1), replaced]).toEqual([201, "... and 9,800 more: type on", "f"]);
  });
});
