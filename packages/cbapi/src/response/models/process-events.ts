import { Completeness, type Document } from "../../core/model/document.js";
import { Model } from "../../core/model/model.js";
import { makeRef, type Ref, refByJoin } from "../../core/model/ref.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type CbResponseAPI, connected } from "../client.js";
import {
  type AnyEvent,
  type CbChildProcEvent,
  childOfSummary,
  decodeEvents,
  type EventJoins,
  type EventListName,
  type EventLists,
  type EventVersion,
  eventListNames,
} from "../events/index.js";
import { splitProcessId } from "../process-guid.js";
import { Binary } from "./binary.js";
import { Process } from "./process.js";

/** The events of a process, with their joins as they are here. */
export type ProcessEvents = EventLists<Ref<Binary>, Ref<Process>, Process>;
export type ProcessEvent = AnyEvent<Ref<Binary>, Ref<Process>, Process>;
export type ChildProcEvent = CbChildProcEvent<Ref<Process>, Process>;

/** One push of the sensor about a process. */
export interface SegmentInfo {
  readonly segment: number;
  readonly unique_id: string | undefined;
  readonly last_update: string | undefined;
  readonly last_server_update: string | undefined;
  readonly event_counts: Readonly<Record<string, number>> | undefined;
}

/** Reads the events of one process object: each segment once. */
export class ProcessEventReader {
  readonly #process: Process;
  readonly #joins: EventJoins<Ref<Binary>, Ref<Process>, Process>;
  readonly #documents = new Map<number, Promise<Document>>();
  readonly #lists = new Map<number | "all", Promise<ProcessEvents>>();
  #segments: Promise<readonly SegmentInfo[]> | undefined;

