import type { Document } from "../../../core/model/document.js";
import { sameValue } from "../../../core/model/same-value.js";
import { hasFlags, SyncFlag } from "../flags.js";
import { EnforcementLevel } from "../names.js";
import { unlikeWritten } from "../unlike.js";

/** What a computer was told. */
export interface Told {
  /** Field -> value. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The level that its new policy enforces, where that is known. */
  readonly level?: number | undefined;
}

/** Why what a computer was told does not show. */
export interface Lack {
  /** In words that fit any computer, as many may share them. */
  readonly why: string;
  /** Whether the server itself has something else: it has overlooked the change, or somebody has made another. */
  readonly overlooked?: true;
  /** Whether nothing is to be expected for now. */
  readonly idle?: true;
}

/** The setting that the server keeps, and where the agent reports it (8.0 and later). */
const REPORTED = [
  ["debugLevel", "activeDebugLevel"],
  ["kernelDebugLevel", "activeKernelDebugLevel"],
  ["debugFlags", "activeDebugFlags"],
] as const;

/** What a computer lacks of what it was told; `undefined` when all of it shows, by what its agent has reported too. */
export function lackOf(document: Document, told: Told): Lack | undefined {
  const other = overlookedIn(document, told.values);
  if (other !== undefined) return other;
  const agent = agentLack(document, told);
  if (agent === undefined) return undefined;
  if (document["deleted"] === true) return { why: `${agent}, and its entry is deleted`, idle: true };
  if (document["connected"] === false)
    return { why: `${agent}: it is offline, and does so when it is back`, idle: true };
  return { why: agent };
}

/** What the server has otherwise than it was told: an answer to a write may hold only some of the fields. */
export function overlookedIn(document: Document, values: ReadonlyMap<string, unknown>): Lack | undefined {
  // The agent says whether it is protected.
  const kept = [...values].filter(([name]) => name !== "tamperProtectionActive");
  const why = unlikeWritten(document, kept);
  return why === undefined ? undefined : { why, overlooked: true };
}

function agentLack(document: Document, { values, level }: Told): string | undefined {
  if (values.has("policyId")) return policyLack(document, values.get("policyId"), level);
  if (values.has("localApproval")) {
    const isOn = values.get("localApproval") === true;
    const shows = (document["enforcementLevel"] === EnforcementLevel.LocalApproval) === isOn;
    if (!shows) return `its agent has not ${isOn ? "begun" : "ended"} local approval yet`;
  }
  if (values.has("tamperProtectionActive")) {
    const wanted = values.get("tamperProtectionActive");
    if (document["tamperProtectionActive"] !== wanted) {
      return `its agent has not reported tamper protection as ${wanted === true ? "on" : "off"} yet`;
    }
  }
  const late = REPORTED.filter(
    ([name, active]) => values.has(name) && active in document && !sameValue(document[active], values.get(name)),
  );
  return late.length === 0 ? undefined : `its agent has not reported ${late.map(([name]) => name).join(", ")} yet`;
}

function policyLack(document: Document, policyId: unknown, level: number | undefined): string | undefined {
  const late = `its agent has not taken policy ${String(policyId)} over yet`;
  if (document["localApproval"] === true) return `${late}: it is in local approval, and does so when that ends`;
  const { enforcementLevel: present, policyStatusDetails: details, syncFlags } = document;
  if (level !== undefined && present !== undefined && present !== level) {
    return `${late}: it enforces level ${String(present)}, the policy's is ${level}`;
  }
  if (typeof details === "string" && details !== "" && !/^up to date$/i.test(details)) {
    return `${late}: policyStatusDetails is ${JSON.stringify(details)}`;
  }
  const isOutOfDate = typeof syncFlags === "number" && hasFlags(syncFlags, SyncFlag.EnforcementOutOfDate);
  return isOutOfDate ? `${late}: syncFlags say that its enforcement is out of date` : undefined;
}
