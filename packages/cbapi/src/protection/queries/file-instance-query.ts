import type { BulkOperation } from "../../core/bulk/operation.js";
import type { FileInstance } from "../models/files/file-instance.js";
import { localStateChange } from "../models/files/local-state.js";
import { LocalState } from "../models/names.js";
import { type BulkEffectOptions, checkEffectOptions } from "./bulk-options.js";
import { ProtectionQuery } from "./protection-query.js";

/**
 * A search for files on computers: `GET /fileInstance`.
 *
 * Its bulk operations read all files that it finds before the first write, so that none is passed over when the change takes
 * files out of the search: a search for what is not approved yet can be approved as a whole.
 */
export class FileInstanceQuery extends ProtectionQuery<FileInstance> {
  /**
   * Approves these files on the computers that they are on: `POST /fileInstance` with the id and `localState`. Nothing is sent
   * before it is awaited. The server takes it at once, and a file reads as before until its computer's agent has reported it;
   * with `verify`, a file counts as done once it reads as approved. A ban by a rule stands above it.
   * @example
   * const unapproved = cb.select(FileInstance).where({ computerId: 7, localState: LocalState.Unapproved });
   * // From 8.0 on; before, only: async (file) => ((await file.fileCatalog)?.prevalence ?? 0) >= 10
   * const report = await unapproved.where({ fileCatalogId_prevalence: range(10, undefined) }).approve({ verify: true });
   * @throws CbApiError when an option is none
   */
  approve(options: BulkEffectOptions<FileInstance> = {}): BulkOperation<number> {
    checkEffectOptions("approve()", options);
    return this.changed(localStateChange(this.client, "approve", LocalState.Approved, options), options);
  }

  /** Takes their approval on the computers that they are on back, as {@link FileInstanceQuery.approve} gives it. */
  unapprove(options: BulkEffectOptions<FileInstance> = {}): BulkOperation<number> {
    checkEffectOptions("unapprove()", options);
    return this.changed(localStateChange(this.client, "unapprove", LocalState.Unapproved, options), options);
  }
}
