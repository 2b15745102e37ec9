import type { JobCalls } from "../psc/investigate/job.js";
import type { CloudCall } from "../psc/routes.js";
import { BINARY_CALLS } from "./models/binary/calls.js";
import { INTELLIGENCE_CALLS } from "./models/intelligence/calls.js";

const V1 = "/api/investigate/v1/orgs/{org}";
const V2 = "/api/investigate/v2/orgs/{org}";
const OLD = "/threathunter/search/v1/orgs/{org}/processes";

export const PROCESS_VALIDATION: CloudCall = {
  call: "Process search validation",
  classic: `GET ${V1}/processes/search_validation`,
  current: `POST ${V2}/processes/search_validation`,
  retired: { instead: `POST ${V2}/processes/search_validation` },
};
const PROCESS_SUBMIT: CloudCall = { call: "Process search", classic: `POST ${V2}/processes/search_jobs` };
const PROCESS_STATUS: CloudCall = {
  call: "Status of a process search",
  classic: `GET ${V1}/processes/search_jobs/{job}`,
  current: `GET ${V2}/processes/search_jobs/{job}/results`,
  retired: { instead: `GET ${V2}/processes/search_jobs/{job}/results?start=0&rows=0` },
};
const PROCESS_RESULTS: CloudCall = {
  call: "Results of a process search",
  classic: `GET ${V2}/processes/search_jobs/{job}/results`,
};
const PROCESS_REMOVE: CloudCall = {
  call: "End of a process search",
  current: `DELETE ${V2}/processes/search_jobs/{job}`,
};
const DETAIL_SUBMIT: CloudCall = { call: "Details of processes", current: `POST ${V2}/processes/detail_jobs` };
const DETAIL_RESULTS: CloudCall = {
  call: "Results of process details",
  current: `GET ${V2}/processes/detail_jobs/{job}/results`,
};
const FACET_SUBMIT: CloudCall = { call: "Process facets", current: `POST ${V2}/processes/facet_jobs` };
const FACET_RESULTS: CloudCall = {
  call: "Results of process facets",
  current: `GET ${V2}/processes/facet_jobs/{job}/results`,
};
export const PROCESS_SUMMARY: CloudCall = {
  call: "Process summary",
  classic: `GET ${V1}/processes/summary`,
  keyed: true,
  current: `POST ${V2}/processes/summary_jobs`,
  retired: { instead: `POST ${V2}/processes/summary_jobs` },
};
const SUMMARY_RESULTS: CloudCall = {
  call: "Results of a process summary",
  current: `GET ${V2}/processes/summary_jobs/{job}/results`,
};
export const PROCESS_TREE: CloudCall = {
  call: "Process tree",
  classic: `GET ${OLD}/tree`,
  keyed: true,
  current: `POST ${V2}/processes/summary_jobs`,
  retired: { instead: `POST ${V2}/processes/summary_jobs, with format=tree` },
};
export const EVENT_VALIDATION: CloudCall = {
  call: "Event search validation",
  classic: `GET ${V1}/events/search_validation`,
  current: `POST ${V1}/events/search_validation`,
};
export const EVENT_SEARCH: CloudCall = {
  call: "Events of a process",
  classic: `POST ${V2}/events/{process_guid}/_search`,
};
export const EVENT_FACETS: CloudCall = {
  call: "Event facets",
  current: `POST ${V2}/events/{process_guid}/_facet`,
};
export const QUERY_VALIDATION: CloudCall = {
  call: "Query validation",
  classic: `GET ${OLD}/search_validation`,
  current: `POST ${V2}/processes/search_validation`,
  retired: { instead: `POST ${V2}/processes/search_validation` },
};
export const QUERY_TRANSLATION: CloudCall = {
  call: "Translation of EDR queries",
  classic: "POST /threathunter/feedmgr/v2/query/translate",
};
export const QUERY_LIST: CloudCall = {
  call: "Process searches",
  classic: `GET ${OLD}/search_jobs`,
  current: `GET ${V1}/processes/search_jobs`,
  retired: { instead: `GET ${V1}/processes/search_jobs` },
};
export const SEARCH_LIMITS: CloudCall = {
  call: "Searchable time",
  classic: `GET ${OLD}/limits`,
  current: `GET ${V1}/processes/limits`,
  retired: { instead: `GET ${V1}/processes/limits` },
};

/** A search for processes, as a job. */
export const PROCESS_JOBS: JobCalls = {
  submit: PROCESS_SUBMIT,
  results: PROCESS_RESULTS,
  status: PROCESS_STATUS,
  remove: PROCESS_REMOVE,
};
/** Whole documents of processes, as a job. */
export const DETAIL_JOBS: JobCalls = { submit: DETAIL_SUBMIT, results: DETAIL_RESULTS };
/** Counts of processes, as a job. */
export const FACET_JOBS: JobCalls = { submit: FACET_SUBMIT, results: FACET_RESULTS };
/** A process with its family, as a job. */
export const SUMMARY_JOBS: JobCalls = { submit: PROCESS_SUMMARY, results: SUMMARY_RESULTS };
/** The tree below a process, as a job. */
export const TREE_JOBS: JobCalls = { submit: PROCESS_TREE, results: SUMMARY_RESULTS };

/** The calls for processes and their events, and what carries them in either generation. */
export const SEARCH_CALLS: readonly CloudCall[] = [
  PROCESS_VALIDATION,
  PROCESS_SUBMIT,
  PROCESS_STATUS,
  PROCESS_RESULTS,
  PROCESS_REMOVE,
  DETAIL_SUBMIT,
  DETAIL_RESULTS,
  FACET_SUBMIT,
  FACET_RESULTS,
  PROCESS_SUMMARY,
  SUMMARY_RESULTS,
  PROCESS_TREE,
  EVENT_VALIDATION,
  EVENT_SEARCH,
  EVENT_FACETS,
  QUERY_VALIDATION,
  QUERY_TRANSLATION,
  QUERY_LIST,
  SEARCH_LIMITS,
];

/** Every call of ThreatHunter's part, and what carries it in either generation. */
export const THREATHUNTER_CALLS: readonly CloudCall[] = [...SEARCH_CALLS, ...INTELLIGENCE_CALLS, ...BINARY_CALLS];
