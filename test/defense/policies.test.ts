// Policies and their rules, by the classic routes and by those that have taken their place.
import { CbDefenseAPI, Policy, type PolicyRule } from "cbapi/defense";
import { beforeEach, describe, expect, it } from "vitest";
import { cloudAccess, sandbox, useCloudAs, written } from "../support/given-cloud.js";

const given = useCloudAs(CbDefenseAPI);

const RULE: PolicyRule = {
  action: "DENY",
  operation: "RUN",
  application: { type: "NAME_PATH", value: "c:\\temp\\**" },
  required: false,
};

describe.each(["current", "classic"] as const)("policies by the %s routes", (routes) => {
  let cb: CbDefenseAPI;
  let other: CbDefenseAPI;

  beforeEach(() => {
    const make = () => new CbDefenseAPI({ ...cloudAccess(), routes });
    [cb, other] = [make(), make()];
    return () => Promise.all([cb.close(), other.close()]).then(() => {});
  });

  const made = (name: string) =>
    cb.create(Policy, {
      name,
      description: "made by a test",
      priorityLevel: "LOW",
      policy: {
        rules: [RULE],
        sensorSettings: [{ name: "SHOW_UI", value: "true" }],
        avSettings: {},
        directoryActionRules: [],
      },
    });

  it("are listed whole and counted", async () => {
    await made("One more").save();
    const all = await cb.select(Policy).all();
    expect(all.length).toBeGreaterThan(1);
    expect(all.report().complete).toBe(true);
    expect(await cb.select(Policy).count()).toBe(all.length);
    const [first] = all;
    expect([first?.isLoaded, first?.version]).toEqual([true, 2]);
    expect(first?.policy?.sensorSettings?.length).toBeGreaterThan(0);
    const read = await other.select(Policy, first?.id ?? 0);
    expect(read.toJSON()).toEqual(first?.toJSON());
    expect([read.id, read.latestRevision, read.systemPolicy]).toEqual([
      first?.id,
      first?.latestRevision,
      first?.systemPolicy,
    ]);
    await expect(cb.select(Policy, 999_999)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  it("are made, changed and deleted", async () => {
    const policy = await made("Built here").save();
    expect(policy.id).toBeGreaterThan(0);
    expect(Object.values(policy.rules)).toEqual([{ ...RULE, id: expect.any(Number) as number }]);
    policy.set({ description: "changed", priorityLevel: "HIGH" });
    await policy.save({ verify: true });
    policy.policy = { ...policy.policy, sensorSettings: [{ name: "SHOW_UI", value: "false" }] };
    await policy.save();
    const read = await other.select(Policy, policy.id ?? 0);
    expect([read.description, read.priorityLevel]).toEqual(["changed", "HIGH"]);
    expect(read.policy?.sensorSettings).toContainEqual({ name: "SHOW_UI", value: "false" });
    await policy.delete();
    await expect(other.select(Policy, policy.id ?? 0, { refresh: true })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
  });

  it("have rules that are added, replaced and deleted", async () => {
    const policy = await made("With rules").save();
    const before = Object.keys(policy.rules);
    await policy.addRule({ ...RULE, application: { type: "REPUTATION", value: "PUP" } });
    const id = Number(Object.keys(policy.rules).find((one) => !before.includes(one)));
    expect(policy.rules[id]?.application).toEqual({ type: "REPUTATION", value: "PUP" });
    await policy.replaceRule(id, { ...RULE, action: "TERMINATE" });
    expect((await other.select(Policy, policy.id ?? 0)).rules[id]).toEqual({ ...RULE, id, action: "TERMINATE" });
    await cb.select(Policy, policy.id ?? 0).deleteRule(id);
    expect(Object.keys((await other.select(Policy, policy.id ?? 0, { refresh: true })).rules)).toEqual(before);
    await expect(policy.deleteRule(99_999)).rejects.toThrow();
    await policy.delete();
  });

  it("are refused where they do not go together, and nothing is sent for what is wrong", async () => {
    written();
    await expect(cb.create(Policy, { name: "x" }).save()).rejects.toThrow(
      "Missing fields: [description, priorityLevel, policy]",
    );
    expect(() => cb.create(Policy, { priorityLevel: "NONE" as never })).toThrow(/one of LOW, MEDIUM/);
    expect(() => cb.create(Policy, { systemPolicy: true } as never)).toThrow(/immutable/);
    expect(written()).toEqual([]);
    const [used] = (await cb.select(Policy).all()).filter(({ systemPolicy }) => systemPolicy === true);
    if (used !== undefined) await expect(used.delete()).rejects.toThrow();
    const first = await made("Twice").save();
    await expect(made("Twice").save()).rejects.toThrow();
    await first.delete();
  });
});

it("what Defense has no word for stays when a policy is saved by the routes of today", async () => {
  const [policy] = await given.cb.select(Policy).all();
  const path = `/policyservice/v1/orgs/{org}/policies/${policy?.id}`;
  const before = (await given.other.getObject(path)) as Record<string, unknown>;
  policy?.set({ description: "only this" });
  await policy?.save();
  const after = (await given.other.getObject(path)) as Record<string, unknown>;
  expect(after).toEqual({ ...before, description: "only this" });
  expect(policy?.toCurrent()).toMatchObject({
    id: policy?.id,
    description: "only this",
    rule_configs: before["rule_configs"],
  });
  expect(sandbox.requests.failures()).toEqual([]);
});
