import { expect, it } from "vitest";
import { ApiError } from "../core/errors.js";
import { edrServer } from "../test-support/edr-server.js";
import { Feed, formatProcessGuid, Process, Q, raw, Sensor, wildcard } from "./index.js";

it("An argument without a meaning is refused where it is given, as an error of the library, and nothing is sent", async () => {
  const { cb, requests } = await edrServer({});
  const query = cb.select(Process).where("process_name:cmd.exe");
  const feed = cb.create(Feed, { name: "Malware" });
  const calls: Record<string, () => unknown> = {
    at: () => query.at(0.5),
    slice: () => query.slice(Number.NaN),
    limit: () => query.all({ limit: -1 }),
    batchSize: () => query.batchSize(0),
    maxChildren: () => query.maxChildren(-1),
    minLastUpdate: () => query.minLastUpdate(new Date(Number.NaN)),
    include: () => query.include("nobody" as never),
    "a join of a join": () => query.include("sensor.nobody" as never),
    "a regular expression": () => cb.select(Process).where({ process_name: /cmd/ as never }),
    "a term without a value": () => cb.select(Sensor).where({ hostname: undefined as never }),
    "an empty query as a choice": () => Q("").or(Q("a")),
    wildcard: () => wildcard(""),
    raw: () => raw(5 as never),
    score: () => feed.searchProcesses({ minScore: 1.5 }),
    guid: () => formatProcessGuid({ sensorId: -1, pid: 1 }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await new Promise((resolve) => resolve(call())).catch((reason: unknown) => reason);
    expect(error, name).toBeInstanceOf(ApiError);
    expect(error, name).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(requests).toEqual([]);
});
