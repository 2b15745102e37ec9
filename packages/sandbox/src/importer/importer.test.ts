import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ProcessRecord } from "../domain/index.js";
import { parseProcessGuid } from "../organisation/ids.js";
import { importSysmon, STAND_IN_PIDS } from "./index.js";
import {
  Collected,
  channel,
  flat,
  guid,
  HOST,
  type Imported,
  imported,
  type Line,
  lines,
  spellings,
  story,
  utc,
} from "./samples.js";

test("gives up a log without line ends when it is told to", async () => {
  const stop = new AbortController();
  let chunks = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (chunks < 1_000) {
      if (++chunks === 3) stop.abort(new Error("enough"));
      yield Buffer.alloc(1_000, "x");
    }
  }
  await expect(importSysmon(endless(), new Collected(), { signal: stop.signal })).rejects.toThrow("enough");
  expect(chunks).toBe(3);
});

describe.each(Object.entries(spellings))("spelling %s", (_, spell) => {
  test("gives hosts, ancestry, events and binaries", async () => {
    const log = await imported(lines(story.map(spell)), { firstSensorId: 49, groupId: 3 });
    expect(log.sensors).toHaveLength(1);
    expect(log.sensors[0]).toMatchObject({
      id: 49,
      group_id: 3,
      computer_name: "ws7",
      computer_dns_name: HOST,
      interfaces: [{ ip: "10.1.1.7" }],
    });
    const shell = log.named("cmd.exe");
    expect(parseProcessGuid(shell.id)).toEqual({ sensorId: 49, pid: 4321, start: Date.UTC(2024, 2, 5, 10, 0, 5, 123) });
    expect(shell).toMatchObject({
      path: "c:\\windows\\system32\\cmd.exe",
      cmdline: "cmd.exe /c Whoami",
      username: "LAB\\ann",
      md5: "a".repeat(32),
      parent_name: "wsmprovhost.exe",
      parent_pid: 800,
      end: Date.UTC(2024, 2, 5, 10, 0, 9),
      tampered: true,
    });
    const parent = log.named("wsmprovhost.exe");
    expect(shell.parent_id).toBe(parent.id);
    expect(parent).toMatchObject({
      pid: 800,
      start: Date.UTC(2024, 2, 5, 10),
      cmdline: "wsmprovhost.exe -Embedding",
      md5: "",
    });
    expect(parent.events.childproc?.map((event) => [event.child_id, event.started])).toEqual([
      [shell.id, true],
      [shell.id, false],
    ]);
    const { filemod, regmod, netconn, crossproc, modload } = shell.events;
    expect(modload).toMatchObject([{ path: "c:\\windows\\system32\\ntdll.dll", md5: "b".repeat(32) }]);
    expect(filemod?.map((event) => [event.type, event.path])).toEqual([
      [1, "c:\\temp\\out.txt"],
      [8, "c:\\temp\\out.txt:zone.identifier"],
      [4, "c:\\temp\\out.txt"],
    ]);
    expect(regmod?.map((event) => [event.type, event.path])).toEqual([
      [8, "\\registry\\user\\s-1-5-21-1\\software\\run\\x"],
      [2, "\\registry\\machine\\system\\currentcontrolset\\services\\x"],
      [4, "\\registry\\machine\\software\\old"],
      [1, "\\registry\\machine\\software\\new"],
    ]);
    expect(netconn).toMatchObject([
      { remote_ip: "203.0.113.5", remote_port: 443, local_port: 50000, proto: 6, domain: "c2.example", outbound: true },
    ]);
    const lsass = log.named("lsass.exe");
    expect(crossproc).toMatchObject([
      { kind: "ProcessOpen", privileges: 0x1010, other_id: lsass.id, is_target: false },
      { kind: "RemoteThread", other_id: lsass.id },
    ]);
    expect(lsass.events.crossproc?.map((event) => [event.is_target, event.other_id])).toEqual([
      [true, shell.id],
      [true, shell.id],
    ]);
    const kernel = log.named("system");
    expect(kernel.events.netconn).toMatchObject([
      { remote_ip: "10.1.1.9", local_port: 5985, outbound: false, proto: 17 },
    ]);
    expect(kernel.events.modload).toMatchObject([{ path: "c:\\windows\\system32\\drivers\\x.sys" }]);
    const signatures = Object.fromEntries(log.binaries.map((binary) => [binary.md5[0], binary.digsig_result]));
    expect(signatures).toEqual({ a: "(Unknown)", b: "Signed", d: "Unsigned" });
    expect(log.report).toMatchObject({
      lines: story.length,
      processes: 4,
      malformedLines: 0,
      mapped: { process: 1, end: 1, modload: 2, filemod: 3, regmod: 3, netconn: 2, crossproc: 2, domain: 1, tamper: 1 },
      firstTime: Date.UTC(2024, 2, 5, 10, 0, 5, 123),
    });
    expect(log.report.skipped.map((entry) => [entry.what, entry.count])).toEqual([
      ["Sysmon 17 (pipe created)", 1],
      ["Sysmon 22", 1],
    ]);
  });
});

