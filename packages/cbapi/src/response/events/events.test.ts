import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AnyEvent,
  CbEvent,
  childOfSummary,
  compareEvents,
  decodeEvents,
  type EventJoins,
  type EventListName,
  type PrivilegeName,
  privilegeText,
  sortEvents,
} from "./index.js";

const ME = "00000001-0000-0500-01d3-8bc595148226";
const OTHER = "00000001-0000-01a0-01d3-8bc595148226";
const MD5 = "5746bd7e255dd6a8afa06f7c42c1ba41";
const UNSIGNED = "aa4dbb7ba4ecd1c3dca5e02fd9f6d9d7";

/** Joins that only tell how they were asked. */
const joins: EventJoins<string, string, string> = {
  parent: "me",
  binary: (md5, partial) => `binary ${md5} ${JSON.stringify(partial)}`,
  process: (id, partial, suppressed) => `process ${id} ${JSON.stringify(partial)} ${suppressed}`,
};

const process = {
  id: ME,
  unique_id: `${ME}-01616c6fc9e8`,
  sensor_id: 1,
  process_md5: MD5,
  path: "c:\\windows\\system32\\cmd.exe",
};

const decode = (lists: Partial<Record<EventListName | "binaries", unknown>>) =>
  decodeEvents(4, { process: { ...process, ...lists }, elapsed: 0.02 }, { joins });

/** The one event of a list, as data without what all events have. */
const one = (list: EventListName, entry: unknown) => {
  const [event] = decode({ [list]: [entry] }).all();
  const { event_type, sequence, ...fields } = event?.toJSON() ?? {};
  return fields;
};

const reasons = (list: EventListName, ...entries: unknown[]) =>
  decode({ [list]: entries }).problems.map((problem) => problem.reason);

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

describe("netconn", () => {
  it("reads the text of the first servers", () => {
    expect(one("netconn_complete", "2018-02-06 17:05:05.301|1572395042|443|6|example.com|true")).toEqual({
      timestamp: "2018-02-06T17:05:05.301Z",
      domain: "example.com",
      remote_ip: "93.184.216.34",
      remote_port: 443,
      proto: "IPPROTO_TCP",
      direction: "Outbound",
    });
    expect(one("netconn_complete", "2018-02-06 17:05:05.301|-1062731357|137|250||false")).toMatchObject({
      domain: "",
      remote_ip: "192.168.1.163",
      proto: "250",
      direction: "Inbound",
    });
  });

  it("reads objects with addresses as numbers", () => {
    expect(
      one("netconn_complete", {
        timestamp: "2018-02-06T17:05:05.301Z",
        direction: "false",
        remote_ip: 1572395042,
        remote_port: 443,
        local_ip: "-1062731357",
        local_port: "49162",
        proto: "17",
        domain: "example.com",
      }),
    ).toEqual({
      timestamp: "2018-02-06T17:05:05.301Z",
      domain: "example.com",
      remote_ip: "93.184.216.34",
      remote_port: 443,
      proto: "IPPROTO_UDP",
      direction: "Inbound",
      local_ip: "192.168.1.163",
      local_port: 49162,
      proxy_ip: "0.0.0.0",
      proxy_port: 0,
    });
  });

  it("reads objects with addresses as text", () => {
    expect(
      one("netconn_complete", {
        timestamp: "2018-02-06T17:05:06.301Z",
        direction: true,
        remote_ip: "2001:db8::1",
        remote_port: 137,
        local_ip: "192.168.1.163",
        local_port: 137,
        proxy_ip: "10.0.0.8",
        proxy_port: 3128,
        proto: 58,
      }),
    ).toMatchObject({
      remote_ip: "2001:db8::1",
      local_ip: "192.168.1.163",
      proxy_ip: "10.0.0.8",
      proxy_port: 3128,
      proto: "IPPROTO_ICMPV6",
      direction: "Outbound",
    });
  });

  it("reads what is missing as nothing", () => {
    expect(one("netconn_complete", { proto: 250, timestamp: "2018-02-06T17:05:07.301Z" })).toEqual({
      timestamp: "2018-02-06T17:05:07.301Z",
      domain: "",
      remote_ip: "0.0.0.0",
      remote_port: 0,
      proto: "Unknown",
      direction: "Outbound",
      local_ip: "0.0.0.0",
      local_port: 0,
      proxy_ip: "0.0.0.0",
      proxy_port: 0,
    });
    expect(one("netconn_complete", {})).toMatchObject({ proto: "IPPROTO_IP", timestamp: "" });
  });
});

