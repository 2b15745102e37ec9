// Jobs over several devices of the Cloud: some away, some lost on the way, some given up; slots of the organisation.
import { Device, type JobOutcome, type LiveResponseSession, TimeoutError } from "cbapi/psc";
import { CbThreatHunterAPI } from "cbapi/threathunter";
import { afterEach, expect, it } from "vitest";
import {
  cb,
  cloudSlots,
  expectNothingLeft,
  hurriedAccess,
  hurriedClient,
  sent,
  useCloudEndpoints,
} from "../support/cloud-endpoints.js";
import { errorOf } from "../support/error-of.js";
import { sandbox } from "../support/given-cloud.js";
import { LINUX, SMALL_COMPANY, WINDOWS } from "../support/live-response.js";

useCloudEndpoints();
afterEach(() => {
  sandbox.behaviour.cloudLiveResponseSlots = 100;
  expectNothingLeft();
});

const count = async (session: LiveResponseSession) => (await session.listProcesses()).length;

async function outcomesOf<T>(run: AsyncIterable<JobOutcome<T>>): Promise<Map<unknown, JobOutcome<T>>> {
  const outcomes = new Map<unknown, JobOutcome<T>>();
  for await (const outcome of run) outcomes.set(outcome.target, outcome);
  return outcomes;
}

/** Devices that the server says to have heard of within the hour. */
async function present(): Promise<number[]> {
  const recent = sandbox.clock.now() - 3_600_000;
  const devices = await cb.select(Device).all({ limit: SMALL_COMPANY.hosts });
  return devices.filter((device) => (device.last_contact_time?.getTime() ?? 0) > recent).map(({ id }) => id);
}

it("does a job on each device of a query, by either generation", async () => {
  const online = await present();
  expect(online.length).toBeGreaterThan(4);
  for (const routes of ["current", "classic"] as const) {
    await using client = hurriedClient({ routes });
    sent();
    const outcomes = await outcomesOf(client.liveResponse.run(count, online));
    expect([...outcomes.keys()].map(Number).sort((a, b) => a - b)).toEqual([...online].sort((a, b) => a - b));
    for (const { state, value } of outcomes.values()) {
      expect(state).toBe("done");
      expect(value).toBeGreaterThan(0);
    }
    // The current generation tells of all of them at once, and nobody is asked for twice.
    const looked = sent().filter((request) => /device(s\/_search)?(\/\d+|\?|$)/.test(request));
    if (routes === "current") expect(looked).toEqual(["POST /appservices/v6/orgs/{org}/devices/_search"]);
    else expect(looked.length).toBeLessThanOrEqual(online.length + 1);
  }
});

it("takes a query of devices, and a client of another product does the same", async () => {
  await using hunter = new CbThreatHunterAPI(hurriedAccess());
  const windows = hunter
    .select(Device)
    .setOs(["WINDOWS"])
    .setDeviceIds(await present());
  const outcomes = await outcomesOf(hunter.liveResponse.run(count, windows));
  expect(outcomes.size).toBeGreaterThan(0);
  expect([...outcomes.values()].map(({ state }) => state)).not.toContain("failed");
});

it("begins again on another session where one was lost", async () => {
  sandbox.liveResponse.configure({ faults: [{ command: "process list", sensor: WINDOWS, outcome: "lost", times: 1 }] });
  const outcomes = await outcomesOf(
    cb.liveResponse.run({ run: count, repeatable: true }, [WINDOWS, LINUX], { recheck: 1000 }),
  );
  expect([...outcomes.values()].map(({ state }) => state)).toEqual(["done", "done"]);
});

it("waits for a device that is away until its deadline, and names those that are not there", async () => {
  await sandbox.setOnline(WINDOWS, false);
  try {
    const outcomes = await outcomesOf(cb.liveResponse.run(count, [WINDOWS, LINUX, 9_999_999], { deadline: 4000 }));
    expect(outcomes.get(LINUX)?.state).toBe("done");
    expect(outcomes.get(WINDOWS)?.state).not.toBe("done");
    expect(outcomes.get(WINDOWS)?.error).toBeInstanceOf(Error);
    expect(outcomes.get(9_999_999)?.state).toBe("failed");
    expect(outcomes.get(9_999_999)?.error).toMatchObject({ code: "OBJECT_NOT_FOUND" });
    const alone = await errorOf(() => cb.liveResponse.openSession(WINDOWS, { timeout: 500 }));
    expect(alone).toBeInstanceOf(TimeoutError);
    expect(alone.message).toContain(`device ${WINDOWS}`);
  } finally {
    await sandbox.setOnline(WINDOWS, true);
  }
});

it("gives up a job that is cancelled, and its slot with it", async () => {
  sandbox.liveResponse.configure({ faults: [{ command: "process list", outcome: "hang", times: 1 }] });
  const job = cb.liveResponse.submitJob(count, WINDOWS);
  await expect.poll(cloudSlots).toBe(1);
  job.cancel();
  expect(await errorOf(() => job.result)).toBeInstanceOf(Error);
  await cb.liveResponse.close();
});

it("waits for a slot of the organisation, and says so when none comes free", async () => {
  sandbox.behaviour.cloudLiveResponseSlots = 1;
  const first = await cb.liveResponse.openSession(WINDOWS);
  // Slots are counted by device: another session with the same one takes none.
  await using second = await cb.liveResponse.openSession(WINDOWS);
  expect(cloudSlots()).toBe(1);
  const none = await errorOf(() => cb.liveResponse.openSession(LINUX, { timeout: 300 }));
  expect(none).toMatchObject({ code: "SLOTS_TAKEN", status: 403 });
  expect(none.message).not.toContain("listSessions");
  const waits: number[] = [];
  const opening = cb.liveResponse.openSession(LINUX, { onWait: ({ attempt }) => waits.push(attempt) });
  await expect.poll(() => waits.length).toBeGreaterThan(0);
  await Promise.all([first.close(), second.close()]);
  await using third = await opening;
  expect(await count(third)).toBeGreaterThan(0);
});
