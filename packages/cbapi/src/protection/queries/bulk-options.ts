import { checkCall } from "../../core/call-options.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyModel } from "../../core/model/model.js";
import { timeLimit } from "../../core/transport/limits.js";

/** Which of the objects that a search finds are changed. */
export interface BulkSelection<M> {
  /**
   * Which are meant, of those that are found; by default all of them. For what the server cannot be asked for: by a list of
   * ids that is too long for an address, or by another object, which `include()` has read many at a time.
   */
  readonly only?: ((object: M) => boolean | Promise<boolean>) | undefined;
}

/** When a change of an object counts as done that its agent has to carry out. */
export interface EffectOptions {
  /**
   * Whether it is waited for until the agents have reported the change. Those that have not are `pending` in the report,
   * each with the reason; `retry()` waits for them once more, and sends nothing for them.
   */
  readonly verify?: boolean | undefined;
  /**
   * For how long that is waited for after the last write, in milliseconds; 0 or Infinity for no limit. Without it, for two
   * minutes, and no longer when all agents that are left are offline.
   */
  readonly timeout?: number | undefined;
}

/** How many objects are changed whose agents have to carry it out. */
export interface BulkEffectOptions<M = AnyModel> extends BulkSelection<M>, EffectOptions {}

/** @throws CbApiError when an option is none, or has no meaning */
export function checkSelection(method: string, options: BulkSelection<never>, others: readonly string[] = []): void {
  checkCall(method, options, ["only", ...others]);
  if (options.only === undefined || typeof options.only === "function") return;
  throw invalidArgument(`${method}: only is a function that is given an object, got ${JSON.stringify(options.only)}`);
}

/** @throws CbApiError when an option is none, or has no meaning */
export function checkEffectOptions(method: string, options: BulkEffectOptions<never>): void {
  checkSelection(method, options, ["verify", "timeout"]);
  const { verify, timeout } = options;
  if (verify !== undefined && typeof verify !== "boolean") {
    throw invalidArgument(`${method}: verify is true or false, got ${JSON.stringify(verify)}`);
  }
  if (timeout !== undefined) timeLimit(timeout);
}
