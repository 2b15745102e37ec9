import { ApiError, InvalidObjectError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { dropChanges, put, refuseDeleted, spelled } from "./assign.js";
import type { Values } from "./declaration.js";
import { Completeness, type Document, type Entry } from "./document.js";
import { classOf, ensure, Model, specOf } from "./model.js";
import { isUpToDate, rebaseOn, takeOver } from "./rebase.js";
import { sameValue } from "./same-value.js";
import type { ModelInit } from "./state.js";
import { inTurn } from "./turns.js";
import { checkWritten, readBack, readNow, sendWrites } from "./write.js";
import { type DryRun, planOf, type SaveOptions, type WritePlan, type WriteRequest } from "./write-plan.js";

export type { SaveOptions, WritePlan, WriteRequest } from "./write-plan.js";

/** An object that a caller may change. Changes stay here until {@link MutableModel.save} sends them. */
export abstract class MutableModel extends Model {
  /** How often this object was deleted, which some objects can be several times. */
  #deletions = 0;
  /** The server accepted a write, and what it has since could not be read. */
  #unread = false;

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
    const state = Model.stateOf(this);
    state.changes = undefined;
    state.edits = undefined;
  }

  /**
   * Assigns several fields, or joins that can be assigned. When a name or a value is refused, nothing is assigned.
   * `null` clears a field.
   * @throws InvalidObjectError when a value is none that the field can have
   * @throws ApiError when a field cannot be set, or the object was deleted
   */
  set(values: Values<this>): this {
    const state = Model.stateOf(this);
    const { changes, edits } = state;
    const before = [changes && new Map(changes), edits && new Map(edits)] as const;
    try {
      for (const [name, value] of Object.entries(values)) put(this, name, value);
    } catch (error) {
      [state.changes, state.edits] = before;
      throw error;
    }
    return this;
  }

  /**
   * Checks that what the server requires is there. An object that is known in part is completed first.
   * @throws InvalidObjectError naming what is missing
   */
  async validate(options: CallOptions = {}): Promise<true> {
    await ensure(this, Completeness.full, options);
    const document = this.toJSON();
    const { changes, key } = Model.stateOf(this);
    const wanted = (name: string) => key === undefined || sendsDocument(this) || changes?.has(name) === true;
    const missing = (specOf(this).required ?? []).filter(
      (name) => wanted(name) && (document[name] === undefined || document[name] === null),
    );
    if (missing.length > 0) {
      throw new InvalidObjectError(
        `This ${specOf(this).name} cannot be saved. Missing fields: [${missing.join(", ")}]`,
      );
    }
    await this.prepare(options);
    this.check();
    return true;
  }

  /**
   * Sends the changes and takes over the state that the server then has. Sends nothing when there are none. An object
   * that is sent as a whole is read again first when it was read more than ten seconds ago, or written since by this
   * client, so that saving one field does not undo what others changed meanwhile.
   *
   * Writes of one object through one client come one after the other, each on top of what the one before has left.
   * `timeout` bounds the waiting for those before and the requests together.
   *
   * With `dryRun`, gives what would be sent instead of sending it.
   * @throws {@link InvalidObjectError} when a required field is missing
   * @throws {@link ServerError} when the server answers that it refused the change, or does not have the object
   * afterwards, or with `verify`, does not have the change (`code` is `WRITE_NOT_APPLIED`)
   * @throws {@link ApiError} when the server accepted the change, and the object could not be read afterwards (`code` is
   * `WRITTEN_NOT_READ`, `cause` says why): nothing is to be sent again, and `save()` then only reads
   */
  async save<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async save(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    refuseDeleted(this);
    return inTurn(this, options, (call) => this.saveInTurn(options, call));
  }

  /**
   * Deletes the object on the server: `DELETE path/key`. One that was never saved is left alone, and of calls at the same
   * time, one is sent.
   * @throws {@link ApiError} when objects of this model cannot be deleted, or this one was deleted before
   */
  async delete(options: CallOptions = {}): Promise<void> {
    const { deletable, creatable, name } = specOf(this);
    if ((deletable ?? creatable) !== true)
      throw new ApiError(`Cannot delete a ${name}: the server has no such operation`);
    refuseDeleted(this);
    const before = this.#deletions;
    await inTurn(this, options, async (call) => {
      const { key, client } = Model.stateOf(this);
      if (key === undefined || this.#deletions > before) return;
      await client.requireServer(specOf(this), call);
      await sendWrites(this, [this.deleteRequest(options)], call);
      this.#deletions++;
      this.afterDelete();
    });
  }

  /** The route at which objects of this kind are created. */
  protected get collectionPath(): string {
    return specOf(this).path;
  }

  /** The route of this object. */
  protected get itemPath(): string {
    return `${this.collectionPath}/${encodeURIComponent(Model.stateOf(this).key ?? "")}`;
  }

  /** Learns what has to be known before a request can be put together: the server's version, for one. */
  protected async prepare(options: CallOptions): Promise<void> {
    await Model.stateOf(this).client.requireServer(specOf(this), options);
  }

  /**
   * Refuses fields that do not go together, after {@link MutableModel.prepare}.
   * @throws InvalidObjectError naming them
   */
  protected check(): void {}

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
    return { method: "PUT", path: this.itemPath, body: this.updateBody() };
  }

  /** The body of an update, as the model's `update` says. */
  protected updateBody(): Record<string, unknown> {
    if (sendsDocument(this)) return this.toJSON();
    const { changes, key } = Model.stateOf(this);
    const spec = specOf(this);
    return { ...(spec.update === "key and changes" ? { [spec.key]: key } : {}), ...Object.fromEntries(changes ?? []) };
  }

  /**
   * What deleting this object sends.
   * @param _options what `delete()` was given
   */
  protected deleteRequest(_options: CallOptions): WriteRequest {
    return { method: "DELETE", path: this.itemPath };
  }

  /** What the answer to a write tells of the object: its fields; none when it is nothing, plain text or a list. */
  protected answeredFields(answer: unknown): Record<string, unknown> {
    return typeof answer === "object" && answer !== null && !Array.isArray(answer)
      ? (answer as Record<string, unknown>)
      : {};
  }

  /** Told what the server has accepted, before it is read back. */
  protected accepted(_sent: ReadonlyMap<string, unknown>): void {}

  /** When only some of several writes were carried out: what a later save has to send as well. */
  protected leftUndone(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** What the object is after the server has deleted it. */
  protected afterDelete(): void {
    Model.stateOf(this).deleted = true;
  }

  /** Checks what was read after a write; may read again where the server takes its time. */
  protected async verifyWritten(
    sent: ReadonlyMap<string, unknown>,
    entry: Entry,
    _options: CallOptions,
  ): Promise<void> {
    checkWritten(this, sent, entry);
  }

  /** Saves for whoever has the object's turn. */
  protected async saveInTurn(
    { dryRun = false, verify = false }: SaveOptions,
    call: CallOptions,
  ): Promise<this | WritePlan | undefined> {
    const state = Model.stateOf(this);
    refuseDeleted(this);
    // A new object that is still blank lacks what is required, and is not passed over as one without changes.
    if (state.changes !== undefined || state.key === undefined) {
      await this.validate(call);
      if (sendsDocument(this) && !isUpToDate(this)) rebaseOn(this, await readNow(this, call));
    } else if (this.#unread) {
      await ensure(this, Completeness.full, call);
    }
    const { changes, document } = state;
    if (changes === undefined) return dryRun ? undefined : this;
    const requests = this.writeRequests();
    if (dryRun) return planOf(requests, document, changes);
    await this.#write(new Map(changes), requests, verify, call);
    return this;
  }

  /**
   * Changes these fields, given as the server has them, and nothing else: reads the object, and sends nothing when it has
   * them already. What was assigned to other fields and not saved stays so; what was assigned to these is overtaken.
   * @param how.refuse throws where what was read does not allow the change; sees the document
   * @param how.evenIfSo sends what the object has already as well: where that may be about to change
   */
  protected async changeNow(
    values: Readonly<Record<string, unknown>>,
    options: SaveOptions = {},
    how: { readonly refuse?: (document: Document) => void; readonly evenIfSo?: boolean } = {},
  ): Promise<this | WritePlan | undefined> {
    refuseDeleted(this);
    return inTurn(this, options, async (call) => {
      refuseDeleted(this);
      await this.prepare(call);
      const entry = await readNow(this, call);
      rebaseOn(this, entry);
      const { document } = entry;
      const spelledOut = Object.entries(values).map(([name, value]) => [name, spelled(value, document[name])] as const);
      const wanted = new Map(
        spelledOut.filter(([name, value]) => how.evenIfSo === true || !isSo(document[name], value)),
      );
      if (wanted.size > 0) how.refuse?.(document);
      else if (options.dryRun === true) return undefined;
      else {
        takeOver(this, entry, Object.keys(values));
        if (options.verify === true) await this.verifyWritten(new Map(spelledOut), entry, call);
        return this;
      }
      const requests = this.#requestsFor(wanted);
      if (options.dryRun === true) return planOf(requests, document, wanted);
      await this.#write(wanted, requests, options.verify === true, call);
      return this;
    });
  }

  /** What saving would send if these were all changes. */
  #requestsFor(changes: Map<string, unknown>): readonly WriteRequest[] {
    const state = Model.stateOf(this);
    const all = state.changes;
    state.changes = changes;
    try {
      return this.writeRequests();
    } finally {
      state.changes = all;
    }
  }

  async #write(
    sent: ReadonlyMap<string, unknown>,
    requests: readonly WriteRequest[],
    verify: boolean,
    call: CallOptions,
  ): Promise<void> {
    const state = Model.stateOf(this);
    const { name } = specOf(this);
    const { key, client } = state;
    client.logDebug(key === undefined ? `Creating a new ${name} object` : `Updating ${name} with unique ID ${key}`);
    const before = new Map(state.changes);
    const edits = new Map(state.edits);
    /** What was assigned while the write was under way is not saved yet. */
    const settle = () => {
      for (const [field, value] of [...(state.changes ?? [])]) {
        if (!sent.has(field) || !(value === before.get(field) || sameValue(value, sent.get(field)))) continue;
        state.changes?.delete(field);
      }
      for (const [field, done] of edits) {
        const later = state.edits?.get(field)?.slice(done.length);
        if (sent.has(field) && later !== undefined) state.edits?.set(field, later);
      }
      dropChanges(this, []);
    };
    state.sending = sent;
    try {
      const fields = await this.#send(requests, call);
      this.#takeKey(fields, sent);
      this.accepted(sent);
      const whole = this.#wholeObject(fields, sent);
      const happened = key === undefined ? `${name} was created as ${state.key}` : `${name} ${state.key} was changed`;
      let entry = whole;
      try {
        entry ??= await readBack(this, happened, call);
      } catch (error) {
        if (error instanceof ApiError && error.code === "WRITE_NOT_APPLIED") state.key = key;
        else {
          settle();
          this.#leaveUnread(sent);
        }
        throw error;
      }
      settle();
      rebaseOn(this, entry);
      state.joins = undefined;
      if (!verify) return;
      if (whole !== undefined) {
        entry = await readBack(this, happened, call);
        rebaseOn(this, entry);
      }
      await this.verifyWritten(sent, entry, call);
    } finally {
      state.sending = undefined;
    }
  }

  async #send(requests: readonly WriteRequest[], call: CallOptions): Promise<Record<string, unknown>> {
    const state = Model.stateOf(this);
    const done: WriteRequest[] = [];
    try {
      return this.answeredFields(await sendWrites(this, requests, call, done));
    } catch (error) {
      // Some of it may have been carried out: it is read again before it is sent again.
      state.refreshedAt = undefined;
      if (done.length > 0) state.changes = new Map([...Object.entries(this.leftUndone()), ...(state.changes ?? [])]);
      throw error;
    }
  }

  /** The server answers a write with the whole object, with its id, with a word of success or with nothing. */
  #takeKey(fields: Record<string, unknown>, sent: ReadonlyMap<string, unknown>): void {
    const state = Model.stateOf(this);
    const spec = specOf(this);
    const cls = classOf(this);
    const own = { ...state.document, ...Object.fromEntries(sent), ...fields };
    const key = spec.keyOf === undefined ? (cls.keyIn(fields) ?? state.key ?? cls.keyIn(own)) : spec.keyOf(own);
    if (key === undefined) {
      throw new ApiError(
        `The server answered the creation of a ${spec.name} without the ${spec.key} that it was given`,
      );
    }
    state.key = cls.normaliseKey(key);
    state.client.identityMap.evict(cls, state.key);
    const names = Object.keys(fields);
    if (names.length > 0) state.client.logDebug("Received response:", fields);
    if (names.length === 1 && names[0] === spec.key) {
      state.client.logDebug("Only received an ID back from the server, forcing a refresh");
    }
  }

  #wholeObject(fields: Record<string, unknown>, sent: ReadonlyMap<string, unknown>): Entry | undefined {
    const { client, key } = Model.stateOf(this);
    const whole = Object.keys(fields).length > 1 && !("result" in fields) && [...sent.keys()].every((f) => f in fields);
    if (!whole || key === undefined) return undefined;
    return client.identityMap.seed(classOf(this), key, fields, Completeness.full);
  }

  /** So much is certain of what the server has; the rest is read when it is needed. */
  #leaveUnread(sent: ReadonlyMap<string, unknown>): void {
    const state = Model.stateOf(this);
    state.document = { ...state.document, ...Object.fromEntries(sent) };
    state.completeness = Completeness.partial;
    state.refreshedAt = undefined;
    this.#unread = true;
  }
}

/** Whether an update sends the whole document. */
function sendsDocument(model: Model): boolean {
  return (specOf(model).update ?? "document") === "document";
}

/** Whether a field has a value already. A switch that the server does not mention is off. */
function isSo(present: unknown, wanted: unknown): boolean {
  return sameValue(present, wanted) || (wanted === false && (present ?? false) === false);
}
