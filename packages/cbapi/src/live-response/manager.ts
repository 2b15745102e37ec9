import type { BaseApi } from "../core/client.js";
import { CbApiError, ObjectNotFoundError } from "../core/errors.js";
import type { CallOptions } from "../core/transport/types.js";
import { Commands } from "./commands.js";
import type { LiveResponseDialect } from "./dialect.js";
import { SessionLink } from "./link.js";
import { closeSession, listSessions, openSession } from "./opening.js";
import { LiveResponseSession } from "./session.js";
import type { LiveResponseTarget, ReapOptions, ReapOutcome, SessionData, SessionOptions } from "./types.js";

/** Live Response on one server: its sessions, and jobs over many endpoints. */
export class LiveResponse implements AsyncDisposable {
  /** @internal */
  readonly api: BaseApi;
  /** @internal */
  readonly dialect: LiveResponseDialect;
  readonly #open = new Set<LiveResponseSession>();
  readonly #background = new Set<Promise<unknown>>();

  /** @internal Every client has one: `cb.liveResponse`. */
  constructor(api: BaseApi, dialect: LiveResponseDialect) {
    this.api = api;
    this.dialect = dialect;
  }

  /** The sessions that were opened here and are not closed. Each that is not joined takes a slot of the server. */
  get openSessions(): readonly LiveResponseSession[] {
    return [...this.#open];
  }

  /**
   * Opens a session with an endpoint and waits until it is there. When the server has no slot, one is waited for. Close
   * the session, or let `await using` do so.
   * @throws ApiError when the server or the endpoint does not have Live Response
   * @throws TimeoutError when no slot came free or the endpoint did not check in within `timeout` (default 6 minutes)
   * @example await using session = await cb.liveResponse.openSession(3);
   */
  async openSession(target: LiveResponseTarget, options: SessionOptions = {}): Promise<LiveResponseSession> {
    const { signal } = options;
    const endpoint = await this.dialect.endpoint(target, { signal });
    const opened = await openSession(this, endpoint, options, (work) => this.#later(work));
    const link = new SessionLink(this, endpoint, opened, options, () => this.#open.delete(session));
    const session = new LiveResponseSession(new Commands(link));
    this.#open.add(session);
    return session;
  }

  /**
   * The sessions that the server has, of all users: `GET /api/v1/cblr/session`.
   * @param options `activeOnly`: whether to leave out those that have ended. Default true.
   */
  async sessions(options: CallOptions & { activeOnly?: boolean } = {}): Promise<SessionData[]> {
    const { activeOnly = true, signal, timeout } = options;
    return listSessions(this, activeOnly, { signal, timeout });
  }

  /**
   * Closes sessions that were left over, so that their slots are free: reads the list, then closes each that meets all
   * conditions. Sessions that were opened here and are in use are kept.
   * @returns what became of each session in the list
   * @throws ApiError when no condition is given: that would close everybody's sessions
   * @example await cb.liveResponse.reap({ olderThan: 3_600_000, dryRun: true });
   */
  async reap(options: ReapOptions): Promise<ReapOutcome[]> {
    const { olderThan, ids, targets, dryRun = false, signal, timeout } = options;
    if (olderThan === undefined && ids === undefined && targets === undefined) {
      throw new CbApiError("reap() needs a condition (olderThan, ids or targets): without one it would end all sessions", {
        code: "INVALID_ARGUMENT",
      });
    }
    const endpoints = targets?.map((target) => this.dialect.targetId(target));
    const keep = (session: SessionData): string | undefined => {
      if ([...this.#open].some(({ sessionId }) => String(sessionId) === String(session.id))) return "in use here";
      if (ids !== undefined && !ids.some((id) => String(id) === String(session.id))) return "another id";
      const endpoint = this.dialect.endpointOf(session);
      if (endpoints !== undefined && (endpoint === undefined || !endpoints.includes(endpoint))) {
        return `another ${this.dialect.noun}`;
      }
      return olderThan === undefined ? undefined : this.#tooYoung(session, olderThan);
    };
    const outcomes: ReapOutcome[] = [];
    for (const session of await this.sessions({ signal, timeout })) {
      const reason = keep(session);
      if (reason !== undefined) outcomes.push({ session, state: "kept", reason });
      else if (dryRun) outcomes.push({ session, state: "would close" });
      else outcomes.push(await this.#end(session, { signal, timeout }));
    }
    return outcomes;
  }

  /**
   * Closes all sessions that were opened here.
   * @throws AggregateError when some could not be closed
   */
  async close(): Promise<void> {
    const results = await Promise.allSettled([...this.#open].map((session) => session.close()));
    await Promise.allSettled(this.#background);
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} Live Response sessions could not be closed`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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
      return { session, state: "failed", error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #later(work: Promise<unknown>): void {
    const done: Promise<unknown> = work.catch(() => {}).finally(() => this.#background.delete(done));
    this.#background.add(done);
  }
}
