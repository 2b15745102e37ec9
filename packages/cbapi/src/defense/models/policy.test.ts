import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloudServer } from "../../test-support/cloud-server.js";
import { CbDefenseAPI } from "../client.js";
import { Policy } from "./policy.js";
import { classicPolicy, currentPolicy } from "./policy-forms.js";
import type { PolicyRule } from "./policy-rule.js";

const V3 = "/integrationServices/v3/policy";
const V1 = "/policyservice/v1/orgs/{org}/policies";
const RULE: PolicyRule = {
  action: "DENY",
  operation: "RUN",
  application: { type: "REPUTATION", value: "KNOWN_MALWARE" },
  required: false,
};
const INFO = {
  id: 7,
  name: "Lab",
  description: "d",
  priorityLevel: "LOW",
  version: 2,
  latestRevision: 5,
  systemPolicy: false,
  policy: { rules: [{ ...RULE, id: 1 }], sensorSettings: [{ name: "SHOW_UI", value: "true" }] },
};
const CURRENT = {
  id: 7,
  name: "Lab",
  description: "d",
  priority_level: "LOW",
  is_system: false,
  position: 3,
  version: 2,
  org_key: "WNEX",
  av_settings: {
    on_access_scan: { enabled: true, mode: "NORMAL", extra: 1 },
    update_servers: {
      servers_for_onsite_devices: [
        { server: "a", preferred: true },
        { server: "b", preferred: false },
      ],
    },
  },
  rules: [{ ...RULE, id: 1 }],
  rule_configs: [{ id: "x" }],
  sensor_settings: [{ name: "SHOW_UI", value: "true" }],
  directory_action_rules: [{ path: "c:\\x", file_upload: true, protection: false }],
  auto_delete_known_bad_hashes_delay: 1000,
};
const classic = (routes: Parameters<typeof cloudServer>[0]) => cloudServer(routes, { routes: "classic" }, CbDefenseAPI);
const current = (routes: Parameters<typeof cloudServer>[0]) => cloudServer(routes, {}, CbDefenseAPI);

