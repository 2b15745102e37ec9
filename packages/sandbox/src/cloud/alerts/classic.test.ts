import { describe, expect, it } from "vitest";
import { ALWAYS, type Alert, allAlerts, allClassic, as, ask, sandbox, useAlerts, V6, V7 } from "./samples.js";

useAlerts();

const search = async (body: object, kind = "alerts") => (await ask("POST", `${V6}/${kind}/_search`, body)).body;
const always = { create_time: ALWAYS };

describe("alerts in the classic form", () => {
  it("are those of the present one, and VMWARE's besides", async () => {
    const present = await allAlerts(ask);
    const classic = await allClassic(ask);
    const known = classic.filter((alert) => alert["type"] !== "VMWARE");
    expect(known.map((alert) => alert["id"]).sort()).toEqual(present.map((alert) => alert["id"]).sort());
    expect(classic.length).toBeGreaterThan(known.length);
    for (const alert of known.slice(0, 20)) {
      const same = present.find((each) => each["id"] === alert["id"]) ?? {};
      expect(alert).toMatchObject({
        ...{ create_time: same["backend_timestamp"], policy_name: same["device_policy"], threat_id: same["threat_id"] },
        ...{ target_value: same["device_target_value"], threat_cause_actor_sha256: same["process_sha256"] },
        workflow: { state: "OPEN", comment: "", remediation: "" },
      });
      expect((await ask("GET", `${V6}/alerts/${alert["id"]}`)).body).toEqual(alert);
    }
  });

  it("have paths by their type", async () => {
    const all = await allClassic(ask);
    for (const [kind, type] of [
      ["alerts/cbanalytics", "CB_ANALYTICS"],
      ["alerts/watchlist", "WATCHLIST"],
      ["alerts/vmware", "VMWARE"],
    ]) {
      const found = await search({ criteria: always, rows: 10_000 }, kind);
      expect(found.num_found).toBe(all.filter((alert) => alert["type"] === type).length);
      expect(found.results.every((alert: Alert) => alert["type"] === type)).toBe(true);
    }
    const [vmware] = (await search({ criteria: always }, "alerts/vmware")).results;
    const grouped = await search({ criteria: { ...always, group_id: [vmware.group_id] } }, "alerts/vmware");
    expect(grouped.num_found).toBeGreaterThan(0);
    expect((await ask("GET", `${V7}/alerts/${vmware.id}`)).status).toBe(404);
  });

  it("are looked back for over a month, and grouped by threat", async () => {
    const all = await allClassic(ask);
    const since = sandbox.clock.now() - 30 * 86_400_000;
    const recent = all.filter((alert) => Date.parse(alert["create_time"]) >= since);
    expect((await search({ criteria: {}, query: null })).num_found).toBe(recent.length);
    const groups = await search({ criteria: { ...always, group_results: true }, rows: 10_000 });
    expect(groups.num_found).toBe(new Set(all.map((alert) => alert["threat_id"])).size);
    const counts = groups.results.map((alert: Alert) => alert["group_details"].count);
    expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(all.length);
  });

  it.each([
    { category: ["BORING"] },
    { kill_chain_status: ["LUNCH"] },
    { reputation: ["FAIR"] },
    { threat_cause_vector: ["PIGEON"] },
    { workflow: ["CLOSED"] },
    { type: ["OTHER"] },
  ])("are not searched by %j", async (criteria) => {
    const refused = await ask("POST", `${V6}/alerts/_search`, { criteria });
    expect([refused.status, refused.body.error_code]).toEqual([400, "INVALID_ENUM_VALUE"]);
    expect(refused.body.known_values.length).toBeGreaterThan(1);
  });

  it("are counted by values", async () => {
    const all = await allClassic(ask);
    // A stray `rows` is passed over here.
    const body = { criteria: always, rows: 100, terms: { fields: ["ALERT_TYPE", "APPLICATION_NAME"], rows: 0 } };
    const [types, programs] = (await ask("POST", `${V6}/alerts/_facet`, body)).body.results;
    for (const { id, total } of types.values) expect(total).toBe(all.filter((alert) => alert["type"] === id).length);
    for (const { id, total } of programs.values) {
      expect(total).toBe(all.filter((alert) => alert["process_name"] === id).length);
    }
    const refused = await ask("POST", `${V6}/alerts/_facet`, { terms: { fields: ["SHOE_SIZE"] } });
    expect(refused.body).toMatchObject({ error_code: "INVALID_ENUM_VALUE", invalid_value: "SHOE_SIZE" });
  });

  it("are dismissed one by one", async () => {
    const [alert] = await allClassic(ask);
    const at = `${V6}/alerts/${alert?.["id"]}/workflow`;
    const dismissed = await ask("POST", at, { state: "DISMISSED", remediation_state: "Fixed", comment: "Yes" });
    expect(dismissed.body).toMatchObject({ state: "DISMISSED", remediation: "Fixed", comment: "Yes" });
    expect((await ask("GET", `${V6}/alerts/${alert?.["id"]}`)).body.workflow).toEqual(dismissed.body);
    expect((await ask("GET", `${V7}/alerts/${alert?.["id"]}`)).body.workflow).toMatchObject({
      status: "CLOSED",
      note: "Yes",
    });
    expect((await ask("POST", at, { state: "OPEN" })).body).toMatchObject({
      state: "OPEN",
      remediation: "",
      comment: "",
    });
    expect((await ask("POST", at, {})).status).toBe(400);
    expect((await ask("POST", at, { state: "GONE" })).body.error_code).toBe("INVALID_ENUM_VALUE");
    expect((await ask("POST", `${V6}/alerts/nothing/workflow`, { state: "OPEN" })).status).toBe(404);
  });

  it("are dismissed by what a search finds, over three polls", async () => {
    const criteria = { ...always, category: ["MONITORED"], type: ["CB_ANALYTICS"] };
    const hits = (await search({ criteria })).num_found;
    const body = { state: "DISMISSED", criteria, query: null, comment: "Known" };
    const { request_id: id } = (await ask("POST", `${V6}/alerts/workflow/_criteria`, body)).body;
    const status = async (): Promise<Alert> => (await ask("GET", `${V6}/workflow/status/${id}`)).body;
    expect(await status()).toMatchObject({ id, status: "QUEUED", num_hits: hits, num_success: 0 });
    expect(await status()).toMatchObject({ status: "IN_PROGRESS", workflow: { state: "DISMISSED", comment: "Known" } });
    const last = await status();
    expect(last).toMatchObject({ status: "FINISHED", num_hits: hits, num_success: hits });
    expect(last).not.toHaveProperty("errors");
    expect((await search({ criteria: { ...criteria, workflow: ["DISMISSED"] } })).num_found).toBe(hits);
    expect((await search({ criteria: { ...criteria, workflow: ["OPEN"] } })).num_found).toBe(0);
    expect((await ask("GET", `${V6}/workflow/status/1`)).status).toBe(404);
  });

  it("are dismissed by threat, those that come later as well", async () => {
    const [first] = (await search({ criteria: { ...always, process_name: ["explorer.exe"] } })).results;
    const threat = first.threat_id;
    const one = await ask("POST", `${V6}/threat/${threat}/workflow`, {
      state: "DISMISSED",
      remediation_state: "Banned",
    });
    expect(one.body).toMatchObject({ state: "DISMISSED", remediation: "Banned" });
    const open = { ...always, threat_id: [threat], workflow: ["OPEN"] };
    expect((await search({ criteria: open })).num_found).toBe(0);
    const before = (await search({ criteria: { ...always, threat_id: [threat] } })).num_found;
    await sandbox.clock.step(3_000);
    expect((await search({ criteria: { ...always, threat_id: [threat] } })).num_found).toBeGreaterThan(before);
    expect((await search({ criteria: open })).num_found).toBe(0);
    const body = { state: "OPEN", threat_id: [threat], comment: "Again" };
    const { request_id: id } = (await ask("POST", `${V6}/threat/workflow/_criteria`, body)).body;
    for (let poll = 0; poll < 3; poll++) await ask("GET", `${V6}/workflow/status/${id}`);
    expect((await search({ criteria: { ...open, workflow: ["DISMISSED"] } })).num_found).toBe(0);
    expect((await ask("POST", `${V6}/threat/workflow/_criteria`, { state: "OPEN", threat_id: [5] })).status).toBe(400);
    expect((await ask("POST", `${V6}/threat/workflow/_criteria`, { state: "OPEN" })).status).toBe(400);
    expect((await ask("POST", `${V6}/threat/nothing/workflow`, { state: "OPEN" })).status).toBe(404);
  });

  it("are gone where the service no longer has them, and closed to keys that may not", async () => {
    expect((await as({ rights: ["org.alerts(READ)"] })("POST", `${V6}/alerts/workflow/_criteria`, {})).status).toBe(
      403,
    );
    sandbox.behaviour.retired = true;
    expect((await ask("POST", `${V6}/alerts/_search`, {})).status).toBe(410);
    expect((await ask("POST", `${V6}/threat/workflow/_criteria`, { state: "OPEN", threat_id: ["x"] })).status).toBe(
      200,
    );
    sandbox.behaviour.retired = false;
  });
});
