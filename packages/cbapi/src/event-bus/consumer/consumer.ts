import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { inspect } from "node:util";
import type { Connection, Consumer } from "rabbitmq-client";
import { ApiError } from "../../core/errors.js";
import type { CallOptions } from "../../core/transport/types.js";
import { waitFor } from "../../core/transport/wait.js";
import type { AnyEvent, EventOf, EventType } from "../catalogue/index.js";
import { bindingsOf } from "../topics.js";
import { brokerError, isFinal } from "./broker-error.js";
import { type EventHandler, Handlers } from "./handlers.js";
import { Letters } from "./letters.js";
import { type BrokerAddress, type ConsumerSettings, consumerSettings, type EventConsumerOptions } from "./options.js";
import { Pull } from "./pull.js";
import { type ConsumerStatistics, Tally } from "./statistics.js";

/** How long `stop()` waits for what is in hand, in milliseconds. */
const STOP_TIMEOUT = 30_000;

interface Binding {
  readonly exchange: string;
  readonly routingKey: string;
}

/** The broker's side of a consumer that has been started. */
interface Line {
  readonly connection: Connection;
  readonly consumer: Consumer;
  /** What the queue is bound by. The client library binds it anew by this list after a loss, so that it is added to. */
  readonly bindings: Binding[];
}

/**
 * Takes events off EDR's message bus. A message is acknowledged when its handlers are through with it, so that none is lost
 * when the process dies; the broker sends it again then. Connections that break are made anew.
 *
 * `J` is what events have besides what they say, such as joins to objects.
 *
 * @example
 * await using events = cb.eventConsumer({ queue: "soc-automation" });
 * events.on("watchlist.hit.process", async (event) => console.log(event.watchlist_name, event.docs[0].cmdline));
 * await events.start();
 */
export class EventConsumer<J extends object = object> implements AsyncDisposable {
  readonly #address: () => BrokerAddress | Promise<BrokerAddress>;
  readonly #settings: ConsumerSettings;
  readonly #prepare: (event: AnyEvent) => AnyEvent;
  readonly #handlers = new Handlers();
  readonly #tally: Tally;
  readonly #letters: Letters;
  readonly #pulls = new Set<Pull>();
  readonly #queue: string;
  #line: Line | undefined;
  #starting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #watching: AbortController | undefined;
  #lastAt = 0;
  #where = "";

