import { BulkOperation } from "../../../core/bulk/operation.js";
import type { BulkNote, FoundItems, Unshown } from "../../../core/bulk/types.js";
import { ServerError } from "../../../core/errors.js";
import { addTo } from "../../../core/groups.js";
import type { ModelHost } from "../../../core/model/host.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection } from "../../host.js";
import type { PolicyChoice } from "../policies/policy-choice.js";
import { LOOKED_AT } from "../reported.js";
import type { FileRule } from "./file-rule.js";
import { checkedHashes } from "./hashes.js";
import { cleared, notShowing, notShown, removal, removeRule, writeRule } from "./rule-changes.js";
import { decide, described, type RuleDecision, saysSo } from "./rule-decision.js";
import { type RuledFile, rulesByHash } from "./rule-search.js";
import { type RuleWish, requireKnown } from "./rule-wish.js";

/** How it is seen to that bans and approvals of many hashes show. */
export interface VerifyRulesOptions {
  /**
   * Whether a hash counts as done only when the catalogue's `effectiveState` shows it. A hash that no computer has reported
   * yet is done with its rule.
   */
  readonly verify?: boolean | undefined;
  /** For how long that is waited for after the last write, in milliseconds. Default two minutes. */
  readonly timeout?: number | undefined;
}

/** What is known of one hash. */
interface Planned {
  readonly ruled: RuledFile;
  readonly decision: RuleDecision;
}

/** Bans or approves many hashes; each has its own outcome. Rules are read for many hashes at a time when it is planned. */
export function makeRules(
  client: ModelHost,
  hashes: Iterable<string>,
  wish: RuleWish,
  { verify = false, timeout = 0 }: VerifyRulesOptions,
): BulkOperation<string> {
  const name = `FileRule.${wish.verb}All`;
  const items = checkedHashes(hashes, name);
  const wait = timeLimit(timeout) || LOOKED_AT;
  const planned = new Map<string, Planned>();
  /** Files for which a write was accepted: another hash of the same file needs none. */
  const done = new Set<number>();
  const tried = new Set<string>();
  return new BulkOperation<string>({
    name: `${wish.verb} of ${items.length === 1 ? "1 hash" : `${items.length} hashes`}`,
    ...{ batchSize: 1, repeatable: true },
    find: async (options) => {
      await requireKnown(client, wish, options);
      const { files, reasons } = await rulesByHash(client, items, options);
      for (const [hash, ruled] of files) planned.set(hash, { ruled, decision: decide(ruled, wish) });
      const unchanged = items.filter((hash) => planned.get(hash)?.decision.writes.length === 0);
      const found: FoundItems<string> = { items, search: undefined, unchanged: new Set(unchanged) };
      return { ...found, notes: [...doubts(reasons, items), ...sameFiles(planned), ...othersOf(planned)] };
    },
    request: ([hash = ""]) => (planned.get(hash)?.decision.writes ?? []).map(({ request }) => request),
    send: async (request, options, [hash = ""]) => {
      const { ruled, decision } = planned.get(hash) as Planned;
      const ids = ruled.files.map(({ id }) => id);
      if (ids.length > 0 && ids.every((id) => done.has(id))) return undefined;
      const write = decision.writes.find((each) => each.request.path === request.path) ?? decision.writes[0];
      if (write === undefined) return undefined;
      // Nobody knows what became of it the last time: a rule that was made then is not made again.
      if (write.rule === undefined && tried.has(hash) && (await isMade(client, hash, wish, options))) return undefined;
      tried.add(hash);
      try {
        await writeRule(client, ruled, write, wish, options);
      } catch (error) {
        if (error instanceof ServerError && error.code === "WRITE_NOT_APPLIED") return new Map([[hash, error]]);
        throw error;
      }
      if (write === decision.writes.at(-1)) for (const id of ids) done.add(id);
      return undefined;
    },
    ...(verify && !wish.reportOnly
      ? {
          effect: {
            ...{ clock: protection(client).clock, wait, patient: true },
            look: (waiting, options) => look(client, waiting, planned, wish, wait, options),
          },
        }
      : {}),
  });
}

