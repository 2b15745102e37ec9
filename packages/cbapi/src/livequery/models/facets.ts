import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { DeviceSummaryFacetQuery, ResultFacetQuery } from "../queries/facet-query.js";

/** A value of a field, and how often it is there. */
export interface FacetValue {
  readonly id: string | number;
  readonly name: string;
  readonly total: number;
}

const unreadable = "Facets cannot be read by themselves: read them with their run, run.queryResultFacets()";

/** How often each value of a field is among the results of a run. */
export class ResultFacet extends defineModel(
  { name: "ResultFacet", path: "", key: "field", unreadable },
  {
    /** What is counted by. */
    field: t.string(),
    values: t.array(t.object<FacetValue>()),
  },
) {
  /** @internal Counts of a run, which is still to be named. */
  static query(client: ModelHost): ResultFacetQuery {
    return new ResultFacetQuery(client, ResultFacet, {});
  }

  /** The values and their counts; none where there are none. */
  get values_(): readonly FacetValue[] {
    return this.values ?? [];
  }
}

/** How often each value of a field is among the devices of a run. */
export class DeviceSummaryFacet extends defineModel(
  { name: "DeviceSummaryFacet", path: "", key: "field", unreadable },
  {
    /** What is counted by. */
    field: t.string(),
    values: t.array(t.object<FacetValue>()),
  },
) {
  /** @internal Counts of a run, which is still to be named. */
  static query(client: ModelHost): DeviceSummaryFacetQuery {
    return new DeviceSummaryFacetQuery(client, DeviceSummaryFacet, {});
  }

  /** The values and their counts; none where there are none. */
  get values_(): readonly FacetValue[] {
    return this.values ?? [];
  }
}
