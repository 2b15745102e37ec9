// The client of Defense: what it has from the platform, and its own objects.
import { CbDefenseAPI, Policy } from "cbapi/defense";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { useCloudAs } from "../support/given-cloud.js";
import { testPlatform } from "../support/platform.js";

const given = useCloudAs(CbDefenseAPI);

testPlatform(given);

describe("objects", () => {
  it("are made and found", async () => {
    const { cb, other } = given;
    const policy = cb.create(Policy, { name: "Made", description: "d", priorityLevel: "LOW", policy: { rules: [] } });
    await policy.save();
    expect((await other.select(Policy, policy.id ?? 0)).name).toBe("Made");
    expect((await other.select(Policy).all()).map(({ id }) => id)).toContain(policy.id);
  });
});

describe("the routes of Defense", () => {
  it("say whether anything was done", async () => {
    const { cb, other } = given;
    const base = "/integrationServices/v3/policy";
    const policyInfo = { name: "Raw", description: "d", priorityLevel: "LOW", version: 2, policy: { rules: [] } };
    const created = await cb.postObject(base, { policyInfo });
    await cb.raiseUnlessJson(created, { success: true });
    const { policyId } = (await created.json()) as { policyId: number };
    expect(await other.getObject(`${base}/${policyId}`)).toMatchObject({ policyInfo: { name: "Raw" } });
    await cb.raiseUnlessJson(await cb.deleteObject(`${base}/${policyId}`), { success: true });
    expect(await errorOf(() => other.getObject(`${base}/${policyId}`))).toMatchObject({ status: 404 });
  });
});
