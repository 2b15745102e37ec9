import { type Departure, result } from "./kinds.js";

/** A change of all alerts that a search finds. */
function bulkReport(vector: string, step: number, id: string): Departure {
  return {
    vector,
    step,
    recorded: result({ value: id }),
    accepted: result({ value: null }),
    meets: "house rule: bulk writes report",
    why: "a change of all that a search finds gives a report; the operation tells the ids of its requests",
  };
}

/** What is read of how far a change has come. */
function status(at: readonly string[], recorded: unknown, accepted: unknown): Departure {
  return {
    vector: "psc/alert-bulk-dismiss",
    ...{ step: 4, at, recorded, accepted },
    meets: "PSC fault 17",
    why: "one look tells all of it: the state at that moment, not that of later ones",
  };
}

/** Where recordings of the platform of the Cloud are rightly departed from. */
export const pscDepartures: readonly Departure[] = [
  bulkReport("psc/alert-bulk-dismiss", 2, "REQ-1"),
  ...["in_progress", "finished"].map((name) => status([name], true, false)),
  status(["num_hits"], 9, 0),
  status(["status"], "FINISHED", "QUEUED"),
  {
    vector: "psc/alert-dismiss-one",
    step: 3,
    at: ["workflow.state"],
    recorded: "OPEN",
    accepted: "DISMISSED",
    meets: "PSC fault 15",
    why: "the alert shows what it was changed to, by whichever name it is read",
  },
  ...[["REPUTATION", "STATUS"], ["ALERT_TYPE"]].map((fields, exchange) => ({
    vector: "psc/alert-facets",
    exchange,
    json: { criteria: { workflow: ["OPEN"] }, query: "Blort", terms: { fields, rows: exchange * 5 } },
    meets: "PSC fault 18",
    why: "a count asks for no rows of alerts",
  })),
  {
    vector: "psc/alert-search-paging",
    exchange: 1,
    json: { criteria: { minimum_severity: 3 }, query: "Blort", rows: 100, start: 101 },
    meets: "PSC fault 1",
    why: "the server counts rows from 1: the recorded page begins with the last row of the page before",
  },
  ...["R-watchlist", "R-cbanalytics", "R-vmware"].map((id, index) => bulkReport("psc/alert-subtypes", 7 + index, id)),
  {
    vector: "psc/device-actions-search",
    step: 3,
    recorded: result({ value: { status: "queued" } }),
    accepted: result({ value: null }),
    meets: "house rule: bulk writes report",
    why: "an action on all that a search finds gives a report, whatever the bare answer was",
  },
  {
    vector: "psc/device-actions-single",
    exchange: 4,
    again: "GET /appservices/v6/orgs/WNEX/devices/98765",
    meets: "decision: containment reads the state first",
    why: "actions were sent since the device was read, so that it is read once more before it is quarantined",
  },
  ...[1, 2].map((exchange) => ({
    vector: "psc/device-search-paging",
    exchange,
    json: { criteria: {}, exclusions: {}, query: null, start: exchange * 100 + 1 },
    meets: "PSC fault 1",
    why: "the server counts rows from 1: the recorded pages begin with the last row of the page before",
  })),
  {
    vector: "psc/device-search-times",
    exchange: 0,
    json: {
      criteria: { last_contact_time: { start: "2019-09-30T12:34:56.000Z", end: "2019-10-01T12:00:12.000Z" } },
      exclusions: {},
      query: null,
    },
    meets: "PSC fault 13",
    why: "moments are sent with their zone",
  },
];
