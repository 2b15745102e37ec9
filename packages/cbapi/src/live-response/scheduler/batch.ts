import type { JobEnd } from "./job.js";

/** The jobs of one run (`Job` is what stands for one): how many there are of each kind, and how many sessions they may have. */
export class Batch<Job> {
  readonly slots: number;
  /** The jobs that are not settled. */
  readonly entries = new Set<Job>();
  readonly ends: Record<JobEnd, number> = { done: 0, failed: 0, expired: 0, cancelled: 0 };
  /** The keys of endpoints that are online and may not be given a session now. */
  readonly parked = new Set<number>();
  /** Jobs that run. */
  running = 0;
  /** Jobs that wait for an endpoint that is offline. */
  offline = 0;
  #held = 0;
  #whenFree: (() => void)[] = [];
  /** Whether nobody takes its outcomes: then no more jobs begin. */
  isFull = false;

  /** Called when a figure has changed. */
  readonly changed: () => void;

  constructor(slots: number, changed: () => void) {
    this.slots = slots;
    this.changed = changed;
  }

  /** Sessions that are held for it. */
  get held(): number {
    return this.#held;
  }

  /** Says that a session is held for it. */
  take(): void {
    this.#held++;
  }

  /** Says that a session is closed, or held for somebody else. */
  drop(): void {
    if (--this.#held > 0) return;
    for (const free of this.#whenFree.splice(0)) free();
  }

  /** Resolves when no session is held for it. */
  async freed(): Promise<void> {
    while (this.#held > 0) await new Promise<void>((resolve) => this.#whenFree.push(resolve));
  }

  /** Jobs that wait for their turn. */
  get waiting(): number {
    return this.entries.size - this.running - this.offline;
  }

  /** Whether another session may be opened for it. */
  get mayOpen(): boolean {
    return !this.isFull && this.held < this.slots;
  }

  /** Counts a job that was settled. */
  settled(job: Job, end: JobEnd, wasRunning: boolean): void {
    this.entries.delete(job);
    if (wasRunning) this.running--;
    this.ends[end]++;
  }
}
