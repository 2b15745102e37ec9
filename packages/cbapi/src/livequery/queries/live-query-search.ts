import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyModel } from "../../core/model/model.js";
import type { Window } from "../../core/query/row-source.js";
import type { Terms } from "../../core/query/terms.js";
import { CloudQuery, type CloudState } from "../../psc/queries/cloud-query.js";

/** What the searches of LiveQuery have in common: rows are counted from 0, nothing is named that is not asked for. */
export abstract class LiveQuerySearch<M extends AnyModel, S extends CloudState = CloudState> extends CloudQuery<
  M,
  Terms,
  S
> {
  protected override readonly startBase = 0;
  protected override readonly hasExclusions = false;

  /**
   * Not for LiveQuery, whose searches leave nothing out by criteria: say `not({ field: value })`.
   * @throws ApiError with code `INVALID_ARGUMENT` always
   */
  override addExclusions(key: string, _values?: readonly (string | number | boolean)[]): never {
    throw invalidArgument(
      `searches of LiveQuery have no exclusions: say not({ ${JSON.stringify(key)}: value }) in place of addExclusions()`,
    );
  }

  protected override selection(): Record<string, unknown> {
    const { criteria = {} } = this.state;
    const isClassic = this.host.routes === "classic";
    const query = this.query === "" ? null : this.query;
    return {
      ...(query === null && !isClassic ? {} : { query }),
      ...(Object.keys(criteria).length === 0 ? {} : { criteria }),
    };
  }

  protected override paging(window: Window): Record<string, unknown> {
    return { ...super.paging(window), start: window.start };
  }
}
