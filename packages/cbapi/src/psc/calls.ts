import { LIVE_RESPONSE_CALLS } from "./live-response/calls.js";
import { ALERT_CALLS } from "./models/alerts/calls.js";
import { AUDIT_CALLS } from "./models/audit/calls.js";
import type { CloudCall } from "./routes.js";

const V6 = "/appservices/v6/orgs/{org}";
const JOBS = "/jobs/v1/orgs/{org}/jobs";

export const DEVICE_SEARCH: CloudCall = { call: "Device search", classic: `POST ${V6}/devices/_search` };
export const DEVICE_READ: CloudCall = { call: "Device by id", classic: `GET ${V6}/devices/{id}` };
export const DEVICE_ACTIONS: CloudCall = { call: "Device actions", classic: `POST ${V6}/device_actions` };
export const DEVICE_SCROLL: CloudCall = { call: "Devices beyond 10,000", current: `POST ${V6}/devices/_scroll` };
export const DEVICE_FACETS: CloudCall = { call: "Device facets", current: `POST ${V6}/devices/_facet` };
export const DEVICE_EXPORT: CloudCall = {
  call: "Device list as CSV",
  classic: `GET ${V6}/devices/_search/download`,
  current: `POST ${V6}/devices/_export`,
};
export const JOB_LIST: CloudCall = { call: "Jobs", current: `GET ${JOBS}` };
export const JOB_READ: CloudCall = { call: "Job by id", current: `GET ${JOBS}/{id}` };
export const JOB_PROGRESS: CloudCall = { call: "Progress of a job", current: `GET ${JOBS}/{id}/progress` };
export const JOB_DOWNLOAD: CloudCall = { call: "Result of a job", current: `GET ${JOBS}/{id}/download` };

/** Every call of the platform's part, and what carries it in either generation. */
export const PSC_CALLS: readonly CloudCall[] = [
  DEVICE_SEARCH,
  DEVICE_READ,
  DEVICE_ACTIONS,
  DEVICE_SCROLL,
  DEVICE_FACETS,
  DEVICE_EXPORT,
  JOB_LIST,
  JOB_READ,
  JOB_PROGRESS,
  JOB_DOWNLOAD,
  ...ALERT_CALLS,
  ...AUDIT_CALLS,
  ...LIVE_RESPONSE_CALLS,
];
