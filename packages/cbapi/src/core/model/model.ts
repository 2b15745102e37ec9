import { type InspectOptions, inspect } from "node:util";
import { ApiError, InvalidObjectError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { Completeness, type Document, type Fetched, type ModelHost } from "./document.js";
import { frozen, isField } from "./fields.js";
import type { Entry } from "./identity-map.js";
import { printDocument, printTable, shortForm } from "./print.js";
import type { steppable } from "./ref.js";
import type { Key } from "./relations.js";

/** What is declared once about a model, beside its fields. */
export interface ModelSpec {
  /** The name that errors, printing and the field tables use. */
  readonly name: string;
  /** The route of the collection; one object is read at `path/key`. */
  readonly path: string;
  /** The field that identifies an object. */
  readonly key: string;
  /** Where no single field does: the key as documents give it. The field named by `key` is then one like any other. */
  readonly keyOf?: (document: Document) => Key | undefined;
  /** Whether the caller names the key of a new object, so that it is sent along. */
  readonly ownKey?: boolean;
  /** Fields that the server lets a caller change. A model without any is read-only. */
  readonly writable?: readonly string[];
  /** Whether `create()` makes new ones. */
  readonly creatable?: boolean;
  /** Whether `delete()` removes them; by default those that can be created. */
  readonly deletable?: boolean;
  /**
   * What an update sends: the whole `document`, which is read again first when it is not fresh so that it does not undo
   * what others changed, or the `changes` alone. Default `document`.
   */
  readonly update?: "document" | "changes";
  /**
   * For how long a document that was read is what the server has, in milliseconds, when it, or a part of it, is sent back.
   * Default 10,000.
   */
  readonly freshFor?: number;
  /** Fields that must be there before an object is saved. */
  readonly required?: readonly string[];
  /** `document` prints the fields in the server's order under a console link; the default is the table of changes. */
  readonly printAs?: "document" | "table";
  /** Computed properties that a list of such objects can be narrowed and ordered by, as by its fields. */
  readonly listedBy?: readonly string[];
  /** Methods that need only the object's key when they are taken through a `Ref`. */
  readonly keyOnly?: readonly string[];
}

/** How a model comes into being; callers get models from a client and never make them. */
export interface ModelInit {
  readonly client: ModelHost;
  readonly key?: Key | undefined;
  readonly document?: Document;
  readonly related?: unknown;
  readonly completeness?: Completeness;
  /** How the caller wants this object to behave; what it holds is up to the model class. */
  readonly settings?: object | undefined;
}

/** The class of a model, as the client and the query engine use it. */
// biome-ignore lint/suspicious/noExplicitAny: any model will do
export interface ModelClass<M extends AnyModel = any> {
  new (init: ModelInit): M;
  readonly spec: ModelSpec;
  /** The declared fields, relations and resources. Reading its getters is safe only after every module has loaded. */
  readonly record: object;
  normaliseKey(key: Key): Key;
  /** The key of the object that this is a document of. */
  keyIn(document: Document): Key | undefined;
  /** Where several keys read the same document: the one under which it is kept. */
  documentKey(key: Key): Key;
  fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched>;
  /** Where the server has a form for many objects in one request: what it knows of each of these keys. */
  fetchMany?(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>>;
}

/** A change of a part of a field, from the server's form to the server's form. */
export type Edit = (raw: unknown) => unknown;

/** What is kept of a model beside its prototype. A search makes one for each row, so it is made in one go. */
export class ModelState implements ModelInit {
  readonly client: ModelHost;
  readonly settings: object | undefined;
  key: Key | undefined;
  document: Document;
  related: unknown;
  completeness: Completeness;
  /** Set when a read found nothing in a document that is known in part only. */
  missed = false;
  /** Field -> the server's form of what was assigned; only fields that differ from the document. */
  changes: Map<string, unknown> | undefined = undefined;
  /** Field -> the edits that `changes` is the outcome of, where the field was not assigned as a whole. */
  edits: Map<string, readonly Edit[]> | undefined = undefined;
  /** What a write that is under way sends. */
  sending: ReadonlyMap<string, unknown> | undefined = undefined;
  /** Refs taken through this object, so that a join gives the same object each time. */
  joins: Map<string, unknown> | undefined = undefined;
  refreshedAt: number | undefined = undefined;
  /** Set by a delete that the server carried out. */
  deleted = false;

  constructor(
    client: ModelHost,
    key: Key | undefined,
    document: Document,
    completeness: Completeness,
    settings?: object,
    related?: unknown,
  ) {
    this.client = client;
    this.key = key;
    this.document = document;
    this.completeness = completeness;
    this.settings = settings;
    this.related = related;
  }
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

  static readonly spec: ModelSpec;
  static readonly record: object;

  /** One spelling for each key, so that 5 and "5" are the same object. Throws when it cannot be a key. */
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

  /** The key of the object that this is a document of. */
  static keyIn(document: Document): Key | undefined {
    const { spec } = this as unknown as ModelClass;
    if (spec.keyOf !== undefined) return spec.keyOf(document);
    const key = document[spec.key];
    return typeof key === "string" || typeof key === "number" ? key : undefined;
  }

  /** Where several keys read the same document: the one under which it is kept. */
  static documentKey(key: Key): Key {
    return this.normaliseKey(key);
  }

  /** Reads one object: `GET path/key`. */
  static async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const cls = this as unknown as ModelClass;
    const document = await client.getObject(`${cls.spec.path}/${encodeURIComponent(key)}`, undefined, options);
    return { document: asDocument(document, cls.spec.name, key) };
  }

  /**
   * Completes an object that is known in part. Does nothing when it is complete; changes that were made and not saved
   * stay.
   */
  async load(options: CallOptions = {}): Promise<this> {
    await ensure(this, Completeness.full, options);
    return this;
  }

  /** Reads the object from the server again and drops changes that were not saved. */
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
      : printTable(classOf(this), this.#state);
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

/** @internal */
export function hasChanges(model: Model): boolean {
  return Model.stateOf(model).changes !== undefined;
}

/** @internal Whether the model's fields come from this very document. */
export function showsDocument(model: Model, document: Document): boolean {
  return Model.stateOf(model).document === document;
}

/** @internal Whether more than its key is known. */
export function isKnown(model: Model): boolean {
  return Model.stateOf(model).completeness > Completeness.key;
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
