import { ApiError, ClientError, ServerError } from "../core/errors.js";
import { ModelApi, type ModelApiOptions } from "../core/model/model-api.js";
import { ServerVersion } from "../core/server-version.js";
import type { CallOptions } from "../core/transport/types.js";
import type { AnyEvent, EventOf } from "../event-bus/catalogue/index.js";
import { EventConsumer } from "../event-bus/consumer/consumer.js";
import type { BrokerAddress, EventConsumerOptions } from "../event-bus/consumer/options.js";
import { LiveResponse } from "../live-response/manager.js";
import type { CloseOptions } from "../live-response/types.js";
import { brokerOf } from "./bus/broker.js";
import { type EventJoins, withJoins } from "./bus/joined-event.js";
import { type ConsoleObjectOf, objectOfConsole } from "./console-links.js";
import type { EdrHost } from "./host.js";
import { edrLiveResponse } from "./live-response/dialect.js";
import type { LiveResponseTarget } from "./live-response/target.js";
import { requireServer } from "./requires.js";
import { type RenamedRoutes, type RouteOptions, routesOf } from "./routes.js";
import { type SensorStatistics, sensorStatisticsOf } from "./sensor-statistics.js";
import type { ServerInfo } from "./server-info.js";

/** What {@link CbResponseAPI} takes: where the credentials are, limits, and how much is kept. */
export interface CbResponseOptions extends ModelApiOptions {
  /** Where the server has lists that 7.7 renamed, when it no longer has them under their old names. */
  routes?: RouteOptions | undefined;
}

/** What {@link CbResponseAPI.eventConsumer} takes. Where the bus is comes from the profile's `rabbitmq_*` keys. */
export interface ServerEventOptions extends EventConsumerOptions {
  /** Whether to talk TLS to the bus, or with which certificates. */
  tls?: BrokerAddress["tls"];
}

/** What an address of the console stands for; see {@link ConsoleObjectOf}. */
export type ConsoleObject = ConsoleObjectOf<CbResponseAPI>;

/**
 * A Carbon Black EDR ("CB Response") server.
 *
 * Making one sends nothing. {@link CbResponseAPI.connect} asks the server for its version and its storage partitions,
 * once; calls that need to know them do that by themselves.
 *
 * @example
 * const cb = new CbResponseAPI({ profile: "lab" });
 * for await (const proc of cb.select(Process).where("process_name:notepad.exe")) console.log(proc.cmdline);
 */
export class CbResponseAPI extends ModelApi implements EdrHost {
  /** Where this client looks for the lists that servers have under different names. */
  readonly routes: RenamedRoutes;
  #info: ServerInfo | undefined;
  #version: ServerVersion | undefined;
  #hasLegacyPartitions = false;
  #liveResponse: LiveResponse<LiveResponseTarget> | undefined;

  constructor(options: CbResponseOptions = {}) {
    const { routes, ...rest } = options;
    super("response", rest, ["routes"]);
    this.routes = routesOf(routes);
  }

  /** `GET /api/info`, then from 6.0 on `GET /api/v1/storage/events/partition`. */
  protected async hello(options: CallOptions): Promise<void> {
    const info = await this.info(options);
    const version = new ServerVersion(info.version);
    if (!version.atLeast(5, 0)) {
      throw new ApiError(
        `CbResponseAPI only supports servers >= 5.0.0, and ${this.url} runs ${version}. Update the server, or use its own API.`,
      );
    }
    if (version.atLeast(6, 0)) this.#hasLegacyPartitions = await this.#findLegacyPartitions(options);
    this.#info = info;
    this.#version = version;
  }

  /** The server's version and switches, after `connect()`. */
  get server_info(): ServerInfo {
    return this.#known(this.#info);
  }

  /** The server's version, after `connect()`. */
  get cb_server_version(): ServerVersion {
    return this.#known(this.#version);
  }

  /** Whether process searches have to be told to look into cores of a 5.x server as well; after `connect()`. */
  get hasLegacyPartitions(): boolean {
    this.#known(this.#version);
    return this.#hasLegacyPartitions;
  }

  /** Live Response: sessions with endpoints, and jobs over many of them. */
  get liveResponse(): LiveResponse<LiveResponseTarget> {
    this.#liveResponse ??= new LiveResponse(this, edrLiveResponse(this));
    return this.#liveResponse;
  }

  /**
   * A consumer of the events that the server publishes on its message bus, which has to be started. Events have joins to the
   * objects that they name: `await event.process.binary.md5`.
   * @throws CbApiError with code `INVALID_ARGUMENT` when an option has no meaning
   * @example
   * await using events = cb.eventConsumer({ queue: "soc-automation" });
   * events.on("watchlist.hit.process", async (event) => console.log(await event.process.cmdline));
   * await events.start();
   */
  eventConsumer(options: ServerEventOptions = {}): EventConsumer<EventJoins> {
    const { tls, ...rest } = options;
    const address = async () => brokerOf(await this.findCredentials(), tls);
    return new EventConsumer(address, { clock: this.clock, ...rest }, (event) => this.joinEvent(event));
  }

  /**
   * The events of a type or pattern, off the server's message bus, as {@link EventConsumer.events} gives them. The consumer
   * ends with the loop.
   * @example for await (const event of cb.events("feed.#")) console.log(event.type, await event.sensor.computer_name)
   */
  async *events<P extends string>(
    pattern: P,
    options: ServerEventOptions & CallOptions = {},
  ): AsyncGenerator<EventOf<P> & EventJoins, void, void> {
    const { signal, timeout, ...rest } = options;
    await using consumer = this.eventConsumer(rest);
    yield* consumer.events(pattern, { signal, timeout });
  }

