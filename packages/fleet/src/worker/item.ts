import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { CbApiError, ObjectNotFoundError, TimeoutError } from "cbapi";
import type { LiveResponseSession } from "cbapi/response";
import type { JobDefinition } from "../job.js";
import type { Lease } from "../slots/lease.js";
import { Attempt } from "./attempt.js";
import type { ItemHost } from "./host.js";
import { endWithout, isFinal, isOfServer, outcomeOf } from "./outcome.js";
import { Gathered } from "./signals.js";
import type { WatchedRun } from "./watch.js";

/** A job on one endpoint as it waits in the queue. */
export interface ItemData {
  readonly run: string;
  readonly target: number;
  /** How often the endpoint was found offline in a row. */
  readonly away?: number;
  /** How often no session could be opened. */
  readonly opened?: number;
  /** How often the server was in trouble in a row. */
  readonly trouble?: number;
}

/** What comes of looking at an item: it is over, or it is looked at again after so many milliseconds. */
export type Verdict = "over" | { readonly after: number; readonly data: ItemData };

/** Milliseconds after which somebody else who offers the job may have come. */
const OTHER_WORKER = 2000;
/** Milliseconds after which a sensor that has another session of the fleet is tried again. */
const BUSY = 1000;
/** Milliseconds for which it is believed that an endpoint is online. */
const FRESH = 15_000;
/** Milliseconds between two looks at an endpoint whose session is being opened. */
const WATCH = 15_000;
/** The pauses after sessions that could not be opened, in milliseconds; then the job fails. */
const OPEN_PAUSES = [2000, 10_000, 60_000];
/** How often, and after how many milliseconds each, it is looked whether a session that was given up is closed. */
const CLOSED_LOOKS = 25;
const CLOSED_PAUSE = 200;

/** One look at an item of the queue: everything from whether there is anything to do to the outcome. */
export class Item {
  readonly #host: ItemHost;
  readonly #data: ItemData;
  readonly #run: WatchedRun;
  readonly #definition: JobDefinition;

  private constructor(host: ItemHost, data: ItemData, run: WatchedRun, definition: JobDefinition) {
    this.#host = host;
    this.#data = data;
    this.#run = run;
    this.#definition = definition;
  }

  static async work(host: ItemHost, data: ItemData): Promise<Verdict> {
    const verdict = await host.runs.during(data.run, async (run): Promise<Verdict> => {
      const definition = host.definitions.get(run.record.job);
      // Another worker may have it. The run's deadline ends the waiting for one.
      if (definition === undefined) return { after: OTHER_WORKER, data };
      return new Item(host, data, run, definition).#work();
    });
    return verdict ?? "over";
  }

