import { HttpProblem } from "../../server/product.js";
import { WriteBody } from "../../server/write-body.js";
import type { CloudContext } from "../context.js";
import { connectorOf, jobsOf } from "../jobs/jobs.js";
import type { CloudRoute, MakePart } from "../part.js";
import type { Fields } from "../policies/record.js";
import { unknownValue } from "../problem.js";
import {
  type CriteriaRules,
  compileBody,
  compileText,
  DocumentSearch,
  documentFields,
  LAST_ROW,
  orderBy,
  readSort,
  readWindow,
} from "../search/index.js";
import { readObject } from "../search/values.js";
import { csvOf } from "../table.js";
import { type AuditRecord, auditOf } from "./audit.js";

const ORG = "/audit_log/v1/orgs/:org/logs";
const RIGHT = { needs: "org.audits(READ)" };
const USUAL_ROWS = 20;
const FORMATS = ["csv", "json"];

const FIELDS = documentFields({
  ...{ actor: "!keyword", actor_ip: "address", description: "!words", request_url: "keyword", org_key: "keyword" },
  ...{ create_time: "isoDate", flagged: "boolean", verbose: "boolean" },
});
const COLUMNS = ["actor_ip", "actor", "create_time", "description", "flagged", "org_key", "request_url", "verbose"];

/** The audit log: searched, exported, and read as a queue; the classic queue over the same. */
export const auditPart: MakePart = (context) => ({ routes: auditRoutes(context) });

function auditRoutes(context: CloudContext): CloudRoute[] {
  const log = auditOf(context);
  const document = ({
    actor,
    actor_ip,
    create_time,
    description,
    flagged,
    request_url,
    verbose,
  }: AuditRecord): Fields => ({
    ...{ actor_ip, actor, create_time: new Date(create_time).toISOString(), description, flagged },
    ...{ org_key: context.orgKey, request_url, verbose },
  });
  const find = (body: Fields): Fields[] => {
    const now = context.now();
    const rules: CriteriaRules = { fields: FIELDS, now };
    const where = compileBody(body, rules, (query) => compileText(query, FIELDS, { now, unknown: "nothing" }));
    const keys = readSort(body["sort"]);
    const order = orderBy(keys.length > 0 ? keys : [{ field: "create_time", descending: true }], FIELDS, "d.key DESC");
    return new DocumentSearch(context.store.database, log.all().map(document)).find(where, order);
  };
  return [
    {
      ...{ method: "POST", path: `${ORG}/_search`, ...RIGHT },
      handle: (request) => {
        const body = readObject(request.json());
        const { skipped, rows } = readWindow(body, 0, USUAL_ROWS);
        const found = find(body);
        const results = found.slice(skipped, skipped + rows);
        return {
          status: 200,
          body: { num_found: found.length, num_available: Math.min(found.length, LAST_ROW), results },
        };
      },
    },
    {
      ...{ method: "GET", path: `${ORG}/_queue`, ...RIGHT },
      handle: (request) => {
        const results = log.take(connectorOf(request)).map(document);
        return { status: 200, body: { results } };
      },
    },
    {
      ...{ method: "POST", path: `${ORG}/_export`, ...RIGHT },
      handle: (request) => {
        const body = readObject(request.json());
        const format = new WriteBody(body).text("format")?.toLowerCase();
        if (format === undefined || !FORMATS.includes(format)) throw unknownValue("format", format ?? null, FORMATS);
        const found = find(body);
        const output =
          format === "csv"
            ? ({ type: "text/csv", body: csvOf(COLUMNS, found) } as const)
            : ({ type: "application/json", body: JSON.stringify(found) } as const);
        const job = jobsOf(context).create({
          ...{ type: "audit_log_export", connector: connectorOf(request), total: found.length },
          parameters: { request: body },
          work: () => ({ output }),
        });
        return { status: 200, body: { job_id: job.id } };
      },
    },
    {
      // Keys of the kind API were opened by it once, and Custom keys by their permission: either will do.
      ...{ method: "GET", path: "/integrationServices/v3/auditlogs" },
      handle: (request) => {
        const { rights } = request.user;
        if (rights !== undefined && !rights.includes("API") && !rights.includes(RIGHT.needs)) {
          throw new HttpProblem(401, "The API key is not of the kind API");
        }
        const notifications = log.take(connectorOf(request)).map((record) => ({
          ...{ requestUrl: record.request_url, eventTime: record.create_time, loginName: record.actor },
          ...{ orgName: context.organisationName, flagged: record.flagged, clientIp: record.actor_ip },
          ...{ verbose: record.verbose, description: record.description },
          eventId: `${context.organisationId}${String(record.id).padStart(8, "0")}`,
        }));
        return { status: 200, body: { success: true, message: "Success", notifications } };
      },
    },
  ];
}
