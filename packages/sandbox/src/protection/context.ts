import type { BinaryRecord } from "../domain/index.js";
import type { EndpointPresence } from "../endpoint/presence.js";
import type { TokenRecord } from "../server/product.js";
import type { Store } from "../store/index.js";
import { ConsoleAccounts } from "./accounts.js";
import type { ProtectionSwitches } from "./behaviour.js";
import { ProtectionData } from "./data/index.js";
import type { Present } from "./objects/index.js";
import { type Reader, readerOf } from "./search/scope.js";
import { AgentTasks } from "./simulation/tasks.js";
import { traitsOf, type VersionTraits } from "./version.js";

/** What the product is made of. */
export interface ProtectionOptions {
  readonly store: Store;
  readonly version: string;
  readonly behaviour: ProtectionSwitches;
  readonly presence: EndpointPresence;
  readonly seed: number | string;
  /** The server's address. */
  readonly url: () => string;
  /** The bytes of a file, wherever it is. */
  readonly fileContent: (record: BinaryRecord) => Uint8Array;
}

/** What all routes share. */
export interface ProtectionContext extends ProtectionOptions {
  readonly traits: VersionTraits;
  readonly data: ProtectionData;
  readonly tasks: AgentTasks;
  readonly accounts: ConsoleAccounts;
  now(): number;
  present(): Present;
  /** How somebody sees the objects. */
  reader(user: TokenRecord): Reader;
}

export function createContext(options: ProtectionOptions): ProtectionContext {
  const { store, presence, version } = options;
  const traits = traitsOf(version);
  const now = (): number => presence.now;
  const present = (): Present => ({ now: now(), lastRound: presence.round ?? presence.start });
  const tasks = new AgentTasks(store);
  return {
    ...options,
    ...{ traits, now, present, tasks, accounts: new ConsoleAccounts(store) },
    data: new ProtectionData({ ...options, traits, start: presence.start, now }),
    reader: (user) => readerOf(traits.has8, present(), user),
  };
}
