import { hostname } from "node:os";
import { type ConnectionOptions, DelayedError, type Job as QueuedJob, Worker as QueueWorker } from "bullmq";
import type { Redis } from "ioredis";
import { FleetError, invalid } from "../errors.js";
import type { FileStore } from "../files/store.js";
import type { JobDefinition } from "../job.js";
import type { Keys } from "../redis/keys.js";
import { Ledger } from "../runs/ledger.js";
import type { SlotUse } from "../runs/types.js";
import type { FleetServer } from "../servers/server.js";
import { Slots } from "../slots/slots.js";
import type { ItemHost } from "./host.js";
import { Item, type ItemData } from "./item.js";
import { Members } from "./members.js";
import { Presences } from "./presence.js";
import { RunWatch } from "./watch.js";

/** How a worker works. */
export interface WorkerOptions {
  /** How many endpoints are looked at or worked on at the same time here, at most. Default 10. */
  readonly concurrency?: number | undefined;
  /**
   * Milliseconds after which a worker that gives no sign of life counts as dead: its sessions are closed and its jobs given to
   * others. Default 30 000. The same for all workers of a server.
   */
  readonly leaseTime?: number | undefined;
  /** Receives a line for what is of interest: jobs that wait, sessions that were lost, slots that were taken over. */
  readonly log?: ((line: string) => void) | undefined;
}

/** How a worker is stopped. */
export interface StopOptions {
  /** Milliseconds that jobs which run may take to end by themselves. Default 30 000. */
  readonly grace?: number | undefined;
}

/** What workers are made of. */
export interface WorkerParts extends WorkerOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly queue: string;
  readonly server: FleetServer;
  readonly files: FileStore;
  readonly jobs: readonly JobDefinition[];
}

/** Milliseconds between two looks at what was cancelled or has expired. */
const LOOK = 500;
const LEAST_LEASE = 1000;
let workers = 0;

/** Does the jobs that it offers, for one server. Made by `fleet.work()`. */
export class FleetWorker implements AsyncDisposable {
  /** `host:pid:number`: what outcomes name it by. */
  readonly name = `${hostname()}:${process.pid}:${++workers}`;
  readonly #parts: WorkerParts;
  readonly #leaseTime: number;
  readonly #members: Members;
  readonly #ledger: Ledger;
  readonly #slots: Slots;
  readonly #runs: RunWatch;
  readonly #host: ItemHost;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  readonly #since = Date.now();
  readonly #loops: NodeJS.Timeout[] = [];
  readonly #underway = new Set<Promise<unknown>>();
  #queue: QueueWorker<ItemData> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(parts: WorkerParts) {
    const { redis, keys, server, files, leaseTime = 30_000, log = () => {} } = parts;
    this.#parts = parts;
    this.#leaseTime = leaseTime;
    this.#members = new Members(redis, keys);
    this.#ledger = new Ledger(redis, keys);
    this.#runs = new RunWatch(this.#ledger);
    this.#slots = new Slots({ redis, keys, server, owner: this.name, leaseTime, log });
    this.#host = {
      ...{ owner: this.name, ledger: this.#ledger, slots: this.#slots, server, files, runs: this.#runs, log },
      definitions: new Map(parts.jobs.map((job) => [job.name, job])),
      presences: new Presences(server),
      ...{ stopping: this.#stopping.signal, ending: this.#ending.signal },
    };
  }

  /** @internal */
  static async start(parts: WorkerParts): Promise<FleetWorker> {
    const { jobs, concurrency = 10, leaseTime = 30_000 } = parts;
    if (jobs.length === 0) throw invalid("A worker needs at least one job that it offers.");
    const names = new Set(jobs.map(({ name }) => name));
    if (names.size < jobs.length) throw invalid("Two of the jobs have the same name: a worker offers each name once.");
    if (!Number.isInteger(concurrency) || concurrency < 1) throw invalid(`concurrency cannot be ${concurrency}.`);
    if (!(leaseTime >= LEAST_LEASE))
      throw invalid(`leaseTime cannot be ${leaseTime}: it is at least ${LEAST_LEASE} ms.`);
    // A server that cannot be reached, or does not let us in, is found out now and not by each job.
    await parts.server.sessions({ timeout: 30_000 });
    const worker = new FleetWorker(parts);
    try {
      await worker.#begin(concurrency);
    } catch (error) {
      await worker.close({ grace: 0 });
      throw error;
    }
    return worker;
  }

