import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startCloud } from "../samples.js";
import {
  ALWAYS,
  type Alert,
  allAlerts,
  allClassic,
  as,
  ask,
  finished,
  sandbox,
  startAlerts,
  useAlerts,
  V6,
  V7,
} from "./samples.js";

useAlerts();

const search = async (body: object) => (await ask("POST", `${V7}/alerts/_search`, body)).body;
const one = async (id: string): Promise<Alert> => (await ask("GET", `${V7}/alerts/${id}`)).body;
const DAY = 86_400_000;

describe("alerts", () => {
  it("are raised by what the organisation's processes do, the same for the same seed", async () => {
    const alerts = await allAlerts(ask);
    const reasons = new Set(alerts.map((alert) => alert["reason_code"]));
    for (const code of ["R_CRED_DUMP", "R_OFFICE_SHELL", "R_LOG_CLEARED", "R_BAD_REPUTATION"])
      expect(reasons).toContain(code);
    const dump = alerts.find((alert) => alert["reason_code"] === "R_CRED_DUMP") ?? {};
    expect(dump["process_name"]).toMatch(/rundll32\.exe$/);
    expect(dump["parent_name"]).toMatch(/onesyncsvc\.exe$/);
    const device = (await ask("GET", `${V6}/devices/${dump["device_id"]}`)).body;
    expect([dump["device_name"], dump["device_policy"]]).toEqual([device.name, device.policy_name]);
    await using again = await startAlerts();
    const stable = (alert: Alert): Alert => ({ ...alert, alert_url: "" });
    expect((await allAlerts(again.ask)).map(stable)).toEqual(alerts.map(stable));
  });

  it("are raised by what watchlists find", async () => {
    const found = await search({ time_range: ALWAYS, criteria: { type: ["WATCHLIST"] }, rows: 10_000 });
    const { body } = await ask("GET", "/threathunter/watchlistmgr/v3/orgs/{org}/watchlists");
    const names = new Set(body.results.map((watchlist: Alert) => watchlist["name"]));
    expect(found.num_found).toBeGreaterThan(0);
    for (const alert of found.results) {
      expect(names).toContain(alert.watchlists[0].name);
      expect([alert.report_id, alert.ioc_id, alert.ioc_hit, alert.process_guid]).not.toContain("");
    }
    const [{ watchlists }] = found.results;
    const ofOne = found.results.filter((alert: Alert) => alert["watchlists"][0].id === watchlists[0].id).length;
    for (const criteria of [{ watchlists_id: [watchlists[0].id] }, { watchlist_name: [watchlists[0].name] }]) {
      expect((await search({ time_range: ALWAYS, criteria })).num_found).toBe(ofOne);
    }
    const classic = await ask("POST", `${V6}/alerts/watchlist/_search`, {
      criteria: { create_time: ALWAYS, watchlist_id: [watchlists[0].id], watchlist_name: [watchlists[0].name] },
    });
    expect(classic.body.num_found).toBe(ofOne);
  });

  it("name the processes that searches find", async () => {
    const alert = (await allAlerts(ask)).find((each) => each["reason_code"] === "R_OFFICE_SHELL");
    const job = await ask("POST", "/api/investigate/v2/orgs/{org}/processes/search_jobs", {
      query: `process_guid:${alert?.["process_guid"]}`,
      time_range: { window: "-30y" },
    });
    let body: Alert = {};
    for (let poll = 0; poll < 6; poll++) {
      body = (await ask("GET", `/api/investigate/v2/orgs/{org}/processes/search_jobs/${job.body.job_id}/results`)).body;
    }
    expect(body["results"]).toMatchObject([{ process_guid: alert?.["process_guid"] }]);
    expect(body["results"][0].alert_id).toContain(alert?.["id"]);
  });

  it("grow as time goes by", async () => {
    const before = (await allAlerts(ask)).length;
    const start = new Date(sandbox.clock.now() + 1).toISOString();
    await sandbox.clock.step(90);
    const alerts = await allAlerts(ask);
    expect(alerts.length).toBeGreaterThan(before);
    const fresh = await search({ time_range: { start } });
    expect(fresh.num_found).toBe(alerts.length - before);
  });

  it("are looked back for over two weeks where nobody says from when, by their ids wherever they are", async () => {
    const alerts = await allAlerts(ask);
    const since = sandbox.clock.now() - 14 * DAY;
    const recent = alerts.filter((alert) => Date.parse(alert["backend_timestamp"]) >= since);
    expect(recent.length).toBeLessThan(alerts.length);
    expect((await search({})).num_found).toBe(recent.length);
    const old = alerts.find((alert) => !recent.includes(alert)) ?? {};
    expect((await search({ criteria: { id: [old["id"]] } })).num_found).toBe(1);
    const from = recent.at(-1)?.["backend_timestamp"];
    const to = recent.at(0)?.["backend_timestamp"];
    expect((await search({ time_range: { start: from, end: to } })).num_found).toBe(recent.length);
  });

  it("are counted from 1, in pages, in the order that is asked for", async () => {
    const alerts = await allAlerts(ask);
    const rows = 7;
    const ids: string[] = [];
    for (let start = 1; start <= alerts.length; start += rows) {
      const { results } = await search({ time_range: ALWAYS, rows, start });
      ids.push(...results.map((alert: Alert) => alert["id"]));
    }
    expect(ids).toEqual(alerts.map((alert) => alert["id"]));
    const first = await search({ time_range: ALWAYS, rows: 1, start: 0 });
    expect(first.results[0].id).toBe(ids[0]);
    const sorted = await search({ time_range: ALWAYS, rows: 100, sort: [{ field: "severity", order: "DESC" }] });
    const severities = sorted.results.map((alert: Alert) => alert["severity"]);
    expect(severities).toEqual([...severities].sort((a, b) => b - a));
    expect((await search({})).results.length).toBe(Math.min(20, (await search({})).num_found));
  });

  it.each([
    [{ criteria: { type: ["NOTHING"] } }, "INVALID_ENUM_VALUE"],
    [{ criteria: { workflow_status: ["DISMISSED"] } }, "INVALID_ENUM_VALUE"],
    [{ exclusions: { device_os: ["DOS"] } }, "INVALID_ENUM_VALUE"],
    [{ criteria: { shoe_size: [44] } }, "BAD_REQUEST"],
    [{ criteria: { device_id: ["x"] } }, "BAD_REQUEST"],
    [{ rows: 10_001 }, "BAD_REQUEST"],
    [{ start: 9_999, rows: 100 }, "BAD_REQUEST"],
    [{ start: -1 }, "BAD_REQUEST"],
    [{ time_range: { range: "soon" } }, "BAD_REQUEST"],
    [{ sort: [{ field: "shoe_size", order: "ASC" }] }, "BAD_REQUEST"],
    [{ query: "device_name:(" }, "INVALID_QUERY"],
  ])("are not searched by %j", async (body, code) => {
    const refused = await ask("POST", `${V7}/alerts/_search`, body);
    expect([refused.status, refused.body.error_code]).toEqual([400, code]);
  });

  it("are counted by values, all that were found", async () => {
    const alerts = await allAlerts(ask);
    const body = { time_range: ALWAYS, terms: { fields: ["TYPE", "device_name", "ATTACK_TACTIC"], rows: 0 } };
    const { results } = (await ask("POST", `${V7}/alerts/_facet`, body)).body;
    for (const { field, values } of results) {
      for (const { id, total } of values) {
        expect(total).toBe(alerts.filter((alert) => alert[field.toLowerCase()] === id).length);
      }
    }
    expect(results[0].values.reduce((sum: number, { total }: Alert) => sum + total, 0)).toBe(alerts.length);
    const unknown = await ask("POST", `${V7}/alerts/_facet`, { terms: { fields: ["SHOE_SIZE"] } });
    expect([unknown.status, unknown.body.error_code]).toEqual([400, "INVALID_ENUM_VALUE"]);
    expect(unknown.body.known_values).toContain("DEVICE_NAME");
    expect((await ask("POST", `${V7}/alerts/_facet`, { ...body, rows: 5 })).status).toBe(400);
  });

  it("are suggested for what somebody begins to type", async () => {
    const [alert] = await allAlerts(ask);
    const begun = String(alert?.["device_name"]).slice(0, 3).toLowerCase();
    const { suggestions } = (await ask("GET", `${V7}/alerts/search_suggestions?suggest.q=${begun}`)).body;
    expect(suggestions.map(({ term }: Alert) => term)).toContain(alert?.["device_name"]);
    const fields = (await ask("GET", `${V6}/alerts/search_suggestions?suggest.q=threat_cause`)).body.suggestions;
    expect(fields.map(({ term }: Alert) => term)).toContain("threat_cause_vector");
  });
});

