import { EVENT_KINDS } from "../domain/index.js";

/**
 * The tables. Searching rests on three of them: `value` holds every distinct text once, with the form that searches
 * compare (`key`); `word` holds the words of those values that are searched word by word; `posting` says which document
 * has which value in which field. A document is a segment of a process, or a binary.
 */

/** Fields that are found through `posting`. The numbers are stored: add, never renumber. */
export const Field = {
  process_name: 1,
  path: 2,
  cmdline: 3,
  username: 4,
  process_md5: 5,
  process_sha256: 6,
  parent_name: 7,
  modload: 8,
  modload_md5: 9,
  filemod: 10,
  filewrite_md5: 11,
  regmod: 12,
  domain: 13,
  ipaddr: 14,
  ipport: 15,
  childproc_md5: 16,
  childproc_name: 17,
  crossproc_md5: 18,
  crossproc_name: 19,
  crossproc_type: 20,
  blocked_md5: 21,
  blocked_status: 22,
  binary_md5: 40,
  binary_sha256: 41,
  observed_filename: 42,
  original_filename: 43,
  digsig_result: 44,
  digsig_publisher: 45,
  digsig_issuer: 46,
  digsig_subject: 47,
  digsig_prog_name: 48,
  file_desc: 49,
  file_version: 50,
  product_name: 51,
  product_version: 52,
  company_name: 53,
  internal_name: 54,
  legal_copyright: 55,
  legal_trademark: 56,
  product_desc: 57,
  comments: 58,
  private_build: 59,
  special_build: 60,
  binary_os_type: 61,
} as const;
/** One of {@link Field}. */
export type Field = (typeof Field)[keyof typeof Field];

/** How a value is compared; part of its identity, as the same text may be a path in one place and a name in another. */
export const Kind = {
  keyword: 1,
  /** Of a program or module. Written files and registry keys are apart, as they are many and wildcards read them all. */
  path: 2,
  domain: 3,
  commandLine: 4,
  text: 5,
  ipv4: 6,
  ipv6: 7,
  filePath: 8,
  registryPath: 9,
  /** A user name with its domain: a path of two parts, so that the whole or the last part matches. */
  account: 10,
} as const;
/** One of {@link Kind}. */
export type Kind = (typeof Kind)[keyof typeof Kind];

/**
 * A posting's term is `field * FIELD_STEP + value id`: all terms of a field are neighbours. Its `docs` are a document's
 * number or a JSON array of them; a term has a row for each time that something was written.
 */
export const FIELD_STEP = 2 ** 32;

/**
 * Where a word stands, as one number: `value id * WORD_STEP + position`. The next word of the same text has the next
 * number. Words beyond that many of one text are not searched.
 */
export const WORD_STEP = 4096;

/** The texts of a threat report that are searched word by word. The numbers are stored: add, never renumber. */
export const REPORT_TEXTS = { description: 1, feed_category: 2, tags: 3, title: 4 } as const;

/** The indicators of a threat report by the field in which they are searched. The numbers are stored as well. */
export const REPORT_IOCS = { md5: 1, sha256: 2, domain: 3, ipaddr: 4 } as const;

/** A row is a process; `proc` is its number. */
export const PROCESS_COLUMNS = [
  ...[
    "proc",
    "id",
    "sensor_id",
    "pid",
    "parent_id",
    "parent_pid",
    "parent_name",
    "start",
    "ended",
    "process_name",
    "path",
  ],
  ...["cmdline", "username", "uid", "md5", "sha256", "md5_value", "placeholder", "suppressed", "alliance"],
] as const;

/** A row is a segment, the document of process searches. */
export const SEGMENT_COLUMNS = [
  ...[
    "doc",
    "proc",
    "id",
    "segment_id",
    "ordinal",
    "sensor_id",
    "start",
    "last_update",
    "last_server_update",
    "tampered",
  ],
  ...EVENT_KINDS.map((kind) => `${kind}_count` as const),
] as const;

/** A row is a binary, the document of binary searches; `record` holds the rest as JSON. */
export const BINARY_COLUMNS = [
  ...["doc", "md5", "md5_value", "server_added_timestamp", "last_seen", "orig_mod_len", "copied_mod_len"],
  ...["is_executable_image", "is_64bit", "digsig_sign_time", "record"],
] as const;

/** A row is a sensor; `record` holds all of it as JSON. */
export const SENSOR_COLUMNS = [
  ...["id", "group_id", "computer_name", "hostname", "host_type", "os_type", "last_checkin_time", "record"],
] as const;

/**
 * A row is an alert; `record` holds what is shown of it as JSON. `source` is what raised it, `document` what was hit: a
 * pair of them has one alert. Texts that are searched stand in the form that searches compare.
 */
export const ALERT_COLUMNS = [
  ...["doc", "unique_id", "source", "document", "alert_type", "status", "created_time", "resolved_time"],
  ...[
    "assigned_to",
    "assigned_folded",
    "report_ignored",
    "alert_severity",
    "report_score",
    "feed_id",
    "feed_name",
    "watchlist_id",
    "watchlist_name",
  ],
  ...["hostname", "group_name", "username_key", "username_folded", "md5", "process_name", "path_key", "path_folded"],
  ...["ioc_value", "observed_filename", "record"],
] as const;

const ALERT_NUMBERS = new Set([
  ...["doc", "created_time", "resolved_time", "report_ignored", "alert_severity", "report_score", "feed_id"],
]);
const ALERT_TYPES = Object.fromEntries(
  ALERT_COLUMNS.filter((name) => name !== "doc" && !ALERT_NUMBERS.has(name)).map((name) => [name, "TEXT"]),
);

