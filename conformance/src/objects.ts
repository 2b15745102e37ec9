/** What the runner can tell of the library's objects by their public face. */

/** A member by its name, of whatever may have members. */
export function member(value: unknown, name: string | number): unknown {
  return (typeof value === "object" && value !== null) || typeof value === "function"
    ? (Reflect.get(value, name) as unknown)
    : undefined;
}

export function hasMember(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && name in value;
}

/** Calls a method of an object by its name. */
export function callMethod(target: unknown, name: string, args: readonly unknown[]): unknown {
  const method = member(target, name);
  if (typeof method !== "function") throw new TypeError(`there is no method ${name}`);
  return Reflect.apply(method, target, args) as unknown;
}

export function isAwaitable(value: unknown): value is PromiseLike<unknown> {
  return typeof member(value, "then") === "function";
}

/** A loaded object of a model. */
export function isModel(value: unknown): value is { readonly isLoaded: boolean; load(): Promise<unknown> } {
  return !isAwaitable(value) && typeof member(value, "isLoaded") === "boolean" && hasMember(value, "load");
}

/** Stands for an object by its model and key. */
export class ObjectName {
  readonly model: string;
  readonly id: string;

  constructor(model: string, id: string) {
    this.model = model;
    this.id = id;
  }
}

/** Which object this is, loaded or not; `undefined` for anything else. */
export function objectName(value: unknown): ObjectName | undefined {
  if (value instanceof ObjectName) return value;
  if (isModel(value)) {
    const printed = /^<(\w+): id (.+?)> @ /.exec(String(value));
    return printed?.[1] === undefined || printed[2] === undefined ? undefined : new ObjectName(printed[1], printed[2]);
  }
  if (!isAwaitable(value)) return undefined;
  // An object that is not loaded tells its model and key in its JSON form, without a request.
  const json = typeof member(value, "toJSON") === "function" ? callMethod(value, "toJSON", []) : undefined;
  const { model, id } = { model: member(json, "model"), id: member(json, "id") };
  return typeof model === "string" && typeof id === "string" ? new ObjectName(model, id) : undefined;
}

/** The model that a query gives; `undefined` for anything that is no query. */
export function queriedModel(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return undefined;
  return /^<(\w+) query /.exec(String(value))?.[1];
}
