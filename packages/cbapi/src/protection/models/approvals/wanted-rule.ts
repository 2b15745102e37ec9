import { ApiError } from "../../../core/errors.js";
import { Completeness } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { FileCatalog } from "../files/file-catalog.js";
import type { FileRule } from "../files/file-rule.js";
import { decide, described } from "../files/rule-decision.js";
import { type RuledFile, rulesOfFiles } from "../files/rule-search.js";
import { approveWish, banWish } from "../files/rule-wish.js";
import { fetchByIds } from "../many.js";
import { FileState, Sha256HashType } from "../names.js";
import { policiesChosen, policyText } from "../policies/policy-choice.js";
import type { ApprovalRequest } from "./approval-request.js";
import type { ApprovalRule } from "./decision.js";

/** A rule as a decision wants it, for the file of one request. */
export interface WantedRule {
  readonly fileCatalogId: number;
  /** The ids of its policies, the lowest first; `undefined` for all of them. */
  readonly policies: readonly number[] | undefined;
  readonly rule: ApprovalRule;
}

/** The rule that a decision wants for a request, or why there can be none. */
export function wantedRule(request: ApprovalRequest, rule: ApprovalRule): WantedRule | { readonly refused: string } {
  const { fileCatalogId = 0, policyId = 0 } = request;
  if (fileCatalogId === 0) {
    return { refused: "the server does not know its file (fileCatalogId is 0), so that no rule can be made for it" };
  }
  if (rule.policies !== "request") return { fileCatalogId, policies: policiesChosen(rule.policies), rule };
  if (policyId > 0) return { fileCatalogId, policies: [policyId], rule };
  return { refused: 'it names no policy that its rule could be for: name policies, or "everywhere"' };
}

/** What tells a rule from others: there is one for a file and some policies. */
export const placeOf = ({ fileCatalogId, policies }: WantedRule): string =>
  `${fileCatalogId} in ${policyText(policies)}`;

/**
 * What the catalogue has of these files, and the rules that there are for them: many at a time.
 * @throws ApiError when the rules could not be read completely: what they say would be changed without a word
 */
export async function filesOf(
  client: ModelHost,
  wanted: readonly WantedRule[],
  options: CallOptions,
): Promise<ReadonlyMap<number, RuledFile>> {
  if (wanted.length === 0) return new Map();
  const ids = new Set(wanted.map(({ fileCatalogId }) => fileCatalogId));
  const found = await fetchByIds(client, FileCatalog, [...ids], options);
  const files = Array.from(
    found,
    ([key, { document }]) => new FileCatalog({ client, key, document, completeness: Completeness.full }),
  );
  const { files: ruled, reasons } = await rulesOfFiles(client, files, options);
  if (reasons.length === 0) return ruled;
  throw new ApiError(`The rules for the files of the requests could not be read completely: ${reasons.join("; ")}`);
}

/** What has to be written for a rule to hold: nothing where it does. */
export type RuleStep =
  | { readonly state: "made"; readonly writes: readonly WriteRequest[]; readonly note?: string | undefined }
  | { readonly state: "refused"; readonly code: string; readonly why: string };

/**
 * @param file what is known of its file; `undefined` where the catalogue does not have it
 * @param overrule whether a rule that says otherwise may be changed
 */
export function ruleStep(
  { fileCatalogId, policies, rule }: WantedRule,
  request: ApprovalRequest,
  file: RuledFile | undefined,
  overrule: boolean,
): RuleStep {
  const subject = file && subjectOf(file, rule);
  if (file === undefined || subject === undefined) {
    const lack =
      file === undefined ? `the catalogue has no file ${fileCatalogId}` : `file ${fileCatalogId} has no hash`;
    return { state: "refused", code: "FILE_UNKNOWN", why: `${lack}, so that no rule can be made for it` };
  }
  const wishFor = rule.fileState === FileState.Banned ? banWish : approveWish;
  const { name, description } = rule;
  const ruled = { ...file, subject };
  const given = wishFor({ policies: policies ?? "everywhere", name, description });
  const { same, others } = decide(ruled, given);
  const against = same.filter((each) => isOpposite(each, rule));
  if (against.length > 0 && !overrule) {
    const why = `${against.map(described).join(", ")}, which is otherwise about its file; with overrule, it is changed`;
    return { state: "refused", code: "RULED_OTHERWISE", why };
  }
  // A rule that is there keeps its name, unless the decision names it.
  const named = {
    ...given,
    name: name ?? request.fileName,
    description: description ?? `Approval request ${request.id}`,
  };
  const { writes } = decide(ruled, same.length === 0 ? named : given);
  const elsewhere = others.filter((each) => isOpposite(each, rule));
  const notes = [
    ...(writes.length === 0 ? [`${same.map(described).join(", ")} already`] : []),
    ...against.map((each) => `changes a rule: ${described(each)}`),
    ...elsewhere.map((each) => `of the same file, ${described(each)}`),
  ];
  const note = notes.length === 0 ? undefined : notes.join("; ");
  return { state: "made", writes: writes.map(({ request: write }) => write), note };
}

function isOpposite({ fileState }: FileRule, wanted: ApprovalRule): boolean {
  return fileState === (wanted.fileState === FileState.Banned ? FileState.Approved : FileState.Banned);
}

/** How a new rule names the file. A fuzzy SHA-256 is shared by files that are alike, and so is the last choice. */
function subjectOf({ subject, files }: RuledFile, { by }: ApprovalRule): RuledFile["subject"] | undefined {
  if (by !== "hash") return subject;
  const [file] = files;
  const isFuzzy = file?.sha256HashType === Sha256HashType.Fuzzy;
  const hashes = isFuzzy ? [file?.sha1, file?.md5, file?.sha256] : [file?.sha256, file?.sha1, file?.md5];
  const hash = hashes.find((each) => each !== undefined && each !== "");
  return hash === undefined ? undefined : { hash };
}
