import { ApiError } from "../errors.js";
import { Completeness, type Document } from "../model/document.js";
import type { Moment } from "../model/history.js";
import type { ModelHost } from "../model/host.js";
import type { ModelClass } from "../model/model.js";
import { SharedCalls } from "../model/shared-call.js";
import type { CallOptions, QueryParameters, QueryValue } from "../transport/types.js";
import { keyOfRow } from "./row-key.js";

export interface ListOptions {
  /** Parameters of the list request. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Where the list is, when it is not the model's own path. */
  readonly path?: string;
  /** The field of the answer that holds the list, where it does not stand by itself. */
  readonly under?: string;
  /**
   * Where the route gives only so many entries as it is asked for: the parameter that names the number, and the number
   * to begin with. A list that is as long as that is asked for again with a larger one.
   */
  readonly count?: { readonly parameter: string; readonly rows: number };
  /** Done before the list is asked for, or taken as it was kept; what it throws keeps it from being asked for. */
  readonly before?: (options: CallOptions) => Promise<void>;
  /** Whether entries are whole documents; default true. */
  readonly complete?: boolean;
  /** What the route says of every entry, for those that leave it out. */
  readonly common?: Document;
}

/** A list as the server gave it at one time. */
export interface ReadList {
  readonly documents: readonly Document[];
  /** Why it may lack entries. */
  readonly shortcomings: readonly string[];
  /** When it was asked for, by the client's clock. */
  readonly readAt: number;
}

interface KeptList extends ReadList {
  readonly asked: Moment;
  readonly revision: number;
}

/**
 * Reads a list, and keeps it until it is as old as documents may grow or this client writes to an object of its class.
 * Who wants it at the same time shares the request.
 */
export class ListReader {
  readonly complete: boolean;
  readonly #client: ModelHost;
  readonly #model: ModelClass;
  readonly #options: ListOptions;
  readonly #running = new SharedCalls<KeptList>();
  #kept: KeptList | undefined;

  constructor(client: ModelHost, model: ModelClass, options: ListOptions) {
    this.complete = options.complete ?? true;
    this.#client = client;
    this.#model = model;
    this.#options = options;
  }

  async read(options: CallOptions): Promise<ReadList> {
    options.signal?.throwIfAborted();
    const { before } = this.#options;
    if (before !== undefined) await before(options);
    const { identityMap } = this.#client;
    const revision = identityMap.revisionOf(this.#model);
    const kept = this.#kept;
    const current = kept !== undefined && kept.revision === revision;
    if (current && identityMap.now() - kept.asked.time <= identityMap.ttl) return kept;
    // What was asked for before a write is not shared with those who come after it.
    return this.#running.run(String(revision), options, async (call) => {
      const asked = identityMap.moment();
      const list = { ...(await this.#fetch(asked, call)), asked, revision };
      if (this.#kept === undefined || this.#kept.asked.turn <= asked.turn) this.#kept = list;
      return list;
    });
  }

  async #fetch(asked: Moment, options: CallOptions): Promise<ReadList> {
    const { common } = this.#options;
    const { entries, shortcomings } = await this.#entries(options);
    const documents = entries
      .filter(isDocument)
      .map((entry) => (common === undefined ? entry : { ...common, ...entry }));
    if (this.complete) for (const document of documents) this.#know(document, asked);
    const readAt = asked.time;
    const left = entries.length - documents.length;
    if (left === 0) return { documents, shortcomings, readAt };
    return {
      documents,
      readAt,
      shortcomings: [...shortcomings, `${left} entries of the list were no objects, and were left out`],
    };
  }

  async #entries(options: CallOptions): Promise<{ entries: readonly unknown[]; shortcomings: readonly string[] }> {
    const { count, query } = this.#options;
    if (count === undefined) return { entries: await this.#ask(query, options), shortcomings: [] };
    let before: number | undefined;
    for (let rows = count.rows; ; rows *= 10) {
      const entries = await this.#ask({ ...query, [count.parameter]: rows }, options);
      // Just as many as were asked for: there may be more. More than that: the server does not heed the number.
      if (entries.length !== rows) {
        const why = `the server gave ${before} entries, and no more when it was asked for ${rows}: there may be others`;
        return { entries, shortcomings: entries.length === before ? [why] : [] };
      }
      before = entries.length;
    }
  }

  async #ask(query: QueryParameters | undefined, options: CallOptions): Promise<unknown[]> {
    const { spec } = this.#model;
    const { path, under } = this.#options;
    const whole = await this.#client.getObject(path ?? spec.path, query, { ...options, default: [] });
    const answer = under === undefined ? whole : listUnder(under, whole);
    if (typeof answer !== "object" || answer === null) {
      throw new ApiError(`The server answered the request for the list of ${spec.name} with something that is no list`);
    }
    // Storage partitions come as an object keyed by name.
    return Object.values(answer);
  }

  /** A whole document need not be asked for again by itself. */
  #know(document: Document, asked: Moment): void {
    const key = keyOfRow(this.#model, document);
    if (key === undefined) return;
    this.#client.identityMap.seed(this.#model, key, document, Completeness.full, undefined, asked);
  }
}

/** The list under a name; an empty one is left out by some servers. */
function listUnder(name: string, answer: unknown): unknown {
  if (!isDocument(answer)) return Array.isArray(answer) ? answer : undefined;
  const list = Object.hasOwn(answer, name) ? answer[name] : undefined;
  return list ?? (Object.hasOwn(answer, name) ? [] : undefined);
}

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
