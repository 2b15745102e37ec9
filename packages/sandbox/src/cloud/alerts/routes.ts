import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { readObject, WriteBody } from "../../server/write-body.js";
import { auditOf } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { connectorOf, jobsOf } from "../jobs/jobs.js";
import type { CloudRoute, MakePart } from "../part.js";
import type { Fields } from "../policies/record.js";
import { unknownValue } from "../problem.js";
import { idOf } from "../processes/guid.js";
import { readWindow } from "../search/index.js";
import { isObject, readObject as readFields } from "../search/values.js";
import { csvOf } from "../table.js";
import { alertsOf } from "./alerts.js";
import { AlertChanges, readChange } from "./changes.js";
import { classicAlertRoutes } from "./classic-routes.js";
import { alertDocument } from "./documents.js";
import { countFacets } from "./facets.js";
import { PRESENT } from "./fields.js";
import { groupsOf } from "./groups.js";
import { noteRoutes } from "./note-routes.js";
import type { AlertRecord } from "./record.js";
import { revealRoutes } from "./reveal.js";
import { alertSearchOf, type Found } from "./search.js";
import { suggestions } from "./suggest.js";

const ORG = "/api/alerts/v7/orgs/:org";
const READ = "org.alerts(READ)";
const USUAL_ROWS = 20;
/** A file holds no more rows. */
const EXPORTED_ROWS = 25_000;
/** No search is read further. */
const READABLE = 10_000;

/** Alerts: those of the present service, and the classic one over the same. */
export const alertsPart: MakePart = (context) => {
  const alerts = alertsOf(context);
  context.shared.alertsOf = (ids) => alerts.ofProcesses(ids);
  context.shared.processesOfAlert = (id) => processesIn(context, id);
  const told = [
    ...alertRoutes(context),
    ...groupRoutes(context),
    ...noteRoutes(context),
    ...classicAlertRoutes(context),
  ];
  return {
    routes: [...told.map((route) => ({ ...route, findings: true as const })), ...revealRoutes()],
    tick: (tick, now) => alerts.tick(tick, now),
  };
};

/** The processes that an alert is about, by their ids. */
function processesIn(context: CloudContext, alert: string): string[] {
  const guid = context.store.collection("cloud_alert").get(alert)?.shown["process_guid"];
  return typeof guid === "string" ? [idOf(context.orgKey, guid) ?? []].flat() : [];
}

