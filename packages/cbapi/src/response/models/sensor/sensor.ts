import { assignJoin, keyOfNamed, type ModelOrKey } from "../../../core/model/assigned-join.js";
import type { assignable } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import { type DateTimeField, t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import type { Ref } from "../../../core/model/ref-type.js";
import { one } from "../../../core/model/relations.js";
import type { DryRun, WritePlan, WriteRequest } from "../../../core/model/write-plan.js";
import { parseTime } from "../../../core/time.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { LiveResponseSession } from "../../../live-response/session.js";
import type { SessionOptions } from "../../../live-response/types.js";
import { connected, edr } from "../../host.js";
import type { IsolateOptions, IsolationResult } from "../../isolation/effort.js";
import { changeIsolation, planIsolation } from "../../isolation/isolation.js";
import { type IsolationState, isolationStateOf } from "../../isolation/state.js";
import { SensorQuery } from "../../queries/sensor-query.js";
import { asDocuments } from "../answers.js";
import { SensorGroup } from "./sensor-group.js";
import { FRESH, flushTimeText, sensorUpdate, WRITABLE } from "./writes.js";

/** A network interface of an endpoint. */
export interface NetworkInterface {
  /** `00:15:5d:01:9c:08` */
  readonly macaddr: string;
  /** Dotted IPv4, or IPv6. */
  readonly ipaddr: string;
}

/** How far ahead a flush time is set, in milliseconds: everything recorded until now lies before it. */
const YEAR = 365 * 86_400_000;

/** A time as a flush time can be: in whole seconds. How it is spelled depends on the server, and is decided when it is sent. */
const flushTime: DateTimeField = {
  ...t.dateTime(),
  encode: (value) => String(t.dateTime().encode(value)).replace(/\.\d{3}Z$/, ".000Z"),
};

/**
 * An endpoint with a sensor on it.
 *
 * Saving sends `PUT /api/v1/sensor/{id}`, then `GET`: to servers before 7.1 with the six fields that can be changed, to
 * others with what was changed and the group. It reads the sensor first when it was read more than a second ago, so that
 * nothing that others asked of it meanwhile, such as its isolation, is taken back.
 */
export class Sensor extends defineModel(
  {
    name: "Sensor",
    path: "/api/v1/sensor",
    key: "id",
    writable: WRITABLE,
    freshFor: FRESH,
    keyOnly: [
      "flushEvents",
      "getActivityStats",
      "getQueuedStats",
      "getResourceStatus",
      "isolate",
      "moveTo",
      "restartSensor",
      "uninstallSensor",
      "unisolate",
    ],
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
    event_log_flush_time: flushTime,
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
    get group() {
      return one(SensorGroup, "group_id");
    },
  },
) {
  /** What `set()` takes beside the fields. */
  declare readonly [assignable]: { readonly group: ModelOrKey<SensorGroup> };

  /** @internal The list of sensors, which has not been asked for. */
  static query(client: ModelHost): SensorQuery {
    return new SensorQuery(client, Sensor, {});
  }

  /**
   * The group that it belongs to: `GET /api/v3/group/{id}`. Can be assigned, with a group or a group's id: saving moves
   * the sensor, as {@link Sensor.moveTo} does at once.
   */
  override get group(): Ref<SensorGroup> {
    return super.group;
  }

  override set group(group: ModelOrKey<SensorGroup>) {
    assignJoin(this, "Sensor.group", "group_id", SensorGroup, group);
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

  /** The computer's SID. Some sensors send it with a line break at its end, which `get("computer_sid")` keeps. */
  override get computer_sid(): string | undefined {
    return super.computer_sid?.trim();
  }

  /** The same as `computer_sid`. */
  get sid(): string | undefined {
    return this.computer_sid;
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

  /**
   * As {@link Sensor.queued_stats}, with options for the request.
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  getQueuedStats(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#statistics("queued", options);
  }

  /** The sensor's latest connections to the server: `GET /api/v1/sensor/{id}/activity`. */
  get activity_stats(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("activity_stats", () => this.getActivityStats());
  }

  /**
   * As {@link Sensor.activity_stats}, with options for the request.
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  getActivityStats(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#statistics("activity", options);
  }

  /** What the sensor uses of its endpoint's resources: `GET /api/v1/sensor/{id}/resourcestatus`. */
  get resource_status(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("resource_status", () => this.getResourceStatus());
  }

  /**
   * As {@link Sensor.resource_status}, with options for the request.
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  getResourceStatus(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#statistics("resourcestatus", options);
  }

  /**
   * How far its isolation has come, by what is known here: `refresh()` asks the server. `undefined` while neither
   * `network_isolation_enabled` nor `is_isolating` is known.
   */
  get isolationState(): IsolationState | undefined {
    const { network_isolation_enabled, is_isolating } = this;
    if (network_isolation_enabled === undefined && is_isolating === undefined) return undefined;
    return isolationStateOf({ network_isolation_enabled, is_isolating });
  }

  /**
   * Cuts the endpoint off from the network, but for its server, and waits until it reports that it is. Reads the sensor
   * first: `GET /api/v1/sensor/{id}`. Asks for the isolation unless that was done: `PUT`, then `GET`. Then reads the
   * sensor after 1, 2, 4, and every 5 more seconds; an endpoint that is offline is waited for.
   *
   * Calls for one sensor at the same time make one change, and all wait for it. A later `unisolate()` ends those that
   * wait: they reject, with `code` `SUPERSEDED`. Changes of other fields that are not saved stay so.
   * @example await sensor.isolate({ timeout: 300_000, onWait: ({ state, status }) => console.log(state, status) });
   * @throws ApiError when the sensor does not support isolation (`code` is `ISOLATION_UNSUPPORTED`); nothing is sent
   * @throws TimeoutError when it does not hold within `timeout`; the request stays in force, as it does when `signal`
   * stops the waiting
   */
  isolate<D extends boolean | undefined = false>(
    options?: IsolateOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, IsolationResult>>;
  isolate({ dryRun = false, ...options }: IsolateOptions = {}): Promise<IsolationResult | WritePlan | undefined> {
    return dryRun ? planIsolation(this, true, options) : changeIsolation(this, true, options);
  }

  /** Lets the endpoint back into the network and waits until it reports that it is; otherwise as {@link Sensor.isolate}. */
  unisolate<D extends boolean | undefined = false>(
    options?: IsolateOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, IsolationResult>>;
  unisolate({ dryRun = false, ...options }: IsolateOptions = {}): Promise<IsolationResult | WritePlan | undefined> {
    return dryRun ? planIsolation(this, false, options) : changeIsolation(this, false, options);
  }

  /**
   * Opens a Live Response session with it and waits until the endpoint is there: `POST /api/v1/cblr/session`. Close the
   * session, or let `await using` do so: the server has few slots for sessions, and waits for one when all are taken.
   * @throws ApiError when the server or the sensor does not have Live Response; nothing is sent then
   * @throws TimeoutError when no slot came free or the sensor did not check in within `timeout` (default 6 minutes)
   * @example
   * await using session = await sensor.lrSession();
   * console.log((await session.getFile("c:\\test.txt")).toString());
   */
  lrSession(options: SessionOptions = {}): Promise<LiveResponseSession> {
    return edr(Sensor.stateOf(this).client).liveResponse.openSession(this, options);
  }

  // The following read the sensor, change one field at once, and read it again: `GET`, `PUT`, `GET /api/v1/sensor/{id}`. They
  // send nothing when the server has it already, wait for no check-in, and leave other changes that are not saved alone.

  /**
   * Has the sensor restarted at its next check-in; `restart_queued` is false again when it was.
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  restartSensor(options: CallOptions = {}): Promise<this> {
    return this.#change({ restart_queued: true }, options);
  }

  /**
   * Has the sensor removed from its endpoint at its next check-in; `uninstalled` tells when it was.
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  uninstallSensor(options: CallOptions = {}): Promise<this> {
    return this.#change({ uninstall: true }, options);
  }

  /**
   * Has the sensor send all that it has recorded: sets `event_log_flush_time` to a year from now. It is absent again
   * when the sensor has done so.
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  flushEvents(options: CallOptions = {}): Promise<this> {
    const { clock } = edr(Sensor.stateOf(this).client);
    return this.#change({ event_log_flush_time: flushTime.encode(new Date(clock.now() + YEAR)) }, options);
  }

  /**
   * Moves the sensor to another group. A Ref to a group that has to be looked for is awaited.
   * @throws InvalidObjectError when it is no group, or one that has no id yet
   * @throws ObjectNotFoundError when the server does not have the sensor
   */
  async moveTo(group: ModelOrKey<SensorGroup>, options: CallOptions = {}): Promise<this> {
    const awaited = typeof group === "number" ? group : await group;
    return this.#change({ group_id: keyOfNamed("moveTo()", SensorGroup, awaited) }, options);
  }

  override async validate(options: CallOptions = {}): Promise<true> {
    // A row of a search holds all that an update sends.
    const { document } = Sensor.stateOf(this);
    if (!WRITABLE.every((name) => name in document)) return super.validate(options);
    await this.prepare(options);
    return true;
  }

  /** What is sent differs by the server's version. */
  protected override async prepare(options: CallOptions): Promise<void> {
    await connected(Sensor.stateOf(this).client, options);
  }

  protected override updateRequest(): WriteRequest {
    const { client, document, changes } = Sensor.stateOf(this);
    const { cb_server_version: version } = edr(client);
    const values = Object.fromEntries(changes ?? []);
    const time = this.#newFlushTime;
    if (time !== undefined) values["event_log_flush_time"] = flushTimeText(time, version);
    return sensorUpdate(this.id, document, values, version);
  }

  /** A flush time that was assigned and not saved. */
  get #newFlushTime(): Date | undefined {
    return parseTime(Sensor.stateOf(this).changes?.get("event_log_flush_time"));
  }

  async #change(values: Readonly<Record<string, unknown>>, options: CallOptions): Promise<this> {
    await this.changeNow(values, options);
    return this;
  }

  async #statistics(name: string, options: CallOptions): Promise<readonly Record<string, unknown>[]> {
    const { client } = Sensor.stateOf(this);
    const path = `/api/v1/sensor/${this.id}/${name}`;
    return asDocuments(await client.getObject(path, undefined, options), `${name} of Sensor ${this.id}`);
  }
}
