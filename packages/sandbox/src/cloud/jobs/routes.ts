import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute, MakePart } from "../part.js";
import { connectorOf, type JobRecord, jobsOf } from "./jobs.js";

const BASE = "/jobs/v1/orgs/:org/jobs";
const RIGHT = "jobs.status(READ)";

/** Jobs of the platform, which exports and changes of many alerts leave behind: what has come of them, and their files. */
export const jobsPart: MakePart = (context) => {
  const jobs = jobsOf(context);
  const asked = (request: SandboxRequest): JobRecord => {
    const id = request.params["id"] ?? "";
    const known = /^\d{1,15}$/.test(id) ? jobs.get(Number(id)) : undefined;
    // Those of others do not exist for whoever asks.
    if (known === undefined || known.connector !== connectorOf(request)) {
      throw new HttpProblem(404, `Job ${id} was not found`);
    }
    return jobs.ask(known.id) ?? known;
  };
  const routes: CloudRoute[] = [
    {
      ...{ method: "GET", path: BASE, needs: RIGHT },
      handle: (request) => {
        const found = jobs.of(connectorOf(request)).map((job) => jobDocument(context, job));
        return { status: 200, body: { num_found: found.length, results: found } };
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, needs: RIGHT },
      handle: (request) => ({ status: 200, body: jobDocument(context, asked(request)) }),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/progress`, needs: RIGHT },
      handle: (request) => ({ status: 200, body: progressOf(asked(request)) }),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/download`, needs: RIGHT },
      handle: (request) => {
        const job = asked(request);
        if (job.status !== "COMPLETED" || job.output === null) {
          throw new HttpProblem(404, `Job ${job.id} is ${job.status}: there is nothing to download`);
        }
        return { status: 200, headers: { "Content-Type": job.output.type }, body: job.output.body };
      },
    },
  ];
  return { routes, tick: () => jobs.tick(), close: () => jobs.finish() };
};

const progressOf = ({ num_total, num_completed, message }: JobRecord) => ({ num_total, num_completed, message });

/** A job as everybody is shown it: where an export answers with the job itself, as well. */
export function jobDocument({ orgKey }: CloudContext, job: JobRecord): Record<string, unknown> {
  return {
    ...{ id: job.id, type: job.type, status: job.status, progress: progressOf(job), errors: job.errors },
    ...{ job_parameters: { job_parameters: job.parameters }, connector_id: job.connector, owner_id: 0 },
    org_key: orgKey,
    create_time: new Date(job.create_time).toISOString(),
    last_update_time: new Date(job.last_update_time).toISOString(),
  };
}
