import { EVENT_KINDS } from "../../domain/index.js";
import { Field, Kind } from "../../store/schema.js";
import { ALERT_ROWS, REPORT_ROWS } from "./detection-fields.js";
import type { FieldSpec, Relation, Row, Source, Target } from "./field-spec.js";

const keywords = (...fields: Field[]): Source => ({ from: "postings", fields, kind: Kind.keyword });
const posted = (kind: Kind, field: Field): Source => ({ from: "postings", fields: [field], kind });
const column = (name: string): Source => ({ from: "column", column: name });
const ofProcess = (name: string): Source => ({ from: "process", column: `p.${name}` });
const host = (expression: string): Source => ({ from: "host", expression });

const HOST_ROWS: Row[] = [
  ["hostname", "keyword", host("h.hostname"), "default"],
  ["group", "keyword", host("g.folded"), "default"],
];

const HOUR = "CAST(strftime('%H', d.start / 1000, 'unixepoch') AS INTEGER)";

const PROCESS_ROWS: Row[] = [
  ["process_name", "keyword", keywords(Field.process_name), "default"],
  ["parent_name", "keyword", keywords(Field.parent_name), "default"],
  ["path", "path", posted(Kind.path, Field.path), "default"],
  ["cmdline", "cmdline", posted(Kind.commandLine, Field.cmdline), "default"],
  // A name with its domain is a path of two parts, so that either the whole or the last part matches.
  ["username", "path", posted(Kind.account, Field.username), "default"],
  ["process_md5", "md5", keywords(Field.process_md5), "default"],
  ["parent_md5", "md5", { from: "parentMd5" }, "default"],
  ["process_sha256 sha256", "md5", keywords(Field.process_sha256)],
  [
    "md5",
    "md5",
    {
      from: "postings",
      kind: Kind.keyword,
      fields: [Field.process_md5, Field.childproc_md5, Field.modload_md5, Field.filewrite_md5],
      parentMd5: true,
    },
    "default",
  ],
  ["modload", "path", posted(Kind.path, Field.modload), "default"],
  ["filemod", "path", posted(Kind.filePath, Field.filemod), "default"],
  ["filewrite_md5", "md5", keywords(Field.filewrite_md5), "default"],
  ["regmod", "path", posted(Kind.registryPath, Field.regmod), "default"],
  ["domain", "domain", posted(Kind.domain, Field.domain), "default"],
  ["ipaddr", "ipaddr", posted(Kind.ipv4, Field.ipaddr)],
  ["ipport", "number", { from: "postedNumbers", field: Field.ipport }],
  ["childproc_md5", "md5", keywords(Field.childproc_md5), "default"],
  ["childproc_name", "keyword", keywords(Field.childproc_name), "default"],
  ["crossproc_md5", "md5", keywords(Field.crossproc_md5)],
  ["crossproc_name", "keyword", keywords(Field.crossproc_name)],
  ["crossproc_type", "keyword", keywords(Field.crossproc_type), "default"],
  ["blocked_md5", "md5", keywords(Field.blocked_md5), "default"],
  ["blocked_status", "keyword", keywords(Field.blocked_status)],
  ...HOST_ROWS,
  ["host_type", "keyword", host("h.host_type"), "default"],
  ["os_type", "keyword", host("h.os_type")],
  ["process_id id", "keyword", column("d.id")],
  ["parent_id", "keyword", ofProcess("parent_id")],
  ["process_pid", "number", ofProcess("pid")],
  ["parent_pid", "number", ofProcess("parent_pid")],
  ["sensor_id", "number", column("d.sensor_id")],
  ["segment_id", "number", column("d.segment_id")],
  ["start", "date", column("d.start")],
  ["last_update", "date", column("d.last_update")],
  ["last_server_update", "date", column("d.last_server_update")],
  ["tampered", "boolean", column("d.tampered")],
  ["has_emet_config has_emet_event", "boolean", column("0")],
  ["emet_count fileless_scriptload_count", "number", column("0")],
  ...EVENT_KINDS.map((kind): Row => [`${kind}_count`, "number", column(`d.${kind}_count`)]),
  // The names under which facets are filtered.
  ["username_full", "wholePath", posted(Kind.account, Field.username)],
  ["path_full", "wholePath", posted(Kind.path, Field.path)],
  ["hour_of_day", "number", column(HOUR)],
  ["day_of_week", "keyword", column("CAST(strftime('%w', d.start / 1000, 'unixepoch') AS TEXT)")],
];

