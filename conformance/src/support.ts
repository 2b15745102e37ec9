import { methodName } from "./names.js";
import { type Client, findProduct, type ModelClass, type Product } from "./products.js";
import { canRender } from "./rendering.js";
import { knownFault } from "./server.js";
import type { RecordedResult, Step, Vector } from "./vector.js";

/** What a name of a vector stands for, as far as it can be told without running it. */
type Kind =
  | { readonly kind: "model"; readonly model: ModelClass }
  | { readonly kind: "query"; readonly model: ModelClass; readonly query: object }
  | { readonly kind: "session"; readonly prototype: object };

/** What a vector asks for that the library does not have yet; empty when it can be run. */
export function findUnsupported(vector: Vector): string[] {
  const reasons = new Set<string>();
  for (const { response } of vector.exchanges) {
    if (response.fault !== undefined && !knownFault(response.fault)) reasons.add(`failure "${response.fault}"`);
  }
  const credentials = vector.call.filter((step) => step.do === "credentials");
  for (const step of credentials) {
    const name = String(step.product);
    if (findProduct(name) === undefined) reasons.add(`product ${name}`);
  }
  if (credentials.length < vector.call.length) {
    const name = vector.api ?? vector.product;
    const product = findProduct(name);
    if (product === undefined) reasons.add(`product ${name}`);
    else for (const reason of new StepCheck(product).check(vector)) reasons.add(reason);
  }
  return [...reasons];
}

/** Looks for models, methods and fields that the library lacks. Sends nothing. */
class StepCheck {
  readonly #product: Product;
  readonly #client: Client;
  readonly #kinds = new Map<string, Kind>();
  readonly #reasons: string[] = [];

  constructor(product: Product) {
    this.#product = product;
    this.#client = product.open({ url: "https://127.0.0.1", token: "TOKEN/CONN" });
  }

  check(vector: Vector): string[] {
    for (const [index, step] of vector.call.entries()) this.#step(step, vector.result[index] ?? {});
    return this.#reasons;
  }

  #step(step: Step, result: RecordedResult): void {
    switch (step.do) {
      case "connect":
      case "credentials":
      case "list":
      case "ids":
      case "take":
      case "slice":
      case "count":
      case "read":
        break;
      case "first":
      case "one":
      case "at":
        this.#row(step, this.#kinds.get(step.on ?? ""));
        break;
      case "select":
        this.#name(step, this.#model(step.model));
        break;
      case "query":
        this.#query(step);
        break;
      case "refine":
        this.#chain(step, this.#kinds.get(step.on ?? ""));
        break;
      case "create":
        this.#create(step, result);
        break;
      case "set":
        this.#set(step, result);
        break;
      case "call":
        this.#call(step);
        break;
      case "jobs":
        this.#jobs(step);
        break;
      case "render":
        if (!canRender(this.#product)) this.#reasons.push(`step "${step.do}"`);
        break;
      case "close":
        this.#method(this.#kinds.get(step.on ?? ""), "close");
        break;
      default:
        this.#reasons.push(`step "${step.do}"`);
    }
  }

  #model(name: string | undefined): ModelClass | undefined {
    const model = this.#product.models.get(name ?? "");
    if (model === undefined) this.#reasons.push(`model ${name}`);
    return model;
  }

  #name(step: Step, model: ModelClass | undefined): void {
    if (step.as !== undefined && model !== undefined) this.#kinds.set(step.as, { kind: "model", model });
  }

  #row(step: Step, kind: Kind | undefined): void {
    if (kind?.kind !== "session") this.#name(step, kind?.model);
  }

  #query(step: Step): void {
    const model = this.#model(step.model);
    if (model === undefined) return;
    if (model.query === undefined) {
      this.#reasons.push(`searching ${model.name}`);
      return;
    }
    this.#chain(step, { kind: "query", model, query: this.#client.select(model) });
  }

  #chain(step: Step, kind: Kind | undefined): void {
    if (kind === undefined) return;
    for (const [method] of step.chain ?? []) this.#method(kind, String(method));
    if (step.as !== undefined) this.#kinds.set(step.as, kind);
  }

  #create(step: Step, result: RecordedResult): void {
    const model = this.#model(step.model);
    if (model === undefined) return;
    if (model.spec.creatable !== true && result.error === undefined) this.#reasons.push(`creating ${model.name}`);
    this.#name(step, model);
  }

  #set(step: Step, result: RecordedResult): void {
    const kind = this.#kinds.get(step.on ?? "");
    if (kind?.kind !== "model" || result.error !== undefined) return;
    for (const field of Object.keys(step.values ?? {})) {
      if (!canBeSet(kind.model, field)) this.#reasons.push(`changing ${kind.model.name}.${field}`);
    }
  }

  #call(step: Step): void {
    const method = step.method ?? "";
    if (step.on === undefined) {
      const { name } = methodName(method);
      if (!(name in this.#client)) this.#reasons.push(`method ${this.#client.constructor.name}.${name}`);
    } else this.#method(this.#kinds.get(step.on), method);
    // The only method that gives an object whose methods are called.
    const { LiveResponseSession: session } = this.#product.names;
    if (method === "lr_session" && step.as !== undefined && typeof session === "function") {
      this.#kinds.set(step.as, { kind: "session", prototype: session.prototype as object });
    }
  }

  #jobs(step: Step): void {
    const { LiveResponseSession: session } = this.#product.names;
    if (!("liveResponse" in this.#client) || typeof session !== "function") this.#reasons.push(`step "${step.do}"`);
    else this.#method({ kind: "session", prototype: session.prototype as object }, step.job?.method ?? "");
  }

  /** What is unknown here was named for its own reason before. */
  #method(kind: Kind | undefined, recorded: string): void {
    if (kind === undefined) return;
    // A method that is taken through a join is found when it is called.
    if (recorded.includes(".")) return;
    const { name } = methodName(recorded);
    const owner = kind.kind === "model" ? kind.model.prototype : kind.kind === "query" ? kind.query : kind.prototype;
    const ownerName = kind.kind === "model" ? kind.model.name : owner.constructor.name;
    if (!(name in owner)) this.#reasons.push(`method ${ownerName}.${name}`);
  }
}

function canBeSet(model: ModelClass, field: string): boolean {
  if (model.spec.writable?.includes(field) === true) return true;
  // Every field has a setter, which refuses; only a setter that the model adds for a join or a property counts.
  if (Object.getOwnPropertyDescriptor(model.record, field)?.value !== undefined) return false;
  for (let at: object | null = model.prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, field);
    if (descriptor !== undefined) return descriptor.set !== undefined;
  }
  return false;
}
