import { checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { ApprovalResolution, FileState } from "../names.js";
import { type PolicyChoice, policiesChosen } from "../policies/policy-choice.js";

/** What a request can be resolved as. */
export type RequestResolution = (typeof ApprovalResolution)[Exclude<keyof typeof ApprovalResolution, "NotResolved">];

/** The rule that is made for the file of a request, before the request is resolved. */
export interface ApprovalRule {
  /** Approves the file, or bans it. */
  readonly fileState: typeof FileState.Approved | typeof FileState.Banned;
  /**
   * Where it is for: in the policy that the computer had when it was asked (`request`), in these policies, by themselves or
   * by their ids, or `everywhere`.
   */
  readonly policies: "request" | PolicyChoice;
  /**
   * What names the file: its id in the catalogue, which is the default, or its hash (its SHA-256, where it has one that is
   * of the whole file, else its SHA-1 or MD5), for which the catalogue is read.
   */
  readonly by?: "fileCatalogId" | "hash" | undefined;
  /** Its name; by default that of the file on the endpoint. */
  readonly name?: string | undefined;
  /** By default the number of the request. */
  readonly description?: string | undefined;
}

/** What somebody decides about an approval request. */
export interface ApprovalDecision {
  /** What it is resolved as: {@link ApprovalResolution}, but `NotResolved`. */
  readonly resolution: RequestResolution;
  /** A word to the user who has asked. */
  readonly resolutionComments?: string | undefined;
  /** The rule to make for its file. When that is refused, the request is not resolved. A resolution alone makes none. */
  readonly rule?: ApprovalRule | undefined;
  /**
   * Whether what was decided otherwise before may be changed: the resolution of a request that is closed, a ban or an
   * approval of the file for the same policies. Otherwise such a request is refused, and stays as it is.
   */
  readonly overrule?: boolean | undefined;
}

const RESOLUTIONS: readonly unknown[] = Object.values(ApprovalResolution).filter((code) => code !== 0);
const RULE_NAMES = ["fileState", "policies", "by", "name", "description"];

/** @throws CbApiError when a decision has no meaning, or contradicts itself */
export function checkDecision(decision: ApprovalDecision): void {
  checkCall("resolve()", decision, ["resolution", "resolutionComments", "rule", "overrule"]);
  const { resolution, resolutionComments, rule, overrule } = decision;
  if (!RESOLUTIONS.includes(resolution)) {
    const known = Object.entries(ApprovalResolution).flatMap(([name, code]) => (code === 0 ? [] : `${code} (${name})`));
    throw invalidArgument(`resolve(): resolution is one of ${known.join(", ")}; got ${JSON.stringify(resolution)}`);
  }
  requireText("resolutionComments", resolutionComments);
  if (overrule !== undefined && typeof overrule !== "boolean") {
    throw invalidArgument(`resolve(): overrule is true or false, got ${JSON.stringify(overrule)}`);
  }
  if (rule !== undefined) checkRule(rule, resolution);
}

function checkRule(rule: ApprovalRule, resolution: RequestResolution): void {
  checkCall("resolve(): rule", rule, RULE_NAMES);
  const { fileState, policies, by, name, description } = rule;
  if (fileState !== FileState.Approved && fileState !== FileState.Banned) {
    throw invalidArgument(
      `resolve(): fileState of the rule is 2 (Approved) or 3 (Banned); got ${JSON.stringify(fileState)}`,
    );
  }
  const contradicts = fileState === FileState.Banned ? ApprovalResolution.Approved : ApprovalResolution.Rejected;
  if (resolution === contradicts) {
    const [said, done] = fileState === FileState.Banned ? ["Approved", "bans"] : ["Rejected", "approves"];
    throw invalidArgument(`resolve(): the resolution is ${resolution} (${said}), and its rule ${done} the file`);
  }
  if (by !== undefined && (by as unknown) !== "fileCatalogId" && (by as unknown) !== "hash") {
    throw invalidArgument(
      `resolve(): the rule names its file by "fileCatalogId" or by "hash"; got ${JSON.stringify(by)}`,
    );
  }
  if (policies === undefined) {
    throw invalidArgument(
      'resolve(): say where the rule is for: policies is "request", "everywhere", or ids of policies',
    );
  }
  if (policies !== "request") policiesChosen(policies);
  requireText("name", name);
  requireText("description", description);
}

function requireText(name: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw invalidArgument(`resolve(): ${name} is a text, got ${JSON.stringify(value)}`);
}
