import { invalidArgument } from "../../../core/invalid-argument.js";
import { keyOfNamed, type ModelOrKey } from "../../../core/model/assigned-join.js";
import { Policy } from "./policy.js";

/** Policies that something is for: one or several of them, by the policy or its id, or all (`everywhere`). */
export type PolicyChoice = "everywhere" | ModelOrKey<Policy> | readonly ModelOrKey<Policy>[];

/** What all policies are written as. Servers from 8.0 on read it as nothing. */
const EVERYWHERE = "0";

/**
 * The ids of the policies, the lowest first and each once; `undefined` for all policies.
 * @throws CbApiError with code `INVALID_ARGUMENT` when the list is empty, or has what is no id of a policy
 */
export function policiesChosen(choice: PolicyChoice | undefined): readonly number[] | undefined {
  if (choice === undefined || choice === "everywhere") return undefined;
  const list: readonly unknown[] = Array.isArray(choice) ? choice : [choice];
  // A list that came out empty by mistake must not turn into a rule for everybody.
  if (list.length === 0) {
    throw invalidArgument('policies is an empty list: name at least one, or "everywhere" for all policies');
  }
  const ids = list.map((policy) => Number(keyOfNamed("policies", Policy, policy)));
  const wrong = ids.find((id) => !Number.isSafeInteger(id) || id < 1);
  if (wrong !== undefined) {
    throw invalidArgument(`policies: ${wrong} is no id of a policy. "everywhere" stands for all policies`);
  }
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** The ids in a `policyIds`, the lowest first; `undefined` where it stands for all policies. */
export function policiesIn(policyIds: string | readonly number[] | undefined): readonly number[] | undefined {
  const text = typeof policyIds === "string" ? policyIds : (policyIds ?? []).join(",");
  const ids = text.split(",").map((part) => Number(part.trim()));
  const some = ids.filter((id) => Number.isInteger(id) && id > 0);
  return some.length === 0 ? undefined : [...new Set(some)].sort((a, b) => a - b);
}

/** Policies as `policyIds` is written. */
export function policyText(policies: readonly number[] | undefined): string {
  return policies?.join(",") ?? EVERYWHERE;
}

/** Whether these are the same policies. */
export function samePolicies(one: readonly number[] | undefined, other: readonly number[] | undefined): boolean {
  return policyText(one) === policyText(other);
}

/** `everywhere`, or `in policies 3, 5`. */
export function inPolicies(policies: readonly number[] | undefined): string {
  if (policies === undefined) return "everywhere";
  return `in ${policies.length === 1 ? "policy" : "policies"} ${policies.join(", ")}`;
}
