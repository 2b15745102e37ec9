import { defineModel } from "../../core/model/define-model.js";
import type { ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { Lazy } from "../../core/model/lazy.js";
import type { WriteRequest } from "../../core/model/mutable-model.js";
import { one } from "../../core/model/relations.js";
import type { CallOptions } from "../../core/transport/types.js";
import { SensorQuery } from "../queries/sensor-query.js";
import { asDocuments } from "./answers.js";
import { refuseAssignments } from "./immutable.js";
import { SensorGroup } from "./sensor-group.js";

/** A network interface of an endpoint. */
export interface NetworkInterface {
  /** `00:15:5d:01:9c:08` */
  readonly macaddr: string;
  /** Dotted IPv4, or IPv6. */
  readonly ipaddr: string;
}

/** Everything that the server lets a caller change, and all that a change may hold since 7.1. */
const WRITABLE = [
  "event_log_flush_time",
  "group_id",
  "network_isolation_enabled",
  "notes",
  "restart_queued",
  "uninstall",
] as const;

/** An endpoint with a sensor on it. */
export class Sensor extends defineModel(
  {
    name: "Sensor",
    path: "/api/v1/sensor",
    key: "id",
    writable: WRITABLE,
    keyOnly: ["getQueuedStats", "getActivityStats", "getResourceStatus"],
  },
  {
    id: t.integer(),
    computer_name: t.string(),
    computer_dns_name: t.string(),
    computer_sid: t.string(),
    /** Can be changed: moves the sensor to another group. */
    group_id: t.integer(),
    /** Can be changed. Whether isolation is requested; `is_isolating` is whether it holds. */
    network_isolation_enabled: t.boolean(),
    /** Whether the endpoint reports that it is cut off from the network. */
    is_isolating: t.boolean(),
    /** Can be changed: has the sensor restarted at its next check-in. */
    restart_queued: t.boolean(),
    /** Can be changed: has the sensor removed at its next check-in. */
    uninstall: t.boolean(),
    uninstalled: t.boolean(),
    /** Can be changed. */
    notes: t.string(),
    /** Can be changed: what was recorded before this time is to be sent at once. Absent when there is nothing to do. */
    event_log_flush_time: t.dateTime(),
    /** `Online` or `Offline`, and others while it is removed. */
    status: t.string(),
    /** 1 Windows, 2 macOS, 4 Linux. */
    os_type: t.integer(),
    os_environment_id: t.integer(),
    os_environment_display_string: t.string(),
    build_id: t.integer(),
    /** The sensor's version: `006.000.002.70329`. */
    build_version_string: t.string(),
    node_id: t.integer(),
    shard_id: t.integer(),
    power_state: t.integer(),
    cookie: t.integer(),
    /** 0 to 100, where 100 is healthy. */
    sensor_health_status: t.integer(),
    sensor_health_message: t.string(),
    /** Seconds between the endpoint's clock and the server's. */
    clock_delta: t.integer(),
    /** Seconds since the sensor was started. */
    sensor_uptime: t.integer(),
    /** Seconds since the endpoint was started. */
    uptime: t.integer(),
    /** In bytes. */
    physical_memory_size: t.integer(),
    /** In bytes, a decimal number as text. */
    systemvolume_total_size: t.string(),
    /** In bytes, a decimal number as text. */
    systemvolume_free_size: t.string(),
    /** Events that wait on the endpoint, in bytes, a decimal number as text. */
    num_eventlog_bytes: t.string(),
    /** Files that wait on the endpoint, in bytes, a decimal number as text. */
    num_storefiles_bytes: t.string(),
    boot_id: t.string(),
    parity_host_id: t.string(),
    last_checkin_time: t.dateTime(),
    next_checkin_time: t.dateTime(),
    registration_time: t.dateTime(),
    last_update: t.dateTime(),
    license_expiration: t.dateTime(),
    /** `ip,mac|ip,mac|`; see {@link Sensor.network_interfaces}. */
    network_adapters: t.string(),
    /** Whether Live Response can reach it. */
    supports_cblr: t.boolean(),
    supports_isolation: t.boolean(),
    supports_2nd_gen_modloads: t.boolean(),
    display: t.boolean(),
    emet_version: t.string(),
    emet_telemetry_path: t.string(),
    emet_dump_flags: t.string(),
    emet_report_setting: t.string(),
    emet_exploit_action: t.string(),
    emet_process_count: t.integer(),
    emet_is_gpo: t.boolean(),
    last_server_cert_id: t.integer(),
    /** The group that it belongs to: `GET /api/v3/group/{id}`. */
    get group() {
      return one(SensorGroup, "group_id");
    },
  },
) {
  static {
    refuseAssignments(this);
  }

  /** The list of sensors, which has not been asked for. */
  static query(client: ModelHost): SensorQuery {
    return new SensorQuery(client, Sensor, {});
  }

  /** The computer's name; the same as `computer_name`. */
  get hostname(): string | undefined {
    return this.computer_name;
  }

  /** The computer's full name in the DNS; the same as `computer_dns_name`. */
  get dns_name(): string | undefined {
    return this.computer_dns_name;
  }

  /** The operating system as printed: `Windows 10 Enterprise, 64-bit`. */
  get os(): string | undefined {
    return this.os_environment_display_string;
  }

  /** The computer's SID. Some sensors send it with a line break at its end, which is taken off. */
  get sid(): string | undefined {
    return this.computer_sid?.trim();
  }

  /** Its network interfaces; empty when none is known. */
  get network_interfaces(): readonly NetworkInterface[] {
    return (this.network_adapters ?? "").split("|").flatMap((adapter) => {
      const [ipaddr, mac, ...rest] = adapter.split(",");
      if (ipaddr === undefined || mac === undefined || rest.length > 0) return [];
      return [{ macaddr: mac.match(/../g)?.join(":") ?? "", ipaddr }];
    });
  }

  /** This sensor in the console. */
  get webui_link(): string {
    return `${Sensor.stateOf(this).client.url}/#/host/${this.id}`;
  }

  /** Events and files that wait on the endpoint, in numbers and bytes: `GET /api/v1/sensor/{id}/queued`. */
  get queued_stats(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("queued_stats", () => this.getQueuedStats());
  }

  /** As {@link Sensor.queued_stats}, with options for the request. */
  getQueuedStats(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#statistics("queued", options);
  }

  /** The sensor's latest connections to the server: `GET /api/v1/sensor/{id}/activity`. */
  get activity_stats(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("activity_stats", () => this.getActivityStats());
  }

  /** As {@link Sensor.activity_stats}, with options for the request. */
  getActivityStats(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#statistics("activity", options);
  }

  /** What the sensor uses of its endpoint's resources: `GET /api/v1/sensor/{id}/resourcestatus`. */
  get resource_status(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("resource_status", () => this.getResourceStatus());
  }

  /** As {@link Sensor.resource_status}, with options for the request. */
  getResourceStatus(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#statistics("resourcestatus", options);
  }

  protected override updateRequest(): WriteRequest {
    const document = this.toJSON();
    const body = Object.fromEntries(WRITABLE.map((name) => [name, document[name] ?? null]));
    return { method: "PUT", path: `/api/v1/sensor/${this.id}`, body };
  }

  async #statistics(name: string, options: CallOptions): Promise<readonly Record<string, unknown>[]> {
    const { client } = Sensor.stateOf(this);
    const path = `/api/v1/sensor/${this.id}/${name}`;
    return asDocuments(await client.getObject(path, undefined, options), `${name} of Sensor ${this.id}`);
  }
}