describe("hostile and incomplete logs", () => {
  test("bad lines are counted, and the good ones around them taken", async () => {
    const good = flat(story.slice(0, 1));
    const log = await imported(
      `${lines(good)}{"EventID":1,\nnot json\n42\nnull\n[1,2]\n"text"\n{}\n{"EventID":{"x":1}}\n${"x".repeat(70_000)}\n${lines(flat(story.slice(2, 3)))}`,
      { maxEventLength: 50_000 },
    );
    expect(log.report).toMatchObject({ events: 2, malformedLines: 9 });
    expect(log.named("cmd.exe").events.filemod).toHaveLength(1);
  });

  test("an array with braces that never close gives up one piece, not the rest", async () => {
    const good = JSON.stringify(flat(story.slice(0, 1))[0]);
    const log = await imported(
      `[${good}, {"open": "${"y".repeat(3000)}, ${`${"z".repeat(2000)},`.repeat(5)}", ${good}]`,
      { maxEventLength: 2500, chunk: 500 },
    );
    expect(log.report.malformedLines).toBeGreaterThan(0);
    expect(log.processes.length).toBeGreaterThan(0);
  });

  test("wrong types and missing fields are named, never thrown", async () => {
    const broken: Line[] = [
      { EventID: 1, Channel: channel, Hostname: HOST },
      { EventID: 1, Channel: channel, ProcessGuid: guid(1), UtcTime: utc(1) },
      { EventID: 1, Channel: channel, Hostname: HOST, UtcTime: "yesterday", ProcessGuid: guid(1) },
      {
        EventID: 1,
        Channel: channel,
        Hostname: HOST,
        UtcTime: utc(1),
        ProcessGuid: 7,
        Image: ["a"],
        Hashes: { MD5: 1 },
      },
      {
        EventID: 1,
        Channel: channel,
        Hostname: HOST,
        UtcTime: utc(1),
        ProcessGuid: guid(9),
        ProcessId: "-3",
        Image: null,
        Hashes: "MD5=zz,SHA256",
      },
      { EventID: 3, Channel: channel, Hostname: HOST, UtcTime: utc(1), ProcessGuid: guid(9), SourceIp: 5 },
      { EventID: 7, Channel: channel, Hostname: HOST, UtcTime: utc(1), ProcessGuid: guid(9) },
      {
        EventID: 10,
        Channel: channel,
        Hostname: HOST,
        UtcTime: utc(1),
        SourceProcessGUID: guid(9),
        TargetProcessGUID: "{00000000-0000-0000-0000-000000000000}",
      },
      { EventID: 99, Channel: channel, Hostname: HOST, UtcTime: utc(1), ProcessGuid: guid(9) },
      { EventID: 4104, Channel: "Microsoft-Windows-PowerShell/Operational", Hostname: HOST },
      { EventID: 5156, Channel: "Security", Hostname: HOST },
      { EventID: 5156, Channel: "security", Hostname: HOST },
      {
        EventID: 1,
        Channel: channel,
        Hostname: "__proto__",
        UtcTime: utc(1),
        ProcessGuid: guid(9),
        constructor: "x",
        __proto__: { Image: "y" },
      },
    ];
    const log = await imported(lines(broken));
    expect(log.report.mapped.process).toBe(2);
    expect(log.report.skipped).toContainEqual({ what: "Security 5156", reason: "not an event of Sysmon", count: 2 });
    expect(log.report.skipped.map((entry) => entry.reason)).toEqual(
      expect.arrayContaining([
        "no readable time",
        "no host name",
        "no GUID of the process",
        "no address",
        "no path of the image",
        "no GUID of one of the two processes",
      ]),
    );
    for (const process of log.processes) expect(process.pid).toBeGreaterThanOrEqual(STAND_IN_PIDS);
  });

  test("what a shipper dropped is completed or said: pids from the security log, kinds of registry events", async () => {
    const creation = flat(story.slice(0, 1))[0] ?? {};
    const { ProcessId: _, ...without } = creation;
    const again = { ...without, ProcessGuid: guid(8, 6), UtcTime: utc(6) };
    const security = (pid: string): Line => ({
      EventID: 4688,
      Channel: "security",
      Hostname: "WS7",
      NewProcessId: pid,
      ProcessId: "0x320",
      NewProcessName: "C:\\Windows\\System32\\cmd.exe",
      CommandLine: "cmd.exe /c Whoami",
    });
    const key = {
      EventID: 12,
      Channel: channel,
      Hostname: "WS7",
      UtcTime: utc(7),
      ProcessGuid: guid(8, 6),
      EventType: "INFO",
      TargetObject: "\\REGISTRY\\A\\{x}\\Y",
    };
    const log = await imported(lines([without, security("0x10"), again, security("0x20"), security("0x30"), key]));
    expect(log.sensors.map((sensor) => sensor.computer_name)).toEqual(["ws7"]);
    expect(log.processes.filter((process) => process.process_name === "cmd.exe").map((process) => process.pid)).toEqual(
      [16, 32],
    );
    expect(log.report.mapped.pid).toBe(2);
    expect(log.report.skipped).toEqual([
      { what: "Security 4688", reason: "no creation of that process by Sysmon", count: 1 },
    ]);
    expect(log.report.assumed.map((entry) => [entry.what, entry.count])).toContainEqual(["Sysmon 12", 1]);
    expect(log.processes.flatMap((process) => process.events.regmod ?? [])).toMatchObject([
      { type: 1, path: "\\registry\\a\\{x}\\y" },
    ]);
  });

  test("events before the creation, in any order, give the same organisation", async () => {
    const straight = await imported(lines(flat(story)));
    const reversed = await imported(lines(flat(story).reverse()));
    const sorted = (log: Imported): ProcessRecord[] => [...log.processes].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(sorted(reversed)).toEqual(sorted(straight));
  });
});

