import { ApiError } from "../core/errors.js";
import { nearestNames } from "../core/query/nearest.js";
import type { Dialect, TermValue } from "../core/query/terms.js";
import { edrDialect } from "./query-language.js";

/** How the server compares a field; see the guide of its query language. */
export type SearchFieldType =
  | "bool"
  | "cmdline"
  | "count"
  | "datetime"
  | "domain"
  | "float"
  | "id"
  | "integer"
  | "ipaddr"
  | "keyword"
  | "md5"
  | "path"
  | "sha256"
  | "sign"
  | "text";

/** A field that a search can name. */
export interface SearchField {
  readonly type: SearchFieldType;
  /** Whether a term that names no field is looked for in this one too. */
  readonly byDefault: boolean;
}

/** The type of a field; with a star behind it, a term that names no field is looked for there too. */
type Declared = SearchFieldType | `${SearchFieldType}*`;

/** What a binary's version resource, signature and file tell; a process search asks it of the binaries that it meets. */
const OF_BINARY = {
  company_name: "text*",
  copied_mod_len: "count",
  digsig_issuer: "text*",
  digsig_prog_name: "text*",
  digsig_publisher: "text*",
  digsig_result: "sign*",
  digsig_sign_time: "datetime",
  digsig_subject: "text*",
  file_desc: "text*",
  file_version: "text*",
  internal_name: "text*",
  is_64bit: "bool",
  is_executable_image: "bool",
  legal_copyright: "text*",
  legal_trademark: "text*",
  observed_filename: "path*",
  orig_mod_len: "count",
  original_filename: "text*",
  private_build: "text*",
  product_desc: "text*",
  product_name: "text*",
  product_version: "text*",
  special_build: "text*",
} as const satisfies Record<string, Declared>;

const PROCESS = {
  ...OF_BINARY,
  blocked_md5: "md5*",
  blocked_status: "keyword",
  childproc_count: "count",
  childproc_md5: "md5*",
  childproc_name: "keyword*",
  cmdline: "cmdline*",
  crossproc_count: "count",
  crossproc_md5: "md5",
  crossproc_name: "keyword",
  crossproc_type: "keyword*",
  day_of_week: "keyword",
  domain: "domain*",
  emet_count: "count",
  fileless_scriptload_count: "count",
  filemod: "path*",
  filemod_count: "count",
  filewrite_md5: "md5*",
  group: "keyword*",
  has_emet_config: "bool",
  has_emet_event: "bool",
  host_type: "keyword*",
  hostname: "keyword*",
  hour_of_day: "integer",
  id: "id",
  ipaddr: "ipaddr",
  ipport: "integer",
  last_server_update: "datetime",
  last_update: "datetime",
  md5: "md5*",
  modload: "path*",
  modload_count: "count",
  netconn_count: "count",
  os_type: "keyword",
  parent_id: "id",
  parent_md5: "md5*",
  parent_name: "keyword*",
  parent_pid: "integer",
  path: "path*",
  path_full: "keyword",
  process_id: "id",
  process_md5: "md5*",
  process_name: "keyword*",
  process_pid: "integer",
  process_sha256: "sha256",
  processblock_count: "count",
  regmod: "path*",
  regmod_count: "count",
  segment_id: "integer",
  sensor_id: "integer",
  sha256: "sha256",
  start: "datetime",
  tampered: "bool",
  username: "keyword*",
  username_full: "keyword",
} as const satisfies Record<string, Declared>;

const BINARY = {
  ...OF_BINARY,
  comments: "text*",
  company_name_facet: "keyword",
  digsig_publisher_facet: "keyword",
  file_version_facet: "keyword",
  group: "keyword*",
  host_count: "integer",
  hostname: "keyword*",
  last_seen: "datetime",
  md5: "md5*",
  observed_filename_facet: "keyword",
  os_type: "keyword",
  product_name_facet: "keyword",
  server_added_timestamp: "datetime",
  sha256: "sha256",
  tampered: "bool",
} as const satisfies Record<string, Declared>;

const ALERT = {
  alert_severity: "float",
  alert_type: "keyword",
  assigned_to: "keyword*",
  created_time: "datetime",
  feed_id: "integer",
  feed_name: "keyword*",
  group: "keyword",
  hostname: "keyword*",
  ioc_value: "keyword*",
  md5: "md5*",
  observed_filename: "keyword*",
  process_name: "keyword*",
  process_path: "path*",
  report_score: "integer",
  resolved_time: "datetime",
  status: "keyword",
  unique_id: "id",
  username: "keyword*",
  watchlist_id: "keyword*",
  watchlist_name: "keyword",
} as const satisfies Record<string, Declared>;

