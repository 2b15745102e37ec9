import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Binary, InvalidObjectError, Process, Sensor, SensorGroup, TimeoutError } from "../../response/index.js";
import { type Answer, edrServer } from "../../test-support/edr-server.js";

const GUID = "00000001-0000-0500-01d3-8bc595148226";
const md5 = (digit: string) => digit.repeat(32);
const rowOf = (hash: string, i: number) => ({ id: GUID, segment_id: 2e12 + i, sensor_id: 1, process_md5: hash });

/** A sensor whose notes say how often it was read; each reading takes as long as the list says. */
function counted(...milliseconds: number[]): { route: () => Promise<Answer>; readings: () => number } {
  let readings = 0;
  return {
    readings: () => readings,
    route: async () => {
      const reading = ++readings;
      await delay(milliseconds[reading - 1] ?? 0);
      return { id: 1, notes: `v${reading}`, group_id: reading };
    },
  };
}

describe("the document of an object", () => {
  it("cannot be changed by those who read it", async () => {
    const hash = md5("A");
    const { cb } = await edrServer({
      [`/api/v1/binary/${hash}/summary`]: {
        md5: hash,
        observed_filename: ["c:\\a.exe"],
        watchlists: [{ wid: "1" }],
        extra: { deep: [1] },
      },
    });
    const binary = await cb.select(Binary, hash);
    (binary.toJSON()["observed_filename"] as string[]).push("evil");
    expect(() => {
      (binary.watchlists?.[0] as { wid: string }).wid = "changed";
    }).toThrow(TypeError);
    expect(() => binary.get<{ deep: number[] }>("extra")?.deep.push(2)).toThrow(TypeError);
    const other = await cb.select(Binary, hash);
    expect(other.toJSON()).toMatchObject({
      observed_filename: ["c:\\a.exe"],
      watchlists: [{ wid: "1" }],
      extra: { deep: [1] },
    });
  });

  it("that was read anew is what joins give from then on", async () => {
    const { route } = counted();
    const { cb } = await edrServer({
      "/api/v1/sensor/1": route,
      "/api/v1/process": { results: [rowOf(md5("A"), 1), rowOf(md5("A"), 2)], total_results: 2 },
    });
    const [one, other] = await cb.select(Process).all();
    expect(await one?.sensor.notes).toBe("v1");
    expect((await cb.select(Sensor, 1, { refresh: true })).notes).toBe("v2");
    expect(await other?.sensor.notes).toBe("v2");
  });

  it("that set out before is not kept when it arrives after a newer one", async () => {
    const { route } = counted(60, 0);
    const { cb } = await edrServer({ "/api/v1/sensor/1": route });
    const slow = cb.select(Sensor, 1);
    const loading = Promise.resolve(slow);
    await delay(20);
    expect((await cb.select(Sensor, 1, { refresh: true })).notes).toBe("v2");
    expect((await loading).notes).toBe("v1");
    expect((await cb.select(Sensor, 1)).notes).toBe("v2");
  });

  it("that is read anew is not waited for by those who come later, whatever their limit of time", async () => {
    const { route } = counted(80, 0);
    const { cb } = await edrServer({ "/api/v1/sensor/1": route });
    const early = Promise.resolve(cb.select(Sensor, 1, { timeout: 5000 }).notes);
    await delay(20);
    await cb.select(Sensor, 1, { refresh: true });
    cb.identityMap.evict(Sensor, 1);
    expect(await cb.select(Sensor, 1, { timeout: 5000 }).notes).toBe("v3");
    expect(await early).toBe("v1");
  });

  it("that set out before a save does not hide what was saved", async () => {
    let notes = "before";
    const { cb } = await edrServer({
      "/api/v1/sensor/1": async (_query, method, body): Promise<Answer> => {
        if (method === "PUT") {
          notes = (JSON.parse(body) as { notes: string }).notes;
          return { status: 204, text: "" };
        }
        const document = { id: 1, notes };
        await delay(notes === "before" ? 50 : 0);
        return document;
      },
    });
    const sensor = await cb.select(Sensor, 1);
    cb.identityMap.clear();
    const early = Promise.resolve(cb.select(Sensor, 1));
    await delay(10);
    sensor.notes = "after";
    await sensor.save();
    await early;
    expect((await cb.select(Sensor, 1)).notes).toBe("after");
  });
});

