import { asError } from "../as-error.js";
import { CbApiError } from "../errors.js";
import type { Key } from "../model/document.js";
import { frozen } from "../model/fields.js";
import { withMessage } from "../model/fresh-error.js";
import type { WriteRequest } from "../model/mutable-model.js";
import type { CallOptions } from "../transport/types.js";
import { batchesOf, grouped } from "./batches.js";
import { waitForEffect } from "./effect.js";
import { failedWrite, type Outcome } from "./outcome.js";
import { BulkReport, countStates, group } from "./report.js";
import { Turns } from "./turns.js";
import type { BulkBatch, BulkOptions, BulkPlan, BulkProgress, BulkSource, QuerySource, RetryOptions } from "./types.js";

const UNSENT: Outcome = Object.freeze({ state: "unsent" });
const DONE: Outcome = Object.freeze({ state: "done" });
const PENDING: Outcome = Object.freeze({ state: "pending" });

/** What came of one request. */
interface Sent<Item extends Key> {
  readonly outcome: Outcome;
  /** Items that the answer says were not changed. */
  readonly refused?: ReadonlyMap<Item, Error> | undefined;
  /** Why no further request is worth sending. */
  readonly stop?: Error | undefined;
}

/** What is known of a bulk operation before anything is sent. */
export interface Planned<Item extends Key> {
  readonly plan: BulkPlan<Item>;
  /** Where each item stands then, in the order in which they were found. */
  readonly outcomes: ReadonlyMap<Item, Outcome>;
}

/** Reads what a bulk operation would change. */
export async function planned<Item extends Key>(
  source: BulkSource<Item>,
  options: CallOptions,
): Promise<Planned<Item>> {
  const { items, search, unchanged, refused, notes = [] } = await source.find(callOptions(options));
  const found = [...new Set(items)];
  const asTheyAre = source.effect === undefined ? DONE : PENDING;
  const outcomes = new Map<Item, Outcome>();
  for (const item of found) {
    const error = refused?.get(item);
    const isSo = unchanged?.has(item) === true;
    outcomes.set(item, error !== undefined ? { state: "refused", error } : isSo ? asTheyAre : UNSENT);
  }
  const wanted = found.filter((item) => outcomes.get(item) === UNSENT);
  // All writes are put together before the first is sent: one that cannot be stops the operation, not half of it.
  const batches = batchesOf(source, wanted).flat();
  const plan: BulkPlan<Item> = frozen({
    total: wanted.length,
    items: wanted,
    unchanged: found.filter((item) => outcomes.get(item) === asTheyAre),
    refused: group(
      [...outcomes].flatMap(([item, outcome]) => (outcome.state === "refused" ? [{ item, ...outcome }] : [])),
    ),
    ...{ notes: [...notes], batches, search },
  });
  return { plan, outcomes };
}

/** The carrying out of a plan, over as many tries as the caller makes. It knows of every item where it stands. */
export class ItemRun<Item extends Key, Unlisted extends undefined> {
  readonly #source: BulkSource<Item>;
  readonly #plan: BulkPlan<Item>;
  readonly #outcomes: Map<Item, Outcome>;
  /** Of items that take several writes: how many were accepted, the last left aside. */
  readonly #accepted = new Map<Item, number>();
  readonly #turns = new Turns<Item, BulkReport<Item, Unlisted>>();
  #tried = false;

  constructor(source: BulkSource<Item>, { plan, outcomes }: Planned<Item>) {
    this.#source = source;
    this.#plan = plan;
    this.#outcomes = new Map(outcomes);
  }

  /** Sends what is not done. A caller who wants the same while that is under way waits for it. */
  retry(options: RetryOptions<Item>): Promise<BulkReport<Item, Unlisted>> {
    return this.#turns.take(options, (shared) => this.send(shared));
  }

  async send(options: RetryOptions<Item>): Promise<BulkReport<Item, Unlisted>> {
    const groups = this.#tried ? this.#rest(options) : grouped(this.#plan.batches);
    this.#tried = true;
    let stop: Error | undefined;
    for (const batches of groups) {
      const { signal } = options;
      if (stop === undefined && signal?.aborted === true) stop = asError(signal.reason, "STOPPED");
      const [first] = batches;
      if (stop === undefined) stop = await this.#sendGroup(batches, options);
      else if (first !== undefined) this.#leave(first.items, stop);
    }
    await this.#watch(stop, options);
    return this.#report();
  }

