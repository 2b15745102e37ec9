import type { Clock } from "../../core/clock.js";
import { ApiError, ConnectionError, ServerError, TimeoutError } from "../../core/errors.js";
import type { Entry } from "../../core/model/document.js";
import { withMessage } from "../../core/model/fresh-error.js";
import { Model } from "../../core/model/model.js";
import { takeOver } from "../../core/model/rebase.js";
import { inTurn } from "../../core/model/turns.js";
import { readNow, sendWrites } from "../../core/model/write.js";
import type { SaveOptions } from "../../core/model/write-plan.js";
import { isPassing } from "../../core/passing.js";
import { pauseAfter } from "../../core/pauses.js";
import { timeLimit } from "../../core/transport/limits.js";
import type { CallOptions } from "../../core/transport/types.js";
import { connected } from "../host.js";
import type { Sensor } from "../models/sensor/sensor.js";
import { sensorUpdate } from "../models/sensor/writes.js";
import { type IsolationState, isolationStateOf, isRequested, refuseUnsupported } from "./state.js";

/** What is known while an isolation, or its end, is waited for. */
export interface IsolationProgress {
  /** The sensor that is waited for. */
  readonly sensorId: number;
  /** How far it has come. */
  readonly state: IsolationState;
  /** The sensor's `status`: one that is `Offline` carries out nothing before it is back. */
  readonly status: string | undefined;
  /** How long this call has waited, in milliseconds. */
  readonly waited: number;
  /** In how many milliseconds the sensor is looked at again. */
  readonly pause: number;
  /** Why the sensor could not be looked at this time; absent when it could. */
  readonly error?: Error;
}

/** How an isolation, or its end, is waited for. */
export interface IsolateOptions extends CallOptions, Pick<SaveOptions, "dryRun"> {
  /**
   * For how long to wait until the endpoint is isolated or released, in milliseconds; without it there is no limit.
   * A request that was sent stays in force.
   */
  readonly timeout?: number | undefined;
  /** Stops the waiting; a request that was sent stays in force. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each pause and awaited. What it throws ends this call. */
  readonly onWait?: ((progress: IsolationProgress) => void | Promise<void>) | undefined;
}

/** The endpoint is isolated, or released, as was asked for. */
export interface IsolationResult {
  /** Whether a change was sent, by this call or by one that was under way and that it joined. */
  readonly changed: boolean;
  /** How long it took, in milliseconds. */
  readonly waited: number;
  /** What holds now. */
  readonly state: "isolated" | "none";
}

/** One call that waits. */
interface Waiter {
  readonly sensor: Sensor;
  readonly since: number;
  /** By the client's clock; infinite without a limit. */
  readonly deadline: number;
  readonly timeout: number;
  readonly onWait: IsolateOptions["onWait"];
  /** Settles when the call has ended. */
  readonly left: Promise<void>;
  /** Frees what the call holds, and ends it. */
  resolve(result: IsolationResult): void;
  reject(error: unknown): void;
}

/** Brings one sensor into isolation, or out of it, for all calls that want that at the same time. */
export class IsolationEffort {
  readonly wanted: boolean;
  /** Settles, and never rejects, when nothing that was started here is under way any more. */
  readonly ended: Promise<void>;
  readonly #sensor: Sensor;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #over = false;
  #sent = false;
  /** The server has said that it has the request. */
  #accepted = false;
  #latest: Entry | undefined;
  /** Why the latest look at the sensor failed. */
  #trouble: Error | undefined;

