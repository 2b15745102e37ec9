import type { Values } from "../../core/model/declaration.js";
import type { Notification } from "../models/analysis/notification.js";
import type { PendingAnalysis } from "../models/analysis/pending-analysis.js";
import type { AnalysisResult, AnalysisStatus } from "../models/names.js";
import type { AnalysisFile } from "./analysis-file.js";

/** A result as it is told to the server. */
export type AnalysisResultCode = (typeof AnalysisResult)[keyof typeof AnalysisResult];

/** How far an analysis has come that has no result yet. */
export type AnalysisProgressCode = typeof AnalysisStatus.Submitted | typeof AnalysisStatus.Processed;

/** What an analysis has found. Whatever else a {@link Notification} can tell may stand beside the result. */
export interface AnalysisVerdict
  extends Omit<Values<Notification>, "analysisResult" | "connectorId" | "fileAnalysisId"> {
  /** `AnalysisResult.Clean`, `PotentialThreat`, `Malicious`, or `NotAvailable` where none could be had. */
  readonly result: AnalysisResultCode;
}

/** The analysis has to be taken up again later: the file stays pending, and its turn in the queue is kept. */
export interface AnalysisDeferral {
  /** For how many milliseconds at least, not less than a second; or `"uploaded"`: until its file can be downloaded. */
  readonly defer: number | "uploaded";
  /** Why, for {@link ConnectorRunOptions.onResult}. The server is not told. */
  readonly reason?: string | undefined;
}

/** The file is not analysed at all, now or later: the server is told that the analysis is cancelled. */
export interface AnalysisRefusal {
  /** Why, for {@link ConnectorRunOptions.onResult}. The server takes no reason. */
  readonly cancel: string;
}

/** What a connector's own work on a file ends with; an error that is thrown is the fourth way. */
export type AnalysisOutcome = AnalysisVerdict | AnalysisDeferral | AnalysisRefusal;

/** What a connector's own work on a file is given besides the file's entry. */
export interface AnalysisContext {
  /** The file. Nothing is downloaded before it is read. */
  readonly file: AnalysisFile;
  /**
   * Tells the server how far the analysis has come: `PUT /pendingAnalysis/{id}`, once for each step forward. A server that
   * cannot be reached is no reason to give the analysis up: that is told to `onError`.
   * @throws ApiError with code `ANALYSIS_GONE` when somebody else has ended the analysis; `signal` is aborted with it
   */
  reportProgress(status: AnalysisProgressCode): Promise<void>;
  /** Aborted when the connector is stopped, time is up, or somebody else has ended the analysis. */
  readonly signal: AbortSignal;
  /** 1 at first, and one more after each failure of this file. */
  readonly attempt: number;
  /** How often this file was deferred before. */
  readonly deferrals: number;
}

/** What became of a file that was handed to a connector's own work, this time. */
export type AnalysisReport = { readonly pending: PendingAnalysis } & (
  | { readonly outcome: "analysed"; readonly result: AnalysisResultCode }
  /** The server knows that it failed. */
  | { readonly outcome: "failed"; readonly error: Error }
  | { readonly outcome: "refused"; readonly reason: string }
  /** `until` is `"uploaded"` where it waits for its file. */
  | { readonly outcome: "deferred"; readonly until: Date | "uploaded"; readonly reason: string | undefined }
  /** Somebody else has ended it. */
  | { readonly outcome: "gone" }
  /** The connector was stopped first: it is as pending as before, and the next one to start takes it up. */
  | { readonly outcome: "left" }
);

/** Something that did not work, and what is done about it. */
export interface ConnectorProblem {
  /** What happened. */
  readonly error: Error;
  /** What was being done. */
  readonly during: "registration" | "list" | "analysis" | "download" | "progress" | "report";
  /** The analysis that it was about. */
  readonly pending?: PendingAnalysis;
  /** In how many milliseconds it is tried again; absent when it is not. */
  readonly retryIn?: number;
}

/** How a connector works. */
export interface ConnectorRunOptions {
  /**
   * Analyses one file. What it throws is a failure of this file and of no other: it is tried again up to `attempts` times,
   * and then the server is told the error's message.
   */
  analyse(pending: PendingAnalysis, context: AnalysisContext): AnalysisOutcome | Promise<AnalysisOutcome>;
  /** Milliseconds between two looks at what is pending. Default 10 000. While there is more to do, nothing is waited for. */
  readonly interval?: number | undefined;
  /** How many files are analysed at a time. Default 1. */
  readonly concurrency?: number | undefined;
  /** How many pending analyses to ask for at least. Default 10. More are asked for where the first ones cannot be begun. */
  readonly maxCount?: number | undefined;
  /**
   * Whether files are handed over only once they can be downloaded. Default true. Where the hash may do, `false` hands them
   * over at once; `pending.uploaded` tells, and reading a file that is not there yet defers the analysis until it is.
   */
  readonly waitForUpload?: boolean | undefined;
  /** How often a file may fail before the server is told so. Default 3. The pauses between grow from `interval` on. */
  readonly attempts?: number | undefined;
  /** Milliseconds after which the signal of one analysis is aborted. Default: no limit. */
  readonly analysisTimeout?: number | undefined;
  /**
   * Milliseconds that analyses under way have to end, and the server has to hear of them, once the connector is stopped.
   * Default 30 000.
   */
  readonly stopTimeout?: number | undefined;
  /** Stops the connector, which is its usual end: the run resolves. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which it stops as by the signal. Default: no limit. */
  readonly timeout?: number | undefined;
  /** Told what became of each file, and awaited. What it throws stops the connector. */
  readonly onResult?: ((report: AnalysisReport) => void | Promise<void>) | undefined;
  /** Told what did not work, and awaited. What it throws stops the connector. */
  readonly onError?: ((problem: ConnectorProblem) => void | Promise<void>) | undefined;
}

/** What a connector has done from its start to its stop. */
export interface ConnectorStatistics {
  /** Files whose result the server has. */
  readonly analysed: number;
  /** Files that could not be analysed, which the server knows. */
  readonly failed: number;
  /** Files that were not to be analysed. */
  readonly refused: number;
  /** How often a file was put off. */
  readonly deferred: number;
  /** Analyses that somebody else ended while they were under way. */
  readonly gone: number;
  /** Analyses that were under way at the stop and are still pending. */
  readonly left: number;
}
