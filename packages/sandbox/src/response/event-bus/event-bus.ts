import type { BinaryRecord, FeedRecord, ProcessEvents, SensorRecord, WatchlistRecord } from "../../domain/index.js";
import type { Query } from "../../query/index.js";
import type { Steps } from "../../steps.js";
import type { FeedHit } from "../../store/detection/feed-hits.js";
import type { TagScope } from "../../store/document-index.js";
import type { StoredProcess } from "../../store/process-rows.js";

/** What a watchlist has found. */
export interface WatchlistFinding {
  readonly record: WatchlistRecord;
  readonly scope: TagScope;
  readonly query: Query;
  /** The numbers of the documents. */
  readonly hits: readonly number[];
}

/** What a feed has found among documents of one kind. */
export interface FeedFinding {
  readonly scope: TagScope;
  readonly hits: readonly FeedHit[];
  /** The queries that found something, by report. */
  readonly queries: ReadonlyMap<number, { readonly query: Query; readonly text: string }>;
}

/** A file that was run or loaded on an endpoint, and where it was new. */
export interface Sighting {
  readonly md5: string;
  readonly isNew: boolean;
  readonly isNewOnHost: boolean;
  readonly isNewInGroup: boolean;
}

/** What a sensor tells of a process. */
export interface ProcessTale {
  readonly process: StoredProcess;
  /** Set where the process has started: who started it, as far as that is known. */
  readonly startedBy?: { readonly parent: StoredProcess | undefined };
  readonly events: ProcessEvents;
}

/** What a sensor has sent. */
export interface SensorReport {
  readonly sensor: SensorRecord;
  readonly files: readonly Sighting[];
  readonly tales: readonly ProcessTale[];
}

/**
 * Whom the server tells what happens in it. It is told behind the transaction in which something was noted, never within:
 * what is undone has not happened.
 */
export interface EventBus {
  /** Looks whether a file is new on an endpoint, before the process that uses it is stored. */
  sighted(file: BinaryRecord, sensor: SensorRecord, now: number): Sighting | undefined;
  sensorTold(report: SensorReport): void;
  /** A process of a sensor has ended, by its number in the store. */
  processEnded(sensor: number, proc: number): void;
  /** In steps, as all that follow: thousands of documents may have been found at once. */
  watchlistsFound(findings: readonly WatchlistFinding[]): Steps<void>;
  feedFound(feed: FeedRecord, findings: readonly FeedFinding[]): Steps<void>;
  /** Alerts were raised, of these numbers. */
  alertsRaised(docs: readonly number[]): Steps<void>;
  /** A feed was read anew. */
  feedRead(feed: FeedRecord): void;
}

const nothing = (): void => {};
function* nothingInSteps(): Steps<void> {}

/** Tells nobody. */
export const NO_EVENTS: EventBus = {
  sighted: () => undefined,
  sensorTold: nothing,
  processEnded: nothing,
  watchlistsFound: nothingInSteps,
  feedFound: nothingInSteps,
  alertsRaised: nothingInSteps,
  feedRead: nothing,
};
