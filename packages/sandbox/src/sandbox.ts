import { randomBytes } from "node:crypto";
import { SimulationClock } from "./clock.js";
import { credentialsFor, profileFor, type SandboxCredentials } from "./credentials.js";
import type { KeyBeside, ObjectKind, ObjectRecords } from "./domain/index.js";
import { certify, type Identity } from "./identity.js";
import type { ImportReport } from "./importer/index.js";
import type { LiveResponseControl } from "./live-response/control.js";
import type { SandboxOptions } from "./options.js";
import type { Hold, PlayableProduct, ProductServer } from "./product-server.js";
import { PLAYABLE_PRODUCTS } from "./products.js";
import { EDR } from "./response/playable.js";
import type { LaunchReport } from "./response/simulation/launch.js";
import type { LaunchRequest } from "./response/simulation/launch-request.js";
import { type ResponseSteering, steerResponse } from "./response/steering.js";
import { type Behaviour, bestBehaviour, resetBehaviour } from "./server/behaviour.js";
import { createControl } from "./server/control.js";
import { Dispatcher } from "./server/dispatcher.js";
import { FaultPlan } from "./server/faults.js";
import { dispatchFetch } from "./server/fetch.js";
import { Listener } from "./server/listener.js";
import type { Product, Switches, TokenRecord } from "./server/product.js";
import { RequestLog } from "./server/request-log.js";
import { SignedFiles } from "./server/signed-files.js";
import { TokenRing } from "./server/tokens.js";
import { StateDirectory } from "./state-directory.js";
import { fixedWorld, type World, type WorldSettings } from "./world.js";
import { worldMaker } from "./world-maker.js";

const DEFAULT_SEED = 1;
const ADMINISTRATOR = "admin";
const LOCAL = "127.0.0.1";
/** How long a reset waits for requests that are being answered. */
const SETTLE_TIME = 1000;
const BODY_LIMIT = 32 * 1024 * 1024;

/**
 * A Carbon Black server in this process: on a real port, with its own certificates, tokens, time and organisation.
 *
 * ```ts
 * await using sandbox = await Sandbox.start();
 * ```
 */
export class Sandbox {
  /** The simulated time. */
  readonly clock: SimulationClock;
  /** Faults that the server commits: latency, errors, cut connections. */
  readonly faults: FaultPlan;
  /** Switches for what only a product can do wrong; changes count from the next request on. */
  readonly behaviour: Behaviour;
  /** The switches of all products, each at its best. */
  readonly switches: Switches;
  /** Live Response of the EDR server: how it behaves, what goes wrong with it, what is in use. */
  readonly liveResponse: LiveResponseControl;
  /** What was asked, what was missing, what went wrong. */
  readonly requests: RequestLog;
  /** Who may ask. */
  readonly tokens: TokenRing;
  /** The main token, of a global administrator. His account decides what he may do; control routes always obey it. */
  readonly token: string;
  readonly #options: SandboxOptions;
  readonly #edr: ResponseSteering;
  readonly #state: StateDirectory;
  readonly #dispatcher: Dispatcher;
  readonly #signed: SignedFiles;
  /** Undefined without TLS. */
  #identity: Identity | undefined;
  #caFile: string | undefined;
  readonly #makeWorld: (settings: WorldSettings) => Promise<World>;
  readonly #calls = new Set<AbortController>();
  /** Aborted when the sandbox stops: whatever takes long gives up then. */
  readonly #life = new AbortController();
  #seed: number | string;
  #world: World = fixedWorld([]);
  #listener: Listener | undefined;
  /** Requests wait for this while the organisation is replaced. */
  #pause: Promise<void> | undefined;
  /** Resets and imports come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  /** Starts a sandbox; it answers when the promise resolves. Stop it, or declare it with `await using`. */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    options.signal?.throwIfAborted();
    const sandbox = new Sandbox(options);
    try {
      await sandbox.#open();
      options.signal?.throwIfAborted();
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
    return sandbox;
  }

  private constructor(options: SandboxOptions) {
    this.#options = options;
    this.#seed = options.seed ?? DEFAULT_SEED;
    this.#makeWorld = worldMaker(options);
    this.tokens = new TokenRing();
    this.requests = new RequestLog(options.requestLogSize, (text) => this.tokens.redact(text, this.#secrets()));
    this.faults = new FaultPlan();
    this.faults.add(...(options.faults ?? []));
    this.switches = bestBehaviour(options.products ?? PLAYABLE_PRODUCTS);
    this.behaviour = { ...this.switches, ...options.behaviour } as Behaviour;
    this.#edr = steerResponse(this.#hold(EDR));
    this.liveResponse = this.#edr.liveResponse;
    this.#state = new StateDirectory(options.stateDirectory);
    const randomToken = (): string => randomBytes(20).toString("hex");
    this.token = options.token ?? this.#state.secret("token", randomToken);
    this.tokens.add({ username: ADMINISTRATOR, token: this.token, globalAdmin: true });
    for (const token of options.tokens ?? []) this.tokens.add(token);
    this.clock = new SimulationClock({
      ...options.clock,
      onError: (error) => this.requests.addFailure("clock tick", error),
    });
    this.#signed = new SignedFiles({
      host: options.host ?? LOCAL,
      tls: () => this.#identity?.tls,
      now: () => this.clock.now(),
      onFailure: (during, error) => this.requests.addFailure(during, error),
    });
    this.#dispatcher = new Dispatcher({
      products: () => this.#products(),
      pause: () => this.#pause,
      control: createControl(
        this,
        PLAYABLE_PRODUCTS.flatMap((product) => product.control?.(this.#hold(product)) ?? []),
      ),
      tokens: this.tokens,
      faults: this.faults,
      log: this.requests,
      bodyLimit: options.bodyLimit ?? BODY_LIMIT,
    });
  }

