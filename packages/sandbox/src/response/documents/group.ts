import type { GroupRecord } from "../../domain/index.js";

const COLLECTED = [
  ...["emet_events", "filemods", "filewritemd5s", "cross_procs", "moduleinfo", "moduleloads", "netconns"],
  ...["nonbinary_filewrites", "processes", "regmods", "storefiles", "usercontext"],
];

/** A sensor group with the defaults of the server around what is stored. */
export function groupDocument(record: GroupRecord, sensorServer: string, hosts: number): Record<string, unknown> {
  return {
    id: record.id,
    name: record.name,
    site_id: record.site_id,
    sensorbackend_server: sensorServer,
    sensor_exe_name: "",
    team_access: [],
    alert_criticality: 3,
    tamper_level: 0,
    sensor_version_windows: "Manual",
    sensor_version_osx: "Manual",
    sensor_version_linux: "Manual",
    datastore_server: null,
    max_licenses: -1,
    banning_enabled: true,
    collect_amsi: false,
    ...Object.fromEntries(COLLECTED.map((kind) => [`collect_${kind}`, true])),
    filter_known_dlls: false,
    vdi_enabled: false,
    number_of_hosts: hosts,
    process_filter_level: 0,
    quota_eventlog_bytes: "1073741824",
    quota_storefile_bytes: "1073741824",
    quota_eventlog_percent: 1,
    quota_storefile_percent: 1,
    server_cert_id: 2,
    isolation_exclusions: [],
    event_exclusions: [],
    ...record.settings,
  };
}
