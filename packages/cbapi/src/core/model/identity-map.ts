import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.js";
import { ObjectNotFoundError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { Completeness, type Document, type Fetched, type ModelHost } from "./document.js";
import { type AnyModel, hasChanges, isKnown, type ModelClass } from "./model.js";
import type { Key } from "./relations.js";
import { SharedCall } from "./shared-call.js";

export interface IdentityMapOptions {
  /** How many documents are kept; the least recently used leave first. Default 4096. */
  max?: number;
  /** How long a document is served without asking again, in milliseconds. Default 60,000. */
  ttl?: number;
}

/** One document, and what is going on around it. */
export interface Entry {
  document: Document;
  related: unknown;
  completeness: Completeness;
  expires: number;
}

interface PendingBatch {
  keys: Map<string, { key: Key; waiters: { resolve(entry: Entry): void; reject(error: unknown): void }[] }>;
}

/**
 * The documents that a client has seen, by class and key. It makes sure that an object is fetched once: callers that
 * want the same document at the same time share one exchange, and joins asked for in the same turn of the event loop
 * are put together where the server can answer for many.
 *
 * It holds documents, not models: what one caller changes and has not saved is not seen by another.
 */
export class IdentityMap {
  readonly #host: ModelHost;
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #entries: LRUCache<string, Entry>;
  /** The models that joins give, so that two joins to one object give the same one. */
  readonly #shared: LRUCache<string, { model: AnyModel; expires: number }>;
  /** Objects that joins named and that the server does not have. */
  readonly #absent: LRUCache<string, { error: ObjectNotFoundError; expires: number }>;
  readonly #loading = new Map<string, SharedCall<Entry>>();
  readonly #batches = new Map<ModelClass, PendingBatch>();
  #hits = 0;
  #misses = 0;

  constructor(host: ModelHost, clock: Clock, options: IdentityMapOptions = {}) {
    this.#host = host;
    this.#clock = clock;
    this.#ttl = options.ttl ?? 60_000;
    this.#entries = new LRUCache({ max: options.max ?? 4096 });
    this.#shared = new LRUCache({ max: options.max ?? 4096 });
    this.#absent = new LRUCache({ max: options.max ?? 4096 });
  }

  /** How often a wanted document was there (`hits`), and how often it was asked for (`misses`). */
  get stats(): { readonly hits: number; readonly misses: number; readonly size: number } {
    return { hits: this.#hits, misses: this.#misses, size: this.#entries.size };
  }

  /** The document of an object when it is known at least this well and fresh; never a request. */
  peek(cls: ModelClass, key: Key, completeness: Completeness = Completeness.partial): Entry | undefined {
    const id = this.#id(cls, key);
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.completeness < completeness) return undefined;
    if (entry.expires <= this.#clock.now()) {
      this.#entries.delete(id);
      return undefined;
    }
    return entry;
  }

  /** The same as {@link IdentityMap.peek} for a caller who would have to ask the server otherwise: it counts as a hit. */
  recall(cls: ModelClass, key: Key): Entry | undefined {
    const entry = this.peek(cls, key);
    if (entry !== undefined) this.#hits++;
    return entry;
  }

  /** Puts in a document that came along with something else. A better known, fresh one is left alone. */
  seed(cls: ModelClass, key: Key, document: Document, completeness: Completeness, related?: unknown): Entry {
    const known = this.peek(cls, key);
    if (known !== undefined && known.completeness > completeness) return known;
    const entry = {
      document,
      related,
      completeness,
      expires: this.#clock.now() + this.#ttl,
    };
    this.#entries.set(this.#id(cls, key), entry);
    return entry;
  }

  /**
   * The model that all joins to this object give, so that they can be compared and put in a set. One that carries
   * unsaved changes belongs to whoever made them: the next join starts afresh.
   */
  shared(cls: ModelClass, key: Key, make: () => AnyModel): AnyModel {
    const id = `${cls.spec.name} ${cls.normaliseKey(key)}`;
    const known = this.#shared.get(id);
    if (known !== undefined && known.expires > this.#clock.now() && !hasChanges(known.model)) {
      if (isKnown(known.model)) this.#hits++;
      return known.model;
    }
    const model = make();
    this.#shared.set(id, { model, expires: this.#clock.now() + this.#ttl });
    return model;
  }

  /** Forgets an object: after it was deleted, or changed on the server. */
  evict(cls: ModelClass, key: Key): void {
    this.#entries.delete(this.#id(cls, key));
    this.#absent.delete(this.#id(cls, key));
    this.#shared.delete(`${cls.spec.name} ${cls.normaliseKey(key)}`);
  }

  clear(): void {
    this.#entries.clear();
    this.#absent.clear();
    this.#shared.clear();
  }

  /** The document, from the map when it is known well enough, else from the server. `refresh` always asks. */
  async load(
    cls: ModelClass,
    key: Key,
    options: CallOptions & { refresh?: boolean; completeness?: Completeness } = {},
  ): Promise<Entry> {
    const wanted = options.completeness ?? Completeness.full;
    if (options.refresh !== true) {
      const entry = this.peek(cls, key, wanted);
      if (entry !== undefined) {
        this.#hits++;
        return entry;
      }
    }
    if (wanted < Completeness.full && options.refresh !== true) {
      // Many processes may name one binary that the server does not have: it is asked for once.
      const absent = this.#absent.get(this.#id(cls, key));
      if (absent !== undefined && absent.expires > this.#clock.now()) throw absent.error;
    }
    // Only a join is content with what a search row tells, so only joins may be answered by a search for many.
    if (cls.fetchMany !== undefined && wanted < Completeness.full && options.refresh !== true) {
      return this.#enqueue(cls, key);
    }
    return this.#fetch(cls, key, options);
  }

  /**
   * Brings many objects into the map, in as few requests as the server allows. What fails is left out: whoever reads
   * such a join gets the failure.
   */
  async loadMany(cls: ModelClass, keys: Iterable<Key>, options: CallOptions = {}): Promise<void> {
    const missing = new Map<string, Key>();
    for (const key of keys) {
      if (this.peek(cls, key, Completeness.row) !== undefined) this.#hits++;
      else missing.set(this.#id(cls, key), cls.normaliseKey(key));
    }
    const wanted = [...missing.values()];
    if (cls.fetchMany !== undefined && wanted.length > 1) {
      await this.#fetchBatch(cls, wanted, options).catch(() => {});
    } else {
      await Promise.allSettled(wanted.map((key) => this.#fetch(cls, key, options)));
    }
    options.signal?.throwIfAborted();
  }

  #id(cls: ModelClass, key: Key): string {
    return `${cls.spec.name} ${cls.documentKey(key)}`;
  }

  /** One exchange for all who want this document now; it ends early only when all of them have gone away. */
  #fetch(cls: ModelClass, key: Key, options: CallOptions & { refresh?: boolean }): Promise<Entry> {
    const id = this.#id(cls, key);
    let call = options.refresh === true ? undefined : this.#loading.get(id);
    if (call === undefined) {
      this.#misses++;
      const started = new SharedCall(async (signal) => {
        try {
          const fetched = await cls.fetchDocument(this.#host, cls.normaliseKey(key), {
            signal,
            timeout: options.timeout,
          });
          return this.#store(cls, key, fetched, Completeness.full);
        } catch (error) {
          if (error instanceof ObjectNotFoundError)
            this.#absent.set(id, { error, expires: this.#clock.now() + this.#ttl });
          throw error;
        } finally {
          if (this.#loading.get(id) === started) this.#loading.delete(id);
        }
      });
      call = started;
      this.#loading.set(id, call);
    }
    return call.join(options.signal);
  }

  #store(cls: ModelClass, key: Key, fetched: Fetched, completeness: Completeness): Entry {
    const entry: Entry = {
      document: fetched.document,
      related: fetched.related,
      completeness,
      expires: this.#clock.now() + this.#ttl,
    };
    this.#entries.set(this.#id(cls, key), entry);
    this.#absent.delete(this.#id(cls, key));
    return entry;
  }

  #enqueue(cls: ModelClass, key: Key): Promise<Entry> {
    let batch = this.#batches.get(cls);
    if (batch === undefined) {
      batch = { keys: new Map() };
      this.#batches.set(cls, batch);
      // After the promise jobs that are pending now: what they ask for still belongs to this turn.
      void Promise.resolve().then(() => process.nextTick(() => this.#flush(cls)));
    }
    const id = this.#id(cls, key);
    const waiting = batch.keys.get(id) ?? { key: cls.normaliseKey(key), waiters: [] };
    batch.keys.set(id, waiting);
    return new Promise((resolve, reject) => waiting.waiters.push({ resolve, reject }));
  }

  #flush(cls: ModelClass): void {
    const batch = this.#batches.get(cls);
    this.#batches.delete(cls);
    if (batch === undefined) return;
    const wanted = [...batch.keys.values()];
    const arrived =
      wanted.length === 1
        ? Promise.resolve()
        : this.#fetchBatch(
            cls,
            wanted.map((item) => item.key),
            {},
          );
    arrived.then(
      () => {
        for (const { key, waiters } of wanted) {
          const entry = this.peek(cls, key, Completeness.row);
          // Not among the rows of the search: the object itself is asked, which also gives its own error.
          const settled = entry === undefined ? this.#fetch(cls, key, {}) : Promise.resolve(entry);
          for (const { resolve, reject } of waiters) settled.then(resolve, reject);
        }
      },
      (error: unknown) => {
        for (const { waiters } of wanted) for (const { reject } of waiters) reject(error);
      },
    );
  }

  async #fetchBatch(cls: ModelClass, keys: Key[], options: CallOptions): Promise<void> {
    this.#misses += keys.length;
    const found = await cls.fetchMany?.(this.#host, keys, options);
    for (const [key, fetched] of found ?? []) this.#store(cls, key, fetched, Completeness.row);
  }
}