function alertRoutes(context: CloudContext): CloudRoute[] {
  const alerts = alertsOf(context);
  const search = alertSearchOf(context);
  const changes = new AlertChanges(context);
  const one = ({ params }: SandboxRequest): AlertRecord => {
    const found = alerts.get(params["id"] ?? "");
    if (found === undefined || found.shown.type === "VMWARE") {
      throw new HttpProblem(404, `Alert ${params["id"]} was not found`);
    }
    return found;
  };
  return [
    {
      ...{ method: "POST", path: `${ORG}/alerts/_search`, needs: READ },
      handle: (request) => {
        const body = readFields(request.json());
        const { skipped, rows } = readWindow(body, 1, USUAL_ROWS);
        const found = search.find(PRESENT, body);
        const results = found.slice(skipped, skipped + rows).map(({ record }) => alertDocument(record));
        const num_available = Math.min(READABLE, found.length);
        return { status: 200, body: { results, num_found: found.length, num_available } };
      },
    },
    {
      ...{ method: "POST", path: `${ORG}/alerts/_facet`, needs: READ },
      handle: (request) => {
        const body = readFields(request.json());
        return { status: 200, body: { results: countFacets(body, search.find(PRESENT, body), "present") } };
      },
    },
    {
      ...{ method: "POST", path: `${ORG}/alerts/workflow`, needs: "org.alerts.close(EXECUTE)" },
      handle: (request) => {
        const change = readChange(readObject(request));
        const records = search.find(PRESENT, readFields(request.json())).map(({ record }) => record);
        return { status: 200, body: { request_id: String(changes.start(request, records, change).id) } };
      },
    },
    {
      ...{ method: "POST", path: `${ORG}/alerts/_export`, needs: READ },
      handle: (request) => {
        const body = readFields(request.json());
        const wanted = new WriteBody(body);
        const format = wanted.text("format");
        if (format !== "CSV") throw unknownValue("format", format ?? null, ["CSV"]);
        const fields = wanted.texts("fields") ?? [];
        const limit = wanted.integer("rows", 0, EXPORTED_ROWS) ?? EXPORTED_ROWS;
        const found = search.find(PRESENT, body).slice(0, limit);
        const job = jobsOf(context).create({
          ...{ type: "EXTERNAL", connector: connectorOf(request), total: found.length, parameters: { request: body } },
          work: () => ({ output: { type: "text/csv", body: exported(found, fields) } }),
        });
        auditOf(context).note(request, `Exported ${found.length} alerts`);
        return { status: 200, body: { job_id: job.id } };
      },
    },
    {
      ...{ method: "GET", path: `${ORG}/alerts/search_suggestions`, needs: READ },
      handle: (request) => suggestions(request, PRESENT, search.all(PRESENT)),
    },
    {
      ...{ method: "GET", path: `${ORG}/alerts/:id`, needs: READ },
      handle: (request) => ({ status: 200, body: alertDocument(one(request)) }),
    },
    {
      ...{ method: "GET", path: `${ORG}/alerts/:id/history`, needs: READ },
      handle: (request) => ({ status: 200, body: { history: [...one(request).history].reverse() } }),
    },
    {
      ...{ method: "GET", path: `${ORG}/threats/:threat/history`, needs: READ },
      handle: ({ params }) => {
        const threat = params["threat"] ?? "";
        const records = alerts.ofThreat(threat);
        if (records.length === 0) throw new HttpProblem(404, `Threat ${threat} was not found`);
        const history = [...alerts.threat(threat).history, ...records.flatMap((record) => record.history)];
        history.sort((a, b) => (String(a["timestamp"]) < String(b["timestamp"]) ? 1 : -1));
        return { status: 200, body: { history } };
      },
    },
  ];
}

/** Columns of a file where nobody names them: what is there in most documents, and is no list and no object. */
function exported(found: readonly Found[], wanted: readonly string[]): string {
  const documents = found.map(({ record }) => flat(alertDocument(record)));
  const names = wanted.length > 0 ? wanted : [...new Set(documents.flatMap((document) => Object.keys(document)))];
  return csvOf(names, documents);
}

/** `workflow.status` for what lies deeper; lists in one cell. */
function flat(document: Fields): Fields {
  return Object.fromEntries(
    Object.entries(document).flatMap(([name, value]): [string, unknown][] => {
      if (isObject(value)) return Object.entries(value).map(([inner, each]) => [`${name}.${inner}`, each]);
      if (!Array.isArray(value)) return [[name, value]];
      return [[name, value.map((each: unknown) => (isObject(each) ? JSON.stringify(each) : String(each))).join(";")]];
    }),
  );
}

function groupRoutes(context: CloudContext): CloudRoute[] {
  const search = alertSearchOf(context);
  return [
    {
      ...{ method: "POST", path: `${ORG}/grouped_alerts/_search`, needs: READ },
      handle: (request) => {
        const { sort, ...body } = readFields(request.json());
        const { skipped, rows } = readWindow(body, 1, USUAL_ROWS);
        const found = search.find(PRESENT, body);
        const { groups, counted } = groupsOf(found, body["group_by"], sort);
        return {
          status: 200,
          body: {
            results: groups.slice(skipped, skipped + rows),
            num_found: groups.length,
            num_available: Math.min(READABLE, groups.length),
            group_by_total_count: counted,
          },
        };
      },
    },
    {
      ...{ method: "POST", path: `${ORG}/grouped_alerts/_facet`, needs: READ },
      handle: (request) => {
        const body = readFields(request.json());
        const found = search.find(PRESENT, body);
        // The field is checked, though what is counted are alerts.
        groupsOf(found, body["group_by"], undefined);
        return { status: 200, body: { results: countFacets(body, found, "present") } };
      },
    },
  ];
}
