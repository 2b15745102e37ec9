import type { SimulationClock } from "./clock.js";
import type { ObjectKind, ObjectRecords } from "./domain/index.js";
import type { ImportReport } from "./importer/index.js";
import type { PlayableProduct, ProductServer } from "./product-server.js";
import type { Behaviour } from "./server/behaviour.js";
import type { Product, TokenRecord } from "./server/product.js";
import type { SignedFiles } from "./server/signed-files.js";

/** The organisation behind the server, and the products that show it. A reset puts another one in its place. */
export interface World {
  /** The products that are served, in the order in which they are asked. */
  readonly servers: readonly ProductServer[];
  /** The server of a product; undefined where it is not played. */
  serverOf<S extends ProductServer>(product: PlayableProduct<S>): S | undefined;
  /** How much there is of what: `{ sensors: 12, processes: 4000 }`. */
  counts(): Record<string, number>;
  /** Adds the telemetry in a file; resolves to a report. Rejects without having added anything when aborted. */
  importFile(file: string, signal: AbortSignal): Promise<ImportReport>;
  /** Puts an object that is kept whole under its key. Rejects with a RangeError when nobody here keeps objects of this kind. */
  put<K extends ObjectKind>(kind: K, key: number | string, record: ObjectRecords[K]): Promise<void>;
  close(): void | Promise<void>;
}

/** What a world is made with. */
export interface WorldSettings {
  seed: number | string;
  clock: SimulationClock;
  behaviour: Behaviour;
  /** True on a reset: what an earlier world left in a file is not to be taken up again. */
  fresh: boolean;
  /** The main token of the sandbox. */
  token: string;
  /** The tokens of the sandbox, which stay when the world is replaced. */
  tokens: () => readonly TokenRecord[];
  /** The server's address, known once it listens. */
  url: () => string;
  /** Files that are read by signed addresses, from another host. */
  signed: SignedFiles;
  /** Gives up making the world when aborted. */
  signal: AbortSignal;
  /** Receives what goes wrong inside while nobody waits for an answer. */
  onFailure: (during: string, error: unknown) => void;
}

/** A world around products that were made elsewhere: there is nothing to generate or to import. */
export function fixedWorld(products: readonly Product[]): World {
  return {
    servers: products.map((product) => ({ product })),
    serverOf: () => undefined,
    counts: () => ({}),
    importFile: () => Promise.reject(new RangeError("This sandbox has no organisation to import into")),
    put: () => Promise.reject(new RangeError("This sandbox has no organisation, and so no objects")),
    close: () => {},
  };
}
