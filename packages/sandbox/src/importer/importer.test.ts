import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import type { BinaryRecord, OrganisationSink, ProcessRecord, SensorRecord } from "../domain.js";
import { parseProcessGuid } from "../organisation/ids.js";
import { type ImportOptions, type ImportReport, importSysmon, STAND_IN_PIDS } from "./index.js";

class Collected implements OrganisationSink {
  readonly sensors: SensorRecord[] = [];
  readonly binaries: BinaryRecord[] = [];
  readonly processes: ProcessRecord[] = [];
  site(): void {}
  group(): void {}
  sensor(record: SensorRecord): void {
    this.sensors.push(record);
  }
  binary(record: BinaryRecord): void {
    this.binaries.push(record);
  }
  process(record: ProcessRecord): void {
    this.processes.push(record);
  }
  named(name: string): ProcessRecord {
    const found = this.processes.filter((process) => process.process_name === name);
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} processes named ${name}`);
    return found[0];
  }
}

type Line = Record<string, unknown>;
interface Imported extends Collected {
  report: ImportReport;
}

async function* chunked(bytes: Uint8Array, size = 997): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function imported(
  source: string | Uint8Array,
  options: ImportOptions & { chunk?: number } = {},
): Promise<Imported> {
  const bytes = typeof source === "string" ? strToU8(source) : source;
  const sink = new Collected();
  const report = await importSysmon(chunked(bytes, options.chunk), sink, options);
  const mapped = Object.values(report.mapped).reduce((total, count) => total + count, 0);
  const skipped = report.skipped
    .filter((entry) => !entry.what.includes("archive"))
    .reduce((total, entry) => total + entry.count, 0);
  // Nothing is lost silently: every line is malformed, mapped or named.
  expect(report.lines).toBe(report.events + report.malformedLines);
  expect(report.events).toBe(mapped + skipped);
  return Object.assign(sink, { report });
}

const lines = (events: readonly unknown[]): string => `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;

const HOST = "ws7.lab.example";
/** 2024-03-05 10:00:00 UTC is 0x65e6ed20. */
const guid = (serial: number, second = 0): string =>
  `{aaaabbbb-${(0xed20 + second).toString(16)}-65e6-${String(serial).padStart(4, "0")}-000000000100}`;
const utc = (seconds: number): string =>
  new Date(Date.UTC(2024, 2, 5, 10) + Math.round(1000 * seconds)).toISOString().replace("T", " ").replace("Z", "");
const hashes = (digit: string): string =>
  `SHA1=${digit.repeat(40)},MD5=${digit.repeat(32)},SHA256=${digit.repeat(64)},IMPHASH=${"0".repeat(32)}`;

const data = (id: number, second: number, fields: Line): { id: number; fields: Line } => ({
  id,
  fields: { UtcTime: utc(second), ...fields },
});

/** A shell under a service host that the log only mentions, and what the shell did. */
const story = [
  data(1, 5.123, {
    ProcessGuid: guid(2, 5),
    ProcessId: "4321",
    Image: "C:\\Windows\\System32\\cmd.exe",
    CommandLine: "cmd.exe /c Whoami",
    User: "LAB\\ann",
    Hashes: hashes("A"),
    Company: "Microsoft Corporation",
    Description: "Windows Command Processor",
    OriginalFileName: "Cmd.Exe",
    ParentProcessGuid: guid(1),
    ParentProcessId: "800",
    ParentImage: "C:\\Windows\\System32\\wsmprovhost.exe",
    ParentCommandLine: "wsmprovhost.exe -Embedding",
  }),
  data(7, 5.2, {
    ProcessGuid: guid(2, 5),
    ProcessId: "4321",
    Image: "C:\\Windows\\System32\\cmd.exe",
    ImageLoaded: "C:\\Windows\\System32\\ntdll.dll",
    Hashes: hashes("B"),
    Signed: "true",
    Signature: "Microsoft Windows",
    SignatureStatus: "Valid",
    Description: "NT Layer DLL",
  }),
  data(11, 6, {
    ProcessGuid: guid(2, 5),
    Image: "C:\\Windows\\System32\\cmd.exe",
    TargetFilename: "C:\\Temp\\Out.txt",
  }),
  data(15, 6.1, {
    ProcessGuid: guid(2, 5),
    Image: "C:\\Windows\\System32\\cmd.exe",
    TargetFilename: "C:\\Temp\\Out.txt:Zone.Identifier",
    Hash: hashes("C"),
  }),
  data(23, 6.5, {
    ProcessGuid: guid(2, 5),
    Image: "C:\\Windows\\System32\\cmd.exe",
    TargetFilename: "C:\\Temp\\Out.txt",
    Hashes: hashes("C"),
  }),
  data(12, 6.6, {
    ProcessGuid: guid(2, 5),
    EventType: "DeleteValue",
    TargetObject: "HKU\\S-1-5-21-1\\Software\\Run\\X",
  }),
  data(13, 6.7, {
    ProcessGuid: guid(2, 5),
    EventType: "SetValue",
    TargetObject: "HKLM\\System\\CurrentControlSet\\Services\\X",
    Details: "1",
  }),
  data(14, 6.8, {
    ProcessGuid: guid(2, 5),
    EventType: "RenameKey",
    TargetObject: "HKLM\\Software\\Old",
    NewName: "HKLM\\Software\\New",
  }),
  data(22, 7, {
    ProcessGuid: guid(2, 5),
    Image: "C:\\Windows\\System32\\cmd.exe",
    QueryName: "c2.example",
    QueryResults: "type:  5 edge.example;::ffff:203.0.113.5;",
  }),
  data(3, 7.1, {
    ProcessGuid: guid(2, 5),
    Image: "C:\\Windows\\System32\\cmd.exe",
    Protocol: "tcp",
    Initiated: "true",
    SourceIp: "10.1.1.7",
    SourcePort: "50000",
    DestinationIp: "203.0.113.5",
    DestinationPort: "443",
    DestinationHostname: "-",
  }),
  data(3, 7.2, {
    ProcessGuid: guid(3),
    ProcessId: "4",
    Image: "System",
    Protocol: "udp",
    Initiated: "false",
    SourceIp: "10.1.1.9",
    SourcePort: "60000",
    DestinationIp: "10.1.1.7",
    DestinationPort: "5985",
  }),
  data(10, 8, {
    SourceProcessGUID: guid(2, 5),
    SourceProcessId: "4321",
    SourceImage: "C:\\Windows\\System32\\cmd.exe",
    TargetProcessGUID: guid(4),
    TargetProcessId: "700",
    TargetImage: "C:\\Windows\\System32\\lsass.exe",
    GrantedAccess: "0x1010",
  }),
  data(8, 8.1, {
    SourceProcessGuid: guid(2, 5),
    SourceImage: "C:\\Windows\\System32\\cmd.exe",
    TargetProcessGuid: guid(4),
    TargetImage: "C:\\Windows\\System32\\lsass.exe",
  }),
  data(6, 8.2, {
    ImageLoaded: "C:\\Windows\\System32\\drivers\\x.sys",
    Hashes: hashes("D"),
    Signed: "false",
    SignatureStatus: "Unavailable",
  }),
  data(17, 8.3, { ProcessGuid: guid(2, 5), PipeName: "\\x" }),
  data(25, 8.4, { ProcessGuid: guid(2, 5), Image: "C:\\Windows\\System32\\cmd.exe", Type: "Image is replaced" }),
  data(5, 9, { ProcessGuid: guid(2, 5), Image: "C:\\Windows\\System32\\cmd.exe" }),
  data(22, 9.5, { ProcessGuid: guid(3), Image: "System", QueryName: "never.example", QueryResults: "203.0.113.99;" }),
];

const channel = "Microsoft-Windows-Sysmon/Operational";
const spellings: Record<string, (event: (typeof story)[number]) => Line> = {
  flat: ({ id, fields }) => ({
    EventID: id,
    Channel: channel,
    SourceName: "Microsoft-Windows-Sysmon",
    Hostname: HOST,
    ...fields,
  }),
  winlogbeat: ({ id, fields }) => ({
    "@timestamp": "2024-03-05T10:00:05Z",
    event: { code: String(id) },
    winlog: {
      channel,
      event_id: String(id),
      computer_name: HOST,
      provider_name: "Microsoft-Windows-Sysmon",
      event_data: fields,
    },
  }),
  "winlogbeat 6": ({ id, fields }) => ({
    log_name: channel,
    event_id: id,
    computer_name: HOST,
    source_name: "Microsoft-Windows-Sysmon",
    event_data: fields,
  }),
  "XML as an object": ({ id, fields }) => ({
    Event: {
      System: {
        Provider: { "#attributes": { Name: "Microsoft-Windows-Sysmon" } },
        EventID: id,
        Channel: channel,
        Computer: HOST,
      },
      EventData: fields,
    },
  }),
  "XML as a list": ({ id, fields }) => ({
    Event: {
      System: {
        Provider: { "@Name": "Microsoft-Windows-Sysmon" },
        EventID: { "#text": String(id) },
        Channel: channel,
        Computer: HOST,
      },
      EventData: { Data: Object.entries(fields).map(([name, text]) => ({ "@Name": name, "#text": text })) },
    },
  }),
};
const flat = (events: readonly (typeof story)[number][]): Line[] =>
  events.map((event) => spellings["flat"]?.(event) ?? {});

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

describe("containers", () => {
  const events = flat(story);
  const text = lines(events);
  const array = JSON.stringify(events);
  const forms: Record<string, Uint8Array> = {
    "JSON lines": strToU8(text),
    "lines with CR and blanks": strToU8(`\ufeff\r\n${text.replaceAll("\n", "\r\n\r\n")}`),
    "one array": strToU8(array),
    "an indented array": strToU8(JSON.stringify(events, undefined, 2)),
    "indented objects": strToU8(events.map((event) => JSON.stringify(event, undefined, 2)).join("\n")),
    "UTF-16": Buffer.from(`\ufeff${text}`, "utf16le"),
    gzip: gzipSync(text),
    "gzip of an array": gzipSync(array),
    zip: zipSync({ "../../log.json": strToU8(text) }),
    "a zip of two": zipSync({
      "a.json": strToU8(lines(events.slice(0, 9)).trimEnd()),
      "b.json": strToU8(lines(events.slice(9))),
    }),
    "a stored zip": zipSync({ "a.json": [strToU8(text), { level: 0 }] }),
  };
  test.each(Object.entries(forms))("%s, cut anywhere", async (_, bytes) => {
    const reference = await imported(text);
    for (const chunk of [1, 13, 997, 1_000_000]) {
      const log = await imported(bytes, { chunk });
      expect(log.report).toEqual(reference.report);
      expect(log.processes).toEqual(reference.processes);
    }
  });

  test("a file by its path, whatever its name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sysmon-"));
    try {
      const path = join(folder, "log.txt");
      await writeFile(path, gzipSync(text));
      const report = await importSysmon(path, new Collected());
      expect(report).toMatchObject({ file: "log.txt", events: story.length });
      await expect(importSysmon(join(folder, "absent.json"), new Collected())).rejects.toThrow("ENOENT");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("an archive that ends early or swells too far is named, and what came before is kept", async () => {
    const many = lines(
      Array.from({ length: 400 }, (_, index) => ({ ...events[2], Serial: index, Noise: `${(index * 7919) % 9973}` })),
    );
    const gzip = gzipSync(many);
    const short = await imported(gzip.subarray(0, gzip.length - 40));
    expect(short.report.skipped.map((entry) => entry.what)).toContain("gzip archive");
    const zip = zipSync({ "a.json": strToU8(many) });
    const cut = await imported(zip.subarray(0, 600));
    expect(cut.report.skipped.map((entry) => entry.what)).toContain("ZIP archive");
    const bomb = await imported(gzipSync(new Uint8Array(30_000_000)), { maxBytes: 1_000_000, maxEventLength: 10_000 });
    expect(bomb.report.skipped[0]).toMatchObject({ what: "archive" });
    expect(bomb.processes).toEqual([]);
  });

  test("an empty log", async () => {
    for (const nothing of ["", "\n\n", "[]"]) {
      const log = await imported(nothing);
      expect(log.report).toMatchObject({ lines: 0, processes: 0, sensors: 0, firstTime: undefined });
    }
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
    const broken = [
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
