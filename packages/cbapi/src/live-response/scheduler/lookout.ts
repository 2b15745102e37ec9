import type { Availability, Seen } from "./availability.js";
import type { JobSession } from "./job.js";
import type { Lane } from "./lane.js";
import { NEVER, type Timer, type Timers } from "./timers.js";

/** What the look-outs tell. */
export interface LookoutHost<S extends JobSession> {
  /** An endpoint was looked at. */
  seen(lane: Lane<S>, seen: Seen | undefined): void;
  /** Endpoints could not be looked at. Those that are looked at again are returned. */
  unseen(lanes: readonly Lane<S>[], error: unknown): Lane<S>[];
  /** Something may have changed. */
  changed(): void;
}

/** How many endpoints are looked at at once. */
const MOST = 1000;
/** The pauses after looks that failed, in milliseconds; the last one is repeated. */
const PAUSES = [1000, 2000, 5000, 15_000, 30_000, 60_000];

/**
 * Looks at endpoints, one look at a time: what is wanted meanwhile is looked at together in the next one.
 *
 * @param share the part of the time that may be spent with looking, from 0 to 1
 */
export class Lookout<S extends JobSession> {
  readonly #availability: Availability;
  readonly #timers: Timers;
  readonly #host: LookoutHost<S>;
  readonly #share: number;
  readonly #wanted = new Set<Lane<S>>();
  readonly #stop = new AbortController();
  #looking = false;
  #failures = 0;
  /** Until when there is to be no look. */
  #restUntil = Number.NEGATIVE_INFINITY;
  #wakesAt = Number.POSITIVE_INFINITY;
  #alarm: Timer = NEVER;

  constructor(availability: Availability, timers: Timers, host: LookoutHost<S>, share: number) {
    this.#availability = availability;
    this.#timers = timers;
    this.#host = host;
    this.#share = share;
  }

  /** Has an endpoint looked at, unless it is being worked with by then. */
  want(lane: Lane<S>): void {
    this.#wanted.add(lane);
  }

  /** Begins a look, when there is something to look at and nothing against it. */
  start(): void {
    if (this.#looking || this.#stop.signal.aborted) return;
    const at = this.#isWanted() ? this.#restUntil : Number.POSITIVE_INFINITY;
    if (at > this.#timers.now()) {
      this.#wakeAt(at);
      return;
    }
    const lanes: Lane<S>[] = [];
    for (const lane of this.#wanted) {
      if (lanes.length === MOST) break;
      this.#wanted.delete(lane);
      if (needsLook(lane)) lanes.push(lane);
    }
    this.#looking = true;
    void this.#look(lanes);
  }

  /** Ends what is under way. */
  close(): void {
    this.#stop.abort();
    this.#alarm.cancel();
    this.#wanted.clear();
  }

  async #look(lanes: readonly Lane<S>[]): Promise<void> {
    const since = this.#timers.now();
    let pause = 0;
    try {
      const seen = await this.#availability.look(
        lanes.map(({ key }) => key),
        { signal: this.#stop.signal },
      );
      if (this.#stop.signal.aborted) return;
      this.#failures = 0;
      const took = this.#timers.now() - since;
      pause = took / this.#share - took;
      for (const lane of lanes) if (needsLook(lane)) this.#host.seen(lane, seen.get(lane.key));
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const again = this.#host.unseen(lanes.filter(needsLook), error);
      for (const lane of again) this.#wanted.add(lane);
      if (again.length > 0) pause = PAUSES[Math.min(this.#failures++, PAUSES.length - 1)] ?? 0;
    } finally {
      this.#looking = false;
    }
    this.#restUntil = this.#timers.now() + pause;
    this.#host.changed();
  }

  /** Nothing is waited for when there is nothing to look at: that would keep the program alive. */
  #wakeAt(at: number): void {
    if (at === this.#wakesAt) return;
    this.#wakesAt = at;
    this.#alarm.cancel();
    this.#alarm = this.#timers.at(at, () => {
      this.#wakesAt = Number.POSITIVE_INFINITY;
      this.#host.changed();
    });
  }

  /** Whether there is an endpoint to look at. Those that there is no need to look at any more are forgotten. */
  #isWanted(): boolean {
    for (const lane of this.#wanted) {
      if (needsLook(lane)) return true;
      this.#wanted.delete(lane);
    }
    return false;
  }
}

function needsLook<S extends JobSession>(lane: Lane<S>): boolean {
  if (lane.waiting.length === 0 || lane.phase === "paused") return false;
  return lane.phase !== "busy" || lane.worker?.phase === "opening";
}
