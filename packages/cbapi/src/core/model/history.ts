import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.js";

/** A moment in the {@link History} of objects: what the server is asked for then does not tell of later writes. */
export interface Moment {
  readonly time: number;
  readonly turn: number;
}

/**
 * When objects were last read anew or written, so that an answer that was asked for before does not count. Moments are
 * told apart by turns, also when the clock stands still. Only so many objects are remembered one by one: all that are
 * not count as written at the latest turn that was forgotten.
 */
export class History {
  readonly #clock: Clock;
  /** Counts what makes answers out of date. */
  #turn = 0;
  /** The turn at which an object was last read anew or written. */
  readonly #outdated: LRUCache<string, number>;
  /** The latest turn of those that `#outdated` could not keep. */
  #forgotten = 0;
  /** The turn at which all objects of a class were written, by its name. */
  readonly #swept = new Map<string, number>();
  /** The turn at which any object of a class was last written, by its name. */
  readonly #revisions = new Map<string, number>();
  /** The time at which an object was last written, or may have been. */
  readonly #written: LRUCache<string, number>;
  /** The same for all objects of a class. */
  readonly #classWritten = new Map<string, number>();

  /** @param max of how many objects each is remembered */
  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#outdated = new LRUCache({
      max,
      dispose: (turn, _id, why) => {
        if (why === "evict") this.#forgotten = Math.max(this.#forgotten, turn);
      },
    });
    this.#written = new LRUCache({ max });
  }

  /** This moment: taken before the server is asked. */
  moment(): Moment {
    return { time: this.#clock.now(), turn: this.#turn };
  }

  /** Whether the object was read anew or written after this moment. */
  isOld(className: string, id: string, { turn }: Moment): boolean {
    const own = this.#outdated.get(id) ?? this.#forgotten;
    return Math.max(own, this.#swept.get(className) ?? 0) > turn;
  }

  /** Changes with every write to an object of this class. */
  revisionOf(className: string): number {
    return this.#revisions.get(className) ?? 0;
  }

  /** When the object was last written, or may have been; 0 when it never was. */
  writtenAt(className: string, id: string): number {
    return Math.max(this.#written.get(id) ?? 0, this.#classWritten.get(className) ?? 0);
  }

  /** From here on, answers about this object that are under way do not count. */
  outdate(id: string): void {
    this.#outdated.set(id, ++this.#turn);
  }

  written(className: string, id: string): void {
    this.outdate(id);
    this.#revisions.set(className, this.#turn);
    this.#written.set(id, this.#clock.now());
  }

  /** Any object of this class may have been written. */
  allWritten(className: string): void {
    this.#swept.set(className, ++this.#turn);
    this.#revisions.set(className, this.#turn);
    this.#classWritten.set(className, this.#clock.now());
  }

  /** No answer that is under way counts. */
  clear(): void {
    this.#forgotten = ++this.#turn;
    this.#outdated.clear();
  }
}
