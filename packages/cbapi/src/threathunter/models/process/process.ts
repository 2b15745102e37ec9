import { ObjectNotFoundError } from "../../../core/errors.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import { refByKey } from "../../../core/model/ref.js";
import type { Ref } from "../../../core/model/ref-type.js";
import type { Terms } from "../../../core/query/terms.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { EventQuery } from "../../queries/event-query.js";
import { ProcessQuery } from "../../queries/process-query.js";
import { Event } from "../event/event.js";
import { Tree } from "../tree/tree.js";
import { fetchProcesses } from "./details.js";
import { hashOf } from "./hashes.js";
import { ProcessFields } from "./process-fields.js";
import { ProcessSummary } from "./summary.js";
import { type ProcessVisitor, type ProcessWalkOptions, type WalkReport, walkChildren, walkParents } from "./walk.js";

/** Processes that are read by one request. */
const BATCH = 100;

/**
 * A process of an endpoint, as the service has recorded it. It is read-only. A search's row tells most of it, and
 * {@link Process.load} reads all there is.
 */
export class Process extends ProcessFields {
  /** @internal A search for processes, which has not been sent. */
  static query(client: ModelHost): ProcessQuery {
    return new ProcessQuery(client, Process, {});
  }

  /** A process with its parent, children and siblings: `cb.select(Process.Summary, guid)`. */
  static get Summary(): typeof ProcessSummary {
    return ProcessSummary;
  }

  /** @internal The whole process, as a job; for `routes: "classic"` by a search. */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const document = (await fetchProcesses(cloud(client), [String(key)], options)).get(String(key));
    if (document !== undefined) return { document };
    throw new ObjectNotFoundError(`There is no Process with the process_guid ${JSON.stringify(key)}`);
  }

  /** @internal The same of many. */
  static async fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    const found = new Map<Key, Fetched>();
    for (let at = 0; at < keys.length; at += BATCH) {
      const group = keys.slice(at, at + BATCH).map(String);
      const documents = await fetchProcesses(cloud(client), group, options);
      for (const [key, document] of documents) found.set(key, { document });
    }
    return found;
  }

  /** The MD5 of its file; `undefined` when the server has none. */
  get process_md5(): string | undefined {
    return hashOf(this, 32);
  }

  /** The SHA-256 of its file; `undefined` when the server has none. */
  get process_sha256(): string | undefined {
    return hashOf(this, 64);
  }

  /** The ids that it had on its endpoint; there can be several where it was forked. */
  get process_pids(): readonly number[] {
    return this.process_pid ?? [];
  }

  /**
   * It with its parent, its children and its siblings. Asked for when it is awaited, and kept for a minute.
   * Rejects with `ObjectNotFoundError` when the server does not have the process.
   */
  get summary(): Ref<ProcessSummary> {
    return this.getSummary();
  }

  /** As {@link Process.summary}, with options for the requests that it costs. */
  getSummary(options: CallOptions = {}): Ref<ProcessSummary> {
    return refByKey(Process.stateOf(this).client, ProcessSummary, this.process_guid, options);
  }

  /** The processes that it started, as its summary tells. */
  get children(): PromiseLike<readonly Process[]> {
    return new Lazy("children", () => this.getChildren());
  }

  /** As {@link Process.children}, with options for the requests that it costs. */
  async getChildren(options: CallOptions = {}): Promise<readonly Process[]> {
    return (await this.getSummary(options)).children;
  }

  /** The processes that were started by the same parent, as its summary tells. */
  get siblings(): PromiseLike<readonly Process[]> {
    return new Lazy("siblings", () => this.getSiblings());
  }

  /** As {@link Process.siblings}, with options for the requests that it costs. */
  async getSiblings(options: CallOptions = {}): Promise<readonly Process[]> {
    return (await this.getSummary(options)).siblings;
  }

  /** A search for its parent; `undefined` when no parent is recorded. {@link Process.parent} gives the parent itself. */
  get parents(): ProcessQuery | undefined {
    const { parent_guid: guid } = this;
    return guid === undefined || guid === ""
      ? undefined
      : Process.query(Process.stateOf(this).client).where({ process_guid: guid });
  }

  /**
   * The tree of processes below it. Asked for when it is awaited.
   * @example
   * for (const { process, depth } of (await proc.tree()).walk()) console.log(depth, process.process_name);
   */
  tree(options: CallOptions = {}): Ref<Tree> {
    return refByKey(Process.stateOf(this).client, Tree, this.process_guid, options);
  }

  /**
   * A search for its events.
   * @example for await (const event of proc.events({ event_type: "netconn" })) console.log(event.netconn_domain);
   */
  events(terms: Terms = {}): EventQuery {
    return new EventQuery(Process.stateOf(this).client, Event, {}).where({ process_guid: this.process_guid, ...terms });
  }

  /**
   * Calls `visit` for each ancestor, the nearest first with depth 0, as far as the server has them.
   * @throws the first failure that is not the absence of an ancestor
   */
  walkParents(visit: ProcessVisitor, options: ProcessWalkOptions = {}): Promise<WalkReport> {
    return walkParents(this, visit, options);
  }

  /**
   * Calls `visit` for each descendant, a process before its children, which its summary names: one job a process.
   * @throws the first failure that is not the absence of a process
   */
  walkChildren(visit: ProcessVisitor, options: ProcessWalkOptions = {}): Promise<WalkReport> {
    return walkChildren(this, visit, options);
  }
}
