import { describe, expect, it } from "vitest";
import { SyncFlag } from "../flags.js";
import { lackOf } from "./effects.js";

const settled = {
  ...{ policyId: 3, enforcementLevel: 20, policyStatusDetails: "Up to date", syncFlags: 0 },
  ...{ connected: true, localApproval: false, tamperProtectionActive: true, debugLevel: 5, activeDebugLevel: 5 },
};
const lack = (own: object, values: object, level?: number) =>
  lackOf({ ...settled, ...own }, { values: new Map(Object.entries(values)), level });

describe("what a computer lacks of a policy", () => {
  const move = { policyId: 3 };

  it.each<[string, object, string]>([
    ["the level of the policy", { enforcementLevel: 40 }, "it enforces level 40, the policy's is 20"],
    ["what the server says", { policyStatusDetails: "Approvals out of date" }, 'is "Approvals out of date"'],
    ["a flag", { syncFlags: SyncFlag.EnforcementOutOfDate | 8 }, "its enforcement is out of date"],
    ["an end of local approval", { localApproval: true, enforcementLevel: 35 }, "does so when that ends"],
  ])("is %s", (_, own, why) => {
    expect(lack(own, move, 20)?.why).toMatch(/^its agent has not taken policy 3 over yet: /);
    expect(lack(own, move, 20)?.why).toContain(why);
    expect(lack(own, move, 20)?.overlooked).toBeUndefined();
  });

  it("is nothing when its agent enforces it, as far as the server tells", () => {
    expect(lack({}, move, 20)).toBeUndefined();
    expect(lack({ enforcementLevel: 40 }, move)).toBeUndefined();
    for (const details of ["up to date", "", null, undefined]) {
      expect(lack({ policyStatusDetails: details }, move, 20)).toBeUndefined();
    }
    expect(lackOf({ policyId: 3 }, { values: new Map([["policyId", 3]]), level: 20 })).toBeUndefined();
  });

  it("is the policy where the server has another", () => {
    expect(lack({ policyId: 5 }, move, 20)).toEqual({
      why: "the server accepted the change and has policyId 5 and not 3",
      overlooked: true,
    });
  });

  it("is not to be expected of one that is offline, or deleted", () => {
    const late = { enforcementLevel: 40 };
    expect(lack({ ...late, connected: false }, move, 20)).toMatchObject({
      idle: true,
      why: expect.stringMatching(/offline/),
    });
    expect(lack({ ...late, deleted: true }, move, 20)).toMatchObject({
      idle: true,
      why: expect.stringMatching(/deleted$/),
    });
    // One that has all of it may be offline.
    expect(lack({ connected: false }, move, 20)).toBeUndefined();
  });
});

describe("what a computer lacks of other changes", () => {
  it("is what its agent reports", () => {
    expect(lack({}, { tamperProtectionActive: true })).toBeUndefined();
    expect(lack({}, { tamperProtectionActive: false })?.why).toBe(
      "its agent has not reported tamper protection as off yet",
    );
    expect(lack({ localApproval: true }, { localApproval: true })?.why).toBe(
      "its agent has not begun local approval yet",
    );
    expect(lack({ enforcementLevel: 35 }, { localApproval: false })?.why).toContain("not ended local approval yet");
    expect(lack({}, { debugLevel: 5 })).toBeUndefined();
    expect(lack({ activeDebugLevel: 0 }, { debugLevel: 5 })?.why).toBe("its agent has not reported debugLevel yet");
    expect(lack({ debugLevel: 0 }, { debugLevel: 5 })?.overlooked).toBe(true);
  });
});