  /**
   * An event from elsewhere, as from an event forwarder's file, with joins to the objects that it names. Nothing is requested.
   * @example for await (const event of followEvents(path)) console.log(await cb.joinEvent(event).process.cmdline)
   */
  joinEvent<E extends AnyEvent>(event: E): E & EventJoins {
    return withJoins(this, event);
  }

  /**
   * Closes the Live Response sessions that are still open, so that their slots are free, and ends the connections. Calls
   * that are still running fail. What is thrown is that of {@link LiveResponse.close}; the connections are ended all the
   * same.
   * @example await cb.close({ timeout: 5000 });
   */
  override async close(options: CloseOptions = {}): Promise<void> {
    try {
      await this.#liveResponse?.close(options);
    } finally {
      await super.close();
    }
  }

  /**
   * Asks for the server's version and switches: `GET /api/info`.
   * @throws ApiError when the answer names no version: it is no EDR server
   */
  async info(options: CallOptions = {}): Promise<ServerInfo> {
    const info = await this.getObject("/api/info", undefined, options);
    if (typeof info !== "object" || info === null || typeof (info as ServerInfo).version !== "string") {
      throw new ApiError(
        `${this.url} does not answer like a Carbon Black EDR server: GET /api/info gives no version. Is this the right URL?`,
      );
    }
    return info as ServerInfo;
  }

  /**
   * What an address of the server's console stands for, as users copy it from the browser: one object, as a Ref, or a
   * search, as a query. Nothing is requested before that is awaited. `kind` tells which of them it is, and TypeScript
   * knows the type of `object` by it.
   *
   * What `webui_link` of a model or a query gives is taken back here.
   * @example
   * const found = cb.fromUi("https://cb.example.com/#analyze/00000001-0000-0e48-01d2-c2a397f4cfe0/1495465643405");
   * if (found.kind === "process") console.log((await found.object).cmdline);
   * if (found.kind === "processes") console.log(await found.object.count());
   * @throws ApiError when the address is of another server, or of a page that stands for nothing here
   */
  fromUi(url: string): ConsoleObject {
    return objectOfConsole(this, url);
  }

  /** Storage and sensor figures of the console's dashboard: `GET /api/v1/dashboard/statistics`. */
  dashboardStatistics(options: CallOptions = {}): Promise<unknown> {
    return this.getObject("/api/v1/dashboard/statistics", undefined, options);
  }

  /**
   * How many sensors there are, and what waits on their endpoints: `GET /api/v1/sensor/statistics`.
   * @throws ServerError when the answer is no object
   */
  async sensorStatistics(options: CallOptions = {}): Promise<SensorStatistics> {
    return sensorStatisticsOf(await this.getObject("/api/v1/sensor/statistics", undefined, options));
  }

  /** The text to send to the vendor for a new licence: `GET /api/license`; empty when the server has none. */
  async licenseRequest(options: CallOptions = {}): Promise<string> {
    const license = (await this.getObject("/api/license", undefined, options)) as Record<string, unknown> | undefined;
    return String(license?.["license_request_block"] ?? "");
  }

  /**
   * Installs a licence: `POST /api/license`.
   * @throws ServerError when the server does not accept it
   */
  async updateLicense(license: string, options: CallOptions = {}): Promise<void> {
    const response = await this.postObject("/api/license", { license }, options);
    await this.raiseUnlessJson(response, { status: "success" });
  }

  /**
   * The hashes that sensors never stop, in the server's own form: `GET /api/v1/banning/whitelist`.
   * @throws ServerError when the answer holds no such list
   */
  banningWhitelist(options: CallOptions = {}): Promise<readonly unknown[]> {
    return this.#listIn(this.routes.approvedHashes, "whitelist", options);
  }

  /**
   * The patterns of paths that bans leave alone, in the server's own form: `GET /api/v1/banning/restrictions`.
   * @throws ServerError when the answer holds no such list
   */
  banningRestrictions(options: CallOptions = {}): Promise<readonly unknown[]> {
    return this.#listIn("/api/v1/banning/restrictions", "patterns", options);
  }

  /**
   * Closes the partition that events are written to and opens a new one (6.1 and later):
   * `POST /api/v1/storage/events/new_partition`.
   * @throws ApiError from a server before 6.1, to which nothing is sent
   */
  async createNewPartition(options: CallOptions = {}): Promise<void> {
    await requireServer(this, options, "Changes of storage partitions", 6, 1);
    const response = await this.postObject("/api/v1/storage/events/new_partition", null, options);
    await response.discard();
  }

  async #findLegacyPartitions(options: CallOptions): Promise<boolean> {
    let partitions: unknown;
    try {
      partitions = await this.getObject("/api/v1/storage/events/partition", undefined, { ...options, default: {} });
    } catch (error) {
      // Only administrators may list partitions; everyone else searches as if there were no old ones.
      if (error instanceof ClientError && error.status === 403) return false;
      throw error;
    }
    if (typeof partitions !== "object" || partitions === null)
      throw new ServerError("The list of storage partitions is no object");
    return Object.values(partitions).some((partition: { info?: { isLegacy?: unknown } }) =>
      Boolean(partition?.info?.isLegacy),
    );
  }

  /** A list that the server wraps in an object. */
  async #listIn(path: string, name: string, options: CallOptions): Promise<readonly unknown[]> {
    const answer = await this.getObject(path, undefined, { ...options, default: { [name]: [] } });
    const list: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
    if (!Array.isArray(list)) throw new ServerError(`${path} was answered without a list named ${name}`);
    return list;
  }

  #known<T>(value: T | undefined): T {
    if (value === undefined) throw new ApiError("Not known before `await cb.connect()`", { code: "NOT_CONNECTED" });
    return value;
  }
}
