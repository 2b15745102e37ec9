import { Kind, REPORT_IOCS, REPORT_TEXTS } from "../../store/schema.js";
import type { FieldType, Row, Source } from "./field-spec.js";

const column = (name: string): Source => ({ from: "column", column: `d.${name}` });
const number = (name: string): Row => [name, "number", column(name)];
const date = (name: string): Row => [name, "date", column(name)];

/** What can be asked of alerts. */
export const ALERT_ROWS: Row[] = [
  number("alert_severity"),
  number("report_score"),
  number("feed_id"),
  date("created_time"),
  date("resolved_time"),
  ["alert_type", "keyword", column("alert_type")],
  ["unique_id", "keyword", column("unique_id")],
  ["status", "keyword", { from: "column", column: "lower(d.status)" }],
  ["assigned_to", "keyword", column("assigned_folded"), "default"],
  ["feed_name", "keyword", column("feed_name"), "default"],
  ["group", "keyword", column("group_name")],
  ["hostname", "keyword", column("hostname"), "default"],
  ["ioc_value", "keyword", column("ioc_value"), "default"],
  ["md5", "md5", column("md5"), "default"],
  ["process_name", "keyword", column("process_name"), "default"],
  ["watchlist_id", "keyword", column("watchlist_id"), "default"],
  ["watchlist_name", "keyword", column("watchlist_name")],
  ["process_path", "path", pathOf(Kind.path, "path_key", "path_folded"), "default"],
  // With or without its domain, as in process searches.
  ["username", "path", pathOf(Kind.account, "username_key", "username_folded"), "default"],
  [
    "observed_filename",
    "keyword",
    {
      from: "rows",
      kind: Kind.keyword,
      rows: `(SELECT a.doc, ${Kind.keyword} AS kind, e.value AS key FROM alert a, json_each(a.observed_filename) e)`,
    },
    "default",
  ],
];

function pathOf(kind: Kind, key: string, folded: string): Source {
  const rows = `(SELECT doc, ${kind} AS kind, ${key} AS key, ${folded} AS folded FROM alert WHERE ${key} <> '')`;
  return { from: "rows", kind, rows };
}

const words = (name: keyof typeof REPORT_TEXTS): Source => ({ from: "reportWords", field: REPORT_TEXTS[name] });

const ioc = (name: keyof typeof REPORT_IOCS, type: FieldType, kind: Kind): Row => [
  name,
  type,
  { from: "rows", kind, rows: `(SELECT * FROM report_ioc WHERE field = ${REPORT_IOCS[name]})` },
  "default",
];

/** What can be asked of threat reports. */
export const REPORT_ROWS: Row[] = [
  date("create_time"),
  date("update_time"),
  number("feed_id"),
  ["feed_name", "keyword", column("feed_name"), "default"],
  ["is_ignored", "boolean", column("is_ignored")],
  ["report_id", "keyword", column("folded_id")],
  ["title", "text", words("title")],
  ["description", "text", words("description"), "default"],
  ["feed_category", "text", words("feed_category"), "default"],
  ["tags", "text", words("tags"), "default"],
  ioc("md5", "md5", Kind.keyword),
  ioc("domain", "domain", Kind.domain),
  ioc("ipaddr", "ipaddr", Kind.ipv4),
];
