import { LiveResponseError } from "../core/errors.js";
import type { CallOptions } from "../core/transport/types.js";
import type { Availability, JobSession, Seen, SessionSource } from "../live-response/scheduler/index.js";
import type { VirtualClock } from "./virtual-clock.js";

/** How one endpoint behaves. All times in milliseconds. */
export interface Behaviour {
  /** Whether it is online at a time. Default always. */
  readonly online?: (now: number) => boolean;
  readonly rank?: readonly number[];
  readonly nextCheckIn?: (now: number) => number | undefined;
  readonly checkInInterval?: number;
  /** Whether the server takes it for online. Default as it is. */
  readonly seemsOnline?: (now: number) => boolean;
  /** Whether the server does not have it any more. */
  readonly removed?: (now: number) => boolean;
  /** How long it takes until a session is open. Default 1000. */
  readonly opening?: number;
  /** Called before a session is opened; what it throws refuses the session. */
  readonly refuse?: (attempt: number) => void;
  /** Which session, counted from 1, is lost, and after how long. */
  readonly lostAfter?: (session: number) => number | undefined;
  readonly closing?: number;
  readonly closeFails?: boolean;
  readonly problem?: Error;
  /** Whether it opens a session although it was told to stop. */
  readonly ignoresStop?: boolean;
}

/** A session with such an endpoint. */
export class TestSession implements JobSession {
  readonly target: number;
  readonly openedAt: number;
  readonly #endpoints: Endpoints;
  readonly #lostAt: number;
  readonly #behaviour: Behaviour;
  closed = 0;

  constructor(endpoints: Endpoints, target: number, behaviour: Behaviour, lostAfter: number | undefined) {
    this.#endpoints = endpoints;
    this.target = target;
    this.#behaviour = behaviour;
    this.openedAt = endpoints.clock.now();
    this.#lostAt = this.openedAt + (lostAfter ?? Number.POSITIVE_INFINITY);
  }

  get isLost(): boolean {
    const { clock } = this.#endpoints;
    return clock.now() >= this.#lostAt || this.#behaviour.online?.(clock.now()) === false;
  }

  /** A command that takes so long. */
  async command(milliseconds: number, signal?: AbortSignal): Promise<string> {
    const { clock } = this.#endpoints;
    const end = clock.now() + milliseconds;
    while (clock.now() < end) {
      if (this.closed > 0) throw new Error("a command on a closed session");
      await clock.sleep(Math.min(end, this.#lostAt, clock.now() + 1000) - clock.now(), signal);
      if (this.isLost) throw new LiveResponseError("the session was lost", { code: "SESSION_LOST" });
    }
    return `answer of ${this.target}`;
  }

  async close(): Promise<void> {
    this.closed++;
    await this.#endpoints.clock.sleep(this.#behaviour.closing ?? 50);
    this.#endpoints.closed(this);
    if (this.#behaviour.closeFails) throw new Error("the server did not answer");
  }
}

/** Endpoints in memory, and the server's slots; it notes whatever a scheduler must not do. */
export class Endpoints implements SessionSource<TestSession>, Availability {
  readonly clock: VirtualClock;
  readonly faults: string[] = [];
  readonly looks: number[][] = [];
  /** Targets in the order in which sessions were asked for. */
  readonly opened: number[] = [];
  readonly sessions: Set<TestSession> = new Set();
  /** The most sessions that were open or being opened at once. */
  most = 0;
  /** Slots that other people hold. */
  foreign: (now: number) => number = () => 0;
  /** Called before each look; what it throws fails it. */
  beforeLook: () => void = () => {};
  readonly #behaviour: (target: number) => Behaviour;
  readonly #slots: number;
  readonly #numbers = new Map<number, number>();
  readonly #attempts = new Map<number, number>();
  #opening = 0;

  constructor(clock: VirtualClock, behaviour: (target: number) => Behaviour = () => ({}), slots = 10) {
    this.clock = clock;
    this.#behaviour = behaviour;
    this.#slots = slots;
  }

  get openSessions(): number {
    return this.sessions.size + this.#opening;
  }

  async look(targets: readonly number[], { signal }: CallOptions = {}): Promise<Map<number, Seen>> {
    this.looks.push([...targets]);
    this.beforeLook();
    await this.clock.sleep(20 + targets.length, signal);
    const now = this.clock.now();
    return new Map(
      targets.flatMap((target) => {
        const { online, seemsOnline = online, rank = [], removed, ...behaviour } = this.#behaviour(target);
        if (removed?.(now)) return [];
        const { checkInInterval, problem } = behaviour;
        const nextCheckIn = behaviour.nextCheckIn?.(now);
        return [[target, { online: seemsOnline?.(now) ?? true, rank, nextCheckIn, checkInInterval, problem }] as const];
      }),
    );
  }

  async open(
    target: number,
    { signal, onWait, onSlot }: Parameters<SessionSource<TestSession>["open"]>[1],
  ): Promise<TestSession> {
    const behaviour = this.#behaviour(target);
    this.opened.push(target);
    const attempt = (this.#attempts.get(target) ?? 0) + 1;
    this.#attempts.set(target, attempt);
    while (this.sessions.size + this.#opening + this.foreign(this.clock.now()) >= this.#slots) {
      onWait();
      await this.clock.sleep(1000, signal);
    }
    onSlot();
    this.#opening++;
    this.most = Math.max(this.most, this.openSessions);
    try {
      await this.clock.sleep(behaviour.opening ?? 1000, behaviour.ignoresStop ? undefined : signal);
      behaviour.refuse?.(attempt);
      while (behaviour.online?.(this.clock.now()) === false) await this.clock.sleep(5000, signal);
    } finally {
      this.#opening--;
    }
    const number = (this.#numbers.get(target) ?? 0) + 1;
    this.#numbers.set(target, number);
    const session = new TestSession(this, target, behaviour, behaviour.lostAfter?.(number));
    for (const other of this.sessions) {
      if (other.target === target) this.faults.push(`two sessions with ${target} at once`);
    }
    this.sessions.add(session);
    return session;
  }

  closed(session: TestSession): void {
    if (!this.sessions.delete(session)) this.faults.push(`a session with ${session.target} was closed twice`);
  }
}
