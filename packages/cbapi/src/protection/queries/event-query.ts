import { invalidArgument } from "../../core/invalid-argument.js";
import type { ModelHost } from "../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../core/model/model.js";
import { Q, type RangeBound, range, raw } from "../../core/query/terms.js";
import { isRelativeDate } from "../query-language/ordered.js";
import { EventTail, type TailOptions } from "./event-tail.js";
import { ProtectionQuery } from "./protection-query.js";

/** A moment: a date, its ISO text, or how long ago, in the server's words: `-10h`, `-7d`. */
export type Moment = Date | string;

/**
 * A search for events: `GET /event`, or `GET /internalEvent`.
 * @example
 * const blocks = cb.select(Event).since("-24h").where({ type: EventType.PolicyEnforcement, severity: Severity.Notice });
 * console.log(await blocks.groupBy("computerName", { by: "count", descending: true }));
 */
export class EventQuery<M extends AnyModel> extends ProtectionQuery<M> {
  /** @internal A search for all events, which has not been sent. */
  static override of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): EventQuery<M> {
    return new EventQuery(client, model, {});
  }

  /**
   * Events that happened at this moment or after it, by their `timestamp`. What a computer that was offline tells late has the
   * time at which it happened.
   * @throws ApiError with code `INVALID_ARGUMENT` when it is no moment
   */
  since(when: Moment): this {
    return this.where(Q({ timestamp: range(bound(when), undefined) }));
  }

  /**
   * Events that happened at this moment or before it, by their `timestamp`.
   * @throws ApiError with code `INVALID_ARGUMENT` when it is no moment
   */
  until(when: Moment): this {
    return this.where(Q({ timestamp: range(undefined, bound(when)) }));
  }

  /**
   * The events of this search as they come, without end: those that are there from a moment or a position on, then new ones,
   * which are asked for every ten seconds or `interval`. Leaving the loop, or the signal, ends it. Nothing is sent before
   * the first is wanted, and no more than one page is kept.
   *
   * They come in the order of their ids, which the server gives out as it receives them. Times would not do for that: many
   * events have the same, and a computer that was offline tells late of what happened long ago. An event whose id is a little
   * lower than that of one that has come, because the server was still writing it, is given when it shows; none comes twice.
   *
   * {@link EventTail.position} is the place to go on from with `after`, in another process as well. While the server is out
   * of order the tail waits, and `onWait` is told; only a first request that fails ends it.
   * @example
   * const tail = cb.select(Event).where({ severity: [2, 3] }).tail({ after: saved, signal });
   * for await (const event of tail) {
   *   await forward(event.toJSON());
   *   await save(JSON.stringify(tail.position));
   * }
   * @throws ApiError with code `INVALID_ARGUMENT` when the options are none, or the search has an order of its own
   */
  tail(options: TailOptions = {}): EventTail<M> {
    if (this.state.sort !== undefined) {
      throw invalidArgument(`tail() gives events by their ids: leave sort(${JSON.stringify(this.state.sort)}) out`);
    }
    const rows = this.state.batchSize ?? this.pageSize;
    const { client, model } = this;
    return new EventTail<M>(client, { matching: this, all: EventQuery.of(client, model), rows }, options);
  }
}

/** A moment as a bound of a range. */
export function bound(when: Moment): RangeBound {
  return typeof when === "string" && isRelativeDate(when) ? raw(when) : when;
}
