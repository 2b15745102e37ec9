import { ApiError } from "../../core/errors.js";
import { Model } from "../../core/model/model.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Endpoint, LiveResponseDialect, ProtocolRequest } from "../../live-response/dialect.js";
import type { SessionData, SessionId } from "../../live-response/types.js";
import type { CloudHost } from "../host.js";
import { type CloudCall, routeOf } from "../routes.js";
import {
  COMMAND_CANCEL,
  COMMAND_READ,
  COMMAND_SEND,
  FILE_CONTENT,
  FILE_READ,
  FILE_UPLOAD,
  SESSION_ARCHIVE,
  SESSION_CLOSE,
  SESSION_KEEP_ALIVE,
  SESSION_OPEN,
  SESSION_READ,
} from "./calls.js";
import { CloudDevices } from "./devices.js";
import { classicSpelling, currentSpelling } from "./spelling.js";
import { deviceIdOf, type LiveResponseTarget } from "./target.js";

/**
 * @internal Live Response as the Cloud speaks it. Of its two generations, the current one has other addresses, names and
 * types of fields, and sends content from another host; the classic one is close to EDR's.
 */
export function cloudLiveResponse(cb: CloudHost): LiveResponseDialect<LiveResponseTarget> {
  const { routes } = cb;
  const isCurrent = routes === "current";
  const devices = new CloudDevices(cb);
  const request = (
    call: CloudCall,
    values: Readonly<Record<string, SessionId>>,
    json?: Readonly<Record<string, unknown>>,
  ): ProtocolRequest => {
    const { method, path } = routeOf(call, routes, values);
    return { method: method as ProtocolRequest["method"], path, ...(json === undefined ? {} : { json }) };
  };
  return {
    noun: "device",
    waits: { session: false, command: false },
    contentElsewhere: isCurrent,
    closeNeedsSession: false,

    targetId: deviceIdOf,
    endpoint: (target, options) => findEndpoint(devices, target, options),
    endpointStates: (ids, options) => devices.states(ids, options),

    listSessions: undefined,
    createSession: (device) =>
      request(SESSION_OPEN, { device }, isCurrent ? { device_id: device } : { sensor_id: device }),
    readSession: (session) => request(SESSION_READ, { session }),
    closeSession: (session) =>
      request(SESSION_CLOSE, { session }, isCurrent ? undefined : { session_id: session, status: "CLOSE" }),
    keepAlive: (session) => request(SESSION_KEEP_ALIVE, { session }),
    archive: isCurrent ? undefined : (session) => request(SESSION_ARCHIVE, { session }),
    createCommand: (session, body) => request(COMMAND_SEND, { session }, body),
    readCommand: (session, command) => request(COMMAND_READ, { session, command }),
    cancelCommand: isCurrent ? (session, { id }) => request(COMMAND_CANCEL, { session, command: id }) : undefined,
    uploadFile: (session) => request(FILE_UPLOAD, { session }),
    readStoredFile: isCurrent ? undefined : (session, file) => request(FILE_READ, { session, file }),
    readContent: (session, file) => request(FILE_CONTENT, { session, file }),

    ...(isCurrent ? currentSpelling : classicSpelling),
    endpointOf,
    openedAt,
  };
}

/** Ids of sessions name the device too: `1:37191`. */
function endpointOf({ id, sensor_id, device_id }: SessionData): number | undefined {
  const device = device_id ?? sensor_id ?? /^\d+:(\d+)$/.exec(String(id))?.[1];
  return device === undefined ? undefined : Number(device);
}

/** Text since v6; before that a number, of milliseconds or of seconds. */
function openedAt({ create_time: time }: SessionData): number | undefined {
  if (typeof time === "number") return time > SECONDS ? time : time * 1000;
  const parsed = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** No time that is told in seconds is larger. */
const SECONDS = 1e11;

async function findEndpoint(
  devices: CloudDevices,
  target: LiveResponseTarget | number,
  options: CallOptions,
): Promise<Endpoint> {
  if (target instanceof Model) return endpointOfModel(devices, target, options);
  const id = deviceIdOf(target);
  if (id !== undefined) return devices.find(id, options);
  const found: unknown = await (target as unknown as PromiseLike<unknown>);
  if (found instanceof Model) return endpointOfModel(devices, found, options);
  throw new ApiError("There is no such device: what was to be looked for was not found", { code: "INVALID_TARGET" });
}

/** What a device that is loaded knows of itself need not be asked for. */
function endpointOfModel(devices: CloudDevices, model: Model, options: CallOptions): Promise<Endpoint> {
  const id = deviceIdOf(model as unknown as LiveResponseTarget);
  if (id === undefined) throw new ApiError("The device is not saved yet: it has no id", { code: "INVALID_TARGET" });
  const known = devices.learn(id, Model.stateOf(model).document);
  return known === undefined ? devices.find(id, options) : Promise.resolve(known);
}