describe("what is done about alerts", () => {
  it("is done by a job, noted in their history, and seen in either form", async () => {
    const [alert] = await allAlerts(ask);
    const id = alert?.["id"];
    const started = await ask("POST", `${V7}/alerts/workflow`, {
      ...{ criteria: { id: [id] }, status: "CLOSED", closure_reason: "RESOLVED", determination: "TRUE_POSITIVE" },
      note: "Done",
    });
    expect((await one(id))["workflow"].status).toBe("OPEN");
    const job = await finished(ask, started.body.request_id);
    expect(job).toMatchObject({
      ...{ type: "user_workflow_update", progress: { num_total: 1, num_completed: 1 } },
      job_parameters: { job_parameters: { request: { status: "CLOSED" } } },
    });
    expect(await one(id)).toMatchObject({
      workflow: { status: "CLOSED", closure_reason: "RESOLVED", changed_by_type: "API" },
      ...{ determination: { value: "TRUE_POSITIVE" }, alert_notes_present: true, is_updated: true },
    });
    const classic = (await ask("GET", `${V6}/alerts/${id}`)).body;
    expect(classic).toMatchObject({ workflow: { state: "DISMISSED" }, notes_present: true });
    const { history } = (await ask("GET", `${V7}/alerts/${id}/history`)).body;
    expect(history.map(({ type }: Alert) => type)).toEqual(["NOTE", "DETERMINATION", "WORKFLOW"]);
    const { results } = (await ask("GET", `${V7}/alerts/${id}/notes`)).body;
    expect(results).toMatchObject([{ note: "Done", source: "CUSTOMER" }]);
  });

  it.each([
    [{ status: "DONE" }, "INVALID_ENUM_VALUE"],
    [{ status: "CLOSED", closure_reason: "BORED" }, "INVALID_ENUM_VALUE"],
    [{ determination: "MAYBE" }, "INVALID_ENUM_VALUE"],
    [{}, "BAD_REQUEST"],
  ])("is refused where it is %j", async (body, code) => {
    const refused = await ask("POST", `${V7}/alerts/workflow`, { criteria: { id: ["x"] }, ...body });
    expect([refused.status, refused.body.error_code]).toEqual([400, code]);
  });

  it("may fail for some", async () => {
    sandbox.behaviour.failedAlerts = 1;
    const found = (await search({ criteria: { reason_code: ["R_RECON"], workflow_status: ["OPEN"] } })).results.map(
      ({ id }: Alert) => id,
    );
    const body = { criteria: { id: found }, state: "DISMISSED" };
    const { request_id: id } = (await ask("POST", `${V6}/alerts/workflow/_criteria`, body)).body;
    await finished(ask, id);
    sandbox.behaviour.failedAlerts = 0;
    const status = (await ask("GET", `${V6}/workflow/status/${id}`)).body;
    expect(status).toMatchObject({ status: "FINISHED", num_hits: found.length, num_success: found.length - 1 });
    expect(status.failed_ids).toHaveLength(1);
    expect((await one(status.failed_ids[0]))["workflow"].status).toBe("OPEN");
  });

  it("is written in notes that can be deleted", async () => {
    const [alert] = await allAlerts(ask);
    const at = `${V7}/alerts/${alert?.["id"]}/notes`;
    const note = (await ask("POST", at, { note: "Look at this" })).body;
    expect((await ask("GET", at)).body.results.map(({ id }: Alert) => id)).toContain(note.id);
    expect((await ask("DELETE", `${at}/${note.id}`)).status).toBe(204);
    expect((await ask("DELETE", `${at}/${note.id}`)).status).toBe(404);
    expect((await ask("POST", at, { note: "x".repeat(20_001) })).status).toBe(400);
    expect((await ask("POST", at, {})).status).toBe(400);
  });

  it("is written for threats, with tags that all of their alerts have", async () => {
    const alert = (await allAlerts(ask)).find((each) => each["reason_code"] === "R_BAD_REPUTATION");
    const at = `${V7}/threats/${alert?.["threat_id"]}`;
    expect((await ask("POST", `${at}/tags`, { tags: ["b", "a", "b"] })).body).toEqual({ tags: ["b", "a"] });
    expect((await ask("GET", `${at}/tags`)).body).toEqual({ list: ["b", "a"] });
    expect((await ask("DELETE", `${at}/tags/b`)).body).toEqual({ tags: ["a"] });
    expect((await ask("DELETE", `${at}/tags/b`)).status).toBe(404);
    const note = (await ask("POST", `${at}/notes`, { note: "All of them" })).body;
    const tagged = await search({ time_range: ALWAYS, criteria: { tags: ["a"], threat_notes_present: true } });
    const ofThreat = await search({ time_range: ALWAYS, criteria: { threat_id: [alert?.["threat_id"]] } });
    expect(tagged.num_found).toBe(ofThreat.num_found);
    expect((await ask("GET", `${at}/history`)).body.history).toMatchObject([{ type: "NOTE", note: "All of them" }]);
    expect((await ask("DELETE", `${at}/notes/${note.id}`)).status).toBe(204);
    expect((await ask("GET", `${at}/notes`)).body.num_found).toBe(0);
    expect((await ask("POST", `${at}/tags`, { tags: [] })).status).toBe(400);
    expect((await ask("GET", `${V7}/threats/nothing/tags`)).status).toBe(404);
  });

  it("is told of groups of alerts", async () => {
    const alerts = await allAlerts(ask);
    const body = { time_range: ALWAYS, rows: 1_000, group_by: { field: "DEVICE_NAME" } };
    const groups = (await ask("POST", `${V7}/grouped_alerts/_search`, body)).body;
    expect(groups.num_found).toBe(new Set(alerts.map((alert) => alert["device_name"])).size);
    expect(groups.group_by_total_count).toBe(alerts.length);
    for (const group of groups.results) {
      const name = group.most_recent_alert.device_name;
      const members = alerts.filter((alert) => alert["device_name"] === name);
      expect([group.count, group.device_count]).toEqual([members.length, 1]);
      expect(group.highest_severity).toBe(Math.max(...members.map((alert) => alert["severity"])));
    }
    expect((await ask("POST", `${V7}/grouped_alerts/_search`, { group_by: { field: "shoe_size" } })).status).toBe(400);
    const facet = { time_range: ALWAYS, group_by: { field: "THREAT_ID" }, terms: { fields: ["type"], rows: 0 } };
    const counted = (await ask("POST", `${V7}/grouped_alerts/_facet`, facet)).body.results[0].values;
    expect(counted.reduce((sum: number, { total }: Alert) => sum + total, 0)).toBe(alerts.length);
  });

  it("is exported as a table", async () => {
    const fields = ["id", "device_name", "workflow.status", "ttps"];
    const body = { time_range: ALWAYS, format: "CSV", fields, criteria: { minimum_severity: 7 } };
    const { job_id: id } = (await ask("POST", `${V7}/alerts/_export`, body)).body;
    await finished(ask, id);
    const lines = String((await ask("GET", `/jobs/v1/orgs/{org}/jobs/${id}/download`)).body)
      .trim()
      .split("\n");
    expect(lines[0]).toBe(fields.join(","));
    expect(lines.length - 1).toBe((await allAlerts(ask)).filter((alert) => alert["severity"] >= 7).length);
    expect((await ask("POST", `${V7}/alerts/_export`, { format: "PDF" })).body.error_code).toBe("INVALID_ENUM_VALUE");
  });

  it("includes finding out what a command hides", async () => {
    const shell = (await allAlerts(ask)).find((alert) => alert["reason_code"] === "R_OFFICE_SHELL");
    const reveal = "/tau/v2/orgs/{org}/reveal";
    const { body } = await ask("POST", reveal, { input: shell?.["process_cmdline"] });
    expect(body.original_code).toBe(shell?.["process_cmdline"]);
    expect(body.deobfuscated_code).toContain("DownloadFile");
    expect(body.identities).toContain("New-Object");
    expect((await ask("POST", reveal, {})).status).toBe(400);
  });

  it("needs a key that may", async () => {
    const reader = as({ rights: ["org.alerts(READ)"] });
    expect((await reader("POST", `${V7}/alerts/_search`, {})).status).toBe(200);
    expect((await reader("POST", `${V7}/alerts/workflow`, { status: "OPEN" })).status).toBe(403);
    expect((await as({ rights: ["API"] })("POST", `${V7}/alerts/_search`, {})).status).toBe(403);
    expect((await ask("POST", "/api/alerts/v7/orgs/OTHERORG/alerts/_search", {})).body.error_code).toBe("FORBIDDEN");
  });
});