  /**
   * @param address where the broker is; a function is asked when the consumer starts
   * @param prepare what an event is made into before handlers see it
   * @throws CbApiError with code `INVALID_ARGUMENT` when an option has no meaning
   */
  constructor(
    address: BrokerAddress | (() => BrokerAddress | Promise<BrokerAddress>),
    options: EventConsumerOptions = {},
    prepare?: (event: AnyEvent) => AnyEvent & J,
  ) {
    this.#prepare = prepare ?? ((event) => event);
    this.#address = typeof address === "function" ? address : () => address;
    this.#settings = consumerSettings(options);
    this.#tally = new Tally(this.#settings.clock);
    this.#letters = new Letters(this.#settings, this.#handlers, this.#tally);
    this.#queue =
      this.#settings.queue ?? `cbapi-event-handler-${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  }

  /** The queue that events are taken from. */
  get queue(): string {
    return this.#queue;
  }

  /** What has been done so far. */
  get statistics(): ConsumerStatistics {
    return this.#tally.snapshot();
  }

  /**
   * Hands events to a function: those of one type, or all that a pattern names, where `*` stands for one word and `#` for any
   * number of them. May be called before and after the start.
   * @returns takes it back
   * @throws CbApiError with code `INVALID_ARGUMENT` when the pattern is none
   * @example events.on("feed.#", (event) => console.log(event.type))
   */
  on<P extends EventType>(pattern: P, handler: EventHandler<EventOf<P> & J>): () => void;
  on(pattern: string, handler: EventHandler<AnyEvent & J>): () => void;
  on(pattern: string, handler: EventHandler<never>): () => void {
    const take = handler as EventHandler;
    const off = this.#handlers.add(pattern, (event, context) => take(this.#prepare(event), context));
    this.#bind(pattern);
    return off;
  }

  /**
   * The events of a type or pattern, one after the other. An event counts as handled when the next one is asked for; the one
   * that is in hand when the loop is left comes again. Starts the consumer if nobody has.
   * @throws what {@link EventConsumer.start} throws, from the first turn of the loop
   * @example for await (const event of events.events("alert.#")) console.log(event.type)
   */
  events<P extends string>(pattern: P, options: CallOptions = {}): AsyncIterableIterator<EventOf<P> & J> {
    const { signal } = options;
    signal?.throwIfAborted();
    const leave = () => pull.end(signal?.aborted ? { error: signal.reason } : undefined);
    const pull = new Pull(async () => {
      signal?.removeEventListener("abort", leave);
      off();
      this.#pulls.delete(pull);
    });
    const off = this.on(pattern as string, pull.handler as EventHandler<AnyEvent & J>);
    this.#pulls.add(pull);
    signal?.addEventListener("abort", leave, { once: true });
    this.start(options).catch((error: unknown) => pull.end({ error }));
    return pull as AsyncIterableIterator<AnyEvent> as AsyncIterableIterator<EventOf<P> & J>;
  }

  /**
   * Connects, declares the queue, binds it by the patterns that there are, and begins. From then on what breaks is mended.
   * @throws UnauthorizedError, ConnectionError, TimeoutError, or an ApiError with code `QUEUE_CONFLICT`
   */
  async start(options: CallOptions = {}): Promise<void> {
    if (this.#stopped !== undefined)
      throw new ApiError("This consumer of events has been stopped", { code: "STOPPED" });
    this.#starting ??= this.#start().catch(async (error: unknown) => {
      this.#starting = undefined;
      await this.#hangUp();
      throw error;
    });
    await waitFor(this.#starting, options.signal, options.timeout, () =>
      brokerError({ code: "TIMEOUT" }, this.#where || "its address"),
    );
  }

  /**
   * Stops: no more is taken, what is in hand is finished and acknowledged, and the connection is closed. What is not finished
   * in time, and what was only fetched ahead, goes back to the broker.
   * @param options `timeout`: how long to wait for what is in hand, in milliseconds; default 30,000
   */
  async stop(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.timeout ?? STOP_TIMEOUT);
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  [inspect.custom](): string {
    const { handled, inHand } = this.statistics;
    return `EventConsumer(${this.#queue}: ${handled} handled, ${inHand} in hand)`;
  }

  async #start(): Promise<void> {
    const { Connection, ConsumerStatus } = await import("rabbitmq-client");
    this.#letters.read = (await import("../reading/read.js")).readMessage;
    const { exchange, prefetch, concurrency, connectTimeout, heartbeat, queue } = this.#settings;
    const { host, port = 5004, user, password, vhost = "/", tls } = await this.#address();
    this.#where = `${host}:${port}`;
    const verdicts = { done: ConsumerStatus.ACK, again: ConsumerStatus.REQUEUE, reject: ConsumerStatus.DROP };
    const connection = new Connection({
      ...{ hostname: host, port, username: user, password, vhost, heartbeat },
      ...(tls !== undefined && { tls }),
      ...{ connectionName: "cbapi", retryLow: 500, retryHigh: 10_000, acquireTimeout: 2 ** 31 - 1 },
    });
    const bindings = this.#handlers.patterns.flatMap((pattern) => this.#bindingsFor(pattern));
    const isShared = queue !== undefined;
    const consumer = connection.createConsumer(
      {
        queue: this.#queue,
        queueOptions: { durable: isShared, autoDelete: !isShared },
        exchanges: [{ exchange, type: "topic", durable: true, autoDelete: false }],
        queueBindings: bindings,
        qos: { prefetchCount: prefetch },
        concurrency,
      },
      async (message) => {
        this.#lastAt = this.#settings.clock.now();
        const { routingKey: key, contentType, headers = {}, messageId, redelivered, body } = message;
        const delivery = { key, contentType, headers, messageId, redelivered, body: bodyOf(body) };
        return verdicts[await this.#letters.take(delivery)];
      },
    );
    this.#line = { connection, consumer, bindings };
    await this.#ready(connection, consumer, connectTimeout);
    connection.on("error", (error) => this.#tell(error));
    consumer.on("error", (error) => this.#tell(error));
    consumer.on("ready", () => {
      this.#tally.reconnects++;
    });
    this.#watchSilence();
  }

  /** Waits for the first subscription. What cannot get better by waiting is not waited for. */
  async #ready(connection: Connection, consumer: Consumer, timeout: number): Promise<void> {
    let settle: (() => void) | undefined;
    const first = new Promise<void>((resolve, reject) => {
      const fail = (error: unknown) => {
        const found = brokerError(error, this.#where);
        if (isFinal(found) || timeout !== 0) reject(found);
        else this.#tell(error);
      };
      const ready = () => resolve();
      connection.on("error", fail);
      consumer.on("error", fail);
      consumer.on("ready", ready);
      settle = () => {
        connection.off("error", fail);
        consumer.off("error", fail);
        consumer.off("ready", ready);
      };
    });
    try {
      await waitFor(first, undefined, timeout, () => brokerError({ code: "TIMEOUT" }, this.#where));
    } finally {
      settle?.();
    }
  }

  async #stop(timeout: number): Promise<void> {
    this.#watching?.abort();
    this.#letters.close();
    await this.#starting?.catch(() => undefined);
    for (const pull of this.#pulls) pull.end();
    const line = this.#line;
    if (line === undefined) return;
    const ended = line.consumer.close();
    const late = () => new ApiError("late", { code: "LATE" });
    try {
      await waitFor(ended, undefined, timeout, late);
    } catch {
      this.#letters.abandon();
    }
    await this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    // What fails from now on concerns nobody.
    for (const each of [line.connection, line.consumer]) each.on("error", () => undefined);
    line.consumer.close().catch(() => undefined);
    const closed = line.connection.close().catch(() => undefined);
    await waitFor(closed, undefined, 2000, () => new ApiError("late")).catch(() => line.connection.unsafeDestroy());
  }

  #bindingsFor(pattern: string): Binding[] {
    const { exchange } = this.#settings;
    return bindingsOf(pattern).map((routingKey) => ({ exchange, routingKey }));
  }

  #bind(pattern: string): void {
    const line = this.#line;
    if (line === undefined) return;
    for (const binding of this.#bindingsFor(pattern)) {
      if (line.bindings.some(({ routingKey }) => routingKey === binding.routingKey)) continue;
      line.bindings.push(binding);
      line.connection.queueBind({ queue: this.#queue, ...binding }).catch((error: unknown) => this.#tell(error));
    }
  }

  #watchSilence(): void {
    const { onSilence, silenceAfter, clock } = this.#settings;
    if (onSilence === undefined) return;
    const watching = new AbortController();
    this.#watching = watching;
    this.#lastAt = clock.now();
    const watch = async () => {
      for (let told = this.#lastAt; ; ) {
        const since = Math.max(told, this.#lastAt);
        await clock.sleep(since + silenceAfter - clock.now(), watching.signal);
        if (Math.max(told, this.#lastAt) + silenceAfter > clock.now()) continue;
        told = clock.now();
        onSilence(told - this.#lastAt);
      }
    };
    watch().catch((error: unknown) => {
      if (!watching.signal.aborted) this.#tell(error);
    });
  }

  #tell(error: unknown): void {
    this.#settings.onProblem?.(brokerError(error, this.#where));
  }
}

/** The client library reads bodies of some content types by itself. */
function bodyOf(body: unknown): Buffer | object {
  if (typeof body === "object" && body !== null) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
