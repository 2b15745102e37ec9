import type { Clock } from "cbapi";
import * as protection from "cbapi/protection";
import * as response from "cbapi/response";

/** What is declared of a model, as far as the runner asks for it. */
interface DeclaredModel {
  readonly key: string;
  readonly writable?: readonly string[];
  readonly creatable?: boolean;
}

/** A model class of the library. */
export interface ModelClass {
  readonly name: string;
  readonly prototype: object;
  readonly spec: DeclaredModel;
  /** Fields as values, joins and resources as getters. */
  readonly record: object;
  /** Missing where objects can be taken by their key only. */
  readonly query?: unknown;
}

/** A client of the library, as the steps of a vector use it. */
export interface Client {
  readonly url: string;
  readonly credentials: object;
  select(model: ModelClass, id?: string | number, options?: object): object;
  create(model: ModelClass, values?: object): object;
  connect(): Promise<unknown>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly url?: string;
  readonly token?: string;
  readonly clock?: Clock;
  readonly [name: string]: unknown;
}

/** One product's part of the library. */
export interface Product {
  readonly name: string;
  readonly models: ReadonlyMap<string, ModelClass>;
  open(options: ClientOptions): Client;
  /** Where the library's classes of errors are found by their names. */
  readonly names: Readonly<Record<string, unknown>>;
}

function product(
  name: string,
  names: Readonly<Record<string, unknown>>,
  open: (options: ClientOptions) => unknown,
): Product {
  const models = Object.entries(names).filter((entry): entry is [string, ModelClass] => isModelClass(entry[1]));
  return { name, names, models: new Map(models), open: (options) => open(options) as Client };
}

function isModelClass(value: unknown): value is ModelClass {
  return typeof value === "function" && "spec" in value && typeof value.spec === "object" && value.spec !== null;
}

const products: readonly Product[] = [
  product(
    "protection",
    protection,
    (options) => new protection.CbProtectionAPI(options as protection.CbProtectionOptions),
  ),
  product("response", response, (options) => new response.CbResponseAPI(options as response.CbResponseOptions)),
];

/** The part of the library for a product, by the name that recordings give it; `undefined` while there is none. */
export function findProduct(name: string): Product | undefined {
  return products.find((known) => known.name === name);
}
