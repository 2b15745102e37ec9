import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { readObject } from "../../server/write-body.js";
import { auditOf } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { jobsOf } from "../jobs/jobs.js";
import type { CloudRoute } from "../part.js";
import type { Fields } from "../policies/record.js";
import { readWindow } from "../search/index.js";
import { readObject as readFields } from "../search/values.js";
import { alertsOf } from "./alerts.js";
import { AlertChanges, readClassicChange } from "./changes.js";
import { classicAlert, classicWorkflow } from "./documents.js";
import { countFacets } from "./facets.js";
import { CLASSIC } from "./fields.js";
import type { AlertRecord, AlertType } from "./record.js";
import { alertSearchOf, type Found } from "./search.js";
import { suggestions } from "./suggest.js";

const ORG = "/appservices/v6/orgs/:org";
const READ = "org.alerts(READ)";
const DISMISS = "org.alerts.dismiss(EXECUTE)";
const GONE = { retired: "ask /api/alerts/v7/orgs/{org}/alerts" };
const USUAL_ROWS = 20;

/** The kinds of alerts that have paths of their own. */
const KINDS: readonly { path: string; type?: AlertType }[] = [
  { path: "alerts" },
  { path: "alerts/watchlist", type: "WATCHLIST" },
  { path: "alerts/cbanalytics", type: "CB_ANALYTICS" },
  { path: "alerts/vmware", type: "VMWARE" },
];

const STATES = { CREATED: "QUEUED", IN_PROGRESS: "IN_PROGRESS", COMPLETED: "FINISHED", FAILED: "FAILED" } as const;

/** Alerts in the classic form. */
export function classicAlertRoutes(context: CloudContext): CloudRoute[] {
  const alerts = alertsOf(context);
  const search = alertSearchOf(context);
  const changes = new AlertChanges(context);
  const one = ({ params }: SandboxRequest): AlertRecord => {
    const found = alerts.get(params["id"] ?? "");
    if (found === undefined) throw new HttpProblem(404, `Alert ${params["id"]} was not found`);
    return found;
  };
  const find = (body: Fields, type: AlertType | undefined): Found[] =>
    search.find(CLASSIC, body).filter(({ record }) => type === undefined || record.shown.type === type);
  return [
    ...KINDS.flatMap(({ path, type }): CloudRoute[] => [
      {
        ...{ method: "POST", path: `${ORG}/${path}/_search`, needs: READ, ...GONE },
        handle: (request) => {
          const body = readFields(request.json());
          const { skipped, rows } = readWindow(body, 1, USUAL_ROWS);
          const shown = shownOf(body, find(body, type));
          return { status: 200, body: { results: shown.slice(skipped, skipped + rows), num_found: shown.length } };
        },
      },
      {
        ...{ method: "POST", path: `${ORG}/${path}/_facet`, needs: READ, ...GONE },
        handle: (request) => {
          const body = readFields(request.json());
          return { status: 200, body: { results: countFacets(body, find(body, type), "classic") } };
        },
      },
      {
        ...{ method: "POST", path: `${ORG}/${path}/workflow/_criteria`, needs: DISMISS, ...GONE },
        handle: (request) => {
          const change = readClassicChange(readObject(request));
          const records = find(readFields(request.json()), type).map(({ record }) => record);
          return { status: 200, body: { request_id: String(changes.start(request, records, change).id) } };
        },
      },
    ]),
    {
      ...{ method: "GET", path: `${ORG}/alerts/search_suggestions`, needs: READ, ...GONE },
      handle: (request) => suggestions(request, CLASSIC, search.all(CLASSIC)),
    },
    {
      ...{ method: "GET", path: `${ORG}/alerts/:id`, needs: READ, ...GONE },
      handle: (request) => ({ status: 200, body: classicAlert(one(request)) }),
    },
    {
      ...{ method: "POST", path: `${ORG}/alerts/:id/workflow`, needs: DISMISS, ...GONE },
      handle: (request) => {
        const change = readClassicChange(readObject(request));
        const changed = changes.apply(one(request), change, request.user.username);
        auditOf(context).note(request, `Changed the workflow of the alert ${changed.id}`);
        return { status: 200, body: classicWorkflow(changed.workflow) };
      },
    },
    {
      ...{ method: "POST", path: `${ORG}/threat/:threat/workflow`, needs: DISMISS, ...GONE },
      handle: (request) => {
        const id = request.params["threat"] ?? "";
        if (alerts.ofThreat(id).length === 0) throw new HttpProblem(404, `Threat ${id} was not found`);
        const change = readClassicChange(readObject(request));
        auditOf(context).note(request, `Changed the workflow of the threat ${id}`);
        return { status: 200, body: classicWorkflow(changes.changeThreat(id, change, request.user.username)) };
      },
    },
    {
      // Later alerts of a threat are still told of here.
      ...{ method: "POST", path: `${ORG}/threat/workflow/_criteria`, needs: DISMISS },
      handle: (request) => {
        const body = readObject(request);
        const change = readClassicChange(body);
        body.require("threat_id");
        const threats = [...new Set(body.texts("threat_id") ?? [])];
        if (threats.length === 0) throw new HttpProblem(400, "threat_id names at least one threat");
        const job = changes.startThreats(request, threats, change);
        return { status: 200, body: { request_id: String(job.id) } };
      },
    },
    {
      ...{ method: "GET", path: `${ORG}/workflow/status/:id`, needs: READ, ...GONE },
      handle: ({ params }) => {
        const id = params["id"] ?? "";
        const jobs = jobsOf(context);
        const known = /^\d{1,15}$/.test(id) ? jobs.ask(Number(id)) : undefined;
        if (known?.type !== "user_workflow_update") throw new HttpProblem(404, `Request ${id} was not found`);
        const failed = known.parameters["failed_ids"] as string[];
        const isOver = known.status === "COMPLETED" || known.status === "FAILED";
        return {
          status: 200,
          body: {
            ...{ id, status: STATES[known.status], num_hits: known.num_total },
            num_success: isOver ? known.num_completed : 0,
            ...(isOver && failed.length > 0
              ? { failed_ids: failed, errors: failed.map((each) => `Alert ${each} could not be changed`) }
              : {}),
            ...(known.errors === null ? {} : { errors: [known.errors] }),
            workflow: known.parameters["workflow"],
          },
        };
      },
    },
  ];
}

/** The documents that are shown: those of a threat together, where that is asked for. */
function shownOf(body: Fields, found: readonly Found[]): Fields[] {
  const { group_results } = readFields(body["criteria"]);
  if (group_results !== undefined && typeof group_results !== "boolean") {
    throw new HttpProblem(400, "criteria.group_results is true or false");
  }
  if (group_results !== true) return found.map(({ record }) => classicAlert(record));
  const groups = new Map<string, AlertRecord[]>();
  for (const { record } of found) {
    const known = groups.get(record.shown.threat_id);
    if (known === undefined) groups.set(record.shown.threat_id, [record]);
    else known.push(record);
  }
  return [...groups.values()].flatMap((records) => {
    const [first] = records;
    const devices = new Set(records.map(({ shown }) => shown.device_id));
    const group_details = { count: records.length, total_devices: devices.size };
    return first === undefined ? [] : [{ ...classicAlert(first), group_details }];
  });
}
