import { describe, expect, it } from "vitest";
import { type Judged, localStates, stateIn, statesOf } from "./effective-state.js";

const [UNAPPROVED, APPROVED, BANNED] = [1, 2, 3] as const;
const rule = (fileState: number, policyIds = ""): Judged["rules"][number] => ({ id: 1, fileState, policyIds });
const judged = (parts: Partial<Judged> & { trust?: number } = {}): Judged => ({
  file: { id: 1, reputationEnabled: true, trust: parts.trust ?? 0 },
  ...{ rules: [], publisher: undefined, certificate: undefined },
  ...parts,
});
const publisher = (publisherState: number, policyIds = ""): Judged["publisher"] => ({
  id: 1,
  publisherState,
  policyIds,
});
const certificate = (state: number): Judged["certificate"] => ({
  ...{ id: 1, certificateState: state, certificateEffectiveState: state },
});

describe("the effective state of a file", () => {
  it.each<[string, Judged, number | undefined, number, string]>([
    ["nothing is known", judged(), 3, UNAPPROVED, "Unapproved"],
    ["trusted", judged({ trust: 7 }), 3, APPROVED, "Approved"],
    ["not trusted enough", judged({ trust: 6 }), 3, UNAPPROVED, "Unapproved"],
    ["a ban against an approval", judged({ rules: [rule(APPROVED), rule(BANNED)] }), 3, BANNED, "Banned"],
    ["a rule of the policy", judged({ rules: [rule(BANNED, "3")] }), 3, BANNED, "Banned by Policy"],
    ["a rule of another policy", judged({ rules: [rule(BANNED, "4")] }), 3, UNAPPROVED, "Banned by Policy"],
    ["an approval in some policies", judged({ rules: [rule(APPROVED, "3,4")] }), 4, APPROVED, "Approved by Policy"],
    ["both kinds", judged({ rules: [rule(APPROVED, "3"), rule(BANNED, "4")] }), 4, BANNED, "Mixed"],
    [
      "the policy's before the general one",
      judged({ rules: [rule(BANNED), rule(APPROVED, "3")] }),
      3,
      APPROVED,
      "Mixed",
    ],
    [
      "a rule before the publisher",
      judged({ rules: [rule(APPROVED)], publisher: publisher(BANNED) }),
      3,
      APPROVED,
      "Approved",
    ],
    [
      "a ban of the certificate",
      judged({ publisher: publisher(APPROVED), certificate: certificate(BANNED) }),
      3,
      BANNED,
      "Banned",
    ],
    ["a ban of the publisher before trust", judged({ publisher: publisher(BANNED), trust: 10 }), 3, BANNED, "Banned"],
    ["the publisher in some policies", judged({ publisher: publisher(5, "3") }), 3, BANNED, "Banned by Policy"],
    ["the publisher in others", judged({ publisher: publisher(4, "4") }), 3, UNAPPROVED, "Approved by Policy"],
    ["a rule that says nothing", judged({ rules: [rule(UNAPPROVED)], trust: 8 }), 3, APPROVED, "Approved"],
  ])("%s", (_, file, policy, state, name) => {
    expect(stateIn(file, policy)).toBe(state);
    expect(statesOf(file, true).effectiveState).toBe(name);
  });

  it("is told by number as the version has it", () => {
    const byPolicy = judged({ rules: [rule(BANNED, "3")] });
    expect([statesOf(byPolicy, true).fileState, statesOf(byPolicy, false).fileState]).toEqual([5, 1]);
    expect(statesOf(judged({ rules: [rule(APPROVED, "3")] }), true).fileState).toBe(4);
    expect(statesOf(judged({ rules: [rule(BANNED)] }), false).fileState).toBe(3);
    expect(statesOf(judged({ trust: 9 }), true)).toMatchObject({ fileState: 1, approvedByReputation: true });
    expect(statesOf(judged({ trust: 9, publisher: publisher(2) }), true)).toMatchObject({
      approvedByReputation: false,
    });
  });

  it("leaves alone what was approved on the spot", () => {
    expect(localStates(UNAPPROVED, 4)).toEqual({ localState: 2, detailedLocalState: 4 });
    expect(localStates(UNAPPROVED, 11)).toEqual({ localState: 1, detailedLocalState: 14 });
    expect(localStates(BANNED, 4)).toEqual({ localState: 3, detailedLocalState: 5 });
  });
});
