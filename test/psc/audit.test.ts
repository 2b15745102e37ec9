// Audit logs: searched, taken from their queue, followed, written into files.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuditLog, BaseAlert, QueueListener } from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { cb, other, useCloud } from "../support/given-cloud.js";

useCloud();

/** Does something that is noted. */
const act = async () => (await cb.select(BaseAlert).first())?.dismiss("RESOLVED", "noted");

describe("audit logs", () => {
  it("are found by each criterion", async () => {
    await act();
    const all = await cb.select(AuditLog).setCreateTime({ range: "-1y" }).all();
    expect(all.length).toBeGreaterThan(2);
    const one = all.find(({ flagged }) => flagged === true) as AuditLog;
    const says = (log: AuditLog) => [log.create_time?.getTime(), log.actor, log.description, log.verbose];
    const search = () => cb.select(AuditLog).setCreateTime({ range: "-1y" });
    const cases = [
      [search().setActors([one.actor ?? ""]), (log: AuditLog) => log.actor === one.actor],
      [search().setActorIps([one.actor_ip ?? ""]), (log: AuditLog) => log.actor_ip === one.actor_ip],
      [search().setDescriptions([one.description ?? ""]), (log: AuditLog) => log.description === one.description],
      [search().setFlagged(true), (log: AuditLog) => log.flagged === true],
      [search().setVerbose(false), (log: AuditLog) => log.verbose !== true],
      [search().addExclusions("actor", [one.actor ?? ""]), (log: AuditLog) => log.actor !== one.actor],
    ] as const;
    for (const [query, holds] of cases) {
      expect((await query.all()).map(says).sort()).toEqual(all.filter(holds).map(says).sort());
    }
    expect([one.org_key, one.request_url]).toEqual([cb.credentials.org_key, undefined]);
    const inTime = await search().sortBy("create_time", "ASC").batchSize(1).all();
    expect(inTime).toHaveLength(all.length);
    const urls = all.flatMap(({ request_url }) => request_url ?? []);
    if (urls[0] !== undefined)
      expect(await search().setRequestUrls([urls[0]]).count()).toBe(urls.filter((url) => url === urls[0]).length);
  });

  it("are queued once for each key", async () => {
    const first = await cb.getQueuedAuditLogs();
    expect(first.length).toBeGreaterThan(0);
    expect(await cb.getQueuedAuditLogs()).toEqual([]);
    await act();
    expect((await other.getQueuedAuditLogs()).length).toBeGreaterThan(0);
  });

  it("are followed, and nothing of what was taken is lost", async () => {
    const spool = join(await mkdtemp(join(tmpdir(), "cbapi-")), "audit.spool");
    const listener = cb.auditLogListener({ spool, position: 0 });
    expect(listener).toBeInstanceOf(QueueListener);
    const first = await listener.next();
    const again = cb.auditLogListener({ spool, position: 0 });
    expect(await again.next()).toEqual(first);
    await again.saved(again.position);
    expect(again.pending.length + 1).toBeGreaterThan(1);
  });

  it("are written into a file of either kind", async () => {
    for (const format of ["csv", "json"] as const) {
      const job = await cb.select(AuditLog).export(format);
      await job.awaitCompletion();
      expect((await job.output.text()).length).toBeGreaterThan(10);
    }
  });
});
