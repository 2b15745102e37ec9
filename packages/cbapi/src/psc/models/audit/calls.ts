import type { CloudCall } from "../../routes.js";

const LOGS = "/audit_log/v1/orgs/{org}/logs";

export const AUDIT_SEARCH: CloudCall = { call: "Audit log search", current: `POST ${LOGS}/_search` };
export const AUDIT_QUEUE: CloudCall = { call: "Audit logs, each once", current: `GET ${LOGS}/_queue` };
export const AUDIT_EXPORT: CloudCall = { call: "Audit logs as a file", current: `POST ${LOGS}/_export` };

/** Every call that is about audit logs. */
export const AUDIT_CALLS: readonly CloudCall[] = [AUDIT_SEARCH, AUDIT_QUEUE, AUDIT_EXPORT];
