import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ObjectNotFoundError } from "../../core/errors.js";
import { type CloudAnswer, cloudServer } from "../../test-support/cloud-server.js";
import { cloudLiveResponse } from "./dialect.js";
import { classicSpelling, currentSpelling } from "./spelling.js";

const SEARCH = "POST /appservices/v6/orgs/{org}/devices/_search";
const DEVICE = "/integrationServices/v3/device";

/** A device as v6 tells it, heard of so many milliseconds ago. */
const device = (id: number, silence = 0, more: object = {}): object => ({
  ...{ id, name: `CORP\\PC-${id}`, os: "WINDOWS", status: "REGISTERED" },
  last_contact_time: new Date(Date.now() - silence).toISOString(),
  ...more,
});

describe("which devices are online", () => {
  it("is asked for 500 of them at a time, and those that do not exist are left out", async () => {
    const known = (id: number): boolean => id % 7 !== 0;
    const { cb, requests, bodies } = await cloudServer({
      [SEARCH]: ({ body }) => {
        const { criteria } = body as { criteria: { id: number[] } };
        return { num_found: 1, results: criteria.id.filter(known).map((id) => device(id)) };
      },
    });
    const ids = Array.from({ length: 1_201 }, (_, index) => index + 1);
    const online = await cb.liveResponse.findOnline(ids);
    expect(online).toEqual(ids.filter(known));
    expect(requests).toHaveLength(3);
    expect(bodies.map((body) => (body as { rows: number }).rows).sort((a, b) => a - b)).toEqual([201, 500, 500]);
  });

  it("follows from the last contact, by the server's clock: heard of within the hour, the latest first", async () => {
    const { cb } = await cloudServer({
      [SEARCH]: {
        results: [device(1, 0), device(2, 3_500_000), device(3, 3_700_000), device(4, 0, { last_contact_time: null })],
      },
    });
    const states = await cloudLiveResponse(cb).endpointStates([1, 2, 3, 4], {});
    expect([1, 2, 3, 4].map((id) => states.get(id)?.online)).toEqual([true, true, false, false]);
    const [first = 0, second = 0] = [1, 2].map((id) => states.get(id)?.rank[0]);
    expect(first).toBeLessThan(second);
  });

  it("says which ones have no sensor any more", async () => {
    const { cb } = await cloudServer({ [SEARCH]: { results: [device(1, 0, { status: "DEREGISTERED" })] } });
    const states = await cloudLiveResponse(cb).endpointStates([1], {});
    expect(states.get(1)?.problem).toMatchObject({ code: "LIVE_RESPONSE_NOT_SUPPORTED" });
    const failed = cb.liveResponse.submitJob(() => 1, 1).result;
    await expect(failed).rejects.toThrow("has no sensor any more: its status is DEREGISTERED");
  });

  it("is read from the classic list as long as that is cheaper, and else one by one", async () => {
    const all = Array.from({ length: 250 }, (_, index) => ({ deviceId: index + 1, deviceType: "LINUX" }));
    const single = Object.fromEntries(
      all.map(({ deviceId }): [string, CloudAnswer] => [
        `GET ${DEVICE}/${deviceId}`,
        deviceId === 3 ? { status: 403, text: '{"message":"no"}' } : { deviceInfo: { deviceId, deviceType: "MAC" } },
      ]),
    );
    const { cb, requests } = await cloudServer(
      {
        ...single,
        [`GET ${DEVICE}`]: ({ query }) => {
          const start = Number(query.get("start") ?? 1);
          return { totalResults: all.length, results: all.slice(start - 1, start + 99) };
        },
      },
      { routes: "classic" },
    );
    const few = await cloudLiveResponse(cb).endpointStates([1, 2, 3, 999], {});
    expect([...few.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3]);
    // A key may see some devices only: the others go on.
    expect(few.get(3)?.problem).toMatchObject({ status: 403 });
    expect(requests).toHaveLength(4);
    requests.length = 0;
    const ids = Array.from({ length: 240 }, (_, index) => index + 1);
    const many = await cloudLiveResponse(cb).endpointStates(ids, {});
    expect([...many.keys()].sort((a, b) => a - b)).toEqual(ids);
    expect(requests).toEqual([
      `GET ${DEVICE}?rows=100`,
      `GET ${DEVICE}?rows=100&start=101`,
      `GET ${DEVICE}?rows=100&start=201`,
    ]);
  });

  it("is not asked again for what a device is", async () => {
    const { cb, requests } = await cloudServer({ [SEARCH]: { results: [device(5)] } });
    const dialect = cloudLiveResponse(cb);
    await dialect.endpointStates([5], {});
    expect(await dialect.endpoint(5, {})).toEqual({ id: 5, osType: 1, hostname: "CORP\\PC-5" });
    expect(requests).toHaveLength(1);
    await expect(dialect.endpoint(6, {})).rejects.toBeInstanceOf(ObjectNotFoundError);
  });
});

