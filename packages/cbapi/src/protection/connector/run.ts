import type { ModelHost } from "../../core/model/host.js";
import { protection } from "../host.js";
import type { Connector } from "../models/analysis/connector.js";
import { Analysis } from "./analysis.js";
import { type Registered, RunContext } from "./context.js";
import { Intake } from "./intake.js";
import type { Settings } from "./settings.js";
import { Teller } from "./teller.js";
import { pauseBeforeRetry, troubleOf } from "./trouble.js";
import type { ConnectorProblem, ConnectorStatistics } from "./types.js";

/** How soon a server that is out of order is tried again for the first time, in milliseconds; less where it is asked more often. */
const FIRST_PAUSE = 5000;

/** A connector at work: it looks for what is pending, has it analysed and tells the server, until it is stopped. */
export class ConnectorRun {
  readonly #context: RunContext;
  readonly #teller: Teller;
  readonly #under = new Map<Analysis, Promise<void>>();
  /** Ends the present pause. */
  #wake = (): void => {};

  constructor(client: ModelHost, settings: Settings) {
    this.#context = new RunContext(protection(client), settings);
    this.#teller = new Teller(this.#context);
  }

  /** @param register gives the connector as the server knows it; called until it succeeds */
  async run(register: (signal: AbortSignal) => Promise<Connector> | Connector): Promise<ConnectorStatistics> {
    const context = this.#context;
    const { signal, timeout } = context.settings;
    const stop = (): void => context.stop(signal?.reason);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    const timer = new AbortController();
    if (timeout > 0)
      context.clock.sleep(timeout, timer.signal).then(
        () => context.stop(undefined),
        () => {},
      );
    context.stopped.addEventListener("abort", () => this.#wake(), { once: true });
    try {
      const connector = await this.#untilDone("registration", async () => register(context.stopped));
      if (connector !== undefined) await this.#work(connector);
    } catch (error) {
      context.fail(error);
    } finally {
      signal?.removeEventListener("abort", stop);
      timer.abort();
    }
    await this.#end();
    if (context.fault !== undefined) throw context.fault.error;
    return context.statistics;
  }

  async #work(connector: Connector): Promise<void> {
    const { stopped, settings, clock, known } = this.#context;
    const { id, name, connectorVersion: version } = connector;
    const registered: Registered = { id: Number(id), name, version };
    const intake = new Intake(this.#context, connector);
    while (!stopped.aborted) {
      const free = settings.concurrency - this.#under.size;
      const next = free <= 0 ? [] : await this.#untilDone("list", () => intake.next(free, { signal: stopped }));
      for (const pending of next ?? []) {
        if (!stopped.aborted) this.#begin(new Analysis(this.#context, this.#teller, registered, pending));
      }
      // Where there is more to do than hands to do it, the next look is when a hand is free; one may be free by now.
      if (this.#under.size >= settings.concurrency) await this.#rest(Number.POSITIVE_INFINITY);
      else if (!intake.mayHaveMore) {
        const now = clock.now();
        await this.#rest(Math.max(0, Math.min(intake.readAt + settings.interval, known.nextDue(now)) - now));
      }
    }
  }

  #begin(analysis: Analysis): void {
    const ended = analysis.run().finally(() => {
      const wasFull = this.#under.size >= this.#context.settings.concurrency;
      this.#under.delete(analysis);
      if (wasFull) this.#wake();
    });
    this.#under.set(analysis, ended);
  }

  /** Does something as often as it takes while the server is out of order. Gives `undefined` when stopped before it is done. */
  async #untilDone<T>(during: ConnectorProblem["during"], action: () => Promise<T>): Promise<T | undefined> {
    const { stopped, settings, reached } = this.#context;
    for (let failures = 1; !stopped.aborted; failures++) {
      try {
        return await action();
      } catch (error) {
        if (stopped.aborted) return undefined;
        if (troubleOf(error, reached) !== "passing") throw error;
        const retryIn = pauseBeforeRetry(failures, Math.min(FIRST_PAUSE, settings.interval), error);
        await this.#context.problem(error, { during, retryIn });
        await this.#rest(retryIn);
      }
    }
    return undefined;
  }

  /** Waits so many milliseconds, or until something is to be done before. */
  async #rest(milliseconds: number): Promise<void> {
    const { clock, stopped } = this.#context;
    if (stopped.aborted) return;
    const woken = new AbortController();
    const wake = new Promise<void>((resolve) => {
      this.#wake = () => {
        woken.abort();
        resolve();
      };
    });
    const pause = Number.isFinite(milliseconds) ? clock.sleep(milliseconds, woken.signal).catch(() => {}) : wake;
    await Promise.race([wake, pause]);
  }

  /** Waits for what is under way, but not longer than is allowed. */
  async #end(): Promise<void> {
    const { clock, settings } = this.#context;
    const timer = new AbortController();
    const late = clock.sleep(settings.stopTimeout, timer.signal).then(
      () => true,
      () => false,
    );
    const all = Promise.all(this.#under.values()).then(() => false);
    const isLate = this.#under.size > 0 && (await Promise.race([all, late]));
    timer.abort();
    if (!isLate) return;
    this.#context.giveUp();
    for (const [analysis, ended] of this.#under) {
      if (analysis.abandon()) await this.#context.report({ outcome: "left", pending: analysis.pending });
      else await ended;
    }
  }
}
