import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cloudServer } from "../test-support/cloud-server.js";
import { JumpClock } from "../test-support/jump-clock.js";
import { CbDefenseAPI } from "./client.js";

const V3 = "/integrationServices/v3";
const defenseServer = (routes: Parameters<typeof cloudServer>[0], options: object = {}) =>
  cloudServer(routes, { clock: new JumpClock(), ...options }, CbDefenseAPI);

describe("queues that give everything once", () => {
  test("are read, also when nothing is in them", async () => {
    const notification = { type: "THREAT", eventTime: 5, threatInfo: { incidentId: "A", score: 3 } };
    const { cb } = await defenseServer({
      [`GET ${V3}/notification`]: { success: true, notifications: [notification] },
      [`GET ${V3}/auditlogs`]: { status: 204, text: "" },
    });
    expect(await cb.getNotifications()).toEqual([notification]);
    expect(await cb.getAuditlogs()).toEqual([]);
  });

  test("are listened to with a spool, so that ending the program loses nothing", async () => {
    const batches = [["a", "b"], ["c"]];
    const { cb } = await defenseServer({
      [`GET ${V3}/notification`]: () => ({
        success: true,
        notifications: (batches.shift() ?? []).map((ruleName) => ({ ruleName })),
      }),
    });
    const spool = join(await mkdtemp(join(tmpdir(), "cbapi-")), "n.spool");
    const first = cb.notificationListener({ spool, position: 0 });
    expect((await first.next()).value?.ruleName).toBe("a");
    const second = cb.notificationListener({ spool, position: first.position });
    expect([(await second.next()).value?.ruleName, (await second.next()).value?.ruleName]).toEqual(["b", "c"]);
    expect(second.position).toBe(3);
  });

  test("that answer with a refusal or with something else are no empty lists", async () => {
    const { cb } = await defenseServer({
      [`GET ${V3}/notification`]: { success: false, message: "wrong key type" },
      [`GET ${V3}/auditlogs`]: { success: true, notifications: "none" },
    });
    await expect(cb.getNotifications()).rejects.toMatchObject({ code: "REFUSED", message: /wrong key type/ });
    await expect(cb.getAuditlogs()).rejects.toMatchObject({ code: "UNEXPECTED_ANSWER" });
  });
});

describe("a write that the service did not carry out", () => {
  test("is an error, whatever its status", async () => {
    const { cb } = await defenseServer(
      {
        [`POST ${V3}/x`]: { success: false, message: "no" },
        [`PUT ${V3}/x`]: { status: 200, text: "<html>", type: "text/html" },
      },
      { routes: "classic" },
    );
    await expect(cb.postObject(`${V3}/x`, {})).rejects.toMatchObject({ code: "REFUSED", serverMessage: "no" });
    await expect(cb.putObject(`${V3}/x`, {})).rejects.toMatchObject({ name: "ServerError" });
  });
});

test("an address that the service has switched off is named as such", async () => {
  const gone = { status: 404, text: '{"message":"This API has been deactivated"}' };
  const { cb } = await defenseServer({ [`GET ${V3}/device`]: gone }, { routes: "classic" });
  const { Device } = await import("./models/device.js");
  await expect(cb.select(Device).all()).rejects.toMatchObject({ code: "ROUTE_RETIRED", message: /devices/ });
});
