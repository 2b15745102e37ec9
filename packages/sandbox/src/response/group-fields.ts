import type { GroupRecord } from "../domain/index.js";
import {
  type FieldCheck,
  LONGEST_NAME,
  listOf,
  nameOf,
  numberAsText,
  orNull,
  textOf,
  textsOf,
  trueOrFalse,
  type WriteBody,
  wholeNumber,
} from "../server/write-body.js";

const name = nameOf;
const text = textOf(LONGEST_NAME);
const texts = textsOf();
const id = wholeNumber(0);
const percent = wholeNumber(0, 100);
/** Servers send these as text, and take either. */
const bytes = numberAsText(0);

const FLAGS = [
  ...["banning_enabled", "collect_amsi", "collect_emet_events", "collect_filemods", "collect_filewritemd5s"],
  ...["collect_cross_procs", "collect_moduleinfo", "collect_moduleloads", "collect_netconns"],
  ...["collect_nonbinary_filewrites", "collect_processes", "collect_regmods", "collect_storefiles"],
  ...["collect_usercontext", "filter_known_dlls", "vdi_enabled"],
];

const exclusion = { name: text, ip_address: text, enabled: trueOrFalse, id, group_id: id };

/** What of a group its record keeps. The access of teams is theirs; the id and the count of hosts are the server's. */
const WRITABLE: Readonly<Record<string, FieldCheck>> = {
  name,
  site_id: id,
  sensorbackend_server: name,
  ...Object.fromEntries(FLAGS.map((flag) => [flag, trueOrFalse])),
  sensor_exe_name: text,
  alert_criticality: wholeNumber(1, 5),
  tamper_level: id,
  sensor_version_windows: name,
  sensor_version_osx: name,
  sensor_version_linux: name,
  datastore_server: orNull(text),
  max_licenses: wholeNumber(-1),
  process_filter_level: id,
  quota_eventlog_bytes: bytes,
  quota_storefile_bytes: bytes,
  quota_eventlog_percent: percent,
  quota_storefile_percent: percent,
  server_cert_id: id,
  isolation_exclusions: orNull(listOf(exclusion)),
  event_exclusions: orNull(listOf({ eventsToIgnore: texts, paths: texts })),
  address_resolution_hint: orNull(text),
};

/** The group as a body describes it; what the body leaves out is as it was. */
export function readGroup(body: WriteBody, known: GroupRecord): GroupRecord {
  const { name = known.name, site_id = known.site_id, ...settings } = body.readAll(WRITABLE) as GroupFields;
  return { ...known, name, site_id, settings: { ...known.settings, ...settings } };
}

type GroupFields = Partial<Pick<GroupRecord, "name" | "site_id">> & Record<string, unknown>;
