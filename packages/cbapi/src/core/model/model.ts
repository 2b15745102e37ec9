import { type InspectOptions, inspect } from "node:util";
import { ApiError, InvalidObjectError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import type { Entry, Key } from "./document.js";
import { Completeness, type Document, type Fetched } from "./document.js";
import { frozen, isField } from "./fields.js";
import type { ModelHost } from "./host.js";
import { printDocument, printTable, shortForm } from "./print.js";
import type { steppable } from "./ref-type.js";
import type { ModelSpec } from "./spec.js";
import { type ModelInit, ModelState } from "./state.js";

/** The class of a model, as the client and the query engine use it. */
// biome-ignore lint/suspicious/noExplicitAny: any model will do
export interface ModelClass<M extends AnyModel = any> {
  /** @internal */
  new (init: ModelInit): M;
  /** @internal */
  readonly spec: ModelSpec;
  /** @internal The declared fields, relations and resources. Reading its getters is safe only after every module has loaded. */
  readonly record: object;
  /** @internal */
  normaliseKey(key: Key): Key;
  /** @internal The key of the object that this is a document of. */
  keyIn(document: Document): Key | undefined;
  /** @internal Where several keys read the same document: the one under which it is kept. */
  documentKey(key: Key): Key;
  /** @internal */
  fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched>;
  /** @internal Where the server has a form for many objects in one request: what it knows of each of these keys. */
  fetchMany?(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>>;
}

const NOTHING: Document = Object.freeze({});

/** Any object of a server, before its fields are known. */
export type AnyModel = Model;

/**
 * An object of the server. Its fields are plain, synchronous properties; reading one never sends a request. What a
 * search row leaves out reads as `undefined` until {@link Model.load} completes the object.
 */
export abstract class Model {
  declare readonly [steppable]: true;

  readonly #state: ModelState;

  /** @internal */
  constructor(init: ModelInit) {
    this.#state =
      init instanceof ModelState
        ? init
        : new ModelState(
            init.client,
            init.key,
            init.document ?? NOTHING,
            init.completeness ?? Completeness.key,
            init.settings,
            init.related,
          );
  }

  /** @internal */
  static stateOf(model: Model): ModelState {
    return model.#state;
  }

  /** @internal */
  static readonly spec: ModelSpec;
  /** @internal */
  static readonly record: object;

  /** @internal One spelling for each key, so that 5 and "5" are the same object. Throws when it cannot be a key. */
  static normaliseKey(key: Key): Key {
    const { spec, record } = this as unknown as ModelClass;
    const declared: unknown = Reflect.get(record, spec.key);
    const kind = isField(declared) ? declared.kind : "string";
    const text = typeof key === "string" ? key.trim() : String(key);
    if (kind !== "integer") {
      if (typeof key === "string" || typeof key === "number") {
        if (text !== "" && text !== "NaN") return kind === "string" ? text : key;
      }
    } else if (/^-?\d+$/.test(text)) return Number(text);
    throw new InvalidObjectError(
      `${JSON.stringify(key)} is no ${spec.key} of a ${spec.name}: ${kind === "integer" ? "a whole number" : "a text"} is expected`,
    );
  }

  /** @internal The key of the object that this is a document of. */
  static keyIn(document: Document): Key | undefined {
    const { spec } = this as unknown as ModelClass;
    if (spec.keyOf !== undefined) return spec.keyOf(document);
    const key = document[spec.key];
    return typeof key === "string" || typeof key === "number" ? key : undefined;
  }

  /** @internal Where several keys read the same document: the one under which it is kept. */
  static documentKey(key: Key): Key {
    return this.normaliseKey(key);
  }

  /** @internal Reads one object: `GET path/key`. */
  static async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const cls = this as unknown as ModelClass;
    if (cls.spec.unreadable !== undefined) throw new ApiError(cls.spec.unreadable);
    await client.requireServer(cls.spec, options);
    const document = await client.getObject(`${cls.spec.path}/${encodeURIComponent(key)}`, undefined, options);
    return { document: asDocument(document, cls.spec.name, key) };
  }

  /**
   * Completes an object that is known in part. Does nothing when it is complete; changes that were made and not saved
   * stay.
   * @throws ObjectNotFoundError when the server does not have the object (any more)
   */
  async load(options: CallOptions = {}): Promise<this> {
    await ensure(this, Completeness.full, options);
    return this;
  }

  /**
   * Reads the object from the server again and drops changes that were not saved.
   * @throws ObjectNotFoundError when the server does not have the object (any more)
   */
  async refresh(options: CallOptions = {}): Promise<this> {
    const state = this.#state;
    if (state.key === undefined)
      throw new ApiError(`This ${specOf(this).name} has not been saved: it cannot be read from the server`);
    const entry = await state.client.identityMap.load(classOf(this), state.key, { ...options, refresh: true });
    state.changes = undefined;
    state.edits = undefined;
    state.joins = undefined;
    adopt(state, entry);
    return this;
  }

  /**
   * Any field of the document by its name, declared or not, as the server sent it (with changes not yet saved).
   * @param fallback given when the field is absent or null
   */
  get<T = unknown>(name: string, fallback?: T): T | undefined {
    const raw = rawField(this.#state, name);
    return raw === undefined || raw === null ? fallback : (frozen(raw) as T);
  }

  /** The server's document, its nulls included, with changes not yet saved. */
  toJSON(): Record<string, unknown> {
    return structuredClone(currentDocument(this.#state));
  }

  /**
   * The document for a member that looks at all of its fields. Taken through a Ref, such a member makes an object load
   * that is known by less than a search row.
   */
  protected get wholeDocument(): Document {
    if (this.#state.completeness < Completeness.row) this.#state.missed = true;
    return currentDocument(this.#state);
  }

  /** A value that is made when it is first asked for and kept until the object is read anew. */
  protected kept<T>(name: string, make: () => T): T {
    this.#state.joins ??= new Map();
    const { joins } = this.#state;
    if (!joins.has(name)) joins.set(name, make());
    return joins.get(name) as T;
  }

  /** Whether everything that the server knows of this object is here. */
  get isLoaded(): boolean {
    return this.#state.completeness === Completeness.full;
  }

  /**
   * The name of the model: `Object.prototype.toString.call(sensor)` is `[object Sensor]`. Tools that copy plain objects to
   * show how they differ then leave a model as it is, rather than make one that has lost its state.
   */
  get [Symbol.toStringTag](): string {
    return specOf(this).name;
  }

  /** `<Sensor: id 3> @ https://cb.example.com` */
  toString(): string {
    return shortForm(specOf(this).name, this.#state);
  }

  /** The whole object when it is printed by itself, the short form inside a list or another object. */
  [inspect.custom](depth: number | null, options: InspectOptions): string {
    if (depth !== options.depth) return this.toString();
    const spec = specOf(this);
    return spec.printAs === "document"
      ? printDocument(spec, this.#state, consoleLink(this))
      : printTable(spec, classOf(this).record, this.#state);
  }
}

/** Printing never fails: a link that cannot be told yet is left out. */
function consoleLink(model: Model): string | undefined {
  try {
    const link: unknown = Reflect.get(model, "webui_link");
    return typeof link === "string" ? link : undefined;
  } catch {
    return undefined;
  }
}

/** @internal The class that a model is an instance of. */
export function classOf(model: Model): ModelClass {
  return model.constructor as unknown as ModelClass;
}

export function specOf(model: Model): ModelSpec {
  return classOf(model).spec;
}

/** @internal The value of a field as it stands on the wire; notes when a document known in part did not have it. */
export function rawField(state: ModelState, name: string): unknown {
  if (state.changes?.has(name)) return state.changes.get(name);
  const raw = state.document[name];
  if ((raw === undefined || raw === null) && state.completeness !== Completeness.full) state.missed = true;
  return raw;
}

/** @internal The document with the changes that are not saved. What it holds is shared and must not be changed. */
function currentDocument({ document, changes }: ModelState): Record<string, unknown> {
  return { ...document, ...(changes === undefined ? {} : Object.fromEntries(changes)) };
}

/** @internal Makes the model know at least this much. */
export async function ensure(model: Model, wanted: Completeness, options: CallOptions = {}): Promise<void> {
  const state = Model.stateOf(model);
  if (state.completeness >= wanted || state.key === undefined) return;
  const entry = await state.client.identityMap.load(classOf(model), state.key, { ...options, completeness: wanted });
  if (entry.completeness > state.completeness) adopt(state, entry);
}

/** @internal Takes over a document of the identity map. */
export function adopt(state: ModelState, entry: Entry): void {
  state.document = entry.document;
  state.related = entry.related;
  state.completeness = entry.completeness;
  state.refreshedAt = entry.readAt;
}

/** @internal */
export function asDocument(value: unknown, name: string, key: Key): Document {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ApiError(`The server answered the request for ${name} ${key} with something that is no object`);
  }
  return value as Document;
}
