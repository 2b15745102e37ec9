import type { FileStore } from "../files/store.js";
import type { JobDefinition } from "../job.js";
import type { Ledger } from "../runs/ledger.js";
import type { FleetServer } from "../servers/server.js";
import type { Slots } from "../slots/slots.js";
import type { Presences } from "./presence.js";
import type { RunWatch } from "./watch.js";

/** What items are worked on with. */
export interface ItemHost {
  readonly owner: string;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  readonly ledger: Ledger;
  readonly slots: Slots;
  readonly server: FleetServer;
  readonly presences: Presences;
  readonly files: FileStore;
  readonly runs: RunWatch;
  /** Aborted when no more is to be begun. */
  readonly stopping: AbortSignal;
  /** Aborted when what runs is to end. */
  readonly ending: AbortSignal;
  log(line: string): void;
}
