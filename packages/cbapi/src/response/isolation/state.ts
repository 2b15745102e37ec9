import { ApiError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";

/**
 * How far the isolation of a sensor has come. `pending` and `releasing`: asked for, and not carried out by the endpoint
 * yet, which takes until its next check-in.
 */
export type IsolationState = "none" | "pending" | "isolated" | "releasing";

/** Whether isolation is asked for. */
export function isRequested(document: Document): boolean {
  return flag(document["network_isolation_enabled"]);
}

/** What a sensor's two flags say together. */
export function isolationStateOf(document: Document): IsolationState {
  const effective = flag(document["is_isolating"]);
  if (isRequested(document)) return effective ? "isolated" : "pending";
  return effective ? "releasing" : "none";
}

/** @throws ApiError when the sensor that this is a document of is to be isolated, and cannot be */
export function refuseUnsupported(document: Document, wanted: boolean): void {
  if (!wanted || flag(document["supports_isolation"] ?? true) || isolationStateOf(document) === "isolated") return;
  const { id, computer_name } = document as { id?: unknown; computer_name?: unknown };
  throw new ApiError(
    `Sensor ${String(id)} (${String(computer_name ?? "without a name")}) does not support isolation: nothing was changed. Update the sensor, or cut the endpoint off in another way`,
    { code: "ISOLATION_UNSUPPORTED" },
  );
}

function flag(value: unknown): boolean {
  return t.boolean().decode(value ?? false) === true;
}
