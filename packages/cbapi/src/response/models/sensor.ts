import { defineModel } from "../../core/model/define-model.js";
import type { ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { Lazy } from "../../core/model/lazy.js";
import type { WriteRequest } from "../../core/model/mutable-model.js";
import { one } from "../../core/model/relations.js";
import { SensorQuery } from "../queries/sensor-query.js";
import { SensorGroup } from "./sensor-group.js";

/** A network interface of an endpoint. */
export interface NetworkInterface {
  /** `00:15:5d:01:9c:08` */
  readonly macaddr: string;
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
  { name: "Sensor", path: "/api/v1/sensor", key: "id", writable: WRITABLE },
  {
    id: t.integer(),
    computer_name: t.string(),
    computer_dns_name: t.string(),
    computer_sid: t.string(),
    group_id: t.integer(),
    /** Whether isolation is requested; `is_isolating` is whether it holds. */
    network_isolation_enabled: t.boolean(),
    is_isolating: t.boolean(),
    restart_queued: t.boolean(),
    uninstall: t.boolean(),
    uninstalled: t.boolean(),
    notes: t.string(),
    event_log_flush_time: t.dateTime(),
    status: t.string(),
    os_type: t.integer(),
    os_environment_id: t.integer(),
    os_environment_display_string: t.string(),
    build_id: t.integer(),
    build_version_string: t.string(),
    node_id: t.integer(),
    shard_id: t.integer(),
    power_state: t.integer(),
    cookie: t.integer(),
    sensor_health_status: t.integer(),
    sensor_health_message: t.string(),
    clock_delta: t.integer(),
    sensor_uptime: t.integer(),
    uptime: t.integer(),
    physical_memory_size: t.integer(),
    systemvolume_total_size: t.string(),
    systemvolume_free_size: t.string(),
    num_eventlog_bytes: t.string(),
    num_storefiles_bytes: t.string(),
    boot_id: t.string(),
    parity_host_id: t.string(),
    last_checkin_time: t.dateTime(),
    next_checkin_time: t.dateTime(),
    registration_time: t.dateTime(),
    last_update: t.dateTime(),
    license_expiration: t.dateTime(),
    network_adapters: t.string(),
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
    get group() {
      return one(SensorGroup, "group_id");
    },
  },
) {
  static query(client: ModelHost): SensorQuery {
    return new SensorQuery(client, Sensor, {});
  }

  get hostname(): string | undefined {
    return this.computer_name;
  }

  get dns_name(): string | undefined {
    return this.computer_dns_name;
  }

  /** The operating system as printed: `Windows 10 Enterprise, 64-bit`. */
  get os(): string | undefined {
    return this.os_environment_display_string;
  }

  /** Some sensors send it with a line break at its end, which is taken off. */
  get sid(): string | undefined {
    return this.computer_sid?.trim();
  }

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

  /** Events and files that wait on the endpoint: `GET /api/v1/sensor/{id}/queued`. */
  get queued_stats(): PromiseLike<readonly Record<string, unknown>[]> {
    return this.#statistics("queued");
  }

  /** `GET /api/v1/sensor/{id}/activity` */
  get activity_stats(): PromiseLike<readonly Record<string, unknown>[]> {
    return this.#statistics("activity");
  }

  /** `GET /api/v1/sensor/{id}/resourcestatus` */
  get resource_status(): PromiseLike<readonly Record<string, unknown>[]> {
    return this.#statistics("resourcestatus");
  }

  protected override updateRequest(): WriteRequest {
    const document = this.toJSON();
    const body = Object.fromEntries(WRITABLE.map((name) => [name, document[name] ?? null]));
    return { method: "PUT", path: `/api/v1/sensor/${this.id}`, body };
  }

  #statistics(name: string): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy(name, async () => {
      const { client } = Sensor.stateOf(this);
      return (await client.getObject(`/api/v1/sensor/${this.id}/${name}`, undefined, { default: [] })) as Record<
        string,
        unknown
      >[];
    });
  }
}