/** Removes the rules of many hashes. */
export function clearAllRules(
  client: ModelHost,
  hashes: Iterable<string>,
  policies: PolicyChoice | undefined,
): BulkOperation<string> {
  const items = checkedHashes(hashes, "FileRule.clearAll");
  const wanted = cleared(policies);
  const planned = new Map<string, { readonly ruled: RuledFile; readonly doomed: readonly FileRule[] }>();
  const gone = new Set<number | undefined>();
  return new BulkOperation<string>({
    name: `removal of the rules of ${items.length === 1 ? "1 hash" : `${items.length} hashes`}`,
    ...{ batchSize: 1, repeatable: true },
    find: async (options) => {
      const { files, reasons } = await rulesByHash(client, items, options);
      for (const [hash, ruled] of files) planned.set(hash, { ruled, doomed: ruled.rules.filter(wanted) });
      const notes = [...planned].flatMap(([hash, { ruled, doomed }]) => {
        const kept = ruled.rules.filter((rule) => !doomed.includes(rule));
        const removed = doomed.map((rule) => `to be removed: ${described(rule)}`);
        return [...removed, ...kept.map((rule) => `left alone: ${described(rule)}`)].map((note) => ({
          note,
          items: [hash],
        }));
      });
      const unchanged = new Set(items.filter((hash) => planned.get(hash)?.doomed.length === 0));
      return { items, search: undefined, unchanged, notes: [...doubts(reasons, items), ...notes] };
    },
    request: ([hash = ""]) => (planned.get(hash)?.doomed ?? []).map(removal),
    send: async (request, options, [hash = ""]) => {
      const { ruled, doomed } = planned.get(hash) ?? { ruled: undefined, doomed: [] };
      const rule = doomed.find((each) => removal(each).path === request.path);
      // Two hashes of one file have its rules in common.
      if (rule === undefined || gone.has(rule.id)) return undefined;
      await removeRule(client, ruled?.files ?? [], rule, request, options);
      gone.add(rule.id);
      return undefined;
    },
  });
}

async function isMade(client: ModelHost, hash: string, wish: RuleWish, options: CallOptions): Promise<boolean> {
  const { files } = await rulesByHash(client, [hash], options);
  return files.get(hash)?.rules.some((rule) => saysSo(rule, wish)) === true;
}

/** Which hashes the catalogue does not show as wished; all that are waited for are read together. */
async function look(
  client: ModelHost,
  hashes: readonly string[],
  planned: ReadonlyMap<string, Planned>,
  wish: RuleWish,
  wait: number,
  options: CallOptions,
): Promise<ReadonlyMap<string, Unshown>> {
  const ids = (hash: string) => (planned.get(hash)?.ruled.files ?? []).map(({ id }) => id);
  const missing = await notShowing(client, hashes.flatMap(ids), wish, options);
  return new Map(
    hashes.flatMap((hash) => {
      const id = ids(hash).find((each) => missing.has(each));
      if (id === undefined) return [];
      const error = notShown(missing.get(id), id, wish, wait);
      return [[hash, { state: "pending", error } as const]];
    }),
  );
}

/** Hashes of one and the same file: one rule does for all. */
function sameFiles(planned: ReadonlyMap<string, Planned>): BulkNote<string>[] {
  const byFile = new Map<number, string[]>();
  for (const [hash, { ruled, decision }] of planned) {
    const [file, ...more] = ruled.files;
    if (file === undefined || more.length > 0 || decision.writes.length === 0) continue;
    addTo(byFile, file.id, hash);
  }
  return [...byFile].flatMap(([id, items]) => {
    if (items.length < 2) return [];
    return [
      { note: `hashes of one file (${id} in the catalogue): what is written for the first is not sent again`, items },
    ];
  });
}

function othersOf(planned: ReadonlyMap<string, Planned>): BulkNote<string>[] {
  return [...planned].flatMap(([hash, { decision }]) =>
    decision.others.map((rule) => ({ note: `left alone: ${described(rule)}`, items: [hash] })),
  );
}

function doubts(reasons: readonly string[], items: readonly string[]): BulkNote<string>[] {
  return reasons.map((reason) => ({ note: `rules may have been missed: ${reason}`, items }));
}
