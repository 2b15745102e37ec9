import { put } from "../../core/model/assign.js";
import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import type { CallOptions } from "../../core/transport/types.js";
import { TEMPLATES } from "../calls.js";
import { type RunHistoryQuery, TemplateQuery } from "../queries/history-query.js";
import { sqlOf } from "../sql.js";
import { RunHistory } from "./run-history.js";
import type { RunDeviceFilter, RunScheduleStatus } from "./run-values.js";

/**
 * What starts a run again and again. A run that is submitted with a schedule makes one.
 * @example
 * const run = await cb.query("SELECT * FROM users").schedule("FREQ=DAILY;BYHOUR=3", "UTC").submit();
 * const template = await cb.select(Template, run.template_id);
 * await template.stop();
 */
export class Template extends defineModel(
  {
    name: "Template",
    path: TEMPLATES,
    key: "id",
    deletable: true,
    writable: ["name", "sql", "notify_on_finish", "device_filter", "schedule"],
    required: ["name", "sql", "schedule"],
    keyOnly: ["delete", "queryRuns"],
  },
  {
    id: t.string(),
    org_key: t.string(),
    name: t.string(),
    sql: t.string(),
    created_by: t.string(),
    create_time: t.dateTime(),
    update_time: t.dateTime(),
    last_run_create_time: t.dateTime(),
    next_run_time: t.dateTime(),
    notify_on_finish: t.boolean(),
    device_filter: t.object<RunDeviceFilter>(),
    schedule: t.object<RunScheduleStatus>(),
    recommended_query_id: t.string(),
    schema: t.open(),
    destinations: t.array(t.string()),
  },
) {
  /** @internal A search for all of them, which has not been sent. */
  static query(client: ModelHost): TemplateQuery {
    return new TemplateQuery(client, Template, {});
  }

  /** Has it start no more runs: `PUT .../templates/{id}`, with the schedule's status `CANCELLED`. */
  async stop(options: CallOptions = {}): Promise<this> {
    await this.load(options);
    put(this, "schedule", { ...this.schedule, status: "CANCELLED" });
    return (await this.save({ ...options, dryRun: false })) as this;
  }

  /** The runs that it has started, as a query that has not been sent. */
  queryRuns(): RunHistoryQuery {
    return RunHistory.query(Template.stateOf(this).client).setTemplateIds([String(Template.stateOf(this).key)]);
  }

  protected override check(): void {
    sqlOf(this.sql ?? "", []);
  }
}
