import { CbThreatHunterAPI, type CbThreatHunterOptions } from "../threathunter/client.js";
import { type CloudAnswer, type CloudRequest, cloudServer } from "./cloud-server.js";

const V1 = "/api/investigate/v1/orgs/{org}/processes";
const V2 = "/api/investigate/v2/orgs/{org}/processes";

/** A search that was submitted, as the server has it. */
export interface SubmittedSearch {
  readonly id: string;
  /** Its body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** How often its results or its status have been asked for. */
  looks: number;
}

/** How the server searches. */
export interface Searching {
  /** What a search finds, in the order that it asks for. */
  readonly rows?: (search: SubmittedSearch) => readonly object[];
  /** The searchers, and how many of them have answered when they are looked at. Default: all at once. */
  readonly progress?: (search: SubmittedSearch) => { readonly contacted: number; readonly completed: number };
  /** Fields of the answer in place of its own; `undefined` for a search whose results are gone. */
  readonly answer?: (search: SubmittedSearch) => object | undefined;
  readonly valid?: boolean;
}

/** How many searches a test may submit. */
const JOBS = 12;

/** How many rows of one search can be read. */
export const WINDOW = 10_000;

/**
 * A server on this machine that searches for processes as the service does: it validates, takes a search on as a job, lets it
 * ripen, and gives its results. And a client for it.
 */
export async function searchServer(
  {
    rows = () => [],
    progress = () => ({ contacted: 3, completed: 3 }),
    answer = () => ({}),
    valid = true,
  }: Searching = {},
  options: CbThreatHunterOptions = {},
  routes: Readonly<Record<string, CloudAnswer | ((request: CloudRequest) => CloudAnswer)>> = {},
) {
  const searches: SubmittedSearch[] = [];
  const validation = {
    valid,
    ...(valid ? {} : { invalid_message: "Invalid Query Parameter", invalid_trigger_offset: 13 }),
  };
  const results = (search: SubmittedSearch | undefined, query: URLSearchParams): CloudAnswer => {
    if (search === undefined) return undefined;
    const found = rows(search);
    search.looks++;
    const special = answer(search);
    if (special === undefined) return undefined;
    const start = Number(query.get("start") ?? 0);
    const end = Math.min(start + Number(query.get("rows") ?? 10), WINDOW);
    const numbers = { num_found: found.length, num_available: Math.min(found.length, WINDOW) };
    return { results: found.slice(start, end), ...numbers, ...progress(search), ...special };
  };
  const ofJobs = Array.from({ length: JOBS }, (_, index) => {
    const id = `job-${index}`;
    return {
      [`GET ${V2}/search_jobs/${id}/results`]: ({ query }: CloudRequest) => results(searches[index], query),
      [`GET ${V1}/search_jobs/${id}`]: () => {
        const search = searches[index];
        if (search === undefined) return undefined;
        search.looks++;
        return progress(search);
      },
    };
  });
  const server = await cloudServer(
    {
      [`POST ${V2}/search_validation`]: validation,
      [`GET ${V1}/search_validation`]: validation,
      [`POST ${V2}/search_jobs`]: ({ body }: CloudRequest) => {
        const id = `job-${searches.length}`;
        searches.push({ id, body: body as SubmittedSearch["body"], looks: 0 });
        return { job_id: id };
      },
      ...Object.assign({}, ...ofJobs),
      ...routes,
    },
    options,
    CbThreatHunterAPI,
  );
  return { ...server, searches };
}
