import { describe, expect, it } from "vitest";
import type { SensorRecord } from "../../../domain/index.js";
import { encodeSensorMessage } from "./encode.js";
import { eventOfEnd, eventsOfTale } from "./messages.js";
import type { SensorMessage } from "./tables.js";
import { addressBytes, addressText, partsOfGuid, portBytes, ticksOf } from "./values.js";

const bytes = (message: SensorMessage) => encodeSensorMessage(message).toString("hex");

describe("messages of sensors", () => {
  it("are encoded byte for byte as worked out by hand", () => {
    // Field 1 of the message, 4 bytes long: field 1 = 4, field 10 = 300 (0xac 0x02).
    // Then field 7, a change of the registry: field 2 = 2, field 4 = 3 bytes, field 5 = false.
    const message = {
      header: { version: 4, process_pid: 300 },
      regmod: { action: 2, utf8_regpath: Buffer.from("\\rx"), tamper: false },
    };
    expect(bytes(message)).toBe("0a0508" + "0450ac02" + "3a09" + "1002" + "22035c7278" + "2800");
  });

  it("have repeated messages, negative numbers and large ones", () => {
    // -1 as an int32 takes ten bytes. 1970 is 116444736000000000 ticks, which are nine groups of seven bits.
    const message = {
      header: { version: -1, timestamp: ticksOf(0) },
      strings: [
        { guid: 1n, utf8string: Buffer.from("é") },
        { guid: 2n, utf8string: Buffer.from("") },
      ],
    };
    const header = `08${"ff".repeat(9)}01208080faa9edbbecce01`;
    expect(bytes(message)).toBe(`0a15${header}120608011202c3a9120408021200`);
  });

  it("have addresses and ports with the lowest byte first", () => {
    // A connection: 20 is written as 0xa2 0x01. 192.0.2.1 is 0x010200c0 then, and port 443 (0x01bb) is 0xbb01 = 47873.
    const message = {
      header: { version: 4 },
      networkv2: { protocol: 6, remoteIpAddress: addressBytes("192.0.2.1"), remotePort: portBytes(443) },
    };
    // 0x010200c0 = 16908480, in groups of seven bits: 40 01 08 08.
    expect(bytes(message)).toBe("0a020804" + "a2010f" + "0806" + "4207" + "0800" + "10c0818808" + "4881f602");
    for (const address of ["192.0.2.1", "255.255.255.255", "2001:db8::7", "::1"]) {
      expect(addressText(addressBytes(address))).toBe(address);
    }
    expect(addressBytes("2001:db8::7")).toEqual({
      ...{ bIsIpv6: true, ipv6High: 0x00_00_00_00_b8_0d_01_20n, ipv6Low: 0x07_00_00_00_00_00_00_00n },
    });
    expect(portBytes(portBytes(51_150))).toBe(51_150);
  });
});

const SENSOR = { id: 7, computer_name: "HOST-7" } as SensorRecord;
const GUID = "00000007-0000-04d2-01dc-7e21ac0fa800";
const PROCESS = {
  ...{ sensor_id: 7, pid: 1234, id: GUID, parent_pid: -1, parent_name: "", start: Date.UTC(2026, 0, 5, 9) },
  ...{ process_name: "a.exe", path: "c:\\a.exe", cmdline: "a.exe -x", username: "HOST\\u", md5: "ab".repeat(16) },
};

describe("what a sensor tells of a process", () => {
  it("names the process by the parts of its GUID, and the endpoint", () => {
    const [start] = eventsOfTale(SENSOR, { process: PROCESS, startedBy: { parent: undefined }, events: {} });
    if (start === undefined || !("message" in start)) throw new Error("no message");
    expect(start).toMatchObject({ key: "ingress.event.procstart", time: PROCESS.start });
    const { header, env, process, strings } = start.message;
    expect(header).toMatchObject({ process_pid: 1234, process_create_time: ticksOf(PROCESS.start) });
    expect(partsOfGuid(GUID)).toEqual({ pid: 1234, created: header?.process_create_time });
    expect(env?.endpoint).toEqual({ SensorId: 7, SensorHostName: "HOST-7" });
    expect(process).toMatchObject({ created: true, parent_pid: -1, parent_create_time: undefined });
    expect(strings?.[0]).toMatchObject({ guid: header?.filepath_string_guid, utf8string: Buffer.from("c:\\a.exe") });
  });

  it("has a message for each event, each of a subject of its own", () => {
    const time = PROCESS.start;
    const regmod = [1, 2].map(() => ({ time, type: 2 as const, path: "\\registry\\machine\\x" }));
    const filemod = [{ time, type: 4 as const, path: "c:\\x" }];
    const told = eventsOfTale(SENSOR, { process: PROCESS, events: { regmod, filemod } });
    expect(told.map(({ key }) => key)).toEqual([
      ...["ingress.event.filemod", "ingress.event.regmod", "ingress.event.regmod"],
    ]);
    expect(new Set(told.map(({ subject }) => subject)).size).toBe(3);
  });

  it("says of an end that nothing was created, and no hash", () => {
    const end = eventOfEnd(SENSOR, PROCESS, PROCESS.start + 1000);
    if (!("message" in end)) throw new Error("no message");
    expect(end.message.process).toMatchObject({ created: false, md5hash: undefined });
  });
});
