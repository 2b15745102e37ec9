// Changes of many computers: what each is sent, which cannot be changed, and what their agents have to report.

import type { Change } from "../../../core/bulk/change.js";
import type { Verdict } from "../../../core/bulk/found.js";
import { Reasons } from "../../../core/bulk/reasons.js";
import type { BulkEffect, Unshown } from "../../../core/bulk/types.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection, requireVersion } from "../../host.js";
import type { EffectOptions } from "../../queries/bulk-options.js";
import { fetchByIds } from "../many.js";
import { PolicyLevels, type PolicyOrName, policyIdOf } from "../policies/policy-target.js";
import { LOOKED_AT } from "../reported.js";
import type { ComputerDiagnostics } from "./advanced-options.js";
import { Computer } from "./computer.js";
import { computerUpdate, diagnosticValues, overlooksPolicy } from "./computer-changes.js";
import { type Lack, lackOf, overlookedIn, type Told } from "./effects.js";

type ComputerChange = Change<number, Computer>;

const CHANGE: Verdict = { state: "change" };
const UNCHANGED: Verdict = { state: "unchanged" };

/** Moves computers to one policy. */
export function moving(client: ModelHost, policy: PolicyOrName, options: EffectOptions): ComputerChange {
  let target: number | undefined;
  const levels = new PolicyLevels(client);
  return move("moveTo", client, options, levels, {
    before: async (call) => {
      target = await policyIdOf(client, "moveTo()", policy, call);
      await levels.read([target], call);
    },
    to: () => target,
  });
}

/** Moves computers back to where each of them was before. */
export function returning(client: ModelHost, options: EffectOptions): ComputerChange {
  return move("returnToPreviousPolicy", client, options, new PolicyLevels(client), {
    before: (call) => requirePreviousPolicies(client, call),
    to: ({ previousPolicyId }) => (previousPolicyId === 0 ? undefined : previousPolicyId),
  });
}

/** @throws ApiError with code `SERVER_TOO_OLD` where servers do not keep the policy before */
export async function requirePreviousPolicies(client: ModelHost, options: CallOptions): Promise<void> {
  await requireVersion(client, options, "The policy that a computer had before", 8, 0);
}

/** Begins local approval, or ends it. */
export function approving(client: ModelHost, on: boolean, options: EffectOptions): ComputerChange {
  requireSwitch("approveLocally", on);
  const reasons = new Reasons();
  const values = new Map([["localApproval", on]]);
  return told("approveLocally", client, options, {
    of: () => values,
    review: ({ localApproval, automaticPolicy }) => {
      if ((localApproval ?? false) === on) return UNCHANGED;
      if (!on || automaticPolicy !== true) return CHANGE;
      return { state: "refused", error: reasons.of("AUTOMATIC_POLICY", AUTOMATIC_NOT_LOCAL) };
    },
  });
}

export const AUTOMATIC_NOT_LOCAL =
  "automaticPolicy is on, and the server refuses local approval meanwhile. Set automaticPolicy to false first";

/** Asks for tamper protection, or for its end. */
export function protecting(client: ModelHost, on: boolean, options: EffectOptions): ComputerChange {
  requireSwitch("setTamperProtection", on);
  const values = new Map([["tamperProtectionActive", on]]);
  return told("setTamperProtection", client, options, {
    of: () => values,
    // An agent may have been told the opposite, and not have reported it yet.
    review: ({ tamperProtectionActive }) =>
      tamperProtectionActive === on ? { state: "change", note: `reads as ${on ? "on" : "off"} already` } : CHANGE,
  });
}

/** Asks for diagnostics: also for those that read so already, as asking again begins them anew. */
export function diagnosing(client: ModelHost, given: ComputerDiagnostics, options: EffectOptions): ComputerChange {
  const values = diagnosticValues(client, given);
  return told("setDiagnostics", client, options, { of: () => values, review: () => CHANGE });
}

/** Deletes the entries of computers. */
export function deleting(): ComputerChange {
  return {
    verb: "delete",
    batchSize: 1,
    request: ([id]) => ({ method: "DELETE", path: `${Computer.spec.path}/${id}` }),
    review: (computers) => computers.map(({ deleted }) => (deleted === true ? UNCHANGED : CHANGE)),
  };
}

