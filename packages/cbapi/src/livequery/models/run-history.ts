import type { ModelHost } from "../../core/model/host.js";
import type { ModelSpec } from "../../core/model/spec.js";
import { RunHistoryQuery } from "../queries/history-query.js";
import { AnyRun } from "./run.js";

/** A run that a search of the past has found. It does all that a {@link Run} does. */
export class RunHistory extends AnyRun {
  /** @internal */
  static override readonly spec: ModelSpec = { ...AnyRun.spec, name: "RunHistory" };

  /** @internal A search for all of them, which has not been sent. */
  static query(client: ModelHost): RunHistoryQuery {
    return new RunHistoryQuery(client, RunHistory, {});
  }
}
