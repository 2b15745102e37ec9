import { raw, sql } from "../../query/index.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudPart, CloudRoute } from "../part.js";
import { facetsOf, rowsOf, suggestions } from "../processes/answers.js";
import { chosen } from "../processes/documents.js";
import { countFacets } from "../processes/facets.js";
import { searchJobsOf } from "../processes/jobs.js";
import { type RowResult, statusOf } from "../processes/results.js";
import { findByIds, findRows, groupedBy, type Scope } from "../processes/search.js";
import { validate } from "../processes/validation.js";
import { guardSearch, LAST_ROW, readInteger, readObject, readText, readTexts } from "../search/index.js";
import { activityDocuments, USUAL_FIELDS } from "./documents.js";
import { ACTIVITIES, activityScope, type Kind, LOGONS } from "./kinds.js";

const V1 = "/api/investigate/v1/orgs/:org";
const V2 = "/api/investigate/v2/orgs/:org";
const READ = "org.search.events(READ)";
const CREATE = "org.search.events(CREATE)";

/** A kind of events that is searched by jobs. */
interface Definition {
  /** As in paths: `observations`. */
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** The field that rows are known by. */
  readonly key: string;
  /** By what details are asked for. */
  readonly ids: string;
  /** What rows can be put together by; nothing where there are no groups. */
  readonly groups?: readonly string[];
}

const DEFINITIONS: readonly Definition[] = [
  {
    ...{ name: "observations", kinds: ACTIVITIES, key: "observation_id", ids: "observation_ids" },
    groups: ["observation_type", "device_name", "process_username", "attack_tactic"],
  },
  {
    ...{ name: "auth_events", kinds: LOGONS, key: "event_id", ids: "event_ids" },
    groups: [
      ...["auth_domain_name", "auth_event_action", "auth_username", "backend_timestamp", "childproc_count"],
      ...["crossproc_count", "device_group_id", "device_id", "device_name", "device_policy_id", "device_timestamp"],
      ...["event_id", "filemod_count", "ingress_time", "modload_count", "netconn_count", "org_id", "parent_guid"],
      ...["parent_pid", "process_guid", "process_hash", "process_name", "process_pid", "process_username"],
      ...["regmod_count", "scriptload_count", "windows_event_id"],
    ],
  },
  { name: "enriched_events", kinds: ACTIVITIES, key: "event_id", ids: "event_ids" },
];

/** Observations, logons and enriched events: lines about what processes did. */
export function observationsPart(context: CloudContext): CloudPart {
  const aggregated = aggregation(context);
  return {
    routes: [
      ...DEFINITIONS.flatMap((definition) => routesOf(context, definition)),
      ...aggregated,
      {
        ...{ method: "GET", path: `${V2}/auth_events/descriptions`, needs: READ },
        handle: () => ({ status: 200, body: DESCRIPTIONS }),
      },
    ],
  };
}

const DESCRIPTIONS = {
  auth_event_action: { LOGON_SUCCESS: "An account was successfully logged on" },
  windows_event_id: { "4624": "An account was successfully logged on" },
};

/** What a search for rows keeps, so that they can be put into groups later on. */
interface Lines extends RowResult {
  readonly scope: Scope;
}

const bodyOf = (request: SandboxRequest): Record<string, unknown> => readObject(request.json());

function linesOf(context: CloudContext, { kinds, key }: Definition, body: Record<string, unknown>): Lines {
  const fields = readTexts(body["fields"], "fields");
  readInteger(body["rows"], "rows", 0, LAST_ROW);
  const scope = activityScope(context, kinds);
  const found = findRows(context, scope, body, Math.min(LAST_ROW, context.behaviour.searchWindow));
  return {
    ...{ ...found, scope },
    show: (rows) => activityDocuments(context, rows).map((each) => chosen(each, fields, key, USUAL_FIELDS)),
    more: { approximate_unaggregated: found.total, num_aggregated: found.rows.length },
  };
}

