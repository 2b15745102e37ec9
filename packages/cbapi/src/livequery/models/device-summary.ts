import { defineModel } from "../../core/model/define-model.js";
import type { Document } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { SummaryQuery } from "../queries/summary-query.js";
import { metricsIn, type ResultDevice, type ResultMetrics } from "./values.js";

/** How one device fares in a run. Servers of today give no `id`, and the device as an object; `device_id` is always there. */
export class DeviceSummary extends defineModel(
  {
    name: "DeviceSummary",
    path: "",
    key: "id",
    keyOf: summaryKey,
    unreadable:
      "Device summaries cannot be read one by one: read them again with their run, run.queryDeviceSummaries()",
  },
  {
    id: t.string(),
    device: t.object<ResultDevice>(),
    device_id: t.integer(),
    device_name: t.string(),
    /** `WINDOWS`, `MAC`, `LINUX`. */
    os: t.string(),
    policy_id: t.integer(),
    policy_name: t.string(),
    /** `not_started`, `in_progress`, `matched`, `not_matched`, `error`, `not_supported`, `cancelled`. */
    status: t.string(),
    /** How many rows the device has answered with. */
    total_results: t.integer(),
    time_received: t.dateTime(),
    device_message: t.string(),
    error_description: t.string(),
    start_time: t.dateTime(),
    finish_time: t.dateTime(),
    update_time: t.dateTime(),
    metrics: t.open(),
  },
) {
  /** @internal The summaries of a run, which is still to be named. */
  static query(client: ModelHost): SummaryQuery {
    return new SummaryQuery(client, DeviceSummary, {});
  }

  /** What the run cost the device; empty where that was not measured. */
  get metrics_(): ResultMetrics {
    return metricsIn(this.metrics);
  }
}

function summaryKey({ id, device_id: device }: Document): string | undefined {
  const key = typeof id === "string" && id !== "" ? id : device;
  return typeof key === "string" || typeof key === "number" ? String(key) : undefined;
}
