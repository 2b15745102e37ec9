import { InvalidObjectError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import type { Document, Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { Lazy } from "../../core/model/lazy.js";
import { type Key, one, optional } from "../../core/model/relations.js";
import type { Results } from "../../core/query/query.js";
import type { CallOptions } from "../../core/transport/types.js";
import { edr } from "../client.js";
import { type ProcessId, parseProcessGuid, splitProcessId } from "../process-guid.js";
import { ProcessQuery } from "../queries/process-query.js";
import { Binary, isMd5 } from "./binary.js";
import { refuseAssignments } from "./immutable.js";
import { childDocuments, relativeOf, settingsOf, siblingDocuments } from "./process-children.js";
import {
  type ChildProcEvent,
  type ProcessEvent,
  ProcessEventReader,
  type ProcessEvents,
  type SegmentInfo,
} from "./process-events.js";
import { parentKey } from "./process-parent.js";
import { fetchSummary } from "./process-summary.js";
import {
  ancestorsOf,
  depthOf,
  type ProcessVisitor,
  type WalkOptions,
  type WalkReport,
  walkChildren,
  walkParents,
} from "./process-walk.js";
import { resultsOf } from "./results.js";
import { Sensor } from "./sensor.js";
import { type Tag, tagOf, tagsOf, type WatchlistHit } from "./tags.js";

/**
 * A process of an endpoint, by its GUID. A search gives it a segment at a time; {@link Process.load} reads the process
 * as a whole, with its parent, children and siblings.
 */
export class Process extends defineModel(
  {
    name: "Process",
    path: "/api/v1/process",
    key: "id",
    printAs: "document",
    // What asks the server by the id alone; what looks at the summary reads it by itself.
    keyOnly: [
      "getSegments",
      "segments",
      "segmentEvents",
      "allEvents",
      "allModloads",
      "allFilemods",
      "allRegmods",
      "allNetconns",
      "allCrossprocs",
      "allChildprocs",
      "allProcessblocks",
      "findFileWrites",
      "getUnsignedModloads",
      "getTamperEvents",
      "getThreatIntelHits",
      "walkParents",
      "walkChildren",
      "childProcesses",
      "getParents",
      "getDepth",
      "getSiblings",
      "getChildren",
    ],
  },
  {
    /** GUID. */
    id: t.string(),
    /** GUID and segment. */
    unique_id: t.string(),
    /** The segment's number: the server's time in milliseconds since 1970, or 1, 2, ... before 6.0. */
    segment_id: t.integer(),
    sensor_id: t.integer(),
    hostname: t.string(),
    /** The name of the sensor's group, in lower case. */
    group: t.string(),
    /** `workstation`, `server` or `domain_controller`. */
    host_type: t.string(),
    /** `windows`, `linux` or `osx`. */
    os_type: t.string(),
    process_name: t.string(),
    path: t.string(),
    cmdline: t.string(),
    username: t.string(),
    uid: t.string(),
    /** In lower case. */
    process_md5: t.string(),
    /** From 7.0 on. */
    process_sha256: t.string(),
    /** -1 when the sensor did not know it. */
    process_pid: t.integer(),
    parent_unique_id: t.string(),
    parent_id: t.string(),
    parent_name: t.string(),
    /** -1 when the sensor did not know it. */
    parent_pid: t.integer(),
    start: t.dateTime(),
    end: t.dateTime(),
    /** The last event, by the endpoint's clock. */
    last_update: t.dateTime(),
    /** The last push of the sensor, by the server's clock. */
    last_server_update: t.dateTime(),
    min_last_update: t.dateTime(),
    max_last_update: t.dateTime(),
    min_last_server_update: t.dateTime(),
    max_last_server_update: t.dateTime(),
    terminated: t.boolean(),
    /** The address that the server saw the sensor at. */
    comms_ip: t.ipv4(),
    /** The sensor's own address. */
    interface_ip: t.ipv4(),
    modload_count: t.integer(),
    filemod_count: t.integer(),
    regmod_count: t.integer(),
    netconn_count: t.integer(),
    crossproc_count: t.integer(),
    /** Some servers count a child's start and its end. */
    childproc_count: t.integer(),
    processblock_count: t.integer(),
    emet_count: t.integer(),
    fileless_scriptload_count: t.integer(),
    filtering_known_dlls: t.boolean(),
    emet_config: t.string(),
    watchlists: t.array(t.open<WatchlistHit>()),
    ref_segment_id: t.array(t.integer()),
    /** How a child was started: `exec`, `fork`, ... Only in what a summary tells of children. */
    child_proc_type: t.string(),
    /** Whether the sensor left the child out, so that the server has no document of it. */
    is_suppressed: t.boolean(),
    /** The sensor of the endpoint that it ran on. */
    get sensor() {
      return one(Sensor, (process: Process) => process.sensor_id);
    },
    /** `undefined` where the sensor did not see the file, and sends `(unknown)` or nothing for its hash. */
    get binary() {
      return optional(Binary, (process: Process) => (isMd5(process.process_md5) ? process.process_md5 : undefined));
    },
    /** Who started it; `undefined` where the sensor did not know. */
    get parent() {
      return optional(Process, (process: Process) => parentKey(process));
    },
  },
) {
  #eventReader: ProcessEventReader | undefined;
  #parts: ProcessId | undefined;

  static {
    refuseAssignments(this);
  }

  /** A search for processes, which has not been sent. */
  static query(client: ModelHost): ProcessQuery {
    return new ProcessQuery(client, Process, {});
  }

  /**
   * Takes a GUID, a GUID with a segment behind it, or the number of a 4.x server.
   * @throws InvalidObjectError when the text is none of these
   */
  static override normaliseKey(key: Key): Key {
    const split = splitProcessId(key);
    if (split === undefined) {
      throw new InvalidObjectError(
        `${JSON.stringify(key)} is no id of a process: a GUID is expected (00000018-0000-164c-01d5-9ed472b33472), with or without its segment`,
      );
    }
    return split.segment === undefined || split.segment === 0 ? split.id : String(key).toLowerCase();
  }

  /** All segments of a process share its summary. */
  static override documentKey(key: Key): Key {
    return splitProcessId(key)?.id ?? key;
  }

  /** The summary: `GET /api/v1/process/{id}/{segment}?children=15`. */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return fetchSummary(client, Process, key, options);
  }

  /** The GUID without a segment, in lower case; the number of a process of a 4.x server. */
  override get id(): string {
    return this.#named?.id ?? super.id;
  }

  /**
   * The segment that this object is about; 0 stands for all of them (1 before server 6.0).
   * @throws ApiError when the id names none and the server's version is not known yet: `await cb.connect()` first
   */
  get segment(): number {
    const named = this.#named?.segment;
    if (named !== undefined && named > 0) return named;
    return edr(Process.stateOf(this).client).cb_server_version.atLeast(6, 0) ? 0 : 1;
  }

  /** The document's, or what the GUID says. */
  override get sensor_id(): number | undefined {
    return super.sensor_id ?? parseProcessGuid(this.id)?.sensorId;
  }

  /** The document's, or what the GUID says; -1 when the sensor did not know it. */
  override get process_pid(): number | undefined {
    const pid = super.process_pid;
    return pid === undefined ? parseProcessGuid(this.id)?.pid : pid;
  }

  /** When it started: the document's time, or what the GUID says. */
  override get start(): Date | undefined {
    return super.start ?? parseProcessGuid(this.id)?.created;
  }

  /** When it ended; of one that ended and does not say when, its last update. `undefined` while it runs. */
  override get end(): Date | undefined {
    return super.end ?? (this.terminated === true ? this.last_update : undefined);
  }

  /** The command line, or the path where the sensor saw none. */
  override get cmdline(): string | undefined {
    const cmdline = super.cmdline;
    return cmdline === undefined || cmdline === "" ? this.path : cmdline;
  }

  /** Whether this only stands for a process that the sensor did not know, such as the one that started the kernel. */
  get isUnknown(): boolean {
    return (
      this.get<number>("process_pid") === -1 ||
      (parseProcessGuid(this.id) !== undefined && this.process_pid === undefined)
    );
  }

  /** Whether this is a child that the sensor left out: known by its parent only. */
  get suppressed_process(): boolean {
    return settingsOf(this).suppressed ?? false;
  }

  /** Whether this is named by another process and is not on the server. */
  get is_stub(): boolean {
    return settingsOf(this).stub ?? false;
  }

  /**
   * Completes a process that is known in part: `GET /api/v1/process/{id}/{segment}?children=15`. What the server has no
   * document of (`suppressed_process`, `is_stub`) is left as it is.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  override async load(options: CallOptions = {}): Promise<this> {
    return this.suppressed_process || this.is_stub ? this : super.load(options);
  }

  /** Reads the process from the server again, and forgets the events that were read; the requests are those of `load`. */
  override async refresh(options: CallOptions = {}): Promise<this> {
    if (this.suppressed_process || this.is_stub) return this;
    this.#eventReader = undefined;
    return super.refresh(options);
  }

  /** The MD5 of the parent's binary. The server's own field is never filled, so the parent is asked for. */
  get parent_md5(): PromiseLike<string | undefined> {
    return this.parent.process_md5;
  }

  /** This process in the console; `undefined` for a child that the sensor left out. */
  get webui_link(): string | undefined {
    if (this.suppressed_process) return undefined;
    return `${Process.stateOf(this).client.url}/#analyze/${this.id}/${this.segment}`;
  }

  /** The feeds that have tagged it. */
  get tags(): readonly string[] {
    return tagsOf(this.wholeDocument);
  }

  /** What a feed says of it; `undefined` when it says nothing. */
  tagInfo(feed: string): Tag | undefined {
    return tagOf(this.wholeDocument, feed);
  }

  // Ancestors and descendants. Each is read from summaries, `GET /api/v1/process/{id}/{segment}?children={n}`.

  /** The ancestors, the nearest first, each asked for when it is reached. */
  get parents(): AsyncIterable<Process> {
    return this.getParents();
  }

  /** As {@link Process.parents}, with options for the requests that it costs. */
  getParents(options: CallOptions = {}): AsyncIterable<Process> {
    return { [Symbol.asyncIterator]: () => ancestorsOf(this, options) };
  }

  /** How many ancestors are known. Rejects with an `ApiError` when the process is among them. */
  get depth(): PromiseLike<number> {
    return new Lazy("depth", () => this.getDepth());
  }

  /** As {@link Process.depth}, with options for the requests that it costs. */
  getDepth(options: CallOptions = {}): Promise<number> {
    return depthOf(this, options);
  }

  /**
   * Calls `visit` for each ancestor, the nearest first with depth 0. An ancestor that the server no longer has is
   * visited as far as it is known, and ends the walk. A summary brings the parent along, so every second one is asked for.
   * @example await proc.walkParents((parent, depth) => console.log(" ".repeat(depth), parent.cmdline));
   */
  walkParents(visit: ProcessVisitor, options: WalkOptions = {}): Promise<WalkReport> {
    return walkParents(this, visit, options);
  }

  /**
   * Calls `visit` for each descendant, a process before its children. All children are asked for, not only 15; the
   * report tells of those that the server does not give. One summary a process, two where it has more than 15 children.
   */
  walkChildren(visit: ProcessVisitor, options: WalkOptions = {}): Promise<WalkReport> {
    return walkChildren(this, visit, options);
  }

  /**
   * The processes that it started, as its summary tells: by their start, each once. Where there are more than the 15
   * that a summary holds, all are asked for: 1000 at most. `report()` of the list tells whether any are missing.
   */
  async childProcesses(options: CallOptions = {}): Promise<Results<Process>> {
    return this.#relatives(await childDocuments(this, options));
  }

  /** One entry for each child, at the time of its start; read, counted and reported like `childProcesses()`. */
  get children(): PromiseLike<Results<ChildProcEvent>> {
    return new Lazy("children", () => this.getChildren());
  }

  /** As {@link Process.children}, with options for the requests that it costs. */
  async getChildren(options: CallOptions = {}): Promise<Results<ChildProcEvent>> {
    const documents = await childDocuments(this, options);
    return resultsOf(this.#events.children(documents), documents.report());
  }

  /** The processes that were started by the same parent. The server gives 15 at most, which `report()` tells. */
  get siblings(): PromiseLike<Results<Process>> {
    return new Lazy("siblings", () => this.getSiblings());
  }

  /** As {@link Process.siblings}, with options for the request that it costs. */
  async getSiblings(options: CallOptions = {}): Promise<Results<Process>> {
    return this.#relatives(await siblingDocuments(this, options));
  }

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

  /** As {@link Process.unsigned_modloads}, with options for the requests that it costs. */
  getUnsignedModloads(options: CallOptions = {}): Promise<ProcessEvents["modloads"]> {
    return this.#events.unsignedModloads(options);
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

  /** As {@link Process.tamper_events}, with options for the requests that it costs. */
  async getTamperEvents(options: CallOptions = {}): Promise<readonly ProcessEvent[]> {
    return (await this.allEvents(options)).all().filter((event) => event.tamper_event);
  }

  /**
   * All lists of events of the segment that this object is about (`modloads`, `filemods`, ..., `all()` of them), each
   * decoded when it is read, with what could not be read in `problems`.
   * @example (await proc.segmentEvents({ timeout: 5000 })).netconns
   */
  segmentEvents(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.#events.ofSegment(options);
  }

  /**
   * As {@link Process.segmentEvents}, of all segments: one request from 6.0 on, before that one for the list of segments
   * and one for each of them.
   */
  allEvents(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.#events.ofAll(options);
  }

  /** Modules that were loaded, in all segments; read like `allEvents()`. */
  async allModloads(options: CallOptions = {}): Promise<ProcessEvents["modloads"]> {
    return (await this.allEvents(options)).modloads;
  }

  /** Files that were created, written or deleted, in all segments; read like `allEvents()`. */
  async allFilemods(options: CallOptions = {}): Promise<ProcessEvents["filemods"]> {
    return (await this.allEvents(options)).filemods;
  }

  /** Registry keys and values that were created, written or deleted, in all segments; read like `allEvents()`. */
  async allRegmods(options: CallOptions = {}): Promise<ProcessEvents["regmods"]> {
    return (await this.allEvents(options)).regmods;
  }

  /** Network connections, in all segments; read like `allEvents()`. */
  async allNetconns(options: CallOptions = {}): Promise<ProcessEvents["netconns"]> {
    return (await this.allEvents(options)).netconns;
  }

  /** Handles opened and threads started across processes, in all segments; read like `allEvents()`. */
  async allCrossprocs(options: CallOptions = {}): Promise<ProcessEvents["crossprocs"]> {
    return (await this.allEvents(options)).crossprocs;
  }

  /** Starts and ends of children, in all segments; read like `allEvents()`. */
  async allChildprocs(options: CallOptions = {}): Promise<ProcessEvents["childprocs"]> {
    return (await this.allEvents(options)).childprocs;
  }

  /** Attempts to run a banned binary that the sensor stopped, in all segments; read like `allEvents()`. */
  async allProcessblocks(options: CallOptions = {}): Promise<ProcessEvents["processblocks"]> {
    return (await this.allEvents(options)).processblocks;
  }

  /** File modifications, in the segment that this object is about, of a file whose path is this one. */
  async findFileWrites(path: string, options: CallOptions = {}): Promise<ProcessEvents["filemods"]> {
    return (await this.segmentEvents(options)).filemods.filter((event) => event.path === path);
  }

  /** The numbers of its segments, as the server orders them; asked for once, like `segments()`. */
  async getSegments(options: CallOptions = {}): Promise<number[]> {
    return (await this.segments(options)).map(({ segment }) => segment);
  }

  /**
   * Its segments, with what is known of each: `GET /api/v1/process/{id}/segment` from 6.0 on, a search for its id before.
   */
  segments(options: CallOptions = {}): Promise<readonly SegmentInfo[]> {
    return this.#events.segments(options);
  }

  /**
   * What threat feeds of the cloud say of it: `GET /api/v1/process/{id}/{segment}/threat_intel_hits`. Rejects with an
   * `ApiError` where the server is not set up to share indicators.
   */
  get threat_intel_hits(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("threat_intel_hits", () => this.getThreatIntelHits());
  }

  /** As {@link Process.threat_intel_hits}, with options for the request that it costs. */
  getThreatIntelHits(options: CallOptions = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#events.threatIntelHits(options);
  }

  #ofSegment<T>(what: string, take: (events: ProcessEvents) => T): PromiseLike<T> {
    return new Lazy(what, async () => take(await this.segmentEvents()));
  }

  /** What was recorded of this process, by kind and by segment. */
  get #events(): ProcessEventReader {
    this.#eventReader ??= new ProcessEventReader(this);
    return this.#eventReader;
  }

  /** The key taken apart, once: every join, walk and list reads the id. */
  get #named(): ProcessId | undefined {
    this.#parts ??= splitProcessId(Process.stateOf(this).key ?? "");
    return this.#parts;
  }

  #relatives(documents: Results<Document>): Results<Process> {
    return resultsOf(
      documents.map((document) => relativeOf(this, document)),
      documents.report(),
    );
  }
}
