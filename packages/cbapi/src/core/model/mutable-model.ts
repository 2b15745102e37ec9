import { type InspectOptions, inspect } from "node:util";
import { ApiError, InvalidObjectError, ObjectNotFoundError, ServerError } from "../errors.js";
import { stringifyMasked } from "../transport/json.js";
import type { CallOptions } from "../transport/types.js";
import { put, refuseDeleted } from "./assign.js";
import { Completeness } from "./document.js";
import { type Field, isField } from "./fields.js";
import type { Entry } from "./identity-map.js";
import { adopt, classOf, ensure, Model, type ModelInit, type ModelState, specOf } from "./model.js";
import type { Key } from "./relations.js";
import { holdsValue, sameValue } from "./same-value.js";
import { inTurn } from "./turns.js";

/** A write as a model class asks for it. */
export interface WriteRequest {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

/** What `save()` would send. */
export interface WritePlan {
  /** The writes in the order in which they would go out; most saves are one. */
  readonly requests: readonly WriteRequest[];
  /** Field -> its value before and after. */
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

/** How an object is saved. */
export interface SaveOptions extends CallOptions {
  /** Sends nothing and gives what would be sent. */
  readonly dryRun?: boolean;
  /**
   * Reads the object once more after the server has accepted the write, and fails when a field does not have the value
   * that was written. The server may add to it: an id to each entry of a list. Fields that it does not give back, such
   * as passwords, cannot be checked.
   */
  readonly verify?: boolean;
}

/** A whole document that was read longer ago is read again before it is sent back, in milliseconds. */
const FRESH = 10_000;

/** An object that a caller may change. Changes stay here until {@link MutableModel.save} sends them. */
export abstract class MutableModel extends Model {
  /** @internal */
  constructor(init: ModelInit) {
    super(init);
    // A mistyped field must not become a property that nobody ever saves: assigning to one throws.
    Object.preventExtensions(this);
  }

  /** Whether there are changes that have not been saved. */
  isDirty(): boolean {
    return Model.stateOf(this).changes !== undefined;
  }

  /** Drops the changes that were not saved. Nothing is requested. */
  reset(): void {
    Model.stateOf(this).changes = undefined;
  }

  /**
   * Assigns several fields, or joins that can be assigned. When a name or a value is refused, nothing is assigned.
   * `null` clears a field.
   */
  set(values: { readonly [name: string]: unknown }): this {
    const state = Model.stateOf(this);
    const before = state.changes === undefined ? undefined : new Map(state.changes);
    try {
      for (const [name, value] of Object.entries(values)) put(this, name, value);
    } catch (error) {
      state.changes = before;
      throw error;
    }
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
   * Sends the changes and takes over the state that the server then has. Sends nothing when there are none. An object
   * that is sent as a whole is read again first when it was read more than ten seconds ago, so that saving one field
   * does not undo what others changed meanwhile. Saves of one object through one client come one after the other, each
   * on top of what the one before has left.
   *
   * With `dryRun`, gives what would be sent instead of sending it.
   * @throws {@link InvalidObjectError} when a required field is missing
   * @throws {@link ServerError} when the server answers that it refused the change, or does not have the object
   * afterwards, or with `verify`, does not have the change (`code` is `WRITE_NOT_APPLIED`)
   */
  async save(options: SaveOptions & { dryRun: true }): Promise<WritePlan | undefined>;
  async save(options?: SaveOptions & { dryRun?: false }): Promise<this>;
  async save(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return options.dryRun === true ? this.#save(options) : inTurn(this, () => this.#save(options), options);
  }

  async #save(options: SaveOptions): Promise<this | WritePlan | undefined> {
    const { dryRun = false, verify = false, ...call } = options;
    const state = Model.stateOf(this);
    refuseDeleted(this);
    // A new object that is still blank lacks what is required, and is not passed over as one without changes.
    if (state.changes !== undefined || state.key === undefined) {
      await this.validate(call);
      if (state.key !== undefined && specOf(this).update !== "changes") await this.#freshen(call);
    }
    if (state.changes === undefined) return dryRun ? undefined : this;
    const requests = this.writeRequests();
    if (dryRun) return planOf(requests, state);
    const { name } = specOf(this);
    state.client.logDebug(
      state.key === undefined ? `Creating a new ${name} object` : `Updating ${name} with unique ID ${state.key}`,
    );
    const sent = new Map(state.changes);
    await this.#takeAnswer(await this.#send(requests, call), sent, call);
    if (verify) await this.#verify(sent, call);
    return this;
  }

