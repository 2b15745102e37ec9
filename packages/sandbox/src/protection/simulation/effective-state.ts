import type { CertificateRecord, FileCatalogRecord, FileRuleRecord, PublisherRecord } from "../objects/index.js";

export const UNAPPROVED = 1;
export const APPROVED = 2;
export const BANNED = 3;
/** Files that are trusted as much as this, or more, are approved by their reputation. */
const TRUSTED = 7;

/** What is known of a file that says what is to happen with it. */
export interface Judged {
  readonly file: FileCatalogRecord;
  readonly rules: readonly FileRuleRecord[];
  readonly publisher: PublisherRecord | undefined;
  readonly certificate: CertificateRecord | undefined;
}

/** The policies that a rule is for; undefined: all of them. */
export function policiesOf({ policyIds }: { policyIds?: string | null }): readonly number[] | undefined {
  const text = (policyIds ?? "").trim();
  return text === "" || text === "0" ? undefined : text.split(",").map(Number);
}

/** Policies and states that come from what can be for some policies; 4 and 5 are what 8.0 calls these. */
const stateOf = (state: number | null | undefined): number =>
  state === 4 ? APPROVED : state === 5 ? BANNED : (state ?? 0);

const strictest = (states: readonly number[]): number =>
  states.includes(BANNED) ? BANNED : states.includes(APPROVED) ? APPROVED : UNAPPROVED;

/** What happens with a file where a policy is in force; without one, where none has rules of its own. */
export function stateIn({ file, rules, publisher, certificate }: Judged, policy?: number): number {
  const applies = (each: { policyIds?: string | null }): boolean =>
    policy !== undefined && policiesOf(each)?.includes(policy) === true;
  const everywhere = (each: { policyIds?: string | null }): boolean => policiesOf(each) === undefined;
  for (const which of [applies, everywhere]) {
    const state = strictest(rules.filter(which).map(({ fileState }) => fileState ?? UNAPPROVED));
    if (state !== UNAPPROVED) return state;
  }
  const signers: number[] = [];
  if (publisher !== undefined && (everywhere(publisher) || applies(publisher))) {
    signers.push(stateOf(publisher.publisherState));
  }
  if (certificate !== undefined) signers.push(stateOf(certificate.certificateEffectiveState));
  const signed = strictest(signers);
  if (signed !== UNAPPROVED) return signed;
  return isTrusted(file) ? APPROVED : UNAPPROVED;
}

const isTrusted = ({ reputationEnabled, trust }: FileCatalogRecord): boolean =>
  reputationEnabled === true && (trust ?? -1) >= TRUSTED;

/** What the catalogue tells of a file's state. */
export function statesOf(judged: Judged, has8: boolean): Partial<FileCatalogRecord> {
  const { file, rules, publisher, certificate } = judged;
  const general = stateIn(judged);
  const own = rules.filter(({ fileState }) => fileState === APPROVED || fileState === BANNED);
  const byPolicy = own.filter((rule) => policiesOf(rule) !== undefined).map(({ fileState }) => fileState);
  if (publisher !== undefined && policiesOf(publisher) !== undefined) byPolicy.push(stateOf(publisher.publisherState));
  const globalRule = strictest(
    own.filter((rule) => policiesOf(rule) === undefined).map(({ fileState }) => fileState ?? UNAPPROVED),
  );
  const hasRules = own.some((rule) => policiesOf(rule) !== undefined);
  const policyState = byPolicy.includes(BANNED) ? 5 : 4;
  return {
    fileState: globalRule !== UNAPPROVED || !hasRules || !has8 ? globalRule : policyState,
    publisherState: publisher?.publisherState ?? 0,
    certificateState: certificate?.certificateState ?? 0,
    approvedByReputation:
      general === APPROVED && isTrusted(file) && stateIn({ ...judged, file: { id: file.id } }) !== APPROVED,
    effectiveState: nameOf(general, byPolicy),
  };
}

/** Where policies differ from what holds without them, the name says so. */
function nameOf(general: number, byPolicy: readonly (number | null | undefined)[]): string {
  const name = general === BANNED ? "Banned" : general === APPROVED ? "Approved" : "Unapproved";
  const other = new Set<unknown>(byPolicy.filter((state) => state === APPROVED || state === BANNED));
  other.delete(general);
  if (other.size === 0) return name;
  if (other.size > 1 || general !== UNAPPROVED) return "Mixed";
  return other.has(BANNED) ? "Banned by Policy" : "Approved by Policy";
}

/** Locally approved: by hand, and by the agent itself. */
const LOCALLY_APPROVED: readonly unknown[] = [4, 7];

/** What an agent has of a file in that state: one that was approved on the spot stays so. */
export function localStates(
  state: number,
  detailed?: number | null,
): { localState: number; detailedLocalState: number } {
  if (state === BANNED) return { localState: 3, detailedLocalState: 5 };
  if (state === APPROVED) return { localState: 2, detailedLocalState: 11 };
  if (LOCALLY_APPROVED.includes(detailed)) return { localState: 2, detailedLocalState: detailed ?? 4 };
  return { localState: 1, detailedLocalState: 14 };
}
