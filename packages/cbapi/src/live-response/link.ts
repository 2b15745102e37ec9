import { setMaxListeners } from "node:events";
import type { BaseApi } from "../core/client.js";
import { CbApiError, ObjectNotFoundError } from "../core/errors.js";
import { timeLimit } from "../core/transport/limits.js";
import type { CallOptions } from "../core/transport/types.js";
import { waitFor } from "../core/transport/wait.js";
import { BackgroundWork } from "./background.js";
import type { Endpoint, LiveResponseDialect } from "./dialect.js";
import { closeSession, type Opened, openSession } from "./opening.js";
import type { OwnSessions } from "./own-sessions.js";
import { send } from "./protocol.js";
import type { Server } from "./server.js";
import type { SessionData, SessionId, SessionOptions } from "./types.js";

/** Milliseconds between two signs of life when the server does not say how long it waits. */
const KEEP_ALIVE = 60_000;
/** Milliseconds that a sign of life may take. */
const KEEP_ALIVE_TIME = 30_000;

/** What is needed of the options of a session after it was opened. */
export interface LinkOptions extends Omit<SessionOptions, "signal"> {
  /** Asked before a session that was lost is opened again; without it, it always is. Ends with the signal. */
  readonly mayReopen?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
}

/** The session on the server that commands go to, at the moment. */
export interface Current {
  readonly id: SessionId;
  /** Counts up each time that the session is opened again. */
  readonly generation: number;
  readonly data: SessionData;
}

/**
 * What stands behind a session object: the session on the server, which may get lost and be opened again, the signs of
 * life that keep it, and its end.
 */
export class SessionLink implements Server {
  readonly api: BaseApi;
  readonly dialect: LiveResponseDialect;
  readonly own: OwnSessions;
  readonly endpoint: Endpoint;
  readonly options: LinkOptions;
  readonly #onClosed: () => void;
  /** Ends all that is under way when the session is closed. */
  readonly #ending = new AbortController();
  readonly #background = new BackgroundWork();
  readonly #endings = new Set<() => Promise<unknown>>();
  #current: Current;
  #owned: boolean;
  #lost = false;
  #ended = false;
  #reopening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #touched: number;

  constructor(server: Server, endpoint: Endpoint, opened: Opened, options: LinkOptions, onClosed: () => void) {
    this.api = server.api;
    this.dialect = server.dialect;
    this.own = server.own;
    this.endpoint = endpoint;
    this.options = options;
    this.#onClosed = onClosed;
    this.#owned = opened.owned;
    this.#current = { id: opened.data.id, generation: 1, data: opened.data };
    this.#touched = performance.now();
    setMaxListeners(0, this.#ending.signal); // one for each command under way
    this.#startKeepingAlive();
  }

  /** The session on the server as it is known; it may be lost. */
  get current(): Current {
    return this.#current;
  }

  get data(): SessionData {
    return this.#current.data;
  }

  get isClosed(): boolean {
    return this.#ending.signal.aborted;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  get isOwned(): boolean {
    return this.#owned;
  }

  /** Whether it has ended on the server, or is being ended: from then on nothing can be cleared away any more. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Aborted when the session is closed. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * The session, opened again when it was lost; all who wait for that share it.
   * @throws CbApiError when it was closed
   */
  async ready(signal?: AbortSignal): Promise<Current> {
    this.#ending.signal.throwIfAborted();
    signal?.throwIfAborted();
    if (this.#lost) {
      this.#reopening ??= this.#reopen().finally(() => {
        this.#reopening = undefined;
      });
      await waitFor(this.#reopening, signal, undefined, () => new Error());
      return this.ready(signal);
    }
    return this.#current;
  }

