import { ServerError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { type AnyModel, Model } from "../../../core/model/model.js";
import { Tail } from "../../../core/query/tail.js";
import { parseTime } from "../../../core/time.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudHost } from "../../host.js";
import { SEARCH_WINDOW } from "../../queries/cloud-query.js";
import { valueIn } from "./names.js";

/** How often new alerts are asked for, in milliseconds, unless the caller says otherwise. */
const INTERVAL = 30_000;

/**
 * How far behind the latest alert others are looked for, in milliseconds. The service gives alerts their time before it
 * can find them, so that one may show after others with later times.
 */
const OVERLAP = 60_000;

/** How far a tail of alerts has come. It can be kept as JSON. */
export interface AlertPosition {
  /** No alert that came in before this moment is still to come. ISO 8601. */
  readonly after: string;
  /** The ids of those from then on that have come. */
  readonly seen: readonly string[];
}

/** What is known while new alerts are waited for. */
export interface AlertTailProgress {
  /** Where the tail is. */
  readonly position: AlertPosition;
  /** In how many milliseconds the service is asked again. */
  readonly pause: number;
  /** Why it could not be asked this time; absent when it could. */
  readonly error?: Error;
}

/** From where on, and how, alerts are followed. */
export interface AlertTailOptions extends CallOptions {
  /** Where another tail was. Not with `since`. */
  readonly position?: AlertPosition | undefined;
  /** The alerts that have come in since this moment. Left out, and without `position`: from now on. */
  readonly since?: Date | string | undefined;
  /** How often new alerts are asked for, in milliseconds. Default 30 seconds. */
  readonly interval?: number | undefined;
  /** How far behind the latest alert late ones are looked for, in milliseconds. Default one minute. */
  readonly overlap?: number | undefined;
  /** Called before each pause and awaited. What it throws ends the tail. */
  readonly onWait?: ((progress: AlertTailProgress) => void | Promise<void>) | undefined;
  /** Bounds each request by itself. */
  readonly timeout?: number | undefined;
}

/** What a tail asks for: alerts by the time at which they came in, from a moment on. */
export interface AlertPages<M extends AnyModel> {
  readonly host: CloudHost;
  /** @returns up to `rows` of them from an offset on */
  page(from: string, start: number, options: CallOptions): Promise<readonly M[]>;
  readonly rows: number;
}

/** Alerts as they come in, without end: what {@link BaseAlertSearchQuery.tail} gives. */
export class AlertTail<M extends AnyModel> extends Tail<M, AlertPosition> {
  readonly #source: AlertPages<M>;
  readonly #overlap: number;
  /** No alert that came in before is still to come, in milliseconds since 1970. */
  #after: number;
  /** Ids of those from then on that were taken, and when they came in. */
  #seen: Map<string, number>;
  /** Where the next page begins, while pages come full. */
  #cursor: { readonly from: number; readonly start: number } | undefined;

  /** @internal Made by a search. */
  constructor(source: AlertPages<M>, options: AlertTailOptions) {
    const { clock } = source.host;
    super({ clock, call: "tail()", options: ["position", "since", "overlap"], interval: INTERVAL }, options);
    const { position, since, overlap = OVERLAP } = options;
    if (position !== undefined && since !== undefined) {
      throw invalidArgument("tail() begins at a moment (since) or where another was (position): leave one of them out");
    }
    if (!Number.isFinite(overlap) || overlap < 0) {
      throw invalidArgument(`tail: overlap is a number of milliseconds from 0 on, got ${String(overlap)}`);
    }
    this.#source = source;
    this.#overlap = overlap;
    const begin = position === undefined ? undefined : checkedPosition(position);
    this.#after = begin?.after ?? (since === undefined ? clock.now() : momentOf(since));
    // When they came in is not in a position: late enough to be remembered as long as they may come again.
    this.#seen = new Map(begin?.seen.map((id) => [id, Number.POSITIVE_INFINITY]));
  }

  /** Behind the alerts that were taken so far: what another tail goes on from with `position`. */
  override get position(): AlertPosition {
    return Object.freeze({ after: new Date(this.#after).toISOString(), seen: Object.freeze([...this.#seen.keys()]) });
  }

  protected override give(alert: M): M {
    const time = timeOf(alert);
    this.#seen.set(idOf(alert), time);
    const after = time - this.#overlap;
    if (after > this.#after) {
      this.#after = after;
      for (const [id, came] of this.#seen) if (came < after) this.#seen.delete(id);
    }
    return alert;
  }

  protected override async read(options: CallOptions): Promise<boolean> {
    const { rows } = this.#source;
    const { from, start } = this.#cursor ?? { from: this.#after, start: 0 };
    const page = await this.#source.page(new Date(from).toISOString(), start, options);
    this.hasAnswered = true;
    this.#learnTimes(page);
    this.#cursor = page.length < rows ? undefined : this.#behind(page, from, start);
    this.hold(page.filter((alert) => !this.#seen.has(idOf(alert))));
    return this.#cursor !== undefined;
  }

  /** When those came in that a position has named. */
  #learnTimes(page: readonly M[]): void {
    for (const alert of page) if (this.#seen.has(idOf(alert))) this.#seen.set(idOf(alert), timeOf(alert));
  }

  /** Where the page behind this one begins: at the time of its last row, or further on where all came in at once. */
  #behind(page: readonly M[], from: number, start: number): { readonly from: number; readonly start: number } {
    const last = page.at(-1);
    const time = last === undefined ? from : timeOf(last);
    if (time > from) return { from: time, start: 0 };
    const next = start + page.length;
    if (next + this.#source.rows <= SEARCH_WINDOW) return { from, start: next };
    throw new ServerError(
      `more than ${SEARCH_WINDOW} alerts came in at ${new Date(from).toISOString()}: the service gives no more of them than that`,
      { code: "TOO_MANY_AT_ONCE" },
    );
  }
}

function idOf(alert: AnyModel): string {
  return String(Model.stateOf(alert).key);
}

function timeOf(alert: AnyModel): number {
  const time = parseTime(valueIn(Model.stateOf(alert).document, "create_time"));
  if (time === undefined) {
    throw new ServerError(`alert ${idOf(alert)} does not tell when it came in`, { code: "UNEXPECTED_ANSWER" });
  }
  return time.getTime();
}

function momentOf(since: unknown): number {
  const time = since instanceof Date ? since : parseTime(since);
  if (time !== undefined && !Number.isNaN(time.getTime())) return time.getTime();
  throw invalidArgument(`tail: since is a Date or ISO 8601 text, got ${JSON.stringify(since)}`);
}

function checkedPosition(position: unknown): { readonly after: number; readonly seen: readonly string[] } {
  const { after, seen } = (typeof position === "object" && position !== null ? position : {}) as Partial<AlertPosition>;
  const time = parseTime(after);
  if (time !== undefined && Array.isArray(seen) && seen.every((id) => typeof id === "string" && id !== "")) {
    return { after: time.getTime(), seen };
  }
  throw invalidArgument(`tail: position is what another tail gave as its own, got ${JSON.stringify(position)}`);
}
