import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { decode, joins, MD5, ME, OTHER, one, process, reasons } from "../../test-support/event-fixtures.js";
import { childOfSummary } from "./childproc.js";
import { type PrivilegeName, privilegeText } from "./privileges.js";

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
    expect(() => all?.hasPermission("PROCESS_FLY" as PrivilegeName)).toThrow(ApiError);
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
