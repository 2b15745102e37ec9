// Chapter 4.6 of the developer guide: Live Response, its errors and its jobs, run on the guide's own host.
import {
  ApiError,
  LiveResponseError,
  type LiveResponseSession,
  Sensor,
  ServerError,
  TimeoutError,
} from "cbapi/response";
import { afterEach, describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";

const HOST = "hostname:WIN-IA9NQ1GN8OI";

useSandbox({ clock: { tickInterval: 50 } });
afterEach(async () => {
  sandbox.faults.clear();
  // Whatever happened in a test, no slot is left taken.
  expect(await other.liveResponse.listSessions()).toEqual([]);
});

describe("4.6.1 Getting Started with Live Response", () => {
  it("reads a file, and frees the slot at the end of the block", async () => {
    const sensor = await cb.select(Sensor).where(HOST).one();
    {
      await using session = await sensor.lrSession();
      expect(String(await session.getFile("c:\\test.txt"))).toBe("this is a test");
      expect(await cb.liveResponse.listSessions()).toHaveLength(1);
    }
    expect(await cb.liveResponse.listSessions()).toEqual([]);
  });
});

describe("4.6.2 Live Response Errors", () => {
  it("are a timeout, what the endpoint says, a command that is not supported, and whatever else the server does", async () => {
    const sensor = await cb.select(Sensor).where(HOST).one();
    await using session = await sensor.lrSession();

    const before = new Set((await session.listProcesses()).map(({ pid }) => pid));
    const slow = session.createProcess("ping -n 3 127.0.0.1", { waitTimeout: 300 });
    await expect(slow).rejects.toThrow(TimeoutError);

    const missing = await session.getFile("c:\\nope.txt").catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(LiveResponseError);
    expect(missing).toMatchObject({ win32_error: 0x8007_0002, decoded_win32_error: "ERROR_FILE_NOT_FOUND" });
    expect(String(missing)).toMatch(/get file.*c:\\nope\.txt.*0x80070002.*ERROR_FILE_NOT_FOUND/s);

    sandbox.faults.add({ match: { method: "POST", pattern: "/command$", times: 1 }, do: { status: 500 } });
    await expect(session.listProcesses()).rejects.toThrow(ServerError);
    // Commands of a session come one after the other: the program has ended before these were carried out.
    expect((await session.listProcesses()).filter(({ pid }) => !before.has(pid))).toEqual([]);
  });

  it("refuse a command that the sensor is too old for, before anything is sent", async () => {
    await using session = await (await cb.select(Sensor).where(HOST).one()).lrSession();
    const commands = session.sessionData.supported_commands ?? [];
    expect(commands).toContain("memdump");
    Object.defineProperty(session.sessionData, "supported_commands", {
      value: commands.filter((name) => name !== "memdump"),
    });
    sandbox.requests.clear();
    const refused = await session.startMemdump("c:\\windows\\temp\\memory.dmp").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(String(refused)).toContain("Command memdump not supported by this sensor");
    expect(sandbox.requests.entries()).toEqual([]);
  });
});

/** The guide's job: it keeps the path of a registry value, and reads it on whichever endpoint it runs. */
class GetRegistryValue {
  constructor(readonly path: string) {}

  async run(session: LiveResponseSession) {
    const { value_data } = await session.getRegistryValue(this.path);
    return { time: new Date(), sensorId: session.sensorId, path: this.path, value: value_data };
  }
}

describe("4.6.3 Job-Based API", () => {
  const RUN = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";

  it("runs a job in the background, and gives its result or its error", async () => {
    const sensor = await cb.select(Sensor).where(HOST).one();
    const name = await (async () => {
      await using session = await sensor.lrSession();
      const { values } = await session.listRegistryKeysAndValues(RUN);
      return values[0]?.value_name ?? "";
    })();
    expect(name).not.toBe("");

    const job = new GetRegistryValue(`${RUN}\\${name}`);
    const submitted = cb.liveResponse.submitJob(job, sensor.id);
    expect(["waiting", "running"]).toContain(submitted.state);
    expect(await submitted.result).toMatchObject({ sensorId: sensor.id, path: job.path, value: expect.any(String) });
    expect(submitted.state).toBe("done");

    const failing = cb.liveResponse.submitJob(new GetRegistryValue(`${RUN}\\no such value`), sensor.id);
    await expect(failing.result).rejects.toThrow(LiveResponseError);
    await cb.liveResponse.close();
  });

  it("lists what starts by itself on every Windows endpoint: one outcome each", async () => {
    const sensors = (await cb.select(Sensor).all()).filter(({ os_type, supports_cblr, status }) => {
      return os_type === 1 && supports_cblr === true && status === "Online";
    });
    const autoruns = (session: LiveResponseSession) => session.listRegistryKeysAndValues(RUN);
    const outcomes = await cb.liveResponse.run(autoruns, sensors).all();
    expect(outcomes.map(({ target }) => target).sort()).toEqual(sensors.map(({ id }) => id).sort());
    for (const outcome of outcomes) expect(outcome).toMatchObject({ state: "done" });
    await cb.liveResponse.close();
  });
});
