import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Keys } from "../redis/keys.js";
import type { SlotUse } from "../runs/types.js";
import type { FleetServer, ServerSession } from "../servers/server.js";
import { Lease } from "./lease.js";
import { ACQUIRE, NOTE, OTHERS, RELEASE, RENEW, TAKE_OVER, USED, VIEW } from "./scripts.js";

/** Milliseconds between two questions for a slot, at least and at most: machines should not ask in step. */
const ASK = [60, 180] as const;
/** Milliseconds for which what is known of the sessions of others is good, while slots are waited for. */
const FRESH = 3000;
/** Milliseconds that one request about sessions may take. */
const REQUEST = 30_000;
/** How many leases of dead workers are taken over in one step. */
const AT_ONCE = 10;

/** What a worker's slots are kept with. */
export interface SlotParts {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly server: FleetServer;
  /** The worker. */
  readonly owner: string;
  /** Milliseconds for which a lease is held when it is not renewed. */
  readonly leaseTime: number;
  log(line: string): void;
}

/** What Redis knows of a lease. */
interface Held {
  readonly lease: string;
  readonly target: number;
  /** Empty before it is known. */
  readonly session: string;
  /** Sessions with the sensor that were there before: never the fleet's. */
  readonly before: readonly string[];
}

/**
 * The slots of one server, shared by all workers on all machines: at most as many leases as the budget says, less the
 * sessions of others, and one for each sensor. A lease is renewed while it is held. One whose worker has died is taken over
 * by another worker, which closes the session behind it first: the slot is not free before.
 */
export class Slots {
  readonly #parts: SlotParts;
  readonly #leases = new Map<string, Lease>();
  readonly #renewing: NodeJS.Timeout;
  /** Only one at a time asks for a slot here, in the order in which they came. */
  #line: Promise<unknown> = Promise.resolve();
  #wake = () => {};
  #looked = Number.NEGATIVE_INFINITY;

  constructor(parts: SlotParts) {
    this.#parts = parts;
    this.#renewing = setInterval(() => void this.#renew(), parts.leaseTime / 4);
  }

  /** How many leases are held here. */
  get held(): number {
    return this.#leases.size;
  }

