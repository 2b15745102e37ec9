import { readCount } from "../../server/parameters.js";
import type { SandboxReply, SandboxRequest } from "../../server/product.js";
import type { CloudRoute } from "../part.js";
import type { Facets } from "./facets.js";
import type { SearchJobs } from "./jobs.js";
import { pageOf, type RowResult, statusOf } from "./results.js";
import { suggest } from "./validation.js";

/** Answers with a page of the rows that a search of this kind has by now. */
export const rowsOf =
  (jobs: SearchJobs, kind: string): CloudRoute["handle"] =>
  (request) => {
    const { job, progress } = jobs.ask<RowResult>(kind, request.params["job"]);
    return pageOf(request, job.result, progress);
  };

/** Answers with what a search of this kind has counted by now, and no more than `limit` values of each field. */
export const facetsOf =
  (jobs: SearchJobs, kind: string): CloudRoute["handle"] =>
  (request) => {
    const { job, progress } = jobs.ask<Facets>(kind, request.params["job"]);
    const limit = readCount(request.query, "limit", Number.MAX_SAFE_INTEGER);
    return { status: 200, body: { ...facetsSoFar(job.result, progress.share, limit), ...statusOf(progress) } };
  };

/** Which of the names of fields a request may mean. */
export function suggestions({ query }: SandboxRequest, names: Iterable<string>): SandboxReply {
  const count = readCount(query, "suggest.count", 10);
  return { status: 200, body: { suggestions: suggest(query.get("suggest.q") ?? "", count, names) } };
}

function facetsSoFar({ num_found, terms, ranges }: Facets, share: number, limit: number): Record<string, unknown> {
  const part = (count: number): number => (share === 1 ? count : Math.floor(count * share));
  return {
    num_found: part(num_found),
    terms: terms.map(({ field, values }) => ({
      field,
      values: values.slice(0, limit).map(({ total, ...value }) => ({ total: part(total), ...value })),
    })),
    ranges: ranges.map(({ values, ...range }) => ({
      ...range,
      values: values.map(({ total, name }) => ({ total: part(total), name })),
    })),
  };
}
