import { ApiError, ServerError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { Completeness, type Document } from "../../core/model/document.js";
import type { AnyModel } from "../../core/model/model.js";
import type { ExecutionPlan, FetchedPage, RowSource, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { isText } from "../../psc/queries/criteria.js";
import { RESULT_FACETS, SUMMARY_FACETS } from "../calls.js";
import type { DeviceSummaryFacet, ResultFacet } from "../models/facets.js";
import { OfRunQuery, type OfRunState } from "./of-run.js";

export interface FacetState extends OfRunState {
  /** What is counted by. */
  readonly fields?: readonly string[];
  /** How many values of each. */
  readonly values?: number;
}

/** Counts by the values of fields: one request, and a row for each field. */
export abstract class FacetQuery<M extends AnyModel> extends OfRunQuery<M, FacetState> {
  /**
   * Counts by these fields, beside those that were named before: `status`, `device.name`, `device.os`, `fields.<column>` ...
   */
  facetField(fields: string | readonly string[]): this {
    const list = typeof fields === "string" ? [fields] : fields;
    if (!Array.isArray(list) || list.length === 0 || !list.every(isText)) {
      throw invalidArgument(`facetField takes the name of a field, or several, got ${JSON.stringify(fields)}`);
    }
    return this.with({ fields: [...new Set([...(this.state.fields ?? []), ...(list as readonly string[])])] });
  }

  /** How many values of each field are given, those that are most frequent first. */
  rows(values: number): this {
    if (!Number.isInteger(values) || values < 1)
      throw invalidArgument(`rows wants a whole number from 1 on, got ${values}`);
    return this.with({ values });
  }

  /** How many fields are counted by. Sends the request. */
  protected override async askTotal(options: CallOptions): Promise<number> {
    return (await this.#ask(options)).length;
  }

  protected override async fetchPage({ start, rows }: Window, options: CallOptions): Promise<FetchedPage> {
    const terms = await this.#ask(options);
    return { documents: terms.slice(start, start + rows), total: terms.length };
  }

  /** All rows of one reading are of one answer. */
  protected override pageReader(_plan: ExecutionPlan): RowSource<M>["fetchPage"] {
    let all: readonly Document[] | undefined;
    return async ({ start, rows }, options) => {
      all ??= await this.#ask(options);
      return { documents: all.slice(start, start + rows), total: all.length };
    };
  }

  protected override get totalOrder(): boolean {
    return true;
  }

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }

  async #ask(options: CallOptions): Promise<readonly Document[]> {
    const { fields, values } = this.state;
    this.requireRun("facets");
    if (fields === undefined) throw new ApiError("No field was named to count by: name one with facetField(name)");
    const terms = { fields, ...(values === undefined ? {} : { rows: values }) };
    const answer = await this.askOfRun(this.searchCall, "facets", { ...this.selection(), terms }, options);
    const { terms: counted } = (answer ?? {}) as { readonly terms?: unknown };
    if (!Array.isArray(counted)) {
      throw new ServerError(`${this.searchCall.call}: the answer holds no counts`, { code: "UNEXPECTED_ANSWER" });
    }
    return counted as readonly Document[];
  }
}

/** Counts of the rows of a run: `POST .../runs/{id}/results/_facet`. */
export class ResultFacetQuery extends FacetQuery<ResultFacet> {
  protected readonly searchCall = RESULT_FACETS;
}

/** Counts of how devices fare in a run: `POST .../runs/{id}/results/device_summaries/_facet`. */
export class DeviceSummaryFacetQuery extends FacetQuery<DeviceSummaryFacet> {
  protected readonly searchCall = SUMMARY_FACETS;
}
