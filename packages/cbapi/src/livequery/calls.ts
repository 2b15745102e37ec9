import type { CloudCall } from "../psc/routes.js";

const LIVEQUERY = "/livequery/v1/orgs/{org}";
/** Where runs are. */
export const RUNS = `${LIVEQUERY}/runs`;
/** Where templates of runs are. */
export const TEMPLATES = `${LIVEQUERY}/templates`;
const RESULTS = `${RUNS}/{run}/results`;

export const RUN_START: CloudCall = { call: "Start a run", classic: `POST ${RUNS}` };
export const RUN_READ: CloudCall = { call: "Run by id", classic: `GET ${RUNS}/{id}` };
export const RUN_STATUS: CloudCall = { call: "Stop a run", classic: `PUT ${RUNS}/{id}/status` };
export const RUN_DELETE: CloudCall = { call: "Delete a run", classic: `DELETE ${RUNS}/{id}` };
export const RUN_SEARCH: CloudCall = { call: "Runs that there were", classic: `POST ${RUNS}/_search` };

export const RESULT_SEARCH: CloudCall = { call: "Results of a run", classic: `POST ${RESULTS}/_search` };
export const RESULT_SCROLL: CloudCall = { call: "Results beyond 10,000", current: `POST ${RUNS}/results/_scroll` };
export const RESULT_FACETS: CloudCall = { call: "Result facets", classic: `POST ${RESULTS}/_facet` };
/** The same route as a search: `format=csv` in its query makes the difference. */
export const RESULT_EXPORT: CloudCall = { call: "Results as CSV", current: `POST ${RESULTS}/_search` };
export const SUMMARY_SEARCH: CloudCall = {
  call: "Device summaries of a run",
  classic: `POST ${RESULTS}/device_summaries/_search`,
};
export const SUMMARY_FACETS: CloudCall = {
  call: "Device summary facets",
  classic: `POST ${RESULTS}/device_summaries/_facet`,
};

export const TEMPLATE_READ: CloudCall = { call: "Template by id", current: `GET ${TEMPLATES}/{id}` };
export const TEMPLATE_SEARCH: CloudCall = { call: "Templates of runs", current: `POST ${TEMPLATES}/_search` };

export const DIFFERENCES: CloudCall = {
  call: "Differences of two runs",
  current: `POST ${LIVEQUERY}/differential/runs/_search`,
};

/** Every call of LiveQuery's part, and what carries it in either generation. */
export const LIVEQUERY_CALLS: readonly CloudCall[] = [
  RUN_START,
  RUN_READ,
  RUN_STATUS,
  RUN_DELETE,
  RUN_SEARCH,
  RESULT_SEARCH,
  RESULT_SCROLL,
  RESULT_FACETS,
  RESULT_EXPORT,
  SUMMARY_SEARCH,
  SUMMARY_FACETS,
  TEMPLATE_READ,
  { call: "Change a template", current: `PUT ${TEMPLATES}/{id}` },
  { call: "Delete a template", current: `DELETE ${TEMPLATES}/{id}` },
  TEMPLATE_SEARCH,
  DIFFERENCES,
];
