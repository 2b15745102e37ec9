import { ObjectNotFoundError, ServerError, TimeoutError } from "../../../core/errors.js";
import { Completeness } from "../../../core/model/document.js";
import { withMessage } from "../../../core/model/fresh-error.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model } from "../../../core/model/model.js";
import { inTurnNamed } from "../../../core/model/turns.js";
import { sendWrite } from "../../../core/model/write.js";
import { planOf, type WritePlan, type WriteRequest } from "../../../core/model/write-plan.js";
import { pauseAfter } from "../../../core/pauses.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection } from "../../host.js";
import { type PolicyChoice, policiesChosen, policiesIn, samePolicies } from "../policies/policy-choice.js";
import { LOOKED_AT } from "../reported.js";
import { findAmong } from "./catalog-search.js";
import { FileCatalog } from "./file-catalog.js";
import { FileRule } from "./file-rule.js";
import { checkedHash } from "./hashes.js";
import { decide, described, type RuleWrite, saysSo, showsIn } from "./rule-decision.js";
import { type RuledFile, rulesByHash, rulesOfFile } from "./rule-search.js";
import { type RuleWish, requireKnown } from "./rule-wish.js";

/** How the change of a file's rules is carried out. */
export interface RuleCallOptions extends CallOptions {
  /** Sends nothing and gives what would be sent. */
  readonly dryRun?: boolean | undefined;
  /**
   * Waits until the `effectiveState` of the file in the catalogue shows it: for `timeout`, or two minutes. There is nothing to
   * wait for where no computer has reported the file yet, and for bans that only report.
   */
  readonly verify?: boolean | undefined;
}

/** What has become of the rule for a file. */
export interface FileRuleOutcome {
  /** The rule as the server has it now; where there are several for the same policies, the oldest. */
  readonly rule: FileRule;
  /** `held`: nothing was sent, as the rule said so already. */
  readonly outcome: "created" | "changed" | "held";
  /** The rules of the file for other policies, which were left alone. */
  readonly others: readonly FileRule[];
}

/** Which rules of a file are removed. */
export interface ClearRulesOptions extends Omit<RuleCallOptions, "verify"> {
  /**
   * Only the rules for exactly these policies: a policy or its id, or a list of them; `"everywhere"` for the rule that is for
   * all policies. Left out: all rules of the file.
   */
  readonly policies?: PolicyChoice | undefined;
}

/** Which rules of a file were removed. */
export interface ClearedRules {
  /** The rules that were removed, as they were. */
  readonly removed: readonly FileRule[];
  /** The rules of the file for other policies, which were left alone. */
  readonly others: readonly FileRule[];
}

/** A file as callers name it: by a hash, or as an entry of the catalogue. */
export type FileChoice = string | FileCatalog;

/** Sees to it that a wish holds for a file: reads its rules, and writes what differs. */
export async function makeRule(
  client: ModelHost,
  choice: FileChoice,
  wish: RuleWish,
  { dryRun = false, verify = false, ...options }: RuleCallOptions,
): Promise<FileRuleOutcome | WritePlan | undefined> {
  const file = chosen(choice, `FileRule.${wish.verb}`);
  return inTurnNamed(client, turnOf(file), options, async (call) => {
    await requireKnown(client, wish, call);
    const ruled = await read(client, file, call);
    const { same, others, writes } = decide(ruled, wish);
    const [first] = writes;
    if (dryRun) return first === undefined ? undefined : planFor(writes);
    const rules: FileRule[] = [];
    for (const write of writes) {
      try {
        rules.push(await writeRule(client, ruled, write, wish, call));
      } catch (error) {
        throw rules.length === 0 ? error : withMessage(error, `Changed before it: ${rules.map(described).join("; ")}`);
      }
    }
    if (verify) await showing(client, ruled, wish, call);
    const now = same.map((rule) => rules.find(({ id }) => id === rule.id) ?? rule);
    const [rule = rules[0]] = now;
    const outcome = first === undefined ? "held" : same.length === 0 ? "created" : "changed";
    return { rule: rule as FileRule, outcome, others };
  });
}

/** Removes the rules of a file. */
export async function clearRules(
  client: ModelHost,
  choice: FileChoice,
  { policies, dryRun = false, ...options }: ClearRulesOptions,
): Promise<ClearedRules | WritePlan | undefined> {
  const file = chosen(choice, "FileRule.clear");
  const wanted = cleared(policies);
  return inTurnNamed(client, turnOf(file), options, async (call) => {
    const { rules, files } = await read(client, file, call);
    const doomed = rules.filter(wanted);
    const requests = doomed.map(removal);
    if (dryRun) return requests.length === 0 ? undefined : planOf(requests, {}, new Map());
    const removed: FileRule[] = [];
    for (const rule of doomed) {
      try {
        await removeRule(client, files, rule, removal(rule), call);
      } catch (error) {
        throw removed.length === 0
          ? error
          : withMessage(error, `Removed before it: ${removed.map(described).join("; ")}`);
      }
      removed.push(rule);
    }
    return { removed, others: rules.filter((rule) => !wanted(rule)) };
  });
}

/** Which rules `clear` means by these policies. */
export function cleared(policies: PolicyChoice | undefined): (rule: FileRule) => boolean {
  if (policies === undefined) return () => true;
  const chosen = policiesChosen(policies);
  return (rule) => samePolicies(policiesIn(rule.policyIds), chosen);
}

export const removal = (rule: FileRule): WriteRequest => ({
  method: "DELETE",
  path: `${FileRule.spec.path}/${rule.id}`,
});

/**
 * Sends one write, and gives the rule as the server then has it.
 * @throws ServerError with code `WRITE_NOT_APPLIED` when it does not say what was written
 */
