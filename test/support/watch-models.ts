// Has the members of models note their uses. Members stay what they are: an accessor an accessor, a method a method, called
// with the object that the test has. Whatever imports this shares one watch: files of tests that share a process do too.
import { readFileSync } from "node:fs";

interface ModelClass {
  readonly spec: { readonly name: string };
  readonly record: object;
  readonly prototype: object;
}

type Method = (this: object, ...args: readonly unknown[]) => unknown;
/** Sees what a member gave, before the test does. */
type After = (self: object, result: unknown, args: readonly unknown[]) => void;
type Module = Readonly<Record<string, unknown>>;

/** `product/Model.member` as far as the running test has used them; absent between tests. */
let used: Set<string> | undefined;

/** From now on uses count as those of a test that begins. */
export function beginTest(): void {
  used = new Set();
}

/** What has been used since the test began, which ends here. */
export function endTest(): ReadonlySet<string> {
  const result = used ?? new Set<string>();
  used = undefined;
  return result;
}

function note(owner: string | undefined, member: string): void {
  if (owner !== undefined) used?.add(`${owner}.${member}`);
}

/** Classes by the names that uses are noted under. Products have models of the same name: the name says whose it is. */
const owners = new Map<unknown, string>();

/** What an object is of, or the nearest class above its own that is known; the prototypes themselves are of none. */
function ownerOf(self: object): string | undefined {
  for (let at: unknown = self.constructor; typeof at === "function"; at = Object.getPrototypeOf(at)) {
    const owner = owners.get(at);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

const done = new WeakMap<object, Set<string | symbol>>();

/**
 * Makes a member note its use, once. What is neither an accessor nor a method is left alone.
 * @param owner whose member it is, by the object that it is used on: classes may share a prototype
 */
function wrap(
  prototype: object,
  name: string | symbol,
  owner: (self: object) => string | undefined,
  after?: After,
  member = typeof name === "symbol" ? "for await" : name,
) {
  const names = done.get(prototype) ?? new Set();
  done.set(prototype, names);
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  if (descriptor?.configurable !== true || names.has(name)) return;
  names.add(name);
  const noting = (original: Method): Method =>
    function (...args) {
      note(owner(this), member);
      const result: unknown = Reflect.apply(original, this, args);
      after?.(this, result, args);
      // A search is given by many: by what it begins from, and by each step that makes another one of it.
      if (typeof result === "object" && result !== null && Object.hasOwn(result, "model")) watchQuery(result);
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

function watchModel(product: string, model: ModelClass): void {
  const named = `${product}/${model.spec.name}`;
  owners.set(model, named);
  for (const [prototype, name] of membersOf(model.prototype)) {
    if (isPlainField(model, prototype, name)) continue;
    const target = declared(model, String(name))?.target;
    wrap(prototype, name, ownerOf, target && ((_, ref) => watchRef(ref, target)));
  }
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(model))) {
    // The class may be known under its name only, as where a function gets it handed over.
    if (typeof value === "function" && name !== "query") wrap(model, name, () => named, undefined, `static ${name}`);
  }
  for (const name of Object.keys(model.record)) {
    const type = declared(model, name)?.type;
    if (typeof type !== "function") continue;
    owners.set(type, `${product}/${type.name}`);
    for (const [prototype, member] of membersOf(type.prototype as object)) wrap(prototype, member, ownerOf);
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
        () => owners.get(model),
        (_, next) => watchRef(next, target),
      );
  }
}

/** What is of a class that several models share asks the query that it is used on which model that is. */
function watchQuery(query: unknown): void {
  if (typeof query !== "object" || query === null || !isModel(Reflect.get(query, "model"))) return;
  watchSearches(Object.getPrototypeOf(query) as object);
}

/** The same for all searches of a class, by what they inherit from. */
function watchSearches(searches: object): void {
  const modelOfQuery = (self: object): ModelClass | undefined => {
    const model: unknown = Reflect.get(self, "model");
    return isModel(model) ? model : undefined;
  };
  const owner = (self: object): string | undefined => {
    const model = owners.get(modelOfQuery(self));
    return model && `${model}.query`;
  };
  const ref: After = (self, result) => {
    const model = modelOfQuery(self);
    if (model !== undefined) watchRef(result, model);
  };
  for (const [prototype, name] of membersOf(searches)) {
    wrap(prototype, name, owner, name === "first" || name === "one" || name === "at" ? ref : undefined);
  }
}

function isModel(value: unknown): value is ModelClass {
  return typeof value === "function" && "spec" in value && "record" in value;
}

/** A class that is no model, by the names of its own members. */
function watchClass(product: string, cls: { readonly name: string; readonly prototype: object }): void {
  const named = `${product}/${cls.name}`;
  owners.set(cls, named);
  for (const [prototype, name] of membersOf(cls.prototype)) wrap(prototype, name, ownerOf);
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(cls))) {
    if (typeof value === "function") wrap(cls, name, () => named, undefined, `static ${name}`);
  }
}

/** Functions have no prototype that is theirs alone, or one that can be written to. */
function isClass(value: unknown): value is { readonly name: string; readonly prototype: object } {
  return typeof value === "function" && Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** What a client gives leads to everything else. */
function watchClient(product: string, cls: { readonly name: string; readonly prototype: object }): void {
  owners.set(cls, `${product}/${cls.name}`);
  for (const [prototype, name] of membersOf(cls.prototype)) {
    if (name === "select") {
      wrap(prototype, name, ownerOf, (_, result, [model, ...key]) => {
        if (!isModel(model)) return;
        note(owners.get(model), key.length === 0 ? "select" : "select by key");
        if (key.length === 0) watchQuery(result);
        else watchRef(result, model);
      });
    } else if (name === "create") {
      wrap(prototype, name, ownerOf, (_, __, [model]) => {
        if (isModel(model)) note(owners.get(model), "create");
      });
    } else wrap(prototype, name, ownerOf);
  }
}

function watch(product: string, module: Module): void {
  for (const value of Object.values(module)) {
    // What products share is of the one that they have it from.
    if (owners.has(value)) continue;
    if (isModel(value)) watchModel(product, value);
    else if (!isClass(value)) continue;
    else if (typeof (value.prototype as Module)["select"] === "function") watchClient(product, value);
    // Searches are noted with what they find, which is known when there is one. They are watched from the beginning all the
    // same: what they do before anybody has seen one of them is to count, whichever file of tests comes first.
    else if (value.name.endsWith("Query") || "pages" in value.prototype) watchSearches(value.prototype);
    else watchClass(product, value);
  }
}

/** Products are the subpaths that the package exports. */
const { exports } = JSON.parse(readFileSync(new URL("../../packages/cbapi/package.json", import.meta.url), "utf8")) as {
  exports: Readonly<Record<string, unknown>>;
};
const subpaths = Object.keys(exports).flatMap((path) => /^\.\/(\w+)$/.exec(path)?.[1] ?? []);
// The platform of the Cloud first: its products hand on what is of it.
for (const product of subpaths.sort((a, b) => Number(b === "psc") - Number(a === "psc"))) {
  const name = `cbapi/${product}`;
  watch(product, (await import(name)) as Module);
}