  /** How many slots this worker holds at the moment. */
  get slotsHeld(): number {
    return this.#slots.held;
  }

  /** The slots of the server. */
  slots(): Promise<SlotUse> {
    return this.#slots.use();
  }

  /**
   * Begins nothing any more, lets what runs end, and closes its sessions. Jobs that have not ended after `grace` are torn off:
   * those that may be repeated are begun again by other workers, the others end as `unknown`.
   */
  close(options: StopOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.grace ?? 30_000);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #begin(concurrency: number): Promise<void> {
    const { redis, keys, queue, jobs } = this.#parts;
    await this.#members.offer(jobs);
    await this.#announce();
    this.#every(this.#leaseTime / 3, () => this.#announce());
    this.#every(LOOK, () => this.#look());
    this.#every(this.#leaseTime / 3, () => this.#reap());
    this.#queue = new QueueWorker<ItemData>(queue, (job, token) => this.#process(job, token), {
      connection: redis as unknown as ConnectionOptions,
      prefix: keys.prefix,
      concurrency,
      lockDuration: this.#leaseTime,
      stalledInterval: Math.max(500, this.#leaseTime / 2),
      // What its workers have died with is given to others, however often.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: 1,
      runRetryDelay: 500,
    });
    this.#queue.on("error", (error) => this.#host.log(`queue: ${error.message}`));
    this.#queue.on("failed", (job, error) =>
      this.#host.log(`sensor ${job?.data.target ?? "?"}: ${error.stack ?? error.message}`),
    );
    await this.#queue.waitUntilReady();
  }

  async #process(job: QueuedJob<ItemData>, token: string | undefined): Promise<void> {
    const work = this.#stopping.signal.aborted
      ? Promise.resolve({ after: 0, data: job.data })
      : Item.work(this.#host, job.data);
    const verdict = await this.#underwayWhile(work);
    if (verdict === "over") return;
    await job.updateData(verdict.data);
    await job.moveToDelayed(Date.now() + verdict.after, token);
    throw new DelayedError();
  }

  async #underwayWhile<T>(work: Promise<T>): Promise<T> {
    this.#underway.add(work);
    try {
      return await work;
    } finally {
      this.#underway.delete(work);
    }
  }

  /** Does something again and again, one time after the other. What goes wrong is logged, and tried again. */
  #every(milliseconds: number, work: () => Promise<unknown>): void {
    let isUnderWay = false;
    const timer = setInterval(() => {
      if (isUnderWay) return;
      isUnderWay = true;
      work()
        .catch((error: unknown) => this.#host.log(`a task of the worker failed: ${String(error)}`))
        .finally(() => {
          isUnderWay = false;
        });
    }, milliseconds);
    this.#loops.push(timer);
  }

  #announce(): Promise<void> {
    const jobs = this.#parts.jobs.map(({ name }) => name);
    return this.#members.announce({ name: this.name, jobs, since: this.#since }, this.#leaseTime * 2);
  }

  async #look(): Promise<void> {
    await this.#runs.look();
    if (!(await this.#myTurn("sweep", LOOK - 50))) return;
    for (const run of await this.#ledger.active()) await this.#ledger.sweep(run);
  }

  async #reap(): Promise<void> {
    if (await this.#myTurn("reap", this.#leaseTime / 4)) await this.#slots.reap();
  }

  /** Whether this worker is the one to do something now: the others need not. */
  async #myTurn(what: string, milliseconds: number): Promise<boolean> {
    const { redis, keys } = this.#parts;
    return (await redis.set(keys.turn(what), this.name, "PX", Math.round(milliseconds), "NX")) === "OK";
  }

  async #close(grace: number): Promise<void> {
    this.#stopping.abort(new FleetError("CLOSED", "The worker is being stopped"));
    const timer = setTimeout(() => this.#ending.abort(new FleetError("CLOSED", "The worker was stopped")), grace);
    const closing = this.#queue?.close();
    await Promise.allSettled(this.#underway);
    await closing;
    clearTimeout(timer);
    for (const loop of this.#loops) clearInterval(loop);
    this.#slots.close();
    await this.#members.leave(this.name);
  }
}