  /**
   * Deletes the object on the server: `DELETE path/key`. One that was never saved is left alone.
   * @throws {@link ApiError} when objects of this model cannot be deleted, or this one was deleted before
   */
  async delete(options: CallOptions = {}): Promise<void> {
    const { deletable, creatable, name } = specOf(this);
    if ((deletable ?? creatable) !== true)
      throw new ApiError(`Cannot delete a ${name}: the server has no such operation`);
    const state = Model.stateOf(this);
    refuseDeleted(this);
    if (state.key === undefined) return;
    await this.#send([{ method: "DELETE", path: this.itemPath }], options);
    state.client.identityMap.evict(classOf(this), state.key);
    state.deleted = true;
  }

  /** The route at which objects of this kind are created. */
  protected get collectionPath(): string {
    return specOf(this).path;
  }

  /** The route of this object. */
  protected get itemPath(): string {
    return `${this.collectionPath}/${encodeURIComponent(Model.stateOf(this).key ?? "")}`;
  }

  /** What saving sends, in order. The last answer is taken for the state that the object then has. */
  protected writeRequests(): readonly WriteRequest[] {
    return [Model.stateOf(this).key === undefined ? this.createRequest() : this.updateRequest()];
  }

  /** What creating this object sends. */
  protected createRequest(): WriteRequest {
    const { key, ownKey = false } = specOf(this);
    const { [key]: own, ...rest } = this.toJSON();
    return { method: "POST", path: this.collectionPath, body: ownKey ? { [key]: own, ...rest } : rest };
  }

  /** What updating this object sends: the whole document, which is what most routes demand, or the changes. */
  protected updateRequest(): WriteRequest {
    const { changes } = Model.stateOf(this);
    const body = specOf(this).update === "changes" ? Object.fromEntries(changes ?? []) : this.toJSON();
    return { method: "PUT", path: this.itemPath, body };
  }

  /** What the answer to a write tells of the object: its fields; none when it is nothing, plain text or a list. */
  protected answeredFields(answer: unknown): Record<string, unknown> {
    return typeof answer === "object" && answer !== null && !Array.isArray(answer)
      ? (answer as Record<string, unknown>)
      : {};
  }

  /** Called when only some of several writes were carried out: what a later save has to send as well becomes a change. */
  protected interrupted(_done: readonly WriteRequest[]): void {}

  /** Reads the object again and keeps those changes that still make a difference. */
  protected async rebase(options: CallOptions): Promise<void> {
    const { key, client } = Model.stateOf(this);
    if (key === undefined) return;
    this.#rebaseOn(await client.identityMap.load(classOf(this), key, { ...options, refresh: true }));
  }

  #rebaseOn(entry: Entry): void {
    const state = Model.stateOf(this);
    adopt(state, entry);
    const needed = [...(state.changes ?? [])].filter(([name, value]) => !sameValue(value, state.document[name]));
    state.changes = needed.length === 0 ? undefined : new Map(needed);
  }

  /** Carries out writes one after the other; gives the fields of the last answer. */
  async #send(requests: readonly WriteRequest[], options: CallOptions): Promise<Record<string, unknown>> {
    const state = Model.stateOf(this);
    let fields: Record<string, unknown> = {};
    const done: WriteRequest[] = [];
    try {
      for (const request of requests) {
        const { method, path, body } = request;
        const json = body === undefined ? {} : { json: body };
        const answer = await state.client.apiJsonRequest(method, path, { ...options, ...json });
        fields = this.answeredFields(parsed(await answer.text()));
        this.#checkResult(fields, answer.status);
        done.push(request);
      }
      return fields;
    } catch (error) {
      if (done.length > 0) this.interrupted(done);
      // Some of it may have been carried out: whoever reads the object next is to see what the server has.
      state.refreshedAt = undefined;
      if (state.key !== undefined) state.client.identityMap.evict(classOf(this), state.key);
      throw error;
    }
  }

