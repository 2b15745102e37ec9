import { create, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { sensorMessage } from "../sensor-events/descriptor.js";
import { readForwarded, readMessage } from "./read.js";

const GUID = "00000003-0000-0f24-01d2-9f9f8f7b0001";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const HEADER = {
  version: 4,
  timestamp: "131415840000000000",
  process_pid: 0x0f24,
  process_create_time: String(0x01d2_9f9f_8f7b_0001n),
  process_path: "c:\\windows\\system32\\reg.exe",
  process_md5: Buffer.alloc(16, 0xab).toString("base64"),
};
const ENV = { endpoint: { SensorId: 3, SensorHostName: "WIN-1" } };

function encoded(fields: Record<string, JsonValue>): Buffer {
  return Buffer.from(toBinary(sensorMessage(), fromJson(sensorMessage(), { header: HEADER, env: ENV, ...fields })));
}

const sensorEvent = (fields: Record<string, JsonValue>, key = "ingress.event.regmod") =>
  readMessage({ key, contentType: "application/protobuf", headers: {}, body: encoded(fields) });

const json = (key: string, document: object) =>
  readMessage({ key, contentType: "application/json", headers: {}, body: Buffer.from(JSON.stringify(document)) });

describe("a document of the bus", () => {
  it("gives an event for each thing that was found", () => {
    const events = json("watchlist.hit.process", {
      watchlist_id: 7,
      event_timestamp: 1_700_000_000.5,
      docs: [
        { unique_id: `${GUID}-00000002`, process_md5: "ab".repeat(16), comms_ip: -1_062_731_775, hostname: "win-1" },
        { unique_id: GUID, parent_unique_id: `${GUID}-00000001` },
      ],
    });
    expect(events).toMatchObject([
      {
        ...{ type: "watchlist.hit.process", watchlist_id: 7, pipe: "bus", timestamp: new Date(1_700_000_000_500) },
        docs: [
          {
            ...{ process_guid: GUID, segment_id: "2", process_md5: "AB".repeat(16) },
            ...{ comms_ip: "192.168.0.1", computer_name: "win-1" },
          },
        ],
      },
      { docs: [{ process_guid: GUID, segment_id: "1", parent_guid: GUID, parent_segment_id: "1" }] },
    ]);
    expect(events[0]?.raw).toHaveProperty("docs.length", 2);
  });

  it("says of a query what it searches for", () => {
    const value = JSON.stringify({ index_type: "events", search_query: "cb.urlver=1&q=process_name%3Anet.exe" });
    const [event] = json("feed.24.query.hit.process", { feed_id: 24, ioc_type: "query", ioc_value: value });
    expect(event).toMatchObject({
      ...{ type: "feed.query.hit.process", key: "feed.24.query.hit.process" },
      ...{ ioc_query_index: "events", ioc_query_string: "process_name:net.exe" },
    });
  });

  it("has numbers where alerts have text, and keeps an alert's id apart from a process's", () => {
    const [event] = json("alert.watchlist.hit.query.process", {
      ...{ unique_id: "f3a8b6e4-0000-0000-0000-000000000001", process_id: GUID, segment_id: "3" },
      ...{
        alert_severity: "54.5",
        feed_id: "-1",
        ioc_attr: '{"direction":"Inbound"}',
        created_time: "2020-01-01T00:00:00Z",
      },
    });
    expect(event).toMatchObject({
      ...{ unique_id: "f3a8b6e4-0000-0000-0000-000000000001", process_guid: GUID, segment_id: "3" },
      ...{
        alert_severity: 54.5,
        feed_id: -1,
        ioc_attr: { direction: "Inbound" },
        created_time: "2020-01-01T00:00:00Z",
      },
    });
  });

  it("has lists, numbers and truths where stored binaries have text", () => {
    const [event] = json("feed.storage.hit.binary", {
      docs: [
        {
          observed_filename: "c:\\x.exe",
          endpoint: "WIN-1|3",
          host_count: "4",
          is_64bit: "true",
          md5: "ab".repeat(16),
        },
      ],
    });
    expect(event).toMatchObject({
      docs: [
        {
          observed_filename: ["c:\\x.exe"],
          endpoint: ["WIN-1|3"],
          host_count: 4,
          is_64bit: true,
          md5: "AB".repeat(16),
        },
      ],
    });
  });

  it("is passed on whole where its kind is not known", () => {
    expect(json("events.partition.created", { name: "cbevents_1", deep: { a: [1] } })).toEqual([
      {
        ...{ type: "events.partition.created", key: "events.partition.created", pipe: "bus", timestamp: undefined },
        ...{ name: "cbevents_1", deep: { a: [1] }, raw: { name: "cbevents_1", deep: { a: [1] } } },
      },
    ]);
  });

  it.each([
    ["{broken", /are no JSON/],
    ["[1]", /no object/],
    ["", /are no JSON/],
  ])("is refused when it is %j", (text, message) => {
    const read = () =>
      readMessage({
        key: "watchlist.hit.process",
        contentType: "application/json",
        headers: {},
        body: Buffer.from(text),
      });
    expect(read).toThrow(expect.objectContaining({ code: "MALFORMED_EVENT", message: expect.stringMatching(message) }));
  });
});

describe("a sensor's message", () => {
  it("is a change of the registry", () => {
    const path = "\\registry\\machine\\software\\run";
    expect(sensorEvent({ regmod: { action: 2, utf8_regpath: base64(path), tamper_sent: true } })).toMatchObject([
      {
        ...{ type: "ingress.event.regmod", event_type: "regmod", sensor_id: 3, computer_name: "WIN-1", pid: 0x0f24 },
        ...{ process_guid: GUID, process_path: HEADER.process_path, md5: "AB".repeat(16), path, action: "writeval" },
        ...{ tamper: false, tamper_sent: true, timestamp: new Date("2017-06-10T16:00:00Z") },
      },
    ]);
    expect(sensorEvent({ regmod: { action: 99 } })).toMatchObject([{ action: "unknown (99)", action_type: 99 }]);
  });

  it("is a connection, in the old form and the new one", () => {
    const old = { remoteIpAddress: 0x0100_a8c0, remotePort: 0xbb01, protocol: 6, utf8_netpath: base64("cb.example") };
    expect(sensorEvent({ network: old })).toMatchObject([
      {
        ...{ type: "ingress.event.netconn", direction: "outbound", protocol: 6, domain: "cb.example" },
        ...{ remote_ip: "192.168.0.1", remote_port: 443, proxy: false },
      },
    ]);
    const six = { bIsIpv6: true, ipv6High: String(0x80fen), ipv6Low: String(0x0100_0000_0000_0000n) };
    expect(sensorEvent({ networkv2: { localIpAddress: six, outbound: false, ja3: "abc" } })).toMatchObject([
      { direction: "inbound", local_ip: "fe80::1", ja3: "abc" },
    ]);
  });

  it("is a process that starts or ends", () => {
    const parent = { parent_pid: 4, parent_create_time: String(0x01d2_9f9f_0000_0000n) };
    const process = { created: true, commandline: base64("reg add"), md5hash: Buffer.alloc(16, 1).toString("base64") };
    expect(sensorEvent({ process: { ...process, ...parent } })).toMatchObject([
      {
        ...{ type: "ingress.event.procstart", command_line: "reg add", md5: "01".repeat(16) },
        parent_guid: "00000003-0000-0004-01d2-9f9f00000000",
      },
    ]);
    expect(sensorEvent({ process: { created: false } })).toMatchObject([{ type: "ingress.event.procend" }]);
  });

  it("is anything else that sensors tell", () => {
    const time = String(0x01d2_9f9f_8f7b_0001n);
    const kinds: [Record<string, JsonValue>, object][] = [
      [
        { modload: { md5hash: Buffer.alloc(16, 2).toString("base64") } },
        { event_type: "modload", md5: "02".repeat(16) },
      ],
      [
        {
          filemod: { action: 8, type: 17 },
          strings: [{ guid: "5", utf8string: base64("c:\\a.docx") }],
          header: { ...HEADER, filepath_string_guid: "5" },
        },
        { event_type: "filemod", action: "lastwrite", filetype_name: "OfficeOpenXml", path: "c:\\a.docx" },
      ],
      [
        {
          childproc: {
            pid: String(2 ** 32 + 9),
            create_time: time,
            childProcType: 1,
            path: "c:\\b.exe",
            created: true,
          },
        },
        { childproc_type: "Fork", child_pid: 9, child_process_guid: "00000003-0000-0009-01d2-9f9f8f7b0001" },
      ],
      [
        { crossproc: { open: { type: 2, targetPid: 8, requestedAccess: 0x1fffff }, isTarget: false } },
        {
          type: "ingress.event.crossprocopen",
          cross_process_type: "open_thread",
          target_pid: 8,
          requested_access: 0x1fffff,
        },
      ],
      [
        { crossproc: { remotethread: { remoteProcPid: 8, remoteProcCreateTime: time } } },
        {
          type: "ingress.event.remotethread",
          cross_process_type: "remote_thread",
          target_process_guid: expect.any(String),
        },
      ],
      [
        { emet: { emetId: "5", action: { mitigationType: 1 }, blocked: true } },
        { type: "ingress.event.emetmitigation", mitigation: "Dep", blocked: true, log_id: 5n },
      ],
      [{ tamperAlert: { type: 3 } }, { type: "ingress.event.tamper", tamper_type: "CbServiceStopped" }],
      [
        { blocked: { blockedType: 1, blockedEvent: 1, blockResult: 4, blockedPath: "c:\\bad.exe" } },
        { blocked_reason: "Md5Hash", blocked_event: "ProcessCreate", blocked_result: "NotTerminatedWhitelistedPath" },
      ],
      [
        { module: { md5: base64("ab".repeat(16)), OriginalModuleLength: "77", utf8_CompanyName: "ACME" } },
        { event_type: "binary_info", md5: "AB".repeat(16), size: 77, company_name: "ACME" },
      ],
      [{ scriptexe: { script: "1+1", sha256: "ff" } }, { event_type: "filelessscriptload", script: "1+1" }],
      [
        { netconnBlocked: { blockedType: 1, remotePort: 0x5000 } },
        { type: "ingress.event.netconnblocked", event_type: "blocked_netconn", remote_port: 80 },
      ],
    ];
    for (const [fields, expected] of kinds) expect(sensorEvent(fields)).toMatchObject([expected]);
  });

  it("keeps its type where nothing is known of it", () => {
    expect(sensorEvent({ stats: {} }, "ingress.event.statistics")).toMatchObject([
      { type: "ingress.event.statistics", raw: { stats: {} } },
    ]);
  });

  it("comes in bundles too, zipped or not, with the sensor in the headers", () => {
    const body = Buffer.from(
      toBinary(sensorMessage(), fromJson(sensorMessage(), { header: HEADER, tamperAlert: { type: 1 } })),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    const bundle = Buffer.concat([length, body, length, body]);
    const headers = { sensorId: "12", sensorHostName: "WIN-12" };
    const expected = { type: "ingress.event.tamper", sensor_id: 12, computer_name: "WIN-12" };
    const read = (bytes: Buffer, contentType: string) => readMessage({ key: "", contentType, headers, body: bytes });
    expect(read(bundle, "application/protobuf")).toMatchObject([expected, expected]);
    const zip = Buffer.from(zipSync({ "1": new Uint8Array(bundle), "2": new Uint8Array(bundle) }));
    for (const type of ["application/zip", "application/protobuf"]) expect(read(zip, type)).toHaveLength(4);
    expect(() => read(bundle.subarray(0, -1), "application/protobuf")).toThrow(/no whole message/);
    expect(() => read(zip.subarray(0, 40), "application/zip")).toThrow(/cannot be unzipped/);
  });

  it("is refused when it is cut off, and read when a newer server has added fields", () => {
    const whole = encoded({ regmod: { action: 1 } });
    const cut = () =>
      readMessage({
        key: "ingress.event.regmod",
        contentType: "application/protobuf",
        headers: {},
        body: whole.subarray(0, -3),
      });
    expect(cut).toThrow(expect.objectContaining({ code: "MALFORMED_EVENT" }));
    const more = Buffer.concat([whole, Buffer.from([0xfa, 0x3f, 0x02, 0x68, 0x69])]);
    const [event] = readMessage({
      key: "ingress.event.regmod",
      contentType: "application/protobuf",
      headers: {},
      body: more,
    });
    expect(event).toMatchObject({ action: "createkey" });
  });

  it("has a table that the library takes whole", () => {
    expect(create(sensorMessage()).$typeName).toBe("CbEventMsg");
    expect(sensorMessage().fields).toHaveLength(24);
  });
});

describe("a line of an event forwarder", () => {
  const line = (fields: object) =>
    readForwarded(JSON.stringify({ timestamp: 1_500_000_000, sensor_id: 3, ...fields }))[0];

  it("reads the same whichever generation wrote it", () => {
    const common = { type: "ingress.event.regmod", event_type: "regmod", action: "writeval", path: "\\registry\\x" };
    const older = line({ ...common, actiontype: 2, tamper: false, tamper_sent: true });
    const newer = line({ ...common, action_type: 2, tamper: true, tamper_sent: false });
    for (const event of [older, newer]) {
      expect(event).toMatchObject({
        action_type: 2,
        tamper: false,
        tamper_sent: true,
        timestamp: new Date(1_500_000_000_000),
      });
    }
  });

  it("has what forwarders misspell under its name", () => {
    const netconn = { type: "ingress.event.netconn", event_type: "netconn", direction: "outbound" };
    expect(line({ ...netconn, Protocol: "6" })).toMatchObject({ protocol: 6 });
    expect(line({ ...netconn, protocol: 17 })).toMatchObject({ protocol: 17 });
    const binary = { type: "ingress.event.module", event_type: "binary_info" };
    expect(line({ ...binary, utf_8_file_dscription: "a", utf_8_company_name: "b" })).toMatchObject({
      ...{ file_description: "a", company_name: "b" },
    });
    expect(line({ ...binary, utf8_file_description: "a", icon: base64("png") })).toMatchObject({
      ...{ file_description: "a", icon: new Uint8Array(Buffer.from("png")) },
    });
    const blocked = { type: "ingress.event.processblocked", event_type: "blocked_process" };
    expect(line({ ...blocked, blocked_result: "NotTerminatedWhitelistPath" })).toMatchObject({
      ...{ type: "ingress.event.processblock", blocked_result: "NotTerminatedWhitelistedPath" },
    });
    const child = {
      type: "ingress.event.childproc",
      event_type: "childproc",
      child_command_line: "x",
      parent_guid: 123,
    };
    expect(line(child)).toMatchObject({ childproc_commandline: "x" });
    expect(line(child)).not.toHaveProperty("parent_guid");
    const process = { type: "ingress.event.procstart", event_type: "proc", sha256: "aa", parent_sha256: "aa" };
    const started = line({ ...process, parent_process_guid: GUID, parent_guid: 5, parent_create_time: 1_400_000_000 });
    expect(started).toMatchObject({
      parent_guid: GUID,
      created: true,
      parent_create_time: new Date(1_400_000_000_000),
    });
    expect(started).not.toHaveProperty("parent_sha256");
    const target = line({
      type: "ingress.event.crossprocopen",
      event_type: "cross_process",
      target_create_time: 131_415_840_000_000_000,
    });
    expect(target).toMatchObject({ target_create_time: new Date("2017-06-10T16:00:00Z") });
  });

  it("is a hit as the bus has it", () => {
    const hit = { type: "watchlist.hit.process", watchlist_id: 7, docs: [{ unique_id: `${GUID}-00000002` }] };
    expect(line(hit)).toMatchObject({ pipe: "forwarder", docs: [{ process_guid: GUID, segment_id: "2" }] });
  });

  it.each(["{}", '{"type":7}', "nothing", "[]"])("is refused when it is %j", (text) => {
    expect(() => readForwarded(text)).toThrow(expect.objectContaining({ code: "MALFORMED_EVENT" }));
  });
});