describe("reading anew", () => {
  it("holds for whatever is taken through the Ref, and is done once", async () => {
    const { route, readings } = counted();
    const groups = Object.fromEntries([1, 2, 3].map((id) => [`/api/v3/group/${id}`, [{ id, name: `G${id}` }]]));
    const { cb } = await edrServer({ "/api/v1/sensor/1": route, ...groups });
    await cb.select(Sensor, 1);
    expect(await cb.select(Sensor, 1, { refresh: true }).group.name).toBe("G2");
    const anew = cb.select(Sensor, 1, { refresh: true });
    const [a, b, notes] = await Promise.all([anew, anew, anew.notes]);
    expect([a.notes, b.notes, notes]).toEqual(["v3", "v3", "v3"]);
    expect(readings()).toBe(3);
  });
});

describe("a change made while a save is under way", () => {
  it("is not lost", async () => {
    let saved: Record<string, unknown> = { id: 1, notes: "old", group_id: 1 };
    let meanwhile = () => {};
    const { cb } = await edrServer({
      "/api/v1/sensor/1": (_query, method, body): Answer => {
        if (method === "GET") return saved;
        meanwhile();
        saved = { ...saved, ...(JSON.parse(body) as object) };
        return { status: 204, text: "" };
      },
    });
    const sensor = await cb.select(Sensor, 1);
    sensor.notes = "first";
    sensor.group_id = 2;
    meanwhile = () => {
      sensor.notes = "second";
    };
    await sensor.save();
    expect(sensor.notes).toBe("second");
    expect(sensor.isDirty()).toBe(true);
    expect(sensor.group_id).toBe(2);
    await sensor.save();
    expect(saved["notes"]).toBe("second");
    expect(sensor.isDirty()).toBe(false);

    // Taken back before the answer has come, it is a change to what is saved by then.
    meanwhile = () => {
      sensor.notes = "second";
    };
    await sensor.set({ notes: "third" }).save();
    expect([saved["notes"], sensor.notes, sensor.isDirty()]).toEqual(["third", "second", true]);
    meanwhile = () => {};
    await sensor.save();
    expect(saved["notes"]).toBe("second");
  });
});

describe("callers that wait for the same object", () => {
  it("do not end one another by going away", async () => {
    const { route, readings } = counted(40);
    const { cb } = await edrServer({ "/api/v1/sensor/1": route });
    const controller = new AbortController();
    const leaving = Promise.resolve(cb.select(Sensor, 1, { signal: controller.signal })).catch(
      (error: Error) => error.message,
    );
    const staying = cb.select(Sensor, 1).notes;
    const kept = Promise.resolve(staying);
    await delay(10);
    controller.abort(new Error("gone"));
    expect(await leaving).toBe("gone");
    expect(await kept).toBe("v1");
    expect(readings()).toBe(1);
  });

  it("start afresh when the last one has just gone", async () => {
    const { route, readings } = counted(2000, 0);
    const { cb } = await edrServer({ "/api/v1/sensor/1": route });
    const controller = new AbortController();
    const leaving = Promise.resolve(cb.select(Sensor, 1, { signal: controller.signal })).catch(
      (error: Error) => error.message,
    );
    await expect.poll(readings).toBe(1);
    controller.abort(new Error("gone"));
    expect(await cb.select(Sensor, 1).notes).toBe("v2");
    expect(await leaving).toBe("gone");
  });

  it("each have their own limit of time", async () => {
    const { route } = counted(150, 150);
    const { cb } = await edrServer({ "/api/v1/sensor/1": route });
    const patient = Promise.resolve(cb.select(Sensor, 1));
    await expect(cb.select(Sensor, 1, { timeout: 40 })).rejects.toThrow(TimeoutError);
    expect((await patient).notes).toBe("v1");
  });

  it("say it once for the whole path", async () => {
    const { cb } = await edrServer({
      "/api/v1/sensor/1": { id: 1, group_id: 2 },
      "/api/v3/group/2": async () => {
        await delay(300);
        return [{ id: 2, name: "slow" }];
      },
      "/api/v1/process": { results: [rowOf(md5("A"), 1)], total_results: 1 },
    });
    await expect(cb.select(Sensor, 1, { timeout: 60 }).group.name).rejects.toThrow(TimeoutError);
    await expect(cb.select(Sensor, 1, { signal: AbortSignal.timeout(60) }).group).rejects.toThrow(/aborted|timeout/i);
    await expect(cb.select(Process).first({ timeout: 60 }).sensor.group).rejects.toThrow(TimeoutError);
  });
});

