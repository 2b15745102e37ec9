import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, MD5, one, reasons } from "../../test-support/event-fixtures.js";

const UNSIGNED = "aa4dbb7ba4ecd1c3dca5e02fd9f6d9d7";

describe("modload", () => {
  const entries = [
    `2018-02-06 17:05:05.126|${MD5}|c:\\windows\\system32\\cmd.exe`,
    `2018-02-06 17:05:05.130|${UNSIGNED}|c:\\windows\\system32\\kernel32.dll`,
    "2018-02-06 17:05:05.131||/usr/lib/a|b.so",
  ];
  const binaries = {
    [MD5.toUpperCase()]: { digsig_result: "Signed", digsig_publisher: "Microsoft Corporation" },
    [UNSIGNED.toUpperCase()]: { digsig_result: "Unsigned" },
  };
  const { modloads } = decode({ modload_complete: entries, binaries });

  it("has the fields of its text", () => {
    expect(modloads.map((event) => event.toJSON())).toEqual([
      {
        event_type: "Cb Module Load event",
        timestamp: "2018-02-06T17:05:05.126Z",
        sequence: 0,
        md5: MD5,
        path: "c:\\windows\\system32\\cmd.exe",
      },
      {
        event_type: "Cb Module Load event",
        timestamp: "2018-02-06T17:05:05.130Z",
        sequence: 1,
        md5: UNSIGNED,
        path: "c:\\windows\\system32\\kernel32.dll",
      },
      {
        event_type: "Cb Module Load event",
        timestamp: "2018-02-06T17:05:05.131Z",
        sequence: 2,
        md5: "",
        path: "/usr/lib/a|b.so",
      },
    ]);
    expect(modloads[0]?.timestamp).toEqual(new Date("2018-02-06T17:05:05.126Z"));
    expect(modloads[0]?.tamper_event).toBe(false);
  });

  it("joins the binary with what the document tells of it", () => {
    expect(modloads[1]?.binary).toBe(`binary ${UNSIGNED.toUpperCase()} {"digsig_result":"Unsigned"}`);
    expect(modloads[2]?.binary).toBeUndefined();
    expect(modloads.map((event) => event.is_signed)).toEqual([true, false, undefined]);
    const [bare] = decode({ modload_complete: entries }).modloads;
    expect(bare?.binary).toBe(`binary ${MD5.toUpperCase()} undefined`);
    expect(bare?.is_signed).toBeUndefined();
    expect(modloads[0]?.parent).toBe("me");
  });

  it("leaves out what is no module load", () => {
    expect(reasons("modload_complete", "", "a|b", 5, null)).toEqual([
      "empty",
      "fewer than three fields",
      "not a text",
      "not a text",
    ]);
  });
});

