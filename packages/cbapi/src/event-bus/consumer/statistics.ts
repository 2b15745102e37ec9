import type { Clock } from "../../core/clock.js";

/** What a consumer has done since it was made. */
export interface ConsumerStatistics {
  /** Messages that have come, repeated ones too. */
  readonly received: number;
  /** Events that have been handled. A message about several things is several events. */
  readonly handled: number;
  /** Attempts that have failed. */
  readonly failed: number;
  /** Messages that became dead letters. */
  readonly dead: number;
  /** Messages that the broker has sent before, as it had no word that they were handled. */
  readonly redelivered: number;
  /** Those among them that this process had handled already, so that they were not handled again. */
  readonly repeated: number;
  /** How often the connection or the subscription was lost and made anew. */
  readonly reconnects: number;
  /** Messages that are being handled, or wait for it, in this process. */
  readonly inHand: number;
  /** How old the event that came last was when it came, in milliseconds; undefined before the first one that says so. */
  readonly lag: number | undefined;
  /** Events that were handled each second, over the last ten. */
  readonly perSecond: number;
}

const SECONDS = 10;

/** Counts while a consumer works. */
export class Tally {
  received = 0;
  handled = 0;
  failed = 0;
  dead = 0;
  redelivered = 0;
  repeated = 0;
  reconnects = 0;
  inHand = 0;
  lag: number | undefined;
  /** How many were handled in each of the last seconds, by the second's number. */
  readonly #lately = new Map<number, number>();

  constructor(private readonly clock: Clock) {}

  /** Takes note that an event was handled. */
  done(): void {
    this.handled++;
    const second = Math.floor(this.clock.now() / 1000);
    this.#lately.set(second, (this.#lately.get(second) ?? 0) + 1);
    for (const past of this.#lately.keys()) {
      if (past > second - SECONDS) break;
      this.#lately.delete(past);
    }
  }

  /** Takes note of how old an event is. */
  saw(timestamp: Date | undefined): void {
    if (timestamp !== undefined) this.lag = this.clock.now() - timestamp.getTime();
  }

  snapshot(): ConsumerStatistics {
    const { received, handled, failed, dead, redelivered, repeated, reconnects, inHand, lag } = this;
    const now = Math.floor(this.clock.now() / 1000);
    let lately = 0;
    for (const [second, count] of this.#lately) if (second > now - SECONDS) lately += count;
    const perSecond = lately / SECONDS;
    return { received, handled, failed, dead, redelivered, repeated, reconnects, inHand, lag, perSecond };
  }
}
