import { isIPv4, isIPv6 } from "node:net";
import { HttpProblem } from "../../server/product.js";
import { inPlace } from "../../server/write-body.js";
import type { CloudContext } from "../context.js";
import { isObject, readObject, readText, readTexts } from "../search/index.js";
import { checkIoc, convertIocs } from "./iocs.js";
import { type ClassicIocs, type FeedInfo, type Ioc, MATCH_TYPES, type Report } from "./record.js";

const LONGEST = 32_768;
const DOMAIN =
  /^(?=.{1,253}$)([\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.)*[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.?$/u;

type Fields = Record<string, unknown>;

const refused = (why: string): HttpProblem => new HttpProblem(400, why);

function required(fields: Fields, name: string, place: string): string {
  const text = readText(fields[name], `${place}.${name}`);
  if (text === undefined || text.trim() === "") throw refused(`${place}.${name} is missing`);
  if (text.length > LONGEST) throw refused(`${place}.${name} has more than ${LONGEST} characters`);
  return text;
}

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text);

function flag(fields: Fields, name: string, missing: boolean, place: string): boolean {
  const value = fields[name] ?? missing;
  if (typeof value !== "boolean") throw refused(`${place}.${name} is true or false`);
  return value;
}

/** What a feed says of itself, but for what the server decides. */
export function readFeedInfo(given: unknown): Omit<FeedInfo, "id" | "owner" | "access"> {
  const place = "feedinfo";
  const fields = readObject(given, `\`${place}\``);
  const provider_url = required(fields, "provider_url", place);
  if (!isUrl(provider_url)) throw refused(`${place}.provider_url is an http or https address, not ${provider_url}`);
  return {
    ...{ name: required(fields, "name", place), provider_url, summary: required(fields, "summary", place) },
    ...{ category: required(fields, "category", place), alertable: flag(fields, "alertable", true, place) },
    source_label: readText(fields["source_label"], `${place}.source_label`) ?? null,
  };
}

/** The reports of a feed. No two may have the same id: the service itself falls over that. */
export function readReports(context: CloudContext, given: unknown): Report[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw refused("reports is a list of reports");
  const reports = given.map((each: unknown, at) => readReport(context, each, `reports[${at}]`));
  const ids = new Set<string>();
  for (const { id } of reports) {
    if (ids.has(id)) throw new HttpProblem(500, `Two of the reports have the id ${id}`, "DUPLICATE_REPORT");
    ids.add(id);
  }
  return reports;
}

/**
 * A report.
 * @param id what it is called where the body does not say; refused when both say otherwise
 */
export function readReport(context: CloudContext, given: unknown, place: string, id?: string): Report {
  if (!isObject(given)) throw refused(`${place} is a JSON object`);
  const { timestamp, severity } = given;
  const named = readText(given["id"], `${place}.id`) ?? id;
  if (named === undefined) throw refused(`${place}.id is missing`);
  if (!/^[^/\s]{1,255}$/.test(named)) throw refused(`${place}.id has 1 to 255 characters without blanks and slashes`);
  if (typeof timestamp !== "number" || !Number.isSafeInteger(timestamp) || timestamp <= 0) {
    throw refused(`${place}.timestamp is the number of seconds since 1970`);
  }
  if (!isSeverity(severity)) throw refused(`${place}.severity is a whole number from 1 to 10`);
  const link = readText(given["link"], `${place}.link`) ?? null;
  if (link !== null && !isUrl(link) && !isIPv4(link) && !DOMAIN.test(link)) {
    throw refused(`${place}.link is an address, not ${link}`);
  }
  const iocs =
    given["iocs"] === undefined || given["iocs"] === null ? null : readClassic(given["iocs"], `${place}.iocs`);
  const converted = iocs === null ? [] : inPlace(`${place}.iocs`, () => convertIocs(context, named, iocs));
  for (const ioc of converted) checkIoc(context, ioc, `${place}.iocs`);
  const own = readIocs(context, given["iocs_v2"], `${place}.iocs_v2`);
  return {
    ...{ id: named, timestamp, title: required(given, "title", place), severity, link, iocs },
    description: required(given, "description", place),
    tags: given["tags"] === undefined || given["tags"] === null ? null : readTexts(given["tags"], `${place}.tags`),
    iocs_v2: own.length > 0 || converted.length === 0 ? own : converted,
    visibility: readText(given["visibility"], `${place}.visibility`) ?? null,
  };
}

/** What of a report is thought of its worst. */
export const isSeverity = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 10;

function readIocs(context: CloudContext, given: unknown, place: string): Ioc[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw refused(`${place} is a list of IOCs`);
  const iocs = given.map((each: unknown, at) => readIoc(context, each, `${place}[${at}]`));
  const twice = iocs.find(({ id }, at) => iocs.findIndex((other) => other.id === id) !== at);
  if (twice !== undefined) throw refused(`${place} has two IOCs with the id ${twice.id}`);
  return iocs;
}

function readIoc(context: CloudContext, given: unknown, place: string): Ioc {
  if (!isObject(given)) throw refused(`${place} is a JSON object`);
  const type = MATCH_TYPES.find((each) => each === given["match_type"]);
  if (type === undefined) throw refused(`${place}.match_type is one of ${MATCH_TYPES.join(", ")}`);
  const values = readTexts(given["values"], `${place}.values`);
  if (values.length === 0 || values.includes(""))
    throw refused(`${place}.values is a list of texts that are not empty`);
  if (type === "query" && values.length !== 1) throw refused(`${place}.values holds one query`);
  const field = readText(given["field"], `${place}.field`) ?? null;
  if (type !== "query" && field === null) throw refused(`${place}.field is missing`);
  const link = readText(given["link"], `${place}.link`) ?? null;
  const ioc: Ioc = { id: required(given, "id", place), match_type: type, values, field, link };
  checkIoc(context, ioc, place);
  return ioc;
}

const HEX = (digits: number) => (text: string) => text.length === digits && /^[0-9a-f]+$/i.test(text);
const FORMS: Readonly<Record<Exclude<keyof ClassicIocs, "query">, (text: string) => boolean>> = {
  ...{ md5: HEX(32), sha256: HEX(64), ipv4: isIPv4, ipv6: isIPv6, dns: (text) => DOMAIN.test(text) },
};

function readClassic(given: unknown, place: string): ClassicIocs {
  const fields = readObject(given, place);
  const iocs: ClassicIocs = {};
  for (const kind of Object.keys(FORMS) as (keyof typeof FORMS)[]) {
    if (fields[kind] === undefined || fields[kind] === null) continue;
    const values = readTexts(fields[kind], `${place}.${kind}`);
    const wrong = values.find((each) => !FORMS[kind](each));
    if (wrong !== undefined) throw refused(`${place}.${kind} holds ${wrong}`);
    iocs[kind] = values;
  }
  const { query } = fields;
  if (query === undefined || query === null) return iocs;
  if (!Array.isArray(query)) throw refused(`${place}.query is a list of queries`);
  iocs.query = query.map((each: unknown, at) => {
    const entry = readObject(each, `${place}.query[${at}]`);
    const index_type = readText(entry["index_type"], `${place}.query[${at}].index_type`);
    const search_query = required(entry, "search_query", `${place}.query[${at}]`);
    return index_type === undefined ? { search_query } : { search_query, index_type };
  });
  return iocs;
}

/** What somebody decides of a watchlist. */
export interface WatchlistRequest {
  name: string;
  description: string;
  tags_enabled: boolean;
  alerts_enabled: boolean;
  report_ids: string[] | null;
  classifier: { key: "feed_id"; value: string } | null;
}

/**
 * A watchlist: it follows a feed, or it has reports.
 * @param before what stays where the body says nothing
 */
export function readWatchlist(given: unknown, before?: WatchlistRequest): WatchlistRequest {
  const fields = readObject(given);
  const place = "watchlist";
  const { classifier: known = null, report_ids: ids = null } = before ?? {};
  const classifier = fields["classifier"] === undefined ? known : readClassifier(fields["classifier"]);
  const listed = fields["report_ids"];
  const report_ids = listed === undefined ? ids : listed === null ? null : readTexts(listed, "report_ids");
  return {
    name: before !== undefined && fields["name"] === undefined ? before.name : required(fields, "name", place),
    description: readText(fields["description"], "description") ?? before?.description ?? "",
    tags_enabled: flag(fields, "tags_enabled", before?.tags_enabled ?? true, place),
    alerts_enabled: flag(fields, "alerts_enabled", before?.alerts_enabled ?? false, place),
    ...{ report_ids: classifier === null ? [...new Set(report_ids ?? [])] : report_ids, classifier },
  };
}

function readClassifier(given: unknown): { key: "feed_id"; value: string } | null {
  if (given === null) return null;
  const { key, value } = readObject(given, "`classifier`");
  if (key !== "feed_id") throw refused(`classifier.key is feed_id, not ${String(key)}`);
  const feed = readText(value, "classifier.value");
  if (feed === undefined) throw refused("classifier.value is missing: the id of a feed");
  return { key, value: feed };
}