  /** The address for clients, `https://127.0.0.1:<port>`. */
  get url(): string {
    if (this.#listener === undefined) throw new Error("The sandbox is not running");
    return this.#listener.url;
  }

  /** The certificate authority, PEM; undefined without TLS. */
  get ca(): string | undefined {
    return this.#identity?.authority.certificate;
  }

  /** The file that holds {@link Sandbox.ca}, for clients that take a path. */
  get caFile(): string | undefined {
    return this.#caFile;
  }

  /** The server's own certificate, PEM; undefined without TLS. */
  get certificate(): string | undefined {
    return this.#identity?.tls.cert;
  }

  /** What the organisation was generated from. */
  get seed(): number | string {
    return this.#seed;
  }

  /**
   * What a client of a product needs: for the cloud, its token is `secret/connector id`, and there is the key of the organisation.
   * @param product `response` when left out
   * @throws RangeError when there is no such product
   */
  credentials(product = EDR.name): SandboxCredentials {
    return credentialsFor(this, product);
  }

  /** The text of a credential file with which a client reaches a product (`response` when left out) and its events' broker. */
  profile(section = "default", product = EDR.name): string {
    return profileFor(this, section, product, this.#options.events);
  }

  /** What is running here, as `GET /_sandbox` tells it. */
  info(): Record<string, unknown> {
    const version = this.#world.serverOf(EDR)?.version;
    return {
      url: this.url,
      seed: this.#seed,
      ...(version === undefined ? {} : { version }),
      products: this.#products().map((product) => product.name),
      organisation: this.#world.counts(),
      clock: { now: this.clock.date().toISOString(), ticks: this.clock.ticks },
      requests: this.requests.total,
      missing: this.requests.missing().length,
      failures: this.requests.failures().length,
    };
  }

  /**
   * Puts everything back to the start: the organisation, from the same seed or from another, the clock, faults,
   * behaviour and the request log. Tokens, port and certificates stay. Requests that come meanwhile wait.
   */
  reset(seed: number | string = this.#seed): Promise<void> {
    return this.#inTurn(async () => {
      const replaced = this.#replaceWorld(seed, true);
      this.#pause = replaced.catch(() => {});
      try {
        await replaced;
      } finally {
        this.#pause = undefined;
      }
      this.faults.clear();
      this.faults.add(...(this.#options.faults ?? []));
      this.requests.clear();
    });
  }

  /**
   * Adds the telemetry in a file to the organisation; resolves to a report of what was taken and what was not.
   * @param options `signal` stops the reading, with its reason: nothing of the file is added then
   */
  importFile(file: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ImportReport> {
    const { signal } = options;
    const until = signal === undefined ? this.#life.signal : AbortSignal.any([this.#life.signal, signal]);
    return this.#inTurn(() => this.#world.importFile(file, until));
  }

  /**
   * Starts a program on an endpoint, for whoever learns or tests how it is detected. The server knows of it when the
   * promise resolves. One that is banned, by EDR or by App Control, does not run, and the report says so. Rejects with a
   * RangeError when the endpoint is switched off or the request makes no sense.
   *
   * ```ts
   * const launched = await sandbox.launch({
   *   sensor: "HOSTNAME",
   *   path: "c:\\users\\bit9rad\\evil.exe",
   *   netconns: [{ domain: "c2.example", port: 443 }],
   * });
   * ```
   */
  launch(request: LaunchRequest): Promise<LaunchReport> {
    return this.#edr.launch(request);
  }

  /**
   * Puts an object that the server keeps whole into the organisation, or in the place of the one with its key: for tests of
   * what no request creates, or not in that state. The record is taken as it is, with its times in milliseconds since 1970
   * (UTC) and without what the server does when a request creates such an object. It stays until a reset.
   *
   * ```ts
   * await sandbox.put("team", { id: 7, name: "Night shift", group_access: [] });
   * ```
   * @param kind one of {@link ObjectRecords}: `watchlist`, `team`, `tagged_event`
   * @param key for records without an `id`: what they are kept by, such as the hash of a ban in lower case. Others are kept
   *   by their `id`.
   * @throws RangeError (as a rejection) when no objects of this kind are kept, or when there is no key
   */
  put<K extends ObjectKind>(kind: K, record: ObjectRecords[K], ...[key]: KeyBeside<ObjectRecords[K]>): Promise<void> {
    return this.#inTurn(async () => {
      const { id } = record as { readonly id?: unknown };
      const place: unknown = id ?? key;
      if (typeof place !== "string" && !Number.isSafeInteger(place)) {
        throw new RangeError(
          `Objects of the kind ${kind} are kept by a whole number or a text, not by ${String(place)}`,
        );
      }
      if (id !== undefined && key !== undefined)
        throw new RangeError(`Objects of the kind ${kind} are kept by their id, not by ${key}`);
      await this.#world.put(kind, place as number | string, record);
    });
  }

  /**
   * Switches an endpoint on or off, by the id of its sensor. One that is off keeps what is asked of it until it is
   * switched on again. Rejects with a RangeError when there is no such sensor, or none any more.
   */
  setOnline(sensor: number, online: boolean): Promise<void> {
    return this.#edr.setOnline(sensor, online);
  }

  /**
   * Who asks for something that belongs to no product: as those products have it that know him by the token. A global
   * administrator is who is one for each of them. Where no product has an account of his, as the sandbox knows him.
   */
  identify(token: string | undefined, known: TokenRecord | undefined): TokenRecord | undefined {
    const accounts = this.#products().filter(({ identify }) => identify !== undefined);
    // A product that leaves it at that has no account of his, and no say.
    const told = accounts.map((product) => product.identify?.(token, known)).filter((record) => record !== known);
    if (told.length === 0) return known;
    const records = told.flatMap((record) => record ?? []);
    const [first] = records;
    return first && { ...first, globalAdmin: records.every(({ globalAdmin }) => globalAdmin) };
  }

  /** Puts the file of events aside; resolves to where it is then. Rejects with a RangeError when no such file is written. */
  rotateEvents(): Promise<string> {
    return this.#edr.rotateEvents();
  }

  /** Answers a request inside the process: the same server without a socket. A dropped connection rejects. */
  async handle(request: Request): Promise<Response> {
    const call = new AbortController();
    const abort = (): void => call.abort(request.signal.reason);
    if (request.signal.aborted || this.#stopping) abort();
    request.signal.addEventListener("abort", abort, { once: true });
    this.#calls.add(call);
    try {
      return await dispatchFetch(request, (incoming) => this.#dispatcher.dispatch(incoming), call.signal);
    } finally {
      request.signal.removeEventListener("abort", abort);
      this.#calls.delete(call);
    }
  }

  /** Closes the port and every connection, and forgets the organisation unless it is kept in a file. */
  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #open(): Promise<void> {
    const { signal } = this.#options;
    const giveUp = (): void => this.#life.abort(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      this.#identity = certify(this.#options);
      await this.#replaceWorld(this.#seed, false);
      if (this.ca !== undefined) this.#caFile = this.#state.write("ca.pem", this.ca);
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    this.#listener = await Listener.open({
      host: this.#options.host ?? LOCAL,
      port: this.#options.port ?? 0,
      ...(this.#identity === undefined ? {} : { tls: this.#identity.tls }),
      dispatch: (incoming) => this.#dispatcher.dispatch(incoming),
      onError: (during, error) => this.requests.addFailure(during, error),
    });
  }

  async #close(): Promise<void> {
    this.#life.abort(new Error("The sandbox has been stopped"));
    for (const call of this.#calls) call.abort();
    try {
      await Promise.all([this.#listener?.close(), this.#signed.close()]);
      this.#release();
      await this.clock.stop();
      await this.#turn.catch(() => {});
      await this.#world.close();
    } finally {
      this.#state.remove();
    }
  }

  /** The old one is closed first: two could not share a file, nor would both have to fit into memory. */
  async #replaceWorld(seed: number | string, fresh: boolean): Promise<void> {
    this.#release();
    await this.#dispatcher.settled(SETTLE_TIME);
    const old = this.#world;
    this.#world = fixedWorld([]);
    await old.close();
    this.#signed.forget();
    if (fresh) resetBehaviour(this.behaviour, { ...this.switches, ...this.#options.behaviour });
    this.#world = await this.#makeWorld({
      ...{ seed, fresh, clock: this.clock, behaviour: this.behaviour, token: this.token },
      tokens: () => this.tokens.records(),
      url: () => this.url,
      signed: this.#signed,
      signal: this.#life.signal,
      onFailure: (during, error) => this.requests.addFailure(during, error),
    });
    this.#seed = seed;
    // Making it took real seconds, which are not to be missing from the first simulated morning.
    this.clock.reset();
  }

  #products(): readonly Product[] {
    return this.#world.servers.map(({ product }) => product);
  }

  /** The tokens that only the products know. */
  *#secrets(): Iterable<string> {
    for (const server of this.#world.servers) yield* server.secrets?.() ?? [];
  }

  #release(): void {
    for (const server of this.#world.servers) server.release?.();
  }

  #hold<S extends ProductServer>(product: PlayableProduct<S>): Hold<S> {
    return {
      present: () => this.#world.serverOf(product),
      inTurn: (work) => this.#inTurn(async () => work()),
    };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#stopping) return Promise.reject(new Error("The sandbox has been stopped"));
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}