describe("the firewall of a policy", () => {
  it("raises alerts about programs that run, of what it refuses and tells of", async () => {
    const { policies } = (await ask("GET", "/policyservice/v1/orgs/{org}/policies/summary")).body;
    const rules = ["TCP", "UDP"].map((protocol) => ({
      ...{ action: "BLOCK_ALERT", direction: "BOTH", enabled: true, protocol, remote_ip_address: "*", name: protocol },
    }));
    const parameters = { enable_host_based_firewall: true, rule_groups: [{ name: "All", rules }] };
    for (const { id } of policies) {
      const at = `/policyservice/v1/orgs/{org}/policies/${id}/rule_configs/host_based_firewall`;
      const [{ id: config }] = (await ask("GET", at)).body.results;
      await ask("PUT", at, [{ id: config, parameters }]);
    }
    await sandbox.clock.step(900);
    const found = await search({ criteria: { type: ["HOST_BASED_FIREWALL"] } });
    expect(found.num_found).toBeGreaterThan(0);
    expect(found.results[0]).toMatchObject({ sensor_action: "DENY", policy_applied: "APPLIED" });
    expect(found.results[0].netconn_remote_ip).toMatch(/^\d/);
    expect((await allClassic(ask)).some((alert) => alert["type"] === "HOST_BASED_FIREWALL")).toBe(true);
  });
});

describe("an organisation that is taken up again", () => {
  it("has the alerts that it had, as they were, and raises others", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cloud-alerts-"));
    try {
      const options = { organisation: "small", file: join(directory, "kept.db"), clock: { running: false } } as const;
      let kept: Alert[] = [];
      {
        await using first = await startCloud(options);
        await first.sandbox.clock.step(60);
        const [alert] = await allAlerts(first.ask);
        // What a job was to do is done before the end, though nobody has asked for it.
        await first.ask("POST", `${V7}/alerts/workflow`, { criteria: { id: [alert?.["id"]] }, status: "IN_PROGRESS" });
        kept = await allAlerts(first.ask);
      }
      await using second = await startCloud(options);
      // The clock of the second one begins anew: what was raised at the ticks of the first is yet to come.
      await second.sandbox.clock.step(60);
      const after = await allAlerts(second.ask);
      const ids = after.map((alert) => alert["id"]);
      expect(ids).toEqual(expect.arrayContaining(kept.map((alert) => alert["id"])));
      expect(after.filter((alert) => alert["workflow"].status === "IN_PROGRESS")).toHaveLength(1);
      await second.sandbox.clock.step(30);
      expect((await allAlerts(second.ask)).length).toBeGreaterThan(kept.length);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
