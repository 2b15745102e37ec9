import type { IngressFilterRecord, ProcessRecord } from "../../domain/index.js";
import type { Store } from "../../store/store.js";

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Processes that a filter kept out, for filters that reach down to their descendants. Key: the process GUID. */
    filtered_process: FilteredProcessRecord;
  }
}

/** A process that a filter has kept out, as far as it is remembered. */
interface FilteredProcessRecord {
  parent_id?: string;
  path: string;
  cmdline: string;
  md5: string;
  /** When it came. */
  at: number;
}

/** As much of a process as filters look at. */
export type KnownAncestor = Pick<ProcessRecord, "path" | "cmdline" | "md5"> & { parent_id?: string };

/** So many are kept; beyond that the oldest are forgotten, and what descends from them is taken in. */
const MOST_KEPT = 5_000;
/** How many are forgotten at a time. */
const FORGOTTEN = 500;

/**
 * Keeps a process that a filter has kept out: the store will not know it, but its descendants are to be known by it.
 */
export function keepFilteredProcess(store: Store, process: KnownAncestor & { id: string }, now: number): void {
  const { id, parent_id, path, cmdline, md5 } = process;
  const kept = store.collection("filtered_process");
  kept.put(id, { path, cmdline, md5, at: now, ...(parent_id === undefined ? {} : { parent_id }) });
  if (kept.size <= MOST_KEPT) return;
  store.database.run(
    `DELETE FROM object WHERE kind = 'filtered_process' AND key IN
       (SELECT key FROM object WHERE kind = 'filtered_process' ORDER BY json_extract(record, '$.at'), key LIMIT ?)`,
    [FORGOTTEN],
  );
}

/** A process that a filter has kept out. */
export function filteredProcess(store: Store, id: string): KnownAncestor | undefined {
  return store.collection("filtered_process").get(id);
}

/** Forgets all of them when no filter reaches down to descendants any more. */
export function tidyFilteredProcesses(store: Store, filters: readonly IngressFilterRecord[]): void {
  if (filters.some((filter) => filter.descendant_filtering_level !== 0)) return;
  store.database.run("DELETE FROM object WHERE kind = 'filtered_process'");
}
