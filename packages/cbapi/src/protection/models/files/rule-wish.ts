import { invalidArgument } from "../../../core/invalid-argument.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { requireVersion } from "../../host.js";
import { FileState } from "../names.js";
import { type PolicyChoice, policiesChosen } from "../policies/policy-choice.js";

/** What a rule for a file says beside approving or banning it. */
export interface FileRuleOptions {
  /**
   * The policies that it is for: a policy or its id, or a list of them. Left out, or `"everywhere"`: all policies. Rules of
   * the file for other policies are left alone.
   */
  readonly policies?: PolicyChoice | undefined;
  /** What the rule is called. A rule that says what is wanted already keeps the name that it has. */
  readonly name?: string | undefined;
  /** Why there is such a rule. A rule that says what is wanted already keeps the text that it has. */
  readonly description?: string | undefined;
}

/** How a file is banned. */
export interface FileBanOptions extends FileRuleOptions {
  /** Whether executions are only reported, and not stopped. Default false. */
  readonly reportOnly?: boolean | undefined;
}

/** How a file is approved. */
export interface FileApproveOptions extends FileRuleOptions {
  /**
   * Whether agents are told only once the file turns out to be an installer or was blocked. From 8.0 on. Left out, a new rule
   * is told at once, and one that approves already stays as it is.
   */
  readonly lazyApproval?: boolean | undefined;
  /** Whether it counts as an installer, so that what it writes is approved. Left out, a rule keeps what it says. */
  readonly forceInstaller?: boolean | undefined;
  /** Whether it does not count as an installer. Left out, a rule keeps what it says. */
  readonly forceNotInstaller?: boolean | undefined;
}

/** What is to hold for a file. */
export interface RuleWish {
  /** `ban`, `approve`: as errors and prints name it. */
  readonly verb: "ban" | "approve";
  readonly fileState: FileState;
  readonly reportOnly: boolean;
  /** The ids of the policies, the lowest first; `undefined` for all of them. */
  readonly policies: readonly number[] | undefined;
  readonly lazyApproval?: boolean | undefined;
  readonly forceInstaller?: boolean | undefined;
  readonly forceNotInstaller?: boolean | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

/** @throws CbApiError with code `INVALID_ARGUMENT` when the options do not go together */
export function banWish({ policies, name, description, reportOnly = false }: FileBanOptions): RuleWish {
  const fileState = reportOnly ? FileState.Unapproved : FileState.Banned;
  return { verb: "ban", fileState, reportOnly, policies: policiesChosen(policies), name, description };
}

/** @throws CbApiError with code `INVALID_ARGUMENT` when the options do not go together */
export function approveWish(options: FileApproveOptions): RuleWish {
  const { policies, name, description, lazyApproval, forceInstaller, forceNotInstaller } = options;
  if (forceInstaller === true && forceNotInstaller === true) {
    throw invalidArgument("forceInstaller and forceNotInstaller exclude each other: leave one of them out");
  }
  return {
    ...{ verb: "approve", fileState: FileState.Approved, reportOnly: false, policies: policiesChosen(policies) },
    // One of them lifts the other.
    forceInstaller: forceInstaller ?? (forceNotInstaller === true ? false : undefined),
    forceNotInstaller: forceNotInstaller ?? (forceInstaller === true ? false : undefined),
    ...{ lazyApproval, name, description },
  };
}

/**
 * Sees to it that the server knows what is wished for.
 * @throws ApiError with code `SERVER_TOO_OLD` when it does not; nothing is sent then
 */
export async function requireKnown(client: ModelHost, { lazyApproval }: RuleWish, options: CallOptions): Promise<void> {
  if (lazyApproval === true) await requireVersion(client, options, "lazyApproval", 8, 0);
}
