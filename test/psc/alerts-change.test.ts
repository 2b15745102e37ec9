// What becomes of alerts: one, all that a search finds, threats; notes, tags, histories; groups and exports.
import { BaseAlert, BulkError, CBAnalyticsAlert, type CbPSCBaseAPI, WorkflowStatus } from "cbapi/psc";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asked, cb, cloudClient, other, sandbox, useCloud, written } from "../support/given-cloud.js";

useCloud();

afterEach(() => {
  sandbox.behaviour.failedAlerts = 0;
});

describe.each(["current", "classic"] as const)("by the %s routes", (routes) => {
  let client: CbPSCBaseAPI;

  beforeEach(() => {
    client = routes === "current" ? cb : cloudClient({ routes });
    return async () => {
      if (routes === "classic") await client.close();
    };
  });
  /** Where an alert stands, by the word of the service. */
  const now = async (id: string) => (await other.select(BaseAlert, id, { refresh: true })).workflow_;

  it("one alert is dismissed and opened again", async () => {
    const alert = (await client.select(BaseAlert).first()) as BaseAlert;
    expect(await alert.dismiss("RESOLVED", "was a test")).toBe(alert);
    expect(alert.workflow_.state).toBe("DISMISSED");
    expect((await now(alert.id)).status).toBe("CLOSED");
    await alert.update({ comment: "after all" });
    expect(alert.workflow_.state).toBe("OPEN");
    expect((await now(alert.id)).status).toBe("OPEN");
    await alert.changeStatus({ status: "CLOSED", closureReason: "DUPLICATE_CLEANUP", note: "n" });
    expect((await now(alert.id)).status).toBe("CLOSED");
  });

  it("all that a search finds are dismissed, and the service is waited for", async () => {
    const query = client.select(CBAnalyticsAlert).setMinimumSeverity(3).setWorkflows(["OPEN"]);
    const wanted = await query.count();
    const change = query.dismiss("RESOLVED", "done");
    expect(written()).toEqual([]);
    const seen: string[] = [];
    const outcome = await change.finished({ onProgress: ({ status }) => void seen.push(status ?? "") });
    expect(outcome).toEqual({ hits: wanted, success: wanted, failedIds: [], errors: [] });
    expect(seen.at(-1)).toBe("FINISHED");
    expect(seen.length).toBeGreaterThan(1);
    expect(written()).toHaveLength(1);
    expect(await other.select(CBAnalyticsAlert).setMinimumSeverity(3).setWorkflows(["OPEN"]).count()).toBe(0);
    const reopened = await client.select(CBAnalyticsAlert).setMinimumSeverity(3).update().finished();
    expect(reopened.success).toBe(wanted);
  });

  it("after a plan, exactly those that were found are changed", async () => {
    const query = client.select(BaseAlert).setMinimumSeverity(5);
    const change = query.dismiss("RESOLVED");
    const plan = await change.plan();
    expect(plan.total).toBe(await query.count());
    expect(written()).toEqual([]);
    const report = await change;
    expect(report.counts).toMatchObject({ done: plan.total });
    expect(report.items()?.map(({ item }) => item)).toEqual(plan.items);
    await change.finished();
    for (const id of plan.items.slice(0, 3)) expect((await now(id)).state).toBe("DISMISSED");
  });

  it("those that the service leaves as they are are counted", async () => {
    sandbox.behaviour.failedAlerts = 2;
    const query = client.select(BaseAlert).setTypes(["CB_ANALYTICS"]);
    const outcome = await query.dismiss("RESOLVED").finished();
    expect(outcome.hits - outcome.success).toBe(2);
    expect(await other.select(BaseAlert).setTypes(["CB_ANALYTICS"]).setWorkflows(["OPEN"]).count()).toBe(2);
    if (routes === "classic") expect(outcome.failedIds).toHaveLength(2);
  });

  it("nothing is changed that was not meant", async () => {
    expect(() => client.select(BaseAlert).dismiss("x")).toThrow(expect.objectContaining({ code: "UNFILTERED" }));
    expect(written()).toEqual([]);
    const all = client.select(BaseAlert).dismiss({ remediation: "RESOLVED", all: true });
    await all.finished();
    expect(await other.select(BaseAlert).setWorkflows(["OPEN"]).count()).toBe(0);
  });

  it("a threat is dismissed, with what is still to come of it", async () => {
    const alert = (await client.select(BaseAlert).first()) as BaseAlert;
    const workflow = await alert.dismissThreat("RESOLVED", "whole threat");
    expect(workflow.state).toBe("DISMISSED");
    const ofThreat = () =>
      other
        .select(BaseAlert)
        .setThreatIds([alert.threat_id ?? ""])
        .setWorkflows(["OPEN"])
        .count();
    expect(await ofThreat()).toBe(0);
    expect((await alert.updateThreat()).state).toBe("OPEN");
    expect(await ofThreat()).toBeGreaterThan(0);
  });

  it("threats are dismissed by their ids", async () => {
    const alerts = await client.select(BaseAlert).all();
    const threats = [...new Set(alerts.map(({ threat_id }) => threat_id ?? ""))].slice(0, 2);
    const id = await client.bulkThreatDismiss(threats, "RESOLVED", "both");
    const status = await (await client.select(WorkflowStatus, id)).wait();
    expect(status.finished).toBe(true);
    expect(status.num_success).toBe(status.num_hits);
    expect(await other.select(BaseAlert).setThreatIds(threats).setWorkflows(["OPEN"]).count()).toBe(0);
    await (await client.select(WorkflowStatus, await client.bulkThreatUpdate(threats))).wait();
    expect(await other.select(BaseAlert).setThreatIds(threats).setWorkflows(["DISMISSED"]).count()).toBe(0);
  });

  it("how far a change is, is what was asked last", async () => {
    const change = client.select(BaseAlert).setMinimumSeverity(1).dismiss("RESOLVED");
    await change;
    const [status] = change.statuses;
    expect(status?.status).toBeUndefined();
    await status?.load();
    expect([status?.queued, status?.in_progress, status?.finished].filter(Boolean)).toHaveLength(1);
    await expect(client.select(WorkflowStatus, "12345678")).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });
});

