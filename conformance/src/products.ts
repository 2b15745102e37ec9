import type { Clock } from "cbapi";
import * as defense from "cbapi/defense";
import * as livequery from "cbapi/livequery";
import * as protection from "cbapi/protection";
import * as psc from "cbapi/psc";
import * as response from "cbapi/response";
import * as threathunter from "cbapi/threathunter";

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
  /** What clients of recordings are made with beside the address and the token. */
  readonly connection: ClientOptions;
  /** Where the library's classes of errors are found by their names. */
  readonly names: Readonly<Record<string, unknown>>;
}

function product(
  name: string,
  names: Readonly<Record<string, unknown>>,
  open: (options: ClientOptions) => unknown,
  connection: ClientOptions = {},
): Product {
  const models = Object.entries(names).filter((entry): entry is [string, ModelClass] => isModelClass(entry[1]));
  return { name, names, models: new Map(models), open: (options) => open(options) as Client, connection };
}

function isModelClass(value: unknown): value is ModelClass {
  return typeof value === "function" && "spec" in value && typeof value.spec === "object" && value.spec !== null;
}

/** A product of the Cloud, whose recordings have what the Python library sends. */
function cloudProduct(
  name: string,
  names: Readonly<Record<string, unknown>>,
  Client: new (options: psc.CbPSCOptions) => unknown,
): Product {
  const open = (options: ClientOptions) => new Client({ routes: "classic", ...options } as psc.CbPSCOptions);
  return product(name, names, open, { orgKey: "WNEX" });
}

const products: readonly Product[] = [
  cloudProduct("defense", defense, defense.CbDefenseAPI),
  cloudProduct("livequery", livequery, livequery.CbLiveQueryAPI),
  cloudProduct("psc", psc, psc.CbPSCBaseAPI),
  cloudProduct("threathunter", threathunter, threathunter.CbThreatHunterAPI),
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