describe("policies by the classic routes", () => {
  test("come as one list, whatever it says of its length", async () => {
    for (const totalResults of [undefined, 1, 50]) {
      const { cb, requests } = await classic({
        [`GET ${V3}`]: { success: true, totalResults, results: [INFO, { ...INFO, id: 8 }] },
      });
      const found = await cb.select(Policy).all();
      expect(found.map(({ id }) => id)).toEqual([7, 8]);
      expect(found[0]?.rules).toEqual({ 1: { ...RULE, id: 1 } });
      expect(await cb.select(Policy).count()).toBe(2);
      expect(requests).toEqual([`GET ${V3}?rows=100`, `GET ${V3}?rows=100`]);
      expect(() => cb.select(Policy).where("name:x")).toThrow(/take no filter/);
    }
  });

  test("are made, changed and deleted", async () => {
    const { cb, requests, bodies } = await classic({
      [`POST ${V3}`]: { success: true, policyId: 7 },
      [`GET ${V3}/7`]: { success: true, policyInfo: INFO },
      [`PUT ${V3}/7`]: { success: true },
      [`DELETE ${V3}/7`]: { status: 204, text: "" },
    });
    const made = cb.create(Policy, { name: "Lab", description: "d", priorityLevel: "LOW" });
    await expect(made.save()).rejects.toThrow("Missing fields: [policy]");
    made.policy = { rules: [] };
    await made.save();
    expect([made.id, made.latestRevision]).toEqual([7, 5]);
    made.description = "new";
    await made.save();
    await made.delete();
    await expect(made.addRule(RULE)).rejects.toMatchObject({ code: "DELETED" });
    expect(requests).toEqual([`POST ${V3}`, `GET ${V3}/7`, `PUT ${V3}/7`, `GET ${V3}/7`, `DELETE ${V3}/7`]);
    const { id: _, latestRevision: __, systemPolicy: ___, ...sent } = INFO;
    expect(bodies).toEqual([
      { policyInfo: { ...sent, policy: { rules: [] } } },
      { policyInfo: { ...INFO, description: "new" } },
    ]);
  });

  test("have rules that are added, replaced and deleted", async () => {
    const { cb, requests, bodies } = await classic({
      [`GET ${V3}/7`]: { success: true, policyInfo: INFO },
      [`POST ${V3}/7/rule`]: { success: true, ruleId: 2 },
      [`PUT ${V3}/7/rule/1`]: { success: true },
      [`DELETE ${V3}/7/rule/1`]: { success: false, message: "required" },
    });
    const policy = cb.select(Policy, 7);
    await policy.addRule(RULE);
    await policy.replaceRule(1, { ...RULE, action: "TERMINATE" });
    await expect(policy.deleteRule(1)).rejects.toMatchObject({ code: "REFUSED", serverMessage: "required" });
    expect(requests).toEqual([
      `POST ${V3}/7/rule`,
      `GET ${V3}/7`,
      `PUT ${V3}/7/rule/1`,
      `GET ${V3}/7`,
      `DELETE ${V3}/7/rule/1`,
    ]);
    expect(bodies).toEqual([{ ruleInfo: RULE }, { ruleInfo: { ...RULE, action: "TERMINATE", id: 1 } }]);
  });

  test.each<[unknown, RegExp]>([
    [undefined, /it is undefined/],
    [[], /it is \[\]/],
    [{ ...RULE, action: "DENIED" }, /action is one of TERMINATE, DENY/],
    [{ ...RULE, operation: "constructor" }, /operation is one of RUN/],
    [{ ...RULE, application: undefined }, /application.type is one of/],
    [{ ...RULE, application: { type: "NAME_PATH", value: "" } }, /application.value is text/],
    [{ ...RULE, required: "yes" }, /required is true or false/],
    [{ ...RULE, operation: "BYPASS_ALL" }, /goes with the action IGNORE/],
  ])("refuse what is no rule: %j", async (rule, why) => {
    const { cb, requests } = await classic({ [`GET ${V3}/7`]: { success: true, policyInfo: INFO } });
    const policy = await cb.select(Policy, 7);
    expect(() => policy.addRule(rule as PolicyRule)).toThrow(why);
    expect(() => policy.deleteRule("x" as never)).toThrow("a rule is known by a whole number");
    expect(requests).toHaveLength(1);
  });

  test("keep what was assigned while their rules change, unless it is of the same part", async () => {
    const { cb } = await classic({
      [`GET ${V3}/7`]: { success: true, policyInfo: INFO },
      [`POST ${V3}/7/rule`]: { success: true, ruleId: 2 },
    });
    const policy = await cb.select(Policy, 7);
    policy.description = "mine";
    await policy.addRule(RULE);
    expect(policy.description).toBe("mine");
    expect(policy.isDirty()).toBe(true);
    policy.policy = {};
    await expect(policy.addRule(RULE)).rejects.toMatchObject({ code: "UNSAVED" });
  });
});

