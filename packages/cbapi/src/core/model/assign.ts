import { ApiError, InvalidObjectError } from "../errors.js";
import { secretFields } from "../transport/redact.js";
import { type Field, isField, t } from "./fields.js";
import { classOf, Model, specOf } from "./model.js";
import { sameValue } from "./same-value.js";
import type { Edit } from "./state.js";

/** @internal What was deleted is neither changed nor deleted again. */
export function refuseDeleted(model: Model): void {
  const state = Model.stateOf(model);
  if (!state.deleted) return;
  throw new ApiError(`${specOf(model).name} ${state.key} was deleted. Make a new object with create()`, {
    code: "DELETED",
  });
}

/** Refuses names that are no field, and fields that the server does not let a caller change. */
function requireWritable(model: Model, name: string): Field<unknown> {
  const spec = specOf(model);
  const declared: unknown = Object.hasOwn(classOf(model).record, name)
    ? Reflect.get(classOf(model).record, name)
    : undefined;
  if (!isField(declared)) {
    if (spec.open === true && !(name in model)) return t.open();
    throw new ApiError(
      `${spec.name} has no field named ${name}. Fields that can be set: ${(spec.writable ?? []).join(", ")}`,
    );
  }
  if (!(spec.writable ?? []).includes(name)) {
    throw new ApiError(`Field ${name} is immutable: the server does not let ${spec.name}.${name} be changed`);
  }
  return declared;
}

/** @internal Assigns to a field, or to another member of the model that can be assigned: a join, a property. */
export function put(model: Model, name: string, value: unknown): void {
  const setter = joinSetter(model, name);
  if (setter === undefined) assign(model, name, value);
  else setter.call(model, value);
}

/** What a model class does when its join or its property of this name is assigned; `undefined` for fields. */
function joinSetter(model: Model, name: string): ((value: unknown) => void) | undefined {
  const declared = Object.getOwnPropertyDescriptor(classOf(model).record, name);
  if (declared !== undefined && declared.get === undefined) return undefined;
  return Object.getOwnPropertyDescriptor(classOf(model).prototype as object, name)?.set;
}

/** @internal Records a change; assigning the document's own value takes it back. */
export function assign(model: Model, name: string, value: unknown): void {
  refuseDeleted(model);
  const field = requireWritable(model, name);
  const state = Model.stateOf(model);
  if (state.key !== undefined && name === specOf(model).key) {
    throw new ApiError(`Field ${name} is immutable: it is what the server knows ${specOf(model).name} ${state.key} by`);
  }
  let raw: unknown = null;
  if (value !== null && value !== undefined) {
    try {
      raw = field.encode(value);
    } catch (cause) {
      if (cause instanceof ApiError) throw cause;
      if (secretFields.has(name)) throw new InvalidObjectError(`${specOf(model).name}.${name}: expected ${field.kind}`);
      throw new InvalidObjectError(
        `${specOf(model).name}.${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
  raw = spelled(raw, state.document[name]);
  state.edits?.delete(name);
  // While another value is on its way to the server, the document's own is a change back.
  if (sameValue(raw, state.document[name]) && state.sending?.has(name) !== true) {
    dropChanges(model, [name]);
    return;
  }
  state.changes ??= new Map();
  state.changes.set(name, raw);
}

/** @internal A number that the server writes as text goes back as text. */
export function spelled(raw: unknown, present: unknown): unknown {
  return typeof raw === "number" && typeof present === "string" ? String(raw) : raw;
}

/** @internal These fields are no longer changed here. */
export function dropChanges(model: Model, names: Iterable<string>): void {
  const state = Model.stateOf(model);
  for (const name of names) {
    state.changes?.delete(name);
    state.edits?.delete(name);
  }
  if (state.changes?.size === 0) state.changes = undefined;
  if (state.changes === undefined) state.edits = undefined;
}

/**
 * @internal Changes a part of a field: an entry of a list. When the object is saved, the same is done to what the server
 * has by then, so that the parts that others changed meanwhile are not undone.
 * @param change gives the new value, or the very same when there is nothing to do; doing it twice must do no more
 */
export function edit<T>(model: Model, name: string, change: (value: T | undefined) => T | undefined): void {
  const field = requireWritable(model, name);
  const state = Model.stateOf(model);
  const onWire: Edit = (raw) => {
    const value = raw === null || raw === undefined ? undefined : (field.decode(raw) as T);
    const changed = change(value);
    if (changed === value) return raw;
    return changed === undefined ? null : field.encode(changed);
  };
  const present = state.changes?.has(name) === true ? state.changes.get(name) : state.document[name];
  const changed = onWire(present);
  const edits = state.edits?.get(name);
  const isWhole = state.changes?.has(name) === true && edits === undefined;
  if (changed === present && (isWhole || edits === undefined)) return;
  assign(model, name, changed === null ? changed : field.decode(changed));
  // A list that was assigned as a whole stays one.
  if (isWhole || state.changes?.has(name) !== true) return;
  state.edits ??= new Map();
  state.edits.set(name, [...(edits ?? []), onWire]);
}
