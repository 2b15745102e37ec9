import type { Seen } from "./availability.js";
import type { Batch } from "./batch.js";
import type { Entry } from "./entry.js";
import type { JobSession } from "./job.js";
import { NEVER, type Timer } from "./timers.js";

/**
 * Where an endpoint with jobs is. `unknown`: it has to be looked at. `ready`: online, and waits for a slot. `parked`:
 * online, and its runs may have no more sessions now. `offline`, `paused` (after a session that could not be opened):
 * waits for a time. `busy`: has a slot.
 */
export type LanePhase = "unknown" | "ready" | "parked" | "offline" | "paused" | "busy";

/** What others see of an endpoint's turn. */
export interface LaneTurn {
  readonly phase: "opening" | "running" | "warm" | "closing";
  /** Whether the server has no slot for it at the moment. */
  readonly waitsForSlot: boolean;
  /** Says that jobs were added, or have gone. */
  nudge(): void;
  /** Ends the turn: at once while it opens or is idle, otherwise behind the job that runs. */
  leave(): void;
}

/** One endpoint and the jobs that wait for it. */
export class Lane<S extends JobSession> {
  readonly key: number;
  /** The jobs that wait, in the order in which they are done. */
  readonly waiting: Entry<S>[] = [];
  seen: Seen | undefined;
  seenAt = Number.NEGATIVE_INFINITY;
  /** The round in which it gets its next turn. */
  round: number;
  /** Counts its places among the candidates: only the latest is good. */
  place = 0;
  /** Sessions in a row that could not be opened, or were lost before a job was done. */
  failures = 0;
  /** How often in a row it gave up its slot to others before its session was open. */
  inVain = 0;
  /** How often in a row it was found offline. */
  rechecks = 0;
  /** Whether it has been offline since its latest turn. */
  returned = false;
  /** Its place among all endpoints, by the time of its first job. */
  readonly arrival: number;
  /** Why it could not be worked with lately. */
  problem: unknown;
  timer: Timer = NEVER;
  /** Its turn, while it is busy. */
  worker: LaneTurn | undefined;
  #phase: LanePhase = "unknown";

  constructor(key: number, round: number, arrival: number) {
    this.key = key;
    this.round = round;
    this.arrival = arrival;
  }

  get phase(): LanePhase {
    return this.#phase;
  }

  /** Moves it; whatever it waited for before does not count any more. */
  set phase(phase: LanePhase) {
    this.timer.cancel();
    this.timer = NEVER;
    this.place++;
    const before = this.#phase;
    this.#phase = phase;
    if (before === "parked") for (const { batch } of this.waiting) batch?.parked.delete(this.key);
    const turned = Number(phase === "offline") - Number(before === "offline");
    if (turned === 0) return;
    for (const { batch } of this.waiting) if (batch !== undefined) batch.offline += turned;
  }

  add(entry: Entry<S>): void {
    let place = this.waiting.length;
    while (place > 0 && priorityOf(this.waiting[place - 1]) < entry.settings.priority) place--;
    this.#insert(entry, place);
  }

  /** Puts a job back that has to be done again: before all others of its priority. */
  putBack(entry: Entry<S>): void {
    const place = this.waiting.findIndex(({ settings }) => settings.priority <= entry.settings.priority);
    this.#insert(entry, place === -1 ? this.waiting.length : place);
  }

  remove(entry: Entry<S>): boolean {
    const place = this.waiting[0] === entry ? 0 : this.waiting.indexOf(entry);
    if (place === -1) return false;
    this.waiting.splice(place, 1);
    const { batch } = entry;
    if (batch === undefined) return true;
    if (this.#phase === "offline") batch.offline--;
    if (this.#phase === "parked") batch.parked.delete(this.key);
    return true;
  }

  /** The job to do next: the first whose run may have a session, or has the one that is open. */
  next(held?: Batch<Entry<S>>): Entry<S> | undefined {
    return this.waiting.find(({ batch }) => batch === undefined || (batch === held ? !batch.isFull : batch.mayOpen));
  }

  #insert(entry: Entry<S>, place: number): void {
    this.waiting.splice(place, 0, entry);
    if (this.#phase === "offline" && entry.batch !== undefined) entry.batch.offline++;
  }
}

export function priorityOf<S extends JobSession>(entry: Entry<S> | undefined): number {
  return entry?.settings.priority ?? Number.NEGATIVE_INFINITY;
}
