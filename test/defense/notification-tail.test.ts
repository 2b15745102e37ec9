// The queues that give everything once, followed by programs that are killed (-9) at any step and started again.
import { CbDefenseAPI } from "cbapi/defense";
import { beforeAll, describe, expect, it } from "vitest";
import { Follower, numbersFrom } from "../support/followers.js";
import { cloudAccess, sandbox, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbDefenseAPI);

const LONG = 240_000;
/** Each key has a queue of its own: what this one is given is what the programs were to be given. */
const OTHER_KEY = "SECONDSECRETSECONDSECRET/SECONDCONN";

beforeAll(() => {
  sandbox.tokens.add({ username: "second", token: OTHER_KEY, globalAdmin: true });
});

async function everything(): Promise<{ notifications: string[]; audit: string[] }> {
  await using client = new CbDefenseAPI({ ...cloudAccess(), token: OTHER_KEY });
  const notifications = await client.getNotifications();
  const audit = await client.getQueuedAuditLogs();
  return {
    notifications: notifications.map(({ eventId, eventTime }) => `${eventId}${eventTime}`),
    audit: audit.map((log) => JSON.stringify(log)),
  };
}

describe("a queue that is followed", () => {
  it.each([31, 32])(
    "has each notification written once, whatever step the programs die at (seed %d)",
    { timeout: LONG },
    async (seed) => {
      const random = numbersFrom(seed);
      const follower = new Follower(sandbox, "notifications");
      for (let runs = 0; runs < 8; runs++) {
        expect(await follower.run({ dieAt: 1 + Math.floor(random() * 40) })).toBe("SIGKILL");
      }
      await follower.run();
      const { notifications } = await everything();
      expect(notifications.length).toBeGreaterThan(5);
      expect(follower.written).toEqual(notifications);
    },
  );

  it("has each audit log written once", { timeout: LONG }, async () => {
    const random = numbersFrom(41);
    const follower = new Follower(sandbox, "audit");
    for (let runs = 0; runs < 4; runs++) await follower.run({ dieAt: 1 + Math.floor(random() * 15) });
    await follower.run();
    expect(follower.written).toEqual((await everything()).audit);
  });

  it("loses one answer at most for each program that dies before that is on the disk, and repeats nothing", {
    timeout: LONG,
  }, async () => {
    const follower = new Follower(sandbox, "notifications");
    await follower.run({ dieAt: 40 });
    expect(follower.written).not.toEqual([]);
    const before = follower.written;
    await sandbox.clock.step(600);
    // Killed with the answer in its hands.
    expect(await follower.run({ dieAt: 2, inWindow: true })).toBe("SIGKILL");
    await sandbox.clock.step(600);
    await follower.run();
    const { written } = follower;
    const { notifications } = await everything();
    expect(written).toHaveLength(new Set(written).size);
    expect(written.slice(0, before.length)).toEqual(before);
    const lost = notifications.filter((id) => !written.includes(id));
    expect(written).toEqual(notifications.filter((id) => !lost.includes(id)));
    // What is lost stood together: it was one answer.
    const [first = ""] = lost;
    const begin = notifications.indexOf(first);
    expect(notifications.slice(begin, begin + lost.length)).toEqual(lost);
  });
});

describe("notifications in one program", () => {
  it("come once for each key, then as they are raised", async () => {
    const first = await given.cb.getNotifications();
    expect(first.length).toBeGreaterThan(0);
    expect(await given.cb.getNotifications()).toEqual([]);
    const pauses: number[] = [];
    const listener = given.cb.notificationListener({ onWait: ({ pause }) => void pauses.push(pause) });
    const { value } = await listener.next();
    expect(first).not.toContainEqual(value);
    expect(["THREAT", "POLICY_ACTION", "THREAT_HUNTER"]).toContain(value?.type);
    expect(pauses.every((pause) => pause === 60_000)).toBe(true);
    expect(value?.deviceInfo?.["deviceId"]).toBeTypeOf("number");
  });

  it("tell of threats, of policies and of watchlists", async () => {
    await sandbox.clock.step(3600);
    const all = await given.cb.getNotifications();
    for (const { type, threatInfo, policyAction, threatHunterInfo } of all) {
      if (type === "THREAT") expect(threatInfo?.score).toBeGreaterThan(0);
      if (type === "POLICY_ACTION") expect(policyAction?.action).toBeTypeOf("string");
      if (type === "THREAT_HUNTER") expect(threatHunterInfo?.["reportName"]).toBeTypeOf("string");
    }
  });
});