const REPORT = {
  create_time: "datetime",
  description: "text*",
  domain: "domain*",
  feed_category: "keyword*",
  feed_id: "integer",
  feed_name: "keyword*",
  ipaddr: "ipaddr*",
  is_ignored: "bool",
  md5: "md5*",
  report_id: "keyword",
  tags: "text*",
  title: "text*",
  update_time: "datetime",
} as const satisfies Record<string, Declared>;

/** In which role a binary met the process that is searched for. */
const ROLES = ["filewrite", "parent", "child", "modload"] as const;

/** `watchlist_12`: when that watchlist hit. */
const WATCHLIST = /^watchlist_\d+$/;
/** `alliance_score_nvd`: what that feed says. */
const ALLIANCE = /^alliance_(score|data|link|updated)_[\w.-]+$/;

type Role = (typeof ROLES)[number];
type Joined = keyof typeof BINARY;

/** Terms over fields that are known by name, and over families of fields that are told by their beginning. */
type FieldTerms<Name extends string, Family extends string = never> = {
  readonly [K in Name]?: TermValue;
} & { readonly [K in Family]: TermValue };

/** `watchlist_<id>`, and `alliance_<what>_<feed>`. */
type TagField = `watchlist_${number}` | `alliance_${"score" | "data" | "link" | "updated"}_${string}`;

/** The fields of a process search as an object: `{ process_name: "net.exe", digsig_result_modload: "Unsigned" }`. */
export type ProcessTerms = FieldTerms<keyof typeof PROCESS | `${Joined}_${Role}`, TagField>;
/** The fields of a binary search as an object: `{ digsig_publisher: "Microsoft Corporation" }`. */
export type BinaryTerms = FieldTerms<keyof typeof BINARY, TagField>;
/** The fields of an alert search as an object: `{ status: "Unresolved" }`. */
export type AlertTerms = FieldTerms<keyof typeof ALERT>;
/** The fields of a threat report search as an object: `{ feed_id: 5, is_ignored: false }`. */
export type ThreatReportTerms = FieldTerms<keyof typeof REPORT>;

/** The fields that one kind of search knows. */
export class SearchFields {
  /** What is searched for, as errors name it. */
  readonly of: string;
  /** The fields by name, without those that stand for a watchlist, a feed, or a related binary. */
  readonly fields: Readonly<Record<string, SearchField>>;
  /** @internal The query language, with terms over these fields only. */
  readonly dialect: Dialect;
  readonly #families: (name: string) => boolean;

  /** @internal */
  constructor(
    of: string,
    fields: Readonly<Record<string, Declared>>,
    families: (name: string) => boolean = () => false,
  ) {
    this.of = of;
    this.fields = Object.freeze(
      Object.fromEntries(Object.entries(fields).map(([name, declared]) => [name, fieldOf(declared)])),
    );
    this.#families = families;
    this.dialect = { ...edrDialect, term: (field, value) => edrDialect.term(this.checked(field), value) };
  }

  /** Whether a search can name this field. */
  has(name: string): boolean {
    return Object.hasOwn(this.fields, name) || this.#families(name);
  }

  /**
   * The name itself.
   * @throws ApiError naming the nearest fields when the search knows none of this name
   */
  checked(name: string): string {
    if (this.has(name)) return name;
    const near = nearestNames(name, Object.keys(this.fields));
    const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", or ")}?`;
    throw new ApiError(
      `${this.of} searches have no field ${JSON.stringify(name)}.${hint} A field that only a newer server knows can be named in query text: where("field:value")`,
      { code: "UNKNOWN_FIELD" },
    );
  }
}

function fieldOf(declared: Declared): SearchField {
  const byDefault = declared.endsWith("*");
  return Object.freeze({ type: (byDefault ? declared.slice(0, -1) : declared) as SearchFieldType, byDefault });
}

const isTag = (name: string): boolean => WATCHLIST.test(name) || ALLIANCE.test(name);

function isJoin(name: string): boolean {
  return ROLES.some((role) => name.endsWith(`_${role}`) && Object.hasOwn(BINARY, name.slice(0, -role.length - 1)));
}

/**
 * The fields that terms may name, by what is searched for. Query text and templates are not checked, as newer servers
 * know more fields.
 */
export const searchFields: {
  readonly process: SearchFields;
  readonly binary: SearchFields;
  readonly alert: SearchFields;
  readonly threatReport: SearchFields;
} = {
  process: new SearchFields("Process", PROCESS, (name) => isTag(name) || isJoin(name)),
  binary: new SearchFields("Binary", BINARY, isTag),
  alert: new SearchFields("Alert", ALERT),
  threatReport: new SearchFields("ThreatReport", REPORT),
};
