import { randomUUID } from "node:crypto";
import { InvalidObjectError } from "../../../core/errors.js";
import { requireKind, requireLink, shown } from "./checks.js";
import { documentOf, seconds } from "./fields.js";
import { checkIocs, checkIocV2, type IocV2Values, type IocValues } from "./ioc-values.js";

/** A report, as a plain object. */
export interface ReportValues {
  /** One is made up for a report without. */
  readonly id?: string | undefined;
  /** When it was made: a `Date`, or seconds since 1970. Now, where it is left out. */
  readonly timestamp?: Date | number | undefined;
  readonly title: string;
  readonly description: string;
  /** From 1 to 10. */
  readonly severity: number;
  /** Where to read on. */
  readonly link?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
  /** The older form of indicators. */
  readonly iocs?: IocValues | null | undefined;
  readonly iocs_v2?: readonly IocV2Values[] | null | undefined;
  readonly visibility?: string | null | undefined;
}

/** What every report has to have; a feed's are told so, as theirs are not made one by one. */
const REQUIRED = ["id", "timestamp", "title", "description", "severity"];

/** The document of a report as feeds take it: with an id and a time, and without what only tells where it came from. */
export function reportToSend(value: unknown, now: number): Record<string, unknown> {
  let given: Record<string, unknown>;
  try {
    given = documentOf(value);
  } catch (cause) {
    throw new InvalidObjectError(`A report is a Report or an object: ${(cause as Error).message}`, { cause });
  }
  const { feed_id: _, id = randomUUID(), timestamp = Math.floor(now / 1000), ...rest } = given;
  const whole = { ...rest, id, timestamp: timestamp instanceof Date ? seconds.encode(timestamp) : timestamp };
  return { ...whole, ...("iocs_v2" in rest ? { iocs_v2: withIds(rest["iocs_v2"]) } : {}) };
}

/** Indicators, each with an id. */
export function withIds(iocs: unknown): unknown {
  if (!Array.isArray(iocs)) return iocs;
  return iocs.map((ioc: unknown) => {
    const isObject = typeof ioc === "object" && ioc !== null;
    return isObject && !("id" in ioc) ? { id: randomUUID(), ...ioc } : ioc;
  });
}

/** @throws InvalidObjectError naming what is wrong with a report */
export function checkReport(report: Readonly<Record<string, unknown>>): void {
  const { id, timestamp, severity, link, tags, iocs, iocs_v2: indicators } = report;
  const name = typeof id === "string" && id !== "" ? `Report ${id}` : "Report";
  const missing = REQUIRED.filter((field) => report[field] === undefined || report[field] === null);
  if (missing.length > 0) throw new InvalidObjectError(`${name}: Missing fields: [${missing.join(", ")}]`);
  for (const field of ["id", "title", "description"]) requireKind(report[field], "text", `${name}: ${field}`);
  if (!Number.isSafeInteger(timestamp) || (timestamp as number) <= 0) {
    throw new InvalidObjectError(`${name}: timestamp should be whole seconds since 1970, got ${shown(timestamp)}`);
  }
  if (!Number.isInteger(severity) || (severity as number) < 1 || (severity as number) > 10) {
    throw new InvalidObjectError(`${name}: severity should be a whole number from 1 to 10, got ${shown(severity)}`);
  }
  requireLink(link, `${name}: link`);
  if (tags !== undefined && tags !== null) {
    if (!Array.isArray(tags)) throw new InvalidObjectError(`${name}: tags should be a list, got ${shown(tags)}`);
    for (const tag of tags as readonly unknown[]) requireKind(tag, "text", `${name}: each tag`);
  }
  checkIocs(iocs, `${name}: iocs`);
  if (indicators === undefined || indicators === null) return;
  if (!Array.isArray(indicators)) {
    throw new InvalidObjectError(`${name}: iocs_v2 should be a list, got ${shown(indicators)}`);
  }
  for (const ioc of indicators as readonly Readonly<Record<string, unknown>>[]) checkIocV2(ioc, `${name}: IOC`);
  requireUnique(indicators, `${name}: its IOCs`);
}

/** @throws InvalidObjectError when two of these have the same id: the server keeps one, or refuses all */
export function requireUnique(items: readonly { readonly id?: unknown }[], what: string): void {
  const seen = new Set<unknown>();
  for (const { id } of items) {
    if (id !== undefined && seen.has(id))
      throw new InvalidObjectError(`${what} have the id ${shown(id)} twice: give each an id of its own`);
    seen.add(id);
  }
}
