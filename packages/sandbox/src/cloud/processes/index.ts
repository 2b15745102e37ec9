import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudPart, CloudRoute } from "../part.js";
import { LAST_ROW, readInteger, readObject, readText, readTexts } from "../search/index.js";
import { facetsOf, rowsOf, suggestions } from "./answers.js";
import { chosen, processDocuments } from "./documents.js";
import { countFacets } from "./facets.js";
import { processFields } from "./fields.js";
import { searchJobsOf } from "./jobs.js";
import { findByGuid, summaryOf, treeOf } from "./relatives.js";
import { type RowResult, statusOf } from "./results.js";
import { findRows, processIndexes, processScope } from "./search.js";
import { validate } from "./validation.js";

const V1 = "/api/investigate/v1/orgs/:org/processes";
const V2 = "/api/investigate/v2/orgs/:org/processes";
const CLASSIC = "/threathunter/search/v1/orgs/:org/processes";
const READ = "org.search.events(READ)";
const CREATE = "org.search.events(CREATE)";

const ROWS = "processes";
const DETAILS = "processes/details";
const FACETS = "processes/facets";
const SUMMARIES = "processes/summaries";

/** Searching for processes: jobs that are asked again and again, and the routes of earlier days. */
export function processesPart(context: CloudContext): CloudPart {
  const jobs = searchJobsOf(context);
  const indexes = processIndexes(context);
  const bodyOf = (request: SandboxRequest): Record<string, unknown> => readObject(request.json());

  const begin = (kind: string, result: unknown): SandboxReply => {
    indexes.want();
    return { status: 200, body: { job_id: jobs.begin(kind, result).id } };
  };

  const search = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const fields = readTexts(body["fields"], "fields");
    const asked = readInteger(body["rows"], "rows", 0, LAST_ROW);
    const most = Math.min(asked === undefined || asked === 0 ? LAST_ROW : asked, context.behaviour.searchWindow);
    const found = findRows(context, processScope(context), body, most);
    const show = (rows: readonly number[]): unknown[] =>
      processDocuments(context, rows).map((document) => chosen(document, fields));
    return begin(ROWS, { ...found, show } satisfies RowResult);
  };

  const details = (request: SandboxRequest): SandboxReply => {
    const guids = readTexts(bodyOf(request)["process_guids"], "process_guids");
    if (guids.length === 0) throw new HttpProblem(400, "process_guids says which processes");
    const rows = guids.flatMap((guid) => findByGuid(context, guid) ?? []);
    return begin(DETAILS, {
      total: rows.length,
      rows,
      show: (some) => processDocuments(context, some),
    } satisfies RowResult);
  };

  const summaries = (request: SandboxRequest): SandboxReply => {
    const guid = readText(bodyOf(request)["process_guid"], "process_guid");
    if (guid === undefined) throw new HttpProblem(400, "process_guid says which process");
    return begin(SUMMARIES, guid);
  };

  const summaryOfJob = (request: SandboxRequest): SandboxReply => {
    const { job, progress } = jobs.ask<string>(SUMMARIES, request.params["job"]);
    const format = request.query.get("format") ?? "summary";
    if (format !== "summary" && format !== "tree")
      throw new HttpProblem(400, `format is summary or tree, not ${format}`);
    if (progress.share < 1) return { status: 200, body: { exception: "", ...statusOf(progress) } };
    const found = format === "tree" ? treeOf(context, job.result) : summaryOf(context, job.result);
    const exception = found === undefined ? "NOT_FOUND" : "";
    return { status: 200, body: { exception, ...(found && { [format]: found }), ...statusOf(progress) } };
  };

  const status = (request: SandboxRequest): SandboxReply => {
    const { progress } = jobs.ask(ROWS, request.params["job"]);
    return { status: 200, body: statusOf(progress) };
  };

  const removed = (request: SandboxRequest): SandboxReply => {
    jobs.remove(ROWS, request.params["job"]);
    return { status: 204 };
  };

  const list = (prefix: string) => (): SandboxReply => ({
    status: 200,
    body: { query_ids: jobs.ids(ROWS).map((id) => `${prefix}${id}`) },
  });

  const valid = ({ query }: SandboxRequest): SandboxReply => {
    const text = query.get("q") ?? query.get("query");
    if (text === null) throw new HttpProblem(400, "q is the query that is to be looked at");
    return { status: 200, body: validate(context, text, processFields(context)) };
  };
  const validBody = (request: SandboxRequest): SandboxReply => {
    const text = readText(bodyOf(request)["query"], "query") ?? "";
    return { status: 200, body: validate(context, text, processFields(context)) };
  };

  const suggested: CloudRoute["handle"] = (request) => suggestions(request, processFields(context).keys());

  const limits = (): SandboxReply => {
    const bounds = context.store.database.first<{ lower: number | null; upper: number | null }>(
      "SELECT (SELECT min(start) FROM process) AS lower, (SELECT max(last_update) FROM segment) AS upper",
    );
    const now = Math.floor(context.now());
    return {
      status: 200,
      body: {
        status_code: 200,
        time_bounds: { lower: bounds?.lower ?? now, upper: Math.max(now, bounds?.upper ?? 0) },
      },
    };
  };

  // Whoever asks for relatives in the old way asks again until all of them are there.
  const begun = new Map<string, number>();
  const isComplete = (what: string): boolean => {
    const now = context.now();
    const { searchPolls } = context.behaviour;
    for (const [key, time] of begun) if (time < now - 60_000) begun.delete(key);
    if (searchPolls >= 0 && (searchPolls < 2 || begun.has(what))) {
      begun.delete(what);
      return true;
    }
    begun.set(what, now);
    return false;
  };
  const guidIn = ({ query }: SandboxRequest): string => {
    const guid = query.get("process_guid") ?? "";
    if (guid === "") throw new HttpProblem(400, "process_guid says which process");
    return guid;
  };
  const classicSummary = (request: SandboxRequest): SandboxReply => {
    const guid = guidIn(request);
    const found = summaryOf(context, guid);
    if (found === undefined) throw new HttpProblem(404, `There is no process ${guid}`);
    const complete = isComplete(`summary/${guid}`);
    const body = complete ? found : { ...found, children: [], siblings: [] };
    return { status: 200, body: { incomplete_results: !complete, ...body } };
  };
  const classicTree = (request: SandboxRequest): SandboxReply => {
    const guid = guidIn(request);
    const found = treeOf(context, guid);
    if (found === undefined)
      return { status: 200, body: { exception: "NOT_FOUND", incomplete_results: false, nodes: {} } };
    const complete = isComplete(`tree/${guid}`);
    const nodes = complete ? found : { ...found, children: [] };
    return { status: 200, body: { exception: "", incomplete_results: !complete, nodes } };
  };

  const jobRoutes = (name: string, start: CloudRoute["handle"], results: CloudRoute["handle"]): CloudRoute[] => [
    { method: "POST", path: `${V2}/${name}`, needs: CREATE, findings: true, handle: start },
    { method: "GET", path: `${V2}/${name}/:job/results`, needs: READ, findings: true, handle: results },
  ];
  const facets: CloudRoute["handle"] = (request) =>
    begin(FACETS, countFacets(context, processScope(context), bodyOf(request)));
  const validation = "POST /api/investigate/v2/orgs/{org}/processes/search_validation";
  const summaryJobs = "POST /api/investigate/v2/orgs/{org}/processes/summary_jobs";
  const polling = "GET /api/investigate/v2/orgs/{org}/processes/search_jobs/{id}/results";
  const routes: CloudRoute[] = [
    ...jobRoutes("search_jobs", search, rowsOf(jobs, ROWS)),
    ...jobRoutes("detail_jobs", details, rowsOf(jobs, DETAILS)),
    ...jobRoutes("facet_jobs", facets, facetsOf(jobs, FACETS)),
    ...jobRoutes("summary_jobs", summaries, summaryOfJob),
    { method: "POST", path: `${V2}/search_validation`, needs: READ, handle: validBody },
    { method: "GET", path: `${V2}/search_suggestions`, needs: READ, handle: suggested },
    { method: "DELETE", path: `${V2}/search_jobs/:job`, needs: CREATE, handle: removed },
    { method: "DELETE", path: `${V1}/search_jobs/:job`, needs: CREATE, handle: removed },
    { method: "GET", path: `${V1}/search_jobs`, needs: READ, handle: list("") },
    { method: "GET", path: `${V1}/limits`, needs: READ, handle: limits },
    { method: "GET", path: `${V1}/search_suggestions`, needs: READ, handle: suggested },
    // Of earlier days.
    { method: "GET", path: `${V1}/search_validation`, needs: READ, retired: validation, handle: valid },
    { method: "GET", path: `${V1}/search_jobs/:job`, needs: READ, retired: polling, handle: status },
    { method: "GET", path: `${V1}/summary`, needs: READ, retired: summaryJobs, findings: true, handle: classicSummary },
    { method: "GET", path: `${CLASSIC}/tree`, needs: READ, retired: summaryJobs, findings: true, handle: classicTree },
    { method: "GET", path: `${CLASSIC}/search_validation`, needs: READ, retired: validation, handle: valid },
    {
      ...{ method: "GET", path: `${CLASSIC}/search_jobs`, needs: READ },
      ...{ retired: "GET /api/investigate/v1/orgs/{org}/processes/search_jobs", handle: list(`${context.orgKey}/`) },
    },
    {
      ...{ method: "GET", path: `${CLASSIC}/limits`, needs: READ },
      ...{ retired: "GET /api/investigate/v1/orgs/{org}/processes/limits", handle: limits },
    },
  ];
  return { routes, making: () => indexes.making, close: () => indexes.close() };
}
