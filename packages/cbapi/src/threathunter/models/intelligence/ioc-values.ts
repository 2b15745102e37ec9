import { InvalidObjectError } from "../../../core/errors.js";
import { kindOfField, requireKind, requireLink, shown, type ValueKind } from "./checks.js";

/** How the values of an IOC are compared: all of a text, a regular expression, or a search of one's own. */
export type MatchType = "equality" | "regex" | "query";

const MATCH_TYPES: readonly string[] = ["equality", "regex", "query"] satisfies MatchType[];

/** One indicator, as reports hold it. */
export interface IocV2Values {
  /** Its name, the only one in its report; one is made up for a new one without. */
  readonly id?: string | undefined;
  readonly match_type: MatchType | (string & {});
  /** Any of them will do; of a `query`, there is one. */
  readonly values: readonly string[];
  /** What is compared: `process_hash`, `netconn_ipv4`, `netconn_domain`, `process_name` ... A `query` has none. */
  readonly field?: string | null | undefined;
  /** Where to read on. */
  readonly link?: string | null | undefined;
}

/** A search in the older form of indicators. */
export interface IocQuery {
  readonly search_query: string;
  readonly index_type?: string | undefined;
}

/** The older form of indicators, by kind. The server makes the newer one of it. */
export interface IocValues {
  readonly md5?: readonly string[] | null | undefined;
  readonly ipv4?: readonly string[] | null | undefined;
  readonly ipv6?: readonly string[] | null | undefined;
  readonly dns?: readonly string[] | null | undefined;
  readonly query?: readonly IocQuery[] | null | undefined;
}

/** @throws InvalidObjectError naming what is wrong with an indicator */
export function checkIocV2(ioc: Readonly<Record<string, unknown>>, where = "IOC"): void {
  const { id, match_type: type, values, field, link } = ioc;
  if (id !== undefined) requireKind(id, "text", `${where}: id`);
  const name = typeof id === "string" ? `${where} ${id}` : where;
  if (type === undefined || type === null) throw new InvalidObjectError(`${name}: Missing fields: [match_type]`);
  if (typeof type !== "string" || !MATCH_TYPES.includes(type)) {
    throw new InvalidObjectError(`${name}: match_type should be one of ${MATCH_TYPES.join(", ")}, got ${shown(type)}`);
  }
  if (!Array.isArray(values) || values.length === 0) {
    throw new InvalidObjectError(`${name}: values should be a list of at least one text, got ${shown(values)}`);
  }
  for (const value of values as readonly unknown[]) requireKind(value, "text", `${name}: each of its values`);
  const isQuery = type === "query";
  if (isQuery && values.length !== 1) {
    throw new InvalidObjectError(`${name}: a query has one value, got ${values.length}: make an IOC of each`);
  }
  if (!isQuery) {
    if (field === undefined || field === null || field === "")
      throw new InvalidObjectError(`${name}: Missing fields: [field], which ${type} is to compare`);
    requireKind(field, "text", `${name}: field`);
    if (type === "equality") {
      const kind = kindOfField(field as string);
      for (const value of values as readonly unknown[]) requireKind(value, kind, `${name}: each ${String(field)}`);
    } else for (const value of values as readonly string[]) requirePattern(value, name);
  }
  requireLink(link, `${name}: link`);
}

/** @throws InvalidObjectError naming what is wrong with the older form */
export function checkIocs(iocs: unknown, where = "IOC"): void {
  if (iocs === undefined || iocs === null) return;
  if (typeof iocs !== "object" || Array.isArray(iocs)) {
    throw new InvalidObjectError(`${where} should be an object of lists, got ${shown(iocs)}`);
  }
  const kinds: Readonly<Record<string, ValueKind>> = { md5: "md5", ipv4: "ipv4", ipv6: "ipv6", dns: "domain" };
  for (const [name, values] of Object.entries(iocs as Readonly<Record<string, unknown>>)) {
    if (values === undefined || values === null) continue;
    const known = Object.hasOwn(kinds, name) || name === "query";
    if (!known) {
      // A server may give kinds that are new; lists are all that can be asked of them.
      if (Array.isArray(values)) continue;
      throw new InvalidObjectError(`${where}: ${name} is no kind of IOC: md5, ipv4, ipv6, dns or query is expected`);
    }
    if (!Array.isArray(values))
      throw new InvalidObjectError(`${where}: ${name} should be a list, got ${shown(values)}`);
    for (const value of values as readonly unknown[]) {
      if (name === "query") checkQuery(value, where);
      else requireKind(value, kinds[name] as ValueKind, `${where}: each ${name}`);
    }
  }
}

function checkQuery(value: unknown, where: string): void {
  const text = (value as IocQuery | null)?.search_query;
  if (typeof text === "string" && text.trim() !== "") return;
  throw new InvalidObjectError(`${where}: each query should be { search_query: "..." }, got ${shown(value)}`);
}

/** The server's expressions are not quite these, but what has no end to a bracket is one nowhere. */
function requirePattern(value: string, name: string): void {
  try {
    new RegExp(value, "u");
  } catch {
    try {
      new RegExp(value);
    } catch (cause) {
      throw new InvalidObjectError(`${name}: ${shown(value)} should be a regular expression`, { cause });
    }
  }
}
