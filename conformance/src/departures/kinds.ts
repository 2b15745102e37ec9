import { member } from "../objects.js";
import type { Document, RecordedResult } from "../vector.js";

/** What a departure may depart from in general, whatever the vector; a run counts where it met them. */
export const generalDepartures = {
  "fewer requests": "a document that was read before is not read again",
  "unknown name": "a field that no document has reads as undefined, through get(), in place of an attribute error",
  "runtime error": "a wrong argument raises the library's error in place of one of the recorded client's runtime",
  "number as text": "a number that the server sends as text is read as a number",
  "returned value": "a method that returned nothing, or a bare answer, returns its object or a report",
  "long poll": "the server is asked to hold its answer back until there is news of a session or a command",
  polls: "other pauses between questions for the state of a session or a command",
  "own session": "the list of sessions is not read before one of one's own is opened",
  "random name": "another name that chance made",
  "closed sessions": "the sessions of jobs are closed when they are done, not some time after the recording",
  "all settings":
    "App Control is asked for all of its settings, which are more than the thousand that it gives by itself",
  "order by id": "App Control's rows are asked for in the order of their ids where they may come on more than one page",
  "names in errors": "an error calls a method or a class as this library does",
  "page size": "results of the Cloud's searches are asked for in pages of another size",
  "query once": "a search of the Cloud names its query once, not under two names",
} as const;

export type GeneralDeparture = keyof typeof generalDepartures;

interface Row {
  /** `response/process-first` */
  readonly vector: string;
  /** The fault or the decision, by its place in the lists of the reference. */
  readonly meets: string;
  readonly why: string;
}

/** A request that rightly differs from the recorded one. */
export interface ExchangeDeparture extends Row {
  /** The place of the exchange in the vector, from 0. */
  readonly exchange: number;
  /** A parameter, and what is sent in its place. */
  readonly query?: { readonly recorded: readonly [string, string]; readonly accepted: readonly [string, string] };
  /** The path that it is sent to. */
  readonly path?: { readonly recorded: string; readonly accepted: string };
  /** The body that is sent. */
  readonly json?: Document;
  /** The pause before the request is not compared. */
  readonly pause?: "free";
  /** A request that was recorded before and is sent once more behind this one: `GET /api/site`. */
  readonly again?: string;
  /** It is rightly sent before some that were recorded before it. */
  readonly earlier?: true;
  /** It is rightly never sent. */
  readonly unsent?: true;
  /** A request that was not recorded and is sent behind this one, and what it is answered. */
  readonly added?: { readonly request: string; readonly answer: Document };
  /** Whether chance decides if it is needed. All others must be needed. */
  readonly sometimes?: true;
}

/** A step that is taken with other options, so that the recorded requests can be held. */
export interface StepDeparture extends Row {
  readonly step: number;
  readonly kwargs: Document;
}

/** A result that rightly differs from the recorded one: of a whole step, or of a part of the value that it gives. */
export interface ResultDeparture extends Row {
  /** The place of the step in the vector, from 0. */
  readonly step: number;
  /** The way to the part, from the value of the step on. */
  readonly at?: readonly (string | number)[];
  readonly recorded: unknown;
  readonly accepted: unknown;
  /** The step is refused; it is then taken once more without these values, so that the rest of the vector can be held. */
  readonly without?: readonly string[];
}

export type Departure = ExchangeDeparture | ResultDeparture | StepDeparture;

/** A whole result, as a row has it. */
export const result = (entry: RecordedResult): RecordedResult => entry;

/** The part of a recorded result that a row is about; `undefined` when there is none such. */
export function recordedPart(recorded: RecordedResult, { at }: ResultDeparture): unknown {
  return at === undefined ? recorded : at.reduce<unknown>(member, recorded.value);
}

/** A recorded result with that part replaced by what is accepted. */
export function withAccepted(recorded: RecordedResult, { at, accepted }: ResultDeparture): RecordedResult {
  if (at === undefined) return accepted as RecordedResult;
  return { ...recorded, value: replaceAt(recorded.value, at, accepted) };
}

function replaceAt(value: unknown, [first, ...rest]: readonly (string | number)[], accepted: unknown): unknown {
  if (first === undefined) return accepted;
  const replaced = replaceAt(member(value, first), rest, accepted);
  if (Array.isArray(value)) return value.with(Number(first), replaced);
  return { ...(value as object), [first]: replaced };
}

export function isExchangeDeparture(departure: Departure): departure is ExchangeDeparture {
  return "exchange" in departure;
}

export function isStepDeparture(departure: Departure): departure is StepDeparture {
  return "kwargs" in departure;
}

/** A row in one line, for people. */
export function describeDeparture(departure: Departure): string {
  const place = isExchangeDeparture(departure)
    ? `exchange ${departure.exchange}`
    : [`step ${departure.step}`, ...(isStepDeparture(departure) ? [] : (departure.at ?? []))].join(", ");
  return `${departure.vector}, ${place}: ${departure.why} (${departure.meets})`;
}