describe("childproc", () => {
  const text = `2018-02-06 17:05:05.301|${OTHER}|${MD5}|c:\\i.exe|1792|true`;

  it("reads the text of the first servers", () => {
    const { childprocs } = decode({
      childproc_complete: [
        `${text}|false`,
        text,
        `2018-02-06 17:05:06.301|${OTHER}|${MD5}|c:\\a|b.exe|1792|false|true`,
      ],
    });
    expect(childprocs[0]?.toJSON()).toEqual({
      event_type: "Cb Child Process event",
      timestamp: "2018-02-06T17:05:05.301Z",
      sequence: 0,
      procguid: OTHER,
      pid: 1792,
      path: "c:\\i.exe",
      md5: MD5,
      terminated: false,
      tamper_flag: false,
      is_suppressed: false,
    });
    expect(childprocs[1]).toMatchObject({ path: "c:\\i.exe", pid: 1792, terminated: false, tamper_flag: false });
    expect(childprocs[2]).toMatchObject({
      path: "c:\\a|b.exe",
      terminated: true,
      tamper_flag: true,
      tamper_event: true,
    });
  });

  it("reads objects: starts, ends, children that were suppressed", () => {
    const common = {
      processId: `${OTHER}-000000000001`,
      md5: MD5,
      path: "c:\\i.exe",
      pid: 1792,
      start: "2018-02-06T17:05:00.001Z",
    };
    const { childprocs } = decode({
      childproc_complete: [
        { ...common, type: "start", is_tampered: false, is_suppressed: false },
        { ...common, type: "end", end: "2018-02-06T17:05:01.001Z" },
        { ...common, is_tampered: true, is_suppressed: true, commandLine: "x.exe -a", userName: "SYSTEM", sha256: "?" },
      ],
    });
    expect(childprocs.map((event) => event.timestamp?.toISOString())).toEqual([
      "2018-02-06T17:05:00.001Z",
      "2018-02-06T17:05:01.001Z",
      "2018-02-06T17:05:00.001Z",
    ]);
    expect(childprocs.map((event) => event.terminated)).toEqual([false, true, false]);
    expect(childprocs[2]).toMatchObject({
      tamper_flag: true,
      is_suppressed: true,
      suppressed: true,
      proc_data: { cmdline: "x.exe -a", username: "SYSTEM" },
    });
    const known = {
      cmdline: "x.exe -a",
      username: "SYSTEM",
      process_md5: MD5,
      path: "c:\\i.exe",
      process_pid: 1792,
      parent_unique_id: process.unique_id,
      parent_id: ME,
      sensor_id: 1,
    };
    expect(childprocs[2]?.process).toBe(`process ${OTHER} ${JSON.stringify(known)} true`);
  });

  it("leaves out what names no child", () => {
    expect(reasons("childproc_complete", "", {}, 5, "a|b|c|d", "a|b|c|d|5|maybe", [])).toEqual([
      "empty",
      "no processId",
      "neither a text nor an object",
      "fewer than six fields",
      "no mark of start or end",
      "neither a text nor an object",
    ]);
    expect(decode({ childproc_complete: [{ processId: "?", pid: -1 }] }).childprocs[0]).toMatchObject({
      process: undefined,
      pid: undefined,
      timestamp: undefined,
    });
  });

  it("is made of the children of a summary", () => {
    const summary = {
      id: OTHER,
      unique_id: `${OTHER}-000000000001`,
      process_md5: MD5,
      process_pid: 416,
      path: "c:\\i.exe",
      start: "2018-02-06T17:00:05.126Z",
      is_suppressed: false,
      cmdline: "i",
    };
    const event = childOfSummary(summary, 3, { joins, process, binaries: {} });
    expect(event.toJSON()).toEqual({
      event_type: "Cb Child Process event",
      timestamp: "2018-02-06T17:00:05.126Z",
      sequence: 3,
      procguid: `${OTHER}-000000000001`,
      pid: 416,
      path: "c:\\i.exe",
      md5: MD5,
      terminated: false,
      tamper_flag: false,
      is_suppressed: false,
    });
    expect(event.proc_data).toBe(summary);
    expect(event.process).toContain('"cmdline":"i"');
    expect(childOfSummary({}, 0, { joins, process, binaries: {} })).toMatchObject({ procguid: "", process: undefined });
  });
});

