import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type Publisher } from "rabbitmq-client";
import type { BrokerAddress } from "./options.js";

/** A message on its way. */
export interface BrokerMessage {
  readonly key: string;
  readonly contentType: "application/json" | "application/protobuf";
  readonly messageId: string;
  readonly body: Buffer;
}

/** What a {@link BrokerLine} is made of. */
export interface BrokerOptions {
  readonly address: BrokerAddress;
  readonly exchange: string;
  /** Whether to go on without a broker at the start. */
  readonly patient: boolean;
  readonly onFailure: (during: string, error: unknown) => void;
  /** How many messages wait for a broker; 50,000 when left out. */
  readonly most?: number;
  /** How long the end waits for what is left, in milliseconds; 5,000 when left out. */
  readonly flushTime?: number;
}

const MOST_WAITING = 50_000;
/** So many messages are with the broker before its answers are waited for. */
const WINDOW = 64;
const START_TIME = 10_000;
const FLUSH_TIME = 5_000;
const RETRY = 250;

/** By what a message is known to be the same one, sent again. */
export function messageIdOf(key: string, subject: string, time: number): string {
  return createHash("sha256").update(`${key}\n${subject}\n${time}`).digest("hex");
}

/**
 * A way to a broker. Messages go out in their order and are done with when the broker says that it has them; while it is
 * away they wait, and of too many the oldest are given up.
 */
export class BrokerLine {
  readonly #options: BrokerOptions;
  readonly #connection: Connection;
  readonly #publisher: Publisher;
  readonly #closing = new AbortController();
  #waiting: BrokerMessage[] = [];
  /** With the broker, which has not said yet that it has them. */
  #sent = 0;
  #dropped = 0;
  #isLost = false;
  #sending: Promise<void> | undefined;

  private constructor(options: BrokerOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    const exchange = { exchange: options.exchange, type: "topic", durable: true, autoDelete: false };
    this.#publisher = connection.createPublisher({ confirm: true, exchanges: [exchange] });
  }

  /** Connects, and declares the exchange. Throws an Error that says what to do, without the password. */
  static async open(options: BrokerOptions): Promise<BrokerLine> {
    const { address, exchange, patient } = options;
    const connection = new Connection({
      ...address,
      ...{ connectionName: "cbapi-sandbox", connectionTimeout: START_TIME, acquireTimeout: FLUSH_TIME },
      ...{ retryLow: RETRY, retryHigh: 5_000 },
    });
    const line = new BrokerLine(options, connection);
    if (!patient) {
      try {
        await connected(connection);
        await connection.exchangeDeclare({ exchange, type: "topic", durable: true, autoDelete: false });
      } catch (error) {
        connection.on("error", () => {});
        connection.unsafeDestroy();
        throw explained(error, options);
      }
    }
    connection.on("error", (error) => line.#lost(error));
    return line;
  }

  /** Sends a message as soon as those before it have gone. */
  send(message: BrokerMessage): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.push(message);
    if (this.#waiting.length > (this.#options.most ?? MOST_WAITING)) {
      this.#waiting.shift();
      this.#dropped++;
      if (this.#dropped === 1) this.#tell("Too many events wait for the broker: the oldest are given up");
    }
    this.#sending ??= this.#run().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Waits for what is left, but not for ever. */
  async close(): Promise<void> {
    const { flushTime = FLUSH_TIME } = this.#options;
    const end = new AbortController();
    await Promise.race([this.#sending, sleep(flushTime, undefined, { signal: end.signal }).catch(() => {})]);
    this.#closing.abort();
    const left = this.#waiting.length + this.#sent + this.#dropped;
    if (left > 0) this.#tell(`${left} events were not sent, as the broker is away`);
    // An orderly end needs an answer of the broker, which may never come.
    await Promise.race([this.#hangUp(), sleep(1_000, undefined, { signal: end.signal }).catch(() => {})]);
    end.abort();
    this.#connection.unsafeDestroy();
  }

  async #hangUp(): Promise<void> {
    if (!this.#connection.ready) return;
    await this.#publisher.close().catch(() => {});
    await this.#connection.close().catch(() => {});
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#waiting.length > 0 && !signal.aborted) {
      const sent = this.#waiting.splice(0, WINDOW);
      this.#sent = sent.length;
      const outcomes = await Promise.allSettled(sent.map((message) => this.#publish(message)));
      this.#sent = 0;
      const failed = sent.filter((_, index) => outcomes[index]?.status === "rejected");
      if (failed.length === 0) {
        this.#found();
        continue;
      }
      // What went through behind a failure has gone before it: after a break, order is by time and not by arrival.
      this.#waiting.unshift(...failed);
      const [reason] = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
      if (!signal.aborted) this.#lost(reason);
      await sleep(RETRY, undefined, { signal }).catch(() => {});
    }
  }

  #publish({ key: routingKey, contentType, messageId, body }: BrokerMessage): Promise<void> {
    const { exchange } = this.#options;
    return this.#publisher.send({ exchange, routingKey, contentType, messageId, durable: true }, body);
  }

  #lost(error: unknown): void {
    if (this.#isLost || this.#closing.signal.aborted) return;
    this.#isLost = true;
    this.#options.onFailure("publishing events", explained(error, this.#options));
  }

  #found(): void {
    this.#isLost = false;
    if (this.#dropped > 0) this.#tell(`${this.#dropped} events were given up while the broker was away`);
    this.#dropped = 0;
  }

  #tell(message: string): void {
    this.#options.onFailure("publishing events", new Error(message));
  }
}

/** Resolves once there is a connection; rejects with why there is none. */
async function connected(connection: Connection): Promise<void> {
  let fail = (_error: unknown): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  connection.on("error", fail);
  try {
    await Promise.race([connection.onConnect(START_TIME, true), failed]);
  } finally {
    connection.off("error", fail);
  }
}

function explained(error: unknown, { address, exchange }: BrokerOptions): Error {
  const { code, message = String(error) } = error as { code?: string; message?: string };
  const where = `${address.hostname}:${address.port}`;
  if (code === "ACCESS_REFUSED" || code === "NOT_ALLOWED") {
    return new Error(
      `The message broker at ${where} does not let ${address.username} in, or not do that (events.amqp)`,
    );
  }
  if (code === "PRECONDITION_FAILED") {
    return new Error(
      `The message broker at ${where} has an exchange ${exchange} of another kind than a durable topic exchange: choose another one by events.exchange`,
    );
  }
  // A channel that the broker has closed says why; all else is about the way to it.
  if (code === "NOT_FOUND" || code === "RESOURCE_LOCKED" || code === "CHANNEL_ERROR") {
    return new Error(`The message broker at ${where} refuses events: ${message}`);
  }
  return new Error(
    `No message broker answers at ${where} (${code ?? message}): start one, correct events.amqp, or leave it out`,
  );
}
