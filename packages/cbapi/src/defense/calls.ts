import type { CloudCall } from "../psc/routes.js";

const V3 = "/integrationServices/v3";
const DEVICES = "/appservices/v6/orgs/{org}/devices";
const POLICIES = "/policyservice/v1/orgs/{org}/policies";

const asCurrent = { retired: { instead: 'its counterpart of today, as routes: "current" sends it' } };
const observations = {
  retired: {
    instead: "observations, POST /api/investigate/v2/orgs/{org}/observations/search_jobs: raw requests reach them",
  },
};

export const DEVICES_FIND: CloudCall = {
  call: "Defense: devices",
  classic: `GET ${V3}/device`,
  current: `POST ${DEVICES}/_search`,
  ...asCurrent,
};
export const DEVICE_GET: CloudCall = {
  call: "Defense: device by id",
  classic: `GET ${V3}/device/{id}`,
  current: `GET ${DEVICES}/{id}`,
  ...asCurrent,
};
export const DEVICE_MOVE: CloudCall = {
  call: "Defense: give a device a policy",
  classic: `PATCH ${V3}/device/{id}`,
  current: "POST /appservices/v6/orgs/{org}/device_actions",
  ...asCurrent,
};
export const EVENTS_FIND: CloudCall = { call: "Defense: events", classic: `GET ${V3}/event`, ...observations };
export const EVENT_GET: CloudCall = { call: "Defense: event by id", classic: `GET ${V3}/event/{id}`, ...observations };
export const POLICIES_LIST: CloudCall = {
  call: "Defense: policies",
  classic: `GET ${V3}/policy`,
  current: `GET ${POLICIES}/summary`,
  ...asCurrent,
};
export const POLICY_GET: CloudCall = {
  call: "Defense: policy by id",
  classic: `GET ${V3}/policy/{id}`,
  current: `GET ${POLICIES}/{id}`,
  ...asCurrent,
};
export const POLICY_MAKE: CloudCall = {
  call: "Defense: make a policy",
  classic: `POST ${V3}/policy`,
  current: `POST ${POLICIES}`,
  ...asCurrent,
};
export const POLICY_CHANGE: CloudCall = {
  call: "Defense: change a policy",
  classic: `PUT ${V3}/policy/{id}`,
  current: `PUT ${POLICIES}/{id}`,
  ...asCurrent,
};
export const POLICY_DELETE: CloudCall = {
  call: "Defense: delete a policy",
  classic: `DELETE ${V3}/policy/{id}`,
  current: `DELETE ${POLICIES}/{id}`,
  ...asCurrent,
};
export const RULE_ADD: CloudCall = {
  call: "Defense: add a rule to a policy",
  classic: `POST ${V3}/policy/{id}/rule`,
  current: `POST ${POLICIES}/{id}/rules`,
  ...asCurrent,
};
export const RULE_CHANGE: CloudCall = {
  call: "Defense: replace a rule of a policy",
  classic: `PUT ${V3}/policy/{id}/rule/{rule}`,
  current: `PUT ${POLICIES}/{id}/rules/{rule}`,
  ...asCurrent,
};
export const RULE_DELETE: CloudCall = {
  call: "Defense: delete a rule of a policy",
  classic: `DELETE ${V3}/policy/{id}/rule/{rule}`,
  current: `DELETE ${POLICIES}/{id}/rules/{rule}`,
  ...asCurrent,
};
/** Still served, and given up by Carbon Black: alerts as they come in are what replaces it. */
export const NOTIFICATIONS: CloudCall = {
  call: "Defense: notifications, each once",
  classic: `GET ${V3}/notification`,
};
/** Still served: the queue of audit logs is what replaces it. */
export const AUDITLOGS: CloudCall = { call: "Defense: audit logs, each once", classic: `GET ${V3}/auditlogs` };

/** Every call of Defense, and what carries it in either generation. */
export const DEFENSE_CALLS: readonly CloudCall[] = [
  DEVICES_FIND,
  DEVICE_GET,
  DEVICE_MOVE,
  EVENTS_FIND,
  EVENT_GET,
  POLICIES_LIST,
  POLICY_GET,
  POLICY_MAKE,
  POLICY_CHANGE,
  POLICY_DELETE,
  RULE_ADD,
  RULE_CHANGE,
  RULE_DELETE,
  NOTIFICATIONS,
  AUDITLOGS,
];
