import { fieldsOf } from "../known-fields.js";
import type { SandboxReply, SandboxRequest } from "./product.js";

export const ok = (body: unknown): SandboxReply => ({ status: 200, body });
export const done: SandboxReply = { status: 204 };

/** The fields of a control request, whose body is an object that has no others than these. */
export const fields = <Name extends string>(
  request: SandboxRequest,
  names: readonly Name[],
): Partial<Record<Name, unknown>> => checked(request.json(), names);

/** Nothing at all is an object without fields. */
export const checked = <Name extends string>(value: unknown, names: readonly Name[]): Partial<Record<Name, unknown>> =>
  value === undefined ? {} : fieldsOf(value, "The request body", names);
