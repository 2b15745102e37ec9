import type { Departure } from "./kinds.js";

/** Where recordings of Defense are rightly departed from. */
export const defenseDepartures: readonly Departure[] = [];
