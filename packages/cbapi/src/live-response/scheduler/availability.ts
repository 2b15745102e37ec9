import type { CallOptions } from "../../core/transport/types.js";

/** What is known of an endpoint before it is given a slot. */
export interface Seen {
  readonly online: boolean;
  /** Endpoints are served in this order: the smaller first, by the first figure that differs. */
  readonly rank: readonly number[];
  /** When it is expected to check in next, in milliseconds since 1970. */
  readonly nextCheckIn?: number | undefined;
  /** Milliseconds between two of its check-ins. */
  readonly checkInInterval?: number | undefined;
  /** Why it can have no session at all: its jobs fail with this. */
  readonly problem?: Error | undefined;
}

/** Tells which endpoints can be worked with now. */
export interface Availability {
  /**
   * Looks at endpoints, in few requests. One that is missing in the answer does not exist.
   * @throws what went wrong with the server as a whole
   */
  look(targets: readonly number[], options: CallOptions): Promise<ReadonlyMap<number, Seen>>;
}

/** Opens sessions. */
export interface SessionSource<S> {
  /**
   * Settles soon after the signal is aborted; a session that is there by then is closed by the caller.
   *
   * @param options.timeout 0: the scheduler sets its own limit, by the signal
   * @param options.onWait called while all slots of the server are taken
   * @param options.onSlot called when the server has given a slot; the endpoint is waited for then
   */
  open(
    target: number,
    options: {
      readonly signal: AbortSignal;
      readonly timeout: number;
      readonly onWait: () => void;
      readonly onSlot: () => void;
    },
  ): Promise<S>;
}
