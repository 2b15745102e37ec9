import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { LONGEST_NAME, readObject, type WriteBody, wrongType } from "../../server/write-body.js";
import {
  ALERT_STATUSES,
  type AlertChange,
  type AlertStatus,
  alertsByDocument,
  changeAlerts,
  findAlerts,
} from "../../store/detection/alerts.js";
import { ignoreSources } from "../../store/detection/sources.js";
import { answerSearch } from "../answer-search.js";
import type { ResponseContext } from "../context.js";
import { alertDocument } from "../documents/alert.js";
import { present } from "../found.js";
import { printTerms } from "../search.js";
import { SUCCESS } from "../success.js";

const OWN = [
  ...["unique_id", "alert_type", "status", "created_time", "resolved_time", "assigned_to", "alert_severity"],
  ...["report_score", "feed_id", "feed_name", "watchlist_id", "watchlist_name", "hostname", "md5", "process_name"],
  ...["ioc_value"],
];
const SORT_FIELDS: ReadonlyMap<string, string> = new Map([
  ...OWN.map((name) => [name, `d.${name}`] as const),
  ["group", "d.group_name"],
  ["username", "d.username_folded"],
  ["process_path", "d.path_folded"],
  ...["sensor_id", "feed_rating", "ioc_type"].map((name) => [name, `json_extract(d.record, '$.${name}')`] as const),
]);

/** Search, and changes of one or of many. */
export function alertRoutes(context: ResponseContext): Route[] {
  return [
    { method: "GET", path: "/api/v2/alert", handle: (request) => ({ status: 200, body: search(context, request) }) },
    {
      method: "POST",
      path: "/api/v1/alert/:id",
      handle: (request) => {
        const id = request.params["id"] ?? "";
        const alert = present(findAlerts(context.store, [id])[0], "Alert");
        const body = readObject(request);
        const named = body.text("unique_id");
        if (named !== undefined && named.toLowerCase() !== id.toLowerCase()) {
          throw new HttpProblem(400, `unique_id is of another alert than ${id}`);
        }
        const change = readChange(body, "status");
        // A whole document says of an alert that nobody has that nobody has it.
        if (body.has("assigned_to") && body.value("assigned_to") === undefined) change.assigned_to = "";
        changeAlerts(context.store, [alert.doc], change, context.now());
        return SUCCESS;
      },
    },
    {
      method: "POST",
      path: "/api/v1/alerts",
      handle: (request) => {
        changeMany(context, readObject(request));
        return SUCCESS;
      },
    },
  ];
}

const SEARCHED = {
  from: "alert",
  sorts: SORT_FIELDS,
  usual: "created_time desc",
  ties: "d.unique_id",
} as const;

function search(context: ResponseContext, request: SandboxRequest): Record<string, unknown> {
  return answerSearch(context, request, SEARCHED, (page, query) => ({
    results: alertsByDocument(context.store, page).map((row) => alertDocument(context.traits, row)),
    terms: printTerms(query),
  }));
}

function changeMany(context: ResponseContext, body: WriteBody): void {
  if (body.has("query")) {
    throw new HttpProblem(400, "Alerts are not changed by query: search them first and send their alert_ids");
  }
  const ids = body.texts("alert_ids") ?? [];
  if (ids.length === 0) throw new HttpProblem(400, "alert_ids must name at least one alert");
  const change = readChange(body, "requested_status");
  const ignored = body.flag("set_ignored");
  if (change.status === undefined && change.assigned_to === undefined && ignored === undefined) {
    throw new HttpProblem(400, "One of requested_status, set_ignored and assigned_to is needed");
  }
  const alerts = findAlerts(context.store, ids);
  changeAlerts(
    context.store,
    alerts.map(({ doc }) => doc),
    change,
    context.now(),
  );
  if (ignored === undefined) return;
  ignoreSources(
    context.store,
    alerts.map(({ source }) => source),
    ignored,
  );
}

function readChange(body: WriteBody, statusField: string): AlertChange {
  const status = body.text(statusField);
  const assignee = body.text("assigned_to", LONGEST_NAME);
  if (status !== undefined && !isStatus(status)) throw wrongType(statusField, `one of ${ALERT_STATUSES.join(", ")}`);
  return {
    ...(status === undefined ? {} : { status }),
    ...(assignee === undefined ? {} : { assigned_to: assignee }),
  };
}

const isStatus = (text: string): text is AlertStatus => (ALERT_STATUSES as readonly string[]).includes(text);
