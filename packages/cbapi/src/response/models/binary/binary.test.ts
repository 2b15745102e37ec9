import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { HeldAnswers } from "../../../test-support/held-answers.js";
import { ApiError, Binary, Process, Sensor, StoragePartition, TimeoutError } from "../../index.js";

const md5 = (digit: string) => digit.repeat(32).toUpperCase();
const COUNT = "/api/v1/process/host/count";

describe("binaries that are asked for together", () => {
  it("come although the search gives a row without a hash", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": {
        total_results: 2,
        results: ["a", "b"].map((digit, index) => ({
          id: `00000001-0000-000${index}-01d3-8bc595148226`,
          segment_id: 1,
          process_md5: digit.repeat(32),
        })),
      },
      "/api/v1/binary": {
        total_results: 3,
        results: [{ file_desc: "no hash" }, { md5: md5("a"), file_desc: "A" }, { md5: md5("b"), file_desc: "B" }],
      },
    });
    const rows = await cb.select(Process).where("a:b").all();
    requests.length = 0;
    const binaries = await Promise.all(rows.map((row) => row.binary));
    expect(binaries.map((binary) => binary?.file_desc)).toEqual(["A", "B"]);
    expect(requests).toHaveLength(1);
  });
});

describe("a binary's frequency and ban", () => {
  it("can be stopped, and are asked for once by all who want them", async () => {
    const [frequency, ban] = [new HeldAnswers(), new HeldAnswers()];
    const { cb, requests } = await edrServer({
      [COUNT]: frequency.route({ hostCount: "2", globalCount: 5, numDocs: 10 }),
      [`/api/v1/banning/blacklist/${"a".repeat(32)}`]: ban.route({ md5hash: "a".repeat(32), enabled: true }),
    });
    const binary = new Binary({ client: cb, key: md5("a") });
    const leaving = binary.getFrequency({ signal: frequency.signal });
    const staying = binary.getFrequency();
    await expect(leaving).rejects.toThrow("gone");
    frequency.release();
    const counts = { computer_count: 2, process_count: 5, all_process_count: 10, module_frequency: 0.5 };
    expect(await staying).toEqual(counts);
    expect(await binary.frequency).toEqual(counts);
    expect(requests).toHaveLength(1);
    await expect(binary.getBanned({ timeout: 20 })).rejects.toThrow(TimeoutError);
    ban.release();
    expect(await binary.getBanned()).toMatchObject({ enabled: true });
    expect(await new Binary({ client: cb, key: md5("b") }).banned).toBe(false);
  });

  it("need no more than the hash", async () => {
    const { cb, requests } = await edrServer({ [COUNT]: { numDocs: 0 } });
    expect(await cb.select(Binary, md5("a")).getFrequency()).toMatchObject({ module_frequency: 0 });
    expect(requests).toHaveLength(1);
  });
});

describe("answers that are none", () => {
  it.each([{ status: 204, text: "" }, [1], "x"])("are errors of the library: %j", async (answer) => {
    const partitions = "/api/v1/storage/events/partition";
    const { cb } = await edrServer({
      [COUNT]: answer as Answer,
      "/api/v1/sensor/3/activity": { not: "a list" },
      [partitions]: answer as Answer,
    });
    await expect(new Binary({ client: cb, key: md5("a") }).getFrequency()).rejects.toThrow(ApiError);
    await expect(new Sensor({ client: cb, key: 3 }).getActivityStats()).rejects.toThrow(ApiError);
    await expect(StoragePartition.fetchDocument(cb, "writer", {})).rejects.toThrow(ApiError);
  });

  it("and names that objects have by nature name no partition", async () => {
    const { cb } = await edrServer({});
    await expect(cb.select(StoragePartition, "constructor")).rejects.toThrow(/no StoragePartition with name/);
  });
});

describe("a sensor's statistics", () => {
  it("can be stopped, and are empty when there are none", async () => {
    const held = new HeldAnswers();
    const { cb } = await edrServer({
      "/api/v1/sensor/3/queued": held.route([{ id: 1 }]),
      "/api/v1/sensor/3/activity": { status: 204, text: "" },
      "/api/v1/sensor/3/resourcestatus": held.route([]),
    });
    const sensor = new Sensor({ client: cb, key: 3 });
    await expect(sensor.getQueuedStats({ timeout: 20 })).rejects.toThrow(TimeoutError);
    await expect(sensor.getResourceStatus({ timeout: 20 })).rejects.toThrow(TimeoutError);
    held.release();
    expect(await sensor.queued_stats).toEqual([{ id: 1 }]);
    expect(await sensor.activity_stats).toEqual([]);
    expect(await sensor.resource_status).toEqual([]);
    expect(await cb.select(Sensor, 3).getActivityStats()).toEqual([]);
  });
});

describe("assigning", () => {
  it("to what is made of other fields names what can be set", async () => {
    const { cb } = await edrServer({});
    const sensor = new Sensor({ client: cb, key: 3, document: { id: 3, computer_name: "WIN-1" } });
    expect(() => Reflect.set(sensor, "hostname", "x")).toThrow(ApiError);
    expect(() => Reflect.set(sensor, "hostname", "x")).toThrow(/Field hostname is immutable.*can be set: .*notes/);
    expect(() => Reflect.set(sensor, "computer_name", "x")).toThrow("Field computer_name is immutable");
    expect(() => Reflect.set(new Binary({ client: cb, key: md5("a") }), "signed", true)).toThrow(
      "Field signed is immutable",
    );
    expect(sensor.hostname).toBe("WIN-1");
    expect(sensor.isDirty()).toBe(false);
    sensor.notes = "seen";
    expect(sensor.isDirty()).toBe(true);
  });
});
