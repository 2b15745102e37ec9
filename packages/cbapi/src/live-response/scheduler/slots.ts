import type { Candidates } from "./candidates.js";
import type { Entry } from "./entry.js";
import type { JobSession } from "./job.js";
import { priorityOf } from "./lane.js";
import type { Worker } from "./worker.js";

/** While others wait, a session is kept this long at least, in milliseconds, and this many times as long as it took to open. */
const SHARE = 10_000;
const SHARE_PER_OPENING = 4;
/** While others wait, an endpoint may take this long to come, in milliseconds, and this many times as long as between two of its check-ins. */
const PATIENCE = 60_000;
const PATIENCE_PER_CHECK_IN = 2;

/** The slots of a scheduler: who has one, and who must give it to others. */
export class Slots<S extends JobSession> {
  /** The most sessions at once. */
  most: number;
  readonly #candidates: Candidates<S>;
  readonly #workers = new Set<Worker<S>>();

  constructor(most: number, candidates: Candidates<S>) {
    this.most = most;
    this.#candidates = candidates;
  }

  /** How many are free. */
  get free(): number {
    return Math.max(0, this.most - this.#workers.size);
  }

  /** Sessions that are open, being opened or being closed; not those that the server has no slot for. */
  get inUse(): number {
    let count = 0;
    for (const { waitsForSlot } of this.#workers) if (!waitsForSlot) count++;
    return count;
  }

  /** Whether an endpoint waits for a slot that another one holds, here or on the server. */
  get areWanted(): boolean {
    if (this.free === 0 && this.#candidates.peek() !== undefined) return true;
    for (const { waitsForSlot } of this.#workers) if (waitsForSlot) return true;
    return false;
  }

  take(worker: Worker<S>): void {
    this.#workers.add(worker);
  }

  giveBack(worker: Worker<S>): void {
    this.#workers.delete(worker);
  }

  /** Ends all turns, each behind the job that runs. Settles when all slots are free. */
  async freeAll(): Promise<void> {
    const workers = [...this.#workers];
    for (const worker of workers) worker.leave();
    await Promise.all(workers.map((worker) => worker.ended));
  }

  /** Takes sessions that only wait for jobs away from their endpoints, as many as others can use. */
  evict(): void {
    if (!this.areWanted) return;
    let wanted = this.#candidates.size;
    for (const { waitsForSlot } of this.#workers) if (waitsForSlot) wanted++;
    for (const worker of this.#workers) {
      if (wanted <= 0) return;
      if (worker.phase !== "warm") continue;
      worker.leave();
      wanted--;
    }
  }

  /** Whether an endpoint gives up its slot before its next job. */
  mustYield(worker: Worker<S>, next: Entry<S>, now: number): boolean {
    const waiting = this.free > 0 ? undefined : this.#candidates.peek();
    const difference = waiting === undefined ? 0 : priorityOf(waiting.waiting[0]) - priorityOf(next);
    if (difference !== 0) return difference > 0;
    const opening = worker.openedAt - worker.since;
    return this.#othersWait(worker) && now - worker.openedAt >= Math.max(SHARE, SHARE_PER_OPENING * opening);
  }

  /**
   * Whether an endpoint gives up its slot although its session may yet be opened. It may have gone: the server takes it for
   * online until it has missed some check-ins. Each time it gives up in vain, it has twice as long the next time.
   */
  mustGiveUp(worker: Worker<S>, now: number): boolean {
    const { seen, inVain } = worker.lane;
    const patience = Math.max(PATIENCE, PATIENCE_PER_CHECK_IN * (seen?.checkInInterval ?? 0));
    return now - worker.since > patience * 2 ** inVain && this.#othersWait(worker);
  }

  /** Others of its run may be waiting, too, which may have no more sessions. */
  #othersWait({ batch }: Worker<S>): boolean {
    return this.areWanted || (batch !== undefined && batch.parked.size > 0 && batch.held >= batch.slots);
  }
}
