import type { Document } from "../../core/model/document.js";
import { Q, type QueryExpression, raw } from "../../core/query/terms.js";
import { cloudDialect } from "../../psc/query-language/dialect.js";
import { escaped } from "../../psc/query-language/value-text.js";
import type { Filters } from "../queries/filters.js";

// Today's service has one kind of device, the platform's. What Defense calls its fields follows from that.

/** Fields that are called otherwise than by the same words. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["id", "deviceId"],
  ["os", "deviceType"],
  ["last_contact_time", "lastContact"],
  ["target_priority", "targetPriorityType"],
]);

/** A device of the platform with the names that Defense gives to its fields. */
export function defenseDevice(device: Document): Document {
  const entries = Object.entries(device).map(([name, value]) => [NAMES.get(name) ?? camelCase(name), value] as const);
  return Object.fromEntries(entries);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The text by which the platform's search finds what filters of Defense ask for; `undefined` for all devices. */
export function platformQuery(filters: Filters): string | undefined {
  const clauses = Object.entries(filters).map(([name, value]) => clauseOf(name, value).compile(cloudDialect));
  return clauses.length === 0 ? undefined : cloudDialect.and(clauses);
}

function clauseOf(name: string, value: string): QueryExpression {
  // A wildcard of the caller's stands for itself to Defense.
  const part = raw(`*${escaped(value)}*`);
  switch (name) {
    case "hostName":
      return Q({ name: part });
    case "hostNameExact":
      // The platform puts the domain before the name.
      return Q({ name: value }).or(Q({ name: raw(`*\\\\${escaped(value)}`) }));
    case "ownerName":
      return Q({ email: part }).or(Q({ first_name: part }), Q({ last_name: part }));
    case "ownerNameExact":
      return Q({ email: value });
    default:
      return Q({ last_internal_ip_address: value }).or(Q({ last_external_ip_address: value }));
  }
}
