import type { WriteRequest } from "../../../core/model/write-plan.js";
import { pathOf } from "../../paths.js";
import { FileState } from "../names.js";
import { inPolicies, policiesIn, policyText, samePolicies } from "../policies/policy-choice.js";
import type { FileCatalog } from "./file-catalog.js";
import type { FileRule } from "./file-rule.js";
import type { RuledFile } from "./rule-search.js";
import type { RuleWish } from "./rule-wish.js";

const PATH = pathOf("fileRule");

/** The change of one rule; without a rule, a new one. */
export interface RuleWrite {
  readonly rule: FileRule | undefined;
  readonly request: WriteRequest;
  /** The fields that are written, as they are sent. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What has to be done so that a wish holds for a file. */
export interface RuleDecision {
  /** Rules for the same policies. */
  readonly same: readonly FileRule[];
  /** Rules for other policies, which are left alone. */
  readonly others: readonly FileRule[];
  /** Empty when the wish holds already. */
  readonly writes: readonly RuleWrite[];
}

/**
 * What has to be written so that the wish holds for a file. Its rules for the same policies are changed, all of them: one
 * that says otherwise would be at odds with the rest. A rule is made where there is none.
 */
export function decide({ subject, files, rules }: RuledFile, wish: RuleWish): RuleDecision {
  const isSame = (rule: FileRule) => samePolicies(policiesIn(rule.policyIds), wish.policies);
  const same = rules.filter(isSame);
  const others = rules.filter((rule) => !isSame(rule));
  const writes = same.flatMap((rule) => {
    const values = changesOf(rule, wish);
    if (Object.keys(values).length === 0) return [];
    const body = { id: rule.id, ...values };
    return [{ rule, values, request: { method: "PUT", path: `${PATH}/${rule.id}`, body } } as const];
  });
  if (isCovered(same, subject, files)) return { same, others, writes };
  const values = newRule(subject, wish);
  const made = { rule: undefined, values, request: { method: "POST", path: PATH, body: values } } as const;
  return { same, others, writes: [...writes, made] };
}

/** Whether a rule says what is wished, for the policies that are wished. */
export function saysSo(rule: FileRule, wish: RuleWish): boolean {
  return samePolicies(policiesIn(rule.policyIds), wish.policies) && Object.keys(changesOf(rule, wish)).length === 0;
}

/** Rules by name or by a fuzzy hash are about several files: each of them, or the hash itself, needs a rule. */
function isCovered(rules: readonly FileRule[], subject: RuledFile["subject"], files: readonly FileCatalog[]): boolean {
  if (rules.length === 0) return false;
  if (files.length < 2) return true;
  const isByHash = "hash" in subject && rules.some(({ hash }) => hash?.toLowerCase() === subject.hash);
  return isByHash || files.every(({ id }) => rules.some(({ fileCatalogId }) => fileCatalogId === id));
}

function newRule(subject: RuledFile["subject"], wish: RuleWish): Record<string, unknown> {
  const { fileState, reportOnly, policies, lazyApproval, forceInstaller, forceNotInstaller, name, description } = wish;
  const values = {
    ...{ ...subject, fileState, policyIds: policyText(policies), name, description },
    // What is off anyhow need not be said, and an older server may not know it.
    reportOnly: reportOnly || undefined,
    lazyApproval: lazyApproval || undefined,
    forceInstaller: forceInstaller || undefined,
    forceNotInstaller: forceNotInstaller || undefined,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** What a rule has to be changed in; nothing when it says what is wished. */
function changesOf(rule: FileRule, wish: RuleWish): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  const isNew = rule.fileState !== wish.fileState;
  if (isNew) changes["fileState"] = wish.fileState;
  if ((rule.reportOnly ?? false) !== wish.reportOnly) changes["reportOnly"] = wish.reportOnly;
  for (const flag of ["forceInstaller", "forceNotInstaller"] as const) {
    if (wish[flag] !== undefined && (rule[flag] ?? false) !== wish[flag]) changes[flag] = wish[flag];
  }
  // The server turns it off by itself once agents have been told: an approval that was lazy is no less one.
  if (rule.lazyApproval === true) {
    if (wish.fileState !== FileState.Approved || wish.lazyApproval === false) changes["lazyApproval"] = false;
  } else if (isNew && wish.lazyApproval === true) changes["lazyApproval"] = true;
  if (Object.keys(changes).length === 0) return changes;
  for (const text of ["name", "description"] as const) {
    if (wish[text] !== undefined && rule[text] !== wish[text]) changes[text] = wish[text];
  }
  return changes;
}

/** How the state of a file in the catalogue has to read for a wish to show. */
const SHOWN: Readonly<Record<RuleWish["verb"], { readonly everywhere: string; readonly byPolicy: string }>> = {
  ban: { everywhere: "Banned", byPolicy: "Banned by Policy" },
  approve: { everywhere: "Approved", byPolicy: "Approved by Policy" },
};

/**
 * Whether the catalogue's `effectiveState` shows what is wished. Where other policies say otherwise it is `Mixed`. A ban that
 * only reports changes no state.
 */
export function showsIn({ effectiveState, fileState }: FileCatalog, wish: RuleWish): boolean {
  if (wish.reportOnly) return true;
  const { everywhere, byPolicy } = SHOWN[wish.verb];
  if (effectiveState === everywhere) return true;
  if (wish.policies !== undefined) return effectiveState === byPolicy || effectiveState === "Mixed";
  return effectiveState === "Mixed" && fileState === wish.fileState;
}

/** A rule in a few words: `rule 7 bans in policies 3, 5`. */
export function described(rule: FileRule): string {
  const { id, fileState, reportOnly, policyIds } = rule;
  const does =
    fileState === FileState.Banned
      ? "bans"
      : fileState === FileState.Approved
        ? "approves"
        : "neither bans nor approves";
  return `rule ${id} ${reportOnly === true ? "reports" : does} ${inPolicies(policiesIn(policyIds))}`;
}
