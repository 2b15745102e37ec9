/** A sensor group: sensors that share settings. Group 1 always exists. */
export interface GroupRecord {
  id: number;
  name: string;
  site_id: number;
  /** Fields of the group document that differ from the server's defaults. */
  settings?: Record<string, unknown>;
  /** What of its sensors' files is shown to whom outside: `{ what: "BIN", who: "VIRUSTOTAL" }`. */
  sharing?: { what: string; who: string }[];
}

/** A site, the parent of groups. Site 1 always exists. */
export interface SiteRecord {
  id: number;
  name: string;
}

/** What runs on an endpoint. */
export type OsType = "windows" | "linux" | "osx";
/** What an endpoint is in its network. */
export type HostType = "workstation" | "server" | "domain_controller";

/** An endpoint with a sensor on it. */
export interface SensorRecord {
  id: number;
  group_id: number;
  computer_name: string;
  computer_dns_name: string;
  /** `S-1-5-21-...`; empty on Linux and macOS. */
  computer_sid: string;
  os_type: OsType;
  host_type: HostType;
  /** As printed: `Windows 10 Enterprise, 64-bit`. */
  os_environment_display_string: string;
  build_version_string: string;
  interfaces: { ip: string /** Twelve hex digits. */; mac: string }[];
  registration_time: number;
  last_checkin_time: number;
  /** Whether the simulated endpoint is switched on (checks in). */
  online: boolean;
  supports_cblr: boolean;
  supports_isolation: boolean;
  physical_memory_size: number;
  systemvolume_total_size: number;
  systemvolume_free_size: number;
  /** Fields of the sensor document that differ from what the above gives. */
  settings?: Record<string, unknown>;
  /** What was asked of the sensor, and what has come of it. */
  state?: SensorState;
}

/** What somebody asked of a sensor and what it has reported since; what was never asked is left out. */
export interface SensorState {
  /** Isolation as it is asked for, and as the sensor reported it. */
  network_isolation_enabled?: boolean;
  is_isolating?: boolean;
  restart_queued?: boolean;
  uninstall?: boolean;
  uninstalled?: boolean;
  notes?: string | null;
  /** Everything recorded before this moment is to be sent at once. */
  event_log_flush_time?: number | null;
  /** How often the endpoint was restarted from here, and when it was last. */
  restarts?: number;
  restarted?: number;
}