describe("the spelling of a generation", () => {
  it("knows a session that is gone from anything else that is not there", () => {
    const gone = [
      ['{"error_code":"NOT_FOUND","message":"Session 1:3 not found"}', true, true],
      ['{"error_code":"NOT_FOUND","message":"Command 3 not found"}', true, false],
      ['{"error_code":"NOT_FOUND","message":"File 3 has not arrived"}', true, false],
      ['{"status":"NOT_FOUND","success":false}', true, false],
      ["Sensor 3 not found", true, false],
      ["<html>404</html>", false, false],
      ["", false, false],
    ] as const;
    for (const [text, classic, current] of gone) {
      expect([classicSpelling.sessionGone(text), currentSpelling.sessionGone(text)], text).toEqual([classic, current]);
    }
  });

  it("names what a command is about, and finds the file and its size", () => {
    expect([currentSpelling.subject(7), currentSpelling.subject("7")]).toEqual([{ pid: 7 }, { path: "7" }]);
    expect([classicSpelling.subject(7), classicSpelling.subject("7")]).toEqual([{ object: 7 }, { object: "7" }]);
    const command = { id: 1, status: "COMPLETE", file_details: { offset: 0, count: 12, file_id: 4 } };
    expect([currentSpelling.fileIdOf(command), currentSpelling.fileSizeOf(command)]).toEqual([4, 12]);
    for (const file_details of [undefined, null, "x", [], { count: 0 }]) {
      const without = { id: 1, status: "PENDING", file_details };
      expect([currentSpelling.fileIdOf(without), currentSpelling.fileSizeOf(without)]).toEqual([undefined, undefined]);
    }
  });

  it("renames what it knows and keeps all else of a process and of a value, whatever it is called", () => {
    const document = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(document, fc.nat(), fc.string(), (rest, pid, value) => {
        const process = currentSpelling.process({ ...rest, process_pid: pid, parent_pid: pid + 1 });
        expect(process).toEqual({ ...rest, pid, parent: pid + 1 });
        const registry = classicSpelling.registryValue({ ...rest, valueName: "n", valueData: value });
        expect(registry).toEqual({ ...rest, value_name: "n", value_data: value });
      }),
    );
  });
});

it("tells when a session was opened, and with which device, in each form that servers have used", async () => {
  const { cb } = await cloudServer({});
  const { openedAt, endpointOf } = cloudLiveResponse(cb);
  const at = Date.UTC(2026, 0, 5, 9);
  for (const create_time of [at, at / 1000, new Date(at).toISOString()]) {
    expect(openedAt({ id: "1:3", status: "ACTIVE", create_time })).toBe(at);
  }
  expect(openedAt({ id: "1:3", status: "ACTIVE", create_time: "soon" })).toBeUndefined();
  for (const session of [{ device_id: 3 }, { sensor_id: 3 }, {}]) {
    expect(endpointOf({ id: "1:3", status: "ACTIVE", ...session })).toBe(3);
  }
  expect(endpointOf({ id: 7, status: "ACTIVE" })).toBeUndefined();
});
