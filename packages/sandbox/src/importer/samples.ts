import { strToU8 } from "fflate";
import { expect } from "vitest";
import type { BinaryRecord, OrganisationSink, ProcessRecord, SensorRecord } from "../domain/index.js";
import { type ImportOptions, type ImportReport, importSysmon } from "./index.js";

export class Collected implements OrganisationSink {
  readonly sensors: SensorRecord[] = [];
  readonly binaries: BinaryRecord[] = [];
  readonly processes: ProcessRecord[] = [];
  site(): void {}
  group(): void {}
  object(): void {}
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

export type Line = Record<string, unknown>;
export interface Imported extends Collected {
  report: ImportReport;
}

export async function* chunked(bytes: Uint8Array, size = 997): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function imported(
  source: string | Uint8Array,
  options: ImportOptions & { chunk?: number } = {},
): Promise<Imported> {
  const bytes = typeof source === "string" ? strToU8(source) : source;
  const sink = new Collected();
  const report = await importSysmon(chunked(bytes, options.chunk), sink, options);
  const mapped = Object.values(report.mapped).reduce((total, count) => total + count, 0);
  const skipped = report.skipped
    .filter((entry) => !/archive|^file$/.test(entry.what))
    .reduce((total, entry) => total + entry.count, 0);
  // Nothing is lost silently: every line is malformed, mapped or named.
  expect(report.lines).toBe(report.events + report.malformedLines);
  expect(report.events).toBe(mapped + skipped);
  return Object.assign(sink, { report });
}

export const lines = (events: readonly unknown[]): string =>
  `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;

export const HOST = "ws7.lab.example";
/** 2024-03-05 10:00:00 UTC is 0x65e6ed20. */
export const guid = (serial: number, second = 0): string =>
  `{aaaabbbb-${(0xed20 + second).toString(16)}-65e6-${String(serial).padStart(4, "0")}-000000000100}`;
export const utc = (seconds: number): string =>
  new Date(Date.UTC(2024, 2, 5, 10) + Math.round(1000 * seconds)).toISOString().replace("T", " ").replace("Z", "");
export const hashes = (digit: string): string =>
  `SHA1=${digit.repeat(40)},MD5=${digit.repeat(32)},SHA256=${digit.repeat(64)},IMPHASH=${"0".repeat(32)}`;

export const data = (id: number, second: number, fields: Line): { id: number; fields: Line } => ({
  id,
  fields: { UtcTime: utc(second), ...fields },
});

/** A shell under a service host that the log only mentions, and what the shell did. */
export const story = [
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

export const channel = "Microsoft-Windows-Sysmon/Operational";
export const spellings: Record<string, (event: (typeof story)[number]) => Line> = {
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
export const flat = (events: readonly (typeof story)[number][]): Line[] =>
  events.map((event) => spellings["flat"]?.(event) ?? {});
