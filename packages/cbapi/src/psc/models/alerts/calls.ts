import type { CloudCall } from "../../routes.js";

const V6 = "/appservices/v6/orgs/{org}";
const V7 = "/api/alerts/v7/orgs/{org}";

/** The four kinds of searches: which classic route they have of their own. */
const KINDS = {
  all: "alerts",
  watchlist: "alerts/watchlist",
  cbanalytics: "alerts/cbanalytics",
  vmware: "alerts/vmware",
};

/** A search for alerts of one kind: what is read, counted and changed by it. */
export interface AlertCalls {
  readonly search: CloudCall;
  readonly facet: CloudCall;
  readonly change: CloudCall;
}

function callsOf(kind: keyof typeof KINDS, what: string): AlertCalls {
  const base = KINDS[kind];
  const gone =
    kind === "vmware" ? { retired: { instead: "nothing: the product that raised such alerts has ended" } } : {};
  const current = (route: string) => (kind === "vmware" ? {} : { current: `POST ${V7}/alerts/${route}` });
  const retired = (route: string) => ({
    retired: { instead: `POST ${V7}/alerts/${route}, as routes: "current" sends it` },
  });
  const call = (name: string, classic: string, now: string): CloudCall => ({
    call: `${what}: ${name}`,
    classic: `POST ${V6}/${base}/${classic}`,
    ...current(now),
    ...retired(now),
    ...gone,
  });
  return {
    search: call("search", "_search", "_search"),
    facet: call("facets", "_facet", "_facet"),
    change: call("dismiss or reopen all that match", "workflow/_criteria", "workflow"),
  };
}

export const ALL_ALERTS = callsOf("all", "Alerts");
export const WATCHLIST_ALERTS = callsOf("watchlist", "Watchlist alerts");
export const CBANALYTICS_ALERTS = callsOf("cbanalytics", "Analytics alerts");
export const VMWARE_ALERTS = callsOf("vmware", "VMware alerts");

const asCurrent = { instead: 'its counterpart of today, as routes: "current" sends it' };

export const ALERT_READ: CloudCall = {
  call: "Alert by id",
  classic: `GET ${V6}/alerts/{id}`,
  current: `GET ${V7}/alerts/{id}`,
  retired: asCurrent,
};
export const ALERT_CHANGE: CloudCall = {
  call: "Dismiss or reopen one alert",
  classic: `POST ${V6}/alerts/{id}/workflow`,
  current: `POST ${V7}/alerts/workflow`,
  retired: asCurrent,
};
export const THREAT_CHANGE: CloudCall = {
  call: "Dismiss or reopen a threat",
  classic: `POST ${V6}/threat/{id}/workflow`,
  current: `POST ${V6}/threat/workflow/_criteria`,
  retired: asCurrent,
};
export const THREATS_CHANGE: CloudCall = {
  call: "Dismiss or reopen many threats",
  classic: `POST ${V6}/threat/workflow/_criteria`,
};
export const WORKFLOW_STATUS: CloudCall = {
  call: "How far a change of alerts has come",
  classic: `GET ${V6}/workflow/status/{id}`,
  current: "GET /jobs/v1/orgs/{org}/jobs/{id}",
  retired: asCurrent,
};
export const ALERT_SUGGESTIONS: CloudCall = {
  call: "Suggestions for alert searches",
  classic: `GET ${V6}/alerts/search_suggestions`,
  current: `GET ${V7}/alerts/search_suggestions`,
  retired: asCurrent,
};
export const ALERT_EXPORT: CloudCall = { call: "Alerts as CSV", current: `POST ${V7}/alerts/_export` };
export const ALERT_HISTORY: CloudCall = { call: "History of an alert", current: `GET ${V7}/alerts/{id}/history` };
export const THREAT_HISTORY: CloudCall = { call: "History of a threat", current: `GET ${V7}/threats/{id}/history` };
export const ALERT_NOTES: CloudCall = { call: "Notes of an alert", current: `GET ${V7}/alerts/{id}/notes` };
export const ALERT_NOTE_ADD: CloudCall = { call: "Note on an alert", current: `POST ${V7}/alerts/{id}/notes` };
export const ALERT_NOTE_DELETE: CloudCall = {
  call: "Delete a note of an alert",
  current: `DELETE ${V7}/alerts/{id}/notes/{note}`,
};
export const THREAT_NOTES: CloudCall = { call: "Notes of a threat", current: `GET ${V7}/threats/{id}/notes` };
export const THREAT_NOTE_ADD: CloudCall = { call: "Note on a threat", current: `POST ${V7}/threats/{id}/notes` };
export const THREAT_NOTE_DELETE: CloudCall = {
  call: "Delete a note of a threat",
  current: `DELETE ${V7}/threats/{id}/notes/{note}`,
};
export const THREAT_TAGS: CloudCall = { call: "Tags of a threat", current: `GET ${V7}/threats/{id}/tags` };
export const THREAT_TAGS_ADD: CloudCall = { call: "Tag a threat", current: `POST ${V7}/threats/{id}/tags` };
export const THREAT_TAG_DELETE: CloudCall = { call: "Untag a threat", current: `DELETE ${V7}/threats/{id}/tags/{tag}` };
export const GROUPED_SEARCH: CloudCall = { call: "Alerts by groups", current: `POST ${V7}/grouped_alerts/_search` };
export const GROUPED_FACET: CloudCall = {
  call: "Alerts by groups: facets",
  current: `POST ${V7}/grouped_alerts/_facet`,
};

/** Every call that is about alerts. */
export const ALERT_CALLS: readonly CloudCall[] = [
  ...[ALL_ALERTS, WATCHLIST_ALERTS, CBANALYTICS_ALERTS, VMWARE_ALERTS].flatMap(
    (calls) => Object.values(calls) as CloudCall[],
  ),
  ALERT_READ,
  ALERT_CHANGE,
  THREAT_CHANGE,
  THREATS_CHANGE,
  WORKFLOW_STATUS,
  ALERT_SUGGESTIONS,
  ALERT_EXPORT,
  ALERT_HISTORY,
  THREAT_HISTORY,
  ALERT_NOTES,
  ALERT_NOTE_ADD,
  ALERT_NOTE_DELETE,
  THREAT_NOTES,
  THREAT_NOTE_ADD,
  THREAT_NOTE_DELETE,
  THREAT_TAGS,
  THREAT_TAGS_ADD,
  THREAT_TAG_DELETE,
  GROUPED_SEARCH,
  GROUPED_FACET,
];