describe("filemod", () => {
  it.each<[string, Record<string, unknown>]>([
    [
      "1|2018-02-06 17:05:05.149|c:\\temp\\a.exe|00000000000000000000000000000000|1|false",
      { type: "CreatedFile", path: "c:\\temp\\a.exe", md5: "0".repeat(32), filetype: "PE", tamper_flag: false },
    ],
    [
      "2|2018-02-06 17:05:06.149|c:\\temp\\a.exe||",
      { type: "FirstWrote", path: "c:\\temp\\a.exe", md5: "", filetype: "Unknown", tamper_flag: false },
    ],
    [
      `8|2018-02-06 17:05:07.149|c:\\temp\\a.exe|${MD5}|69|true`,
      { type: "LastWrote", path: "c:\\temp\\a.exe", md5: MD5, filetype: "7Z", tamper_flag: true },
    ],
    [
      "4|2018-02-06 17:05:08.149|c:\\temp\\b.txt||16|false",
      { type: "Deleted", path: "c:\\temp\\b.txt", md5: "", filetype: "DOC", tamper_flag: false },
    ],
    // An unknown code stays as it is.
    [
      "16|2018-02-06 17:05:09|c:\\temp\\c||99",
      { type: "16", path: "c:\\temp\\c", md5: "", filetype: "Unknown", tamper_flag: false },
    ],
    // Older servers stop earlier.
    [
      "1|2018-02-06 17:05:09|c:\\c",
      { type: "CreatedFile", path: "c:\\c", md5: "", filetype: "Unknown", tamper_flag: false },
    ],
    [
      `8|2018-02-06 17:05:09|c:\\c|${MD5}`,
      { type: "LastWrote", path: "c:\\c", md5: MD5, filetype: "Unknown", tamper_flag: false },
    ],
    // Pipes in the path.
    [
      `8|2018-02-06 17:05:09|/tmp/a|b|${MD5}|2|true`,
      { type: "LastWrote", path: "/tmp/a|b", md5: MD5, filetype: "ELF", tamper_flag: true },
    ],
    [
      "2|2018-02-06 17:05:09|/tmp/a|b|c||2|",
      { type: "FirstWrote", path: "/tmp/a|b|c", md5: "", filetype: "ELF", tamper_flag: false },
    ],
    [
      `8|2018-02-06 17:05:09|/tmp/a|b|${MD5}|2`,
      { type: "LastWrote", path: "/tmp/a|b", md5: MD5, filetype: "ELF", tamper_flag: false },
    ],
    [
      `8|2018-02-06 17:05:09|/tmp/a|b|${MD5}`,
      { type: "LastWrote", path: "/tmp/a|b", md5: MD5, filetype: "Unknown", tamper_flag: false },
    ],
    [
      "1|2018-02-06 17:05:09|/tmp/a|b",
      { type: "CreatedFile", path: "/tmp/a|b", md5: "", filetype: "Unknown", tamper_flag: false },
    ],
    // Something else where the MD5 should be does not become a part of the path.
    [
      "1|2018-02-06 17:05:09|/tmp/a|(unknown)|1|false",
      { type: "CreatedFile", path: "/tmp/a", md5: "(unknown)", filetype: "PE", tamper_flag: false },
    ],
  ])("reads %s", (entry, expected) => {
    expect(one("filemod_complete", entry)).toMatchObject(expected);
  });

  it("knows the types of files", () => {
    const codes = [1, 2, 3, 8, 16, 17, 48, 64, 65, 66, 67, 68, 69, 0, ""];
    const entries = codes.map((code) => `1|2018-02-06 17:05:09|x||${code}|false`);
    expect(decode({ filemod_complete: entries }).filemods.map((event) => event.filetype)).toEqual(
      "PE ELF MachO EICAR DOC DOCX PDF ZIP LZH LZW RAR TAR 7Z Unknown Unknown".split(" "),
    );
  });

  it("is read back whatever its path is made of", () => {
    const path = fc.string({ unit: fc.constantFrom(..."ab1|\\:. "), maxLength: 12 });
    fc.assert(
      fc.property(
        path,
        fc.constantFrom("", MD5),
        fc.constantFrom("", "1", "48"),
        fc.boolean(),
        (text, md5, filetype, tamper) => {
          expect(one("filemod_complete", `1|2018-02-06 17:05:09|${text}|${md5}|${filetype}|${tamper}`)).toMatchObject({
            path: text,
            md5,
            tamper_flag: tamper,
          });
        },
      ),
    );
  });
});

describe("regmod", () => {
  it.each<[string, Record<string, unknown>]>([
    [
      "2|2018-02-06 17:05:05.250|\\registry\\machine\\run|false",
      { type: "FirstWrote", path: "\\registry\\machine\\run", tamper_flag: false },
    ],
    [
      "1|2018-02-06 17:05:05.251|\\registry\\user\\x",
      { type: "CreatedKey", path: "\\registry\\user\\x", tamper_flag: false },
    ],
    [
      "4|2018-02-06 17:05:05.252|\\registry\\user\\x|true",
      { type: "DeletedKey", path: "\\registry\\user\\x", tamper_flag: true },
    ],
    [
      "8|2018-02-06 17:05:05.253|\\registry\\a|b|false",
      { type: "DeletedValue", path: "\\registry\\a|b", tamper_flag: false },
    ],
    ["32|2018-02-06 17:05:05.253|\\registry\\a|b", { type: "32", path: "\\registry\\a|b", tamper_flag: false }],
    ["1|2018-02-06 17:05:05.253|true", { type: "CreatedKey", path: "true", tamper_flag: false }],
  ])("reads %s", (entry, expected) => {
    expect(one("regmod_complete", entry)).toMatchObject(expected);
  });
});

describe("processblock", () => {
  const block = {
    timestamp: "2018-02-06T17:05:09.000Z",
    block_type: 1,
    block_event: 2,
    block_result: "ProcessTerminated",
    block_error: 0,
    blocked_md5: MD5,
    blocked_path: "c:\\temp\\bad.exe",
    blocked_cmdline: "bad.exe",
    blocked_uid: "S-1-5-18",
    blocked_username: "SYSTEM",
  };

  it("reads objects, as such and as JSON text", () => {
    const { processblocks, problems } = decode({ processblock_complete: [block, JSON.stringify(block), "{", "[]", 5] });
    expect(processblocks.map((event) => event.sequence)).toEqual([0, 1]);
    for (const event of processblocks) {
      expect(event.toJSON()).toEqual({
        event_type: "Cb Process Block event",
        timestamp: "2018-02-06T17:05:09.000Z",
        sequence: event.sequence,
        type: 1,
        event: 2,
        result: "ProcessTerminated",
        error: 0,
        md5: MD5,
        path: "c:\\temp\\bad.exe",
        cmdline: "bad.exe",
        uid: "S-1-5-18",
        username: "SYSTEM",
      });
    }
    expect(problems.map((problem) => problem.reason)).toEqual(["not a JSON text", "not an object", "not an object"]);
  });
});
