import { inspect } from "node:util";
import { ApiError } from "../errors.js";
import type { Key } from "../model/document.js";
import { SharedCall } from "../model/shared-call.js";
import { timeLimit } from "../transport/limits.js";
import type { CallOptions } from "../transport/types.js";
import type { BulkReport } from "./report.js";
import { callOptions, ItemRun, type Planned, planned, QueryRun } from "./run.js";
import { SharedRun } from "./turns.js";
import type { BulkOptions, BulkPlan, BulkSource } from "./types.js";

/**
 * A change to many objects that has not been made yet. Awaiting it, or {@link BulkOperation.run}, carries it out once;
 * {@link BulkOperation.plan} shows what it would do.
 *
 * It rejects only when nothing could be attempted, because the items could not be read. Otherwise it gives a
 * {@link BulkReport}, whatever the server said: one batch that is refused does not keep the others from being sent.
 * `report.throwIfIncomplete()` makes an exception of it.
 *
 * Returning one from an `async` function carries it out, because promises take in what can be awaited. To hand out an
 * operation that nobody has carried out yet, return it from a function that is not `async`, or inside an object.
 *
 * @example
 * const report = await cb.select(Alert).where("hostname:win7").changeStatus("Resolved");
 * if (!report.complete) console.log(report, (await report.retry()).complete);
 */
export class BulkOperation<Item extends Key = Key, Unlisted extends undefined = never>
  implements PromiseLike<BulkReport<Item, Unlisted>>
{
  readonly #source: BulkSource<Item>;
  #plan: SharedCall<Planned<Item>> | undefined;
  #run: SharedRun<Item, BulkReport<Item, Unlisted>> | undefined;
  #byQuery = false;

  /** @internal Made by a query or a client. */
  constructor(source: BulkSource<Item>) {
    this.#source = source;
  }

  /**
   * Reads what would be changed, and sends no write. What is carried out afterwards changes exactly these items, even if
   * the search would find others by then. Asking again gives the same plan; callers at the same time share the reading,
   * and one that goes away takes nothing from the others.
   * @throws CbApiError when the items could not be read, or when it was carried out by its query: then no plan is left
   */
  async plan(options: CallOptions = {}): Promise<BulkPlan<Item>> {
    return (await this.#planned(options)).plan;
  }

  /**
   * Carries it out: the writes go out one after the other. Done once: calling it again gives the same report. A failure to
   * read the items is not remembered.
   *
   * Callers at the same time share it: `onProgress` of each is told, and a `signal` stops the waiting of its own caller,
   * who is rejected with its reason. When nobody waits any more, the last caller's signal ends it.
   *
   * Failures that concern every batch end it, and leave the rest unsent: a token that is not accepted, a server that
   * cannot be reached or asks for fewer requests, the signal of the only caller.
   * @throws CbApiError when the items could not be read; nothing has been sent then
   */
  async run(options: BulkOptions<Item> = {}): Promise<BulkReport<Item, Unlisted>> {
    if (options.timeout !== undefined) timeLimit(options.timeout);
    options.signal?.throwIfAborted();
    let isSending = false;
    const forget = () => {
      if (this.#run === run) this.#run = undefined;
    };
    const carryOut = (shared: BulkOptions<Item>) =>
      this.#carryOut(shared, () => {
        isSending = true;
      }).catch(failing(forget));
    // Once something was sent, whoever comes later gets the report of it: nothing goes out twice.
    const abandon = () => {
      if (!isSending) forget();
    };
    const run: SharedRun<Item, BulkReport<Item, Unlisted>> = this.#run ?? new SharedRun(options, carryOut, abandon);
    this.#run = run;
    return run.join(options);
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is the purpose
  then<A = BulkReport<Item, Unlisted>, B = never>(
    onFulfilled?: ((report: BulkReport<Item, Unlisted>) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.run().then(onFulfilled, onRejected);
  }

  toJSON(): { operation: string } {
    return { operation: this.#source.name };
  }

  [inspect.custom](): string {
    const state = this.#run !== undefined ? "carried out" : this.#plan !== undefined ? "planned" : "not carried out";
    return `BulkOperation<${this.#source.name}> (${state})`;
  }

  async #carryOut(options: BulkOptions<Item>, sending: () => void): Promise<BulkReport<Item, Unlisted>> {
    const { byQuery } = this.#source;
    options.signal?.throwIfAborted();
    if (byQuery === undefined || this.#plan !== undefined) {
      const plan = await this.#planned(callOptions(options));
      sending();
      return new ItemRun<Item, Unlisted>(this.#source, plan).send(options);
    }
    this.#byQuery = true;
    try {
      return await new QueryRun<Item, Unlisted>(this.#source, byQuery).send(options, sending);
    } catch (error) {
      this.#byQuery = false;
      throw error;
    }
  }

  async #planned(options: CallOptions): Promise<Planned<Item>> {
    if (this.#byQuery) {
      throw new ApiError(`${this.#source.name} was carried out already, by its query: there is no plan of it any more`);
    }
    options.signal?.throwIfAborted();
    const { timeout } = options;
    const forget = () => {
      if (this.#plan === plan) this.#plan = undefined;
    };
    const plan: SharedCall<Planned<Item>> =
      this.#plan ??
      new SharedCall((signal) => planned(this.#source, { signal, timeout }).catch(failing(forget)), forget);
    this.#plan = plan;
    return plan.join(options);
  }
}

/** Rethrows, and has what failed forgotten before anybody learns of it. */
function failing(forget: () => void): (error: unknown) => never {
  return (error) => {
    forget();
    throw error;
  };
}