export async function writeRule(
  client: ModelHost,
  ruled: RuledFile,
  write: RuleWrite,
  wish: RuleWish,
  options: CallOptions,
): Promise<FileRule> {
  const what = `the ${wish.verb === "ban" ? "ban" : "approval"} of ${nameOf(ruled)}`;
  let answer: unknown;
  try {
    answer = await sendWrite(client, write.request, options, what);
  } finally {
    forget(client, ruled.files, write.rule);
  }
  const rule = await ruleAfter(client, ruled, write, answer, wish, options);
  if (rule !== undefined && saysSo(rule, wish)) return rule;
  const now = rule === undefined ? "there is no such rule" : described(rule);
  throw new ServerError(`The server accepted ${what}, but it does not hold afterwards: ${now}`, {
    code: "WRITE_NOT_APPLIED",
  });
}

/** Removes a rule; one that somebody else has removed meanwhile is gone as well. */
export async function removeRule(
  client: ModelHost,
  files: readonly FileCatalog[],
  rule: FileRule,
  request: WriteRequest,
  options: CallOptions,
): Promise<void> {
  try {
    await sendWrite(client, request, options, `the removal of ${described(rule)}`);
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
  } finally {
    forget(client, files, rule);
  }
}

/** Of these files, as the catalogue has them now, those that do not show a wish. */
export async function notShowing(
  client: ModelHost,
  ids: Iterable<number>,
  wish: RuleWish,
  options: CallOptions,
): Promise<ReadonlyMap<number, FileCatalog | undefined>> {
  const { rows } = await findAmong(FileCatalog.query(client), "id", ids, options);
  const found = new Map(rows.map((file) => [file.id, file]));
  const missing = [...new Set(ids)].filter((id) => {
    const file = found.get(id);
    return file === undefined || !showsIn(file, wish);
  });
  return new Map(missing.map((id) => [id, found.get(id)]));
}

/** Why a wish does not show in the catalogue. */
export function notShown(file: FileCatalog | undefined, id: number, wish: RuleWish, waited: number): TimeoutError {
  const state =
    file === undefined ? "the catalogue does not have it any more" : `its effectiveState is ${file.effectiveState}`;
  return new TimeoutError(
    `The rule stands, but file ${id} does not read as ${wish.verb === "ban" ? "banned" : "approved"} after ${waited} ms: ` +
      `${state}. Nothing needs to be sent again; it may show later, or another rule decides`,
    { code: "NOT_SHOWN_YET", timeout: waited },
  );
}

/** Waits until the catalogue shows a wish. */
async function showing(client: ModelHost, { files }: RuledFile, wish: RuleWish, call: CallOptions): Promise<void> {
  if (wish.reportOnly || files.length === 0) return;
  const { clock } = protection(client);
  const wait = call.timeout || LOOKED_AT;
  const end = clock.now() + wait;
  for (let look = 0; ; look++) {
    const [missing] = await notShowing(
      client,
      files.map(({ id }) => id),
      wish,
      { signal: call.signal },
    );
    if (missing === undefined) return;
    const pause = Math.min(pauseAfter(look), end - clock.now());
    if (pause <= 0) throw notShown(missing[1], missing[0], wish, wait);
    await clock.sleep(pause, call.signal);
  }
}

/** What would be written, with the fields before and after. */
function planFor(writes: readonly RuleWrite[]): WritePlan {
  const [first] = writes;
  const before = first?.rule === undefined ? {} : Model.stateOf(first.rule).document;
  return planOf(
    writes.map(({ request }) => request),
    before,
    new Map(Object.entries(first?.values ?? {})),
  );
}

async function ruleAfter(
  client: ModelHost,
  ruled: RuledFile,
  { rule }: RuleWrite,
  answer: unknown,
  wish: RuleWish,
  options: CallOptions,
): Promise<FileRule | undefined> {
  const document = typeof answer === "object" && answer !== null ? (answer as Readonly<Record<string, unknown>>) : {};
  const key = FileRule.keyIn(document) ?? rule?.id;
  if (key !== undefined) {
    // 8.x leaves `policyIds` out of rules for all policies.
    const isWhole = "fileState" in document;
    const entry = isWhole
      ? client.identityMap.seed(FileRule, key, document, Completeness.full)
      : await client.identityMap.load(FileRule, key, { ...options, refresh: true });
    return new FileRule({
      client,
      key: FileRule.normaliseKey(key),
      document: entry.document,
      completeness: entry.completeness,
    });
  }
  // The server does not say which rule it has made.
  const { subject, files } = ruled;
  const after = await read(client, "hash" in subject ? subject.hash : (files[0] as FileCatalog), options);
  return decide(after, wish).same.find((each) => saysSo(each, wish));
}

const read = async (client: ModelHost, file: FileChoice, options: CallOptions): Promise<RuledFile> => {
  if (typeof file !== "string") return rulesOfFile(client, file, options);
  const { files } = await rulesByHash(client, [file], options);
  return files.get(file) as RuledFile;
};

/** What is known of rules and states of files no longer holds. */
function forget({ identityMap }: ModelHost, files: readonly FileCatalog[], rule: FileRule | undefined): void {
  if (rule?.id !== undefined) identityMap.evict(FileRule, rule.id);
  for (const { id } of files) identityMap.evict(FileCatalog, id);
}

function chosen(choice: FileChoice, what: string): FileChoice {
  return choice instanceof FileCatalog ? choice : checkedHash(choice, what);
}

const turnOf = (file: FileChoice): string =>
  `FileRule of ${typeof file === "string" ? file : `file ${Model.stateOf(file).key}`}`;

const nameOf = ({ subject }: RuledFile): string => ("hash" in subject ? subject.hash : `file ${subject.fileCatalogId}`);