describe("joins that are put together", () => {
  const hashes = ["A", "B", "C"].map(md5);
  const rows = { results: hashes.map(rowOf), total_results: 3 };

  it("are not asked for again while the search is under way", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/process": rows,
      "/api/v1/binary": async () => {
        await delay(40);
        return { results: hashes.map((hash) => ({ md5: hash, host_count: 1 })), total_results: 3 };
      },
    });
    const processes = await cb.select(Process).all();
    const all = Promise.all(processes.map((proc) => proc.binary));
    await delay(15);
    expect(await processes[0]?.binary.host_count).toBe(1);
    await all;
    expect(requests.filter((path) => path.includes("binary"))).toHaveLength(1);
  });

  it("are asked for one by one where the server refuses the search", async () => {
    const { cb } = await edrServer({
      "/api/v1/process": rows,
      "/api/v1/binary": { status: 400, text: "too long" },
      ...Object.fromEntries(hashes.map((hash) => [`/api/v1/binary/${hash}/summary`, { md5: hash, host_count: 2 }])),
    });
    const processes = await cb.select(Process).all();
    const binaries = await Promise.all(processes.map((proc) => proc.binary));
    expect(binaries.map((binary) => binary?.host_count)).toEqual([2, 2, 2]);
  });

  it("stay with their rows, however little the client may keep", async () => {
    for (const cache of [{ ttl: 0 }, { max: 1 }]) {
      const { cb, requests } = await edrServer(
        {
          "/api/v1/process": rows,
          "/api/v1/binary": { results: hashes.map((hash) => ({ md5: hash, host_count: 1 })), total_results: 3 },
          "/api/v1/sensor/1": { id: 1, computer_name: "H1" },
        },
        { cache },
      );
      const processes = await cb.select(Process).include("binary", "sensor").all();
      requests.length = 0;
      for (const proc of processes) {
        expect(await proc.binary.host_count).toBe(1);
        expect(await proc.sensor.hostname).toBe("H1");
      }
      expect(requests).toEqual([]);
    }
  });
});

describe("a key", () => {
  it("names one object however it is written, and nothing else is one", async () => {
    const { cb, requests } = await edrServer({ "/api/v3/group/5": [{ id: 5, name: "five" }] });
    for (const key of [5, "5", "05", " 5 "]) expect(await cb.select(SensorGroup, key).name).toBe("five");
    expect(requests).toHaveLength(1);
    for (const key of ["", "five", Number.NaN, 1.5, null, undefined, {}]) {
      expect(() => cb.select(SensorGroup, key as never)).toThrow(InvalidObjectError);
    }
  });
});

describe("members that depend on the server's version", () => {
  it("ask for it when it is not known", async () => {
    const { cb } = await edrServer({});
    expect(await cb.select(Process, GUID).webui_link).toBe(`${cb.url}/#analyze/${GUID}/0`);
    expect(await cb.select(Process, GUID).segment).toBe(0);
  });
});

describe("the options of the cache", () => {
  it("are checked", async () => {
    const client = (cache: object) => edrServer({}, { cache: cache as never });
    await expect(client({ max: 0 })).rejects.toThrow("cache.max");
    await expect(client({ ttl: -1 })).rejects.toThrow("cache.ttl");
    await expect(client({ tll: 5 })).rejects.toThrow("cache.tll");
  });
});