  /** Some routes answer 200 and tell in the body that the write was refused. */
  #checkResult(fields: Record<string, unknown>, status: number): void {
    const { result } = fields;
    if (typeof result !== "string" || result === "success" || result === "") return;
    const reason = Model.stateOf(this).client.withoutSecrets(result);
    throw new ServerError(`The server did not accept the ${specOf(this).name}: ${reason}`, {
      status,
      serverMessage: reason,
    });
  }

  /** Makes sure that what is sent back whole is what the server has, but for the changes. */
  async #freshen(options: CallOptions): Promise<void> {
    const state = Model.stateOf(this);
    const { key, client } = state;
    if (key === undefined) return;
    const { identityMap } = client;
    // What other objects of this client have read or written since.
    const known = identityMap.peek(classOf(this), key, Completeness.full);
    if (known !== undefined && known.document !== state.document && known.readAt >= (state.refreshedAt ?? 0)) {
      this.#rebaseOn(known);
    }
    const { refreshedAt, document } = state;
    const isFresh = refreshedAt !== undefined && identityMap.now() - refreshedAt <= FRESH;
    if (!isFresh || identityMap.isOutdated(document)) await this.rebase(options);
  }

  /** The server answers a write with the whole object, with its id, with a word of success or with nothing. */
  async #takeAnswer(
    fields: Record<string, unknown>,
    sent: ReadonlyMap<string, unknown>,
    options: CallOptions,
  ): Promise<void> {
    const state = Model.stateOf(this);
    const spec = specOf(this);
    const cls = classOf(this);
    const { identityMap } = state.client;
    const own = { ...this.toJSON(), ...fields };
    const key = spec.keyOf === undefined ? (cls.keyIn(fields) ?? state.key ?? cls.keyIn(own)) : spec.keyOf(own);
    if (key === undefined) {
      throw new ApiError(
        `The server answered the creation of a ${spec.name} without the ${spec.key} that it was given`,
      );
    }
    state.key = cls.normaliseKey(key);
    identityMap.evict(cls, state.key);
    const names = Object.keys(fields);
    if (names.length > 0) state.client.logDebug("Received response:", fields);
    if (names.length === 1 && names[0] === spec.key) {
      state.client.logDebug("Only received an ID back from the server, forcing a refresh");
    }
    const whole = names.length > 1 && !("result" in fields) && [...sent.keys()].every((name) => name in fields);
    const entry = whole
      ? identityMap.seed(cls, state.key, fields, Completeness.full)
      : await this.#readBack(state.key, options);
    adopt(state, entry);
    state.joins = undefined;
    state.changes = madeSince(sent, state.changes);
  }

  /** What the server has after it has accepted a write. */
  async #readBack(key: Key, options: CallOptions): Promise<Entry> {
    const { client } = Model.stateOf(this);
    try {
      return await client.identityMap.load(classOf(this), key, { ...options, refresh: true });
    } catch (cause) {
      if (!(cause instanceof ObjectNotFoundError)) throw cause;
      const message = `The server accepted ${specOf(this).name} ${key}, but does not have it afterwards`;
      throw new ServerError(message, { code: "WRITE_NOT_APPLIED", cause });
    }
  }

  /** Reads back what was written. */
  async #verify(sent: ReadonlyMap<string, unknown>, options: CallOptions): Promise<void> {
    const state = Model.stateOf(this);
    adopt(state, await this.#readBack(state.key as Key, options));
    const record = classOf(this).record;
    const wrong = [...sent].filter(([name, value]) => {
      if (!(name in state.document)) return false;
      const field: unknown = Reflect.get(record, name);
      const has = state.document[name];
      // The server may spell a value in its own way: "5" for 5, a zone behind a time.
      return isField(field) && !holdsValue(read(field, has), read(field, value));
    });
    if (wrong.length === 0) return;
    const text = wrong.map(([name]) => name).join(", ");
    throw new ServerError(
      `${specOf(this).name} ${state.key} was saved, but these fields do not read back as they were written: ${text}`,
      { code: "WRITE_NOT_APPLIED" },
    );
  }
}

function read(field: Field<unknown>, raw: unknown): unknown {
  return raw === null || raw === undefined ? null : field.decode(raw);
}

/** What was assigned while the save was under way is not saved yet. */
function madeSince(sent: ReadonlyMap<string, unknown>, changes: ModelState["changes"]): ModelState["changes"] {
  const later = [...(changes ?? [])].filter(([name, value]) => !sent.has(name) || sent.get(name) !== value);
  return later.length === 0 ? undefined : new Map(later);
}

/** The answer to a write; many writes are answered with nothing, or with plain text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What would be sent and changed. It holds passwords as they would be sent, and prints none. */
function planOf(requests: readonly WriteRequest[], state: ModelState): WritePlan {
  const changed = [...(state.changes ?? [])].map(([name, to]) => [name, { from: state.document[name], to }]);
  const plan: WritePlan = { requests, changes: Object.fromEntries(changed) };
  const print = (_depth: number, options: InspectOptions) => inspect(JSON.parse(stringifyMasked(plan)), options);
  return Object.defineProperty(plan, inspect.custom, { value: print });
}
