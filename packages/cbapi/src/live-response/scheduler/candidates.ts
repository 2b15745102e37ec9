import { Heap } from "./heap.js";
import type { JobSession } from "./job.js";
import { type Lane, priorityOf } from "./lane.js";

interface Place<S extends JobSession> {
  readonly lane: Lane<S>;
  readonly place: number;
  readonly priority: number;
  readonly round: number;
  readonly rank: readonly number[];
}

/** Comes before all rounds. */
const AT_ONCE = -1;
/** Places that mean nothing any more are cleared away when there are this many more than after the last time. */
const CLUTTER = 2000;

/**
 * Endpoints that are online and wait for a slot.
 *
 * The order: jobs of a higher priority; then rounds; within a round as the server's product says (EDR: least queued data,
 * then the next check-in); then arrival. An endpoint has one turn in a round. One that comes while a round is under way
 * waits for the next, so that nobody waits for more than what was there before him. Within its round, an endpoint that
 * has been offline goes before all others: it may leave again, and the others will still be there.
 */
export class Candidates<S extends JobSession> {
  readonly #places = new Heap<Place<S>>(comparePlaces);
  #round = 0;
  #begun = false;
  #clearAt = CLUTTER;

  /** How many there are, at most. */
  get size(): number {
    return this.#places.size;
  }

  /** The round for an endpoint that is new. */
  get newRound(): number {
    return this.#begun ? this.#round + 1 : this.#round;
  }

  push(lane: Lane<S>): void {
    lane.phase = "ready";
    this.#places.push(this.#placeOf(lane));
    if (this.#places.size < this.#clearAt) return;
    this.#places.keep(isTaken);
    this.#clearAt = 2 * this.#places.size + CLUTTER;
  }

  /** The endpoint whose turn it is. It stays here until it is moved to another phase. */
  peek(): Lane<S> | undefined {
    for (let top = this.#places.peek(); top !== undefined; top = this.#places.peek()) {
      // Those that moved meanwhile have left a place behind that means nothing.
      if (isTaken(top)) return top.lane;
      this.#places.pop();
    }
    return undefined;
  }

  /** Says that an endpoint has its turn. */
  begin(lane: Lane<S>): void {
    this.#begun = true;
    this.#round = Math.max(this.#round, lane.round);
  }

  /** Says that its turn is over: the next is in a later round. */
  end(lane: Lane<S>): void {
    lane.round = Math.max(lane.round, this.#round) + 1;
    lane.returned = false;
  }

  /** Endpoints in the order in which they would have their turns. */
  inOrder(lanes: Iterable<Lane<S>>): Lane<S>[] {
    const places = Array.from(lanes, (lane) => this.#placeOf(lane));
    return places.sort(comparePlaces).map(({ lane }) => lane);
  }

  #placeOf(lane: Lane<S>): Place<S> {
    const goesFirst = lane.returned && lane.round <= this.#round;
    return {
      lane,
      place: lane.place,
      priority: priorityOf(lane.waiting[0]),
      round: goesFirst ? AT_ONCE : lane.round,
      rank: lane.seen?.rank ?? [],
    };
  }
}

function isTaken<S extends JobSession>({ lane, place }: Place<S>): boolean {
  return place === lane.place && lane.phase === "ready";
}

function comparePlaces<S extends JobSession>(a: Place<S>, b: Place<S>): number {
  return (
    b.priority - a.priority || a.round - b.round || compareRanks(a.rank, b.rank) || a.lane.arrival - b.lane.arrival
  );
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let place = 0; place < Math.max(a.length, b.length); place++) {
    const figure = a[place] ?? Number.POSITIVE_INFINITY;
    const other = b[place] ?? Number.POSITIVE_INFINITY;
    if (figure !== other) return figure < other ? -1 : 1;
  }
  return 0;
}
