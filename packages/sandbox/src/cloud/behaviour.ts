/** By what the Carbon Black Cloud departs from its best behaviour: see {@link Behaviour}. */
export interface CloudSwitches {
  /** Whether routes that the real service has turned off are turned off here too: 404 below `/integrationServices`, else 410. */
  retired: boolean;
  /** So many requests are answered within {@link rateWindow}; the others get 429 with `Retry-After`. 0 limits nothing. */
  rateLimit: number;
  /** Seconds of simulated time. */
  rateWindow: number;
  /** How often a search is asked for before it is complete; a negative number lets it run for ever. */
  searchPolls: number;
  /** Whether no searcher is ever contacted. */
  searchersAway: boolean;
  /** So many rows of a search can be read, however many it has found. */
  searchWindow: number;
  /** How often the events of a process are asked for before all of their segments have been looked through. */
  segmentPolls: number;
  /** So many of the alerts that are changed by one request stay as they are, and are named as failed. */
  failedAlerts: number;
  /** With how many devices there can be Live Response sessions at a time; more are refused with 403. */
  cloudLiveResponseSlots: number;
  /** Whether the store of binaries can hand out no file for now: those that it has are listed as errors. */
  binariesAway: boolean;
}

declare module "../server/behaviour.js" {
  interface Behaviour extends CloudSwitches {}
}

/** The best behaviour. */
export const CLOUD_SWITCHES: Readonly<CloudSwitches> = {
  ...{ retired: false, rateLimit: 0, rateWindow: 300 },
  ...{ searchPolls: 4, searchersAway: false, searchWindow: 10_000, segmentPolls: 3 },
  failedAlerts: 0,
  cloudLiveResponseSlots: 100,
  binariesAway: false,
};