const BINARY_TEXT_FIELDS = [
  ...["comments", "company_name", "file_desc", "file_version", "internal_name", "legal_copyright", "legal_trademark"],
  ...["original_filename", "private_build", "product_desc", "product_name", "product_version", "special_build"],
  ...["digsig_issuer", "digsig_prog_name", "digsig_publisher", "digsig_subject"],
] as const satisfies readonly (keyof typeof Field)[];

/** Those that a process search can ask of its binary, or of a related one. */
const JOINED_ROWS: Row[] = [
  ...BINARY_TEXT_FIELDS.map((name): Row => [name, "text", posted(Kind.text, Field[name]), "default"]),
  ["digsig_result", "sign", keywords(Field.digsig_result), "default"],
  ["digsig_sign_time", "date", column("d.digsig_sign_time")],
  ["copied_mod_len", "number", column("d.copied_mod_len")],
  ["orig_mod_len", "number", column("d.orig_mod_len")],
  ["is_64bit", "boolean", column("d.is_64bit")],
  ["is_executable_image", "boolean", column("d.is_executable_image")],
  ["observed_filename", "path", posted(Kind.path, Field.observed_filename), "default"],
  ["server_added_timestamp", "date", column("d.server_added_timestamp")],
];

const BINARY_ROWS: Row[] = [
  ...JOINED_ROWS,
  ...HOST_ROWS,
  ["md5", "md5", keywords(Field.binary_md5), "default"],
  ["sha256", "md5", keywords(Field.binary_sha256)],
  ["host_count", "number", column("(SELECT count(*) FROM binary_host x WHERE x.md5_value = d.md5_value)")],
  ["os_type", "keyword", keywords(Field.binary_os_type)],
  ["last_seen", "date", column("d.last_seen")],
  ["tampered", "boolean", column("0")],
  ...(["product_name", "file_version", "company_name", "digsig_publisher"] as const).map(
    (name): Row => [`${name}_facet`, "keyword", posted(Kind.text, Field[name])],
  ),
  ["observed_filename_facet", "path", posted(Kind.path, Field.observed_filename)],
];

function table(rows: readonly Row[]): Map<string, FieldSpec> {
  const specs = new Map<string, FieldSpec>();
  for (const [names, type, source, byDefault] of rows) {
    for (const name of names.split(" ")) specs.set(name, { name, type, source, byDefault: byDefault === "default" });
  }
  return specs;
}

const FIELDS: Record<Target, Map<string, FieldSpec>> = {
  process: table(PROCESS_ROWS),
  binary: table(BINARY_ROWS),
  alert: table(ALERT_ROWS),
  threat_report: table(REPORT_ROWS),
};
const JOINED = table(JOINED_ROWS);

const TAG_NAME = /^alliance_(score|data|link|updated)_.+$/;

/** The field of that name, or undefined. */
export function findField(target: Target, name: string): FieldSpec | undefined {
  const own = FIELDS[target].get(name);
  if (own !== undefined || (target !== "process" && target !== "binary")) return own;
  if (TAG_NAME.test(name)) {
    const type = name.startsWith("alliance_score_") ? "number" : "keyword";
    return { name, type, source: { from: "tag", name }, byDefault: false };
  }
  if (/^watchlist_\w+$/.test(name)) return { name, type: "date", source: { from: "tag", name }, byDefault: false };
  return target === "process" ? joinedField(name) : undefined;
}

function joinedField(name: string): FieldSpec | undefined {
  const plain = JOINED.get(name);
  if (plain !== undefined) {
    return {
      name,
      type: plain.type,
      source: { from: "relation", relation: "self", binaryField: name },
      byDefault: false,
    };
  }
  const match = /^(.+)_(filewrite|parent|child|modload)$/.exec(name);
  const related = JOINED.get(match?.[1] ?? "");
  if (match === null || related === undefined) return undefined;
  const source: Source = { from: "relation", relation: match[2] as Relation, binaryField: related.name };
  return { name, type: related.type, source, byDefault: false };
}

/** The fields in which terms without a field are looked for. */
export function defaultFields(target: Target): FieldSpec[] {
  return [...FIELDS[target].values()].filter((spec) => spec.byDefault);
}
