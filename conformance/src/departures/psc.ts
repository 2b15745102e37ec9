import { type Departure, result } from "./kinds.js";

/** Where recordings of the platform of the Cloud are rightly departed from. */
export const pscDepartures: readonly Departure[] = [
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