  /** @param before what has to have ended before this may begin: a request of its own may be under way */
  constructor(sensor: Sensor, wanted: boolean, clock: Clock, before: Promise<void> = Promise.resolve()) {
    this.wanted = wanted;
    this.#sensor = sensor;
    this.#clock = clock;
    this.ended = before
      .then(() => this.#run())
      .then(
        () => this.#succeed(),
        (error: unknown) => this.#fail(error),
      );
  }

  /** Whether it is too late to join. */
  get isOver(): boolean {
    return this.#over;
  }

  join(sensor: Sensor, { timeout, signal, onWait }: IsolateOptions): Promise<IsolationResult> {
    const limit = timeout === undefined ? 0 : timeLimit(timeout);
    const since = this.#clock.now();
    return new Promise((resolve, reject) => {
      const stopped = () => {
        this.#leave(waiter, signal?.reason);
        this.#logStop();
      };
      // The loop looks at the client's clock; this ends a call while a request hangs.
      const timer = limit === 0 ? undefined : setTimeout(() => this.#leave(waiter, this.#late(waiter)), limit);
      let leave = () => {};
      const left = new Promise<void>((ended) => {
        leave = ended;
      });
      const free = () => {
        leave();
        clearTimeout(timer);
        signal?.removeEventListener("abort", stopped);
      };
      const waiter: Waiter = {
        sensor,
        since,
        deadline: limit === 0 ? Number.POSITIVE_INFINITY : since + limit,
        timeout: limit,
        onWait,
        left,
        resolve: (result) => {
          free();
          resolve(result);
        },
        reject: (error) => {
          free();
          reject(error as Error);
        },
      };
      signal?.addEventListener("abort", stopped, { once: true });
      this.#waiters.add(waiter);
      if (this.#latest !== undefined) takeOver(sensor, this.#latest, ["network_isolation_enabled"]);
    });
  }

  /** A signal gives its own reason, which cannot say what is left behind: the log does. */
  #logStop(): void {
    const what = this.wanted ? "isolation" : "release";
    const left = this.#sent || this.#isAsked ? "its request stays in force" : "nothing was sent";
    Model.stateOf(this.#sensor).client.logDebug(
      `Stopped waiting for the ${what} of Sensor ${this.#sensor.id}: ${left}`,
    );
  }

  /** Ends all calls that wait here: the opposite was asked for after them, and the last word counts. */
  supersede(): void {
    const was = this.wanted ? "isolate" : "unisolate";
    const now = this.wanted ? "unisolate" : "isolate";
    for (const waiter of this.#waiters) {
      this.#leave(
        waiter,
        new ApiError(`${was}() of Sensor ${this.#sensor.id} was given up: ${now}() was called after it`, {
          code: "SUPERSEDED",
        }),
      );
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    // The document from before the request, once that is sent, says nothing of what came of it.
    let entry = await inTurn(this.#sensor, { signal }, () => this.#request(signal));
    let seen = entry !== undefined;
    entry ??= await this.#look(signal);
    for (let n = 0; ; n++) {
      if (entry !== undefined) {
        const requested = isRequested(entry.document) === this.wanted;
        if (!requested) throw this.#withdrawn(seen);
        seen = true;
        if (this.#holds(entry)) return;
      }
      await this.#pause(pauseAfter(n), signal);
      entry = await this.#look(signal);
    }
  }

  /** Asks for it; gives the sensor where that was done already. */
  async #request(signal: AbortSignal): Promise<Entry | undefined> {
    signal.throwIfAborted();
    const { client } = Model.stateOf(this.#sensor);
    const { cb_server_version: version } = await connected(client, { signal });
    const entry = this.#show(await readNow(this.#sensor, { signal }));
    const { document } = entry;
    refuseUnsupported(document, this.wanted);
    if (isRequested(document) === this.wanted) return entry;
    signal.throwIfAborted();
    const { id } = this.#sensor;
    const request = sensorUpdate(id, document, { network_isolation_enabled: this.wanted }, version);
    client.logDebug(`Updating Sensor with unique ID ${id}`);
    this.#sent = true;
    try {
      // Not to be broken off: whoever asks for the opposite next has to know that this one has arrived before.
      await sendWrites(this.#sensor, [request], {});
      this.#accepted = true;
    } catch (error) {
      if (isRefusal(error)) throw error;
      throw withMessage(error, `The request may have arrived and take effect; ${this.#undo} takes it back`);
    }
    return undefined;
  }

  /** Looks at the sensor; `undefined` while the server, or the way to it, is out of order. */
  async #look(signal: AbortSignal): Promise<Entry | undefined> {
    try {
      const entry = this.#show(await readNow(this.#sensor, { signal }));
      this.#trouble = undefined;
      return entry;
    } catch (error) {
      if (signal.aborted) throw error;
      const { client } = Model.stateOf(this.#sensor);
      if (!isPassing(error)) {
        throw withMessage(error, `The request stays in force; ${this.#undo} takes it back`);
      }
      client.logDebug(`Sensor ${this.#sensor.id} could not be looked at: ${error.message}`);
      this.#trouble = error;
      return undefined;
    }
  }

  /** Every call's object is to show what was read. */
  #show(entry: Entry): Entry {
    this.#latest = entry;
    for (const { sensor } of this.#waiters) takeOver(sensor, entry, ["network_isolation_enabled"]);
    return entry;
  }

  #holds({ document }: Entry): boolean {
    return isolationStateOf(document) === (this.wanted ? "isolated" : "none");
  }

  /** Pauses, and ends the calls whose time runs out meanwhile. */
  async #pause(length: number, signal: AbortSignal): Promise<void> {
    // A callback that never comes back holds up the others only until its own call ends.
    await Promise.all(Array.from(this.#waiters, (waiter) => Promise.race([this.#report(waiter, length), waiter.left])));
    for (let left = length; left > 0; ) {
      signal.throwIfAborted();
      const deadlines = Array.from(this.#waiters, ({ deadline }) => deadline - this.#clock.now());
      const pause = Math.max(0, Math.min(left, ...deadlines));
      await this.#clock.sleep(pause, signal);
      left -= pause;
      const now = this.#clock.now();
      for (const waiter of this.#waiters) if (waiter.deadline <= now) this.#leave(waiter, this.#late(waiter));
    }
  }

  async #report(waiter: Waiter, pause: number): Promise<void> {
    try {
      await waiter.onWait?.({
        sensorId: this.#sensor.id,
        state: this.#state,
        status: this.#status,
        waited: this.#clock.now() - waiter.since,
        pause,
        ...(this.#trouble === undefined ? {} : { error: this.#trouble }),
      });
    } catch (error) {
      this.#leave(waiter, error);
    }
  }

  #leave(waiter: Waiter, reason: unknown): void {
    if (!this.#waiters.delete(waiter)) return;
    waiter.reject(reason);
    if (this.#waiters.size > 0) return;
    this.#over = true;
    this.#stop.abort(reason);
  }

  #succeed(): void {
    this.#over = true;
    const now = this.#clock.now();
    for (const { resolve, since } of this.#waiters) {
      resolve({ changed: this.#sent, waited: now - since, state: this.wanted ? "isolated" : "none" });
    }
    this.#waiters.clear();
  }

  #fail(error: unknown): void {
    this.#over = true;
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters.clear();
  }

  get #state(): IsolationState {
    return isolationStateOf(this.#latest?.document ?? {});
  }

  /** Whether the server has the request, as far as it has told. */
  get #isAsked(): boolean {
    if (this.#accepted) return true;
    return this.#latest !== undefined && isRequested(this.#latest.document) === this.wanted;
  }

  get #undo(): string {
    return this.wanted ? "unisolate()" : "isolate()";
  }

  get #status(): string | undefined {
    const status = this.#latest?.document["status"];
    return typeof status === "string" ? status : undefined;
  }

  /** What a call is told whose time is up. */
  #late({ timeout }: Waiter): TimeoutError {
    const what = `Sensor ${this.#sensor.id} is not ${this.wanted ? "isolated" : "released"} after ${timeout} ms`;
    if (this.#latest === undefined) {
      return new TimeoutError(`${what}: it could not be read in that time, and nothing was sent`, { timeout });
    }
    const request = this.#isAsked
      ? "The request stays in force and takes effect when the sensor checks in"
      : "The request was on its way, and may take effect";
    const trouble = this.#trouble === undefined ? "" : `. The latest look at it failed: ${this.#trouble.message}`;
    return new TimeoutError(
      `${what}: its state is ${this.#state}, its status ${this.#status ?? "unknown"}. ${request}; ${this.#undo} takes it back${trouble}`,
      { timeout, cause: this.#trouble },
    );
  }

  /** @param seen whether the request was in force before */
  #withdrawn(seen: boolean): ApiError {
    const id = `Sensor ${this.#sensor.id}`;
    const what = this.wanted ? "isolation" : "release";
    if (seen) {
      return new ApiError(`${id} is no longer asked for its ${what}: somebody else has taken the request back`, {
        code: "SUPERSEDED",
      });
    }
    return new ServerError(`The server accepted the ${what} of ${id}, and does not have the request`, {
      code: "WRITE_NOT_APPLIED",
    });
  }
}

/** Whether the server was not reached, or said no: nothing was changed. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.kind !== "reset" && error.kind !== "closed";
  return error instanceof ApiError && (error.code === "REFUSED" || (error.status ?? 500) < 500);
}
