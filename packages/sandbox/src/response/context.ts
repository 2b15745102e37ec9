import type { BinaryRecord } from "../domain/index.js";
import type { ProgramRequest } from "../endpoint/index.js";
import { type EndpointPresence, endpointPresence } from "../endpoint/presence.js";
import type { LiveResponseOptions } from "../live-response/options.js";
import type { TokenRecord } from "../server/product.js";
import { Partitions } from "../store/partitions.js";
import { Searcher } from "../store/search.js";
import type { Store } from "../store/store.js";
import { Accounts } from "./accounts.js";
import type { ResponseBehaviour } from "./behaviour.js";
import { PageDrift } from "./drift.js";
import { type EventBus, NO_EVENTS } from "./event-bus/event-bus.js";
import { DEFAULT_RESPONSE_VERSION, traitsOf, type VersionTraits } from "./version.js";

/** What the product is made of. All but the store and the clock may be left out. */
export interface ResponseOptions extends LiveResponseOptions {
  store: Store;
  /** `startTime` is when the server was started; now when left out. */
  clock: {
    now(): number;
    readonly startTime?: number;
    sleep?(milliseconds: number, signal: AbortSignal): Promise<void>;
  };
  /** One of {@link RESPONSE_VERSIONS}, or any other of that form. */
  version?: string;
  /** The bytes of a file that was collected. */
  binaryContent?: (record: BinaryRecord) => Uint8Array;
  /** A PNG, for files that have an icon. */
  binaryIcon?: (record: BinaryRecord) => Uint8Array | undefined;
  behaviour?: ResponseBehaviour;
  /** Where sensors report to, as it stands in sensor groups: asked at each request. */
  sensorServer?: () => string;
  /** Where `file:` addresses of feeds lead to; such feeds are refused when left out. */
  feedFolder?: string;
  /** When endpoints report, as all products of an organisation know it; by the clock when left out. */
  presence?: EndpointPresence;
  /** Whether something other than the sensor keeps a program from being started; nothing does when left out. */
  prevented?: (program: ProgramRequest) => boolean;
  /** The tokens that are accepted whatever the organisation: their owners are among its users. */
  tokenOwners?: () => readonly TokenRecord[];
  /** A secret from which the tokens of all other users follow; a random one when left out. */
  tokenKey?: string;
}

/** What all routes share. */
export interface ResponseContext {
  store: Store;
  searcher: Searcher;
  drift: PageDrift;
  traits: VersionTraits;
  behaviour: ResponseBehaviour;
  sensorServer: () => string;
  feedFolder: string | undefined;
  checkins: EndpointPresence;
  accounts: Accounts;
  partitions: Partitions;
  /** Whom to tell what happens; nobody until somebody is there. */
  bus: EventBus;
  /** When the server was started. */
  startTime: number;
  /** Aborted when the server ends: what takes long gives up then. */
  signal: AbortSignal;
  now(): number;
  prevented(program: ProgramRequest): boolean;
  binaryContent(record: BinaryRecord): Uint8Array;
  binaryIcon(record: BinaryRecord): Uint8Array | undefined;
}

/** Kinds of objects that nothing asks for before there are some. They are kept all the same, and the store is to know it. */
const LATE_KINDS = ["filtered_process", "partition", "published_feed"] as const;

/** Fills in what was left out. */
export function createContext(options: ResponseOptions, signal: AbortSignal): ResponseContext {
  const traits = traitsOf(options.version ?? DEFAULT_RESPONSE_VERSION);
  options.store.indexCommandLines(traits.commandRule);
  for (const kind of LATE_KINDS) options.store.collection(kind);
  const startTime = options.clock.startTime ?? options.clock.now();
  const content = options.binaryContent ?? ((record) => new Uint8Array(record.copied_mod_len));
  return {
    store: options.store,
    searcher: new Searcher(options.store),
    drift: new PageDrift(),
    traits,
    behaviour: options.behaviour ?? { totalOverestimate: 0, shiftRows: 0 },
    sensorServer: options.sensorServer ?? (() => "https://localhost:443"),
    accounts: new Accounts(options.store, {
      ...(options.tokenOwners === undefined ? {} : { owners: options.tokenOwners }),
      ...(options.tokenKey === undefined ? {} : { key: options.tokenKey }),
    }),
    partitions: new Partitions(options.store, startTime),
    bus: NO_EVENTS,
    feedFolder: options.feedFolder,
    checkins: options.presence ?? endpointPresence({ now: () => options.clock.now() }, startTime),
    startTime,
    signal,
    now: () => options.clock.now(),
    prevented: options.prevented ?? (() => false),
    binaryContent: content,
    binaryIcon: options.binaryIcon ?? (() => undefined),
  };
}
