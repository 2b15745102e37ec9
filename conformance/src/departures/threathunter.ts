import type { Departure } from "./kinds.js";

/** Where recordings of ThreatHunter are rightly departed from. */
export const threathunterDepartures: readonly Departure[] = [];
