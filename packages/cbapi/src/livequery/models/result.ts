import { defineModel } from "../../core/model/define-model.js";
import { frozen, t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { one } from "../../core/model/relations.js";
import type { DeviceSummaryFacetQuery, ResultFacetQuery } from "../queries/facet-query.js";
import { ResultQuery } from "../queries/result-query.js";
import type { SummaryQuery } from "../queries/summary-query.js";
import { Run } from "./run.js";
import { metricsIn, type ResultDevice, type ResultFields, type ResultMetrics } from "./values.js";

/**
 * One row that a device has answered a run with. It has no id of its own: its `id` is that of the run.
 * @example for await (const { device_, fields_ } of run.queryResults()) console.log(device_.name, fields_.name)
 */
export class Result extends defineModel(
  {
    name: "Result",
    path: "",
    key: "id",
    unreadable: "Results cannot be read one by one: read them again with their run, run.queryResults()",
  },
  {
    /** The run's. */
    id: t.string(),
    device: t.object<ResultDevice>(),
    /** `matched`, `not_matched`, `error`, `not_supported` ... */
    status: t.string(),
    time_received: t.dateTime(),
    /** What the device says beside its answer: why there is none. */
    device_message: t.string(),
    fields: t.object<ResultFields>(),
    metrics: t.open(),
    /** The run that it answers. */
    get run() {
      return one(Run, (result: Result) => result.id);
    },
  },
) {
  /** @internal The results of a run, which is still to be named. */
  static query(client: ModelHost): ResultQuery {
    return new ResultQuery(client, Result, {});
  }

  /** The device that it is from; empty where the server does not say. */
  get device_(): Partial<ResultDevice> {
    return this.device ?? frozen({});
  }

  /** Its columns; none where there was no answer. */
  get fields_(): ResultFields {
    return this.fields ?? frozen({});
  }

  /** What the run cost the device; empty where that was not measured. */
  get metrics_(): ResultMetrics {
    return metricsIn(this.metrics);
  }

  /** How the devices of its run fared, as a query that has not been sent. */
  queryDeviceSummaries(): SummaryQuery {
    return this.#run.queryDeviceSummaries();
  }

  /** Counts of the results of its run, as a query that has not been sent. */
  queryResultFacets(): ResultFacetQuery {
    return this.#run.queryResultFacets();
  }

  /** Counts of how the devices of its run fared, as a query that has not been sent. */
  queryDeviceSummaryFacets(): DeviceSummaryFacetQuery {
    return this.#run.queryDeviceSummaryFacets();
  }

  get #run(): Run {
    return new Run({ client: Result.stateOf(this).client, key: this.id });
  }
}
