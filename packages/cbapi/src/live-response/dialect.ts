import type { CallOptions, QueryParameters } from "../core/transport/types.js";
import type { Seen } from "./scheduler/availability.js";
import type { CommandData, ProcessInfo, RegistryValue, SessionData, SessionId } from "./types.js";

/** A request of the protocol, without the options of the call. */
export interface ProtocolRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: QueryParameters;
  readonly json?: unknown;
}

/** An endpoint that Live Response can be used with. */
export interface Endpoint {
  readonly id: number;
  /** 1 Windows; anything else has paths with slashes. */
  readonly osType: number | undefined;
  readonly hostname?: string | undefined;
}

/**
 * What is different between servers: addresses, spellings and fields. Data and small functions only; everything that
 * decides, waits or repeats is common to all of them. `Target` is how callers name an endpoint.
 */
export interface LiveResponseDialect<Target = unknown> {
  /** What an endpoint is called: `sensor` or `device`. */
  readonly noun: string;
  /** Whether the server holds back its answer until the state changes when `wait=true` is asked for. */
  readonly waits: { readonly session: boolean; readonly command: boolean };
  /** Whether content comes from another host, by a redirect that is followed without the token. */
  readonly contentElsewhere: boolean;
  /** Whether the session is read before it is closed, because the whole of it is sent back. */
  readonly closeNeedsSession: boolean;

  /**
   * The id of the endpoint that a target is; undefined when that takes a request, as for the first one of a search.
   * @throws ApiError when it is no target
   */
  targetId(target: Target): number | undefined;
  /**
   * Finds the endpoint and checks that server and endpoint have Live Response.
   * @throws ApiError when they have not
   */
  endpoint(target: Target | number, options: CallOptions): Promise<Endpoint>;
  /**
   * How endpoints are now, read from the server in few requests: whether they are online, and in which order they are
   * served. Those that do not exist are missing.
   */
  endpointStates(ids: readonly number[], options: CallOptions): Promise<ReadonlyMap<number, Seen>>;

  /** The list of sessions; undefined where servers have none. */
  listSessions: ((activeOnly: boolean) => ProtocolRequest) | undefined;
  createSession(endpoint: number): ProtocolRequest;
  readSession(session: SessionId): ProtocolRequest;
  closeSession(session: SessionId, data: SessionData): ProtocolRequest;
  keepAlive(session: SessionId): ProtocolRequest;
  /** The archive of a session; undefined where servers have none. */
  archive: ((session: SessionId) => ProtocolRequest) | undefined;
  createCommand(session: SessionId, body: Readonly<Record<string, unknown>>): ProtocolRequest;
  readCommand(session: SessionId, command: CommandData["id"]): ProtocolRequest;
  /** Takes back a command that is pending; undefined where servers cannot. */
  cancelCommand: ((session: SessionId, command: CommandData) => ProtocolRequest) | undefined;
  /** Where a form with one part named `file` is sent. */
  uploadFile(session: SessionId): ProtocolRequest;
  /** What the server knows of a stored file, with its `size` in bytes; undefined where it does not tell. */
  readStoredFile: ((session: SessionId, file: SessionId) => ProtocolRequest) | undefined;
  readContent(session: SessionId, file: SessionId): ProtocolRequest;

  /** What a command is about, as the body names it: `{ object: path }`, `{ path }` or `{ pid }`. */
  subject(value: string | number): Readonly<Record<string, unknown>>;
  /** The id of the endpoint that a session is with. */
  endpointOf(session: SessionData): number | undefined;
  /** When a session was opened, in milliseconds since 1970. */
  openedAt(session: SessionData): number | undefined;
  /** The id of the stored file that a `get file` command fills. */
  fileIdOf(command: CommandData): SessionId | undefined;
  /** How many bytes that command has fetched, where it tells. */
  fileSizeOf(command: CommandData): number | undefined;
  /** Whether an answer 404 with this text means that the session is gone. */
  sessionGone(text: string): boolean;
  process(document: Readonly<Record<string, unknown>>): ProcessInfo;
  registryValue(document: Readonly<Record<string, unknown>>): RegistryValue;
}

/** What the states of sessions and commands mean, however servers spell them. */
export function stateOf(status: unknown): "waiting" | "active" | "complete" | "error" | "cancelled" | "ended" {
  // A document without one says nothing of an end.
  switch (String(status).toLowerCase()) {
    case "active":
      return "active";
    case "complete":
    case "completed":
      return "complete";
    case "error":
    case "failed":
      return "error";
    case "cancel":
    case "canceled":
    case "cancelled":
      return "cancelled";
    case "timeout":
    case "inactive":
    case "close":
    case "closed":
      return "ended";
    default:
      return "waiting";
  }
}

/** Whether a session of this state takes a slot of its server. */
export function isOpen(status: unknown): boolean {
  const state = stateOf(status);
  return state === "waiting" || state === "active";
}
