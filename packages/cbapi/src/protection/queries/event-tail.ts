import { invalidArgument } from "../../core/invalid-argument.js";
import type { ModelHost } from "../../core/model/host.js";
import { type AnyModel, Model } from "../../core/model/model.js";
import { Tail } from "../../core/query/tail.js";
import { Q, range } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import { protection } from "../host.js";
import { bound, type EventQuery, type Moment } from "./event-query.js";

/** How often new events are asked for, in milliseconds, unless the caller says otherwise. */
const INTERVAL = 10_000;

/**
 * How far behind the highest id events are asked for again. Ids are given out before an event is written, so that one may
 * show after others with higher ids.
 */
const OVERLAP = 100;

/** How far a tail has come. It can be kept as JSON. */
export interface EventPosition {
  /** No event up to this id is still to come. */
  readonly after: number;
  /** Of those behind it, the ids of the ones that have come. A hundred at most. */
  readonly seen: readonly number[];
}

/** What is known while new events are waited for. */
export interface TailProgress {
  /** Where the tail is. */
  readonly position: EventPosition;
  /** In how many milliseconds the server is asked again. */
  readonly pause: number;
  /** Why it could not be asked this time; absent when it could. */
  readonly error?: Error;
}

/** From where on, and how, events are followed. */
export interface TailOptions extends CallOptions {
  /**
   * From which moment on: the events that the server received since, whenever they happened. Left out, and without `after`:
   * from now on.
   */
  readonly since?: Moment | undefined;
  /** From which event on: behind the one with this id, or where another tail was. Not with `since`. */
  readonly after?: number | EventPosition | undefined;
  /** How often new events are asked for, in milliseconds. Default ten seconds. */
  readonly interval?: number | undefined;
  /** Called before each pause and awaited. What it throws ends the tail. */
  readonly onWait?: ((progress: TailProgress) => void | Promise<void>) | undefined;
  /** Bounds each request by itself. */
  readonly timeout?: number | undefined;
}

/** The searches that a tail makes. */
export interface TailSource<M extends AnyModel> {
  /** For the events that are wanted. */
  readonly matching: EventQuery<M>;
  /** For all of their kind. */
  readonly all: EventQuery<M>;
  /** Rows a request. */
  readonly rows: number;
}

/** Events as they come, without end: what {@link EventQuery.tail} gives. */
export class EventTail<M extends AnyModel> extends Tail<M, EventPosition> {
  readonly #source: TailSource<M>;
  readonly #since: Moment | undefined;
  /** No event up to this id is still to come; `undefined` before the first request. */
  #after: number | undefined;
  /** Ids behind that which were taken. */
  #seen = new Set<number>();
  /** The id behind which the next page begins, while pages come full. */
  #cursor: number | undefined;

  /** @internal Made by a search. */
  constructor(host: ModelHost, source: TailSource<M>, options: TailOptions) {
    const { clock } = protection(host);
    super({ clock, call: "tail()", options: ["since", "after"], interval: INTERVAL }, options);
    const { since, after } = options;
    if (since !== undefined && after !== undefined) {
      throw invalidArgument("tail() begins at a moment (since) or behind an event (after): leave one of them out");
    }
    // Compiled here, so that what is no moment is refused where it was given.
    if (since !== undefined) source.all.since(since);
    this.#source = source;
    this.#since = since;
    if (after === undefined) return;
    const position = checkedPosition(after);
    this.#after = position.after;
    this.#seen = new Set(position.seen);
  }

  /**
   * Behind the events that were taken so far: what another tail goes on from with `after`. Told before the first event as well,
   * once the server was asked; `undefined` before.
   */
  override get position(): EventPosition | undefined {
    if (this.#after === undefined) return undefined;
    return Object.freeze({ after: this.#after, seen: Object.freeze([...this.#seen].sort((a, b) => a - b)) });
  }

  protected override give(event: M): M {
    const id = idOf(event);
    this.#seen.add(id);
    const after = Math.max(this.#after ?? 0, id - OVERLAP);
    if (after > (this.#after ?? 0)) {
      this.#after = after;
      for (const seen of this.#seen) if (seen <= after) this.#seen.delete(seen);
    }
    return event;
  }

  protected override async read(options: CallOptions): Promise<boolean> {
    const after = this.#after ?? (await this.#begin(options));
    const { matching, rows } = this.#source;
    const from = this.#cursor ?? after;
    const page = await matching
      .where(`id>${from}`)
      .sort("id ASC")
      .all({ limit: rows, ...options });
    this.hasAnswered = true;
    const last = page.at(-1);
    this.#cursor = last !== undefined && page.length >= rows ? idOf(last) : undefined;
    this.hold(page.filter((event) => idOf(event) > after && !this.#seen.has(idOf(event))));
    return this.#cursor !== undefined;
  }

  /** Finds the id behind which the tail begins. */
  async #begin(options: CallOptions): Promise<number> {
    const since = this.#since;
    const { all } = this.#source;
    // Asked for first: what comes between the two requests has a higher id, and is not passed over.
    const [latest] = await all.sort("id DESC").all({ limit: 1, ...options });
    let after = latest === undefined ? 0 : idOf(latest);
    if (since !== undefined) {
      const received = all.where(Q({ receivedTimestamp: range(bound(since), undefined) }));
      const [first] = await received.sort("id ASC").all({ limit: 1, ...options });
      if (first !== undefined) after = Math.min(after, idOf(first) - 1);
    }
    this.hasAnswered = true;
    this.#after = after;
    return after;
  }
}

const idOf = (event: AnyModel): number => Number(Model.stateOf(event).key);

function checkedPosition(after: unknown): EventPosition {
  if (isId(after)) return { after, seen: [] };
  const { after: id, seen } = (typeof after === "object" && after !== null ? after : {}) as Partial<EventPosition>;
  if (isId(id) && Array.isArray(seen) && seen.every(isId)) return { after: id, seen };
  throw invalidArgument(
    `tail: after takes the id of an event, or the position of another tail, got ${JSON.stringify(after)}`,
  );
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
