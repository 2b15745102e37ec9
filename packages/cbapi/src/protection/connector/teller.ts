import { ObjectNotFoundError } from "../../core/errors.js";
import type { WriteRequest } from "../../core/model/mutable-model.js";
import { sendWrite } from "../../core/model/write.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Notification } from "../models/analysis/notification.js";
import { PendingAnalysis } from "../models/analysis/pending-analysis.js";
import { AnalysisStatus } from "../models/names.js";
import type { RunContext } from "./context.js";
import { pauseBeforeRetry, troubleOf } from "./trouble.js";
import type { AnalysisProgressCode, AnalysisResultCode } from "./types.js";

/**
 * What became of a report to the server.
 *
 * - `told`: the server has it;
 * - `gone`: the analysis is over for another reason;
 * - `left`: the connector was stopped before that was known;
 * - an error: the server refuses it, and the analysis is still pending.
 */
export type Told = "told" | "gone" | "left" | { readonly refused: Error };

/** The pause before a report is tried for the second time, in milliseconds. */
const FIRST_PAUSE = 1000;
/** So often a report is tried on a server that answers everything else. */
const MOST_TRIES = 8;

/**
 * Tells the server about analyses. An outage is waited out; a report that may have arrived is repeated only while the server
 * still has the analysis as pending.
 */
export class Teller {
  readonly #context: RunContext;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /**
   * `POST /notification`, and where the server takes none, `PUT /pendingAnalysis/{id}` with the result alone.
   * @param notification makes a new one for each try
   */
  async result(pending: PendingAnalysis, code: AnalysisResultCode, notification: () => Notification): Promise<Told> {
    const told = await this.#tell(pending, async (call) => void (await notification().save(call)));
    if (typeof told === "string") return told;
    await this.#context.problem(told.refused, { during: "report", pending });
    return this.status(pending, { analysisStatus: AnalysisStatus.Analyzed, analysisResult: code });
  }

  /** `PUT /pendingAnalysis/{id}` with a status that ends the analysis, and what belongs to it. */
  status(pending: PendingAnalysis, values: Readonly<Record<string, unknown>>): Promise<Told> {
    return this.#tell(pending, (call) => this.#put(pending, values, call));
  }

  /** The same with a status on the way. It is tried once, as nothing depends on it. */
  async progress(
    pending: PendingAnalysis,
    analysisStatus: AnalysisProgressCode,
    call: CallOptions,
  ): Promise<"told" | "gone"> {
    try {
      await this.#put(pending, { analysisStatus }, call);
      return "told";
    } catch (error) {
      call.signal?.throwIfAborted();
      const trouble = troubleOf(error, true);
      if (trouble === "fatal") throw error;
      if (trouble === "refused" && (await this.isPending(pending, call)) === false) return "gone";
      await this.#context.problem(error, { during: "progress", pending });
      return "told";
    }
  }

  /** Whether the analysis is pending; `undefined` when the server does not tell now. */
  async isPending({ id }: PendingAnalysis, call: CallOptions): Promise<boolean | undefined> {
    try {
      const document = await this.#context.client.getObject(`${PendingAnalysis.spec.path}/${id}`, undefined, call);
      const status: unknown =
        typeof document === "object" && document !== null ? Reflect.get(document, "analysisStatus") : undefined;
      return Number(status ?? AnalysisStatus.Scheduled) <= AnalysisStatus.Processed;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return false;
      call.signal?.throwIfAborted();
      const trouble = troubleOf(error, true);
      if (trouble === "fatal") throw error;
      // A server that does not let it be read tells at the next write.
      return trouble === "refused" ? true : undefined;
    }
  }

  async #put({ id }: PendingAnalysis, values: Readonly<Record<string, unknown>>, call: CallOptions): Promise<void> {
    const path = `${PendingAnalysis.spec.path}/${id}`;
    const request: WriteRequest = { method: "PUT", path, body: { id, ...values } };
    await sendWrite(this.#context.client, request, call, `analysis ${id}`);
  }

  async #tell(pending: PendingAnalysis, send: (call: CallOptions) => Promise<void>): Promise<Told> {
    const call = { signal: this.#context.deadline };
    try {
      for (let failures = 1, tries = 1; ; failures++) {
        let error: unknown;
        try {
          await send(call);
          return "told";
        } catch (thrown) {
          error = thrown;
        }
        call.signal.throwIfAborted();
        const trouble = troubleOf(error, true);
        if (trouble === "fatal") throw error;
        if (trouble === "refused") {
          if (await this.#isStillPending(pending)) return { refused: error as Error };
          return failures > 1 ? "told" : "gone"; // what seemed to fail before has arrived
        }
        const retryIn = pauseBeforeRetry(failures, FIRST_PAUSE, error);
        await this.#context.problem(error, { during: "report", pending, retryIn });
        await this.#context.clock.sleep(retryIn, call.signal);
        // It may have been carried out: then there is nothing to repeat.
        if (!(await this.#isStillPending(pending))) return "told";
        if (++tries > MOST_TRIES) return { refused: error as Error };
      }
    } catch (error) {
      if (call.signal.aborted) return "left";
      throw error;
    }
  }

  /** The same as {@link Teller.isPending}, of a server that is waited for. */
  async #isStillPending(pending: PendingAnalysis): Promise<boolean> {
    const { clock, deadline: signal } = this.#context;
    for (let failures = 1; ; failures++) {
      const answer = await this.isPending(pending, { signal });
      if (answer !== undefined) return answer;
      await clock.sleep(pauseBeforeRetry(failures, FIRST_PAUSE), signal);
    }
  }
}
