import { setMaxListeners } from "node:events";
import { CbApiError, ObjectNotFoundError, TimeoutError, UnauthorizedError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { onAbort } from "../../core/signals.js";
import type { Notification } from "../models/analysis/notification.js";
import type { PendingAnalysis } from "../models/analysis/pending-analysis.js";
import { AnalysisStatus } from "../models/names.js";
import { AnalysisFile } from "./analysis-file.js";
import type { Registered, RunContext } from "./context.js";
import { errorText } from "./error-text.js";
import type { Known } from "./known-analyses.js";
import type { Teller, Told } from "./teller.js";
import { pauseBeforeRetry, troubleOf } from "./trouble.js";
import type {
  AnalysisDeferral,
  AnalysisOutcome,
  AnalysisProgressCode,
  AnalysisRefusal,
  AnalysisVerdict,
} from "./types.js";

/** A deferral is never shorter, in milliseconds. */
const SHORTEST_DEFERRAL = 1000;
/** So often a download may break off, because the server is out of order, before that counts as a failure. */
const MOST_BROKEN_DOWNLOADS = 10;

/** One analysis, from being handed over until the server knows what became of it, or it is put off. */
export class Analysis {
  readonly #context: RunContext;
  readonly #teller: Teller;
  readonly #connector: Registered;
  readonly pending: PendingAnalysis;
  readonly #known: Known;
  readonly #file: AnalysisFile;
  readonly #controller = new AbortController();
  #progress: Promise<unknown> = Promise.resolve();
  #reached: number;
  #isGone = false;
  /** Whether it is in the caller's hands. */
  #isOut = false;
  #isAbandoned = false;

  constructor(context: RunContext, teller: Teller, connector: Registered, pending: PendingAnalysis) {
    this.#context = context;
    this.#teller = teller;
    this.#connector = connector;
    this.pending = pending;
    this.#known = context.known.begin(pending.id);
    setMaxListeners(0, this.#controller.signal);
    this.#file = new AnalysisFile(pending, this.#controller.signal);
    this.#reached = pending.analysisStatus ?? AnalysisStatus.Scheduled;
  }

  /** Settles when it is over for now, and never rejects: what ends the whole run is noted there. */
  async run(): Promise<void> {
    try {
      if (this.#known.state === "running" && this.#known.result !== undefined) await this.#tellAgain();
      else await this.#analyse();
    } catch (error) {
      this.#context.fail(error);
      this.#wait(0);
      if (!this.#isAbandoned) await this.#context.report({ outcome: "left", pending: this.pending });
    }
  }

  /** Whether it is still in the caller's hands: then it is left to itself, and whatever comes of it is dropped. */
  abandon(): boolean {
    if (this.#isOut) this.#isAbandoned = true;
    return this.#isAbandoned;
  }

  async #analyse(): Promise<void> {
    let outcome: AnalysisOutcome;
    let notification: (() => Notification) | undefined;
    try {
      outcome = checked(await this.#handOver());
      if (isVerdict(outcome)) notification = this.#notificationOf(outcome);
    } catch (error) {
      if (!this.#isAbandoned) await this.#failed(error);
      return;
    }
    if (this.#isAbandoned) return;
    if (this.#isGone) return this.#over("gone");
    if (notification !== undefined) return this.#tellResult(outcome as AnalysisVerdict, notification);
    if (isDeferral(outcome)) return this.#defer(outcome);
    await this.#cancel(outcome as AnalysisRefusal);
  }

  async #handOver(): Promise<unknown> {
    const { clock, settings, stopped } = this.#context;
    const { signal } = this.#controller;
    const released = onAbort(stopped, () => this.#controller.abort(stopped.reason));
    const timer = new AbortController();
    const limit = settings.analysisTimeout;
    if (limit > 0) {
      const late = () =>
        this.#controller.abort(new TimeoutError(`The analysis was not done within ${limit} ms`, { timeout: limit }));
      clock.sleep(limit, timer.signal).then(late, () => {});
    }
    this.#isOut = true;
    try {
      return await settings.analyse(this.pending, {
        file: this.#file,
        signal,
        attempt: this.#known.failures + 1,
        deferrals: this.#known.deferrals,
        reportProgress: (status) => this.#reportProgress(status),
      });
    } finally {
      this.#isOut = false;
      timer.abort();
      released();
      this.#file.release();
      // The server must not hear of a step after it has heard of the end.
      await this.#progress.catch(() => {});
    }
  }

  #reportProgress(status: AnalysisProgressCode): Promise<void> {
    if (status !== AnalysisStatus.Submitted && status !== AnalysisStatus.Processed) {
      return Promise.reject(invalidArgument(`Progress is 1 (Submitted) or 2 (Processed), got ${String(status)}`));
    }
    const step = this.#progress.catch(() => {}).then(() => this.#step(status));
    this.#progress = step;
    step.catch(() => {}); // a caller who does not wait for it hears of it by the signal
    return step;
  }

  async #step(status: AnalysisProgressCode): Promise<void> {
    const { signal } = this.#controller;
    if (!this.#isOut || this.#reached >= status) return;
    signal.throwIfAborted();
    try {
      const told = await this.#teller.progress(this.pending, status, { signal });
      this.#reached = status;
      if (told === "told") return;
    } catch (error) {
      if (!signal.aborted) this.#context.fail(error);
      throw error;
    }
    this.#isGone = true;
    const error = new CbApiError(`Analysis ${this.pending.id} was ended by somebody else`, { code: "ANALYSIS_GONE" });
    this.#controller.abort(error);
    throw error;
  }

  #notificationOf({ result, ...values }: AnalysisVerdict): () => Notification {
    const { name: product, version } = this.#connector;
    const usual = { time: new Date(this.#context.clock.now()), connectorId: this.#connector.id };
    const from = { ...(product === undefined ? {} : { product }), ...(version === undefined ? {} : { version }) };
    const make = () => this.pending.createNotification({ ...usual, ...from, ...values, analysisResult: result });
    make(); // so that what cannot be sent is found now
    return make;
  }

  async #tellResult({ result }: AnalysisVerdict, notification: () => Notification): Promise<void> {
    const told = await this.#teller.result(this.pending, result, notification);
    if (typeof told !== "string") return this.#tellFailure(told.refused);
    if (told !== "told") return this.#over(told);
    this.#known.state = "told";
    this.#known.result = { code: result, at: this.#context.clock.now() };
    await this.#context.report({ outcome: "analysed", pending: this.pending, result });
  }

  /** The server took the result and has left the analysis pending: it is told in the other way, once. */
  async #tellAgain(): Promise<void> {
    const { code } = this.#known.result as NonNullable<Known["result"]>;
    this.#known.result = undefined;
    const values = { analysisStatus: AnalysisStatus.Analyzed, analysisResult: code };
    const told = await this.#teller.status(this.pending, values);
    this.#known.state = "told";
    if (typeof told !== "string") {
      await this.#context.problem(told.refused, { during: "report", pending: this.pending });
    }
  }

  async #defer({ defer, reason }: AnalysisDeferral): Promise<void> {
    const { clock, settings } = this.#context;
    const pause = defer === "uploaded" ? settings.interval : Math.max(defer, SHORTEST_DEFERRAL);
    const forUpload = defer === "uploaded" && this.pending.uploaded !== true;
    this.#known.deferrals++;
    this.#wait(forUpload ? 0 : pause, forUpload);
    const until = forUpload ? ("uploaded" as const) : new Date(clock.now() + pause);
    await this.#context.report({ outcome: "deferred", pending: this.pending, until, reason });
  }

  async #cancel({ cancel: reason }: AnalysisRefusal): Promise<void> {
    const told = await this.#teller.status(this.pending, { analysisStatus: AnalysisStatus.Cancelled });
    if (typeof told !== "string") return this.#tellFailure(told.refused);
    if (told !== "told") return this.#over(told);
    this.#known.state = "told";
    await this.#context.report({ outcome: "refused", pending: this.pending, reason });
  }

  async #failed(thrown: unknown): Promise<void> {
    const { settings, stopped, deadline } = this.#context;
    const known = this.#known;
    if (this.#isGone) return this.#over("gone");
    if (stopped.aborted) return this.#over("left");
    const { failure } = this.#file;
    if (failure instanceof CbApiError && failure.code === "NOT_UPLOADED") return this.#defer({ defer: "uploaded" });
    // What the caller's code makes of a download that broke off, or of a signal, says less than these do.
    const { signal } = this.#controller;
    const error: unknown = failure ?? (signal.aborted ? signal.reason : thrown);
    const during = failure === undefined ? "analysis" : "download";
    if (failure !== undefined) {
      const trouble = troubleOf(failure, true);
      if (failure instanceof UnauthorizedError) throw failure;
      if (trouble === "passing" && known.brokenDownloads < MOST_BROKEN_DOWNLOADS) {
        known.brokenDownloads++;
        return this.#tryAgain(error, during, pauseBeforeRetry(known.brokenDownloads, settings.interval, failure));
      }
      const isMissing = failure instanceof ObjectNotFoundError;
      if (isMissing && (await this.#teller.isPending(this.pending, { signal: deadline })) === false) {
        return this.#over("gone");
      }
    }
    known.failures++;
    if (known.failures < settings.attempts) {
      return this.#tryAgain(error, during, pauseBeforeRetry(known.failures, settings.interval));
    }
    await this.#context.problem(error, { during, pending: this.pending });
    await this.#tellFailure(error);
  }

  async #tryAgain(error: unknown, during: "analysis" | "download", retryIn: number): Promise<void> {
    this.#wait(retryIn);
    await this.#context.problem(error, { during, pending: this.pending, retryIn });
  }

  async #tellFailure(error: unknown): Promise<void> {
    const { client } = this.#context;
    const analysisError = errorText(error, (text) => client.withoutSecrets(text));
    const told = await this.#teller.status(this.pending, { analysisStatus: AnalysisStatus.Error, analysisError });
    if (told === "gone" || told === "left") return this.#over(told);
    // Where the server takes not even that, it is not tried for ever.
    this.#known.state = "told";
    if (typeof told !== "string") {
      await this.#context.problem(told.refused, { during: "report", pending: this.pending });
    }
    const shown = error instanceof Error ? error : new CbApiError(analysisError, { code: "ANALYSIS_FAILED" });
    await this.#context.report({ outcome: "failed", pending: this.pending, error: shown });
  }

  async #over(told: Extract<Told, string> & ("gone" | "left")): Promise<void> {
    if (told === "gone") this.#known.state = "told";
    else this.#wait(0);
    await this.#context.report({ outcome: told, pending: this.pending });
  }

  #wait(pause: number, forUpload = false): void {
    this.#known.state = "waiting";
    this.#known.due = this.#context.clock.now() + pause;
    this.#known.forUpload = forUpload;
  }
}

/** What a caller's code has given, if it is one of the three. */
function checked(outcome: unknown): AnalysisOutcome {
  const { result, defer, cancel } = (outcome ?? {}) as Partial<Record<"result" | "defer" | "cancel", unknown>>;
  if ([result, defer, cancel].filter((each) => each !== undefined).length === 1) {
    const isTime = (typeof defer === "number" && defer >= 0) || defer === "uploaded";
    if (typeof result === "number" || isTime || typeof cancel === "string") return outcome as AnalysisOutcome;
  }
  throw invalidArgument(
    'analyse() gives { result, ... }, { defer: milliseconds or "uploaded" } or { cancel: why }, and this is none of them',
  );
}

/** Members may be there and be `undefined`. */
function isVerdict(outcome: AnalysisOutcome): outcome is AnalysisVerdict {
  return "result" in outcome && outcome.result !== undefined;
}

function isDeferral(outcome: AnalysisOutcome): outcome is AnalysisDeferral {
  return "defer" in outcome && outcome.defer !== undefined;
}
