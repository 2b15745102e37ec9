import { describe, expect, it } from "vitest";
import { Sensor } from "../response/models/sensor/sensor.js";
import { searchRoute } from "../test-support/edr-server.js";
import {
  liveResponseServer,
  type Received,
  type Reply,
  type Script,
  until,
} from "../test-support/live-response-server.js";
import { GetFileJob, type JobContext } from "./scheduler/index.js";
import type { LiveResponseSession } from "./session.js";

const range = (count: number) => Array.from({ length: count }, (_, place) => place + 1);

/** The list of this many sensors. */
function listed(count: number, { line, query }: Received): Reply | undefined {
  if (line !== "GET /api/v2/sensor") return undefined;
  const sensor = (id: number) => ({ id, computer_name: `WIN-${id}`, status: "Online", supports_cblr: true });
  return { status: 200, text: JSON.stringify(searchRoute(range(count).map(sensor))(query)) };
}

/** A server of so many sensors that counts how many sessions are open at once. */
async function fleet(count: number, script: Script = {}) {
  const seen = { most: 0 };
  const { cb, server } = await liveResponseServer({
    ...script,
    before: (received, served) => {
      seen.most = Math.max(seen.most, served.open.length);
      return listed(count, received) ?? script.before?.(received, served);
    },
  });
  return { cb, server, seen };
}

describe("jobs on a server", () => {
  it("are done on all sensors of a query, with no more sessions than slots, and leave none behind", async () => {
    const { cb, server, seen } = await fleet(40, { command: () => ({ processes: [{ pid: 4 }] }) });
    const run = cb.liveResponse.run((session: LiveResponseSession) => session.listProcesses(), cb.select(Sensor), {
      slots: 4,
    });
    const outcomes = await run.all();
    expect(new Set(outcomes.map(({ target }) => target))).toEqual(new Set(range(40)));
    expect(outcomes.every(({ state, value }) => state === "done" && value?.[0]?.pid === 4)).toBe(true);
    expect(server.open).toEqual([]);
    expect(seen.most).toBeLessThanOrEqual(4);
    expect(run.progress()).toMatchObject({ total: 40, done: 40, slotsInUse: 0 });
  });

  it("read a file from ids, sensors and Refs, each endpoint once", async () => {
    const content = Buffer.from("hello from the sensor\n");
    const { cb } = await fleet(5, { files: { 1: content, 2: content, 3: content } });
    const targets = [1, "2", cb.select(Sensor, 3), await cb.select(Sensor, 2), 1];
    const outcomes = await cb.liveResponse.run(new GetFileJob("c:\\test.txt"), targets).all();
    expect(outcomes.map(({ target }) => target).sort()).toEqual([1, 2, 3]);
    expect(outcomes.map(({ value }) => value?.toString())).toEqual(Array(3).fill("hello from the sensor\n"));
  });

  it("wait for slots that other people hold", async () => {
    let refused = 0;
    const { cb, server } = await fleet(5, {
      before: ({ line }) => {
        if (line !== "POST /session" || refused >= 4) return undefined;
        refused++;
        return {
          status: 503,
          text: "Maximum number of live response sessions reached",
          headers: { "retry-after": "0" },
        };
      },
    });
    const states = (await cb.liveResponse.run(() => "done", range(3)).all()).map(({ state }) => state);
    expect([states, refused, server.open]).toEqual([["done", "done", "done"], 4, []]);
  });

  it("go on after a lost session: what is safe is done again", async () => {
    const attempts: number[] = [];
    let first = true;
    const { cb, server } = await fleet(3, {
      command: (_, served) => {
        if (first) for (const id of served.open) served.lose(id);
        first = false;
        return {};
      },
    });
    const job = {
      repeatable: true,
      run: async (session: LiveResponseSession, { attempt }: JobContext) => {
        attempts.push(attempt);
        await session.deleteFile("c:\\a.txt");
        return attempt;
      },
    };
    const lost = await cb.liveResponse.submitJob(job, 2).outcome;
    expect([lost.state, lost.value, attempts]).toEqual(["done", 2, [1, 2]]);
    first = true;
    const unsafe = await cb.liveResponse.submitJob(job.run, 2).outcome;
    expect(unsafe).toMatchObject({ state: "failed", attempts: 1, error: { code: "SESSION_LOST" } });
    await cb.liveResponse.close();
    expect(server.open).toEqual([]);
  });

  it("are cancelled with their client, which closes their sessions", async () => {
    const { cb, server } = await fleet(30, { command: () => new Promise(() => {}) });
    const run = cb.liveResponse.run(
      (session: LiveResponseSession, { signal }) => session.deleteFile("c:\\a.txt", { signal }),
      range(30),
    );
    const outcomes = run.all();
    const one = cb.liveResponse.submitJob(() => 1, 1);
    await until(() => run.progress().running >= 5);
    await cb.close();
    expect(server.open).toEqual([]);
    expect(new Set((await outcomes).map(({ state }) => state))).toEqual(new Set(["cancelled"]));
    expect(await outcomes).toHaveLength(30);
    await expect(one.result).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => cb.liveResponse.submitJob(() => 1, 1)).toThrow("was closed");
  });

  it("fail with the reason where there is no Live Response, and nothing is sent to the endpoints", async () => {
    const { cb, server } = await fleet(3, { info: { cblrEnabled: false } });
    const outcomes = await cb.liveResponse.run(() => 1, range(3)).all();
    expect(outcomes.map(({ state, error }) => [state, (error as Error).message])).toEqual(
      Array(3).fill(["failed", expect.stringContaining("Cb server does not support Live Response")]),
    );
    expect(server.requests).toEqual([]);
    expect(() => cb.liveResponse.run(() => 1, ["WIN-1"])).toThrow("A sensor is named by its id");
  });
});
