import { ApiError } from "../../core/errors.js";
import type { AnyEvent } from "../catalogue/index.js";
import type { BusMessage } from "../reading/read.js";
import type { EventHandler, Handlers } from "./handlers.js";
import type { ConsumerSettings, DeadLetter } from "./options.js";
import type { Tally } from "./statistics.js";

/** A message, as the broker delivers it. */
export interface Delivery {
  readonly key: string;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Bytes, or the document that the client library has made of them. */
  readonly body: Buffer | object;
  readonly messageId: string | undefined;
  readonly redelivered: boolean;
}

/** What becomes of a message: it is done with, comes again, or is rejected for good. */
export type Verdict = "done" | "again" | "reject";

/** How many messages are remembered as handled, in case that the broker sends them again. */
const REMEMBERED = 10_000;

/** Reads messages, hands their events to whoever wants them, and says what is to become of each message. */
export class Letters {
  readonly #handledIds = new Set<string>();
  /** The same in their order, in a ring: what stands where the next one goes is the oldest. */
  readonly #order: string[] = [];
  #next = 0;
  readonly #closing = new AbortController();
  readonly #stopping = new AbortController();

  constructor(
    private readonly settings: ConsumerSettings,
    private readonly handlers: Handlers,
    private readonly tally: Tally,
  ) {}

  /** What reads messages: loaded when the first is waited for, so that whoever takes no events does without. */
  read: (message: BusMessage) => AnyEvent[] = () => [];

  /** Nothing more is begun: what comes goes back. */
  close(): void {
    this.#closing.abort();
  }

  /** What is being handled is not waited for any longer. */
  abandon(): void {
    this.#stopping.abort(new ApiError("The consumer of events has stopped", { code: "STOPPED" }));
  }

  async take(delivery: Delivery): Promise<Verdict> {
    const { tally } = this;
    // Where nobody wants anything, as between two loops, events wait rather than be lost.
    await this.handlers.some(this.#closing.signal);
    if (this.#closing.signal.aborted) return "again";
    tally.received++;
    if (delivery.redelivered) tally.redelivered++;
    // What this process has handled while its word to the broker was lost is not handled twice.
    if (delivery.redelivered && delivery.messageId !== undefined && this.#handledIds.has(delivery.messageId)) {
      tally.repeated++;
      return "done";
    }
    tally.inHand++;
    try {
      const verdict = await this.#handle(delivery);
      if (verdict === "done") this.#remember(delivery.messageId);
      return verdict;
    } finally {
      tally.inHand--;
    }
  }

  async #handle(delivery: Delivery): Promise<Verdict> {
    let events: AnyEvent[];
    try {
      events = this.#read(delivery);
    } catch (error) {
      return (await this.#bury(delivery, undefined, error, 0)) === "reject" ? "reject" : "done";
    }
    for (const event of events) {
      this.tally.saw(event.timestamp);
      let isHandled = true;
      for (const handler of this.handlers.of(event)) {
        const verdict = await this.#give(delivery, event, handler);
        if (verdict === "buried") isHandled = false;
        else if (verdict !== "done") return verdict;
      }
      if (isHandled) this.tally.done();
    }
    return "done";
  }

  #read(delivery: Delivery): AnyEvent[] {
    const { maxMessageBytes } = this.settings;
    const { body } = delivery;
    const tooLarge = Buffer.isBuffer(body) ? body.length > maxMessageBytes : isLarger(body, maxMessageBytes);
    if (!tooLarge) return this.read(delivery);
    throw new ApiError(`A message has more bytes than maxMessageBytes, ${maxMessageBytes}`, {
      code: "EVENT_TOO_LARGE",
    });
  }

  /** Tries until it works, the attempts are used up, or nobody waits any longer. */
  async #give(delivery: Delivery, event: AnyEvent, handler: EventHandler): Promise<Verdict | "buried"> {
    const { attempts, retryPause, clock } = this.settings;
    const { signal } = this.#stopping;
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) return "again";
      try {
        await handler(event, { signal, attempt, redelivered: delivery.redelivered });
        return "done";
      } catch (error) {
        if (signal.aborted || error instanceof LeftInHand) return "again";
        this.tally.failed++;
        if (attempt >= attempts) return this.#bury(delivery, event, error, attempt);
      }
      try {
        await clock.sleep(retryPause * 2 ** (attempt - 1), signal);
      } catch {
        return "again";
      }
    }
  }

  async #bury(
    delivery: Delivery,
    event: AnyEvent | undefined,
    error: unknown,
    attempts: number,
  ): Promise<"buried" | "reject"> {
    const { onDeadLetter } = this.settings;
    const { key, contentType, headers, body } = delivery;
    this.tally.dead++;
    if (onDeadLetter === undefined) {
      this.settings.onProblem?.(error);
      return "reject";
    }
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const letter: DeadLetter = { key, contentType, headers, body: bytes, event, error, attempts };
    try {
      await onDeadLetter(letter);
      return "buried";
    } catch (failure) {
      // Not even the last resort took it: the broker keeps it, or what its queue has for such messages does.
      this.settings.onProblem?.(failure);
      return "reject";
    }
  }

  #remember(id: string | undefined): void {
    if (id === undefined || this.#handledIds.has(id)) return;
    // A set finds its own oldest only past all that it has forgotten.
    const oldest = this.#order[this.#next];
    if (oldest !== undefined) this.#handledIds.delete(oldest);
    this.#handledIds.add(id);
    this.#order[this.#next] = id;
    this.#next = (this.#next + 1) % REMEMBERED;
  }
}

/** Whether a document has more characters than so many, without writing all of it. */
function isLarger(document: object, most: number): boolean {
  let left = most;
  const pending: object[] = [document];
  for (let next = pending.pop(); next !== undefined && left >= 0; next = pending.pop()) {
    // No array of what is in it: this is done for each message, and what JSON makes has nothing but its own.
    for (const name in next) {
      const value: unknown = (next as Record<string, unknown>)[name];
      left -= name.length;
      if (typeof value === "string") left -= value.length;
      else if (typeof value === "object" && value !== null) pending.push(value);
      else if (value !== null) left -= 4;
    }
  }
  return left < 0;
}

/** Thrown into a handler's promise when whoever iterates has left with the event in hand. */
export class LeftInHand extends Error {}
