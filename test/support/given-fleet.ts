// What files of tests of the fleet are given: a sandbox, and fleets on a prefix of their own in Redis.
import { randomBytes } from "node:crypto";
import { Fleet, type FleetOptions } from "@cbapi/fleet";
import type { Sandbox } from "@cbapi/sandbox";
import { Redis } from "ioredis";
import { expect } from "vitest";
import { clientOf } from "./sandbox.js";
import { redisUrl } from "./services.js";

/** A name for what a test keeps in Redis. */
export const newPrefix = (): string => `cbapi-test-${randomBytes(6).toString("hex")}`;

/** Fleets of one prefix, and the end of both. */
export class FleetRoom implements AsyncDisposable {
  readonly prefix = newPrefix();
  readonly redis: string;
  readonly #fleets: Fleet[] = [];
  readonly #clients: { close(): Promise<void> }[] = [];

  constructor(redis: string = redisUrl) {
    this.redis = redis;
  }

  /** A fleet on a sandbox, with a client of its own. */
  async fleet(sandbox: Sandbox, options: Partial<FleetOptions> = {}): Promise<Fleet> {
    const cb = clientOf(sandbox, sandbox.caFile === undefined ? { allowHttp: true } : {});
    this.#clients.push(cb);
    const fleet = await Fleet.connect({ redis: this.redis, prefix: this.prefix, server: cb, ...options });
    this.#fleets.push(fleet);
    return fleet;
  }

  /** Everything that is kept below the prefix. */
  async keys(): Promise<string[]> {
    const redis = new Redis(this.redis);
    try {
      return await keysOf(redis, `${this.prefix}:*`);
    } finally {
      redis.disconnect();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#fleets.map((fleet) => fleet.close()));
    await Promise.all(this.#clients.map((cb) => cb.close()));
    const redis = new Redis(this.redis);
    const keys = await keysOf(redis, `${this.prefix}:*`);
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
  }
}

async function keysOf(redis: Redis, pattern: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const some of redis.scanStream({ match: pattern, count: 500 })) keys.push(...(some as string[]));
  return keys;
}

/** Checks by the sandbox's own count that no session is left, and that there were never more than so many. */
export function expectNoSessionLeft(sandbox: Sandbox, most = 10): void {
  const { slots, sessions } = sandbox.liveResponse.stats();
  expect({ used: slots.used, pending: sessions.pending, active: sessions.active }).toEqual({
    used: 0,
    pending: 0,
    active: 0,
  });
  expect(slots.highest).toBeLessThanOrEqual(most);
  expect(sessions.closed + sessions.lost + sessions.timedOut).toBe(sessions.opened);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
