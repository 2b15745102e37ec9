import { type Clock, systemClock } from "../../core/clock.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyEvent } from "../catalogue/index.js";

/** Where a broker is and who asks. Printing it shows no password. */
export interface BrokerAddress {
  readonly host: string;
  /** Default 5004, as EDR's own broker has it. */
  readonly port?: number | undefined;
  readonly user: string;
  readonly password: string;
  /** Default `/`. */
  readonly vhost?: string | undefined;
  /** Whether to talk TLS, or with which certificates: PEM text of those that are trusted. */
  readonly tls?: boolean | { readonly ca?: string; readonly rejectUnauthorized?: boolean } | undefined;
}

/** A message that nothing could be made of, or whose event no handler could take. */
export interface DeadLetter {
  readonly key: string;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** The event that a handler failed on; undefined where the message could not be read at all. */
  readonly event: AnyEvent | undefined;
  /** Why: what the handler threw, or an ApiError with code `MALFORMED_EVENT` or `EVENT_TOO_LARGE`. */
  readonly error: unknown;
  /** How often handlers have tried. */
  readonly attempts: number;
}

/** What an {@link EventConsumer} takes besides where the broker is. */
export interface EventConsumerOptions {
  /**
   * The name of a queue that outlives this process and that several may share: each event goes to one of them. Left out, the
   * consumer has a queue of its own, which ends with it.
   */
  queue?: string | undefined;
  /** The exchange that events are published to. Default `api.events`. */
  exchange?: string | undefined;
  /** How many messages are fetched ahead of those that are handled. Default 50. */
  prefetch?: number | undefined;
  /** How many events are handled at once. Default 1: one after the other, in the order in which they came. */
  concurrency?: number | undefined;
  /** How often an event is given to its handlers before it counts as poison. Default 3. */
  attempts?: number | undefined;
  /** The pause before the second attempt in milliseconds; each further one is twice as long. Default 500. */
  retryPause?: number | undefined;
  /**
   * Takes what cannot be handled; the message counts as handled when it has returned. Left out, the broker gets it back as
   * rejected, and puts it where its queue says that dead letters go, or nowhere.
   */
  onDeadLetter?: ((letter: DeadLetter) => void | Promise<void>) | undefined;
  /** Called when nothing has come for `silenceAfter` milliseconds, and again after as long. */
  onSilence?: ((milliseconds: number) => void) | undefined;
  /** How long no event may come before `onSilence` is called, in milliseconds. Default 60,000. */
  silenceAfter?: number | undefined;
  /**
   * Told what goes wrong while the consumer goes on by itself: connections lost, queues deleted, messages rejected because of
   * what a handler threw.
   */
  onProblem?: ((error: unknown) => void) | undefined;
  /** After how many seconds without a sign of the broker the connection counts as lost. Default 30. */
  heartbeat?: number | undefined;
  /** How long `start()` waits for the broker in milliseconds; 0 for as long as it takes. Default 30,000. */
  connectTimeout?: number | undefined;
  /** Messages of more bytes are dead letters at once, unread. Default 16 MiB. */
  maxMessageBytes?: number | undefined;
  /** The time. */
  clock?: Clock | undefined;
}

/** The same with its defaults filled in. */
export interface ConsumerSettings {
  readonly queue: string | undefined;
  readonly exchange: string;
  readonly prefetch: number;
  readonly concurrency: number;
  readonly attempts: number;
  readonly retryPause: number;
  readonly onDeadLetter: EventConsumerOptions["onDeadLetter"];
  readonly onSilence: EventConsumerOptions["onSilence"];
  readonly silenceAfter: number;
  readonly onProblem: EventConsumerOptions["onProblem"];
  readonly heartbeat: number;
  readonly connectTimeout: number;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
}

/**
 * Checks the options of a consumer.
 * @throws CbApiError with code `INVALID_ARGUMENT` naming the option that has no meaning
 */
export function consumerSettings(options: EventConsumerOptions): ConsumerSettings {
  const settings: ConsumerSettings = {
    queue: options.queue,
    exchange: options.exchange ?? "api.events",
    prefetch: options.prefetch ?? 50,
    concurrency: options.concurrency ?? 1,
    attempts: options.attempts ?? 3,
    retryPause: options.retryPause ?? 500,
    onDeadLetter: options.onDeadLetter,
    onSilence: options.onSilence,
    silenceAfter: options.silenceAfter ?? 60_000,
    onProblem: options.onProblem,
    heartbeat: options.heartbeat ?? 30,
    connectTimeout: options.connectTimeout ?? 30_000,
    maxMessageBytes: options.maxMessageBytes ?? 16 * 1024 * 1024,
    clock: options.clock ?? systemClock,
  };
  const known = Object.keys(settings);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidArgument(`There is no option ${name}; there are ${known.join(", ")}`);
  }
  const least = { prefetch: 1, concurrency: 1, attempts: 1, retryPause: 0, heartbeat: 0, connectTimeout: 0 };
  for (const [name, from] of Object.entries({ ...least, silenceAfter: 1, maxMessageBytes: 1 })) {
    const value: unknown = settings[name as keyof typeof least];
    if (!Number.isSafeInteger(value) || (value as number) < from) {
      throw invalidArgument(`${name} is a whole number from ${from} on, got ${String(value)}`);
    }
  }
  if (settings.prefetch > 65_535) throw invalidArgument(`prefetch is at most 65535, got ${settings.prefetch}`);
  for (const name of ["queue", "exchange"] as const) {
    const value = settings[name];
    if (value !== undefined && (typeof value !== "string" || value === "" || Buffer.byteLength(value) > 255)) {
      throw invalidArgument(`${name} is a name of 1 to 255 bytes, got ${JSON.stringify(value)}`);
    }
  }
  return settings;
}
