import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A piece of Lua that Redis carries out as one step. It must be possible to run it twice. */
export class Script {
  readonly #text: string;
  readonly #sha: string;

  constructor(text: string) {
    this.#text = text;
    this.#sha = createHash("sha1").update(text).digest("hex");
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      // A Redis that was started anew has forgotten it.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await redis.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}

/** Milliseconds since 1970 by the clock of Redis, which all machines share. */
export const NOW = `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;
