import { setImmediate as nextTurn } from "node:timers/promises";

/** Called once per tick, with the number of the tick and the simulated time at it. */
export type TickListener = (tick: number, now: number) => void | Promise<void>;

/** How the simulated time runs. */
export interface ClockOptions {
  /** Where it starts: a date, its text, or milliseconds since 1970. 2026-01-05T09:00:00Z when left out. */
  start?: Date | string | number;
  /** Length of a tick in milliseconds; 1000 when left out. */
  tickInterval?: number;
  /** False stops the time: it then moves by {@link SimulationClock.set} and {@link SimulationClock.step} only. */
  running?: boolean;
  /** Receives what a tick listener throws; the clock goes on. */
  onError?: (error: unknown) => void;
}

/** The morning on which every sandbox starts, so that the same seed gives the same times. */
export const SIMULATION_START = Date.UTC(2026, 0, 5, 9);

const MAX_STEPS = 100_000;
/** So many ticks are stepped, or for so many milliseconds, before something else has its turn. */
const TICKS_PER_TURN = 32;
const TURN = 25;
/** Before the time moves, whoever has begun or woken has so many turns: to end, and to let another begin that sleeps too. */
const TURNS_AWAKE = 8;
/** Timers take no more. */
const LONGEST_TIMER = 2_147_483_647;

/**
 * The time inside the sandbox. It starts at a fixed moment and runs as fast as real time, in ticks at which endpoints
 * check in, watchlists run and sessions expire. Tests stop it and step it instead of waiting.
 */
export class SimulationClock {
  readonly #listeners = new Set<TickListener>();
  readonly #start: number;
  readonly #startRunning: boolean;
  readonly #startInterval: number;
  readonly #onError: (error: unknown) => void;
  /** The simulated time at the moment `#anchor` of the monotonic clock. */
  #base: number;
  #anchor = performance.now();
  #interval: number;
  #running: boolean;
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Ticks run one after the other, also when a listener takes longer than a tick. */
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Those who sleep, with the moment at which they wake: they look at the time again whenever it has moved. */
  readonly #sleepers = new Map<() => void, number>();
  /** How far {@link set} has moved the time altogether: nobody sleeps longer or shorter for that. */
  #jumped = 0;

  constructor(options: ClockOptions = {}) {
    this.#start = toMilliseconds(options.start ?? SIMULATION_START);
    this.#startInterval = checkInterval(options.tickInterval ?? 1000);
    this.#startRunning = options.running ?? true;
    this.#onError = options.onError ?? (() => {});
    this.#base = this.#start;
    this.#interval = this.#startInterval;
    this.#running = this.#startRunning;
    this.#arm();
  }

