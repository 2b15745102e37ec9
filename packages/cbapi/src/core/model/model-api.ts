import { BaseApi } from "../client.js";
import type { Product } from "../credentials/index.js";
import { ApiError } from "../errors.js";
import type { ClientOptions } from "../options.js";
import type { ServerVersion } from "../server-version.js";
import type { CallOptions } from "../transport/types.js";
import { put } from "./assign.js";
import type { Values } from "./declaration.js";
import type { Key } from "./document.js";
import type { ModelHost } from "./host.js";
import { type CacheStats, IdentityMap, type IdentityMapOptions } from "./identity-map.js";
import type { AnyModel, ModelClass } from "./model.js";
import { MutableModel } from "./mutable-model.js";
import { refByKey } from "./ref.js";
import type { Ref } from "./ref-type.js";
import type { ModelSpec } from "./spec.js";

/** A model class that can be searched: it says which query it is searched with. */
export interface QueryableClass {
  /** @internal */
  query(client: ModelHost): unknown;
}

/** A class of which one asks for something by more than a key: it says how. */
export interface AskableClass {
  /** @internal */
  readonly spec: ModelSpec;
  /** @internal */
  // biome-ignore lint/suspicious/noExplicitAny: what it takes is up to the class
  ask(client: ModelHost, what: any, options?: any): unknown;
}

/** What every client with objects takes. */
export interface ModelApiOptions extends ClientOptions {
  /** How many documents the client keeps and for how long, so that objects are fetched once. */
  cache?: IdentityMapOptions | undefined;
}

/** How one object is read. */
export interface SelectOptions extends CallOptions {
  /** Asks the server even when the object is known. */
  refresh?: boolean | undefined;
}

/** A client with objects: what all products have in common above raw access. */
export abstract class ModelApi extends BaseApi implements ModelHost {
  /** @internal Users empty it by {@link ModelApi.clearCache}. */
  readonly identityMap: IdentityMap<ModelHost>;

  protected constructor(product: Product, options: ModelApiOptions, extraOptions: readonly string[]) {
    const { cache, ...rest } = options;
    super(product, rest, ["cache", ...extraOptions]);
    this.identityMap = new IdentityMap(this, this.clock, cache);
  }

  /** How often an object that was needed was known already, since the client was made. */
  get cacheStats(): CacheStats {
    return this.identityMap.stats;
  }

  /**
   * Forgets every document that the client has kept, so that the next read of any object asks the server. Objects that
   * the caller holds stay as they are: `refresh()` reads one of them again, and `select(model, key, { refresh: true })`
   * asks for one without forgetting the rest. Nothing is requested.
   */
  clearCache(): void {
    this.identityMap.clear();
  }

  /** The server's version as far as it is known by now; `undefined` where it is not, or tells nothing. */
  protected get knownVersion(): ServerVersion | undefined {
    return undefined;
  }

  /**
   * Sees to it that nothing is asked of a server that does not have such objects yet. Asks for the version first when the
   * objects need one; where the server does not tell it, the request itself has to show.
   * @internal
   * @throws ApiError when the server is older (`code` is `SERVER_TOO_OLD`)
   */
  async requireServer(spec: ModelSpec, options: CallOptions): Promise<void> {
    if (spec.minimumVersion === undefined) return;
    await this.connect(options);
    this.#refuseTooNew(spec);
  }

  #refuseTooNew({ name, minimumVersion }: ModelSpec): void {
    if (minimumVersion === undefined || this.knownVersion?.atLeast(...minimumVersion) !== false) return;
    const message = `${name} API requires at least server version ${minimumVersion.join(".")}: ${this.url} runs ${this.knownVersion}`;
    throw new ApiError(message, { code: "SERVER_TOO_OLD" });
  }

  /**
   * A query over all objects of a model. Nothing is requested.
   * @example cb.select(Process).where("process_name:notepad.exe")
   */
  select<C extends QueryableClass>(model: C): ReturnType<C["query"]>;
  /**
   * One object by its key. Nothing is requested before the result, or something taken through it, is awaited.
   * @example (await cb.select(Binary, md5)).original_filename
   * @throws ObjectNotFoundError when it is awaited and the server has no such object
   */
  select<C extends ModelClass>(model: C, key: Key, options?: SelectOptions): Ref<InstanceType<C>>;
  /**
   * What a class gives for more than a key: `Downloads`, for a list of hashes. Nothing is requested before it is awaited.
   * @throws CbApiError when it cannot be asked for
   */
  select<C extends AskableClass>(
    model: C,
    what: Parameters<C["ask"]>[1],
    options?: Parameters<C["ask"]>[2],
  ): ReturnType<C["ask"]>;
  select(
    model: ModelClass & Partial<QueryableClass & AskableClass>,
    ...rest: [key?: Key, options?: SelectOptions]
  ): unknown {
    this.#refuseTooNew(model.spec);
    if (model.ask !== undefined) return model.ask(this, rest[0], rest[1]);
    // A key that is missing by mistake must not turn into a search for everything.
    if (rest.length > 0) return refByKey(this, model, rest[0] as Key, rest[1]);
    if (model.query === undefined)
      throw new ApiError(`${model.spec.name} cannot be searched: select one by its ${model.spec.key}`);
    return model.query(this);
  }

  /**
   * A new object that the server does not have yet; `save()` creates it there.
   * @param values fields, and joins that can be assigned; the rest can be assigned before it is saved
   * @example cb.create(Watchlist, { name: "Network shares", index_type: "events", query: "process_name:net.exe" })
   * @throws ApiError when objects of this model cannot be created
   */
  create<C extends ModelClass>(model: C, values?: Values<InstanceType<C>>): InstanceType<C>;
  create(model: ModelClass, values: Readonly<Record<string, unknown>> = {}): AnyModel {
    this.#refuseTooNew(model.spec);
    if (model.spec.creatable !== true)
      throw new ApiError(`Cannot create object of type ${model.spec.name}: the server makes these itself`);
    const made: unknown = new model({ client: this });
    if (!(made instanceof MutableModel)) throw new ApiError(`Cannot create object of type ${model.spec.name}`);
    for (const [name, value] of Object.entries(values)) put(made, name, value);
    return made;
  }
}