function routesOf(context: CloudContext, definition: Definition): CloudRoute[] {
  const { name, kinds, ids, groups } = definition;
  const jobs = searchJobsOf(context);
  const base = `${V2}/${name}`;
  const begin = (kind: string, result: unknown): SandboxReply => ({
    status: 200,
    body: { job_id: jobs.begin(kind, result).id },
  });

  const search = (request: SandboxRequest): SandboxReply => begin(name, linesOf(context, definition, bodyOf(request)));

  const details = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const alert = readText(body["alert_id"], "alert_id");
    const wanted = readTexts(body[ids], ids);
    if ((alert === undefined) === (wanted.length === 0)) {
      throw new HttpProblem(400, `Either alert_id or ${ids} says of what the details are wanted`);
    }
    const scope = activityScope(context, kinds);
    const processes = alert === undefined ? undefined : context.shared.processesOfAlert(alert);
    const rows = findByIds(context, scope, processes ?? wanted, processes === undefined ? definition.key : undefined);
    return begin(`${name}/details`, {
      ...{ total: rows.length, rows, show: (some: readonly number[]) => activityDocuments(context, some) },
    } satisfies RowResult);
  };

  const valid = (text: string): SandboxReply => ({
    status: 200,
    body: validate(context, text, activityScope(context, kinds).fields),
  });
  const suggested = (request: SandboxRequest): SandboxReply =>
    suggestions(request, activityScope(context, kinds).fields.keys());

  return [
    { method: "POST", path: `${base}/search_jobs`, needs: CREATE, findings: true, handle: search },
    {
      method: "GET",
      path: `${base}/search_jobs/:job/results`,
      needs: READ,
      findings: true,
      handle: rowsOf(jobs, name),
    },
    { method: "POST", path: `${base}/detail_jobs`, needs: CREATE, findings: true, handle: details },
    {
      method: "GET",
      path: `${base}/detail_jobs/:job/results`,
      needs: READ,
      findings: true,
      handle: rowsOf(jobs, `${name}/details`),
    },
    {
      ...{ method: "POST", path: `${base}/facet_jobs`, needs: CREATE, findings: true },
      handle: (request) =>
        begin(`${name}/facets`, countFacets(context, activityScope(context, kinds), bodyOf(request))),
    },
    { method: "GET", path: `${base}/facet_jobs/:job/results`, needs: READ, handle: facetsOf(jobs, `${name}/facets`) },
    {
      ...{ method: "GET", path: `${base}/search_validation`, needs: READ },
      handle: ({ query }) => valid(query.get("q") ?? ""),
    },
    {
      ...{ method: "POST", path: `${base}/search_validation`, needs: READ },
      handle: (request) => valid(readText(bodyOf(request)["query"], "query") ?? ""),
    },
    { method: "GET", path: `${base}/search_suggestions`, needs: READ, handle: suggested },
    ...(groups === undefined
      ? []
      : [
          {
            ...{
              method: "POST" as const,
              path: `${base}/search_jobs/:job/group_results`,
              needs: READ,
              findings: true as const,
            },
            handle: (request: SandboxRequest) => groupResults(context, definition, groups, request),
          },
        ]),
  ];
}

/** The rows of a search, put together by the values of fields: a group for each value of each of them. */
function groupResults(
  context: CloudContext,
  { name, key }: Definition,
  known: readonly string[],
  request: SandboxRequest,
): SandboxReply {
  const { job, progress } = searchJobsOf(context).ask<Lines>(name, request.params["job"]);
  const body = bodyOf(request);
  const fields = readTexts(body["fields"], "fields");
  const unknown = fields.find((field) => !known.includes(field));
  if (fields.length === 0 || unknown !== undefined) {
    throw new HttpProblem(400, `fields are some of ${known.join(", ")}`);
  }
  const most = readInteger(body["rows"], "rows", 0, LAST_ROW) ?? 500;
  const start = readInteger(body["start"], "start", 0, LAST_ROW) ?? 0;
  const each = readInteger(body["max_events_per_group"], "max_events_per_group", 0, LAST_ROW) ?? 10;
  const { scope, rows, total } = job.result;
  const there = progress.share === 1 ? rows : rows.slice(0, Math.floor(rows.length * progress.share));
  const found = fields.flatMap((field) => {
    const value = groupedBy(scope.fields, field);
    const groups = sql`SELECT json_group_array(json_array(value, lines)) AS list FROM
      (SELECT ${value} AS value, json_group_array(${raw(scope.row)}) AS lines FROM json_each(${JSON.stringify(there)}) j
       CROSS JOIN ${scope.from} WHERE p.proc = CAST(j.value / 8 AS INTEGER) AND k.value = j.value % 8
       GROUP BY 1 ORDER BY count(*) DESC, 1)`;
    const read = guardSearch(() => context.store.database.first<{ list: string }>(groups.sql, groups.params));
    return (JSON.parse(read?.list ?? "[]") as [unknown, string | number[]][]).flatMap(([group, lines]) => {
      if (group === null || group === "") return [];
      return [{ field, group, lines: typeof lines === "string" ? (JSON.parse(lines) as number[]) : lines }];
    });
  });
  const group_results = found.slice(start, start + most).map(({ field, group, lines }) => {
    const documents = activityDocuments(context, lines.slice(0, Math.max(each, 1)));
    const times = documents.map((document) => String(document["device_timestamp"])).sort();
    return {
      ...{ group_key: field, group_value: String(group), total_events: lines.length },
      ...{ group_start_timestamp: times[0], group_end_timestamp: times.at(-1) },
      results: documents.slice(0, each).map((document) => chosen(document, [], key, USUAL_FIELDS)),
    };
  });
  return {
    status: 200,
    body: {
      group_results,
      groups_num_available: found.length,
      num_found: total,
      num_available: there.length,
      ...statusOf(progress),
    },
  };
}

/** Enriched events, one for each process hash or device. */
function aggregation(context: CloudContext): CloudRoute[] {
  const jobs = searchJobsOf(context);
  const definition = DEFINITIONS.find(({ name }) => name === "enriched_events");
  if (definition === undefined) return [];
  const kind = "enriched_events/aggregation";
  return [
    {
      ...{ method: "POST", path: `${V1}/enriched_events/aggregation_jobs/:field`, needs: CREATE, findings: true },
      handle: (request) => {
        const field = request.params["field"];
        if (field !== "process_sha256" && field !== "device_id") {
          throw new HttpProblem(400, `Events are put together by process_sha256 or device_id, not by ${field}`);
        }
        const lines = linesOf(context, definition, { ...bodyOf(request), collapse_field: [field] });
        return { status: 200, body: { job_id: jobs.begin(kind, lines).id } };
      },
    },
    {
      ...{ method: "GET", path: `${V1}/enriched_events/aggregation_jobs/:job/results`, needs: READ, findings: true },
      handle: rowsOf(jobs, kind),
    },
  ];
}
