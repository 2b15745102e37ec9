import { member } from "./objects.js";
import type { Document, RecordedResult } from "./vector.js";

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

const result = (entry: RecordedResult): RecordedResult => entry;

/**
 * Every place where the library rightly does otherwise than the recorded client. A row must be needed: one without which
 * its vector would pass fails the run, and so does one whose recording says something else than the row.
 */
export const departures: readonly Departure[] = [
  {
    vector: "response/process-time-limits",
    exchange: 2,
    query: { recorded: ["comprehensive_search", "true"], accepted: ["cb.comprehensive_search", "true"] },
    meets: "EDR fault 10",
    why: "the parameter is documented with its prefix",
  },
  {
    vector: "response/process-walk-parents",
    step: 3,
    at: ["depth"],
    recorded: null,
    accepted: 2,
    meets: "EDR fault 16",
    why: "an error inside the property was swallowed and read as null; there are two ancestors",
  },
  {
    vector: "response/sensor-invalid-where",
    step: 2,
    recorded: result({ error: { class: "ApiError", message: "Cannot have multiple 'where' clauses" } }),
    accepted: result({ value: null }),
    meets: "decision D5",
    why: "several conditions on sensors must all hold, as the change log promised",
  },
  {
    vector: "response/simple-query-where",
    step: 3,
    recorded: result({ error: { class: "ApiError", message: "Cannot have multiple 'where' clauses" } }),
    accepted: result({ value: null }),
    meets: "decision D5",
    why: "several conditions on a list must all hold",
  },
  {
    vector: "response/facets-bare",
    step: 2,
    recorded: result({ value: { x: [] } }),
    accepted: result({ error: { class: "ServerError", message: "asked to count by 'hostname'" } }),
    meets: "class of made-up server bodies",
    why: "the answer was made up and lacks the facet that was asked for: nothing was counted, which no list may say",
  },
  {
    vector: "response/facets-bare",
    step: 4,
    recorded: result({ value: { x: [] } }),
    accepted: result({ error: { class: "ServerError", message: "asked to count by 'digsig_result', 'os_type'" } }),
    meets: "class of made-up server bodies",
    why: "the answer was made up and lacks the facets that were asked for: nothing was counted, which no list may say",
  },
  {
    vector: "response/process-events-files-registry",
    step: 2,
    at: ["filemods", 4, "type"],
    recorded: null,
    accepted: "16",
    meets: "EDR fault 35",
    why: "a kind of event that is not in the table is shown as its number, not lost",
  },
  ...[2, 3].map((exchange) => ({
    vector: "response/storage-partitions",
    exchange,
    again: "GET /api/v1/storage/events/partition",
    meets: "EDR fault 30",
    why: "a partition that was mounted or unmounted is read again, so that it shows its state",
  })),
  ...["issuer", "subject", "program_name"].map((field) => ({
    vector: "response/binary-summary",
    step: 2,
    at: ["signing_data", field],
    recorded: "",
    accepted: null,
    meets: "decision D12",
    why: "what the document does not have reads as undefined, here too",
  })),
  {
    vector: "response/alert-one",
    step: 2,
    at: ["feed.id"],
    recorded: -1,
    accepted: null,
    meets: "decision D12",
    why: "an alert of a watchlist comes from no feed, and -1 stands for that",
  },
  {
    vector: "response/alert-not-found",
    step: 1,
    recorded: result({
      error: {
        class: "ObjectNotFoundError",
        message: "Received 404 (Object Not Found) for Alert could not be found by unique_id: None",
        uri: "Alert could not be found by unique_id",
      },
    }),
    accepted: result({
      error: { class: "ObjectNotFoundError", message: "There is no Alert with the unique_id 'zzz'" },
    }),
    meets: "the list of recorded faults",
    why: "the server answers 200 without a row; the text says which alert it was",
  },
  {
    vector: "response/feed-create",
    step: 1,
    recorded: result({ value: null, printed: "Trying to set attribute no_such" }),
    accepted: result({ error: { class: "ApiError", message: "Feed has no field named 'no_such'" } }),
    without: ["no_such"],
    meets: "the recording's own mark of a fault",
    why: "a field that does not exist is refused, not dropped with a printed line",
  },
  {
    vector: "errors/immutable-field",
    step: 3,
    recorded: result({ error: { class: "AttributeError", message: "Field status is immutable", builtin: true } }),
    accepted: result({ error: { class: "ApiError", message: "Field 'status' is immutable" } }),
    meets: "guide, 4.3.6",
    why: "what cannot be changed is refused with an error of the library",
  },
  {
    vector: "errors/non-json-200",
    step: 2,
    at: ["hostname"],
    recorded: {
      $error: { class: "TypeError", message: "unsupported format string passed to bytes.__format__", builtin: true },
    },
    accepted: {
      $error: {
        class: "ServerError",
        message: "Received error code 200 from API: <html>login</html>",
        error_code: 200,
      },
    },
    meets: "the recording's own mark of a fault",
    why: "the error that was meant says that the answer is not JSON, and what it is",
  },
  {
    vector: "errors/put-400",
    step: 3,
    recorded: result({
      error: { class: "AttributeError", message: "'list' object has no attribute 'get'", builtin: true },
    }),
    accepted: result({
      error: {
        class: "ClientError",
        message: 'Received error code 400 from API: ["enabled must be a boolean"]',
        error_code: 400,
      },
    }),
    meets: "the recording's own mark of a fault",
    why: "a refusal whose text is a list is a client error with that text",
  },
  {
    vector: "errors/retry-502",
    exchange: 4,
    pause: "free",
    sometimes: true,
    meets: "class of retries",
    why: "pauses between repetitions are of random length",
  },
  {
    vector: "liveresponse/session-reuse",
    step: 2,
    kwargs: { join: true },
    meets: "Live Response fault 1",
    why: "a session of somebody else is taken over on request only",
  },
  ...[7, 8].map((exchange) => ({
    vector: "liveresponse/session-reuse",
    exchange,
    unsent: true as const,
    meets: "Live Response fault 1",
    why: "a session that was not opened here is not closed here",
  })),
  {
    vector: "liveresponse/process-output",
    exchange: 14,
    unsent: true,
    meets: "Live Response fault 10",
    why: "an output file that the caller named is the caller's, and is kept",
  },
  {
    vector: "liveresponse/linux-walk-process",
    exchange: 16,
    added: {
      request: "GET /api/v1/cblr/session/7/command/5?wait=true",
      answer: { id: 5, session_id: 7, sensor_id: 1, name: "delete file", status: "complete", result_code: 0 },
    },
    meets: "Live Response fault 10",
    why: "it is awaited that an output file with a generated name is removed",
  },
  ...(["12", "40", "6"] as const).map((end, index) => ({
    vector: "protection/computer-slices",
    exchange: [1, 3, 4][index] ?? 0,
    query: { recorded: ["limit", end] as const, accepted: ["limit", ["2", "1", "1"][index] ?? ""] as const },
    meets: "App Control fault 2",
    why: "a slice asks for as many rows as it has, not for as many as its end is far from the start",
  })),
  {
    vector: "protection/computer-empty",
    exchange: 3,
    unsent: true,
    meets: "class of counts",
    why: "all rows were read before, so that their number is known",
  },
  {
    vector: "protection/computer-select",
    step: 3,
    at: ["templateComputer"],
    recorded: { $model: "Computer", id: 0 },
    accepted: null,
    meets: "App Control fault 19",
    why: "a foreign key of 0 stands for no object",
  },
  {
    vector: "protection/computer-cli-password",
    exchange: 1,
    json: { id: 7 },
    meets: "App Control fault 23",
    why: "the object is named in the body",
  },
  {
    vector: "protection/computer-cli-password",
    exchange: 2,
    unsent: true,
    meets: "App Control fault 23",
    why: "the server has no new password before the computer registers again, so that none is read at once",
  },
  {
    vector: "protection/computer-cli-password",
    step: 2,
    recorded: result({ value: "HUNTER2" }),
    accepted: result({ value: null }),
    meets: "App Control fault 23",
    why: "the server has no new password before the computer registers again, so that none is returned",
  },
  {
    vector: "protection/computer-save-plain",
    exchange: 2,
    json: { id: 7, policyId: 9 },
    meets: "App Control fault 9",
    why: "an update is the id and what was changed, not the whole object with its password",
  },
  {
    vector: "protection/computer-save-diagnostics",
    exchange: 2,
    json: { id: 7, debugLevel: 3, ccFlags: 1 },
    meets: "App Control fault 9",
    why: "an update is the id and what was changed, not the whole object with its password",
  },
  {
    vector: "protection/fileinstance-save",
    exchange: 2,
    path: { recorded: "/api/bit9platform/v1/fileInstance/33", accepted: "/api/bit9platform/v1/fileInstance" },
    json: { id: 33, localState: 2 },
    meets: "App Control faults 8 and 9",
    why: "the documented route has the id in the body, and an update is the id and what was changed",
  },
  {
    vector: "protection/approval-resolve",
    exchange: 4,
    unsent: true,
    meets: "App Control fault 22",
    why: "a row is a complete object, which need not be read again to be changed",
  },
  {
    vector: "protection/approval-resolve",
    exchange: 5,
    json: { id: 3, resolution: 2, resolutionComments: "ok", status: 3 },
    meets: "App Control fault 9",
    why: "an update is the id and what was changed",
  },
  {
    vector: "protection/approval-resolve",
    step: 5,
    recorded: result({ value: "3" }),
    accepted: result({ value: { $model: "ApprovalRequest", id: 3 } }),
    meets: "the guide, 4.3.5",
    why: "save() gives the object",
  },
  {
    vector: "protection/policy-crud",
    exchange: 2,
    json: { id: 9, enforcementLevel: 20 },
    meets: "App Control fault 9",
    why: "an update is the id and what was changed",
  },
];

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