  constructor(process: Process) {
    this.#process = process;
    const { client } = Model.stateOf(process);
    this.#joins = {
      parent: process,
      binary(md5, partial) {
        if (partial !== undefined) client.identityMap.seed(Binary, md5, partial, Completeness.partial);
        return refByJoin(client, Binary, md5);
      },
      process(id, partial, suppressed) {
        if (suppressed) return suppressedChild(process, id, partial ?? {});
        if (partial !== undefined) client.identityMap.seed(Process, id, partial, Completeness.partial);
        return refByJoin(client, Process, id);
      },
    };
  }

  /** The events of the segment that the process object is about. */
  ofSegment(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.#connected(options, (cb) =>
      this.#once(this.#process.segment, () => this.#decode(cb, [this.#process.segment], options)),
    );
  }

  /** The events of all segments: one request from 6.0 on, one for each segment before. */
  ofAll(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.#connected(options, (cb) => {
      if (cb.cb_server_version.atLeast(6, 0)) return this.#once(0, () => this.#decode(cb, [0], options));
      return this.#once("all", async () => {
        const segments = await this.segments(options);
        return this.#decode(
          cb,
          segments.map(({ segment }) => segment),
          options,
        );
      });
    });
  }

  /**
   * The segments of the process: `GET /api/v1/process/{id}/segment` from 6.0 on, a search for the process's id before.
   */
  segments(options: CallOptions = {}): Promise<readonly SegmentInfo[]> {
    this.#segments ??= this.#readSegments(options);
    const reading = this.#segments;
    return reading.catch((error: unknown) => {
      if (this.#segments === reading) this.#segments = undefined;
      throw error;
    });
  }

  /** The starts of the children as the summary tells them. */
  children(documents: readonly Document[]): ChildProcEvent[] {
    const { id, unique_id, sensor_id } = this.#process;
    const source = { joins: this.#joins, process: { id, unique_id, sensor_id }, binaries: {} };
    return documents.map((document, index) => childOfSummary(document, index, source));
  }

  async #connected<T>(options: CallOptions, then: (cb: CbResponseAPI) => Promise<T>): Promise<T> {
    return then(await connected(Model.stateOf(this.#process).client, options));
  }

  #once(segment: number | "all", read: () => Promise<ProcessEvents>): Promise<ProcessEvents> {
    let lists = this.#lists.get(segment);
    if (lists === undefined) {
      lists = read();
      this.#lists.set(segment, lists);
      lists.catch(() => this.#lists.delete(segment));
    }
    return lists;
  }

  async #decode(cb: CbResponseAPI, segments: readonly number[], options: CallOptions): Promise<ProcessEvents> {
    const documents: Document[] = [];
    for (const segment of segments) documents.push(await this.#document(cb, segment, options));
    const { id, unique_id, sensor_id } = this.#process;
    return decodeEvents(routeVersion(cb), merge(documents), {
      joins: this.#joins,
      process: { id, unique_id, sensor_id },
    });
  }

  /** `GET /api/v4/process/{id}/{segment}/event`, or the older route of an older server. */
  #document(cb: CbResponseAPI, segment: number, options: CallOptions): Promise<Document> {
    let document = this.#documents.get(segment);
    if (document === undefined) {
      document = this.#fetch(cb, segment, options);
      this.#documents.set(segment, document);
      document.then(
        // Only needed until its lists have been put together; they would stay in memory twice.
        () => this.#documents.delete(segment),
        () => this.#documents.delete(segment),
      );
    }
    return document;
  }

  async #fetch(cb: CbResponseAPI, segment: number, options: CallOptions): Promise<Document> {
    const path = `/api/v${routeVersion(cb)}/process/${this.#process.id}/${segment}/event`;
    const answer = (await cb.getObject(path, undefined, options)) as { process?: Document };
    const process = answer.process ?? {};
    this.#takeFields(process);
    return process;
  }

  /** A process that was known by its id only is known a good deal better after its events have come. */
  #takeFields(process: Document): void {
    const state = Model.stateOf(this.#process);
    if (state.completeness >= Completeness.row) return;
    const fields = Object.fromEntries(
      Object.entries(process).filter(([name]) => !eventListNames.includes(name as EventListName)),
    );
    state.document = fields;
    state.completeness = Completeness.row;
  }

  async #readSegments(options: CallOptions): Promise<readonly SegmentInfo[]> {
    const cb = await connected(Model.stateOf(this.#process).client, options);
    const { id } = this.#process;
    if (!cb.cb_server_version.atLeast(6, 0)) {
      const rows = await cb.select(Process).where(`process_id:${id}`).sort("").all(options);
      return rows.map((row) => segmentInfo(row.toJSON())).sort((a, b) => a.segment - b.segment);
    }
    const answer = (await cb.getObject(`/api/v1/process/${id}/segment`, undefined, options)) as {
      process?: { segments?: readonly Document[] };
    };
    return (answer.process?.segments ?? []).map(segmentInfo);
  }
}

function segmentInfo(document: Document): SegmentInfo {
  const unique = document["unique_id"];
  const named = typeof unique === "string" ? splitProcessId(unique)?.segment : undefined;
  return {
    segment: named ?? Number(document["segment_id"] ?? 0),
    unique_id: unique as string | undefined,
    last_update: document["last_update"] as string | undefined,
    last_server_update: document["last_server_update"] as string | undefined,
    event_counts: document["event_counts"] as Record<string, number> | undefined,
  };
}

/** One document of several segments: the fields of the last, the events of all. */
function merge(documents: readonly Document[]): Document {
  if (documents.length < 2) return documents[0] ?? {};
  const merged: Record<string, unknown> = Object.assign({}, ...documents);
  for (const name of eventListNames) {
    merged[name] = documents.flatMap((document) =>
      Array.isArray(document[name]) ? (document[name] as unknown[]) : [],
    );
  }
  merged["binaries"] = Object.assign({}, ...documents.map((document) => document["binaries"] ?? {}));
  return merged;
}

/** The event route that a server's version has. */
function routeVersion(cb: CbResponseAPI): EventVersion {
  const version = cb.cb_server_version;
  if (version.atLeast(6, 0)) return 4;
  if (version.atLeast(5, 2)) return 3;
  return version.atLeast(5, 1) ? 2 : 1;
}

function suppressedChild(parent: Process, id: string, document: Document): Ref<Process> {
  const { client } = Model.stateOf(parent);
  return makeRef<Process>({
    cls: Process,
    describe: () => id,
    completeness: Completeness.key,
    locate: async () =>
      new Process({ client, key: id, document, completeness: Completeness.full, settings: { suppressed: true } }),
  });
}