describe("crossproc", () => {
  const { crossprocs } = decode({
    crossproc_complete: [
      `ProcessOpen|2018-02-06 17:05:05.400|${OTHER}|a3ccfd0aa0b17fd23aa9fd0d84b86c05|c:\\lsass.exe|1|2097151|false|false`,
      `ProcessOpen|2018-02-06 17:05:05.401|${OTHER}|a3ccfd0aa0b17fd23aa9fd0d84b86c05|c:\\ls|ass.exe|2|1088|true|true`,
      `RemoteThread|2018-02-06 17:05:05.402|${OTHER}|a3|c:\\y.exe|0||false|false`,
      `ProcessOpen|2018-02-06 17:05:05.403|?|a3|c:\\y.exe|1|-1|true`,
      `Teleport|2018-02-06 17:05:05.404|${OTHER}|a3|c:\\y.exe`,
    ],
  });

  it("has a source and a target, one of which is the process itself", () => {
    expect(crossprocs[0]?.toJSON()).toEqual({
      event_type: "Cb Cross Process event",
      timestamp: "2018-02-06T17:05:05.400Z",
      sequence: 0,
      type: "ProcessOpen",
      privileges: "PROCESS_ALL_ACCESS",
      privilege_code: 0x1fffff,
      tamper_flag: false,
      is_target: false,
      source_procguid: ME,
      source_md5: MD5,
      source_path: process.path,
      target_procguid: OTHER,
      target_md5: "a3ccfd0aa0b17fd23aa9fd0d84b86c05",
      target_path: "c:\\lsass.exe",
    });
    expect(crossprocs[1]).toMatchObject({
      type: "ThreadOpen",
      privileges: "PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION",
      tamper_event: true,
      is_target: true,
      source_procguid: OTHER,
      source_path: "c:\\ls|ass.exe",
      target_procguid: ME,
      source_proc: `process ${OTHER} undefined false`,
      target_proc: `process ${ME} undefined false`,
    });
    expect(crossprocs[2]).toMatchObject({
      type: "RemoteThread",
      privileges: "",
      privilege_code: 0,
      target_path: "c:\\y.exe",
    });
    expect(crossprocs[3]).toMatchObject({
      privilege_code: 0xffffffff,
      tamper_flag: true,
      is_target: false,
      target_proc: undefined,
    });
    expect(crossprocs[4]).toMatchObject({
      type: "Teleport",
      target_path: "c:\\y.exe",
      privilege_code: 0,
      tamper_flag: false,
    });
  });

  it("tells which rights were asked for", () => {
    const [all, some] = crossprocs;
    expect(some?.hasPermission("PROCESS_DUP_HANDLE")).toBe(true);
    expect(some?.hasPermission("PROCESS_VM_WRITE")).toBe(false);
    expect(some?.hasPermissions(["PROCESS_DUP_HANDLE", "PROCESS_QUERY_INFORMATION"])).toBe(true);
    expect(some?.hasPermissions(["PROCESS_DUP_HANDLE", "PROCESS_VM_WRITE"])).toBe(false);
    expect(some?.hasPermission("PROCESS_ALL_ACCESS")).toBe(false);
    expect(all?.hasPermission("PROCESS_ALL_ACCESS")).toBe(true);
    expect(all?.hasPermission("PROCESS_SUPEND_RESUME")).toBe(true);
    expect(() => all?.hasPermission("PROCESS_FLY" as PrivilegeName)).toThrow(TypeError);
  });

  it("names rights", () => {
    expect(privilegeText(0x1f0000)).toBe("STANDARD_RIGHTS_ALL");
    expect(privilegeText(0xf0000)).toBe("STANDARD_RIGHTS_REQUIRED");
    expect(privilegeText(0x20000)).toBe("STANDARD_RIGHTS_READ");
    expect(privilegeText(0x20001)).toBe("READ_CONTROL | PROCESS_TERMINATE");
    expect(privilegeText(0x101800)).toBe("SYNCHRONIZE | PROCESS_SUSPEND_RESUME | PROCESS_QUERY_LIMITED_INFORMATION");
  });

  it("leaves out what is too short", () => {
    expect(reasons("crossproc_complete", "", "a|b|c|d", {})).toEqual(["empty", "fewer than five fields", "not a text"]);
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

describe("decodeEvents", () => {
  it("finds the process object in an answer, or takes it by itself", () => {
    const lists = { regmod_complete: ["1|2018-02-06 17:05:05.250|x"] };
    expect(decodeEvents(1, { process: lists }, { joins }).regmods).toHaveLength(1);
    expect(decodeEvents(5, lists, { joins }).regmods).toHaveLength(1);
    expect(decodeEvents(1, lists, { joins }).version).toBe(1);
  });

  it("takes the facts of the process from the context when the document lacks them", () => {
    const entry = `ProcessOpen|2018-02-06 17:05:05.400|${OTHER}||c:\\y.exe|1|1|false|false`;
    const { crossprocs } = decodeEvents(4, { crossproc_complete: [entry] }, { joins, process: { id: ME } });
    expect(crossprocs[0]).toMatchObject({ source_procguid: ME, source_path: undefined });
  });

  it("decodes a list once, when it is read, and gives the same one again", () => {
    let read = 0;
    const lazy = new Proxy(["1|2018-02-06 17:05:05.250|x"], {
      get(target, key) {
        if (key === "0") read++;
        return Reflect.get(target, key);
      },
    });
    const lists = decode({ regmod_complete: lazy });
    expect(read).toBe(0);
    expect(lists.regmods).toBe(lists.regmods);
    expect(read).toBe(1);
  });

  it("counts what it leaves out, and keeps the places of the others", () => {
    const lists = decode({
      filemod_complete: ["", "1|2018-02-06 17:05:05.250|x"],
      regmod_complete: "none",
      netconn_complete: null,
    });
    expect(lists.filemods.map((event) => event.sequence)).toEqual([1]);
    expect(lists.problems).toEqual([
      { list: "filemod_complete", index: 0, reason: "empty", entry: "" },
      { list: "regmod_complete", index: 0, reason: "not a list", entry: "none" },
    ]);
  });

  it("never throws, whatever the document", () => {
    const names = fc.constantFrom<EventListName>(
      "modload_complete",
      "filemod_complete",
      "regmod_complete",
      "netconn_complete",
      "childproc_complete",
      "crossproc_complete",
      "processblock_complete",
    );
    const entry = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'|a1{}"true:- ') }),
      fc.object({ key: fc.constantFrom("processId", "timestamp", "remote_ip", "proto", "pid", "type", "start") }),
      fc.anything(),
    );
    fc.assert(
      fc.property(names, fc.oneof(fc.array(entry), fc.anything()), (name, list) => {
        const lists = decode({ [name]: list });
        const events = lists.all();
        if (Array.isArray(list)) expect(events.length + lists.problems.length).toBe(list.length);
        for (const event of events) {
          JSON.stringify(event);
          inspect(event);
          expect(() => read(event)).not.toThrow();
        }
      }),
      { numRuns: 500 },
    );
    expect(decodeEvents(4, fc.sample(fc.anything(), 1)[0], { joins }).all()).toEqual([]);
  });
});

