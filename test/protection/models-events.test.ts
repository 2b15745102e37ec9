// What has happened: events, the server's own, runs that meters count, and what is said to users.
import { Computer, Event, FileInstance, FileRule, InternalEvent, MeteredExecution, Notifier } from "cbapi/protection";
import { Process, Sensor } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, sandbox, useProtection } from "../support/given-protection.js";
import { clientOf } from "../support/sandbox.js";
import { SteppedClock } from "../support/stepped-clock.js";

useProtection();

const FILES = { fileCatalogId: 3, installerFileCatalogId: 2, processFileCatalogId: 1 };

describe.each([
  ["an event", Event, 4, "protection_event"],
  ["an event of the server's own", InternalEvent, 8, "protection_event"],
] as const)("%s", (_, Model, type, kind) => {
  it("leads to the computer, its policy, the file, what installed it and what ran it", async () => {
    await other.select(Event).count();
    await sandbox.put(kind, { id: 900, type, subtype: 801, computerId: 4, policyId: 5, timestamp: 0, ...FILES });
    const event = await cb.select(Model, 900);
    expect([await event.computer.id, await event.policy.id]).toEqual([4, 5]);
    const files = [event.fileCatalog, event.installerFileCatalog, event.processFileCatalog];
    expect(await Promise.all(files.map((file) => file.id))).toEqual([3, 2, 1]);
    await sandbox.put(kind, { id: 901, type, subtype: 300, timestamp: 0, computerId: 0, policyId: 0 });
    const bare = await cb.select(Model, 901);
    asked();
    expect([
      ...[await bare.computer, await bare.policy, await bare.fileCatalog],
      ...[await bare.installerFileCatalog, await bare.processFileCatalog],
    ]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(asked()).toEqual([]);
  });

  it("is found among those of its kind only, by what it tells", async () => {
    const events = await cb.select(Model).sort("timestamp DESC").all();
    expect(events.length).toBeGreaterThan(5);
    expect(events.every((event) => (event.type === 8) === (type === 8))).toBe(true);
    const times = events.map(({ timestamp }) => timestamp?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const [first] = events;
    const same = await cb
      .select(Model)
      .where({ subtype: first?.subtype ?? 0, computerId: first?.computerId ?? 0 })
      .all();
    expect(same.map(({ id }) => id)).toContain(first?.id);
  });
});

describe("a run that a meter has counted", () => {
  it("leads to its event, the computer and the program", async () => {
    const runs = await cb.select(MeteredExecution).all();
    expect(runs.length).toBeGreaterThan(0);
    const run = await cb.select(MeteredExecution, runs[0]?.id ?? 0);
    expect(run.data).toBe(await run.fileCatalog.fileName);
    expect((await run.event.timestamp)?.getTime()).toBe(run.timestamp?.getTime());
    expect(await run.computer.users).toBe(run.userName);
  });
});

describe("what users are shown", () => {
  it("is read", async () => {
    const notifiers = await cb.select(Notifier).where("name:*file").sort("id").all();
    expect(notifiers.map(({ name, timeout }) => [name, timeout])).toEqual([
      ["Unapproved file", 300],
      ["Banned file", 300],
    ]);
    expect((await cb.select(Notifier, 2)).title).toBe("Banned file blocked");
  });
});

/** What Live Response answers when it is told to start a program. The sandbox's time goes on meanwhile. */
async function startedBySession(sensor: number, command: string): Promise<Error> {
  const clock = new SteppedClock(sandbox);
  const edr = clientOf(sandbox, { clock });
  try {
    const session = await (await edr.select(Sensor, sensor)).lrSession();
    const error = await errorOf(() => session.createProcess(command));
    await session.close();
    return error;
  } finally {
    await edr.close();
    await clock.stop();
  }
}

describe("a banned program", () => {
  it("does not start, neither by itself nor by Live Response: an event tells of it, and EDR has no process", async () => {
    const edr = clientOf(sandbox);
    try {
      const instance = await cb.select(FileInstance).where({ computerId_cbSensorId: 3, fileName: "net.exe" }).one();
      expect(await cb.select(Computer, instance.computerId ?? 0).policyName).toBe("Low Enforcement");
      const { fileCatalogId = 0 } = instance;
      await cb.create(FileRule, { fileCatalogId, fileState: 3, name: "No net", policyIds: "0" }).save();
      const processes = () => edr.select(Process).where("process_name:net.exe").count();
      const path = `${instance.pathName}\\net.exe`;
      // The agent has not heard of it yet.
      expect(await sandbox.launch({ sensor: 3, path })).toMatchObject({ outcome: "started" });
      await sandbox.clock.step(2);
      const before = await processes();
      expect(await sandbox.launch({ sensor: 3, path })).toMatchObject({ outcome: "prevented" });
      const blocks = () => cb.select(Event).where({ subtype: 802, banName: "No net" }).sort("id");
      const events = await blocks().all();
      expect(events.map(({ computerId, fileName }) => [computerId, fileName])).toEqual([[4, "net.exe"]]);
      expect(await events[0]?.fileCatalog.id).toBe(fileCatalogId);
      expect(await startedBySession(3, "net.exe user")).toMatchObject({
        decoded_win32_error: "ERROR_ACCESS_DISABLED_BY_POLICY",
      });
      expect(await blocks().count()).toBe(2);
      expect(await processes()).toBe(before);
    } finally {
      await edr.close();
    }
  });
});
