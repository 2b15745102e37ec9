import type { Redis } from "ioredis";
import type { Keys } from "../redis/keys.js";

/** What a worker says of itself. */
export interface WorkerInfo {
  /** `host:pid:number`. */
  readonly name: string;
  /** The jobs that it offers. */
  readonly jobs: readonly string[];
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
}

/** What is known of a job that was offered once. */
export interface OfferedJob {
  /** What it is submitted by. */
  readonly name: string;
  /** Whether it changes the endpoint. */
  readonly changes: boolean;
}

/** Who works for a server, and what they offer. */
export class Members {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Says that a worker is alive, for so many milliseconds. */
  async announce(worker: WorkerInfo, milliseconds: number): Promise<void> {
    const until = (await this.#now()) + milliseconds;
    await this.#redis.hset(this.#keys.workers, worker.name, JSON.stringify({ ...worker, until }));
  }

  async leave(name: string): Promise<void> {
    await this.#redis.hdel(this.#keys.workers, name);
  }

  /** Those that are alive; what is left of others is removed. */
  async workers(): Promise<WorkerInfo[]> {
    const [all, now] = await Promise.all([this.#redis.hgetall(this.#keys.workers), this.#now()]);
    const alive: WorkerInfo[] = [];
    for (const [name, text] of Object.entries(all)) {
      const { until, ...worker } = JSON.parse(text) as WorkerInfo & { until: number };
      if (until > now) alive.push(worker);
      else await this.leave(name);
    }
    return alive;
  }

  async offer(jobs: readonly OfferedJob[]): Promise<void> {
    await this.#redis.hset(
      this.#keys.jobs,
      Object.fromEntries(jobs.map(({ name, changes }) => [name, changes ? 1 : 0])),
    );
  }

  /** All jobs that were ever offered. */
  async offered(): Promise<OfferedJob[]> {
    const jobs = Object.entries(await this.#redis.hgetall(this.#keys.jobs));
    return jobs
      .map(([name, changes]) => ({ name, changes: changes === "1" }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #now(): Promise<number> {
    const [seconds] = await this.#redis.time();
    return Number(seconds) * 1000;
  }
}
