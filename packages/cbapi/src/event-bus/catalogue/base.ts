/** How an event came: over EDR's own bus, or in the lines of an event forwarder. */
export type EventPipe = "bus" | "forwarder";

/** What all events have. */
export interface EventBase<T extends string = string> {
  /** What has happened: `watchlist.hit.process`. The number that servers put behind `feed.` is left out. */
  readonly type: T;
  /** When: by the server's clock, for events of sensors by the endpoint's. */
  readonly timestamp: Date | undefined;
  /** The EDR server that tells it, as it calls itself. */
  readonly cb_server?: string;
  /** The routing key under which it came, which is more than the type where a feed's number is in it. */
  readonly key: string;
  readonly pipe: EventPipe;
  /** What came, before anything was read from it: a document, or the fields of a sensor's message. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** An event of a kind that is not in the catalogue, with all of its fields as they came. */
export interface UnknownEvent extends EventBase {
  readonly [field: string]: unknown;
}
