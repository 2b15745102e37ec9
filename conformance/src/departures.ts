import { defenseDepartures } from "./departures/defense.js";
import { errorsDepartures } from "./departures/errors.js";
import type { Departure } from "./departures/kinds.js";
import { liveResponseDepartures } from "./departures/live-response.js";
import { livequeryDepartures } from "./departures/livequery.js";
import { protectionDepartures } from "./departures/protection.js";
import { pscDepartures } from "./departures/psc.js";
import { responseDepartures } from "./departures/response.js";
import { threathunterDepartures } from "./departures/threathunter.js";

export * from "./departures/kinds.js";

/**
 * Every place where the library rightly does otherwise than the recorded client. A row must be needed: one without which
 * its vector would pass fails the run, and so does one whose recording says something else than the row.
 */
export const departures: readonly Departure[] = [
  ...defenseDepartures,
  ...errorsDepartures,
  ...livequeryDepartures,
  ...liveResponseDepartures,
  ...protectionDepartures,
  ...pscDepartures,
  ...responseDepartures,
  ...threathunterDepartures,
];
