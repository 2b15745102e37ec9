import { asError } from "../core/as-error.js";
import type { BaseApi } from "../core/client.js";
import { CbApiError, ObjectNotFoundError, TimeoutError } from "../core/errors.js";
import { firstOf } from "../core/signals.js";
import { timeLimit } from "../core/transport/limits.js";
import type { CallOptions } from "../core/transport/types.js";
import { waitFor } from "../core/transport/wait.js";
import { BackgroundWork } from "./background.js";
import { Commands } from "./commands.js";
import type { LiveResponseDialect } from "./dialect.js";
import { type LinkOptions, SessionLink } from "./link.js";
import { closeSession, listSessions, type OpeningOptions, openSession } from "./opening.js";
import { OwnSessions } from "./own-sessions.js";
import { sendForObject } from "./protocol.js";
import { type Job, type JobOptions, type JobRun, Jobs, type RunOptions, type SubmittedJob } from "./scheduler/index.js";
import { LiveResponseSession } from "./session.js";
import type {
  CloseOptions,
  ListSessionsOptions,
  ReapOptions,
  ReapOutcome,
  SessionData,
  SessionOptions,
} from "./types.js";

/** Milliseconds for which closing waits for what callers have given up before: to be asked for, or to be closed. */
const CLEARING_TIME = 30_000;

/**
 * Live Response on one server: its sessions, and jobs over many endpoints. `Target` is how callers name an endpoint: on EDR a
 * sensor, in the Cloud a device, or the id of one.
 */
export class LiveResponse<Target> implements AsyncDisposable {
  /** @internal */
  readonly api: BaseApi;
  /** @internal */
  readonly dialect: LiveResponseDialect<Target>;
  /** @internal */
  readonly own = new OwnSessions();
  readonly #open = new Set<LiveResponseSession>();
  /** What ends the sessions that are being opened. */
  readonly #opening = new Map<AbortController, Promise<unknown>>();
  readonly #background = new BackgroundWork();
  #jobs: Jobs<LiveResponseSession, Target> | undefined;

  /** @internal Every client has one: `cb.liveResponse`. */
  constructor(api: BaseApi, dialect: LiveResponseDialect<Target>) {
    this.api = api;
    this.dialect = dialect;
  }

