import { ApiError, InvalidObjectError, ServerError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import { Completeness, type Document, type Fetched, type ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { Lazy } from "../../core/model/lazy.js";
import { type Key, one, optional } from "../../core/model/relations.js";
import type { CallOptions } from "../../core/transport/types.js";
import { edr } from "../client.js";
import { creationTimeText, parseProcessGuid, splitProcessId } from "../process-guid.js";
import { ProcessQuery } from "../queries/process-query.js";
import { Binary } from "./binary.js";
import {
  type ChildProcEvent,
  type ProcessEvent,
  ProcessEventReader,
  type ProcessEvents,
  type SegmentInfo,
} from "./process-events.js";
import { DEFAULT_CHILDREN, type Family, fetchSummary } from "./process-summary.js";
import {
  ancestorsOf,
  type ProcessVisitor,
  type WalkOptions,
  type WalkReport,
  walkChildren,
  walkParents,
} from "./process-walk.js";
import { Sensor } from "./sensor.js";
import { type Tag, tagOf, tagsOf } from "./tags.js";

/** A hit of a watchlist. */
export interface WatchlistHit {
  readonly wid: string;
  readonly value: string;
  readonly segments_hit?: number;
}

function md5Of(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{32}$/i.test(text) ? text : undefined;
}

/** How one process object behaves, as its query or its parent set it. */
interface ProcessSettings {
  readonly maxChildren?: number;
  /** A child that the sensor left out: it has no document of its own. */
  readonly suppressed?: boolean;
  /** Named by another process, and not on the server. */
  readonly stub?: boolean;
}

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
    keyOnly: [
      "getSegments",
      "segments",
      "allEvents",
      "allModloads",
      "allFilemods",
      "allRegmods",
      "allNetconns",
      "allCrossprocs",
      "allChildprocs",
      "allProcessblocks",
      "findFileWrites",
      "walkParents",
      "walkChildren",
      "childProcesses",
    ],
  },
  {
    /** GUID. */
    id: t.string(),
    /** GUID and segment. */
    unique_id: t.string(),
    segment_id: t.integer(),
    sensor_id: t.integer(),
    hostname: t.string(),
    group: t.string(),
    host_type: t.string(),
    os_type: t.string(),
    process_name: t.string(),
    path: t.string(),
    cmdline: t.string(),
    username: t.string(),
    uid: t.string(),
    /** In lower case. */
    process_md5: t.string(),
    process_sha256: t.string(),
    process_pid: t.integer(),
    parent_unique_id: t.string(),
    parent_id: t.string(),
    parent_name: t.string(),
    parent_pid: t.integer(),
    start: t.dateTime(),
    end: t.dateTime(),
    last_update: t.dateTime(),
    last_server_update: t.dateTime(),
    min_last_update: t.dateTime(),
    max_last_update: t.dateTime(),
    min_last_server_update: t.dateTime(),
    max_last_server_update: t.dateTime(),
    terminated: t.boolean(),
    comms_ip: t.ipv4(),
    interface_ip: t.ipv4(),
    modload_count: t.integer(),
    filemod_count: t.integer(),
    regmod_count: t.integer(),
    netconn_count: t.integer(),
    crossproc_count: t.integer(),
    childproc_count: t.integer(),
    processblock_count: t.integer(),
    emet_count: t.integer(),
    fileless_scriptload_count: t.integer(),
    filtering_known_dlls: t.boolean(),
    emet_config: t.string(),
    watchlists: t.array(t.open<WatchlistHit>()),
    ref_segment_id: t.array(t.integer()),
    child_proc_type: t.string(),
    is_suppressed: t.boolean(),
    get sensor() {
      return one(Sensor, (process: Process) => process.sensor_id);
    },
    /** `undefined` where the sensor did not see the file, and sends `(unknown)` or nothing for its hash. */
    get binary() {
      return optional(Binary, (process: Process) => md5Of(process.process_md5));
    },
    /** Who started it; `undefined` where the sensor did not know. */
    get parent() {
      return optional(Process, (process: Process) => process.parentKey());
    },
  },
) {
  #eventReader: ProcessEventReader | undefined;

  static query(client: ModelHost): ProcessQuery {
    return new ProcessQuery(client, Process, {});
  }

  /** Takes a GUID, a GUID with a segment behind it, or the number of a 4.x server. */
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

  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return fetchSummary(client, Process, key, options);
  }

  override get id(): string {
    return splitProcessId(Process.stateOf(this).key ?? "")?.id ?? super.id;
  }

  /** The segment that this object is about; 0 stands for all of them (1 before server 6.0). */
  get segment(): number {
    const named = splitProcessId(Process.stateOf(this).key ?? "")?.segment;
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

  /** The document's, or what the GUID says. */
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
    return this.#settings.suppressed ?? false;
  }

  /** Whether this is named by another process and is not on the server. */
  get is_stub(): boolean {
    return this.#settings.stub ?? false;
  }

  override async load(options: CallOptions = {}): Promise<this> {
    return this.suppressed_process || this.is_stub ? this : super.load(options);
  }

  override async refresh(options: CallOptions = {}): Promise<this> {
    if (this.suppressed_process || this.is_stub) return this;
    this.#eventReader = undefined;
    return super.refresh(options);
  }

  /** The MD5 of the parent's binary. The server's own field is never filled. */
  get parent_md5(): PromiseLike<string | undefined> {
    return this.parent.process_md5;
  }

  /** This process in the console. */
  get webui_link(): string | undefined {
    if (this.suppressed_process) return undefined;
    return `${Process.stateOf(this).client.url}/#analyze/${this.id}/${this.segment}`;
  }

  // Ancestors and descendants

  /** The ancestors, the nearest first, each asked for when it is reached. */
  get parents(): AsyncIterable<Process> {
    return { [Symbol.asyncIterator]: () => ancestorsOf(this, {}) };
  }

  /** How many ancestors are known. Rejects when the process is among them. */
  get depth(): PromiseLike<number> {
    return new Lazy("depth", async () => {
      const log = { cycle: false, stubs: [] as string[] };
      let depth = 0;
      for await (const _ of ancestorsOf(this, {}, log)) depth++;
      if (log.cycle) throw new ApiError(`Process cycle detected at depth ${depth}`);
      return depth;
    });
  }

  /**
   * Calls `visit` for each ancestor, the nearest first with depth 0. An ancestor that the server no longer has is
   * visited as far as it is known, and ends the walk.
   * @example await proc.walkParents((parent, depth) => console.log(" ".repeat(depth), parent.cmdline));
   */
  walkParents(visit: ProcessVisitor, options: WalkOptions = {}): Promise<WalkReport> {
    return walkParents(this, visit, options);
  }

  /** Calls `visit` for each descendant, a process before its children. All children are asked for, not only 15. */
  walkChildren(visit: ProcessVisitor, options: WalkOptions = {}): Promise<WalkReport> {
    return walkChildren(this, visit, options);
  }

  /**
   * The processes that it started, as its summary tells: by their start. Where there are more than the 15 that a summary
   * holds, all are asked for.
   */
  async childProcesses(options: CallOptions = {}): Promise<Process[]> {
    return (await this.#childDocuments(options)).map((document) => this.#relative(document));
  }

  /** The processes that were started by the same parent; the server gives 15 at most. */
  get siblings(): PromiseLike<Process[]> {
    return new Lazy("siblings", async () => {
      await this.load();
      return (this.#family?.siblings ?? []).map((document) => this.#relative(document));
    });
  }

  /** @internal The parent's key, or `undefined` when none is known. */
  parentKey(): Key | undefined {
    const unique = this.parent_unique_id;
    const split = unique === undefined || unique === "" ? undefined : splitProcessId(unique);
    // After an upgrade the long form may name another sensor; the short one is right then.
    if (split !== undefined && parseProcessGuid(split.id)?.sensorId === this.sensor_id) return split.id;
    const id = this.parent_id;
    return id === undefined || id === "" || splitProcessId(id) === undefined ? split?.id : id;
  }

  /** @internal What is known here of a parent that the server does not have. */
  parentStub(): Process | undefined {
    const key = this.parentKey();
    const guid = key === undefined ? undefined : parseProcessGuid(String(key));
    if (key === undefined || guid?.pid === undefined) return undefined;
    const start = creationTimeText(guid);
    const document = {
      id: String(key),
      process_pid: guid.pid,
      sensor_id: guid.sensorId,
      hostname: this.hostname,
      ...(this.parent_name === undefined ? {} : { process_name: this.parent_name }),
      ...(start === undefined ? {} : { start }),
    };
    const { client } = Process.stateOf(this);
    return new Process({ client, key, document, completeness: Completeness.full, settings: { stub: true } });
  }

  // Events

  /** Modules that were loaded, in the segment that this object is about. */
  get modloads(): PromiseLike<ProcessEvents["modloads"]> {
    return this.#ofSegment("modloads", (events) => events.modloads);
  }

  /** Modules that were loaded and have no good signature. Asks for each binary of which the events do not tell. */
  get unsigned_modloads(): PromiseLike<ProcessEvents["modloads"]> {
    return new Lazy("unsigned_modloads", async () => {
      const { modloads } = await this.#events.ofSegment();
      const signed = await Promise.all(
        modloads.map(async (event) => event.is_signed ?? (await event.binary?.signed) ?? false),
      );
      return modloads.filter((_, index) => signed[index] !== true);
    });
  }

  get filemods(): PromiseLike<ProcessEvents["filemods"]> {
    return this.#ofSegment("filemods", (events) => events.filemods);
  }

  get regmods(): PromiseLike<ProcessEvents["regmods"]> {
    return this.#ofSegment("regmods", (events) => events.regmods);
  }

  get netconns(): PromiseLike<ProcessEvents["netconns"]> {
    return this.#ofSegment("netconns", (events) => events.netconns);
  }

  get crossprocs(): PromiseLike<ProcessEvents["crossprocs"]> {
    return this.#ofSegment("crossprocs", (events) => events.crossprocs);
  }

  /** Starts and ends of children, as they were recorded in the segment; see `children` for one entry a child. */
  get childprocs(): PromiseLike<ProcessEvents["childprocs"]> {
    return this.#ofSegment("childprocs", (events) => events.childprocs);
  }

  get processblocks(): PromiseLike<ProcessEvents["processblocks"]> {
    return this.#ofSegment("processblocks", (events) => events.processblocks);
  }

  /** One entry for each child, at the time of its start, from the process's summary. */
  get children(): PromiseLike<readonly ChildProcEvent[]> {
    return new Lazy("children", async () => this.#events.children(await this.#childDocuments({})));
  }

  /** The events of all kinds in the segment that this object is about, in the order of time. */
  get all_events_segment(): PromiseLike<readonly ProcessEvent[]> {
    return this.#ofSegment("all_events_segment", (events) => events.all());
  }

  /** The events of all kinds and all segments, in the order of time. */
  get all_events(): PromiseLike<readonly ProcessEvent[]> {
    return new Lazy("all_events", async () => (await this.#events.ofAll()).all());
  }

  /** Attempts to tamper with the sensor, in all segments. */
  get tamper_events(): PromiseLike<readonly ProcessEvent[]> {
    return new Lazy("tamper_events", async () => (await this.all_events).filter((event) => event.tamper_event));
  }

  /** All lists of events of all segments, each decoded when it is read, with what could not be read in `problems`. */
  allEvents(options: CallOptions = {}): Promise<ProcessEvents> {
    return this.#events.ofAll(options);
  }

  async allModloads(options: CallOptions = {}): Promise<ProcessEvents["modloads"]> {
    return (await this.#events.ofAll(options)).modloads;
  }

  async allFilemods(options: CallOptions = {}): Promise<ProcessEvents["filemods"]> {
    return (await this.#events.ofAll(options)).filemods;
  }

  async allRegmods(options: CallOptions = {}): Promise<ProcessEvents["regmods"]> {
    return (await this.#events.ofAll(options)).regmods;
  }

  async allNetconns(options: CallOptions = {}): Promise<ProcessEvents["netconns"]> {
    return (await this.#events.ofAll(options)).netconns;
  }

  async allCrossprocs(options: CallOptions = {}): Promise<ProcessEvents["crossprocs"]> {
    return (await this.#events.ofAll(options)).crossprocs;
  }

  async allChildprocs(options: CallOptions = {}): Promise<ProcessEvents["childprocs"]> {
    return (await this.#events.ofAll(options)).childprocs;
  }

  async allProcessblocks(options: CallOptions = {}): Promise<ProcessEvents["processblocks"]> {
    return (await this.#events.ofAll(options)).processblocks;
  }

  /** File modifications, in the segment that this object is about, of a file whose path is this one. */
  async findFileWrites(path: string, options: CallOptions = {}): Promise<ProcessEvents["filemods"]> {
    return (await this.#events.ofSegment(options)).filemods.filter((event) => event.path === path);
  }

  /** The numbers of its segments, as the server orders them. */
  async getSegments(options: CallOptions = {}): Promise<number[]> {
    return (await this.#events.segments(options)).map(({ segment }) => segment);
  }

  /** Its segments, with what is known of each. */
  segments(options: CallOptions = {}): Promise<readonly SegmentInfo[]> {
    return this.#events.segments(options);
  }

  #ofSegment<T>(what: string, take: (events: ProcessEvents) => T): PromiseLike<T> {
    return new Lazy(what, async () => take(await this.#events.ofSegment()));
  }

  /** What was recorded of this process, by kind and by segment. */
  get #events(): ProcessEventReader {
    this.#eventReader ??= new ProcessEventReader(this);
    return this.#eventReader;
  }

  get #settings(): ProcessSettings {
    return Process.stateOf(this).settings ?? {};
  }

  get #family(): Family | undefined {
    return Process.stateOf(this).related as Family | undefined;
  }

  async #childDocuments(options: CallOptions): Promise<readonly Document[]> {
    if (this.suppressed_process || this.is_stub) return [];
    const { maxChildren } = this.#settings;
    if (maxChildren === 0) return [];
    if (maxChildren !== undefined && maxChildren !== DEFAULT_CHILDREN)
      return this.#askForChildren(maxChildren, options);
    await this.load(options);
    const given = this.#family?.children ?? [];
    const count = this.childproc_count ?? 0;
    // Some servers count the start and the end of a child, so the count is no measure below 15.
    if (maxChildren !== undefined || given.length < DEFAULT_CHILDREN || count <= given.length) return given;
    const all = await this.#askForChildren(count, options);
    const state = Process.stateOf(this);
    state.related = { ...this.#family, children: all };
    return all;
  }

  async #askForChildren(children: number, options: CallOptions): Promise<readonly Document[]> {
    const fetched = await fetchSummary(Process.stateOf(this).client, Process, this.id, { ...options, children });
    return (fetched.related as Family).children.slice(0, children);
  }

  #relative(document: Document): Process {
    const { client, settings } = Process.stateOf(this);
    const suppressed = document["is_suppressed"] === true;
    return new Process({
      client,
      key: splitProcessId(String(document["unique_id"] ?? document["id"]))?.id,
      document,
      completeness: suppressed ? Completeness.full : Completeness.partial,
      settings: suppressed ? { ...settings, suppressed } : settings,
    });
  }

  /** The feeds that have tagged it. */
  get tags(): readonly string[] {
    return tagsOf(this.wholeDocument);
  }

  /** What a feed says of it. */
  tagInfo(feed: string): Tag | undefined {
    return tagOf(this.wholeDocument, feed);
  }

  /**
   * What threat feeds of the cloud say of it: `GET /api/v1/process/{id}/{segment}/threat_intel_hits`. Rejects where the
   * server is not set up to share indicators.
   */
  get threat_intel_hits(): PromiseLike<readonly Record<string, unknown>[]> {
    return new Lazy("threat_intel_hits", async () => {
      const { client } = Process.stateOf(this);
      await client.connect();
      try {
        const path = `/api/v1/process/${this.id}/${this.segment}/threat_intel_hits`;
        return (await client.getObject(path, undefined, { default: [] })) as Record<string, unknown>[];
      } catch (cause) {
        if (!(cause instanceof ServerError)) throw cause;
        throw new ApiError(`Sharing IOCs not set up in Cb server. See ${client.url}/#/share for more information.`, {
          cause,
        });
      }
    });
  }
}
