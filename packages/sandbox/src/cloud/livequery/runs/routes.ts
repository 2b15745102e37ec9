import { HttpProblem, type SandboxRequest } from "../../../server/product.js";
import { connectorIn } from "../../accounts.js";
import type { CloudContext } from "../../context.js";
import type { CloudRoute } from "../../part.js";
import { documentFields, readObject } from "../../search/index.js";
import { answerPage, QUERY_FIELDS, queryValues, type Searched } from "../results/search.js";
import { createTemplate } from "../templates/templates.js";
import { runDocument } from "./document.js";
import { readRun } from "./read.js";
import type { RunRecord } from "./record.js";
import type { Runs } from "./runs.js";

const BASE = "/livequery/v1/orgs/:org/runs";

const searched = (rows: readonly RunRecord[]): Searched<RunRecord> => ({
  rows,
  fields: documentFields({
    ...{ ...QUERY_FIELDS, status: "!keyword", template_id: "keyword" },
    ...{ status_update_time: "date", timeout_time: "date", cancellation_time: "date" },
    ...{ active_org_devices: "number", total_results: "number" },
  }),
  values: (run) => ({
    ...{ ...queryValues(run), status: run.status },
    ...{ template_id: run.template_id, status_update_time: run.status_update_time },
    ...{ timeout_time: run.timeout_time, cancellation_time: run.cancellation_time },
    active_org_devices: run.active_org_devices,
    total_results: run.devices.reduce((sum, { rows }) => sum + rows, 0),
  }),
});

/** Starting queries, looking at them, stopping and deleting them. */
export function runRoutes(context: CloudContext, runs: Runs): CloudRoute[] {
  const document = (run: RunRecord): Record<string, unknown> => {
    const template = run.template_id === null ? undefined : runs.templates.find("id", run.template_id);
    return runDocument(context, run, template?.schedule);
  };
  const show = (run: RunRecord) => ({ status: 200, body: document(run) });
  const whoAsks = ({ headers }: SandboxRequest): string => connectorIn(headers) ?? "";
  return [
    {
      ...{ method: "POST", path: BASE, needs: "livequery.manage(CREATE)" },
      handle: (request) => {
        const wanted = readRun(request.json(), context.now());
        const created_by = whoAsks(request);
        const { schedule } = wanted;
        return show(
          schedule === undefined
            ? runs.create({ ...wanted, created_by })
            : createTemplate(context, runs, wanted, schedule, created_by),
        );
      },
    },
    {
      ...{ method: "POST", path: `${BASE}/_search`, needs: "livequery.manage(READ)" },
      handle: (request) => answerPage(context, request, searched(runs.all().reverse()), document),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, needs: "livequery.manage(READ)" },
      handle: ({ params }) => show(runs.get(params["id"])),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/status`, needs: "livequery.manage(UPDATE)" },
      handle: (request) => {
        const run = runs.get(request.params["id"]);
        const { status } = readObject(request.json());
        if (status !== "CANCELLED") {
          throw new HttpProblem(400, "status can be set to CANCELLED, and to nothing else", "INVALID_ENUM_VALUE");
        }
        return show(runs.cancel(run, whoAsks(request)));
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, needs: "livequery.manage(DELETE)" },
      handle: ({ params }) => {
        runs.remove(runs.get(params["id"]));
        return { status: 204 };
      },
    },
  ];
}
