import { inspect } from "node:util";
import { isoTime, parseEventTime } from "../../core/time.js";
import type { EventSource } from "./joins.js";

/** The length of a time text with milliseconds and a zone letter; a longer one may tell apart what `Date` cannot. */
const MILLISECOND_TEXT = 24;

/**
 * What all events of a process have in common. Fields have the server's names; what is unknown is `undefined`.
 *
 * Printing an event shows its kind and its fields, one to a line.
 */
export abstract class CbEvent<S = unknown> {
  /** The kind of event, in words. */
  abstract get event_type(): string;
  /** When it happened, to the millisecond. */
  readonly timestamp: Date | undefined;
  /** The place of the event in its list on the server, counted from 0. */
  readonly sequence: number;

  readonly #timeText: string;
  readonly #source: EventSource<unknown, unknown, S>;

  /** @internal */
  constructor(source: EventSource<unknown, unknown, S>, sequence: number, timeText: string) {
    this.timestamp = parseEventTime(timeText);
    this.sequence = sequence;
    this.#timeText = timeText;
    this.#source = source;
  }

  /** The process that the event is of. */
  get parent(): S {
    return this.#source.joins.parent;
  }

  /** Whether this was an attempt to tamper with the sensor. */
  get tamper_event(): boolean {
    return false;
  }

  /** The fields beside the common ones, in the order in which they are shown. */
  protected abstract fields(): Record<string, unknown>;

  /**
   * Negative, 0 or positive: the order of two events in time, for `Array.prototype.sort`. Those without a time come last.
   * @example events.sort(CbEvent.compare)
   */
  static compare(a: CbEvent, b: CbEvent): number {
    if (a.timestamp === undefined || b.timestamp === undefined) {
      return Number(a.timestamp === undefined) - Number(b.timestamp === undefined);
    }
    const difference = a.timestamp.getTime() - b.timestamp.getTime();
    if (difference !== 0) return difference;
    if (a.#timeText.length <= MILLISECOND_TEXT && b.#timeText.length <= MILLISECOND_TEXT) return 0;
    // Without the Z, the text with fewer digits is the beginning of the other, and sorts before it.
    const [first, second] = [
      isoTime(a.timestamp, a.#timeText).slice(0, -1),
      isoTime(b.timestamp, b.#timeText).slice(0, -1),
    ];
    return first === second ? 0 : first < second ? -1 : 1;
  }

  /** The event as plain data. Its time has all the digits that the server sent. */
  toJSON(): Record<string, unknown> {
    const timestamp = this.timestamp === undefined ? this.#timeText : isoTime(this.timestamp, this.#timeText);
    return { event_type: this.event_type, timestamp, sequence: this.sequence, ...this.fields() };
  }

  /** The kind of event and its fields, one to a line. */
  toString(): string {
    const fields = { timestamp: this.timestamp?.toISOString(), ...this.fields() };
    const lines = Object.entries(fields).map(([name, value]) => `${name.padEnd(20)} : ${shown(value)}`);
    return `${this.event_type}:\n${lines.join("\n")}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The events of several lists in the order of time; at the same time, in the order of the lists. */
export function sortEvents<E extends CbEvent>(...lists: readonly (readonly E[])[]): E[] {
  return lists.flat().sort(CbEvent.compare);
}