  /**
   * Waits for a slot. Undefined when the sensor has one already: that is not waited for.
   * @throws the signal's reason
   */
  async take(target: number, signal: AbortSignal): Promise<Lease | undefined> {
    const before = this.#line;
    let next = () => {};
    this.#line = new Promise<void>((resolve) => {
      next = resolve;
    });
    try {
      await before;
      for (;;) {
        signal.throwIfAborted();
        const lease = new Lease(target);
        const answer = await this.#acquire(lease);
        if (answer === "held") return lease;
        if (answer === "sensor") return undefined;
        if (performance.now() - this.#looked > FRESH) await this.#look(signal);
        await this.#pause(signal);
      }
    } finally {
      next();
    }
  }

  /**
   * Looks whose sessions there are, before one is opened: the fleet gives way to others. Gives whether the lease may be used;
   * otherwise it is given back.
   */
  async confirm(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const { redis, keys, owner } = this.#parts;
    const found = await this.#look(signal);
    if (found === undefined) return true;
    if (found.tooMany) {
      await this.release(lease);
      await pause(randomInt(200, 800), undefined, { signal });
      return false;
    }
    const before = found.sessions.filter((session) => session.target === lease.target).map(({ id }) => id);
    const noted = await NOTE.run(redis, keys.slots, [owner, lease.id, "before", JSON.stringify(before)]);
    if (noted !== 1) lease.lose("another worker has taken it over");
    return noted === 1;
  }

  /** Notes which session a lease stands for. */
  async note(lease: Lease): Promise<void> {
    const { redis, keys, owner } = this.#parts;
    const noted = await NOTE.run(redis, keys.slots, [owner, lease.id, "session", lease.session()]);
    if (noted !== 1) lease.lose("another worker has taken it over");
  }

  /** Gives a slot back: there must be no session any more. */
  async release(lease: Lease): Promise<void> {
    const { redis, keys, owner } = this.#parts;
    lease.end();
    this.#leases.delete(lease.id);
    await RELEASE.run(redis, keys.slots, [owner, lease.id]);
    this.#wake();
  }

  /** Leaves a slot to whoever finds it expired, as its session could not be closed. */
  abandon(lease: Lease): void {
    lease.end();
    this.#leases.delete(lease.id);
  }

  /** Takes over what dead workers have left: closes their sessions, then frees their slots. */
  async reap(): Promise<void> {
    const { redis, keys, owner, leaseTime, log } = this.#parts;
    const left = heldIn(await TAKE_OVER.run(redis, keys.slots, [owner, leaseTime, AT_ONCE]));
    if (left.length === 0) return;
    const sessions = (await this.#parts.server.sessions({ timeout: REQUEST })) ?? [];
    const known = new Set((await this.#view()).map(({ session }) => session));
    for (const each of left) {
      const close = sessionsOf(each, sessions, known);
      if (close.length > 0) await this.#parts.server.close(close, { timeout: REQUEST });
      await RELEASE.run(redis, keys.slots, [owner, each.lease]);
      log(
        `slot of sensor ${each.target} taken over from a worker that has gone; sessions closed: ${close.join(", ") || "none"}`,
      );
    }
    this.#wake();
  }

  async use(): Promise<SlotUse> {
    return slotUse(this.#parts.redis, this.#parts.keys, this.#parts.server.slots);
  }

  /** Stops renewing: what is still held expires. */
  close(): void {
    clearInterval(this.#renewing);
    for (const lease of this.#leases.values()) lease.end();
  }

  async #acquire(lease: Lease): Promise<string> {
    const { redis, keys, owner, leaseTime, server } = this.#parts;
    const asked = performance.now();
    const answer = String(
      await ACQUIRE.run(redis, keys.slots, [server.slots, lease.id, owner, lease.target, leaseTime]),
    );
    if (answer === "held") {
      this.#leases.set(lease.id, lease);
      lease.extend(this.#left(asked));
    }
    return answer;
  }

  async #renew(): Promise<void> {
    const { redis, keys, owner, leaseTime, log } = this.#parts;
    const leases = [...this.#leases.values()].filter(({ isRenewed }) => isRenewed);
    if (leases.length === 0) return;
    const asked = performance.now();
    try {
      const pairs = leases.flatMap((lease) => [lease.id, lease.session()]);
      const held = (await RENEW.run(redis, keys.slots, [owner, leaseTime, ...pairs])) as number[];
      leases.forEach((lease, place) => {
        if (!lease.isRenewed) return;
        if (held[place] === 1) lease.extend(this.#left(asked));
        else lease.lose("it had expired");
      });
    } catch (error) {
      log(`slots could not be renewed: ${String(error)}`);
    }
  }

  /** Milliseconds until a lease that was asked for then must be given up here: well before others may take it. */
  #left(asked: number): number {
    return asked + this.#parts.leaseTime * 0.75 - performance.now();
  }

  /** Counts the sessions of others. Undefined where the server does not tell. */
  async #look(
    signal: AbortSignal,
  ): Promise<{ readonly sessions: readonly ServerSession[]; readonly tooMany: boolean } | undefined> {
    const { redis, keys, server } = this.#parts;
    const before = await this.#view();
    const sessions = await server.sessions({ signal, timeout: REQUEST });
    this.#looked = performance.now();
    if (sessions === undefined) return undefined;
    // Those that came or went meanwhile are in one of the two.
    const leases = [...before, ...(await this.#view())];
    const others = sessions.filter((session) => !leases.some((lease) => isOf(lease, session)));
    const [tooMany] = (await OTHERS.run(redis, keys.slots, [server.slots, others.length])) as number[];
    return { sessions, tooMany: tooMany === 1 };
  }

  async #view(): Promise<Held[]> {
    return heldIn(await VIEW.run(this.#parts.redis, this.#parts.keys.slots, []));
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const stop = () => woken.abort();
    this.#wake = stop;
    signal.addEventListener("abort", stop, { once: true });
    await pause(randomInt(...ASK), undefined, { signal: woken.signal }).catch(() => {});
    signal.removeEventListener("abort", stop);
  }
}

/** The slots of a server, as anybody may see them. */
export async function slotUse(redis: Redis, keys: Keys, slots: number): Promise<SlotUse> {
  const [limit = 0, used = 0, others = 0] = (await USED.run(redis, keys.slots, [slots])) as number[];
  return { limit, used, others };
}

function heldIn(answer: unknown): Held[] {
  return (answer as [string, string, string, string][]).map(([lease, target, session, before]) => ({
    ...{ lease, target: Number(target), session },
    before: before === "" ? [] : (JSON.parse(before) as string[]),
  }));
}

/** Whether a session is one that a lease stands for, or may come to stand for. */
function isOf(lease: Held, session: ServerSession): boolean {
  return lease.session === session.id || (lease.target === session.target && !lease.before.includes(session.id));
}

/**
 * The sessions that a dead worker has left behind a lease: the one that it has noted; otherwise the one with its sensor that
 * was not there before and that nobody else has noted. Where that may be one of several, none: it may be somebody's.
 */
function sessionsOf(lease: Held, sessions: readonly ServerSession[], known: ReadonlySet<string>): string[] {
  if (lease.session !== "" && sessions.some(({ id }) => id === lease.session)) return [lease.session];
  const found = sessions.filter(
    ({ id, target }) => target === lease.target && !lease.before.includes(id) && !known.has(id),
  );
  return found.length === 1 ? found.map(({ id }) => id) : [];
}
