import { Completeness } from "../../core/model/document.js";
import { isText } from "../../psc/queries/criteria.js";
import { RUN_SEARCH, TEMPLATE_SEARCH } from "../calls.js";
import type { RunHistory } from "../models/run-history.js";
import type { Template } from "../models/template.js";
import { LiveQuerySearch } from "./live-query-search.js";

/**
 * A search for runs that there were: `POST .../runs/_search`.
 * @example for await (const run of cb.queryHistory("processes").sortBy("create_time", "DESC")) console.log(run.name)
 */
export class RunHistoryQuery extends LiveQuerySearch<RunHistory> {
  protected readonly searchCall = RUN_SEARCH;

  /** Runs that these templates have started only, by their ids. */
  setTemplateIds(ids: readonly string[]): this {
    return this.withCriteria("template_id", ids, isText, "One or more invalid template IDs");
  }

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }
}

/** A search for templates, which start runs again and again: `POST .../templates/_search`. */
export class TemplateQuery extends LiveQuerySearch<Template> {
  protected readonly searchCall = TEMPLATE_SEARCH;

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }
}
