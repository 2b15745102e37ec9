import { BaseAlert, WatchlistAlert, CBAnalyticsAlert, VMwareAlert, AuditLog, WorkflowStatus } from "cbapi/psc";
import { it } from "vitest";
import { asked, cb, cloudClient, sandbox, useCloud } from "../support/given-cloud.js";
useCloud();
it("smoke", async () => {
  const all = await cb.select(BaseAlert).all();
  console.log("default", all.length, all.report());
  const ever = await cb.select(BaseAlert).setCreateTime({ range: "-1y" }).all();
  console.log("ever", ever.length);
  console.log(JSON.stringify(ever[0]?.toJSON(), null, 1));
  console.log(await cb.select(BaseAlert).setCreateTime({ range: "-1y" }).facets(["type", "workflow_status", "severity", "device_name", "process_reputation", "tags", "run_state", "sensor_action", "policy_applied"]));
  const classic = cloudClient({ routes: "classic" });
  const call = await classic.select(BaseAlert).all();
  console.log("classic", call.length, JSON.stringify(call[0]?.toJSON(), null, 1));
  for (const c of [WatchlistAlert, CBAnalyticsAlert, VMwareAlert]) console.log(c.name, await classic.select(c).setCreateTime({range: "-1y"}).count());
  console.log(JSON.stringify((await classic.select(CBAnalyticsAlert).first())?.toJSON(), null, 1));
  const logs = await cb.select(AuditLog).all();
  console.log(logs.length, logs.report(), logs[0]?.toJSON());
  console.log((await cb.getQueuedAuditLogs()).slice(0, 2));
  const one = all[0] as BaseAlert;
  const change = cb.select(BaseAlert).setDeviceIds([one.device_id as number]).dismiss("RESOLVED", "note");
  console.log(await change, await change.finished({ onProgress: (s) => console.log(s.status, s.num_hits, s.num_success) }));
  const id = await cb.bulkThreatDismiss([one.threat_id as string], "a", "b");
  console.log(id);
  try { console.log(await cb.select(WorkflowStatus, id).wait()); } catch (e) { console.log(e); }
  console.log(asked());
  await classic.close();
});
