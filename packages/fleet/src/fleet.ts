import { createHash, randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { ConnectionOptions, Queue } from "bullmq";
import type { CbResponseAPI } from "cbapi/response";
import type { Redis } from "ioredis";
import { FleetError, invalid } from "./errors.js";
import { FolderStore } from "./files/folder-store.js";
import { RedisStore } from "./files/redis-store.js";
import type { FileStore } from "./files/store.js";
import { isJobDefinition, type JobDefinition } from "./job.js";
import { connectRedis, type RedisAddress } from "./redis/connection.js";
import { Keys } from "./redis/keys.js";
import { Ledger } from "./runs/ledger.js";
import { portionsOf, type RunSettings, runSettings } from "./runs/settings.js";
import type { FleetOutcome, FleetTarget, OutcomeState, RunStatus, SlotUse, SubmitOptions } from "./runs/types.js";
import { edrServer } from "./servers/edr.js";
import type { FleetServer } from "./servers/server.js";
import { slotUse } from "./slots/slots.js";
import type { ItemData } from "./worker/item.js";
import { ITEM_OPTIONS } from "./worker/item-options.js";
import { Members, type OfferedJob, type WorkerInfo } from "./worker/members.js";
import type { FleetWorker, WorkerOptions } from "./worker/worker.js";

/** Where a fleet is. */
export interface FleetOptions {
  /** The Redis that all machines share. Default `CBAPI_REDIS`, or `redis://127.0.0.1:6379`. */
  readonly redis?: RedisAddress | undefined;
  /** Workers need a client of the server; everybody else may give its address or name instead. */
  readonly server: CbResponseAPI | FleetServer | string;
  /** What the server is known by in Redis, where machines reach it by different addresses. Default its address. */
  readonly serverName?: string | undefined;
  /** What all keys in Redis begin with. Default `cbapi-fleet`. */
  readonly prefix?: string | undefined;
  /** Where files are kept: a folder that all machines share, or a store. Default in Redis, up to 16 MiB each. */
  readonly files?: string | FileStore | undefined;
}

/** How results are read. */
export interface ResultOptions {
  /** Waits for those that are still to come, until the run has ended. Default false. */
  readonly follow?: boolean | undefined;
  /** How many to pass over, as they were read before: outcomes keep their order. Default 0. */
  readonly from?: number | undefined;
  /** Stops reading. */
  readonly signal?: AbortSignal | undefined;
}

/** Which targets of a run are submitted again. */
export interface ResumeOptions extends SubmitOptions {
  /** Default `expired`, `cancelled` and `failed`; `unknown` as well where `rerun` is set. */
  readonly states?: readonly OutcomeState[] | undefined;
}

/** How many targets are submitted in one step. */
const STEP = 500;
/** How many outcomes are read in one step. */
const PAGE = 200;
/** Milliseconds between two looks at a run that is followed. */
const FOLLOW = 300;
const DEFAULT_KEEP = 30 * 86_400_000;

/**
 * Jobs on many endpoints of one server, done by workers on many machines and durable in Redis.
 * @example
 * await using fleet = await Fleet.connect({ server: cb });
 * const run = await fleet.submit("autoruns", [3, 5, 8], { deadline: 4 * 3_600_000 });
 * for await (const outcome of fleet.results(run, { follow: true })) console.log(outcome.target, outcome.state);
 */
export class Fleet implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #server: FleetServer | undefined;
  readonly #url: string;
  readonly #keys: Keys;
  readonly #ledger: Ledger;
  readonly #members: Members;
  readonly #files: FileStore;
  readonly #queueName: string;
  readonly #workers = new Set<FleetWorker>();
  #queue: Promise<Queue<ItemData>> | undefined;

  private constructor(redis: Redis, options: FleetOptions) {
    const { server, prefix = "cbapi-fleet", files } = options;
    if (!/^[\w.{}-]{1,64}$/.test(prefix)) throw invalid(`${JSON.stringify(prefix)} is no prefix for keys in Redis.`);
    this.#redis = redis;
    this.#server = serverOf(server);
    this.#url = serverName(options.serverName ?? (typeof server === "string" ? server : server.url));
    const short = createHash("sha256").update(this.#url).digest("hex").slice(0, 16);
    this.#keys = new Keys(prefix, short);
    this.#queueName = `queue-${short}`;
    this.#ledger = new Ledger(redis, this.#keys);
    this.#members = new Members(redis, this.#keys);
    const store = typeof files === "string" ? new FolderStore(files) : files;
    this.#files = store ?? new RedisStore(redis, this.#keys, DEFAULT_KEEP);
  }

  /**
   * Connects to Redis; the server is not asked anything.
   * @throws FleetError when there is no Redis, or an option makes no sense
   */
  static async connect(options: FleetOptions): Promise<Fleet> {
    const redis = await connectRedis(options.redis ?? (process.env["CBAPI_REDIS"] || "redis://127.0.0.1:6379"));
    try {
      return new Fleet(redis, options);
    } catch (error) {
      redis.disconnect();
      throw error;
    }
  }

  /** What the server is known by. */
  get server(): string {
    return this.#url;
  }

  /**
   * Offers jobs and does them, until the worker is closed.
   * @throws FleetError when the fleet was made without a client; what the server answers when it cannot be worked with
   */
  async work(jobs: readonly JobDefinition[], options: WorkerOptions = {}): Promise<FleetWorker> {
    const strange = jobs.find((job) => !isJobDefinition(job));
    if (strange !== undefined) throw invalid("A worker offers what defineJob() or definitionOf() has made.");
    if (this.#server === undefined)
      throw invalid("A worker needs a client of the server: give it as the option server.");
    const { FleetWorker: Worker } = await import("./worker/worker.js");
    const worker = await Worker.start({
      ...options,
      ...{ redis: this.#redis, keys: this.#keys, queue: this.#queueName },
      ...{ server: this.#server, files: this.#files, jobs },
    });
    this.#workers.add(worker);
    return worker;
  }

  /**
   * Submits a job for sensors. Returns the run's id when all of them are in Redis; the targets of a query are read and submitted
   * little by little.
   * @throws FleetError with code `UNKNOWN_JOB` when no worker has ever offered such a job for this server, `RUN_EXISTS` when the
   * id is another run's
   */
  async submit(
    job: string | JobDefinition,
    targets: Iterable<FleetTarget> | AsyncIterable<FleetTarget>,
    options: SubmitOptions = {},
  ): Promise<string> {
    const name = typeof job === "string" ? job : job.name;
    const settings = runSettings(options);
    await this.#mustBeOffered(name, options.unoffered === true);
    const { id = randomUUID(), signal } = options;
    if (!/^[\w.-]{1,64}$/.test(id))
      throw invalid(`${JSON.stringify(id)} is no id for a run: use up to 64 letters, digits, ".", "_" and "-".`);
    const belongs = await this.#ledger.serverOf(id);
    if (belongs !== undefined && belongs !== this.#url) throw this.#elsewhere(id, belongs);
    const portions = portionsOf(targets, STEP);
    const { params } = options;
    const identity = createHash("sha256")
      .update(JSON.stringify([name, params ?? null, settings.rerun]))
      .digest("hex");
    await this.#ledger.create({ id, job: name, params, server: this.#url, identity, ...settings });
    for await (const some of portions) {
      signal?.throwIfAborted();
      const wanted = await this.#ledger.add(id, some);
      await this.#enqueue(id, wanted, settings);
    }
    await this.#ledger.seal(id);
    return id;
  }

  /**
   * Submits the targets of a run again whose outcome is not `done`, as a new run of the same job. What has not ended is not
   * touched. Gives the new run's id, or undefined when there is nothing to be done again.
   */
  async resume(run: string, options: ResumeOptions = {}): Promise<string | undefined> {
    const record = await this.#record(run);
    const rerun = options.rerun ?? record.rerun;
    const states = new Set<OutcomeState>(
      options.states ?? ["expired", "cancelled", "failed", ...(rerun ? (["unknown"] as const) : [])],
    );
    const targets: { id: number; hostname?: string | undefined }[] = [];
    for await (const { target, state, hostname } of this.results(run)) {
      if (states.has(state)) targets.push({ id: target, hostname });
    }
    if (targets.length === 0) return undefined;
    const { params, jobTimeout, retries, priority, recheck, openTimeout } = record;
    return this.submit(record.job, targets, {
      params,
      jobTimeout,
      retries,
      priority,
      recheck,
      openTimeout,
      ...options,
      rerun,
    });
  }

  /** How far a run is. @throws FleetError when there is no such run for this server */
  async status(run: string): Promise<RunStatus> {
    const record = await this.#record(run);
    // Nobody may be working: a deadline comes all the same.
    await this.#ledger.sweep(run);
    const [counts, jobs, slots, workers] = await Promise.all([
      this.#ledger.counts(run),
      this.#ledger.running(run),
      this.slots(),
      this.#members.workers(),
    ]);
    const { total, isSealed, isCancelled, endedAt, offline, done, failed, expired, cancelled, unknown } = counts;
    const over = done + failed + expired + cancelled + unknown;
    const state = endedAt !== undefined ? "ended" : isCancelled ? "cancelling" : isSealed ? "running" : "submitting";
    return {
      ...{
        id: run,
        job: record.job,
        server: this.#url,
        state,
        total,
        done,
        failed,
        expired,
        cancelled,
        unknown,
        jobs,
        slots,
      },
      ...{ running: jobs.length, offline, waiting: Math.max(0, total - over - jobs.length - offline) },
      ...{ created: record.created, deadline: record.deadline, ended: endedAt },
      workers: workers.filter((worker) => worker.jobs.includes(record.job)).length,
    };
  }

  /** The outcomes of a run in the order in which they came. @throws FleetError when there is no such run for this server */
  async *results(run: string, options: ResultOptions = {}): AsyncGenerator<FleetOutcome, void> {
    const { follow = false, signal } = options;
    let { from = 0 } = options;
    await this.#record(run);
    for (;;) {
      signal?.throwIfAborted();
      // Asked before the outcomes: none can come behind the end.
      const { endedAt } = await this.#ledger.counts(run);
      const some = await this.#ledger.outcomes(run, from, PAGE);
      from += some.length;
      yield* some;
      if (some.length === PAGE) continue;
      if (!follow || endedAt !== undefined) return;
      await this.#ledger.sweep(run);
      await pause(FOLLOW, undefined, { signal });
    }
  }

  /** Waits until a run has ended. */
  async wait(run: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<RunStatus> {
    for (;;) {
      const status = await this.status(run);
      if (status.state === "ended") return status;
      await pause(FOLLOW, undefined, { signal });
    }
  }

  /**
   * Cancels what has not ended: nothing is begun any more, and the signals of jobs that run are aborted, within a second or so.
   * @throws FleetError when there is no such run for this server
   */
  async cancel(run: string): Promise<void> {
    await this.#record(run);
    await this.#ledger.cancel(run);
  }

  /** Removes a run that has ended, and its results, from Redis. Files are kept. @throws FleetError when it has not ended */
  async forget(run: string): Promise<void> {
    const { state } = await this.status(run);
    if (state !== "ended") throw invalid(`Run ${run} has not ended: cancel it first.`);
    await this.#ledger.forget(run);
  }

  /** The runs of this server that are remembered, the latest first. */
  async runs(): Promise<string[]> {
    const runs = await this.#ledger.runs();
    const known: string[] = [];
    for (const run of runs) {
      if ((await this.#ledger.read(run)) === undefined) await this.#ledger.forget(run);
      else known.push(run);
    }
    return known;
  }

  /** A file that a job has kept, by its SHA-256. The stream fails at its end when its content is not what it was. */
  file(sha256: string): Promise<Readable> {
    return this.#files.open(sha256);
  }

  /** The jobs that were ever offered for this server. */
  jobs(): Promise<OfferedJob[]> {
    return this.#members.offered();
  }

  /** The workers that are alive. */
  workers(): Promise<WorkerInfo[]> {
    return this.#members.workers();
  }

  /** The sessions of the server: how many there may be, and who has them. */
  slots(): Promise<SlotUse> {
    return slotUse(this.#redis, this.#keys, this.#server?.slots ?? 10);
  }

  /** Says how many sessions the server allows, those of others included, to all workers. Default 10. */
  async setSlots(slots: number): Promise<void> {
    if (!Number.isInteger(slots) || slots < 1) throw invalid(`slots cannot be ${slots}: it is a whole number from 1.`);
    await this.#redis.hset(this.#keys.slots[3], "slots", slots);
  }

  /** Stops the workers that were started here, and leaves Redis. What was submitted stays. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#workers].map((worker) => worker.close()));
    await (await this.#queue)?.close();
    this.#redis.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #enqueue(run: string, targets: readonly number[], { priority }: RunSettings): Promise<void> {
    this.#queue ??= import("bullmq").then(({ Queue: BullQueue }) => {
      const connection = this.#redis as unknown as ConnectionOptions;
      const made = new BullQueue<ItemData>(this.#queueName, { connection, prefix: this.#keys.prefix });
      // A Redis that is away is waited for. Without a listener, each attempt would be printed.
      made.on("error", () => {});
      return made;
    });
    const queue = await this.#queue;
    // There, small numbers go first.
    const options = { ...ITEM_OPTIONS, priority: 1_000_001 - priority };
    await queue.addBulk(
      targets.map((target) => ({
        name: "item",
        data: { run, target },
        opts: { ...options, jobId: `${run}-${target}` },
      })),
    );
  }

  async #mustBeOffered(name: string, unoffered: boolean): Promise<void> {
    if (unoffered) return;
    const offered = await this.#members.offered();
    if (offered.some((job) => job.name === name)) return;
    const known = offered.map((job) => job.name).join(", ");
    throw new FleetError(
      "UNKNOWN_JOB",
      known === ""
        ? `No worker has offered any job for ${this.#url} yet: start one (cbapi fleet worker), or check that this is the right server.`
        : `No worker has offered a job ${JSON.stringify(name)} for ${this.#url}. Known are: ${known}.`,
    );
  }

  async #record(run: string) {
    const record = await this.#ledger.read(run);
    if (record !== undefined) return record;
    const belongs = await this.#ledger.serverOf(run);
    if (belongs !== undefined && belongs !== this.#url) throw this.#elsewhere(run, belongs);
    throw new FleetError(
      "RUN_NOT_FOUND",
      `There is no run ${run}: it was never submitted, or is not remembered any more.`,
    );
  }

  #elsewhere(run: string, belongs: string): FleetError {
    return new FleetError(
      "WRONG_SERVER",
      `Run ${run} belongs to ${belongs}, and not to ${this.#url}: name that server.`,
    );
  }
}

function serverOf(given: FleetOptions["server"]): FleetServer | undefined {
  if (typeof given === "string") return undefined;
  return "liveResponse" in given ? edrServer(given) : given;
}

/** An address without what does not matter: `https://host:443/` and `HTTPS://HOST` are one server. Anything else is a name. */
function serverName(given: string): string {
  if (given.trim() === "") throw invalid("The name of the server is empty.");
  if (!URL.canParse(given) || !/^https?:/i.test(given)) return given;
  const { protocol, host, pathname } = new URL(given);
  return `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
}
