import { ApiError, ObjectNotFoundError, ServerError } from "../../../core/errors.js";
import { Completeness, type Document } from "../../../core/model/document.js";
import { asDocument, Model } from "../../../core/model/model.js";
import { makeRef, refByJoin } from "../../../core/model/ref.js";
import type { Ref } from "../../../core/model/ref-type.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { type CbChildProcEvent, childOfSummary } from "../../events/childproc.js";
import { type EventJoins, isDocument } from "../../events/joins.js";
import {
  type AnyEvent,
  decodeEvents,
  type EventListName,
  type EventLists,
  type EventVersion,
  eventListNames,
} from "../../events/lists.js";
import { connected, type EdrHost } from "../../host.js";
import { splitProcessId } from "../../process-guid.js";
import { asDocuments, documentsOf } from "../answers.js";
import { Binary } from "../binary/binary.js";
import { SharedReads } from "../shared-reads.js";
import { Process } from "./process.js";
import { knownBy } from "./summary.js";

/** The lists of events of a process, with their joins as they are here. */
export type ProcessEvents = EventLists<Ref<Binary>, Ref<Process>, Process>;
/** An event of any kind; `event_type` tells which. */
export type ProcessEvent = AnyEvent<Ref<Binary>, Ref<Process>, Process>;
/** The start or the end of a child. */
export type ChildProcEvent = CbChildProcEvent<Ref<Process>, Process>;

/** One push of the sensor about a process. */
export interface SegmentInfo {
  /** Its number: the server's time in milliseconds since 1970, or 1, 2, ... before 6.0. */
  readonly segment: number;
  /** GUID and segment, as {@link Process} takes them. */
  readonly unique_id: string | undefined;
  /** The endpoint's time, as the server writes it. */
  readonly last_update: string | undefined;
  /** When it reached the server, as the server writes it. */
  readonly last_server_update: string | undefined;
  /** How many events of each kind it has. */
  readonly event_counts: Readonly<Record<string, number>> | undefined;
}

/** Reads the events of one process object: each segment once. */
export class ProcessEventReader {
  readonly #process: Process;
  readonly #joins: EventJoins<Ref<Binary>, Ref<Process>, Process>;
  readonly #lists = new SharedReads<number | "all", ProcessEvents>();
  readonly #segments = new SharedReads<"segments", readonly SegmentInfo[]>();

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
  async ofSegment(options: CallOptions = {}): Promise<ProcessEvents> {
    const cb = await this.#connected(options);
    const { segment } = this.#process;
    return this.#lists.read(segment, options, (call) => this.#decode(cb, [segment], call));
  }

  /** The events of all segments: one request from 6.0 on, one for each segment before. */
  async ofAll(options: CallOptions = {}): Promise<ProcessEvents> {
    const cb = await this.#connected(options);
    if (cb.cb_server_version.atLeast(6, 0)) {
      return this.#lists.read(0, options, (call) => this.#decode(cb, [0], call));
    }
    return this.#lists.read("all", options, async (call) => {
      const segments = await this.segments(call);
      return this.#decode(
        cb,
        segments.map(({ segment }) => segment),
        call,
      );
    });
  }

  /**
   * The segments of the process: `GET /api/v1/process/{id}/segment` from 6.0 on, a search for the process's id before.
   */
  segments(options: CallOptions = {}): Promise<readonly SegmentInfo[]> {
    return this.#segments.read("segments", options, (call) => this.#readSegments(call));
  }

  /** The modules of the segment without a good signature; the binaries of which the events tell nothing are asked for. */
  async unsignedModloads(options: CallOptions): Promise<ProcessEvents["modloads"]> {
    const { modloads } = await this.ofSegment(options);
    const { client } = Model.stateOf(this.#process);
    const untold = modloads.filter((event) => event.is_signed === undefined && event.binary !== undefined);
    await client.identityMap.loadMany(
      Binary,
      untold.map(({ md5 }) => md5),
      options,
    );
    const signed = await Promise.all(modloads.map(isSigned));
    return modloads.filter((_, index) => signed[index] !== true);
  }

  /** What feeds of the cloud say: `GET /api/v1/process/{id}/{segment}/threat_intel_hits`. */
  async threatIntelHits(options: CallOptions): Promise<readonly Document[]> {
    const cb = await this.#connected(options);
    const { id, segment } = this.#process;
    try {
      const path = `/api/v1/process/${id}/${segment}/threat_intel_hits`;
      return asDocuments(await cb.getObject(path, undefined, options), `the threat intelligence hits of Process ${id}`);
    } catch (cause) {
      if (!(cause instanceof ServerError)) throw cause;
      throw new ApiError(`Sharing IOCs not set up in Cb server. See ${cb.url}/#/share for more information.`, {
        cause,
      });
    }
  }

  /** The starts of the children as the summary tells them. */
  children(documents: readonly Document[]): ChildProcEvent[] {
    const { id, unique_id, sensor_id } = this.#process;
    const source = { joins: this.#joins, process: { id, unique_id, sensor_id }, binaries: {} };
    return documents.map((document, index) => childOfSummary(document, index, source));
  }

  #connected(options: CallOptions): Promise<EdrHost> {
    return connected(Model.stateOf(this.#process).client, options);
  }

  async #decode(cb: EdrHost, segments: readonly number[], options: CallOptions): Promise<ProcessEvents> {
    const documents: Document[] = [];
    for (const segment of segments) documents.push(await this.#fetch(cb, segment, options));
    const { id, unique_id, sensor_id } = this.#process;
    return decodeEvents(routeVersion(cb), merge(documents), {
      joins: this.#joins,
      process: { id, unique_id, sensor_id },
    });
  }

  /** `GET /api/v4/process/{id}/{segment}/event`, or the older route of an older server. */
  async #fetch(cb: EdrHost, segment: number, options: CallOptions): Promise<Document> {
    const { id } = this.#process;
    const path = `/api/v${routeVersion(cb)}/process/${id}/${segment}/event`;
    const answer = asDocument(await cb.getObject(path, undefined, options), "the events of Process", id);
    const process = isDocument(answer["process"]) ? answer["process"] : {};
    this.#takeFields(process);
    return process;
  }

  /** A process that was known by its id only is known a good deal better after its events have come. */
  #takeFields(process: Document): void {
    const state = Model.stateOf(this.#process);
    const completeness = knownBy(process);
    if (state.completeness >= completeness) return;
    const fields = Object.fromEntries(
      Object.entries(process).filter(([name]) => !eventListNames.includes(name as EventListName)),
    );
    state.document = fields;
    state.completeness = completeness;
  }

  async #readSegments(options: CallOptions): Promise<readonly SegmentInfo[]> {
    const cb = await this.#connected(options);
    const { id } = this.#process;
    if (!cb.cb_server_version.atLeast(6, 0)) {
      const rows = await cb.select(Process).where(`process_id:${id}`).sort("").all(options);
      return rows.map((row) => segmentInfo(row.toJSON())).sort((a, b) => a.segment - b.segment);
    }
    const path = `/api/v1/process/${id}/segment`;
    const answer = asDocument(await cb.getObject(path, undefined, options), "the segments of Process", id);
    const process = isDocument(answer["process"]) ? answer["process"] : {};
    return documentsOf(process["segments"]).map(segmentInfo);
  }
}

/** Whether a module's signature was found good; of one that the server does not have, nobody has found that. */
async function isSigned(event: ProcessEvents["modloads"][number]): Promise<boolean> {
  try {
    return event.is_signed ?? (await event.binary?.signed) ?? false;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
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
function routeVersion(cb: EdrHost): EventVersion {
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
