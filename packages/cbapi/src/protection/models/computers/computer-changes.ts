// What a change of a computer needs beside its body, and what the server would overlook.

import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model } from "../../../core/model/model.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import { changedTo, presentIn, refuse, requireOneOff } from "../checks.js";
import { type ComputerDiagnostics, DIAGNOSTICS, TEMPLATE, type TemplateSettings } from "./advanced-options.js";
import { Computer } from "./computer.js";

const SETTINGS = ["name", ...TEMPLATE.filter((name) => name !== "template")] as const;

/** The diagnostics as they go to the server. @throws CbApiError when a name or a value is none of them, or there is none */
export function diagnosticValues(client: ModelHost, values: ComputerDiagnostics): ReadonlyMap<string, unknown> {
  const encoded = encodedValues(client, "setDiagnostics()", values, DIAGNOSTICS);
  if (encoded.size > 0) return encoded;
  throw invalidArgument(`setDiagnostics() takes what is to be set: one or more of ${DIAGNOSTICS.join(", ")}`);
}

/** The settings of a template as they go to the server. @throws CbApiError when a name or a value is none of them */
export function templateValues(client: ModelHost, values: TemplateSettings): ReadonlyMap<string, unknown> {
  return encodedValues(client, "becomeTemplate()", values, SETTINGS);
}

function encodedValues(
  client: ModelHost,
  method: string,
  values: object,
  names: readonly string[],
): ReadonlyMap<string, unknown> {
  if (typeof values !== "object" || values === null) {
    throw invalidArgument(
      `${method} takes values by their names, as { ${names[0]}: ... }: got ${JSON.stringify(values)}`,
    );
  }
  for (const name of Object.keys(values)) {
    if (!names.includes(name)) throw invalidArgument(`${method} cannot set ${name}: it sets ${names.join(", ")}`);
  }
  // On a computer of nobody's, so that values are checked as they are when they are assigned.
  const draft = new Computer({ client }).set(
    Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)),
  );
  return Model.stateOf(draft).changes ?? new Map();
}

/** @throws InvalidObjectError when the server would refuse to make a template of the computer that this is read of */
export function refuseTemplate(computer: Computer, { connected, initializing }: Document): void {
  const state = connected === true ? "online" : initializing === true ? "still initialising" : undefined;
  if (state === undefined) return;
  refuse(computer, `only one that is offline and initialised can be made a template, and this one is ${state}`);
}

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
  refuse(computer, `${overlooksPolicy(overrides)}${since}. Set ${overrides} to false as well`);
}

/** @throws InvalidObjectError when the server would overlook the policy of the computer that this is read of */
export function checkMove(computer: Computer, document: Document): void {
  const fixed = (["automaticPolicy", "localApproval"] as const).find((field) => document[field] === true);
  if (fixed !== undefined) refuse(computer, `${overlooksPolicy(fixed)}. Set ${fixed} to false first`);
}

/** Why a computer stays where it is. */
export function overlooksPolicy(fixed: "automaticPolicy" | "localApproval"): string {
  return `the server overlooks policyId while ${fixed} is on, which it is`;
}
