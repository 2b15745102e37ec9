import type { Departure } from "./kinds.js";

/** Where recordings of LiveQuery are rightly departed from. */
export const livequeryDepartures: readonly Departure[] = [];
