import { HttpProblem } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { policiesOf } from "../simulation/effective-state.js";

/** A list of policies as it is kept; all of them is written as the version has it. */
export function readPolicyIds({ store, traits }: ProtectionContext, written: string | null | undefined): string {
  const policies = store.collection("protection_policy");
  const parts = (written ?? "").split(",").map((part) => part.trim());
  if (parts.length === 1 && (parts[0] === "" || parts[0] === "0")) return traits.everywhere;
  const ids = parts.map((part) => {
    const id = /^[1-9]\d{0,8}$/.test(part) ? Number(part) : 0;
    if (policies.get(id) === undefined)
      throw new HttpProblem(400, `policyIds: there is no policy ${part || "(empty)"}`);
    return id;
  });
  return [...new Set(ids)].join(",");
}

/** Whether two rules are for the same policies. */
export function forSamePolicies(one: { policyIds?: string | null }, other: { policyIds?: string | null }): boolean {
  const sorted = (each: { policyIds?: string | null }): string =>
    [...(policiesOf(each) ?? [])].sort((a, b) => a - b).join(",");
  return sorted(one) === sorted(other);
}