  /** What is still to be sent. */
  #rest(options: RetryOptions<Item>): readonly (readonly BulkBatch<Item>[])[] {
    return batchesOf(this.#source, this.#outstanding(options), (item) => this.#accepted.get(item) ?? 0);
  }

  /** @returns why no further batch is worth sending */
  async #sendGroup(batches: readonly BulkBatch<Item>[], options: BulkOptions<Item>): Promise<Error | undefined> {
    for (const [index, batch] of batches.entries()) {
      const { signal } = options;
      if (signal?.aborted === true) return this.#leave(batch.items, asError(signal.reason, "STOPPED"));
      const isLast = index === batches.length - 1;
      const stop = await this.#sendBatch(batch, isLast, options);
      if (stop !== undefined) return stop;
      if (!isLast && batch.items.some((item) => this.#outcomes.get(item) !== UNSENT)) return undefined;
    }
    return undefined;
  }

  /** @returns why no further batch is worth sending */
  async #sendBatch(batch: BulkBatch<Item>, isLast: boolean, options: BulkOptions<Item>): Promise<Error | undefined> {
    const { method, path, body, items } = batch;
    const request = body === undefined ? { method, path } : { method, path, body };
    const { outcome, refused, stop } = await sendOnce(this.#source, request, options, items);
    for (const item of items) {
      const error = refused?.get(item);
      this.#settle(item, error === undefined ? outcome : { state: "refused", error }, isLast);
    }
    const mayHaveChanged = outcome.state === "done" || outcome.state === "unknown";
    if (mayHaveChanged) this.#source.changed?.(items);
    return (await this.#tell({ items, ...outcome }, options)) ?? stop;
  }

  /** What may have been carried out before stays in doubt until the server has accepted it. */
  #settle(item: Item, outcome: Outcome, isLast: boolean): void {
    const before = this.#outcomes.get(item);
    const accepted = this.#accepted.get(item) ?? 0;
    if (outcome.state === "done") {
      if (!isLast) this.#accepted.set(item, accepted + 1);
      this.#outcomes.set(item, !isLast ? UNSENT : this.#source.effect === undefined ? DONE : PENDING);
      return;
    }
    const inDoubt = before?.state === "unknown";
    this.#outcomes.set(item, { ...withEarlier(outcome, accepted), ...(inDoubt ? { state: "unknown" } : {}) });
  }

  #leave(items: readonly Item[], why: Error): Error {
    for (const item of items) {
      // What was sent in an earlier try keeps what came of that.
      if (this.#outcomes.get(item)?.state !== "unsent") continue;
      this.#outcomes.set(item, withEarlier({ state: "unsent", error: why }, this.#accepted.get(item) ?? 0));
    }
    return why;
  }

  /** Waits until what was accepted shows, or says why that is not known. */
  async #watch(stop: Error | undefined, options: BulkOptions<Item>): Promise<void> {
    const { effect } = this.#source;
    const waiting = [...this.#outcomes].flatMap(([item, { state }]) => (state === "pending" ? [item] : []));
    if (effect === undefined || waiting.length === 0) return;
    if (stop !== undefined) {
      for (const item of waiting) this.#outcomes.set(item, { state: "pending", error: stop });
      return;
    }
    await waitForEffect(effect, waiting, callOptions(options), async (unshown) => {
      const shown = waiting.filter((item) => this.#outcomes.get(item)?.state === "pending" && !unshown.has(item));
      for (const item of shown) this.#outcomes.set(item, DONE);
      for (const [item, { state, error }] of unshown) this.#outcomes.set(item, { state, error });
      if (shown.length > 0) this.#source.changed?.(shown);
      const left = [...unshown.keys()];
      const told = await this.#tell({ items: left, state: left.length === 0 ? "done" : "pending" }, options);
      if (told === undefined) return undefined;
      for (const item of left) {
        if (this.#outcomes.get(item)?.state === "pending") this.#outcomes.set(item, { state: "pending", error: told });
      }
      return told;
    });
  }

  #tell(batch: BulkProgress<Item>["batch"], options: BulkOptions<Item>): Promise<Error | undefined> {
    const counts = countStates(Array.from(this.#outcomes.values(), ({ state }) => state));
    return tell(options, { total: this.#outcomes.size, counts, batch });
  }

  #outstanding({ unknown = this.#source.repeatable }: RetryOptions<Item>): Item[] {
    // What the plan left out is not among its items.
    return this.#plan.items.filter((item) => {
      const state = this.#outcomes.get(item)?.state;
      return state === "unsent" || state === "refused" || (state === "unknown" && unknown);
    });
  }

  #report(): BulkReport<Item, Unlisted> {
    const items = Array.from(this.#outcomes, ([item, outcome]) => Object.freeze({ item, ...outcome }));
    return new BulkReport({
      name: this.#source.name,
      items: Object.freeze(items),
      byQuery: undefined,
      matched: items.length,
      search: this.#plan.search,
      retry: (options) => this.retry(options),
    });
  }
}

/** Who hears that a write failed is told that others for the same item stand. */
function withEarlier(outcome: Outcome, accepted: number): Outcome {
  const { error } = outcome;
  if (accepted === 0 || error === undefined) return outcome;
  const what = accepted === 1 ? "The write before it" : `The ${accepted} writes before it`;
  const more = `${what} for the same item stood, and only the rest is sent again`;
  if (error instanceof CbApiError) return { ...outcome, error: withMessage(error, more) as Error };
  return { ...outcome, error: new CbApiError(`${error.message}. ${more}`, { code: "STOPPED", cause: error }) };
}

/** The same for the one request that gives the server a query and no items. */
export class QueryRun<Item extends Key, Unlisted extends undefined> {
  readonly #source: BulkSource<Item>;
  readonly #query: QuerySource;
  readonly #turns = new Turns<Item, BulkReport<Item, Unlisted>>();
  #outcome = UNSENT;

  constructor(source: BulkSource<Item>, query: QuerySource) {
    this.#source = source;
    this.#query = query;
  }

  retry(options: RetryOptions<Item>): Promise<BulkReport<Item, Unlisted>> {
    return this.#turns.take(options, (shared) => this.send(shared));
  }

  /** @param sending called before anything is sent */
  async send(options: RetryOptions<Item>, sending?: () => void): Promise<BulkReport<Item, Unlisted>> {
    const { unknown = this.#source.repeatable } = options;
    const { state } = this.#outcome;
    if (state === "done" || (state === "unknown" && !unknown)) return this.#report();
    const request = await this.#query.request(callOptions(options));
    sending?.();
    const { outcome } = await sendOnce(this.#source, request, options);
    const inDoubt = state === "unknown" && outcome.state !== "done";
    this.#outcome = inDoubt ? { ...outcome, state: "unknown" } : outcome;
    if (outcome.state === "done" || outcome.state === "unknown") this.#source.changed?.(undefined);
    // Nothing is left that it could stop.
    await tell(options, { total: undefined, counts: undefined, batch: { items: undefined, ...outcome } });
    return this.#report();
  }

  #report(): BulkReport<Item, Unlisted> {
    return new BulkReport({
      name: this.#source.name,
      items: undefined,
      byQuery: this.#outcome,
      matched: this.#query.matched(),
      search: undefined,
      retry: (options) => this.retry(options),
    });
  }
}

async function sendOnce<Item extends Key>(
  source: BulkSource<Item>,
  request: WriteRequest,
  options: BulkOptions<Item>,
  items: readonly Item[] = [],
): Promise<Sent<Item>> {
  try {
    return { outcome: DONE, refused: await source.send(request, callOptions(options), items) };
  } catch (thrown) {
    const { state, error, stops } = failedWrite(thrown, options.signal);
    return { outcome: { state, error }, stop: stops ? error : undefined };
  }
}

/** A listener that throws must not cost the caller the report of what was done. */
async function tell<Item extends Key>(
  { onProgress }: BulkOptions<Item>,
  progress: Parameters<NonNullable<BulkOptions<Item>["onProgress"]>>[0],
): Promise<Error | undefined> {
  try {
    await onProgress?.(progress);
    return undefined;
  } catch (thrown) {
    return asError(thrown, "STOPPED");
  }
}

export function callOptions({ signal, timeout }: CallOptions): CallOptions {
  return { signal, timeout };
}
