import { zipSync } from "fflate";
import { readFlag } from "../../../server/parameters.js";
import type { SandboxReply, SandboxRequest } from "../../../server/product.js";
import type { CloudContext } from "../../context.js";
import { connectorOf, jobsOf, type NewJob } from "../../jobs/jobs.js";
import type { CloudRoute } from "../../part.js";
import { readObject } from "../../search/index.js";
import { summaryDocument } from "../runs/document.js";
import type { RunRecord } from "../runs/record.js";
import type { Runs } from "../runs/runs.js";
import { csvOf } from "./csv.js";
import { differential } from "./differential.js";
import { resultDocument, resultsOf } from "./rows.js";
import { scroll } from "./scroll.js";
import { answerPage, countFacets, findAll, searchedDevices, searchedResults } from "./search.js";

const BASE = "/livequery/v1/orgs/:org";
const READ = "livequery.manage(READ)";
const ARCHIVED = Date.UTC(2020, 0, 2);

/** What devices have answered: rows, devices, counts, exports, differences. */
export function resultRoutes(context: CloudContext, runs: Runs): CloudRoute[] {
  const post = (path: string, handle: (request: SandboxRequest) => SandboxReply): CloudRoute => ({
    ...{ method: "POST", path: `${BASE}/${path}`, needs: READ, handle },
  });
  const results = (run: RunRecord) => searchedResults(resultsOf(runs, run));
  const locate = ({ params }: SandboxRequest): RunRecord => runs.get(params["id"]);
  /** A job that makes a file, and where it is to be asked for. */
  const job = (request: SandboxRequest, type: string, work: NewJob["work"]): SandboxReply => {
    const { id } = jobsOf(context).create({ type, connector: connectorOf(request), work });
    const ref_url = `${context.url()}/jobs/v1/orgs/${context.orgKey}/jobs/${id}`;
    return { status: 200, body: { ref_url, job_id: id } };
  };

  function exported(request: SandboxRequest): SandboxReply {
    const run = locate(request);
    const { start: _, rows: __, ...body } = readObject(request.json());
    const made = (): string => csvOf(findAll(context, body, results(run)));
    if (readFlag(request.query, "async")) {
      // What makes no sense is refused at once, and not by the job.
      findAll(context, body, searchedResults([]));
      return job(request, "livequery_export", () => ({ output: { type: "text/csv", body: made() } }));
    }
    const csv = made();
    if (!readFlag(request.query, "download"))
      return { status: 200, headers: { "Content-Type": "text/csv" }, body: csv };
    const zip = zipSync({ [`${run.id}.csv`]: [Buffer.from(csv), { mtime: ARCHIVED, level: 1 }] });
    const headers = {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename=${run.id}.zip`,
    };
    return { status: 200, headers, body: Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength) };
  }

  return [
    post("runs/:id/results/_search", (request) => {
      if (request.query.get("format")?.toLowerCase() === "csv") return exported(request);
      const run = locate(request);
      return answerPage(context, request, results(run), resultDocument);
    }),
    post("runs/:id/results/_facet", (request) => {
      const run = locate(request);
      return { status: 200, body: { terms: countFacets(context, readObject(request.json()), results(run)) } };
    }),
    post("runs/:id/results/device_summaries/_search", (request) => {
      const run = locate(request);
      return answerPage(context, request, searchedDevices(run.devices), (device) => summaryDocument(run, device));
    }),
    post("runs/:id/results/device_summaries/_facet", (request) => {
      const run = locate(request);
      return {
        status: 200,
        body: { terms: countFacets(context, readObject(request.json()), searchedDevices(run.devices)) },
      };
    }),
    post("runs/results/_scroll", (request) => ({ status: 200, body: scroll(context, runs, request.json()) })),
    post("differential/runs/_search", (request) => {
      const body = request.json();
      const found = differential(context, runs, body);
      if (!readFlag(request.query, "async")) return { status: 200, body: found };
      return job(request, "livequery_differential", () => ({
        output: { type: "application/json", body: JSON.stringify(found) },
      }));
    }),
  ];
}
