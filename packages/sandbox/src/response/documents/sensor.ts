import type { OsType, SensorRecord } from "../../domain.js";
import { serverTime } from "./time.js";

const OS_NUMBERS: Record<OsType, number> = { windows: 1, osx: 2, linux: 4 };

/** An endpoint is online while its last check-in is at most so many intervals old. */
const ONLINE_INTERVALS = 5;

/** When sensors speak. */
export interface Checkins {
  now: number;
  interval: number;
}

/** When a sensor spoke last: one that is switched on does so at every interval since it was registered. */
export function lastCheckin(record: SensorRecord, { now, interval }: Checkins): number {
  if (!record.online || now < record.last_checkin_time) return record.last_checkin_time;
  return now - ((now - record.last_checkin_time) % interval);
}

/** Whether a sensor has spoken lately. */
export function isOnline(record: SensorRecord, checkins: Checkins): boolean {
  const { now, interval } = checkins;
  return record.online && now - lastCheckin(record, checkins) <= ONLINE_INTERVALS * interval;
}

/** A sensor as lists and single answers show it. */
export function sensorDocument(record: SensorRecord, checkins: Checkins): Record<string, unknown> {
  const last = lastCheckin(record, checkins);
  const uptime = Math.max(0, Math.floor((last - record.registration_time) / 1000));
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
    network_isolation_enabled: false,
    is_isolating: false,
    restart_queued: false,
    uninstall: false,
    uninstalled: null,
    notes: null,
    event_log_flush_time: null,
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
    boot_id: "1",
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
  };
}
