import { CbApiError } from "../errors.js";
import type { CallOptions } from "../transport/types.js";
import { Completeness } from "./document.js";
import { type AnyModel, ensure, Model } from "./model.js";

/**
 * Evaluates on what is known of the model; as long as that is not enough, learns more and evaluates again: first as much
 * as the Ref itself would load, then everything.
 */
export async function whenKnown<T>(
  model: AnyModel,
  evaluate: () => T,
  options: CallOptions = {},
  enough: Completeness = Completeness.full,
): Promise<T> {
  const state = Model.stateOf(model);
  for (;;) {
    state.missed = false;
    let value: T;
    try {
      value = evaluate();
    } catch (error) {
      // Some members depend on the server's version.
      if (!(error instanceof CbApiError) || error.code !== "NOT_CONNECTED") throw error;
      await state.client.connect(options);
      continue;
    }
    if (!state.missed || state.completeness === Completeness.full || state.key === undefined) return value;
    await ensure(model, state.completeness < enough ? enough : Completeness.full, options);
  }
}