  /** Milliseconds since 1970, simulated. */
  now(): number {
    return Math.floor(this.#running ? this.#base + performance.now() - this.#anchor : this.#base);
  }

  /** {@link now} as a date. */
  date(): Date {
    return new Date(this.now());
  }

  /** The simulated time at which it started: what is generated for this moment is the same in every run. */
  get startTime(): number {
    return this.#start;
  }

  /** Ticks since the start. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Length of a tick in milliseconds. */
  get tickInterval(): number {
    return this.#interval;
  }

  set tickInterval(milliseconds: number) {
    this.#interval = checkInterval(milliseconds);
    this.#arm();
  }

  /** Whether the time moves by itself. */
  get running(): boolean {
    return this.#running;
  }

  /** Stops the time, or lets it run on from where it stands. */
  set running(running: boolean) {
    this.#rebase(this.now());
    this.#running = running;
    this.#arm();
    this.#wake();
  }

  /** Jumps to another time. A jump is no tick: nothing that would have happened in between happens. */
  set(time: Date | string | number): void {
    const to = toMilliseconds(time);
    this.#jumped += to - this.now();
    this.#rebase(to);
  }

  /**
   * Resolves when so many milliseconds of simulated time have gone by, or at once when aborted. While the time stands still it
   * goes by in steps only, and whoever sleeps for less than a step wakes within it. Jumps do not count.
   */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const until = this.#elapsed() + milliseconds;
    if (signal.aborted || !(milliseconds > 0)) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#sleepers.delete(look);
        resolve();
      };
      const look = (): void => {
        const left = until - this.#elapsed();
        clearTimeout(timer);
        timer = this.#running ? setTimeout(look, Math.min(Math.max(0, left), LONGEST_TIMER)).unref() : undefined;
        if (left <= 0) end();
      };
      signal.addEventListener("abort", end, { once: true });
      this.#sleepers.set(look, until);
      look();
    });
  }

  /** Moves on by `count` ticks; the time is moved and the listeners are called once for each. Resolves after the last. */
  async step(count = 1): Promise<void> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_STEPS) {
      throw new RangeError(`The clock can step 1 to ${MAX_STEPS} ticks, not ${count}`);
    }
    await this.#enqueue(async () => {
      await turns();
      let until = performance.now() + TURN;
      for (let done = 1; done <= count; done++) {
        await this.#moveOn(this.#interval);
        await this.#tick();
        if (done % TICKS_PER_TURN !== 0 && performance.now() < until) continue;
        // Listeners that are done at once never let the event loop turn by themselves.
        await nextTurn();
        until = performance.now() + TURN;
      }
    });
  }

  /** Calls `listener` at every tick until the returned function is called. */
  onTick(listener: TickListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Back to the state it was made in; the listeners stay. */
  reset(): void {
    this.set(this.#start);
    this.#ticks = 0;
    this.#interval = this.#startInterval;
    this.#running = this.#startRunning;
    this.#arm();
    this.#wake();
  }

  /** Ends the timer and forgets the listeners; resolves when a tick that is under way has ended. */
  async stop(): Promise<void> {
    this.running = false;
    this.#listeners.clear();
    await this.#queue;
  }

  #rebase(time: number): void {
    this.#base = time;
    this.#anchor = performance.now();
  }

  /** The time without its jumps. */
  #elapsed(): number {
    return this.now() - this.#jumped;
  }

  /** Moves the time, and lets everybody who wakes on the way do what he is going to do then. */
  async #moveOn(milliseconds: number): Promise<void> {
    const target = this.#elapsed() + milliseconds;
    for (;;) {
      const next = Math.min(target, ...this.#sleepers.values());
      const left = Math.max(0, next - this.#elapsed());
      this.#rebase(this.now() + left);
      if (this.#wake()) await turns();
      if (next >= target) return;
    }
  }

  /** Whether anybody did. */
  #wake(): boolean {
    const before = [...this.#sleepers.keys()];
    for (const look of before) look();
    return before.some((look) => !this.#sleepers.has(look));
  }

  #arm(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!this.#running) return;
    this.#timer = setInterval(() => {
      // Ticks that could not run in time are left out, not caught up on.
      if (this.#waiting === 0) void this.#enqueue(() => this.#tick());
    }, this.#interval);
    // The simulated time alone keeps no process alive.
    this.#timer.unref();
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#waiting++;
    this.#queue = this.#queue.then(work).finally(() => {
      this.#waiting--;
    });
    return this.#queue;
  }

  async #tick(): Promise<void> {
    const tick = ++this.#ticks;
    for (const listener of [...this.#listeners]) {
      try {
        await listener(tick, this.now());
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS_AWAKE; turn++) await nextTurn();
}

function toMilliseconds(time: Date | string | number): number {
  const milliseconds = typeof time === "number" ? time : new Date(time).getTime();
  // The year 9999 is the last that ISO 8601 writes with four digits.
  if (!Number.isFinite(milliseconds) || milliseconds < 0 || milliseconds > 253_402_300_799_999) {
    throw new RangeError(`Not a time the clock can be set to: ${String(time)}`);
  }
  return milliseconds;
}

function checkInterval(milliseconds: number): number {
  if (!Number.isFinite(milliseconds) || milliseconds < 1 || milliseconds > 2_147_483_647) {
    throw new RangeError(`A tick takes 1 ms or more, not ${milliseconds}`);
  }
  return milliseconds;
}
