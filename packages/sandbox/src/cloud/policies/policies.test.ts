import { beforeAll, describe, expect, it } from "vitest";
import { type Ask, as, ask, sandbox, useCloud } from "../samples.js";

const V1 = "/policyservice/v1/orgs/{org}/policies";
const V3 = "/integrationServices/v3/policy";

useCloud();

const keyOf = (...rights: string[]): Ask => as({ rights });

const rule = {
  required: false,
  action: "DENY",
  operation: "RUN",
  application: { type: "NAME_PATH", value: "**\\x.exe" },
};

describe("policies", () => {
  it("are those of the organisation's groups, with how many devices have each", async () => {
    const { body } = await ask("GET", `${V1}/summary`);
    const groups = await ask("POST", "/appservices/v6/orgs/{org}/devices/_search", { rows: 100 });
    expect(body.policies.length).toBeGreaterThan(0);
    for (const policy of body.policies) {
      const having = groups.body.results.filter((device: { policy_id: number }) => device.policy_id === policy.id);
      expect(policy.num_devices).toBe(having.length);
    }
    expect(body.policies[0]).toMatchObject({ position: 1, is_system: true, name: groups.body.results[0].policy_name });
  });

  it("are made for groups of sensors that come later", async () => {
    const edr = sandbox.credentials("response");
    const made = await ask(
      "POST",
      "/api/group",
      { name: "Newcomers", site_id: 1, sensorbackend_server: "x" },
      { "x-auth-token": edr.token },
    );
    expect(made.status).toBe(200);
    const { policies } = (await ask("GET", `${V1}/summary`)).body;
    expect(policies.at(-1)).toMatchObject({
      name: "Newcomers",
      is_system: false,
      num_devices: 0,
      position: policies.length,
    });
  });

  it("are written, read, changed and deleted, each generation seeing what the other wrote", async () => {
    const made = await ask("POST", V1, { name: "Lab", description: "d", priority_level: "LOW", rules: [rule] });
    expect(made.status).toBe(200);
    const { id } = made.body;
    expect(made.body).toMatchObject({ name: "Lab", version: 2, is_system: false, rules: [{ id: 1, ...rule }] });
    const classic = await ask("GET", `${V3}/${id}`);
    expect(classic.body).toMatchObject({
      success: true,
      policyInfo: { id, name: "Lab", priorityLevel: "LOW", systemPolicy: false, version: 2 },
    });
    const info = classic.body.policyInfo;
    info.description = "changed";
    info.policy.sensorSettings = [{ name: "SHOW_UI", value: "false" }];
    info.policy.avSettings.apc.maxExeDelay = 30;
    info.policy.avSettings.features = [{ name: "ONACCESS_SCAN", enabled: false }];
    expect((await ask("PUT", `${V3}/${id}`, { policyInfo: info })).body).toEqual({ success: true, message: "Success" });
    const present = (await ask("GET", `${V1}/${id}`)).body;
    expect(present).toMatchObject({
      ...{ description: "changed", sensor_settings: [{ name: "SHOW_UI", value: "false" }] },
      av_settings: {
        avira_protection_cloud: { max_exe_delay: 30, enabled: true },
        on_access_scan: { enabled: false, mode: "NORMAL" },
      },
    });
    expect((await ask("PUT", `${V1}/${id}`, { ...present, name: "Laboratory" })).body.name).toBe("Laboratory");
    expect((await ask("GET", V3)).body.results.map((each: { name: string }) => each.name)).toContain("Laboratory");
    expect((await ask("DELETE", `${V1}/${id}`)).status).toBe(204);
    expect((await ask("GET", `${V3}/${id}`)).body).toEqual({ success: false, message: `Policy ${id} was not found` });
    expect((await ask("GET", `${V1}/${id}`)).body).toMatchObject({ error_code: "NOT_FOUND" });
  });

  it("number their rules on, and never give a number out again", async () => {
    const policyInfo = { name: "Numbers", description: "d", priorityLevel: "HIGH", version: 2, policy: { rules: [] } };
    const { policyId: id } = (await ask("POST", V3, { policyInfo })).body;
    const add = async (): Promise<number> => (await ask("POST", `${V3}/${id}/rule`, { ruleInfo: rule })).body.ruleId;
    expect([await add(), await add()]).toEqual([1, 2]);
    expect((await ask("DELETE", `${V3}/${id}/rule/2`)).body.success).toBe(true);
    expect(await add()).toBe(3);
    expect((await ask("POST", `${V1}/${id}/rules`, rule)).body).toEqual({ id: 4, ...rule });
    const changed = { ...rule, id: 1, action: "TERMINATE" };
    expect((await ask("PUT", `${V3}/${id}/rule/1`, { ruleInfo: changed })).body.success).toBe(true);
    expect((await ask("PUT", `${V1}/${id}/rules/3`, { ...rule, operation: "RANSOM" })).body.operation).toBe("RANSOM");
    const { rules } = (await ask("GET", `${V1}/${id}`)).body;
    expect(rules.map((each: { id: number }) => each.id)).toEqual([1, 3, 4]);
    expect(rules[0]).toEqual(changed);
    expect((await ask("DELETE", `${V1}/${id}/rules/9`)).status).toBe(404);
  });

  it("are ranked, one of them at each rank", async () => {
    const { id } = (await ask("POST", V1, { name: "Ranked", priority_level: "LOW" })).body;
    const ranks = async (): Promise<[number, number][]> =>
      (await ask("GET", `${V1}/summary`)).body.policies.map((each: { id: number; position: number }) => [
        each.position,
        each.id,
      ]);
    const before = await ranks();
    expect(before.at(-1)).toEqual([before.length, id]);
    const policy = (await ask("GET", `${V1}/${id}`)).body;
    const preview = { policies: [{ id, position: 1 }] };
    expect((await ask("POST", "/policy-assignment/v1/orgs/{org}/policies/preview", preview)).body).toEqual({
      preview: [],
    });
    await ask("PUT", `${V1}/${id}`, { ...policy, position: 1 });
    const after = await ranks();
    expect(after.map(([position]) => position)).toEqual(before.map(([position]) => position));
    expect(after.map(([, each]) => each)).toEqual([id, ...before.slice(0, -1).map(([, each]) => each)]);
    await ask("DELETE", `${V1}/${id}`);
    expect(await ranks()).toEqual(before.slice(0, -1));
  });

  it("keep what they must have", async () => {
    const { policies } = (await ask("GET", `${V1}/summary`)).body;
    const system = policies.find((each: { is_system: boolean }) => each.is_system);
    expect((await ask("DELETE", `${V3}/${system.id}`)).body).toEqual({
      success: false,
      message: expect.stringContaining("system policy"),
    });
    const policy = (await ask("GET", `${V1}/${system.id}`)).body;
    const required = policy.rules.find((each: { required: boolean }) => each.required);
    expect((await ask("DELETE", `${V1}/${system.id}/rules/${required.id}`)).status).toBe(400);
    expect((await ask("PUT", `${V1}/${system.id}`, { ...policy, rules: [] })).body.message).toContain("required");
    const made = await ask("POST", V1, { name: "Given", priority_level: "LOW" });
    const device = (await ask("GET", "/integrationServices/v3/device?rows=1")).body.results[0].deviceId;
    expect((await ask("PATCH", `/integrationServices/v3/device/${device}`, { policyName: "Given" })).status).toBe(200);
    // On its way to a device counts as well as there.
    expect((await ask("DELETE", `${V1}/${made.body.id}`)).status).toBe(400);
    await sandbox.clock.step(2);
    const moved = (await ask("GET", `/integrationServices/v3/device/${device}`)).body.deviceInfo;
    expect([moved.policyId, moved.policyName]).toEqual([made.body.id, "Given"]);
    expect((await ask("DELETE", `${V1}/${made.body.id}`)).body.message).toContain("1 devices");
    await ask("PATCH", `/integrationServices/v3/device/${device}`, { policyId: system.id });
    await sandbox.clock.step(2);
    expect((await ask("DELETE", `${V1}/${made.body.id}`)).status).toBe(204);
  });

  it.each([
    [{ priority_level: "LOW" }, "name"],
    [{ name: " ", priority_level: "LOW" }, "name"],
    [{ name: "x", priority_level: "SOME" }, "priority_level"],
    [{ name: "x", priority_level: "LOW", rules: [{ ...rule, action: "EXPLODE" }] }, "action"],
    [{ name: "x", priority_level: "LOW", rules: [{ ...rule, operation: "BYPASS_ALL" }] }, "IGNORE"],
    [
      { name: "x", priority_level: "LOW", rules: [{ ...rule, application: { type: "REPUTATION", value: "y" } }] },
      "value",
    ],
    [{ name: "x", priority_level: "LOW", sensor_settings: [{ name: "SHOW_UI", value: true }] }, "value"],
    [{ name: "x", priority_level: "LOW", sensor_settings: { SHOW_UI: "true" } }, "sensor_settings"],
  ])("refuse %j", async (body, named) => {
    const refused = await ask("POST", V1, body);
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining(named)]);
  });

  it("refuse a name that is taken, and fields that are missing in the classic form", async () => {
    const [first] = (await ask("GET", `${V1}/summary`)).body.policies;
    expect((await ask("POST", V1, { name: first.name, priority_level: "LOW" })).status).toBe(400);
    const missing = await ask("POST", V3, { policyInfo: { name: "x" } });
    expect([missing.status, missing.body.message]).toEqual([400, expect.stringContaining("priorityLevel")]);
    expect((await ask("POST", V3, {})).body.message).toContain("policyInfo");
  });

  it("open to keys of the right kind only", async () => {
    const siem = keyOf("SIEM");
    expect((await siem("GET", V3)).status).toBe(401);
    expect((await siem("GET", `${V1}/summary`)).status).toBe(403);
    expect((await keyOf("API")("GET", V3)).status).toBe(200);
    const reader = keyOf("org.policies(READ)");
    expect((await reader("GET", `${V1}/summary`)).status).toBe(200);
    expect((await reader("POST", V1, { name: "y", priority_level: "LOW" })).status).toBe(403);
  });
});

