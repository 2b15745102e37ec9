import { Redis, type RedisOptions } from "ioredis";
import { FleetError, invalid } from "../errors.js";

/** Where Redis is: an address such as `redis://host:6379/0`, or the options of ioredis. */
export type RedisAddress = string | RedisOptions;

/** Milliseconds until a Redis that does not answer at the start counts as not there. */
const FIRST_ANSWER = 5000;
/** Milliseconds between two attempts to reach a Redis that has gone away: no more than that. */
const LONGEST_PAUSE = 1000;

/**
 * Connects to Redis. From then on commands wait while it is away, and are sent again when it is back: every script of the
 * fleet may be run twice.
 * @throws FleetError when there is none
 */
export async function connectRedis(address: RedisAddress): Promise<Redis> {
  const shown = shownAddress(address);
  let reason: unknown;
  let isUp = false;
  const options: RedisOptions = {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: FIRST_ANSWER,
    retryStrategy: (times) => (isUp ? Math.min(50 * 2 ** Math.min(times, 10), LONGEST_PAUSE) : null),
  };
  const redis =
    typeof address === "string" ? new Redis(checkedUrl(address), options) : new Redis({ ...address, ...options });
  // Without a listener each failed attempt would be printed.
  redis.on("error", (error: unknown) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const said = [reason, error].map((each) => (each instanceof Error ? each.message : "")).find((text) => text !== "");
    throw new FleetError(
      "REDIS_UNREACHABLE",
      `No Redis at ${shown}: ${said ?? "no answer"}. Start one, or say where it is (CBAPI_REDIS, --redis, or the option redis).`,
      error,
    );
  }
  isUp = true;
  return redis;
}

function checkedUrl(address: string): string {
  if (URL.canParse(address) && /^(rediss?|unix):$/.test(new URL(address).protocol)) return address;
  throw invalid(
    `${JSON.stringify(shownAddress(address))} is no address of a Redis: it looks like redis://host:6379/0.`,
  );
}

/** The address without a password. */
export function shownAddress(address: RedisAddress): string {
  if (typeof address !== "string") return `${address.host ?? "127.0.0.1"}:${address.port ?? 6379}`;
  return address.replace(/\/\/[^@/]*@/, "//***@");
}
