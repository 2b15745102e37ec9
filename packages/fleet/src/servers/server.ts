import type { CallOptions } from "cbapi";
import type { LiveResponseSession } from "cbapi/response";

/** A session that a server has, of whomever. */
export interface ServerSession {
  /** The server's number for it. */
  readonly id: string;
  /** The endpoint that it is with. */
  readonly target: number;
}

/** How an endpoint is. `absent`: there is none of this id. */
export type Presence = "online" | "offline" | "absent";

/** What a fleet needs of a server with Live Response. EDR servers are one kind: see `edrServer()`. */
export interface FleetServer {
  /** The address: what the server is known by in Redis unless it is given a name. */
  readonly url: string;
  /** How many sessions servers of this kind allow. */
  readonly slots: number;
  /** How endpoints are now, read in few requests. */
  look(targets: readonly number[], options: CallOptions): Promise<ReadonlyMap<number, Presence>>;
  /** Opens a session, which is waited for until the endpoint is there. It is closed by its `close()`. */
  open(target: number, options: CallOptions & { readonly onWait?: () => void }): Promise<LiveResponseSession>;
  /** The sessions that have not ended, of whomever. Undefined where servers do not tell. */
  sessions(options: CallOptions): Promise<readonly ServerSession[] | undefined>;
  /** Closes sessions by their ids; those that are gone are no failure. @throws when one could not be closed */
  close(sessions: readonly string[], options: CallOptions): Promise<void>;
}
