import { InvalidObjectError } from "../../../core/errors.js";
import type { Document, Fetched, Key } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import type { Results } from "../../../core/query/query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { edr } from "../../host.js";
import { type ProcessId, parseProcessGuid, splitProcessId } from "../../process-guid.js";
import { ProcessQuery } from "../../queries/process-query.js";
import { resultsOf } from "../results.js";
import { type Tag, tagOf, tagsOf } from "../tags.js";
import { childDocuments, relativeOf, settingsOf, siblingDocuments } from "./children.js";
import { type ChildProcEvent, ProcessEventReader } from "./events.js";
import { fetchSummary } from "./summary.js";
import { ProcessTree, type TreeOptions } from "./tree.js";
import {
  ancestorsOf,
  depthOf,
  type ProcessVisitor,
  type ProcessWalkOptions,
  type WalkReport,
  walkChildren,
  walkParents,
} from "./walk.js";
import { ProcessWithEvents } from "./with-events.js";

/**
 * A process of an endpoint, by its GUID. A search gives it a segment at a time; {@link Process.load} reads the process
 * as a whole, with its parent, children and siblings.
 */
export class Process extends ProcessWithEvents {
  #eventReader: ProcessEventReader | undefined;
  #parts: ProcessId | undefined;

  /** @internal A search for processes, which has not been sent. */
  static query(client: ModelHost): ProcessQuery {
    return new ProcessQuery(client, Process, {});
  }

  /**
   * @internal Takes a GUID, a GUID with a segment behind it, or the number of a 4.x server.
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

  /** @internal All segments of a process share its summary. */
  static override documentKey(key: Key): Key {
    return splitProcessId(key)?.id ?? key;
  }

  /** @internal The summary: `GET /api/v1/process/{id}/{segment}?children=15`. */
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

  /**
   * Reads the process from the server again, and forgets the events that were read; the requests are those of `load`.
   * @throws ObjectNotFoundError when the server does not have the process
   */
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

  /**
   * The ancestors, the nearest first, each asked for when it is reached. One that the server no longer has is the last of
   * them, as far as it is known (`is_stub`).
   */
  get parents(): AsyncIterable<Process> {
    return this.getParents();
  }

  /**
   * As {@link Process.parents}, with options for the requests that it costs.
   * @throws ObjectNotFoundError (from the iterator) when the server does not have the process
   */
  getParents(options: CallOptions = {}): AsyncIterable<Process> {
    return { [Symbol.asyncIterator]: () => ancestorsOf(this, options) };
  }

  /**
   * How many ancestors the server has; where it has lost one, those nearer than that. Rejects with an `ApiError` when the
   * process is among them.
   */
  get depth(): PromiseLike<number> {
    return new Lazy("depth", () => this.getDepth());
  }

  /**
   * As {@link Process.depth}, with options for the requests that it costs.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  getDepth(options: CallOptions = {}): Promise<number> {
    return depthOf(this, options);
  }

  /**
   * Calls `visit` for each ancestor, the nearest first with depth 0. An ancestor that the server no longer has is
   * visited as far as it is known, and ends the walk. A summary brings the parent along, so every second one is asked for.
   * @example await proc.walkParents((parent, depth) => console.log(" ".repeat(depth), parent.cmdline));
   * @throws ObjectNotFoundError when the server does not have the process
   */
  walkParents(visit: ProcessVisitor, options: ProcessWalkOptions = {}): Promise<WalkReport> {
    return walkParents(this, visit, options);
  }

  /**
   * Calls `visit` for each descendant, a process before its children. All children are asked for, not only 15; the
   * report tells of those that the server does not give. One summary a process, two where it has more than 15 children.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  walkChildren(visit: ProcessVisitor, options: ProcessWalkOptions = {}): Promise<WalkReport> {
    return walkChildren(this, visit, options);
  }

  /**
   * The whole tree below this process, itself at its top: breadth first, several requests at a time. Nothing is sent before
   * the tree is iterated or collected; each process is asked for once, those that started nobody and those that the sensor
   * left out not at all. What cannot be read is marked on its node, and the rest of the tree goes on.
   * @example
   * const tree = proc.tree({ maxDepth: 5 });
   * for await (const { process, depth } of tree) console.log(depth, process.cmdline);
   * console.log(tree.report()?.reasons);
   * @throws RangeError when an option is no number of its kind
   */
  tree(options: TreeOptions = {}): ProcessTree {
    return new ProcessTree(this, options);
  }

  /**
   * The processes that it started, as its summary tells: each once, in the server's order, which is that of their start.
   * Where there are more than the 15 that a summary holds, all are asked for: 1000 at most. `report()` of the list tells
   * whether any are missing.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async childProcesses(options: CallOptions = {}): Promise<Results<Process>> {
    return this.#relatives(await childDocuments(this, options));
  }

  /** One entry for each child, at the time of its start; read, counted and reported like `childProcesses()`. */
  get children(): PromiseLike<Results<ChildProcEvent>> {
    return new Lazy("children", () => this.getChildren());
  }

  /**
   * As {@link Process.children}, with options for the requests that it costs.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async getChildren(options: CallOptions = {}): Promise<Results<ChildProcEvent>> {
    const documents = await childDocuments(this, options);
    return resultsOf(this.eventReader.children(documents), documents.report());
  }

  /** The processes that were started by the same parent. The server gives 15 at most, which `report()` tells. */
  get siblings(): PromiseLike<Results<Process>> {
    return new Lazy("siblings", () => this.getSiblings());
  }

  /**
   * As {@link Process.siblings}, with options for the request that it costs.
   * @throws ObjectNotFoundError when the server does not have the process
   */
  async getSiblings(options: CallOptions = {}): Promise<Results<Process>> {
    return this.#relatives(await siblingDocuments(this, options));
  }

  /** What was recorded of this process, by kind and by segment. */
  protected override get eventReader(): ProcessEventReader {
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
