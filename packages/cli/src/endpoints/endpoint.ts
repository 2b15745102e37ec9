import type { LiveResponse, LiveResponseSession, SessionOptions } from "cbapi/response";

/** An endpoint, of whichever product, as far as a shell or a fleet has to do with it. */
export interface Endpoint {
  readonly id: number;
  readonly hostname: string | undefined;
  /** Every name that it goes by, with and without a domain. */
  readonly names: readonly string[];
  /** The server's word for how it is. */
  readonly status: string | undefined;
  /** Whether nothing can be asked of it any more. */
  readonly isGone: boolean;
  readonly lastSeen: Date | undefined;
  /** When the server expects to hear of it, where it tells. */
  readonly expected: Date | undefined;
  /** Reads it once more, and tells whether the server takes it to be there. */
  refresh(signal: AbortSignal): Promise<boolean>;
  open(options: SessionOptions): Promise<LiveResponseSession>;
}

/** The endpoints of a server, and Live Response with them. */
export interface Endpoints {
  /** What an endpoint is called there. */
  readonly noun: "sensor" | "device";
  /** What they can be chosen by, besides ids and names: `hostname`. */
  readonly fields: readonly string[];
  readonly liveResponse: Pick<LiveResponse<number>, "findOnline" | "listSessions" | "reap" | "run" | "slots">;
  /** Undefined when there is none of this id. */
  byId(id: number, signal: AbortSignal): Promise<Endpoint | undefined>;
  /** All whose name contains the text, in capitals or small letters. */
  named(text: string, signal: AbortSignal): Promise<Endpoint[]>;
  /** All, or those where one of {@link Endpoints.fields} fits. */
  list(signal: AbortSignal, field?: string, value?: string): Promise<Endpoint[]>;
  /** Some, for somebody who knows none. */
  some(signal: AbortSignal, limit: number): Promise<Endpoint[]>;
}