/** Reads the joins of an event, by its kind. */
function read(event: AnyEvent<string, string, string>): unknown {
  switch (event.event_type) {
    case "Cb Module Load event":
      return [event.binary, event.is_signed];
    case "Cb Child Process event":
      return event.process;
    case "Cb Cross Process event":
      return [event.source_proc, event.target_proc];
    default:
      return event.parent;
  }
}

describe("order and printing", () => {
  const lists = decode({
    modload_complete: ["2018-02-06 17:05:05.130000|m|b", "2018-02-06 17:05:05.126000|m|a", "never|m|z"],
    regmod_complete: [
      "1|2018-02-06 17:05:05.130400|d",
      "1|2018-02-06 17:05:05.130200|c",
      "1|2018-02-06 17:05:05.1302|c2",
    ],
    netconn_complete: [{ timestamp: "2018-02-06T17:05:05.127Z", domain: "n" }],
  });

  it("sorts by time, to the last digit that was sent; what has no time comes last", () => {
    const order = lists.all().map((event) => ("path" in event ? event.path : "domain" in event ? event.domain : ""));
    expect(order).toEqual(["a", "n", "b", "c", "c2", "d", "z"]);
    expect(sortEvents(lists.regmods).map((event) => event.sequence)).toEqual([1, 2, 0]);
    expect([...lists.modloads].sort(compareEvents).map((event) => event.path)).toEqual(["a", "b", "z"]);
  });

  it("prints the kind and the fields", () => {
    expect(inspect(lists.modloads[1])).toBe(
      [
        "Cb Module Load event:",
        "timestamp            : 2018-02-06T17:05:05.126Z",
        "md5                  : m",
        "path                 : a",
      ].join("\n"),
    );
    expect(String(lists.modloads[2])).toContain("timestamp            : \n");
    expect(lists.modloads[2]).toBeInstanceOf(CbEvent);
  });

  it("keeps every digit of the time in its data", () => {
    expect(lists.regmods[0]?.toJSON()).toMatchObject({ timestamp: "2018-02-06T17:05:05.1304Z" });
    expect(lists.modloads[2]?.toJSON()).toMatchObject({ timestamp: "never" });
  });
});
