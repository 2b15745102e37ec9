import type { Redis } from "ioredis";
import { FleetError } from "../errors.js";
import { allOf, type Keys } from "../redis/keys.js";
import { ADD, AGAIN, BEGIN, CANCEL, CREATE, SEAL, SETTLE, SWEEP, TELL } from "./scripts.js";
import { type FleetOutcome, type FleetRunningJob, OUTCOME_STATES, type OutcomeState, type RunRecord } from "./types.js";

/**
 * What is to be done about a target. `late`: it may be begun, but not without the lease of a slot. `busy`: an attempt is under
 * way. `over`: there is nothing to do. The others are how it ends.
 */
export type Word = "go" | "busy" | "over" | "late" | "unknown" | "cancelled" | "expired" | "spent";

/** How many targets are added, or settled by a sweep, in one step: Redis does nothing else meanwhile. */
const STEP = 500;

/** What is fixed about a run as it is written. */
export interface RunInit extends Omit<RunRecord, "created" | "deadline"> {
  readonly identity: string;
  readonly server: string;
  /** Milliseconds from now; 0 for no limit. */
  readonly within: number;
  readonly keep: number;
}

/** The runs of a server in Redis: their targets, and exactly one outcome of each. */
export class Ledger {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Makes a run. @throws FleetError when there is another one of that id */
  async create(run: RunInit): Promise<void> {
    const { index, active, runs } = this.#keys;
    const { id, server, identity, within, keep } = run;
    const facts = {
      ...{ job: run.job, params: JSON.stringify(run.params ?? null), jobTimeout: run.jobTimeout, retries: run.retries },
      ...{ rerun: run.rerun ? 1 : 0, priority: run.priority, recheck: run.recheck, openTimeout: run.openTimeout, keep },
    };
    const keys = [this.#keys.run(id).record, active, runs, index];
    const args = [id, server, identity, within, ...Object.entries(facts).flat()];
    if ((await CREATE.run(this.#redis, keys, args)) === identity) return;
    throw new FleetError(
      "RUN_EXISTS",
      `There is another run ${id}, of another job or with other options: choose another id.`,
    );
  }

  /** Adds targets; gives those that belong in the queue. */
  async add(
    run: string,
    targets: readonly { readonly id: number; readonly hostname?: string | undefined }[],
  ): Promise<number[]> {
    const wanted: number[] = [];
    for (let at = 0; at < targets.length; at += STEP) {
      const pairs = targets.slice(at, at + STEP).flatMap(({ id, hostname = "" }) => [id, hostname]);
      wanted.push(...numbers(await ADD.run(this.#redis, this.#all(run), pairs)));
    }
    return wanted;
  }

  async seal(run: string): Promise<void> {
    await SEAL.run(this.#redis, this.#all(run), []);
  }

  /** Undefined when there is none, or not any more. */
  async read(run: string): Promise<RunRecord | undefined> {
    const facts = await this.#redis.hgetall(this.#keys.run(run).record);
    const { job, params = "null" } = facts;
    if (job === undefined) return undefined;
    const number = (name: string): number => Number(facts[name] ?? 0);
    const limit = (name: string): number => number(name) || Number.POSITIVE_INFINITY;
    return {
      ...{ id: run, job, params: JSON.parse(params) as unknown, created: number("created") },
      ...{ deadline: number("deadline") || undefined, jobTimeout: limit("jobTimeout"), retries: number("retries") },
      ...{ rerun: facts["rerun"] === "1", priority: number("priority"), recheck: number("recheck") },
      openTimeout: limit("openTimeout"),
    };
  }

  /** What changes about a run: counts and times. */
  async counts(run: string): Promise<Readonly<Record<OutcomeState | "total" | "open" | "offline", number>> & Ending> {
    const { record, open, offline } = this.#keys.run(run);
    const names = [...OUTCOME_STATES, "total", "sealed", "cancelledAt", "endedAt"] as const;
    const [facts, waiting, away] = await Promise.all([
      this.#redis.hmget(record, ...names),
      this.#redis.scard(open),
      this.#redis.scard(offline),
    ]);
    const number = (name: (typeof names)[number]): number => Number(facts[names.indexOf(name)] ?? 0);
    const counted = Object.fromEntries(OUTCOME_STATES.map((state) => [state, number(state)]));
    return {
      ...(counted as Record<OutcomeState, number>),
      ...{ total: number("total"), open: waiting, offline: away },
      ...{
        isSealed: number("sealed") === 1,
        isCancelled: number("cancelledAt") > 0,
        endedAt: number("endedAt") || undefined,
      },
    };
  }

  /** The runs among these that were cancelled, or do not exist any more. */
  async cancelled(runs: readonly string[]): Promise<Set<string>> {
    const found = await Promise.all(
      runs.map((run) => this.#redis.hmget(this.#keys.run(run).record, "cancelledAt", "identity")),
    );
    return new Set(runs.filter((_, place) => found[place]?.[0] !== null || found[place]?.[1] === null));
  }

  /** The attempts that are under way. */
  async running(run: string): Promise<FleetRunningJob[]> {
    const { begun, told, names } = this.#keys.run(run);
    const attempts = await this.#redis.hgetall(begun);
    const active = Object.entries(attempts).flatMap(([target, text]) => {
      const attempt = JSON.parse(text) as { active: boolean; attempt: number; owner: string; since: number };
      return attempt.active ? [{ target, attempt }] : [];
    });
    if (active.length === 0) return [];
    const targets = active.map(({ target }) => target);
    const [said, hostnames] = await Promise.all([
      this.#redis.hmget(told, ...targets),
      this.#redis.hmget(names, ...targets),
    ]);
    return active.map(({ target, attempt }, place) => ({
      ...{ target: Number(target), attempt: attempt.attempt, worker: attempt.owner, since: attempt.since },
      ...(hostnames[place] ? { hostname: hostnames[place] } : {}),
      ...(said[place] ? { progress: JSON.parse(said[place]) as number | string } : {}),
    }));
  }

  /** Begins an attempt on a target, with the lease of a slot. */
  async begin(
    run: RunRecord,
    target: number,
    lease: { readonly id: string; readonly owner: string; readonly mayRepeat: boolean },
  ): Promise<{ readonly word: Word; readonly attempt: number }> {
    const [expiry, facts] = this.#keys.slots;
    const keys = [...this.#all(run.id), expiry, facts];
    const args = [target, lease.id, lease.owner, lease.mayRepeat ? 0 : 1, run.retries];
    const [word, attempt] = (await BEGIN.run(this.#redis, keys, args)) as [Word, number];
    return { word, attempt: Number(attempt) };
  }

  /** Settles a target, with the lease by which it was begun. Gives whether this is its outcome now. */
  async settle(run: string, outcome: FleetOutcome, lease = ""): Promise<boolean> {
    const { target, state } = outcome;
    const args = [target, lease, state, JSON.stringify(outcome)];
    return (await SETTLE.run(this.#redis, this.#all(run), args)) === 1;
  }

  /** Ends an attempt that may be followed by another. */
  async again(run: string, target: number, lease: string): Promise<void> {
    await AGAIN.run(this.#redis, this.#all(run), [target, lease]);
  }

  async tell(run: string, target: number, lease: string, how: number | string): Promise<void> {
    const said = typeof how === "number" ? how : how.slice(0, 500);
    await TELL.run(this.#redis, this.#all(run), [target, lease, JSON.stringify(said)]);
  }

  /** Notes whether a target is offline. Only those that wait are counted. */
  async offline(run: string, target: number, isOffline: boolean): Promise<void> {
    const { offline, outcomes } = this.#keys.run(run);
    if (!isOffline) await this.#redis.srem(offline, String(target));
    else if ((await this.#redis.hexists(outcomes, String(target))) === 0) await this.#redis.sadd(offline, target);
  }

  /** Gives whether there is such a run. */
  async cancel(run: string): Promise<boolean> {
    const found = (await CANCEL.run(this.#redis, this.#all(run), [])) === 1;
    if (found) await this.sweep(run);
    return found;
  }

  /** Settles what nothing will be begun on any more. */
  async sweep(run: string): Promise<void> {
    while (Number(await SWEEP.run(this.#redis, this.#all(run), [STEP])) >= STEP);
  }

  /** The runs that have not ended. */
  active(): Promise<string[]> {
    return this.#redis.zrange(this.#keys.active, 0, -1);
  }

  /** All runs that are remembered, the latest first. */
  async runs(): Promise<string[]> {
    return this.#redis.zrange(this.#keys.runs, 0, -1, "REV");
  }

  /** The server that a run belongs to, whichever it is. */
  async serverOf(run: string): Promise<string | undefined> {
    return (await this.#redis.hget(this.#keys.index, run)) ?? undefined;
  }

  /** Outcomes in the order in which they came, from one place on. */
  async outcomes(run: string, from: number, count: number): Promise<FleetOutcome[]> {
    const { order, outcomes, names } = this.#keys.run(run);
    const targets = await this.#redis.lrange(order, from, from + count - 1);
    if (targets.length === 0) return [];
    const [texts, hostnames] = await Promise.all([
      this.#redis.hmget(outcomes, ...targets),
      this.#redis.hmget(names, ...targets),
    ]);
    return texts.flatMap((text, place) => {
      if (text === null) return [];
      const hostname = hostnames[place];
      return [{ ...(JSON.parse(text) as FleetOutcome), ...(hostname ? { hostname } : {}) }];
    });
  }

  /** The computer names of targets that have one. */
  async names(run: string): Promise<Map<number, string>> {
    const names = await this.#redis.hgetall(this.#keys.run(run).names);
    return new Map(Object.entries(names).map(([id, name]) => [Number(id), name]));
  }

  async forget(run: string): Promise<void> {
    await this.#redis.del(...allOf(this.#keys.run(run)));
    await this.#redis.zrem(this.#keys.active, run);
    await this.#redis.zrem(this.#keys.runs, run);
    await this.#redis.hdel(this.#keys.index, run);
  }

  /** The keys of a run, in the order in which scripts count them. */
  #all(run: string): string[] {
    return [...allOf(this.#keys.run(run)), this.#keys.active];
  }
}

interface Ending {
  readonly isSealed: boolean;
  readonly isCancelled: boolean;
  readonly endedAt: number | undefined;
}

const numbers = (answer: unknown): number[] => (answer as string[]).map(Number);
