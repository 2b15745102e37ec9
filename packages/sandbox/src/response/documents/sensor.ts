import type { OsType, SensorRecord } from "../../domain/index.js";
import { type EndpointPresence, lastCheckin } from "../../endpoint/presence.js";
import { serverTime } from "./time.js";

const OS_NUMBERS: Record<OsType, number> = { windows: 1, osx: 2, linux: 4 };

/** An endpoint is online while its last check-in is at most so many intervals old. */
const ONLINE_INTERVALS = 5;

/** Whether a sensor has spoken lately. */
export function isOnline(record: SensorRecord, checkins: EndpointPresence): boolean {
  if (record.state?.uninstalled === true) return false;
  return checkins.now - lastCheckin(record, checkins) <= ONLINE_INTERVALS * checkins.interval;
}

/** The fields of every sensor, by which lists of them are sorted. */
export const SENSOR_FIELDS: ReadonlySet<string> = new Set(
  Object.keys(
    sensorDocument(
      {
        ...{ id: 0, group_id: 0, computer_name: "", computer_dns_name: "", computer_sid: "", os_type: "windows" },
        ...{ host_type: "workstation", os_environment_display_string: "", build_version_string: "", interfaces: [] },
        ...{ registration_time: 0, last_checkin_time: 0, online: false, supports_cblr: false },
        ...{ supports_isolation: false, physical_memory_size: 0, systemvolume_total_size: 0 },
        systemvolume_free_size: 0,
      },
      { now: 0, interval: 1, start: 0, round: undefined },
    ),
  ),
);

/** A sensor as lists and single answers show it. */
export function sensorDocument(record: SensorRecord, checkins: EndpointPresence): Record<string, unknown> {
  const last = lastCheckin(record, checkins);
  const { state = {} } = record;
  const boot = state.restarted ?? record.registration_time;
  const uptime = Math.max(0, Math.floor((last - boot) / 1000));
  const flush = state.event_log_flush_time ?? null;
  return {
    id: record.id,
    computer_name: record.computer_name,
    computer_dns_name: record.computer_dns_name,
    computer_sid: record.computer_sid,
    group_id: record.group_id,
    status: isOnline(record, checkins) ? "Online" : "Offline",
    os_type: OS_NUMBERS[record.os_type],
    os_environment_id: OS_NUMBERS[record.os_type],
    os_environment_display_string: record.os_environment_display_string,
    build_id: 11,
    build_version_string: record.build_version_string,
    network_adapters: record.interfaces.map(({ ip, mac }) => `${ip},${mac}|`).join(""),
    registration_time: serverTime(record.registration_time),
    last_checkin_time: serverTime(last),
    next_checkin_time: serverTime(last + checkins.interval),
    last_update: serverTime(last),
    license_expiration: serverTime(0),
    network_isolation_enabled: state.network_isolation_enabled ?? false,
    is_isolating: state.is_isolating ?? false,
    restart_queued: state.restart_queued ?? false,
    uninstall: state.uninstall ?? false,
    uninstalled: state.uninstalled ?? null,
    notes: state.notes ?? null,
    event_log_flush_time: flush === null ? null : serverTime(flush),
    supports_cblr: record.supports_cblr,
    supports_isolation: record.supports_isolation,
    supports_2nd_gen_modloads: false,
    display: true,
    sensor_health_status: 100,
    sensor_health_message: "Healthy",
    clock_delta: "0",
    sensor_uptime: String(uptime),
    uptime: String(uptime),
    physical_memory_size: String(record.physical_memory_size),
    systemvolume_total_size: String(record.systemvolume_total_size),
    systemvolume_free_size: String(record.systemvolume_free_size),
    num_eventlog_bytes: "0",
    num_storefiles_bytes: "0",
    parity_host_id: "0",
    power_state: 0,
    node_id: 0,
    shard_id: 0,
    cookie: record.id * 7919,
    emet_version: "",
    emet_telemetry_path: "",
    emet_dump_flags: "",
    emet_report_setting: "",
    emet_exploit_action: "",
    emet_process_count: 0,
    emet_is_gpo: false,
    ...record.settings,
    boot_id: String(Number(record.settings?.["boot_id"] ?? 1) + (state.restarts ?? 0)),
  };
}
