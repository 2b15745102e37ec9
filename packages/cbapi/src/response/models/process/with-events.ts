import { Lazy } from "../../../core/model/lazy.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { ProcessEvent, ProcessEventReader, ProcessEvents, SegmentInfo } from "./events.js";
import { ProcessFields } from "./fields.js";

/** The half of {@link Process} that tells what was recorded of it. */
export abstract class ProcessWithEvents extends ProcessFields {
  /** What was recorded of this process, by kind and by segment. */
  protected abstract get eventReader(): ProcessEventReader;

  // Events, read once by segment: `GET /api/v4/process/{id}/{segment}/event` (v3, v2, v1 before 6.0, 5.2, 5.1).

  /** Modules that were loaded, in the segment that this object is about. With options: `segmentEvents()`. */
  get modloads(): PromiseLike<ProcessEvents["modloads"]> {
    return this.#ofSegment("modloads", (events) => events.modloads);
  }

  /**
   * Modules that were loaded in the segment and have no good signature. Asks for the binaries of which the events do not
   * tell; one that the server does not have counts as unsigned.
   */
  get unsigned_modloads(): PromiseLike<ProcessEvents["modloads"]> {
    return new Lazy("unsigned_modloads", () => this.getUnsignedModloads());
  }

  /**
   * As {@link Process.unsigned_modloads}, with options for the requests that it costs.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  getUnsignedModloads(options: CallOptions = {}): Promise<ProcessEvents["modloads"]> {
    return this.eventReader.unsignedModloads(options);
  }

  /** Files that were created, written or deleted, in the segment. With options: `segmentEvents()`. */
  get filemods(): PromiseLike<ProcessEvents["filemods"]> {
    return this.#ofSegment("filemods", (events) => events.filemods);
  }

  /** Registry keys and values that were created, written or deleted, in the segment. With options: `segmentEvents()`. */
  get regmods(): PromiseLike<ProcessEvents["regmods"]> {
    return this.#ofSegment("regmods", (events) => events.regmods);
  }

  /** Network connections, made and accepted, in the segment. With options: `segmentEvents()`. */
  get netconns(): PromiseLike<ProcessEvents["netconns"]> {
    return this.#ofSegment("netconns", (events) => events.netconns);
  }

  /** Handles opened and threads started across processes, in the segment. With options: `segmentEvents()`. */
  get crossprocs(): PromiseLike<ProcessEvents["crossprocs"]> {
    return this.#ofSegment("crossprocs", (events) => events.crossprocs);
  }

  /** Starts and ends of children, as they were recorded in the segment; `children` has one entry a child. */
  get childprocs(): PromiseLike<ProcessEvents["childprocs"]> {
    return this.#ofSegment("childprocs", (events) => events.childprocs);
  }

  /** Attempts to run a banned binary that the sensor stopped, in the segment. With options: `segmentEvents()`. */
  get processblocks(): PromiseLike<ProcessEvents["processblocks"]> {
    return this.#ofSegment("processblocks", (events) => events.processblocks);
  }

  /** The events of all kinds in the segment that this object is about, in the order of time. */
  get all_events_segment(): PromiseLike<readonly ProcessEvent[]> {
    return this.#ofSegment("all_events_segment", (events) => events.all());
  }

  /** The events of all kinds and all segments, in the order of time. With options: `(await allEvents(options)).all()`. */
  get all_events(): PromiseLike<readonly ProcessEvent[]> {
    return new Lazy("all_events", async () => (await this.allEvents()).all());
  }

  /** Attempts to tamper with the sensor, in all segments; read like `allEvents()`. */
  get tamper_events(): PromiseLike<readonly ProcessEvent[]> {
    return new Lazy("tamper_events", () => this.getTamperEvents());
  }

  /**
   * As {@link Process.tamper_events}, with options for the requests that it costs.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async getTamperEvents(options: CallOptions = {}): Promise<readonly ProcessEvent[]> {
    return (await this.allEvents(options)).all().filter((event) => event.tamper_event);
  }

  /**
   * All lists of events of the segment that this object is about (`modloads`, `filemods`, ..., `all()` of them), each
   * decoded when it is read, with what could not be read in `problems`.
   * @example (await proc.segmentEvents({ timeout: 5000 })).netconns
   * @throws ObjectNotFoundError when the server does not have the process
   */
  segmentEvents(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.eventReader.ofSegment(options);
  }

  /**
   * As {@link Process.segmentEvents}, of all segments: one request from 6.0 on, before that one for the list of segments
   * and one for each of them.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  allEvents(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.eventReader.ofAll(options);
  }

  /**
   * Modules that were loaded, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allModloads(options: CallOptions = {}): Promise<ProcessEvents["modloads"]> {
    return (await this.allEvents(options)).modloads;
  }

  /**
   * Files that were created, written or deleted, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allFilemods(options: CallOptions = {}): Promise<ProcessEvents["filemods"]> {
    return (await this.allEvents(options)).filemods;
  }

  /**
   * Registry keys and values that were created, written or deleted, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allRegmods(options: CallOptions = {}): Promise<ProcessEvents["regmods"]> {
    return (await this.allEvents(options)).regmods;
  }

  /**
   * Network connections, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allNetconns(options: CallOptions = {}): Promise<ProcessEvents["netconns"]> {
    return (await this.allEvents(options)).netconns;
  }

  /**
   * Handles opened and threads started across processes, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allCrossprocs(options: CallOptions = {}): Promise<ProcessEvents["crossprocs"]> {
    return (await this.allEvents(options)).crossprocs;
  }

  /**
   * Starts and ends of children, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allChildprocs(options: CallOptions = {}): Promise<ProcessEvents["childprocs"]> {
    return (await this.allEvents(options)).childprocs;
  }

  /**
   * Attempts to run a banned binary that the sensor stopped, in all segments; read like `allEvents()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async allProcessblocks(options: CallOptions = {}): Promise<ProcessEvents["processblocks"]> {
    return (await this.allEvents(options)).processblocks;
  }

  /**
   * File modifications, in the segment that this object is about, of a file whose path is this one.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async findFileWrites(path: string, options: CallOptions = {}): Promise<ProcessEvents["filemods"]> {
    return (await this.segmentEvents(options)).filemods.filter((event) => event.path === path);
  }

  /**
   * The numbers of its segments, as the server orders them; asked for once, like `segments()`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async getSegments(options: CallOptions = {}): Promise<number[]> {
    return (await this.segments(options)).map(({ segment }) => segment);
  }

  /**
   * Its segments, with what is known of each: `GET /api/v1/process/{id}/segment` from 6.0 on, a search for its id before.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  segments(options: CallOptions = {}): Promise<readonly SegmentInfo[]> {
    return this.eventReader.segments(options);
  }

  /**
   * What threat feeds of the cloud say of it: `GET /api/v1/process/{id}/{segment}/threat_intel_hits`.
   * @throws ApiError where the server is not set up to share indicators
   */
  get threat_intel_hits(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("threat_intel_hits", () => this.getThreatIntelHits());
  }

  /**
   * As {@link Process.threat_intel_hits}, with options for the request that it costs.
   * @throws ApiError where the server is not set up to share indicators
   */
  getThreatIntelHits(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.eventReader.threatIntelHits(options);
  }

  #ofSegment<T>(what: string, take: (events: ProcessEvents) => T): PromiseLike<T> {
    return new Lazy(what, async () => take(await this.segmentEvents()));
  }
}
