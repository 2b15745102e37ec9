import type { Clock } from "../clock.js";
import type { Key } from "../model/document.js";
import type { WriteRequest } from "../model/mutable-model.js";
import type { QueryReport } from "../query/report.js";
import type { CallOptions } from "../transport/types.js";

/**
 * What became of one item of a bulk operation.
 *
 * - `done`: the server has accepted the change, and where that was to be verified, it shows; or it was so already;
 * - `pending`: the server has accepted it, and it does not show yet. Only where that was to be verified;
 * - `refused`: it was not done: the server said no or overlooked it, or nothing was sent since it could not have been.
 *   Where an item takes several writes, those before the one that was refused stand, and the error says so;
 * - `unknown`: it may have been carried out: time ran out or the connection broke after the request had left, or the
 *   server failed on it;
 * - `unsent`: it never left.
 */
export type BulkState = "done" | "pending" | "refused" | "unknown" | "unsent";

/** How many items are in which state. */
export type BulkCounts = Readonly<Record<BulkState, number>>;

/** One item of a bulk operation, by its key. */
export interface BulkItem<Item extends Key = Key> {
  /** Its key. */
  readonly item: Item;
  /** What became of it. */
  readonly state: BulkState;
  /** Why it is not done. */
  readonly error?: Error;
}

/** Items that are not done, and the one reason that they share. */
export interface BulkReason<Item extends Key = Key> {
  /** What became of them. */
  readonly state: Exclude<BulkState, "done">;
  /** The keys; `undefined` where the server was given a query and no items. */
  readonly items: readonly Item[] | undefined;
  /** Absent only where sending has not been tried. */
  readonly error?: Error;
}

/** One write of a bulk operation, and the items that it changes. */
export interface BulkBatch<Item extends Key = Key> extends WriteRequest {
  /** Their keys. */
  readonly items: readonly Item[];
  /** Whether it goes on with the items of the write before: it is sent only when that was accepted. */
  readonly follows?: true;
}

/** A word on some items of a plan, for whoever looks it through. */
export interface BulkNote<Item extends Key = Key> {
  readonly note: string;
  /** Their keys. */
  readonly items: readonly Item[];
}

/** What a bulk operation would do. Nothing of it has been sent. */
export interface BulkPlan<Item extends Key = Key> {
  /** How many items it would change. */
  readonly total: number;
  /** Their keys, each once. */
  readonly items: readonly Item[];
  /** Items that it would leave alone, as they are what they are to be already. They count as done. */
  readonly unchanged: readonly Item[];
  /** Items that it would not change, and why not: nothing is sent for them, and they count as refused. */
  readonly refused: readonly BulkReason<Item>[];
  /** What else is to be known of some items before they are changed. */
  readonly notes: readonly BulkNote<Item>[];
  /** The writes, in the order in which they would be sent. */
  readonly batches: readonly BulkBatch<Item>[];
  /** Whether the search that found the items was complete, and why not; `undefined` where they were named outright. */
  readonly search: QueryReport | undefined;
}

/** Told after each request of a bulk operation, and after each look at what does not show yet. */
export interface BulkProgress<Item extends Key = Key> {
  /** How many items there are; `undefined` where the server was given a query and no items. */
  readonly total: number | undefined;
  /** Where all items stand now; `undefined` likewise. */
  readonly counts: BulkCounts | undefined;
  /** The request that has just ended; `pending`: the look that has, with the items that it did not show for. */
  readonly batch: { readonly items: readonly Item[] | undefined; readonly state: BulkState; readonly error?: Error };
}

/** How a bulk operation is carried out. `timeout` bounds each request by itself. */
export interface BulkOptions<Item extends Key = Key> extends CallOptions {
  /**
   * Called after each request and awaited. What it throws ends the operation: the rest stays unsent, with that as the
   * reason.
   */
  readonly onProgress?: ((progress: BulkProgress<Item>) => void | Promise<void>) | undefined;
}

/** How the rest of a bulk operation is sent. */
export interface RetryOptions<Item extends Key = Key> extends BulkOptions<Item> {
  /**
   * Whether items whose fate is unknown are sent again. By default those of operations that do no more when they are
   * done twice, such as setting a status.
   */
  readonly unknown?: boolean | undefined;
}

/** The items of a bulk operation as they were found. */
export interface FoundItems<Item extends Key> {
  readonly items: readonly Item[];
  readonly search: QueryReport | undefined;
  /** Those among them that need no write. */
  readonly unchanged?: ReadonlySet<Item> | undefined;
  /** Those among them that cannot be changed, and why. Items that share a reason share its error. */
  readonly refused?: ReadonlyMap<Item, Error> | undefined;
  readonly notes?: readonly BulkNote<Item>[] | undefined;
}

/** Why a change that was accepted does not show. Items that share a reason share its error. */
export interface Unshown {
  /** `pending`: it may show later; `refused`: the server has overlooked it. */
  readonly state: "pending" | "refused";
  readonly error: Error;
  /** Whether nothing is to be expected for now: of an endpoint that is offline, for one. */
  readonly idle?: boolean | undefined;
}

/** What a product says of a change that shows only after a while. */
export interface BulkEffect<Item extends Key> {
  readonly clock: Clock;
  /** For how long it is waited for after the last write, in milliseconds. */
  readonly wait: number;
  /** Whether that is waited out for items of which nothing is to be expected for now. */
  readonly patient: boolean;
  /** Looks at these items, all together: gives those that do not show the change. Sends no write. */
  look(items: readonly Item[], options: CallOptions): Promise<ReadonlyMap<Item, Unshown>>;
}

/** What a product says of one bulk operation; the rest is the same for all of them. */
export interface BulkSource<Item extends Key> {
  /** What is done to what, as it stands in errors and prints: `changeStatus of Alert query "hostname:win7"`. */
  readonly name: string;
  /** The most items that one request takes. */
  readonly batchSize: number;
  /** Whether doing it twice does no more than doing it once. */
  readonly repeatable: boolean;
  /** Reads which items there are. Sends no write. */
  find(options: CallOptions): Promise<FoundItems<Item>>;
  /**
   * The write for these items. Several are sent one after the other, each when the one before was accepted; only where
   * `batchSize` is 1. The same items always give as many.
   */
  request(items: readonly Item[]): WriteRequest | readonly WriteRequest[];
  /**
   * Sends a write and rejects when the server does not accept it. Where the answer says that some items were not
   * changed, gives these and why.
   */
  send(
    request: WriteRequest,
    options: CallOptions,
    items: readonly Item[],
  ): Promise<ReadonlyMap<Item, Error> | undefined>;
  /** Told which items may have changed; `undefined` when that is not known. */
  changed?(items: readonly Item[] | undefined): void;
  /** Where the change is to show before an item counts as done. */
  readonly effect?: BulkEffect<Item> | undefined;
  /** Where one request can change whatever a query matches, without naming it. */
  readonly byQuery?: QuerySource | undefined;
}

/** A bulk operation whose items the server finds by itself. */
export interface QuerySource {
  /** The one write. Rejects when it must not be sent. */
  request(options: CallOptions): Promise<WriteRequest>;
  /** How many items the query matches, as far as that is known without asking. */
  matched(): number | undefined;
}
