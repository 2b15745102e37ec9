import type { BulkOperation } from "../../core/bulk/operation.js";
import type { ComputerDiagnostics } from "../models/computers/advanced-options.js";
import { approving, deleting, diagnosing, moving, protecting, returning } from "../models/computers/bulk-changes.js";
import type { Computer } from "../models/computers/computer.js";
import type { PolicyOrName } from "../models/policies/policy-target.js";
import { type BulkEffectOptions, type BulkSelection, checkEffectOptions, checkSelection } from "./bulk-options.js";
import { ProtectionQuery } from "./protection-query.js";

/**
 * A search for computers: `GET /computer`.
 *
 * Its bulk operations read all computers that it finds before the first write, so that none is passed over when the change
 * takes computers out of the search. `plan()` shows each write, which computers are left alone, which cannot be changed, and
 * which are offline; the writes go out one after the other. Deleted entries are found as well: `where({ deleted: false })`
 * leaves them out.
 */
export class ComputerQuery extends ProtectionQuery<Computer> {
  /**
   * Moves these computers to a policy: `PUT /computer/{id}`. Nothing is sent before it is awaited.
   *
   * Those with `automaticPolicy` or `localApproval` on, for which the server overlooks the policy, are refused with that
   * reason, and nothing is sent for them; those that are in it already are left alone. With `verify`, a computer counts as
   * moved once its agent has taken the policy over: it reads back with the policy, enforces the level of it, and
   * `policyStatusDetails` is `Up to date`. Agents that are offline do that when they are back, and are pending until then.
   * @param policy the policy, its id, or its name
   * @example
   * const move = cb.select(Computer).where({ policyName: "Lab", deleted: false }).moveTo("Servers", { verify: true });
   * const { total, unchanged, refused, notes } = await move.plan();
   * const report = await move;
   * if (!report.complete) console.log(report.reasons);
   * @throws CbApiError when an option is none; ObjectNotFoundError, when it is carried out, when there is no such policy
   */
  moveTo(policy: PolicyOrName, options: BulkEffectOptions<Computer> = {}): BulkOperation<number> {
    checkEffectOptions("moveTo()", options);
    return this.changed(moving(this.client, policy, options), options);
  }

  /**
   * Moves each of these computers back to the policy that it had before, its `previousPolicyId`, as
   * {@link ComputerQuery.moveTo} does. Those for which the server knows none are refused with that reason. Needs a server
   * from 8.0 on. Carried out once more by a new operation, it moves them forth again; `retry()` does not.
   * @example await cb.select(Computer).where({ policyName: "Quarantine" }).returnToPreviousPolicy({ verify: true });
   */
  returnToPreviousPolicy(options: BulkEffectOptions<Computer> = {}): BulkOperation<number> {
    checkEffectOptions("returnToPreviousPolicy()", options);
    return this.changed(returning(this.client, options), options);
  }

  /**
   * Has new files on these computers approved there from now on, or no longer: `PUT /computer/{id}` with `localApproval`.
   * Those with `automaticPolicy` on are refused with that reason. With `verify`, it is waited for until the agents have
   * begun, or ended, it. It lasts until it is ended: for one computer and some minutes, see {@link Computer.approveLocally}.
   */
  approveLocally(on = true, options: BulkEffectOptions<Computer> = {}): BulkOperation<number> {
    checkEffectOptions("approveLocally()", options);
    return this.changed(approving(this.client, on, options), options);
  }

  /**
   * Switches the tamper protection of these agents on or off: `PUT /computer/{id}?newTamperProtectionActive=...`. With
   * `verify`, it is waited for until the agents have reported it. Needs "Change advanced options". It is sent to those that
   * read so as well: an agent may have been told otherwise, and not have reported it yet.
   */
  setTamperProtection(on: boolean, options: BulkEffectOptions<Computer> = {}): BulkOperation<number> {
    checkEffectOptions("setTamperProtection()", options);
    return this.changed(protecting(this.client, on, options), options);
  }

  /**
   * Asks these agents for diagnostics: `PUT /computer/{id}?changeDiagnostics=true`. With `verify`, it is waited for until
   * the agents report these levels and flags, which servers from 8.0 on tell. Needs "Change advanced options".
   * @throws CbApiError when a name or a value is none that can be set
   * @example await query.setDiagnostics({ debugLevel: 5, debugDuration: 60 }, { verify: true });
   */
  setDiagnostics(values: ComputerDiagnostics, options: BulkEffectOptions<Computer> = {}): BulkOperation<number> {
    checkEffectOptions("setDiagnostics()", options);
    return this.changed(diagnosing(this.client, values, options), options);
  }

  /**
   * Deletes these entries: `DELETE /computer/{id}`. Those that are deleted already are left alone.
   * @example
   * const stale = cb.select(Computer).where({ connected: false, daysOffline: range(90, undefined), deleted: false });
   * console.log((await stale.delete().plan()).total);
   */
  delete(options: BulkSelection<Computer> = {}): BulkOperation<number> {
    checkSelection("delete()", options);
    return this.changed(deleting(), options);
  }
}
