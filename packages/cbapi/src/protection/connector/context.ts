import { setMaxListeners } from "node:events";
import { asError } from "../../core/as-error.js";
import type { Clock } from "../../core/clock.js";
import type { ProtectionHost } from "../host.js";
import { KnownAnalyses } from "./known-analyses.js";
import type { Settings } from "./settings.js";
import type { AnalysisReport, ConnectorProblem, ConnectorStatistics } from "./types.js";

/** The connector that works, as the server has registered it. */
export interface Registered {
  readonly id: number;
  readonly name: string | undefined;
  readonly version: string | undefined;
}

/** What the parts of one run share. */
export class RunContext {
  readonly client: ProtectionHost;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly known = new KnownAnalyses();
  /** Whether the server has answered. */
  reached = false;
  readonly #counts = { analysed: 0, failed: 0, refused: 0, deferred: 0, gone: 0, left: 0 };
  readonly #stop = new AbortController();
  readonly #deadline = new AbortController();
  #fault: { readonly error: unknown } | undefined;

  constructor(client: ProtectionHost, settings: Settings) {
    this.client = client;
    this.clock = client.clock;
    this.settings = settings;
    // All that is under way at a time listens, and goes away when it is done.
    setMaxListeners(0, this.stopped, this.deadline);
  }

  /** Aborted when nothing new is to be begun. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborted when nothing more is to be sent. */
  get deadline(): AbortSignal {
    return this.#deadline.signal;
  }

  /** Why the run has to end; `undefined` when it was stopped, or goes on. */
  get fault(): { readonly error: unknown } | undefined {
    return this.#fault;
  }

  get statistics(): ConnectorStatistics {
    return Object.freeze({ ...this.#counts });
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** Ends the run with an error; the first one counts. */
  fail(error: unknown): void {
    this.#fault ??= { error };
    this.stop(error);
  }

  giveUp(): void {
    this.#deadline.abort(new Error("The connector was stopped"));
  }

  /** Counts what became of an analysis, and tells the caller. */
  async report(report: AnalysisReport): Promise<void> {
    this.#counts[report.outcome]++;
    try {
      await this.settings.onResult?.(report);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Tells the caller what did not work. */
  async problem(thrown: unknown, problem: Omit<ConnectorProblem, "error">): Promise<void> {
    try {
      await this.settings.onError?.({ error: asError(thrown, "ANALYSIS_FAILED"), ...problem });
    } catch (error) {
      this.fail(error);
    }
  }
}