/** Kept with the database: grows whenever the tables, the field numbers or the form of stored values change. */
export const SCHEMA_VERSION = 4;

const types: Record<string, string> = {
  doc: "INTEGER PRIMARY KEY",
  id: "TEXT",
  parent_id: "TEXT",
  parent_name: "TEXT",
  process_name: "TEXT",
  path: "TEXT",
  cmdline: "TEXT",
  username: "TEXT",
  uid: "TEXT",
  md5: "TEXT",
  sha256: "TEXT",
  alliance: "TEXT",
  record: "TEXT",
};
const declare = (columns: readonly string[], special: Record<string, string> = {}): string =>
  columns.map((column) => `${column} ${special[column] ?? types[column] ?? "INTEGER"}`).join(", ");

/** Makes the tables that are not there yet. */
export const TABLES = `
CREATE TABLE IF NOT EXISTS site (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE IF NOT EXISTS sensor_group (id INTEGER PRIMARY KEY, name TEXT, folded TEXT, record TEXT);
CREATE TABLE IF NOT EXISTS sensor (${declare(SENSOR_COLUMNS, {
  id: "INTEGER PRIMARY KEY",
  computer_name: "TEXT",
  hostname: "TEXT",
  host_type: "TEXT",
  os_type: "TEXT",
})});
CREATE TABLE IF NOT EXISTS process (${declare(PROCESS_COLUMNS, { proc: "INTEGER PRIMARY KEY" })});
CREATE TABLE IF NOT EXISTS process_origin (
  sensor_id INTEGER, guid TEXT, proc INTEGER, created INTEGER, PRIMARY KEY (sensor_id, guid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segment (${declare(SEGMENT_COLUMNS)});
CREATE TABLE IF NOT EXISTS cold_segment (${declare(SEGMENT_COLUMNS)});
CREATE TABLE IF NOT EXISTS segment_event (doc INTEGER PRIMARY KEY, events TEXT);
CREATE TABLE IF NOT EXISTS binary (${declare(BINARY_COLUMNS)});
CREATE TABLE IF NOT EXISTS binary_host (md5_value INTEGER, sensor_id INTEGER, PRIMARY KEY (md5_value, sensor_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS value (id INTEGER PRIMARY KEY, kind INTEGER, text TEXT, key, folded TEXT);
CREATE TABLE IF NOT EXISTS word (rule INTEGER, text TEXT, places TEXT);
CREATE TABLE IF NOT EXISTS word_rule (rule INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS posting (term INTEGER, docs);
CREATE TABLE IF NOT EXISTS object (kind TEXT, key, record TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object_sequence (kind TEXT PRIMARY KEY, highest INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS threat_report (
  doc INTEGER PRIMARY KEY, feed_id INTEGER, report_id TEXT, folded_id TEXT, feed_name TEXT, create_time INTEGER,
  update_time INTEGER, is_ignored INTEGER, has_query INTEGER, score INTEGER, pending INTEGER, record TEXT,
  UNIQUE (feed_id, report_id)
);
CREATE TABLE IF NOT EXISTS report_word (field INTEGER, text TEXT, place INTEGER, PRIMARY KEY (field, text, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS report_ioc (doc INTEGER, field INTEGER, kind INTEGER, key, text TEXT, PRIMARY KEY (doc, field, text)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS report_ioc_key ON report_ioc (field, key);
CREATE TABLE IF NOT EXISTS feed_hit (
  feed_id INTEGER, scope TEXT, doc INTEGER, report INTEGER, PRIMARY KEY (feed_id, scope, doc, report)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alert (${declare(ALERT_COLUMNS, ALERT_TYPES)}, UNIQUE (unique_id), UNIQUE (source, document));
CREATE TABLE IF NOT EXISTS alert_change (
  alert INTEGER PRIMARY KEY, status TEXT, assigned_to TEXT, assigned_folded TEXT, time INTEGER
);
CREATE TABLE IF NOT EXISTS report_change (source TEXT PRIMARY KEY, ignored INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tag (scope TEXT, name TEXT, doc INTEGER, value, PRIMARY KEY (scope, name, doc)) WITHOUT ROWID;
`;

/** Made after the first load: building an index over rows that are there is several times as fast as growing it. */
export const INDEXES = [
  "CREATE UNIQUE INDEX IF NOT EXISTS process_id ON process (id)",
  "CREATE INDEX IF NOT EXISTS process_parent ON process (parent_id, start)",
  "CREATE INDEX IF NOT EXISTS process_sensor ON process (sensor_id, pid)",
  "CREATE INDEX IF NOT EXISTS process_sensor_start ON process (sensor_id, start)",
  "CREATE INDEX IF NOT EXISTS process_md5 ON process (md5_value)",
  "CREATE INDEX IF NOT EXISTS segment_process ON segment (proc, segment_id)",
  "CREATE INDEX IF NOT EXISTS cold_segment_process ON cold_segment (proc, segment_id)",
  "CREATE INDEX IF NOT EXISTS segment_latest ON segment (last_update DESC, id, segment_id)",
  "CREATE UNIQUE INDEX IF NOT EXISTS binary_md5 ON binary (md5)",
  "CREATE INDEX IF NOT EXISTS binary_value ON binary (md5_value)",
  "CREATE INDEX IF NOT EXISTS binary_host_sensor ON binary_host (sensor_id)",
  "CREATE INDEX IF NOT EXISTS value_key ON value (kind, key)",
  "CREATE INDEX IF NOT EXISTS posting_term ON posting (term)",
  "CREATE INDEX IF NOT EXISTS tag_document ON tag (scope, doc)",
  // The last one: where it is, all of them are.
  "CREATE INDEX IF NOT EXISTS word_text ON word (rule, text)",
] as const;
