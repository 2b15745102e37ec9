import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.js";
import { ApiError, ClientError, ObjectNotFoundError, QuerySyntaxError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { Completeness, type Document, type Entry, type Fetched, type Key } from "./document.js";
import { History, type Moment } from "./history.js";
import { SharedCalls } from "./shared-call.js";

/** How much a client keeps of what it has read. */
export interface IdentityMapOptions {
  /** How many documents are kept; the least recently used leave first. Default 4096. */
  max?: number | undefined;
  /** How long a document is served without asking again, in milliseconds. Default 60,000. */
  ttl?: number | undefined;
}

/** How well the documents serve that a client keeps. */
export interface CacheStats {
  /** How often a wanted document was there. */
  readonly hits: number;
  /** How often one had to be asked for. */
  readonly misses: number;
  /** How many are kept. */
  readonly size: number;
}

/** What a load may ask for beside the document. */
export interface LoadOptions extends CallOptions {
  /** Asks the server even when the document is known. */
  readonly refresh?: boolean | undefined;
  /** How well the object has to be known; the whole document by default. */
  readonly completeness?: Completeness;
}

/** What the map has to know of a model class: how its documents are named and read. */
export interface DocumentClass<Host> {
  readonly spec: { readonly name: string };
  normaliseKey(key: Key): Key;
  /** Where several keys read the same document: the one under which it is kept. */
  documentKey(key: Key): Key;
  fetchDocument(client: Host, key: Key, options: CallOptions): Promise<Fetched>;
  /** Where the server has a form for many objects in one request: what it knows of each of these keys. */
  fetchMany?(client: Host, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>>;
}

/** A model as the map sees it: what it shows, and whether a caller has changed that. */
export interface Showing {
  readonly document: Document;
  readonly completeness: Completeness;
  readonly changes: unknown;
}

/** A model that joins give. */
interface Shared {
  readonly model: object;
  readonly showing: Showing;
  readonly expires: number;
}

interface Waiter {
  readonly key: Key;
  resolve(entry: Entry | undefined): void;
  reject(error: unknown): void;
}

/**
 * The documents that a client has seen, by class and key. It makes sure that an object is fetched once: callers that
 * want the same document at the same time share one exchange, and joins asked for in the same turn of the event loop
 * are put together where the server can answer for many.
 *
 * It holds documents, not models: what one caller changes and has not saved is not seen by another who selected the
 * object. Joins to one object give one model.
 */
export class IdentityMap<Host> {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #entries: LRUCache<string, Entry>;
  /** The models that joins give, so that two joins to one object give the same one. */
  readonly #shared: LRUCache<string, Shared>;
  /** Objects that joins named and that the server does not have. */
  readonly #absent: LRUCache<string, { error: ObjectNotFoundError; expires: number }>;
  readonly #history: History;
  readonly #loading = new SharedCalls<Entry>();
  readonly #batches = new Map<DocumentClass<Host>, Waiter[]>();
  #hits = 0;
  #misses = 0;

  constructor(host: Host, clock: Clock, options: IdentityMapOptions = {}) {
    const { max = 4096, ttl = 60_000, ...unknown } = options;
    const [wrong] = Object.keys(unknown);
    if (wrong !== undefined) throw new ApiError(`Unknown option cache.${wrong}: max and ttl are known`);
    if (!Number.isInteger(max) || max < 1) throw new ApiError(`cache.max wants a whole number from 1 on, got ${max}`);
    if (typeof ttl !== "number" || !(ttl >= 0))
      throw new ApiError(`cache.ttl wants milliseconds from 0 on, got ${ttl}`);
    this.#host = host;
    this.#clock = clock;
    this.#ttl = ttl;
    this.#entries = new LRUCache({ max });
    this.#shared = new LRUCache({ max });
    this.#absent = new LRUCache({ max });
    this.#history = new History(clock, max);
  }

  /** How often a wanted document was there (`hits`), how often it was asked for (`misses`), and how many are kept. */
  get stats(): CacheStats {
    return { hits: this.#hits, misses: this.#misses, size: this.#entries.size };
  }

  /** For how long an answer may be used again, in milliseconds. */
  get ttl(): number {
    return this.#ttl;
  }

  /** The time by the client's clock. */
  now(): number {
    return this.#clock.now();
  }

  /** This moment, for {@link IdentityMap.seed}: taken before the server is asked. */
  moment(): Moment {
    return this.#history.moment();
  }

  /** Changes with every write to an object of this class: lists of them that were read before are out of date. */
  revisionOf(cls: DocumentClass<Host>): number {
    return this.#history.revisionOf(cls.spec.name);
  }

  /** The document of an object when it is known at least this well and fresh; never a request. */
  peek(cls: DocumentClass<Host>, key: Key, completeness: Completeness = Completeness.partial): Entry | undefined {
    const id = documentId(cls, key);
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.completeness < completeness) return undefined;
    if (entry.expires > this.#clock.now()) return entry;
    this.#entries.delete(id);
    return undefined;
  }

  /** The same as {@link IdentityMap.peek} for a caller who would have to ask the server otherwise: it counts as a hit. */
  recall(cls: DocumentClass<Host>, key: Key): Entry | undefined {
    const entry = this.peek(cls, key);
    if (entry !== undefined) this.#hits++;
    return entry;
  }

  /**
   * Puts in a document that came along with something else. One that is known as well or better is left alone.
   * @param asked when the server was asked for it: it does not replace what was read or written since
   */
  seed(
    cls: DocumentClass<Host>,
    key: Key,
    document: Document,
    completeness: Completeness,
    related?: unknown,
    asked?: Moment,
  ): Entry {
    const id = documentId(cls, key);
    const known = this.peek(cls, key);
    if (known !== undefined && known.completeness > completeness) return known;
    if (asked === undefined) return this.#put(id, { document, related }, completeness, this.#clock.now());
    if (known !== undefined && known.completeness === completeness && known.readAt > asked.time) return known;
    return this.#keep(cls, id, { document, related }, completeness, asked);
  }

  /**
   * The model that all joins to this object give, so that they can be compared and put in a set. One that carries
   * unsaved changes stays with whoever took it; the next join starts afresh, as it does when the object was read anew.
   */
  shared<M extends object>(
    cls: DocumentClass<Host>,
    key: Key,
    make: () => { readonly model: M; readonly showing: Showing },
  ): M {
    const id = modelId(cls, key);
    const known = this.#shared.get(id);
    if (known !== undefined && known.expires > this.#clock.now() && known.showing.changes === undefined) {
      const isKnown = known.showing.completeness > Completeness.key;
      const entry = this.peek(cls, key);
      if (entry === undefined || !isKnown || known.showing.document === entry.document) {
        if (isKnown) this.#hits++;
        return known.model as M;
      }
    }
    const made = make();
    this.#shared.set(id, { ...made, expires: this.#clock.now() + this.#ttl });
    return made.model;
  }

  /** Forgets an object: after it was deleted, or changed on the server. Answers that are under way come too late. */
  evict(cls: DocumentClass<Host>, key: Key): void {
    const id = documentId(cls, key);
    this.#history.written(cls.spec.name, id);
    this.#loading.part(id);
    this.#entries.delete(id);
    this.#absent.delete(id);
    this.#shared.delete(modelId(cls, key));
  }

  /** Forgets all objects of a class: after a write that does not tell which of them it changed. */
  evictAll(cls: DocumentClass<Host>): void {
    const ofClass = (id: string) => id.startsWith(`${cls.spec.name} `);
    for (const id of [...this.#loading.names()].filter(ofClass)) this.#outdate(id);
    this.#history.allWritten(cls.spec.name);
    for (const kept of [this.#entries, this.#absent, this.#shared]) {
      for (const id of [...kept.keys()].filter(ofClass)) kept.delete(id);
    }
  }

  /** When the object was last forgotten because it was changed on the server, or may have been; 0 when it never was. */
  changedAt(cls: DocumentClass<Host>, key: Key): number {
    return this.#history.writtenAt(cls.spec.name, documentId(cls, key));
  }

  clear(): void {
    for (const id of [...this.#loading.names()]) this.#outdate(id);
    this.#history.clear();
    this.#entries.clear();
    this.#absent.clear();
    this.#shared.clear();
  }

  /** The document, from the map when it is known well enough, else from the server. */
  async load(cls: DocumentClass<Host>, key: Key, options: LoadOptions = {}): Promise<Entry> {
    const wanted = options.completeness ?? Completeness.full;
    const id = documentId(cls, key);
    if (options.refresh === true) {
      this.#outdate(id);
      return this.#fetch(cls, key, id, options);
    }
    const entry = this.peek(cls, key, wanted);
    if (entry !== undefined) {
      this.#hits++;
      return entry;
    }
    if (wanted < Completeness.full) {
      // Many processes may name one binary that the server does not have: it is asked for once.
      const absent = this.#absent.get(id);
      if (absent !== undefined && absent.expires > this.#clock.now()) throw absent.error;
      // Only a join is content with what a search row tells, so only joins may be answered by a search for many.
      if (cls.fetchMany !== undefined && options.timeout === undefined)
        return this.#fetchWithOthers(cls, key, id, options);
    }
    return this.#fetch(cls, key, id, options);
  }

  /**
   * Brings many objects, in as few requests as the server allows. What fails is left out: whoever reads such a join
   * gets the failure.
   * @returns what is known of each key, by its normal form
   */
  async loadMany(cls: DocumentClass<Host>, keys: Iterable<Key>, options: CallOptions = {}): Promise<Map<Key, Entry>> {
    const found = new Map<Key, Entry>();
    const wanted: Key[] = [];
    for (const key of new Set(Array.from(keys, (key) => cls.normaliseKey(key)))) {
      const entry = this.peek(cls, key, Completeness.row);
      if (entry === undefined) wanted.push(key);
      else {
        this.#hits++;
        found.set(key, entry);
      }
    }
    if (cls.fetchMany !== undefined && wanted.length > 1) {
      const batch = await this.#fetchBatch(cls, wanted, options).catch(() => new Map<Key, Entry>());
      for (const [key, entry] of batch) found.set(key, entry);
    } else {
      const load = async (key: Key) =>
        void found.set(key, await this.load(cls, key, { ...options, completeness: Completeness.row }));
      await Promise.allSettled(wanted.map(load));
    }
    options.signal?.throwIfAborted();
    return found;
  }

  /** One exchange for all who want this document now; it ends early only when all of them have gone away. */
  #fetch(cls: DocumentClass<Host>, key: Key, id: string, options: LoadOptions): Promise<Entry> {
    return this.#loading.run(id, options, (call) => this.#ask(cls, key, id, call));
  }

  #fetchWithOthers(cls: DocumentClass<Host>, key: Key, id: string, options: LoadOptions): Promise<Entry> {
    return this.#loading.run(id, options, async (call) => {
      const entry = await this.#inBatch(cls, key);
      // Not among the rows of the search: the object itself is asked, which also gives its own error.
      return entry ?? this.#ask(cls, key, id, call);
    });
  }

  async #ask(cls: DocumentClass<Host>, key: Key, id: string, options: CallOptions): Promise<Entry> {
    this.#misses++;
    const asked = this.moment();
    try {
      const fetched = await cls.fetchDocument(this.#host, cls.normaliseKey(key), options);
      return this.#keep(cls, id, fetched, Completeness.full, asked);
    } catch (error) {
      if (error instanceof ObjectNotFoundError && !this.#history.isOld(cls.spec.name, id, asked)) {
        this.#absent.set(id, { error, expires: this.#clock.now() + this.#ttl });
      }
      throw error;
    }
  }

  /** Keeps an answer, unless the object was read anew or written since it was asked for. */
  #keep(cls: DocumentClass<Host>, id: string, fetched: Fetched, completeness: Completeness, asked: Moment): Entry {
    if (this.#history.isOld(cls.spec.name, id, asked)) return this.#entry(fetched, completeness, asked.time);
    return this.#put(id, fetched, completeness, asked.time);
  }

  #put(id: string, fetched: Fetched, completeness: Completeness, readAt: number): Entry {
    const entry = this.#entry(fetched, completeness, readAt);
    this.#entries.set(id, entry);
    this.#absent.delete(id);
    return entry;
  }

  #entry({ document, related }: Fetched, completeness: Completeness, readAt: number): Entry {
    return { document, related, completeness, readAt, expires: readAt + this.#ttl };
  }

  /** From here on, answers that are under way do not count, and nobody joins them. */
  #outdate(id: string): void {
    this.#history.outdate(id);
    this.#loading.part(id);
  }

  /** Waits for the search that is sent for all joins of this turn; `undefined` when it does not know the key. */
  #inBatch(cls: DocumentClass<Host>, key: Key): Promise<Entry | undefined> {
    let batch = this.#batches.get(cls);
    if (batch === undefined) {
      batch = [];
      this.#batches.set(cls, batch);
      // After the promise jobs that are pending now: what they ask for still belongs to this turn.
      void Promise.resolve().then(() => process.nextTick(() => this.#flush(cls)));
    }
    const waiting = batch;
    return new Promise((resolve, reject) => waiting.push({ key: cls.normaliseKey(key), resolve, reject }));
  }

  #flush(cls: DocumentClass<Host>): void {
    const batch = this.#batches.get(cls) ?? [];
    this.#batches.delete(cls);
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      only.resolve(undefined);
      return;
    }
    this.#fetchBatch(
      cls,
      batch.map(({ key }) => key),
      {},
    ).then(
      (found) => {
        for (const { key, resolve } of batch) resolve(found.get(key));
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }

  async #fetchBatch(cls: DocumentClass<Host>, keys: readonly Key[], options: CallOptions): Promise<Map<Key, Entry>> {
    this.#misses += keys.length;
    const asked = this.moment();
    const found = new Map<Key, Entry>();
    try {
      for (const [key, fetched] of (await cls.fetchMany?.(this.#host, [...keys], options)) ?? []) {
        const completeness = fetched.completeness ?? Completeness.row;
        found.set(key, this.#keep(cls, documentId(cls, key), fetched, completeness, asked));
      }
    } catch (error) {
      // A server that does not take the search for many still answers for one.
      if (!(error instanceof ClientError || error instanceof QuerySyntaxError) || error.status === 429) throw error;
    }
    return found;
  }
}

const documentId = (cls: DocumentClass<never>, key: Key): string => `${cls.spec.name} ${cls.documentKey(key)}`;
const modelId = (cls: DocumentClass<never>, key: Key): string => `${cls.spec.name} ${cls.normaliseKey(key)}`;
