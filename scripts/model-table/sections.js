// The classes of a product with their parts: models, what belongs to them, their searches.
import { pathToFileURL } from "node:url";
import { declaredMembers } from "./declared.js";

/**
 * @typedef {import("./uses.js").Cell} Cell
 * @typedef {{ readonly spec: import("../../packages/cbapi/dist/core/model/spec.js").ModelSpec, readonly record: object,
 *   readonly name: string, readonly prototype: object, query?(client: unknown): object }} Model
 * @typedef {{ readonly title: string, readonly about: string, readonly route?: string, readonly cells: Cell[] }} Section
 */

/** Members that every object has. */
const common = new Set(["constructor", "toJSON", "toString"]);
const ofEveryModel = ["get", "isLoaded", "load", "refresh"];
const ofMutableModels = ["isDirty", "reset", "set", "validate"];
/** What sends a search. */
const executing = ["for await", "all", "at", "count", "facets", "first", "iterate", "one", "pages", "slice", "submit"];

/** What the products of the Cloud are parts of. */
const platform = "psc";

/** @param {string} root @param {string} product its subpath @returns {Promise<Section[]>} */
export async function sectionsOf(root, product) {
  const built = (/** @type {string} */ name) => `${root}packages/cbapi/dist/${name}/index`;
  const moduleOf = (/** @type {string} */ name) => import(pathToFileURL(`${built(name)}.js`).href);
  const module = await moduleOf(product);
  const client = clientOf(module);
  // What products hand on of the platform that they are parts of is a part of that.
  const shared = new Set(product === platform ? [] : Object.values(await moduleOf(platform)));
  const own = Object.fromEntries(Object.entries(module).filter(([, value]) => !shared.has(value)));
  try {
    return new Product(product, own, client, declaredMembers(`${built(product)}.d.ts`)).sections();
  } finally {
    await client.close();
  }
}

/** A client that asks nobody anything. Those of the Cloud want an organization. @param {Record<string, unknown>} module */
function clientOf(module) {
  const Client = Object.values(module).find(
    (value) => typeof value === "function" && typeof value.prototype?.select === "function",
  );
  if (typeof Client !== "function") return undefined;
  return Reflect.construct(Client, [{ url: "https://localhost", token: "0".repeat(40), orgKey: "LOCAL" }]);
}

class Product {
  /**
   * @param {string} name @param {Record<string, unknown>} module @param {object} client
   * @param {ReadonlyMap<string, ReadonlySet<string>>} publicMembers
   */
  constructor(name, module, client, publicMembers) {
    this.name = name;
    this.client = client;
    this.publicMembers = publicMembers;
    const classes = Object.values(module).filter((value) => typeof value === "function" && "record" in value);
    /** @type {Model[]} */
    this.models = /** @type {Model[]} */ (/** @type {unknown} */ (classes)).sort(by(({ spec }) => spec.name));
    const events = Object.entries(module).filter(([each]) => /^Cb\w+Event$/.test(each));
    /** @type {{ name: string, prototype: object }[]} */
    this.events = events.map(([, value]) => /** @type {never} */ (value)).sort(by((each) => each.name));
  }

