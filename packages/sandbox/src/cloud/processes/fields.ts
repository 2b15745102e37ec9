import { combine, NOTHING, raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { Field, Kind } from "../../store/schema.js";
import type { CloudContext } from "../context.js";
import { devicesOf } from "../devices/devices.js";
import { baseCondition, column, type FieldType, type SearchField, type SearchFields } from "../search/index.js";
import { guidSql, idOf } from "./guid.js";
import { posted, postedNumber } from "./posted.js";

/** Processes that have a document: not those that only a relative has told of. */
export const SHOWN = raw("p.placeholder = 0 AND p.suppressed = 0");

/** What each kind of event is called in the cloud, and by which column its number is kept. */
export const EVENT_COUNTS = new Map([
  ...(["modload", "filemod", "regmod", "netconn", "childproc", "crossproc"] as const).map(
    (kind) => [kind, `${kind}_count`] as const,
  ),
]);

const counted = (columnName: string): string =>
  `(SELECT CAST(total(s.${columnName}) AS INTEGER) FROM segment s WHERE s.proc = p.proc)`;

/** When the latest of a process was seen, and when the server learnt of it. */
export const LAST_SEEN = "coalesce((SELECT max(s.last_update) FROM segment s WHERE s.proc = p.proc), p.start)";
export const LAST_ARRIVED =
  "coalesce((SELECT max(s.last_server_update) FROM segment s WHERE s.proc = p.proc), p.start)";

/** How a file is thought of: what is banned, what a feed has named, who has signed it. */
export const reputationSql = (md5: string, md5Value: string, alliance: string): string =>
  `CASE WHEN EXISTS (SELECT 1 FROM object o WHERE o.kind = 'ban' AND o.key = ${md5} AND json_extract(o.record, '$.enabled'))
    THEN 'COMPANY_BLACK_LIST' WHEN ${alliance} IS NOT NULL THEN 'SUSPECT_MALWARE'
    ELSE coalesce((SELECT CASE WHEN b.record ->> '$.digsig_result' <> 'Signed' THEN 'NOT_LISTED'
      WHEN b.record ->> '$.digsig_publisher' LIKE 'Microsoft%' THEN 'TRUSTED_WHITE_LIST' ELSE 'COMMON_WHITE_LIST' END
      FROM binary b WHERE b.md5_value = ${md5Value}), 'NOT_LISTED') END`;

const ofBinary = (name: string): string =>
  `(SELECT b.record ->> '$.${name}' FROM binary b WHERE b.md5_value = p.md5_value)`;
const ofParent = (expression: string): string =>
  `(SELECT ${expression} FROM process q WHERE q.id = p.parent_id AND q.placeholder = 0)`;

/** The row of a parent's path, or its name where that is all that is known. */
export const PARENT_PATH = `coalesce(${ofParent("nullif(q.path, '')")}, p.parent_name)`;

function hashes(md5: string, sha256: string): SearchField {
  const values = [raw(md5), raw(sha256)];
  return {
    type: "keyword",
    isDefault: md5 === "p.md5",
    value: raw(`coalesce(nullif(${md5}, ''), ${sha256})`),
    having: (test) => combine("OR", values.map(test)),
  };
}

/** GUIDs are found by the ids that they stand for. */
function guids(orgKey: string, idColumn: string): SearchField {
  const value = raw(`(${guidSql(orgKey, idColumn)})`);
  return {
    type: "keyword",
    value,
    having: (test) => test(value),
    exact: (text) => {
      const id = idOf(orgKey, text);
      return id === undefined ? NOTHING : sql`${raw(idColumn)} = ${id}`;
    },
  };
}

const eventTypes: SearchField = {
  type: "keyword",
  having: (test) => {
    const kinds = [...EVENT_COUNTS].map(
      ([kind, counts]): SqlText =>
        sql`(${test(raw(`'${kind}'`))} AND EXISTS (SELECT 1 FROM segment s WHERE s.proc = p.proc AND ${raw(`s.${counts}`)} > 0))`,
    );
    return combine("OR", kinds);
  },
};

/** The alerts that were raised by what a process did, as they are kept. */
function alertIds(orgKey: string): SearchField {
  const kept = "SELECT o.record ->> '$.shown.process_guid' FROM object o WHERE o.kind = 'cloud_alert'";
  return {
    type: "keyword",
    having: (test) => sql`(${raw(guidSql(orgKey, "p.id"))}) IN (${raw(kept)} AND ${test(raw("o.key"))})`,
  };
}

/** What is said of the device that a process has run on. */
function ofDevice(context: CloudContext): [string, SearchField][] {
  const sensor = (type: FieldType, expression: string, isDefault = false): SearchField => ({
    type,
    isDefault,
    value: raw(`(SELECT ${expression} FROM sensor h WHERE h.id = p.sensor_id)`),
    having: (test) => sql`p.sensor_id IN (SELECT h.id FROM sensor h WHERE ${test(raw(expression))})`,
  });
  // What the sensors' own table does not have comes from the devices as they are now.
  let json: string | undefined;
  const device = (type: FieldType, name: string): SearchField => {
    const rows = (): SqlText => {
      json ??= JSON.stringify(
        devicesOf(context)
          .all()
          .map(
            ({
              id,
              policy_id,
              policy_name,
              last_external_ip_address: external,
              last_internal_ip_address: internal,
            }) => ({
              ...{ id, device_policy_id: policy_id, device_policy: policy_name },
              ...{ device_external_ip: external, device_internal_ip: internal },
            }),
          ),
      );
      return sql`json_each(${json}) d`;
    };
    const value = raw(`d.value ->> '${name}'`);
    return {
      type,
      get value() {
        return sql`(SELECT ${value} FROM ${rows()} WHERE d.value ->> 'id' = p.sensor_id)`;
      },
      having: (test) => sql`p.sensor_id IN (SELECT d.value ->> 'id' FROM ${rows()} WHERE ${test(value)})`,
    };
  };
  return [
    ["device_id", column("number", "p.sensor_id")],
    ["device_name", sensor("path", "h.computer_name", true)],
    ["device_os", sensor("keyword", "CASE h.os_type WHEN 'osx' THEN 'MAC' ELSE upper(h.os_type) END")],
    ["device_group", sensor("words", "(SELECT g.name FROM sensor_group g WHERE g.id = h.group_id)")],
    ["device_group_id", sensor("number", "h.group_id - 1")],
    ["device_policy", device("words", "device_policy")],
    ["device_policy_id", device("number", "device_policy_id")],
    ["device_external_ip", device("address", "device_external_ip")],
    ["device_internal_ip", device("address", "device_internal_ip")],
  ];
}

const PROCESS_REPUTATION = reputationSql("p.md5", "p.md5_value", "p.alliance");

/** The fields of rows `p` of the table of processes, as searches know them at this moment. */
export function processFields(context: CloudContext): SearchFields {
  const { orgKey } = context;
  const parentName = column("path", PARENT_PATH);
  return new Map<string, SearchField>([
    ["process_guid", guids(orgKey, "p.id")],
    ["process_name", column("path", "p.path", { isDefault: true, base: "p.process_name" })],
    ["process_cmdline", column("words", "p.cmdline", { isDefault: true })],
    ["process_pid", column("number", "p.pid")],
    ["process_hash", hashes("p.md5", "p.sha256")],
    ["process_md5", column("keyword", "p.md5")],
    ["process_sha256", column("keyword", "p.sha256")],
    ["process_username", column("path", "p.username", { isDefault: true })],
    ["process_start_time", column("date", "p.start")],
    ["process_end_time", column("date", "p.ended")],
    ["process_terminated", column("boolean", `(p.ended IS NOT NULL AND p.ended <= ${Math.floor(context.now())})`)],
    ["process_reputation", column("keyword", PROCESS_REPUTATION)],
    ["process_effective_reputation", column("keyword", PROCESS_REPUTATION)],
    ["process_publisher", column("words", ofBinary("digsig_publisher"))],
    ["process_company_name", column("words", ofBinary("company_name"))],
    ["process_product_name", column("words", ofBinary("product_name"))],
    ["process_file_description", column("words", ofBinary("file_desc"))],
    ["process_internal_name", column("keyword", ofBinary("internal_name"))],
    ["process_original_filename", column("keyword", ofBinary("original_filename"))],
    ["parent_guid", guids(orgKey, "p.parent_id")],
    ["parent_name", { ...parentName, exact: (text) => baseCondition(raw("p.parent_name"), text) }],
    ["parent_pid", column("number", "p.parent_pid")],
    ["parent_hash", hashes(ofParent("q.md5"), ofParent("q.sha256"))],
    [
      "parent_reputation",
      column(
        "keyword",
        `(SELECT ${reputationSql("q.md5", "q.md5_value", "q.alliance")} FROM process q WHERE q.id = p.parent_id)`,
      ),
    ],
    ["device_timestamp", column("date", LAST_SEEN)],
    ["backend_timestamp", column("date", LAST_ARRIVED)],
    ["ingress_time", column("date", LAST_ARRIVED)],
    ["org_id", column("keyword", `'${orgKey}'`)],
    ["legacy", column("boolean", "0")],
    ["enriched", column("boolean", "0")],
    ["has_children", column("boolean", "EXISTS (SELECT 1 FROM process c WHERE c.parent_id = p.id)")],
    ["ttp", column("keyword", "NULL")],
    ["enriched_event_type", column("keyword", "NULL")],
    ["alert_id", alertIds(orgKey)],
    ["watchlist_hit", column("keyword", "NULL")],
    ["event_type", eventTypes],
    ...[...EVENT_COUNTS.values()].map((name): [string, SearchField] => [name, column("number", counted(name))]),
    ["scriptload_count", column("number", "0")],
    ...ofDevice(context),
    ["modload_name", posted("path", [Field.modload], Kind.path)],
    ["modload_md5", posted("keyword", [Field.modload_md5], Kind.keyword)],
    ["modload_hash", posted("keyword", [Field.modload_md5], Kind.keyword)],
    ["filemod_name", posted("path", [Field.filemod], Kind.filePath)],
    ["filemod_hash", posted("keyword", [Field.filewrite_md5], Kind.keyword)],
    ["regmod_name", posted("path", [Field.regmod], Kind.registryPath)],
    ["netconn_domain", posted("keyword", [Field.domain], Kind.domain)],
    ["netconn_ipv4", posted("address", [Field.ipaddr], Kind.ipv4)],
    ["netconn_ipv6", posted("address", [Field.ipaddr], Kind.ipv6)],
    ["netconn_port", postedNumber(Field.ipport)],
    ["childproc_name", childNames],
    ["childproc_hash", posted("keyword", [Field.childproc_md5], Kind.keyword)],
    ["crossproc_name", posted("keyword", [Field.crossproc_name], Kind.keyword)],
    ["crossproc_hash", posted("keyword", [Field.crossproc_md5], Kind.keyword)],
    ["hash", anyHash],
    ...context.shared.processFields,
  ]);
}

/** The children are processes themselves. */
const childNames: SearchField = {
  type: "path",
  having: (test) => sql`p.id IN (SELECT c.parent_id FROM process c WHERE ${test(raw("c.path"))})`,
  exact: (text) => {
    const condition = baseCondition(raw("c.process_name"), text);
    return condition && sql`p.id IN (SELECT c.parent_id FROM process c WHERE ${condition})`;
  },
};

const EVENT_HASHES = posted(
  "keyword",
  [Field.modload_md5, Field.filewrite_md5, Field.childproc_md5, Field.crossproc_md5],
  Kind.keyword,
);

/** The hash of anything that a process is or has to do with. */
const anyHash: SearchField = {
  type: "keyword",
  having: (test) => combine("OR", [test(raw("p.md5")), test(raw("p.sha256")), EVENT_HASHES.having(test)]),
};

/** Expressions that are looked up: made beside the first searches, which are answered without them too. */
export const PROCESS_INDEXES = [
  "CREATE INDEX IF NOT EXISTS cloud_process_name ON process (lower(process_name))",
  "CREATE INDEX IF NOT EXISTS cloud_process_path ON process (lower(path))",
  "CREATE INDEX IF NOT EXISTS cloud_process_md5 ON process (lower(md5))",
  "CREATE INDEX IF NOT EXISTS cloud_process_sha256 ON process (lower(sha256))",
  "CREATE INDEX IF NOT EXISTS cloud_process_parent ON process (lower(parent_name))",
];
