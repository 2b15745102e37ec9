/** What the server keeps of its own running and of its sensors' traffic. Times are milliseconds since 1970 (UTC). */
declare module "./objects.js" {
  interface ObjectRecords {
    partition: PartitionRecord;
    throttle: ThrottleRecord;
  }
}

/** A stretch of the event store by the time at which the server got the events. Kept by `start`. */
export interface PartitionRecord {
  name: string;
  start: number;
  /** The first moment that no longer belongs to it; null for the one that is written to. */
  end: number | null;
  /** A cold partition is on disk and not searched. */
  status: "hot" | "warm" | "cold";
  /** Whether it is mounted because somebody asked for it. */
  userMounted: boolean;
}

/** How fast the sensors of a site may send in some hours of a week day. Kept by `id`. */
export interface ThrottleRecord {
  id: number;
  site_id: number;
  day_of_week: number;
  from: number;
  to: number;
  bytes_per_second: number;
}
