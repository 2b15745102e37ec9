import { HttpProblem } from "../../../server/product.js";
import type { CloudContext } from "../../context.js";
import type { CloudRoute } from "../../part.js";
import { documentFields } from "../../search/index.js";
import { answerPage, QUERY_FIELDS, queryValues, type Searched } from "../results/search.js";
import { filterDocument, isoTime, scheduleDocument } from "../runs/document.js";
import { readRun } from "../runs/read.js";
import type { TemplateRecord } from "../runs/record.js";
import type { Runs } from "../runs/runs.js";

const BASE = "/livequery/v1/orgs/:org/templates";

/** A template as it is shown. */
function templateDocument({ orgKey }: CloudContext, template: TemplateRecord): Record<string, unknown> {
  const { number: _, filter, ...shown } = template;
  return {
    ...{ org_key: orgKey, ...shown, device_filter: filterDocument(filter) },
    ...{
      schedule: scheduleDocument(template.schedule),
      recommended_query_id: null,
      schema: null,
      destinations: ["LQ"],
    },
    ...{ create_time: isoTime(template.create_time), update_time: isoTime(template.update_time) },
    last_run_create_time: isoTime(template.last_run_create_time),
    next_run_time: isoTime(template.schedule.next_run_time),
  };
}

const searched = (rows: readonly TemplateRecord[]): Searched<TemplateRecord> => ({
  rows,
  fields: documentFields({
    ...{ ...QUERY_FIELDS, update_time: "date" },
    ...{ "schedule.status": "keyword", "schedule.recurrence": "keyword" },
    ...{ last_run_create_time: "date", next_run_time: "date" },
  }),
  values: ({ schedule, ...template }) => ({
    ...queryValues(template),
    ...{ update_time: template.update_time, last_run_create_time: template.last_run_create_time },
    ...{ "schedule.status": schedule.status, "schedule.recurrence": schedule.recurrence },
    next_run_time: schedule.next_run_time,
  }),
});

/** Queries that are sent again and again. */
export function templateRoutes(context: CloudContext, runs: Runs): CloudRoute[] {
  const document = (template: TemplateRecord) => templateDocument(context, template);
  const show = (template: TemplateRecord) => ({ status: 200, body: document(template) });
  return [
    {
      ...{ method: "POST", path: `${BASE}/_search`, needs: "livequery.manage(READ)" },
      handle: (request) => answerPage(context, request, searched(runs.templates.all().reverse()), document),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, needs: "livequery.manage(READ)" },
      handle: ({ params }) => show(runs.template(params["id"])),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id`, needs: "livequery.manage(UPDATE)" },
      handle: (request) => {
        const before = runs.template(request.params["id"]);
        const now = context.now();
        const { sql, name, filter, notify_on_finish, schedule } = readRun(request.json(), now);
        if (schedule === undefined) throw new HttpProblem(400, "schedule is missing: a template has one");
        const stopped = schedule.status === "CANCELLED" && before.schedule.status === "ACTIVE";
        const ended = stopped ? { cancellation_time: now, cancelled_by: request.user.username } : {};
        const after: TemplateRecord = {
          ...{ ...before, sql, name: name ?? sql, filter, notify_on_finish, update_time: now },
          schedule: { ...schedule, previous_run_time: before.schedule.previous_run_time, ...ended },
        };
        runs.templates.put(before.number, after);
        return show(after);
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, needs: "livequery.manage(DELETE)" },
      handle: ({ params }) => {
        runs.templates.remove(runs.template(params["id"]).number);
        return { status: 204 };
      },
    },
  ];
}
