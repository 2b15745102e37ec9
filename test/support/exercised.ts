// Notes which members of which model each test uses, for the table of models (`scripts/model-table.js`). Members stay what
// they are: an accessor an accessor, a method a method, called with the object that the test has.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as response from "cbapi/response";
import { afterAll, afterEach, beforeEach, expect, type TestContext } from "vitest";
import { placesOf, type UseRecord } from "./exercised-folder.js";

interface ModelClass {
  readonly spec: { readonly name: string };
  readonly record: object;
  readonly prototype: object;
}

type Method = (this: object, ...args: readonly unknown[]) => unknown;
/** Sees what a member gave, before the test does. */
type After = (self: object, result: unknown, args: readonly unknown[]) => void;

/** `Model.member` as far as the running test has used them; absent between tests. */
let used: Set<string> | undefined;
/** The same, with the names of the tests that used them and passed. */
const uses = new Map<string, string[]>();
const { folder, file, record } = placesOf(expect.getState().testPath ?? "");
// Tests that break off before their end have shown nothing.
rmSync(record, { force: true });

beforeEach(() => {
  used = new Set();
});

afterEach(({ task }: TestContext) => {
  // What a test used in vain has not been shown to work.
  const shown = task.result?.state === "fail" ? [] : (used ?? []);
  for (const use of shown) uses.set(use, [...(uses.get(use) ?? []), nameOf(task)]);
  used = undefined;
});

afterAll(() => {
  mkdirSync(folder, { recursive: true });
  const sorted = Object.fromEntries([...uses].sort(([a], [b]) => (a < b ? -1 : 1)));
  const found: UseRecord = { file, uses: sorted };
  // In one step: another run may be reading the folder.
  const partial = `${record}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(found, undefined, 1)}\n`);
  renameSync(partial, record);
});

/** The name of a test with those of the groups that it is in. */
function nameOf(task: TestContext["task"]): string {
  const names = [task.name];
  for (let { suite } = task; suite !== undefined; { suite } = suite) names.unshift(suite.name);
  return names.filter((name) => name !== "").join(" > ");
}

function note(owner: string | undefined, member: string): void {
  if (owner !== undefined) used?.add(`${owner}.${member}`);
}

const done = new WeakMap<object, Set<string | symbol>>();

/**
 * Makes a member note its use, once. What is neither an accessor nor a method is left alone.
 * @param ownerOf whose member it is, by the object that it is used on: classes may share a prototype
 */
function wrap(prototype: object, name: string | symbol, ownerOf: (self: object) => string | undefined, after?: After) {
  const names = done.get(prototype) ?? new Set();
  done.set(prototype, names);
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  if (descriptor?.configurable !== true || names.has(name)) return;
  names.add(name);
  const member = typeof name === "symbol" ? "for await" : name;
  const noting = (original: Method): Method =>
    function (...args) {
      note(ownerOf(this), member);
      const result: unknown = Reflect.apply(original, this, args);
      after?.(this, result, args);
      return result;
    };
  const value: unknown = descriptor.value;
  if (descriptor.get !== undefined) {
    Object.defineProperty(prototype, name, { ...descriptor, get: noting(descriptor.get) });
  } else if (typeof value === "function") {
    const method = noting(value as Method);
    for (const part of ["name", "length"] as const) {
      Object.defineProperty(method, part, { value: value[part], configurable: true });
    }
    Object.defineProperty(prototype, name, { ...descriptor, value: method });
  }
}

/** What every object has, or what no test calls by itself. */
const passedOver = new Set<string | symbol>(["constructor", "toJSON", "toString", "then"]);

/** The members of a class and of those that it extends, by the prototypes that they are on. */
function* membersOf(prototype: object): Generator<readonly [prototype: object, name: string | symbol]> {
  for (
    let at: object | null = prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    for (const name of Reflect.ownKeys(at)) {
      if (!passedOver.has(name) && (typeof name === "string" || name === Symbol.asyncIterator)) yield [at, name];
    }
  }
}

/** The model that an object is of; the prototypes themselves are of none. */
function modelOf(self: object): string | undefined {
  const { spec } = self.constructor as Partial<ModelClass>;
  return spec?.name;
}

/** What the record declares under this name; plain fields are not told. */
function declared(
  model: ModelClass,
  name: string,
): { readonly target?: ModelClass; readonly type?: unknown } | undefined {
  const getter = Object.getOwnPropertyDescriptor(model.record, name)?.get;
  return getter === undefined ? undefined : (Reflect.get(model.record, name) as object);
}

function isPlainField(model: ModelClass, prototype: object, name: string | symbol): boolean {
  // A class may say of a field how it is read, which is more than a plain field.
  return (
    Object.hasOwn(prototype.constructor, "record") &&
    Object.hasOwn(model.record, name) &&
    !declared(model, String(name))
  );
}

function watchModel(model: ModelClass): void {
  for (const [prototype, name] of membersOf(model.prototype)) {
    if (isPlainField(model, prototype, name)) continue;
    const target = declared(model, String(name))?.target;
    wrap(prototype, name, modelOf, target && ((_, ref) => watchRef(ref, target)));
  }
  for (const name of Object.keys(model.record)) {
    const type = declared(model, name)?.type;
    if (typeof type !== "function") continue;
    for (const [prototype, member] of membersOf(type.prototype as object)) wrap(prototype, member, () => type.name);
  }
}

/**
 * A join that is taken through a Ref never touches the model that it starts from. All Refs to objects of one model have
 * the same prototype; other members taken through it end up on the model.
 */
function watchRef(ref: unknown, model: ModelClass): void {
  if (typeof ref !== "object" || ref === null || !("then" in ref)) return;
  const prototype = Object.getPrototypeOf(ref) as object;
  for (const name of Object.keys(model.record)) {
    const target = declared(model, name)?.target;
    if (target !== undefined)
      wrap(
        prototype,
        name,
        () => model.spec.name,
        (_, next) => watchRef(next, target),
      );
  }
}

function watchQuery(query: unknown, model: ModelClass): void {
  if (typeof query !== "object" || query === null) return;
  const ownerOf = (self: object): string | undefined => {
    const { spec } = (Reflect.get(self, "model") ?? {}) as Partial<ModelClass>;
    return spec === undefined ? undefined : `${spec.name}.query`;
  };
  const ref: After = (_, result) => watchRef(result, model);
  for (const [prototype, name] of membersOf(Object.getPrototypeOf(query) as object)) {
    wrap(prototype, name, ownerOf, name === "first" || name === "one" || name === "at" ? ref : undefined);
  }
}

function isModel(value: unknown): value is ModelClass {
  return typeof value === "function" && "spec" in value && "record" in value;
}

for (const [name, value] of Object.entries(response)) {
  if (isModel(value)) watchModel(value);
  else if (/^Cb\w+Event$/.test(name) && typeof value === "function") {
    for (const [prototype, member] of membersOf(value.prototype as object)) {
      wrap(prototype, member, (self) => self.constructor.name);
    }
  }
}

for (const [prototype, name] of membersOf(response.CbResponseAPI.prototype)) {
  if (name === "select") {
    wrap(
      prototype,
      name,
      () => undefined,
      (_, result, [model, ...key]) => {
        if (!isModel(model)) return;
        note(model.spec.name, key.length === 0 ? "select" : "select by key");
        if (key.length === 0) watchQuery(result, model);
        else watchRef(result, model);
      },
    );
  } else if (name === "create") {
    wrap(
      prototype,
      name,
      () => undefined,
      (_, __, [model]) => {
        if (isModel(model)) note(model.spec.name, "create");
      },
    );
  }
}
