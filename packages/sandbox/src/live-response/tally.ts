/** The sessions that a product may have at a time. Where it counts endpoints, several sessions with one are one. */
export interface SlotStats {
  /** How many there can be at a time. */
  limit: number;
  /** How many there are: pending and active ones. */
  used: number;
  /** The most that there were at a time. */
  highest: number;
  /** Sessions that were refused because there was no slot. */
  refused: number;
}

/** What has been going on, for those who test that nothing is left over. */
export interface LiveResponseStats {
  /** Those of EDR. */
  slots: SlotStats;
  /** Those of each product with Live Response, by its name. All other figures are over all products. */
  products: Record<string, SlotStats>;
  sessions: {
    pending: number;
    active: number;
    /** All that were ever opened. */
    opened: number;
    /** Ended by a client; by waiting or idling too long; by a fault. */
    closed: number;
    timedOut: number;
    lost: number;
  };
  commands: { issued: number; completed: number; failed: number; cancelled: number };
  /** Requests with `wait=true` that are held at the moment. */
  held: number;
  /** Files that are kept for sessions at the moment. */
  files: number;
}

/** Counts that only go up. */
export interface Tally {
  opened: number;
  closed: number;
  timedOut: number;
  lost: number;
  issued: number;
  completed: number;
  failed: number;
  cancelled: number;
}

export const emptyTally = (): Tally => ({
  ...{ opened: 0, closed: 0, timedOut: 0, lost: 0 },
  ...{ issued: 0, completed: 0, failed: 0, cancelled: 0 },
});
