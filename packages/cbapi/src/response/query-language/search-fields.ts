import { type DeclaredFields, declareSearch, type SearchFields, type TermsOf } from "./declare-search.js";

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
} as const satisfies DeclaredFields;

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
} as const satisfies DeclaredFields;

/** In which role a binary met the process that is searched for. */
const ROLES = ["filewrite", "parent", "child", "modload"] as const;

/** `watchlist_12`: when that watchlist hit. */
const WATCHLIST = /^watchlist_\d+$/;
/** `alliance_score_nvd`: what that feed says. */
const ALLIANCE = /^alliance_(score|data|link|updated)_[\w.-]+$/;

/** `watchlist_<id>`, and `alliance_<what>_<feed>`. */
type TagField = `watchlist_${number}` | `alliance_${"score" | "data" | "link" | "updated"}_${string}`;
/** A field of a binary that met the process: `digsig_result_modload`. */
type JoinField = `${keyof typeof BINARY}_${(typeof ROLES)[number]}`;

const isTag = (name: string): name is TagField => WATCHLIST.test(name) || ALLIANCE.test(name);

function isJoin(name: string): name is JoinField {
  return ROLES.some((role) => name.endsWith(`_${role}`) && Object.hasOwn(BINARY, name.slice(0, -role.length - 1)));
}

const process = declareSearch(
  "Process",
  {
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
  },
  (name): name is TagField | JoinField => isTag(name) || isJoin(name),
);

const binary = declareSearch("Binary", BINARY, isTag);

const alert = declareSearch("Alert", {
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
});

const threatReport = declareSearch("ThreatReport", {
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
});

/** The fields of a process search as an object: `{ process_name: "net.exe", digsig_result_modload: "Unsigned" }`. */
export interface ProcessTerms extends TermsOf<typeof process> {}
/** The fields of a binary search as an object: `{ digsig_publisher: "Microsoft Corporation" }`. */
export interface BinaryTerms extends TermsOf<typeof binary> {}
/** The fields of an alert search as an object: `{ status: "Unresolved" }`. */
export interface AlertTerms extends TermsOf<typeof alert> {}
/** The fields of a threat report search as an object: `{ feed_id: 5, is_ignored: false }`. */
export interface ThreatReportTerms extends TermsOf<typeof threatReport> {}

/**
 * The fields that terms may name, by what is searched for. Query text and templates are not checked, as newer servers
 * know more fields.
 */
export const searchFields: {
  readonly process: SearchFields<ProcessTerms>;
  readonly binary: SearchFields<BinaryTerms>;
  readonly alert: SearchFields<AlertTerms>;
  readonly threatReport: SearchFields<ThreatReportTerms>;
} = { process, binary, alert, threatReport };
