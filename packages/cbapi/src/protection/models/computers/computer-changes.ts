// What a change of a computer needs beside its body, and what the server would overlook.

import type { WriteRequest } from "../../../core/model/mutable-model.js";
import { changedTo, presentIn, refuse, requireOneOff } from "../checks.js";
import type { Computer } from "./computer.js";

/** Applied only with `changeDiagnostics=true`; overlooked without. */
export const DIAGNOSTICS = [
  "debugLevel",
  "kernelDebugLevel",
  "debugFlags",
  "debugDuration",
  "ccLevel",
  "ccFlags",
] as const;

/** Applied only with `changeTemplate=true`; overlooked without. */
export const TEMPLATE = [
  "template",
  "templateCloneCleanupMode",
  "templateCloneCleanupTime",
  "templateCloneCleanupTimeScale",
  "templateTrackModsOnly",
] as const;

/**
 * The update with the parameters that these changes need, in the order that servers have always been sent them.
 * @param body the id and all changes. Tamper protection is asked for in the address, and is no part of what is sent
 */
export function computerUpdate(
  path: string,
  { tamperProtectionActive, ...body }: Readonly<Record<string, unknown>>,
): WriteRequest {
  const parameters: string[] = [];
  if (DIAGNOSTICS.some((field) => field in body)) parameters.push("changeDiagnostics=true");
  if (TEMPLATE.some((field) => field in body)) parameters.push("changeTemplate=true");
  if (typeof tamperProtectionActive === "boolean") {
    parameters.push(`newTamperProtectionActive=${tamperProtectionActive}`);
  }
  const query = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  return { method: "PUT", path: `${path}${query}`, body };
}

/** @throws InvalidObjectError when the server would refuse a part of the changes, or overlook it without a word */
export function checkComputer(computer: Computer): void {
  requireOneOff(computer, "automaticPolicy", "localApproval");
  if (changedTo(computer, "name") !== undefined && computer.template !== true) {
    refuse(computer, "only templates can be given a name, and this one has its own from the endpoint");
  }
  if (changedTo(computer, "tamperProtectionActive") === null) {
    refuse(computer, "tamperProtectionActive is true or false");
  }
  if (changedTo(computer, "policyId") === undefined) return;
  const overrides = (["automaticPolicy", "localApproval"] as const).find((field) => computer[field] === true);
  if (overrides === undefined) return;
  const since = presentIn(computer, overrides) === true ? "" : " with this change";
  refuse(
    computer,
    `the server overlooks policyId while ${overrides} is on, which it is${since}. Set ${overrides} to false as well`,
  );
}
