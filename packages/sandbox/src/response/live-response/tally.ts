/** What has been going on, for those who test that nothing is left over. */
export interface LiveResponseStats {
  slots: {
    /** How many sessions there can be at a time. */
    limit: number;
    /** How many there are: pending and active ones. */
    used: number;
    /** The most that there were at a time. */
    highest: number;
    /** Sessions that were refused because there was no slot. */
    refused: number;
  };
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
  highest: number;
  refused: number;
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
  ...{ highest: 0, refused: 0, opened: 0, closed: 0, timedOut: 0, lost: 0 },
  ...{ issued: 0, completed: 0, failed: 0, cancelled: 0 },
});
