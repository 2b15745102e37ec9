import { ServerError } from "../../../core/errors.js";
import { DEVICE_FACETS } from "../../calls.js";
import type { DeviceSearchQuery } from "./device-search-query.js";
import type { DeviceFacetField, DeviceOs, DeviceStatus } from "./words.js";

/** How many devices have one value of a field. */
export interface DeviceFacetValue {
  /** The value as criteria name it. */
  readonly id: string;
  /** The value as people name it: that of a policy, for its id. */
  readonly name: string;
  /** How many devices have it. */
  readonly total: number;
  /** The search narrowed to these devices, which has not been sent. */
  queryDevices(): DeviceSearchQuery;
}

/** The counts of devices by the values of one field. */
export class DeviceFacet {
  /** The field. */
  readonly field: DeviceFacetField;
  /** Its values, as the server orders them: the most frequent first. */
  readonly values: readonly DeviceFacetValue[];

  /** @internal Made by {@link DeviceSearchQuery.facets}. */
  constructor(query: DeviceSearchQuery, field: DeviceFacetField, values: readonly FoundValue[]) {
    this.field = field;
    this.values = values.map((value) => ({ ...value, queryDevices: () => narrowed(query, field, value.id) }));
  }
}

/** A value as the server counts it. */
interface FoundValue {
  readonly id: string;
  readonly name: string;
  readonly total: number;
}

function narrowed(query: DeviceSearchQuery, field: DeviceFacetField, id: string): DeviceSearchQuery {
  switch (field) {
    case "policy_id":
      return query.setPolicyIds([Number(id)]);
    case "ad_group_id":
      return query.setAdGroupIds([Number(id)]);
    case "os":
      return query.setOs([id.toUpperCase() as DeviceOs]);
    case "status":
      return query.setStatus([id.toUpperCase() as DeviceStatus]);
    default:
      return query.addCriteria(field, [id]);
  }
}

/** @internal @throws ServerError when the answer leaves out a field that was asked for */
export function facetsIn(
  answer: unknown,
  fields: readonly DeviceFacetField[],
): { readonly field: DeviceFacetField; readonly values: readonly FoundValue[] }[] {
  const { results } = (answer ?? {}) as { readonly results?: unknown };
  const found = new Map<string, readonly FoundValue[]>();
  for (const entry of Array.isArray(results) ? (results as readonly Partial<Record<string, unknown>>[]) : []) {
    const { field, values } = entry;
    if (typeof field !== "string" || !Array.isArray(values)) continue;
    found.set(field.toLowerCase(), values.map(valueIn));
  }
  const missing = fields.filter((field) => !found.has(field));
  if (missing.length > 0) {
    throw new ServerError(`${DEVICE_FACETS.call}: asked to count by ${missing.join(", ")}, and the answer does not`, {
      code: "UNEXPECTED_ANSWER",
    });
  }
  return fields.map((field) => ({ field, values: found.get(field) ?? [] }));
}

function valueIn(value: Partial<Record<string, unknown>>): FoundValue {
  const { id, name, total } = value;
  return { id: String(id ?? name ?? ""), name: String(name ?? id ?? ""), total: Number(total ?? 0) };
}
