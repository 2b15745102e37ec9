import type { SimulationClock } from "./clock.js";
import type { ObjectKind, ObjectRecords } from "./domain/index.js";
import type { ImportReport } from "./importer/index.js";
import type { LiveResponseControl } from "./response/live-response/control.js";
import type { LaunchReport } from "./response/simulation/launch.js";
import type { LaunchRequest } from "./response/simulation/launch-request.js";
import type { Behaviour } from "./server/behaviour.js";
import type { Product, TokenRecord } from "./server/product.js";

/** The organisation behind the server, and the products that show it. A reset puts another one in its place. */
export interface World {
  readonly products: readonly Product[];
  /** Version of the EDR server that is played; undefined when there is none. */
  readonly version: string | undefined;
  /** How much there is of what: `{ sensors: 12, processes: 4000 }`. */
  counts(): Record<string, number>;
  /** Adds the telemetry in a file; resolves to a report. Rejects without having added anything when aborted. */
  importFile(file: string, signal: AbortSignal): Promise<ImportReport>;
  /** Starts a program on an endpoint. Throws a RangeError when the request makes no sense. */
  launch(request: LaunchRequest): LaunchReport;
  /** Puts an object that is kept whole under its key. Throws a RangeError when nobody here keeps objects of this kind. */
  put<K extends ObjectKind>(kind: K, key: number | string, record: ObjectRecords[K]): void;
  /** Switches an endpoint on or off, by the id of its sensor. Throws a RangeError when there is none. */
  setOnline(sensor: number, online: boolean): void;
  /** Live Response, to be steered. Undefined when there is none. */
  readonly liveResponse: LiveResponseControl | undefined;
  /** The tokens of users that are not among those of the sandbox: nobody is to read them anywhere. */
  secrets(): Iterable<string>;
  /** Lets go of everybody who waits for something, ahead of {@link close}. */
  release(): void;
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
  /** Gives up making the world when aborted. */
  signal: AbortSignal;
  /** Receives what goes wrong inside while nobody waits for an answer. */
  onFailure: (during: string, error: unknown) => void;
}

/** A world around products that were made elsewhere: there is nothing to generate or to import. */
export function fixedWorld(products: readonly Product[]): World {
  const without = (what: string) => (): never => {
    throw new RangeError(`This sandbox has no organisation, and so no ${what}`);
  };
  return {
    products,
    version: undefined,
    counts: () => ({}),
    importFile: () => Promise.reject(new RangeError("This sandbox has no organisation to import into")),
    launch: without("endpoints"),
    put: without("objects"),
    setOnline: without("endpoints"),
    liveResponse: undefined,
    secrets: () => [],
    release: () => {},
    close: () => {},
  };
}