  /** Reports that the server does not know the session any more; late news of one before it change nothing. */
  lose(generation: number): void {
    if (generation !== this.#current.generation) return;
    this.#lost = true;
    this.own.delete(this.#current.id);
  }

  /** Whether an error says that the session is gone, rather than that it has no such thing. */
  isGone(error: unknown): boolean {
    return error instanceof ObjectNotFoundError && this.dialect.sessionGone(error.serverMessage ?? "");
  }

  /** A command was sent, which starts the server's patience anew. */
  touch(): void {
    this.#touched = performance.now();
  }

  /** Lets work go on without anybody waiting for it. Closing waits for it; its failures are of no interest. */
  background(work: Promise<unknown>): void {
    this.#background.add(work);
  }

  /** Has closing wait for work of a caller's that ends with the session, and may then leave something to be cleared away. */
  async held<T>(work: Promise<T>): Promise<T> {
    this.background(work);
    return work;
  }

  /** Something to be done on the endpoint before the session is closed, unless it is taken back. */
  beforeClosing(work: () => Promise<unknown>): () => void {
    this.#endings.add(work);
    return () => this.#endings.delete(work);
  }

  async keepAlive({ signal, timeout = KEEP_ALIVE_TIME }: CallOptions = {}): Promise<void> {
    this.#ending.signal.throwIfAborted();
    const { id, generation } = this.#current;
    this.touch();
    try {
      await send(this.api, this.dialect.keepAlive(id), { signal, timeout });
    } catch (error) {
      // Another 404 may come from anywhere on the way: a session taken for lost by mistake would never be closed.
      if (this.isGone(error)) this.lose(generation);
      throw error;
    }
  }

  /** All who close it share one closing. Giving up ends only the waiting: the slot is to be free. */
  close({ signal, timeout }: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#close(timeout).catch((error: unknown) => {
      this.#closing = undefined; // the slot is still taken: the next call tries again
      throw error;
    });
    return waitFor(this.#closing, signal, undefined, () => new Error());
  }

  async #close(timeout: number | undefined): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.isClosed) {
      for (const work of this.#endings) this.background(work());
      this.#endings.clear();
      if (this.#reopening !== undefined) this.background(this.#reopening);
      const { noun } = this.dialect;
      this.#ending.abort(
        new CbApiError(`The Live Response session with ${noun} ${this.endpoint.id} has been closed; open a new one.`, {
          code: "SESSION_CLOSED",
        }),
      );
      // What ends leaves work behind: a session that was being opened is closed when its number is known.
      await this.#background.settled();
      this.#ended = true;
    }
    if (this.#owned && !this.#lost) {
      try {
        await closeSession(this, this.data, { timeout });
      } catch (error) {
        if (!(error instanceof ObjectNotFoundError)) throw error; // gone is as good as closed
      }
    }
    this.#onClosed();
  }

  async #reopen(): Promise<void> {
    const { onWait, timeout, join, mayReopen } = this.options;
    const { noun } = this.dialect;
    if (mayReopen !== undefined && !(await mayReopen(this.#ending.signal))) {
      throw new ObjectNotFoundError(
        `The session with ${noun} ${this.endpoint.id} was lost, as it is not online any more`,
        {
          code: "SESSION_LOST",
          retryable: true,
        },
      );
    }
    const options = { onWait, timeout, join, signal: this.#ending.signal };
    const opened = await openSession(this, this.endpoint, options, (work) => this.background(work));
    const { generation } = this.#current;
    this.#current = { id: opened.data.id, generation: generation + 1, data: opened.data };
    this.#owned = opened.owned;
    this.#lost = false;
    this.touch();
    this.api.logDebug(`Live Response session with ${noun} ${this.endpoint.id} was lost and opened again`);
  }

  /** A timer of its own, which keeps no program alive; the client's clock is for pauses that somebody waits for. */
  #startKeepingAlive(): void {
    const interval = this.#keepAliveInterval();
    if (interval === undefined) return;
    const due = async (): Promise<void> => {
      const idle = performance.now() - this.#touched;
      // What fails here comes to light with the next command.
      if (idle >= interval * 0.9 && !this.#lost) await this.keepAlive().catch(() => {});
      if (!this.isClosed) wait();
    };
    const wait = (): void => {
      const left = Math.max(1, interval - (performance.now() - this.#touched));
      this.#timer = setTimeout(() => void due(), left).unref();
    };
    wait();
  }

  #keepAliveInterval(): number | undefined {
    const { keepAlive = true } = this.options;
    if (keepAlive === false) return undefined;
    if (keepAlive !== true) return timeLimit(keepAlive) || undefined;
    const { sensor_wait_timeout, session_timeout } = this.data;
    const patience = [sensor_wait_timeout, session_timeout].filter(
      (seconds): seconds is number => typeof seconds === "number" && seconds > 0,
    );
    return patience.length === 0 ? KEEP_ALIVE : Math.max(1000, Math.min(...patience) * 500);
  }
}