  /** @returns {Section[]} */
  sections() {
    const { models } = this;
    const mutable = models.filter(({ spec }) => spec.writable !== undefined);
    return [
      ...models.map((model) => this.#ofModel(model)),
      ...this.#resources().map((each) => this.#ofClass(each, "What belongs to a model and is reached by its key.")),
      ...this.events.map((event) => this.#ofClass(event, "An event of a process.")),
      this.#inherited("Every model", models, ofEveryModel),
      ...(mutable.length === 0
        ? []
        : [this.#inherited("Every model with fields that can be set", mutable, ofMutableModels)]),
      ...this.#ofQueries(),
    ];
  }

  /** What belongs to a model and is no model itself: the file of a binary. @returns {{ name: string, prototype: object }[]} */
  #resources() {
    const types = this.models.flatMap(({ record }) => getters(record).map((name) => Reflect.get(record, name).type));
    return [...new Set(types.filter((type) => type !== undefined))].sort(by(({ name }) => name));
  }

  /**
   * The classes of searches with the members that each declares, those that serve the most models first: what they inherit
   * from one another is the same code, so that one use of it will do.
   * @returns {Section[]}
   */
  #ofQueries() {
    /** @type {Map<string, { models: string[], cells: Map<string, { kind: string, uses: string[] }> }>} */
    const found = new Map();
    for (const model of this.models) {
      const { spec } = model;
      const query = model.query?.(this.client);
      for (const { member, kind, by: declaring } of query === undefined ? [] : this.#queryMembers(model.name, query)) {
        /** @type {{ models: string[], cells: Map<string, { kind: string, uses: string[] }> }} */
        const section = found.get(declaring) ?? { models: [], cells: new Map() };
        found.set(declaring, section);
        if (!section.models.includes(spec.name)) section.models.push(spec.name);
        const cell = section.cells.get(member) ?? { kind, uses: [] };
        section.cells.set(member, cell);
        cell.uses.push(this.#use(`${spec.name}.query`, member));
      }
    }
    const sections = [...found].map(([title, { models, cells }]) => ({
      title,
      about: `Searches for ${models.join(", ")}.`,
      cells: [...cells].map(([name, cell]) => ({ name, ...cell })),
      width: models.length,
    }));
    return sections.sort((a, b) => b.width - a.width || (a.title < b.title ? -1 : 1));
  }

  get #hasJoins() {
    return this.models.some(({ record }) => getters(record).some((name) => isJoin(record, name)));
  }

  /** The nearest class of a model's searches that has members of its own. @param {Model} model @returns {string | undefined} */
  #searchOf(model) {
    const query = model.query?.(this.client);
    if (query === undefined) return undefined;
    const declaring = new Set(this.#queryMembers(model.name, query).map((each) => each.by));
    let at = Object.getPrototypeOf(query);
    while (!declaring.has(at.constructor.name)) at = Object.getPrototypeOf(at);
    return at.constructor.name;
  }

  /** @param {string} model the name of its class, which may be longer than that of the model @param {object} query @returns {{ member: string, kind: string, by: string }[]} */
  #queryMembers(model, query) {
    const { prototype } = /** @type {{ prototype: object }} */ (/** @type {unknown} */ (query.constructor));
    const declaring = (/** @type {string | symbol} */ member) => {
      let at = prototype;
      while (!Object.hasOwn(at, member)) at = Object.getPrototypeOf(at);
      return at.constructor.name;
    };
    // Some only put a search together, which is then carried out as a whole.
    const iterated = Symbol.asyncIterator in prototype;
    const own = this.#ownMembers(prototype, `${model}.query`);
    // Where no model has a join, there is nothing that rows could come with.
    const usable = this.#hasJoins ? own : own.filter(({ member }) => member !== "include");
    return [
      ...(iterated ? [{ member: "for await", kind: "method", by: declaring(Symbol.asyncIterator) }] : []),
      ...usable.map(({ member, kind }) => ({ member, kind, by: declaring(member) })),
    ];
  }

  /** @param {Model} model @returns {Section} */
  #ofModel(model) {
    const { spec, record, prototype } = model;
    const { name, path, writable = [], creatable = false, unreadable } = spec;
    const search = this.#searchOf(model);
    /** @type {(name: string, kind: string, ...members: string[]) => Cell} */
    const cell = (part, kind, ...members) => ({
      name: part,
      kind,
      uses: members.map((member) => this.#use(name, member)),
    });
    const joins = getters(record);
    const own = this.#ownMembers(prototype, model.name).filter(({ member }) => !joins.includes(member));
    const deletable = (spec.deletable ?? creatable) || own.some(({ member }) => member === "delete");
    const apart = ["save", "delete", ...ofEveryModel, ...ofMutableModels];
    const cells = [
      ...(search === undefined ? [] : [cell("search", "search", ...executing.map((member) => `query.${member}`))]),
      ...(unreadable === undefined ? [cell("by key", "key", "select by key")] : []),
      ...(creatable ? [cell("create", "create", "create")] : []),
      ...(writable.length > 0 ? [cell("save", "save", "save")] : []),
      ...(deletable ? [cell("delete", "delete", "delete")] : []),
      ...joins.map((join) => cell(join, isJoin(record, join) ? "join" : "resource", join)),
      ...own.filter(({ member }) => !apart.includes(member)).map(({ member, kind }) => cell(member, kind, member)),
      ...this.#statics(model).map((member) => cell(`${name}.${member}`, "static", `static ${member}`)),
    ];
    const about = search === undefined ? "Cannot be searched." : `Searched by ${link(search)}.`;
    return { title: name, about, route: path, cells };
  }

  /** @param {{ name: string, prototype: object }} cls @param {string} about @returns {Section} */
  #ofClass({ name, prototype }, about) {
    const cells = this.#ownMembers(prototype, name).map(({ member, kind }) => ({
      name: member,
      kind,
      uses: [this.#use(name, member)],
    }));
    return { title: name, about, cells };
  }

  /** @param {string} title @param {Model[]} classes @param {string[]} members @returns {Section} */
  #inherited(title, classes, members) {
    const cells = members.map((member) => ({
      name: member,
      kind: "inherited",
      uses: classes.map(({ spec }) => this.#use(spec.name, member)),
    }));
    return { title, about: "What is the same for all of them.", cells };
  }

  /** What the class itself offers: `BannedHash.ban`. @param {Model} model @returns {string[]} */
  #statics(model) {
    const declared = this.publicMembers.get(`${model.name}.static`);
    const own = Object.entries(Object.getOwnPropertyDescriptors(model));
    return (
      own
        // One that is a model itself has a section of its own.
        .filter(([, { value }]) => typeof value === "function" && !("record" in value))
        .filter(([name]) => declared?.has(name) === true)
        .map(([name]) => name)
        .sort()
    );
  }

  /**
   * The public methods and computed properties of a class, with those of the classes that it extends; of a model, up to
   * what all models have.
   * @param {object} prototype @param {string} name its class, or `Model.query`
   * @returns {{ member: string, kind: string }[]}
   */
  #ownMembers(prototype, name) {
    const declared = this.publicMembers.get(name);
    if (declared === undefined) throw new Error(`${name} is not exported by cbapi/${this.name}`);
    /** @type {Map<string, string>} */
    const found = new Map();
    for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      const { spec, record } = /** @type {Partial<Model>} */ (at.constructor);
      if ("spec" in at.constructor && spec === undefined) break;
      for (const [member, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
        if (common.has(member) || found.has(member) || !declared.has(member)) continue;
        // A field as its record declares it, rather than as a class reads it.
        if (Object.hasOwn(at.constructor, "record") && record !== undefined && Object.hasOwn(record, member)) continue;
        if (get !== undefined) found.set(member, "property");
        else if (typeof value === "function") found.set(member, "method");
      }
    }
    return [...found].map(([member, kind]) => ({ member, kind })).sort(by(({ member }) => member));
  }

  /** As it is recorded: products have models of the same name. @param {string} owner @param {string} member */
  #use(owner, member) {
    return `${this.name}/${owner}.${member}`;
  }
}

/** @param {string} title */
export function link(title) {
  return `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`;
}

/** The relations and resources of a record: its getters. Plain fields are no parts. @param {object} record */
function getters(record) {
  const members = Object.entries(Object.getOwnPropertyDescriptors(record));
  return members.filter(([, { get }]) => get !== undefined).map(([name]) => name);
}

/** Whether it leads to models, and is no resource. @param {object} record @param {string} name */
function isJoin(record, name) {
  return Reflect.get(record, name).type === undefined;
}

/** @template T @param {(value: T) => string} text @returns {(a: T, b: T) => number} */
export function by(text) {
  return (a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}
