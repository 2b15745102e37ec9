import { type CbChildProcEvent, decodeChildProc } from "./childproc.js";
import { type CbCrossProcEvent, decodeCrossProc } from "./crossproc.js";
import { sortEvents } from "./event.js";
import { type CbFileModEvent, decodeFileMod } from "./filemod.js";
import { type EventJoins, type EventSource, isDocument, type PartialDocument } from "./joins.js";
import { type CbModLoadEvent, decodeModLoad } from "./modload.js";
import { type CbNetConnEvent, decodeNetConn } from "./netconn.js";
import { type CbProcessBlockEvent, decodeProcessBlock } from "./processblock.js";
import { type CbRegModEvent, decodeRegMod } from "./regmod.js";

/** The versions of the event route. */
export type EventVersion = 1 | 2 | 3 | 4 | 5;

/** An event of any kind; `event_type` tells which. */
export type AnyEvent<B = unknown, P = unknown, S = unknown> =
  | CbModLoadEvent<B, S>
  | CbFileModEvent<S>
  | CbRegModEvent<S>
  | CbNetConnEvent<S>
  | CbChildProcEvent<P, S>
  | CbCrossProcEvent<P, S>
  | CbProcessBlockEvent<S>;

/** The lists of events in a document, by the names they have there. */
export type EventListName =
  | "modload_complete"
  | "filemod_complete"
  | "regmod_complete"
  | "netconn_complete"
  | "childproc_complete"
  | "crossproc_complete"
  | "processblock_complete";

/** The names of all lists of events in a document. */
export const eventListNames: readonly EventListName[] = [
  "modload_complete",
  "filemod_complete",
  "regmod_complete",
  "netconn_complete",
  "childproc_complete",
  "crossproc_complete",
  "processblock_complete",
];

/** An entry that is no event of its kind, and was left out. */
export interface EventProblem {
  readonly list: EventListName;
  /** Its place in the list. */
  readonly index: number;
  readonly reason: string;
  readonly entry: unknown;
}

/** What events are decoded with besides their own document. */
export interface EventContext<B = unknown, P = unknown, S = unknown> {
  /** Makes what the events join to. */
  readonly joins: EventJoins<B, P, S>;
  /** Fields of the process that the event document may lack, such as its `id`. */
  readonly process?: PartialDocument;
}

type Decode<B, P, S, E> = (entry: unknown, sequence: number, source: EventSource<B, P, S>) => E | string;

/** The events of a process, or of one of its segments. Each list is decoded when it is first read, and kept. */
export class EventLists<B = unknown, P = unknown, S = unknown> {
  /** The version of the route that the events came by. */
  readonly version: EventVersion;

  readonly #source: EventSource<B, P, S>;
  /** The lists that have not been read yet, as the server sent them. */
  readonly #raw = new Map<EventListName, unknown>();
  readonly #decoded = new Map<EventListName, readonly unknown[]>();
  readonly #problems: EventProblem[] = [];

  /** @internal Use {@link decodeEvents}. */
  constructor(version: EventVersion, process: PartialDocument, context: EventContext<B, P, S>) {
    this.version = version;
    const { binaries } = process;
    // The document itself is not kept: its lists would stay in memory beside the decoded ones.
    const fields: Record<string, unknown> = { ...context.process };
    for (const name of ["id", "unique_id", "process_md5", "path", "sensor_id"]) {
      fields[name] = process[name] ?? fields[name];
    }
    this.#source = { joins: context.joins, process: fields, binaries: isDocument(binaries) ? binaries : {} };
    for (const name of eventListNames) this.#raw.set(name, process[name]);
  }

  /** Modules that were loaded. */
  get modloads(): readonly CbModLoadEvent<B, S>[] {
    return this.#list<CbModLoadEvent<B, S>>("modload_complete", decodeModLoad);
  }

  /** Files that were created, written or deleted. */
  get filemods(): readonly CbFileModEvent<S>[] {
    return this.#list<CbFileModEvent<S>>("filemod_complete", decodeFileMod);
  }

  /** Registry keys and values that were created, written or deleted. */
  get regmods(): readonly CbRegModEvent<S>[] {
    return this.#list<CbRegModEvent<S>>("regmod_complete", decodeRegMod);
  }

  /** Network connections, made and accepted. */
  get netconns(): readonly CbNetConnEvent<S>[] {
    return this.#list<CbNetConnEvent<S>>("netconn_complete", decodeNetConn);
  }

  /** Starts and ends of children, as events. */
  get childprocs(): readonly CbChildProcEvent<P, S>[] {
    return this.#list<CbChildProcEvent<P, S>>("childproc_complete", decodeChildProc);
  }

  /** Handles opened and threads started in other processes, and by them in this one. */
  get crossprocs(): readonly CbCrossProcEvent<P, S>[] {
    return this.#list<CbCrossProcEvent<P, S>>("crossproc_complete", decodeCrossProc);
  }

  /** Attempts to run a banned binary that the sensor stopped. */
  get processblocks(): readonly CbProcessBlockEvent<S>[] {
    return this.#list<CbProcessBlockEvent<S>>("processblock_complete", decodeProcessBlock);
  }

  /** The events of all kinds in the order of time. */
  all(): AnyEvent<B, P, S>[] {
    return sortEvents<AnyEvent<B, P, S>>(...this.#all());
  }

  /** The entries, of all lists, that could not be read. This decodes the lists that were not decoded before. */
  get problems(): readonly EventProblem[] {
    this.#all();
    return this.#problems;
  }

  #all(): (readonly AnyEvent<B, P, S>[])[] {
    return [
      this.modloads,
      this.netconns,
      this.filemods,
      this.childprocs,
      this.regmods,
      this.crossprocs,
      this.processblocks,
    ];
  }

  #list<E>(name: EventListName, decode: Decode<B, P, S, E>): readonly E[] {
    const known = this.#decoded.get(name);
    // One name always goes with one decoder.
    if (known !== undefined) return known as readonly E[];
    const events = this.#decode(name, decode);
    this.#decoded.set(name, events);
    this.#raw.delete(name);
    return events;
  }

  #decode<E>(name: EventListName, decode: Decode<B, P, S, E>): E[] {
    const raw = this.#raw.get(name);
    if (raw === undefined || raw === null) return [];
    if (!Array.isArray(raw)) {
      this.#problems.push({ list: name, index: 0, reason: "not a list", entry: raw });
      return [];
    }
    const events: E[] = [];
    for (let index = 0; index < raw.length; index++) {
      const entry: unknown = raw[index];
      const event = decode(entry, index, this.#source);
      if (typeof event !== "string") events.push(event);
      else this.#problems.push({ list: name, index, reason: entry === "" ? "empty" : event, entry });
    }
    return events;
  }
}

/**
 * Reads the answer of an event route. Nothing is decoded before it is asked for, and nothing in the answer makes this
 * throw: entries that are no events are left out and listed in `problems`.
 *
 * An entry's own form decides how it is read, so a server that mixes the forms of several versions is understood.
 *
 * @param document - The answer, or the process object within it.
 */
export function decodeEvents<B, P, S>(
  version: EventVersion,
  document: unknown,
  context: EventContext<B, P, S>,
): EventLists<B, P, S> {
  const answer = isDocument(document) ? document : {};
  const { process } = answer;
  return new EventLists(version, isDocument(process) ? process : answer, context);
}
