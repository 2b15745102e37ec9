import { asError } from "../as-error.js";
import type { Key } from "../model/document.js";
import type { WriteRequest } from "../model/mutable-model.js";
import type { CallOptions } from "../transport/types.js";
import { failedWrite, type Outcome } from "./outcome.js";
import { BulkReport, countStates } from "./report.js";
import { Turns } from "./turns.js";
import type { BulkBatch, BulkOptions, BulkPlan, BulkSource, QuerySource, RetryOptions } from "./types.js";

const UNSENT: Outcome = Object.freeze({ state: "unsent" });
const DONE: Outcome = Object.freeze({ state: "done" });

/** What came of one request. */
interface Sent<Item extends Key> {
  readonly outcome: Outcome;
  /** Items that the answer says were not changed. */
  readonly refused?: ReadonlyMap<Item, Error> | undefined;
  /** Why no further request is worth sending. */
  readonly stop?: Error | undefined;
}

/** The writes that name no items twice, each with as many items as the server takes. */
export function batchesOf<Item extends Key>(source: BulkSource<Item>, items: readonly Item[]): BulkBatch<Item>[] {
  const batches: BulkBatch<Item>[] = [];
  for (let start = 0; start < items.length; start += source.batchSize) {
    const some = items.slice(start, start + source.batchSize);
    batches.push({ ...source.request(some), items: some });
  }
  return batches;
}

/** The carrying out of a plan, over as many tries as the caller makes. It knows of every item where it stands. */
export class ItemRun<Item extends Key, Unlisted extends undefined> {
  readonly #source: BulkSource<Item>;
  readonly #plan: BulkPlan<Item>;
  readonly #outcomes: Map<Item, Outcome>;
  readonly #turns = new Turns<Item, BulkReport<Item, Unlisted>>();
  #tried = false;

  constructor(source: BulkSource<Item>, plan: BulkPlan<Item>) {
    this.#source = source;
    this.#plan = plan;
    this.#outcomes = new Map(plan.items.map((item) => [item, UNSENT]));
  }

  /** Sends what is not done. A caller who wants the same while that is under way waits for it. */
  retry(options: RetryOptions<Item>): Promise<BulkReport<Item, Unlisted>> {
    return this.#turns.take(options, (shared) => this.send(shared));
  }

  async send(options: RetryOptions<Item>): Promise<BulkReport<Item, Unlisted>> {
    const batches = this.#tried ? batchesOf(this.#source, this.#outstanding(options)) : this.#plan.batches;
    this.#tried = true;
    let stop: Error | undefined;
    for (const batch of batches) {
      const { signal } = options;
      if (stop === undefined && signal?.aborted === true) stop = asError(signal.reason, "STOPPED");
      stop = stop === undefined ? await this.#sendBatch(batch, options) : this.#leave(batch.items, stop);
    }
    return this.#report();
  }

  /** @returns why no further batch is worth sending */
  async #sendBatch(batch: BulkBatch<Item>, options: BulkOptions<Item>): Promise<Error | undefined> {
    const { method, path, body } = batch;
    const request = body === undefined ? { method, path } : { method, path, body };
    const { outcome, refused, stop } = await sendOnce(this.#source, request, options);
    for (const item of batch.items) {
      const error = refused?.get(item);
      this.#settle(item, error === undefined ? outcome : { state: "refused", error });
    }
    const mayHaveChanged = outcome.state === "done" || outcome.state === "unknown";
    if (mayHaveChanged) this.#source.changed?.(batch.items);
    const counts = countStates(Array.from(this.#outcomes.values(), ({ state }) => state));
    const progress = { total: this.#plan.total, counts, batch: { items: batch.items, ...outcome } };
    return (await tell(options, progress)) ?? stop;
  }

  /** What may have been carried out before stays in doubt until the server has accepted it. */
  #settle(item: Item, outcome: Outcome): void {
    const before = this.#outcomes.get(item);
    const inDoubt = before?.state === "unknown" && outcome.state !== "done";
    this.#outcomes.set(item, inDoubt ? { ...outcome, state: "unknown" } : outcome);
  }

  #leave(items: readonly Item[], why: Error): Error {
    for (const item of items) {
      // What was sent in an earlier try keeps what came of that.
      if (this.#outcomes.get(item)?.state === "unsent") this.#outcomes.set(item, { state: "unsent", error: why });
    }
    return why;
  }

  #outstanding({ unknown = this.#source.repeatable }: RetryOptions<Item>): Item[] {
    return [...this.#outcomes].flatMap(([item, { state }]) =>
      state === "done" || (state === "unknown" && !unknown) ? [] : [item],
    );
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
): Promise<Sent<Item>> {
  try {
    return { outcome: DONE, refused: await source.send(request, callOptions(options)) };
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
