import type { ModelHost } from "../../core/model/host.js";
import { RunQuery } from "../queries/run-query.js";
import { AnyRun } from "./any-run.js";

// The door to it: whoever extends it imports it from here, as it is one of a circle with this file.
export { AnyRun };

/**
 * A query that devices answer when they are online, for up to seven days.
 *
 * @example
 * const run = await cb.query("SELECT * FROM processes").submit();
 * await run.awaitCompletion({ onProgress: ({ answered, expected }) => console.log(answered, "of", expected) });
 * for await (const { device_, fields_ } of run.queryResults()) console.log(device_.name, fields_.name);
 */
export class Run extends AnyRun {
  /** @internal A run that has not been started. */
  static query(client: ModelHost): RunQuery {
    return new RunQuery(client);
  }
}
