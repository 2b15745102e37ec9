import { describe, expect, it } from "vitest";
import {
  addressOfDocument,
  addressOfHalves,
  addressOfSensor,
  dateOfSeconds,
  dateOfTicks,
  guidAndSegment,
  portOfSensor,
  processGuid,
} from "./values.js";

describe("values of the bus", () => {
  it("are moments", () => {
    expect(dateOfTicks(116_444_736_000_000_000n)?.toISOString()).toBe("1970-01-01T00:00:00.000Z");
    expect(dateOfTicks(131_415_840_000_123_456n)?.toISOString()).toBe("2017-06-10T16:00:00.012Z");
    expect(dateOfTicks(0n)).toBeUndefined();
    expect(dateOfSeconds(1_700_000_000.25)?.getTime()).toBe(1_700_000_000_250);
    expect(dateOfSeconds("1700000000")?.getTime()).toBe(1_700_000_000_000);
    expect(dateOfSeconds("soon")).toBeUndefined();
    expect(dateOfSeconds(undefined)).toBeUndefined();
  });

  it("are GUIDs of processes, with segments or without", () => {
    expect(processGuid(3, 0x0f24, 0x01d2_9f9f_8f7b_0001n)).toBe("00000003-0000-0f24-01d2-9f9f8f7b0001");
    expect(processGuid(1, -2, -1n)).toBe("00000001-ffff-fffe-ffff-ffffffffffff");
    const guid = "00000003-0000-0f24-01d2-9f9f8f7b0001";
    expect(guidAndSegment(`${guid}-0000000a`)).toEqual({ guid, segment: "10" });
    expect(guidAndSegment(`${guid}-015c7d4c8b1d`)).toEqual({ guid, segment: "1496750787357" });
    expect(guidAndSegment(guid)).toEqual({ guid, segment: "1" });
  });

  it("are addresses and ports, whose bytes come in either order", () => {
    expect(addressOfSensor(0x0100_a8c0)).toBe("192.168.0.1");
    expect(addressOfDocument(0xc0a8_0001)).toBe("192.168.0.1");
    expect(addressOfDocument(-1_062_731_775)).toBe("192.168.0.1");
    expect(addressOfHalves(0x0000_0000_0000_80fen, 0x0100_0000_0000_0000n, "eth0")).toBe("fe80::1%eth0");
    expect(portOfSensor(0xbb01)).toBe(443);
  });
});