describe("what only the service of today does", () => {
  it("an alert is being worked on, and turns out to be something", async () => {
    const alert = (await cb.select(BaseAlert).first()) as BaseAlert;
    await alert.changeStatus({ status: "IN_PROGRESS", determination: "TRUE_POSITIVE", note: "looking into it" });
    expect([alert.workflow_.status, alert.workflow_.state]).toEqual(["IN_PROGRESS", "OPEN"]);
    expect(alert.determination?.value).toBe("TRUE_POSITIVE");
    const change = cb.select(BaseAlert).addCriteria("workflow_status", ["IN_PROGRESS"]);
    expect((await change.changeStatus({ status: "CLOSED", closureReason: "RESOLVED" }).finished()).hits).toBe(1);
    expect((await alert.history()).length).toBeGreaterThan(1);
    expect((await alert.history({ threat: true })).length).toBeGreaterThan(1);
  });

  it("notes are kept about an alert and about its threat", async () => {
    const alert = (await cb.select(BaseAlert).first()) as BaseAlert;
    const note = await alert.createNote("first words");
    const about = await alert.createNote("of the threat", { threat: true });
    expect((await alert.notes()).map((one) => one.note)).toEqual(["first words"]);
    expect((await alert.notes({ threat: true })).map(({ id }) => id)).toEqual([about.id]);
    expect([note.author, note.source, note.isDeleted]).toEqual([expect.any(String), "CUSTOMER", false]);
    expect(note.create_timestamp).toBeInstanceOf(Date);
    expect(note.last_update_timestamp).toBeInstanceOf(Date);
    await alert.refresh();
    expect([alert.alert_notes_present, alert.notes_present, alert.threat_notes_present]).toEqual([true, true, true]);
    await note.delete();
    await about.delete();
    expect(note.isDeleted).toBe(true);
    expect(await alert.notes()).toEqual([]);
    await expect(alert.createNote("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("threats have tags", async () => {
    const alert = (await cb.select(BaseAlert).first()) as BaseAlert;
    expect((await alert.addThreatTags(["a/b", "c"])).sort()).toEqual(["a/b", "c"]);
    expect(await alert.deleteThreatTag("a/b")).toEqual(["c"]);
    expect(await alert.threatTags()).toEqual(["c"]);
    expect((await alert.refresh()).tags).toEqual(["c"]);
  });

  it("alerts come by groups", async () => {
    const all = await cb.select(BaseAlert).all();
    const query = cb.select(BaseAlert).groupBy();
    const groups = await query.all();
    expect(groups.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(all.length);
    const [group] = groups;
    if (group === undefined) throw new Error("there is no group");
    const alerts = await query.alertsOf(group).all();
    expect(alerts).toHaveLength(group.count ?? 0);
    expect(alerts.map(({ id }) => id)).toContain(group.mostRecentAlert.id);
    const times = alerts.map(({ create_time }) => create_time?.getTime() ?? 0);
    expect(group.device_count).toBe(new Set(alerts.map(({ device_id }) => device_id)).size);
    expect(group.highest_severity).toBe(Math.max(...alerts.map(({ severity }) => severity ?? 0)));
    expect(group.last_alert_timestamp?.getTime()).toBe(Math.max(...times));
    expect(group.first_alert_timestamp?.getTime()).toBe(Math.min(...times));
    for (const name of ["workflow_states", "determination_values", "ml_classification_final_verdicts"] as const) {
      expect(Object.values(group[name] ?? {}).reduce((sum, n) => sum + n, 0)).toBe(group.count);
    }
    expect([group.workload_count, group.policy_applied, group.tags, group.threat_notes_present]).toEqual([
      expect.any(Number),
      expect.any(String),
      expect.any(Array),
      false,
    ]);
    expect(await query.groupBy("device_id").count()).toBe(new Set(all.map(({ device_id }) => device_id)).size);
    const [facet] = await query.facets(["type"], 0, { filterValues: false });
    expect(facet?.field.toLowerCase()).toBe("type");
  });

  it("a search is written into a file", async () => {
    const query = cb.select(BaseAlert).setMinimumSeverity(3);
    const job = await query.export({ fields: ["id", "severity"] });
    await job.awaitCompletion();
    const [head, ...rows] = (await job.output.text()).trimEnd().split("\n");
    expect(head).toBe("id,severity");
    expect(rows).toHaveLength(await query.count());
    await expect(cloudClient({ routes: "classic" }).select(BaseAlert).export()).rejects.toThrow(
      "the classic routes have none",
    );
  });

  it("a change that the service refuses is told item by item after a plan", async () => {
    const change = cb.select(BaseAlert).setMinimumSeverity(3).dismiss("RESOLVED");
    await change.plan();
    sandbox.faults.add({ match: { pattern: "/alerts/workflow$", times: 1 }, do: { status: 500 } });
    const report = await change;
    expect(report.complete).toBe(false);
    await expect(change.finished()).rejects.toBeInstanceOf(BulkError);
    expect((await report.retry()).complete).toBe(true);
    asked();
  });
});