/** @throws CbApiError when a switch is neither on nor off */
export function requireSwitch(verb: string, on: unknown): void {
  if (typeof on !== "boolean") throw invalidArgument(`${verb}() takes true or false, got ${JSON.stringify(on)}`);
}

function move(
  verb: string,
  client: ModelHost,
  options: EffectOptions,
  levels: PolicyLevels,
  plan: { before(call: CallOptions): Promise<void>; to(computer: Computer): number | undefined },
): ComputerChange {
  const reasons = new Reasons();
  const targets = new Map<number, number>();
  const review = (computer: Computer): Verdict => {
    const { id, policyId, connected, deleted } = computer;
    const to = plan.to(computer);
    if (to === undefined) {
      return {
        state: "refused",
        error: reasons.of("NO_PREVIOUS_POLICY", "the server knows no policy before this one"),
      };
    }
    targets.set(id, to);
    if (policyId === to) return { state: "unchanged", note: `in policy ${to} already` };
    const fixed = (["automaticPolicy", "localApproval"] as const).find((field) => computer[field] === true);
    if (fixed !== undefined) {
      const why = `${overlooksPolicy(fixed)}. Set ${fixed} to false first`;
      return {
        state: "refused",
        error: reasons.of(fixed === "localApproval" ? "LOCAL_APPROVAL" : "AUTOMATIC_POLICY", why),
      };
    }
    if (deleted === true)
      return { state: "change", note: "the entry is deleted: where({ deleted: false }) leaves it out" };
    return connected === false ? { state: "change", note: `offline: takes policy ${to} over when it is back` } : CHANGE;
  };
  return {
    ...told(verb, client, options, {
      of: (id) => new Map([["policyId", targets.get(id)]]),
      review,
      levelOf: (id) => levels.of(targets.get(id) ?? 0),
      beforeLook: (ids, call) =>
        levels.read(
          ids.flatMap((id) => targets.get(id) ?? []),
          call,
        ),
    }),
    before: async (call) => {
      targets.clear();
      await plan.before(call);
    },
  };
}

/** What one kind of change tells computers. */
interface Telling {
  of(id: number): ReadonlyMap<string, unknown>;
  review(computer: Computer): Verdict;
  levelOf?(id: number): number | undefined;
  beforeLook?(ids: readonly number[], call: CallOptions): Promise<void>;
}

function told(verb: string, client: ModelHost, options: EffectOptions, telling: Telling): ComputerChange {
  const reasons = new Reasons();
  const whatOf = (id: number): Told => ({ values: telling.of(id), level: telling.levelOf?.(id) });
  const unshown = ({ why, overlooked, idle }: Lack): Unshown =>
    overlooked === true
      ? { state: "refused", error: reasons.of("WRITE_NOT_APPLIED", why) }
      : { state: "pending", error: reasons.of("NOT_SHOWN_YET", why), ...(idle === undefined ? {} : { idle }) };
  const effect: BulkEffect<number> = {
    clock: protection(client).clock,
    wait: timeLimit(options.timeout ?? LOOKED_AT) || Number.POSITIVE_INFINITY,
    patient: options.timeout !== undefined,
    look: async (ids, call) => {
      await telling.beforeLook?.(ids, call);
      const found = await fetchByIds(client, Computer, ids, call);
      const lacking = ids.flatMap((id): [number, Unshown][] => {
        const document = found.get(id)?.document;
        const lack = document === undefined ? GONE : lackOf(document, whatOf(id));
        return lack === undefined ? [] : [[id, unshown(lack)]];
      });
      return new Map(lacking);
    },
  };
  return {
    verb,
    batchSize: 1,
    review: (computers) => computers.map((computer) => telling.review(computer)),
    request: ([id = 0]) => computerUpdate(`${Computer.spec.path}/${id}`, { id, ...Object.fromEntries(telling.of(id)) }),
    overlooked: (answer, [id = 0]) => {
      const lack = isDocument(answer) ? overlookedIn(answer, telling.of(id)) : undefined;
      return lack === undefined ? undefined : new Map([[id, unshown(lack).error]]);
    },
    effect: options.verify === true ? effect : undefined,
  };
}

const GONE: Lack = { why: "the server has no such computer any more", overlooked: true };

const isDocument = (answer: unknown): answer is Document =>
  typeof answer === "object" && answer !== null && !Array.isArray(answer);