describe("rule configurations", () => {
  const configs = async (id: number, category: string) =>
    (await ask("GET", `${V1}/${id}/rule_configs/${category}`)).body.results;
  let id = 0;

  beforeAll(async () => {
    id = (await ask("POST", V1, { name: "Configured", priority_level: "LOW" })).body.id;
  });

  it("are changed one by one, and go back to what they were", async () => {
    const [first] = await configs(id, "core_prevention");
    expect(first.parameters).toEqual({ WindowsAssignmentMode: "BLOCK" });
    const changed = await ask("PUT", `${V1}/${id}/rule_configs/core_prevention`, [
      { id: first.id, parameters: { WindowsAssignmentMode: "REPORT" } },
      { id: first.id, parameters: { WindowsAssignmentMode: "SLEEP" } },
      { id: "unknown", parameters: {} },
    ]);
    expect(changed.body.successful).toEqual([{ ...first, parameters: { WindowsAssignmentMode: "REPORT" } }]);
    expect(changed.body.failed.map((each: { id: string }) => each.id)).toEqual([first.id, "unknown"]);
    const whole = (await ask("GET", `${V1}/${id}`)).body.rule_configs;
    expect(whole.find((each: { id: string }) => each.id === first.id).parameters.WindowsAssignmentMode).toBe("REPORT");
    expect((await ask("DELETE", `${V1}/${id}/rule_configs/core_prevention/${first.id}`)).status).toBe(204);
    expect((await configs(id, "core_prevention"))[0]).toEqual(first);
  });

  it("take a single one, and say what they are made of", async () => {
    const [auth] = await configs(id, "data_collection");
    const body = { id: auth.id, parameters: { enable_auth_events: true } };
    expect((await ask("PUT", `${V1}/${id}/rule_configs/data_collection`, body)).body.successful).toHaveLength(1);
    expect((await configs(id, "data_collection"))[0].parameters.enable_auth_events).toBe(true);
    const schema = await ask("GET", `/policyservice/v1/orgs/{org}/rule_configs/${auth.id}/parameters/schema`);
    expect(schema.body).toMatchObject({ type: "object", properties: { enable_auth_events: { type: "boolean" } } });
    const shown = (await ask("GET", `${V1}/${id}/configs/presentation`)).body.configs;
    expect(shown.map((each: { id: string }) => each.id)).toContain(auth.id);
    expect((await ask("GET", `${V1}/${id}/rule_configs/nothing`)).status).toBe(404);
  });

  it("hold exclusions until they are dropped", async () => {
    const [bypass] = await configs(id, "bypass");
    const exclusions = { windows: [{ criteria: [], comments: "c" }] };
    await ask("PUT", `${V1}/${id}/rule_configs/bypass`, { id: bypass.id, exclusions });
    expect((await configs(id, "bypass"))[0].exclusions).toEqual(exclusions);
    expect((await ask("DELETE", `${V1}/${id}/rule_configs/bypass`)).status).toBe(204);
    expect((await configs(id, "bypass"))[0]).not.toHaveProperty("exclusions");
  });

  it("hold the rules of the firewall, which are exported and copied to other policies", async () => {
    const [firewall] = await configs(id, "host_based_firewall");
    const allow = {
      action: "BLOCK_ALERT",
      direction: "OUT",
      enabled: true,
      protocol: "TCP",
      remote_ip_address: "*",
      name: "n",
    };
    const rule_groups = [{ name: "G", description: 'a "b"', rules: [allow] }];
    const parameters = { enable_host_based_firewall: true, default_rule: { action: "BLOCK" }, rule_groups };
    const put = await ask("PUT", `${V1}/${id}/rule_configs/host_based_firewall`, [{ id: firewall.id, parameters }]);
    expect(put.body.failed).toEqual([]);
    expect(put.body.successful[0].parameters.rulesets).toEqual(put.body.successful[0].parameters.rule_groups);
    const rows = (await ask("GET", `${V1}/${id}/rule_configs/host_based_firewall/rules/_export?format=json`)).body;
    expect(rows).toMatchObject([
      { policy_name: "Configured", rule_group_name: "G", action: "BLOCK_ALERT", remote_ip: "*", rule_rank: "1" },
      { rule_group_name: "", action: "BLOCK", protocol: "ANY" },
    ]);
    const text = await ask("GET", `${V1}/${id}/rule_configs/host_based_firewall/rules/_export?format=csv`);
    expect(String(text.body).split("\n")).toEqual([
      expect.stringMatching(/^policy_name,rule_group_name,/),
      expect.stringContaining('"a ""b"""'),
      expect.stringContaining("ANY"),
      "",
    ]);
    const other = (await ask("POST", V1, { name: "Copied", priority_level: "LOW" })).body.id;
    const copied = await ask("POST", `${V1}/rule_configs/host_based_firewall/_copy`, {
      target_policy_ids: [other, 999_999],
      parameters: { rule_groups },
    });
    expect(copied.body).toMatchObject({ failed_policy_ids: [999_999], num_applied: 1, success: false });
    expect((await configs(other, "host_based_firewall"))[0].parameters.rule_groups[0].name).toBe("G");
  });
});