  get #mayRepeat(): boolean {
    return !this.#definition.changes || this.#run.record.rerun;
  }

  async #work(): Promise<Verdict> {
    const { presences, ledger } = this.#host;
    const { record } = this.#run;
    const { target } = this.#data;
    // Whatever needs no session is found out without a slot.
    const first = await this.#begin({ id: randomUUID() });
    if (first.word !== "late") return first.word === "busy" ? this.#again(BUSY) : "over";
    let params = record.params;
    try {
      params = this.#definition.parameters === undefined ? params : this.#definition.parameters(params);
      const presence = await presences.look(target);
      if (presence === "absent") throw new ObjectNotFoundError(`Sensor ${target} could not be found`);
      await ledger.offline(record.id, target, presence === "offline");
      if (presence === "offline") return this.#away();
    } catch (error) {
      if (isOfServer(error) || error instanceof TimeoutError) return this.#trouble(error);
      return await this.#fail(error, first.attempt);
    }
    const seenAt = performance.now();
    const lease = await this.#take();
    if (lease === undefined) return this.#again(this.#host.stopping.aborted ? 0 : BUSY);
    return this.#with(lease, seenAt, params, first.attempt);
  }

  /** Waits for a slot as long as the job may begin. */
  async #take(): Promise<Lease | undefined> {
    const { slots, stopping } = this.#host;
    const { record, cancelled } = this.#run;
    using waits = new Gathered([stopping, cancelled]);
    waits.after((record.deadline ?? Number.POSITIVE_INFINITY) - Date.now(), () => new Error("The deadline has come"));
    try {
      return await slots.take(this.#data.target, waits.signal);
    } catch (error) {
      if (waits.signal.aborted) return undefined;
      throw error;
    }
  }

  async #with(lease: Lease, seenAt: number, params: unknown, attempts: number): Promise<Verdict> {
    const { slots, presences, ledger } = this.#host;
    let isFree = true;
    let isOpen = false;
    try {
      if (performance.now() - seenAt > FRESH && (await presences.look(lease.target)) !== "online") {
        await ledger.offline(this.#data.run, lease.target, true);
        return this.#away();
      }
      if (!(await slots.confirm(lease, lease.lost))) return this.#again(BUSY);
      isFree = false;
      const session = await this.#open(lease).catch(async (error: unknown) => {
        isFree = await this.#isClosed(lease);
        throw error;
      });
      isOpen = true;
      try {
        lease.session = () => String(session.sessionId);
        await slots.note(lease);
        return await this.#onSession(session, lease, params);
      } finally {
        isFree = await this.#close(session);
      }
    } catch (error) {
      if (lease.lost.aborted || this.#host.stopping.aborted) return this.#again(this.#host.stopping.aborted ? 0 : BUSY);
      if (this.#run.cancelled.aborted) return this.#again(0);
      if (isOpen) throw error;
      if (error instanceof CbApiError && error.code === "WENT_OFFLINE") return this.#away();
      return await this.#notOpened(error, attempts);
    } finally {
      if (isFree) await slots.release(lease);
      else slots.abandon(lease);
    }
  }

  async #onSession(session: LiveResponseSession, lease: Lease, params: unknown): Promise<Verdict> {
    const { word, attempt } = await this.#begin(lease);
    if (word === "late" || word === "busy") return this.#again(BUSY);
    if (word !== "go") return "over";
    const end = await new Attempt({
      ...{ host: this.#host, run: this.#run, definition: this.#definition, mayRepeat: this.#mayRepeat },
      ...{ session, lease, params, number: attempt },
    }).run();
    if (end === "again") {
      await this.#host.ledger.again(this.#data.run, lease.target, lease.id);
      return this.#again(0);
    }
    const settled = this.#settle(outcomeOf(end), lease.id);
    // Redis may be away: the session is not kept open for that.
    await Promise.race([settled, pause(1000, undefined, { ref: false })]);
    await session.close().catch(() => {});
    if (!(await settled)) this.#host.log(`an outcome of sensor ${lease.target} came too late, and is not used`);
    return "over";
  }

  /** Begins an attempt; where there is none to be begun, the outcome is put. */
  async #begin(lease: { readonly id: string }) {
    const { ledger, owner } = this.#host;
    const { target } = this.#data;
    const token = { id: lease.id, owner, mayRepeat: this.#mayRepeat };
    const begun = await ledger.begin(this.#run.record, target, token);
    const { word, attempt } = begun;
    if (word !== "go" && word !== "busy" && word !== "late" && word !== "over") {
      const { state, error } = endWithout(word, { isAway: (this.#data.away ?? 0) > 0, attempts: attempt });
      await this.#settle(outcomeOf({ target, state, error, attempts: attempt, worker: owner }), lease.id);
    }
    return begun;
  }

  #settle(outcome: ReturnType<typeof outcomeOf>, lease?: string): Promise<boolean> {
    return this.#host.ledger.settle(this.#data.run, outcome, lease);
  }

  /** Opens a session, unless the endpoint goes away meanwhile: others can use the slot. */
  async #open(lease: Lease): Promise<LiveResponseSession> {
    const { server, presences, stopping } = this.#host;
    const { target } = lease;
    const { openTimeout } = this.#run.record;
    using waits = new Gathered([stopping, this.#run.cancelled, lease.lost]);
    const watch = setInterval(() => {
      presences.look(target).then(
        (presence) => {
          if (presence === "online") return;
          waits.abort(
            new CbApiError(`Sensor ${target} went offline while its session was opened`, { code: "WENT_OFFLINE" }),
          );
        },
        () => {},
      );
    }, WATCH);
    try {
      const timeout = openTimeout === Number.POSITIVE_INFINITY ? 0 : openTimeout;
      return await server.open(target, { signal: waits.signal, timeout });
    } catch (error) {
      throw waits.signal.aborted ? waits.signal.reason : error;
    } finally {
      clearInterval(watch);
    }
  }

  /** Closes a session. Gives whether that is certain. */
  async #close(session: LiveResponseSession): Promise<boolean> {
    try {
      await session.close();
      return true;
    } catch (error) {
      this.#host.log(
        `session ${session.sessionId} could not be closed, and is left to be taken over: ${String(error)}`,
      );
      return false;
    }
  }

  /** Waits until a session that was given up while it was opened has gone. Gives whether that is certain. */
  async #isClosed({ target }: Lease): Promise<boolean> {
    try {
      for (let look = 0; look < CLOSED_LOOKS; look++) {
        const sessions = await this.#host.server.sessions({ timeout: WATCH });
        if (sessions?.some((session) => session.target === target) !== true) return true;
        await pause(CLOSED_PAUSE);
      }
    } catch (error) {
      this.#host.log(`it is not known whether a session with sensor ${target} is open: ${String(error)}`);
    }
    return false;
  }

  async #notOpened(error: unknown, attempts: number): Promise<Verdict> {
    if (isOfServer(error)) return this.#trouble(error);
    const { opened = 0 } = this.#data;
    const after = OPEN_PAUSES[opened];
    if (after === undefined || isFinal(error)) return this.#fail(error, attempts);
    this.#host.log(`no session with sensor ${this.#data.target}: ${String(error)}`);
    return this.#again(after, { opened: opened + 1 });
  }

  async #fail(error: unknown, attempts: number): Promise<Verdict> {
    const { target } = this.#data;
    await this.#settle(outcomeOf({ target, state: "failed", error, attempts, worker: this.#host.owner }));
    return "over";
  }

  /** The endpoint is offline: it is looked at again after 5 seconds at first, then less and less often. */
  #away(): Verdict {
    const { away = 0 } = this.#data;
    const after = Math.min(5000 * 1.5 ** away, this.#run.record.recheck);
    return this.#again(after, { away: away + 1 });
  }

  /** The server cannot be worked with: that is no fault of the endpoint, and waited for. */
  #trouble(error: unknown): Verdict {
    const { trouble = 0 } = this.#data;
    this.#host.log(`sensor ${this.#data.target} waits, as the server is in trouble: ${String(error)}`);
    return this.#again(Math.min(1000 * 2 ** trouble, 60_000), { trouble: trouble + 1 });
  }

  #again(after: number, changes: Partial<ItemData> = {}): Verdict {
    const { run, target, opened = 0 } = this.#data;
    const deadline = this.#run.record.deadline;
    const left = deadline === undefined ? after : Math.max(0, deadline - Date.now()) + 100;
    return { after: Math.round(Math.min(after, left)), data: { run, target, opened, ...changes } };
  }
}