/** Recordings of real hosts are too large for this repository: name their folder to have them read. */
const recordings = process.env["CBAPI_TELEMETRY"];
describe.skipIf(recordings === undefined)("recordings of real hosts (CBAPI_TELEMETRY)", () => {
  const read = async (part: string): Promise<Imported> => {
    const folder = recordings ?? "";
    const name = (await readdir(folder)).find((file) => file.includes(part));
    if (name === undefined) throw new Error(`no ${part} in ${folder}`);
    const sink = new Collected();
    const report = await importSysmon(join(folder, name), sink, { firstSensorId: 49 });
    const ids = new Map(sink.processes.map((one) => [one.id, one]));
    expect(ids.size).toBe(sink.processes.length);
    for (const one of sink.processes) {
      if (one.parent_id !== undefined) expect(ids.get(one.parent_id)?.start).toBeLessThanOrEqual(one.start);
    }
    const counted = [...Object.values(report.mapped), ...report.skipped.map((entry) => entry.count)];
    expect(counted.reduce((total, count) => total + count, 0)).toBe(report.events);
    return Object.assign(sink, { report });
  };

  test("the stager under PowerShell remoting", async () => {
    const log = await read("psremoting_stager");
    const stager = log.processes.find((one) => one.parent_name === "wsmprovhost.exe");
    expect(stager?.cmdline).toContain("-noP -sta -w 1 -enc ");
    const provider = log.processes.find((one) => one.id === stager?.parent_id);
    expect(provider?.parent_name).toBe("svchost.exe");
    expect(log.processes.find((one) => one.id === provider?.parent_id)?.cmdline).toContain("DcomLaunch");
    expect(log.report).toMatchObject({ lines: 2744, sensors: 2, malformedLines: 0 });
  });

  test("the dump of lsass from the task manager", async () => {
    const log = await read("lsass_dump");
    const manager = log.processes.find(
      (one) => one.events.filemod?.some((event) => event.path.endsWith("\\lsass.dmp")) ?? false,
    );
    expect(manager?.process_name).toBe("taskmgr.exe");
    expect(
      manager?.events.crossproc?.some((event) => event.path.endsWith("\\lsass.exe") && event.privileges === 0x1fffff),
    ).toBe(true);
    expect(log.report).toMatchObject({ lines: 5489, sensors: 2, malformedLines: 0 });
  });
});