  /** The sessions that were opened here and are not closed. Each that is not joined takes a slot of the server. */
  get openSessions(): readonly LiveResponseSession[] {
    return [...this.#open];
  }

  /**
   * Opens a session with an endpoint and waits until it is there: on EDR `POST /api/v1/cblr/session`, then
   * `GET .../session/{id}?wait=true`; in the Cloud `POST .../liveresponse/sessions`, then `GET .../sessions/{id}` until it is
   * active. When the server has no slot, one is waited for. Close the session, or let
   * `await using` do so. Each call opens one of its own, also for an endpoint that has one, unless `join` is set.
   *
   * Whatever goes wrong, no slot stays taken: what was opened is closed, also when the caller gives up, and a session
   * whose answer was lost is looked for on the server (`GET .../session?active_only=true`; the Cloud has no such list, and
   * ends what nobody uses after 15 minutes).
   * @throws ApiError when the server or the endpoint does not have Live Response
   * @throws ObjectNotFoundError when there is no such sensor
   * @throws TimeoutError when no slot came free or the endpoint did not check in within `timeout` (default 6 minutes)
   * @example await using session = await cb.liveResponse.openSession(3);
   */
  openSession(target: Target, options: SessionOptions = {}): Promise<LiveResponseSession> {
    const { signal: _, ...later } = options;
    return this.#openSession(target, options, later);
  }

  /**
   * The sessions that the server has, of all users: `GET /api/v1/cblr/session`.
   * @throws ApiError with code `NOT_OFFERED` when servers of this kind do not list them
   */
  async listSessions(options: ListSessionsOptions = {}): Promise<SessionData[]> {
    const { activeOnly = true, signal, timeout } = options;
    return listSessions(this, activeOnly, { signal, timeout });
  }

  /**
   * Closes sessions that were left over, so that their slots are free: reads the list, then closes each that meets all
   * conditions. Sessions that this client is using or opening are kept. `timeout` bounds each request (milliseconds).
   * @returns what became of each session in the list
   * @throws ApiError when no condition is given: that would close everybody's sessions
   * @example await cb.liveResponse.reap({ olderThan: 3_600_000, dryRun: true });
   */
  async reap(options: ReapOptions<Target>): Promise<ReapOutcome[]> {
    const { olderThan, ids, targets, dryRun = false, signal, timeout } = options;
    if (olderThan === undefined && ids === undefined && targets === undefined) {
      throw new CbApiError(
        "reap() needs a condition (olderThan, ids or targets): without one it would end all sessions",
        {
          code: "INVALID_ARGUMENT",
        },
      );
    }
    const endpoints =
      targets === undefined ? undefined : await Promise.all(targets.map((target) => this.#find(target)));
    const keep = (session: SessionData): string | undefined => {
      if (this.own.has(session.id) || this.#joined(session.id)) return "in use here";
      if (ids !== undefined && !ids.some((id) => String(id) === String(session.id))) return "another id";
      const endpoint = this.dialect.endpointOf(session);
      if (endpoints !== undefined && (endpoint === undefined || !endpoints.includes(endpoint))) {
        return `another ${this.dialect.noun}`;
      }
      return olderThan === undefined ? undefined : this.#tooYoung(session, olderThan);
    };
    const outcomes: ReapOutcome[] = [];
    for (const session of await this.listSessions({ signal, timeout })) {
      let reason = keep(session);
      if (reason === undefined) {
        await this.#opened(session, signal);
        reason = keep(session);
      }
      if (reason !== undefined) outcomes.push({ session, state: "kept", reason });
      else if (dryRun) outcomes.push({ session, state: "planned" });
      else outcomes.push(await this.#end(session, { signal, timeout }));
    }
    return outcomes;
  }

  /**
   * How a session is, by its number: `PENDING`, `ACTIVE`, `CLOSE` ...; in capitals, however the server spells it.
   * @throws ObjectNotFoundError when the server has no such session, or not any more
   */
  async sessionStatus(id: SessionData["id"], options: CallOptions = {}): Promise<string> {
    const session = await sendForObject<SessionData>(this.api, this.dialect.readSession(id), options);
    return String(session.status).toUpperCase();
  }

  /**
   * Which of these endpoints are online now, as jobs look at it before they begin: by the server's word on EDR, in the Cloud
   * those that it has heard of within the hour. Read in few requests, whatever was read before.
   * @returns their ids, in the order of the targets; those that do not exist are left out
   * @throws ApiError when a target is none
   */
  async findOnline(targets: readonly Target[], options: CallOptions = {}): Promise<number[]> {
    const ids = await Promise.all(targets.map((target) => this.#find(target)));
    const states = await this.dialect.endpointStates([...new Set(ids)], options);
    return [...new Set(ids)].filter((id) => states.get(id)?.online === true);
  }

  /** The most sessions that jobs may have at once, over all runs. Default 10, as many as servers allow. */
  get slots(): number {
    return this.#scheduled.slots;
  }

  set slots(slots: number) {
    this.#scheduled.slots = slots;
  }

  /**
   * Has a job done on one endpoint, when it is online and there is a slot. Returns at once; `result` is what it returns.
   * @throws ApiError when the target is none or an option has no meaning
   * @example const file = await cb.liveResponse.submitJob(new GetFileJob("c:\\test.txt"), sensor).result;
   */
  submitJob<T>(job: Job<T, LiveResponseSession>, target: Target, options: JobOptions = {}): SubmittedJob<T> {
    return this.#scheduled.submit(job, target, options);
  }

  /**
   * Has a job done on many endpoints, once for each. Begins when the result is first read, and gives each outcome when it
   * is there. Leaving the loop cancels the rest.
   * @param targets ids, sensors, or a query of sensors
   * @throws ApiError when a target of a list is none or an option has no meaning
   * @example
   * const job = (session: LiveResponseSession) => session.listProcesses();
   * for await (const outcome of cb.liveResponse.run(job, cb.select(Sensor))) console.log(outcome.target, outcome.state);
   */
  run<T>(
    job: Job<T, LiveResponseSession>,
    targets: Iterable<Target> | AsyncIterable<Target>,
    options: RunOptions = {},
  ): JobRun<T, LiveResponseSession> {
    return this.#scheduled.run(job, targets, options);
  }

  /**
   * Cancels the jobs that have not begun, lets those that run end by themselves for a while, gives up the sessions that
   * are being opened, and closes all that were opened here.
   * @throws AggregateError when some could not be closed
   * @throws TimeoutError when that has not ended within `timeout`, and the signal's reason when it is aborted: it goes on,
   * as long as the client's connections do
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { grace, signal, timeout } = options;
    const limit = timeout === undefined ? undefined : timeLimit(timeout);
    const late = () =>
      new TimeoutError(
        `Live Response was not closed within ${timeout} ms. Sessions that are still open take their slots until the server ends them, a few minutes later`,
        { timeout },
      );
    await waitFor(this.#close(grace), signal, limit, late);
  }

  async #close(grace: number | undefined): Promise<void> {
    await this.#jobs?.close({ grace });
    const reason = new CbApiError("Live Response has been closed while the session was being opened.", {
      code: "CLOSED",
    });
    for (const opening of this.#opening.keys()) opening.abort(reason);
    await Promise.allSettled(this.#opening.values());
    const results = await Promise.allSettled([...this.#open].map((session) => session.close()));
    // A server that does not answer must not keep the program: it ends idle sessions by itself.
    await waitFor(this.#background.settled(), undefined, CLEARING_TIME, () => reason).catch(() => {});
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
    if (errors.length > 0)
      throw new AggregateError(errors, `${errors.length} Live Response sessions could not be closed`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @param later the options for when the session is there */
  async #openSession(
    target: Target | number,
    options: OpeningOptions,
    later: LinkOptions,
  ): Promise<LiveResponseSession> {
    // Before anything is sent: what comes to light later would cost a slot.
    const { timeout, commandTimeout, keepAlive } = options;
    for (const limit of [timeout, commandTimeout, keepAlive]) {
      if (limit !== undefined && typeof limit !== "boolean") timeLimit(limit);
    }
    const closing = new AbortController();
    const { signal, release } = firstOf(options.signal, closing.signal);
    const opening = this.#openOne(target, { ...options, signal }, later).finally(() => {
      release();
      this.#opening.delete(closing);
    });
    this.#opening.set(closing, opening);
    return opening;
  }

  async #openOne(target: Target | number, options: OpeningOptions, later: LinkOptions): Promise<LiveResponseSession> {
    const since = this.api.clock.now();
    const { signal, timeout } = options;
    const endpoint = await this.dialect.endpoint(target, { signal, timeout });
    const opened = await openSession(this, endpoint, options, (work) => this.#background.add(work), since);
    const link = new SessionLink(this, endpoint, opened, later, () => this.#open.delete(session));
    const session = new LiveResponseSession(new Commands(link));
    this.#open.add(session);
    return session;
  }

  get #scheduled(): Jobs<LiveResponseSession, Target> {
    const { api, dialect } = this;
    this.#jobs ??= new Jobs<LiveResponseSession, Target>({
      clock: api.clock,
      noun: dialect.noun.charAt(0).toUpperCase() + dialect.noun.slice(1),
      log: (line) => api.logDebug(line),
      source: {
        open: (target, options) => {
          // Waiting for an endpoint that has gone offline would cost a slot.
          const mayReopen = async (signal: AbortSignal) =>
            (await dialect.endpointStates([target], { signal })).get(target)?.online === true;
          return this.#openSession(target, options, { onWait: options.onWait, mayReopen }).catch(
            async (error: unknown) => {
              // The slot of one that was given up is free when the server has been told.
              await this.#background.present();
              throw error;
            },
          );
        },
      },
      availability: { look: (targets, options) => dialect.endpointStates(targets, options) },
      identify: (target) => dialect.targetId(target) ?? (() => this.#find(target)),
    });
    return this.#jobs;
  }

  /** Loads a target that has to be looked for. */
  async #find(target: Target): Promise<number> {
    const id = this.dialect.targetId((await target) as Target);
    if (id !== undefined) return id;
    throw new CbApiError(`There is no such ${this.dialect.noun}`, { code: "INVALID_TARGET" });
  }

  #tooYoung(session: SessionData, olderThan: number): string | undefined {
    const openedAt = this.dialect.openedAt(session);
    if (openedAt === undefined) return "age not known";
    return this.api.clock.now() - openedAt > olderThan ? undefined : "not old enough";
  }

  async #end(session: SessionData, options: CallOptions): Promise<ReapOutcome> {
    try {
      await closeSession(this, session, options);
      return { session, state: "closed" };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof ObjectNotFoundError) return { session, state: "gone" };
      return { session, state: "failed", error: asError(error, "NOT_AN_ERROR") };
    }
  }

  /** Whether a session of somebody else's is used here. */
  #joined(id: SessionData["id"]): boolean {
    return [...this.#open].some(({ sessionId, isOwned }) => !isOwned && String(sessionId) === String(id));
  }

  /** Waits until it is known whether a session is one that is being opened here: its number comes with an answer. */
  async #opened(session: SessionData, signal: AbortSignal | undefined): Promise<void> {
    const endpoint = this.dialect.endpointOf(session);
    if (endpoint !== undefined) await waitFor(this.own.known(endpoint), signal, undefined, () => new Error());
  }
}
