import { describe, expect, test } from "vitest";
import { cloudSearchRoute, cloudServer } from "../../../test-support/cloud-server.js";
import { AuditLog } from "./audit-log.js";

const LOGS = "/audit_log/v1/orgs/{org}/logs";

describe("audit logs", () => {
  test("are searched for from row 0 on, also those that say the same", async () => {
    const log = { actor: "me", create_time: "2026-01-05T09:00:00.000Z", description: "Logged in", flagged: false };
    const { cb, bodies } = await cloudServer({
      [`POST ${LOGS}/_search`]: cloudSearchRoute(() => Array(5).fill(log), 0),
    });
    const found = await cb
      .select(AuditLog)
      .where("description:Logged")
      .setActors(["me"])
      .setActorIps(["10.0.0.1"])
      .setRequestUrls(["/x"])
      .setDescriptions(["Logged in"])
      .setFlagged(false)
      .setVerbose(true)
      .setCreateTime({ range: "-2d" })
      .addExclusions("actor", ["robot"])
      .batchSize(2)
      .all();
    expect(found).toHaveLength(5);
    expect(found.report().complete).toBe(true);
    expect(found[0]?.create_time).toEqual(new Date(log.create_time));
    const selection = {
      query: "description:Logged",
      criteria: {
        actor: ["me"],
        actor_ip: ["10.0.0.1"],
        request_url: ["/x"],
        description: ["Logged in"],
        flagged: false,
        verbose: true,
        create_time: { range: "-2d" },
      },
      exclusions: { actor: ["robot"] },
    };
    expect(bodies).toEqual([
      { ...selection, rows: 2 },
      { ...selection, rows: 2, start: 2 },
      { ...selection, rows: 2, start: 4 },
    ]);
  });

  test("are queued, exported, and have no address", async () => {
    const { cb, bodies } = await cloudServer({
      [`GET ${LOGS}/_queue`]: { results: [{ actor: "a" }] },
      [`POST ${LOGS}/_export`]: { job_id: 3 },
    });
    expect(await cb.getQueuedAuditLogs()).toEqual([{ actor: "a" }]);
    expect((await cb.select(AuditLog).export("json")).id).toBe(3);
    expect(bodies).toEqual([{ format: "json" }]);
    await expect(cb.select(AuditLog).export("xml" as never)).rejects.toThrow('the format is "csv" or "json"');
    await expect(cb.select(AuditLog, "x")).rejects.toThrow("no address of their own");
    expect(() => cb.select(AuditLog).setFlagged("yes" as never)).toThrow("setFlagged takes true or false");
  });
});
