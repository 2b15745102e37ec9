import { ApiError, InvalidObjectError, ServerError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { Completeness } from "./document.js";
import { type Field, isField } from "./fields.js";
import { adopt, classOf, ensure, Model, type ModelState, specOf } from "./model.js";
import type { Key } from "./relations.js";

/** What `save()` would send. */
export interface WritePlan {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Field -> its value before and after. */
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

/** A write as a model class asks for it. */
export interface WriteRequest {
  readonly method: "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body: unknown;
}

/** An object that a caller may change. Changes stay here until {@link MutableModel.save} sends them. */
export abstract class MutableModel extends Model {
  /** Whether there are changes that have not been saved. */
  isDirty(): boolean {
    return Model.stateOf(this).changes !== undefined;
  }

  /** Drops the changes that were not saved. Nothing is requested. */
  reset(): void {
    Model.stateOf(this).changes = undefined;
  }

  /**
   * Assigns several fields. A name that is no writable field is refused before anything is assigned.
   * `null` clears a field.
   */
  set(values: { readonly [name: string]: unknown }): this {
    for (const name of Object.keys(values)) requireWritable(this, name);
    for (const [name, value] of Object.entries(values)) assign(this, name, value);
    return this;
  }

  /** Checks that what the server requires is there; throws `InvalidObjectError` that names what is missing. */
  async validate(options: CallOptions = {}): Promise<true> {
    await ensure(this, Completeness.full, options);
    const document = this.toJSON();
    const missing = (specOf(this).required ?? []).filter(
      (name) => document[name] === undefined || document[name] === null,
    );
    if (missing.length > 0) {
      throw new InvalidObjectError(
        `This ${specOf(this).name} cannot be saved. Missing fields: [${missing.join(", ")}]`,
      );
    }
    return true;
  }

  /**
   * Sends the changes and takes over the state that the server then has. Sends nothing when there are none.
   * With `dryRun`, gives what would be sent instead of sending it.
   * @throws {@link InvalidObjectError} when a required field is missing
   * @throws {@link ServerError} when the server answers that it refused the change
   */
  async save(options: CallOptions & { dryRun: true }): Promise<WritePlan | undefined>;
  async save(options?: CallOptions & { dryRun?: false }): Promise<this>;
  async save(options: CallOptions & { dryRun?: boolean } = {}): Promise<this | WritePlan | undefined> {
    const state = Model.stateOf(this);
    if (state.changes === undefined) return options.dryRun === true ? undefined : this;
    await this.validate(options);
    const request = state.key === undefined ? this.createRequest() : this.updateRequest();
    if (options.dryRun === true) return { ...request, changes: changesOf(state) };
    const sent = new Map(state.changes);
    const answer = await state.client.apiJsonRequest(request.method, request.path, {
      json: request.body,
      signal: options.signal,
      timeout: options.timeout,
    });
    await this.#takeAnswer(parseAnswer(await answer.text()), answer.status, sent, options);
    return this;
  }

  /** Deletes the object on the server: `DELETE path/key`. One that was never saved is left alone. */
  async delete(options: CallOptions = {}): Promise<void> {
    const state = Model.stateOf(this);
    if (state.key === undefined) return;
    await state.client.apiJsonRequest("DELETE", `${specOf(this).path}/${encodeURIComponent(state.key)}`, options);
    state.client.identityMap.evict(classOf(this), state.key);
  }

  /** What creating this object sends. */
  protected createRequest(): WriteRequest {
    const { [specOf(this).key]: _key, ...body } = this.toJSON();
    return { method: "POST", path: specOf(this).path, body };
  }

  /** What updating this object sends. By default the whole document, which is what most routes demand. */
  protected updateRequest(): WriteRequest {
    const { key } = Model.stateOf(this);
    return { method: "PUT", path: `${specOf(this).path}/${encodeURIComponent(key ?? "")}`, body: this.toJSON() };
  }

  /** The server answers a write with the whole object, with its id, with a word of success or with nothing. */
  async #takeAnswer(
    answer: unknown,
    status: number,
    sent: ReadonlyMap<string, unknown>,
    options: CallOptions,
  ): Promise<void> {
    const state = Model.stateOf(this);
    const spec = specOf(this);
    const fields =
      typeof answer === "object" && answer !== null && !Array.isArray(answer)
        ? (answer as Record<string, unknown>)
        : {};
    const names = Object.keys(fields);
    const result = fields["result"];
    if (names.length === 1 && names[0] === "result" && result !== "success" && result !== "") {
      const reason = state.client.withoutSecrets(String(result));
      throw new ServerError(`The server did not accept the ${spec.name}: ${reason}`, { status, serverMessage: reason });
    }
    const key = (fields[spec.key] ?? state.key ?? this.toJSON()[spec.key]) as Key | undefined;
    if (key === undefined) {
      throw new ApiError(
        `The server answered the creation of a ${spec.name} without the ${spec.key} that it was given`,
      );
    }
    state.key = classOf(this).normaliseKey(key);
    state.client.identityMap.evict(classOf(this), state.key);
    const whole = names.length > 1 || (names.length === 1 && names[0] !== "result" && names[0] !== spec.key);
    const { identityMap } = state.client;
    const cls = classOf(this);
    const entry = whole
      ? identityMap.seed(cls, state.key, fields, Completeness.full)
      : await identityMap.load(cls, state.key, { ...options, refresh: true });
    adopt(state, entry);
    state.joins = undefined;
    state.changes = madeSince(sent, state.changes);
  }
}

/** What was assigned while the save was under way is not saved yet. */
function madeSince(sent: ReadonlyMap<string, unknown>, changes: ModelState["changes"]): ModelState["changes"] {
  const later = [...(changes ?? [])].filter(([name, value]) => !sent.has(name) || sent.get(name) !== value);
  return later.length === 0 ? undefined : new Map(later);
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Many writes are answered with nothing or with plain text; the object is then read again.
    return undefined;
  }
}

function changesOf(state: ModelState): WritePlan["changes"] {
  return Object.fromEntries([...(state.changes ?? [])].map(([name, to]) => [name, { from: state.document[name], to }]));
}

/** @internal Refuses names that are no field, and fields that the server does not let a caller change. */
function requireWritable(model: Model, name: string): Field<unknown> {
  const spec = specOf(model);
  const declared: unknown = Object.hasOwn(classOf(model).record, name)
    ? Reflect.get(classOf(model).record, name)
    : undefined;
  if (!isField(declared)) {
    throw new ApiError(
      `${spec.name} has no field named ${name}. Fields that can be set: ${(spec.writable ?? []).join(", ")}`,
    );
  }
  if (!(spec.writable ?? []).includes(name)) {
    throw new ApiError(`Field ${name} is immutable: the server does not let ${spec.name}.${name} be changed`);
  }
  return declared;
}

/** @internal Records a change; assigning the document's own value takes it back. */
export function assign(model: Model, name: string, value: unknown): void {
  const field = requireWritable(model, name);
  const state = Model.stateOf(model);
  let raw: unknown = null;
  if (value !== null && value !== undefined) {
    try {
      raw = field.encode(value);
    } catch (cause) {
      throw new InvalidObjectError(
        `${specOf(model).name}.${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
  const original = state.document[name] ?? null;
  if (raw === original || JSON.stringify(raw) === JSON.stringify(original)) {
    state.changes?.delete(name);
    if (state.changes?.size === 0) state.changes = undefined;
    return;
  }
  state.changes ??= new Map();
  state.changes.set(name, raw);
}
