import { createHash } from "node:crypto";
import { combine, NOTHING, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { Database, SqlText } from "../../store/database.js";
import { FIELD_STEP, Field, Kind } from "../../store/schema.js";
import { domainKey, fold, ipv4Number, ipv6Digits } from "../../store/tokens.js";
import type { CloudContext } from "../context.js";
import { processFields } from "../processes/fields.js";
import { compileProcessText } from "../processes/search.js";
import type { SearchField, SearchFields } from "../search/index.js";
import type { ClassicIocs, Ioc, Report } from "./record.js";
import { savedQuery, translateQuery } from "./translate.js";

/** Other names under which feeds name fields. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ...([["md5", "process_md5"] as const, ["sha256", "process_sha256"], ["process_path", "process_name"]] as const),
]);

/** The field that an IOC is about; undefined when processes have no such thing. */
export const iocField = (fields: SearchFields, name: string): SearchField | undefined =>
  fields.get(ALIASES.get(name) ?? name);

/** The values of the store under which something was posted: looked up by their keys, in this order, which an index helps with. */
function postedUnder(fields: readonly Field[], kind: Kind, keys: readonly (string | number)[]): SqlText {
  const bases = raw(fields.map((field) => `(${field * FIELD_STEP})`).join(","));
  return sql`p.proc IN (SELECT s.proc FROM segment s WHERE s.doc IN (SELECT j.value FROM json_each(${JSON.stringify(keys)}) k
    CROSS JOIN value v ON v.kind = ${kind} AND v.key = k.value CROSS JOIN (VALUES ${bases}) b
    CROSS JOIN posting t ON t.term = b.column1 + v.id, json_each(t.docs) j))`;
}

/** An address of version 6 as it is written, or as 32 digits without colons. */
const sixDigits = (text: string): string | undefined =>
  /^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : ipv6Digits(text);

type Lookup = (values: readonly string[]) => SqlText;
const hashesIn =
  (...fields: Field[]): Lookup =>
  (values) =>
    postedUnder(fields, Kind.keyword, values.map(fold));
const EVENT_HASHES = [Field.modload_md5, Field.filewrite_md5, Field.childproc_md5, Field.crossproc_md5] as const;

/** Fields of which most IOCs are, and of which there may be thousands: they are looked up, and not compared with. */
const LOOKUPS: ReadonlyMap<string, Lookup> = new Map<string, Lookup>([
  ["process_hash", hashesIn(Field.process_md5, Field.process_sha256)],
  ["process_md5", hashesIn(Field.process_md5)],
  ["process_sha256", hashesIn(Field.process_sha256)],
  ["hash", hashesIn(Field.process_md5, Field.process_sha256, ...EVENT_HASHES)],
  [
    "netconn_ipv4",
    (values) =>
      postedUnder(
        [Field.ipaddr],
        Kind.ipv4,
        values.flatMap((each) => ipv4Number(each) ?? []),
      ),
  ],
  [
    "netconn_ipv6",
    (values) =>
      postedUnder(
        [Field.ipaddr],
        Kind.ipv6,
        values.flatMap((each) => sixDigits(each) ?? []),
      ),
  ],
  [
    "netconn_domain",
    (values) =>
      postedUnder(
        [Field.domain],
        Kind.domain,
        values.map(domainKey).filter((key) => key !== ""),
      ),
  ],
]);

/** A value is that of a field as a whole; of a path, its last part will do. Letters have no case. */
function equals(name: string, field: SearchField, values: readonly string[]): SqlText {
  const lookup = LOOKUPS.get(ALIASES.get(name) ?? name);
  if (lookup !== undefined) return lookup(values);
  const conditions = values.map((text) => {
    const wanted = fold(text);
    const found = field.type === "words" ? undefined : field.exact?.(text);
    if (found !== undefined) return found;
    if (field.type === "path" && !/[\\/]/.test(text)) {
      return field.having(
        (each) =>
          sql`(lower(${each}) = ${wanted} OR substr(lower(${each}), ${-wanted.length - 1}) IN (${`\\${wanted}`}, ${`/${wanted}`}))`,
      );
    }
    const isNumber = field.type === "number" && /^-?\d{1,15}$/.test(text);
    return field.having((each) => (isNumber ? sql`${each} = ${Number(text)}` : sql`lower(${each}) = ${wanted}`));
  });
  return combine("OR", conditions);
}

/** An expression is met anywhere in the value; letters have no case. The database's own, which takes no longer than the text is long. */
const expression = (field: SearchField, values: readonly string[]): SqlText =>
  combine(
    "OR",
    values.map((pattern) => field.having((each) => sql`regexpi(${pattern}, ${each})`)),
  );

/** The processes `p` in which an IOC is met. Throws for one that makes no sense. */
export function compileIoc(context: CloudContext, ioc: Ioc, fields = processFields(context)): SqlText {
  const { match_type, values, field: name } = ioc;
  if (match_type === "query") return compileProcessText(context, values[0] ?? "");
  const field = iocField(fields, name ?? "");
  if (field === undefined) return NOTHING;
  return match_type === "equality" ? equals(name ?? "", field, values) : expression(field, values);
}

/** Refuses an IOC by which nothing can be found. */
export function checkIoc(context: CloudContext, ioc: Ioc, place: string): void {
  const { match_type, values, field } = ioc;
  const refuse = (why: string): never => {
    throw new HttpProblem(400, `${place} ${why}`);
  };
  if (match_type === "query") {
    try {
      compileProcessText(context, values[0] ?? "");
    } catch (error) {
      if (error instanceof HttpProblem) refuse(`has a query that cannot be read: ${error.message}`);
      throw error;
    }
    return;
  }
  if (iocField(processFields(context), field ?? "") === undefined)
    refuse(`names a field that processes do not have: ${field}`);
  if (match_type === "regex") for (const value of values) checkExpression(context.store.database, value, place);
}

const LONGEST_EXPRESSION = 1_000;

function checkExpression(database: Database, pattern: string, place: string): void {
  if (pattern.length > LONGEST_EXPRESSION) {
    throw new HttpProblem(400, `${place} has an expression of more than ${LONGEST_EXPRESSION} characters`);
  }
  try {
    database.all("SELECT regexpi(?, '') AS found", [pattern]);
  } catch (error) {
    throw new HttpProblem(
      400,
      `${place} has an expression that cannot be read: ${error instanceof Error ? error.message : pattern}`,
    );
  }
}

const CLASSIC = [
  ...([["md5", "process_hash"] as const, ["sha256", "process_hash"], ["ipv4", "netconn_ipv4"]] as const),
  ...([["ipv6", "netconn_ipv6"] as const, ["dns", "netconn_domain"]] as const),
] as const;

/** IOCs of the older form in the present one, with ids that stay the same. Queries of EDR are translated. */
export function convertIocs(context: CloudContext, report: string, iocs: ClassicIocs): Ioc[] {
  const id = (kind: string, text = ""): string => {
    const hex = createHash("md5").update(`${report}/${kind}/${text}`).digest("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  const lists = CLASSIC.flatMap(([kind, field]): Ioc[] => {
    const values = iocs[kind] ?? [];
    return values.length === 0 ? [] : [{ id: id(kind), match_type: "equality", values: [...values], field }];
  });
  const fields = processFields(context);
  const queries = (iocs.query ?? []).map(({ search_query }): Ioc => {
    const query = translateQuery(savedQuery(search_query), (name) => fields.has(name));
    return { id: id("query", search_query), match_type: "query", values: [query] };
  });
  return [...lists, ...queries];
}

/** All that a report looks for, whichever way it was written. */
export function allIocs(context: CloudContext, report: Report): Ioc[] {
  const own = report.iocs_v2 ?? [];
  const keyOf = ({ match_type, field, values }: Ioc): string => JSON.stringify([match_type, field ?? null, values]);
  const known = new Set(own.map(keyOf));
  const converted = report.iocs === null ? [] : convertIocs(context, report.id, report.iocs);
  return [...own, ...converted.filter((ioc) => !known.has(keyOf(ioc)))];
}

/** SQL for nothing else than rows of the index of documents above a number. */
export const since = (doc: number): SqlText =>
  doc === 0 ? raw("1") : sql`p.proc IN (SELECT s.proc FROM segment s WHERE s.doc > ${doc})`;