describe("policies by the routes of today", () => {
  test("are shown in the form of Defense, and saved without losing what it has no word for", async () => {
    const { cb, bodies } = await current({
      [`GET ${V1}/summary`]: { policies: [{ id: 7, name: "Lab" }] },
      [`GET ${V1}/7`]: CURRENT,
      [`PUT ${V1}/7`]: CURRENT,
    });
    const [policy] = await cb.select(Policy).all();
    expect(policy?.toJSON()).toMatchObject({ id: 7, priorityLevel: "LOW", systemPolicy: false, version: 2 });
    expect(policy?.policy?.avSettings).toEqual({
      features: [{ name: "ONACCESS_SCAN", enabled: true }],
      onAccessScan: { profile: "NORMAL" },
      updateServers: { servers: [{ server: ["a", "b"], flags: 0, regId: null }] },
    });
    expect(policy?.policy?.directoryActionRules).toEqual([
      { path: "c:\\x", actions: { FILE_UPLOAD: true, PROTECTION: false } },
    ]);
    expect(policy?.toCurrent()).toEqual(CURRENT);
    if (policy !== undefined) policy.description = "new";
    await policy?.save();
    expect(bodies).toEqual([{ ...CURRENT, description: "new" }]);
    expect(await cb.select(Policy).count()).toBe(1);
  });

  test("are made and have their rules changed by bare rules", async () => {
    const { cb, bodies, requests } = await current({
      [`POST ${V1}`]: CURRENT,
      [`GET ${V1}/7`]: CURRENT,
      [`POST ${V1}/7/rules`]: { ...RULE, id: 2 },
      [`PUT ${V1}/7/rules/2`]: RULE,
      [`DELETE ${V1}/7/rules/2`]: { status: 204, text: "" },
      [`DELETE ${V1}/7`]: { status: 204, text: "" },
    });
    const values = {
      name: "Lab",
      description: "d",
      priorityLevel: "LOW",
      policy: { rules: [{ ...RULE, id: 4 }] },
    } as const;
    const policy = await cb.create(Policy, values).save();
    await policy.addRule({ ...RULE, id: 9 });
    await policy.replaceRule(2, RULE);
    await policy.deleteRule(2);
    await policy.delete();
    expect(bodies).toEqual([
      {
        ...{ name: "Lab", description: "d", priority_level: "LOW", version: 2, is_system: false, org_key: "WNEX" },
        ...{ rule_configs: [], sensor_settings: [], rules: [RULE] },
      },
      RULE,
      { ...RULE, id: 2 },
    ]);
    expect(requests.filter((request) => !request.startsWith("GET"))).toEqual([
      `POST ${V1}`,
      `POST ${V1}/7/rules`,
      `PUT ${V1}/7/rules/2`,
      `DELETE ${V1}/7/rules/2`,
      `DELETE ${V1}/7`,
    ]);
  });
});

const flag = fc.boolean();
const number = fc.nat(100);
const currentForm = fc.record(
  {
    name: fc.string(),
    description: fc.string(),
    priority_level: fc.constantFrom("LOW", "HIGH"),
    version: fc.constant(2),
    position: number,
    rule_configs: fc.array(fc.record({ id: fc.string() }), { maxLength: 2 }),
    rules: fc.constant([RULE]),
    sensor_settings: fc.array(fc.record({ name: fc.string(), value: fc.string() }), { maxLength: 3 }),
    directory_action_rules: fc.array(fc.record({ path: fc.string(), file_upload: flag, protection: flag }), {
      maxLength: 3,
    }),
    auto_delete_known_bad_hashes_delay: number,
    av_settings: fc.record(
      {
        avira_protection_cloud: fc.record({
          enabled: flag,
          max_exe_delay: number,
          max_file_size: number,
          risk_level: number,
        }),
        on_access_scan: fc.record({ enabled: flag, mode: fc.constantFrom("NORMAL", "AGGRESSIVE") }),
        on_demand_scan: fc.record({
          enabled: flag,
          scan_usb: fc.constant("AUTOSCAN"),
          schedule: fc.record({ days: fc.constant(["MONDAY"]), start_hour: number }),
        }),
        signature_update: fc.record({ enabled: flag, schedule: fc.record({ interval_hours: number }) }),
        update_servers: fc.record({
          servers_for_onsite_devices: fc.uniqueArray(fc.record({ server: fc.string(), preferred: flag }), {
            minLength: 1,
            maxLength: 3,
            selector: ({ server }) => server,
          }),
          servers_for_offsite_devices: fc.array(fc.string(), { maxLength: 2 }),
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["name", "rules", "sensor_settings", "directory_action_rules", "version", "av_settings"] },
);

test("a policy that goes into the form of Defense and back is what it was", () => {
  fc.assert(
    fc.property(currentForm, (policy) => {
      expect(currentPolicy(classicPolicy(policy), policy)).toEqual(policy);
    }),
  );
});
