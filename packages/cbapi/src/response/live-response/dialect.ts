import { ApiError } from "../../core/errors.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Endpoint, LiveResponseDialect } from "../../live-response/dialect.js";
import { endpointIdOf } from "../../live-response/endpoint-id.js";
import type { ProcessInfo, RegistryValue } from "../../live-response/types.js";
import type { EdrHost } from "../host.js";
import { Sensor } from "../models/sensor/sensor.js";
import { SensorStates, unsupported } from "./sensor-states.js";
import type { LiveResponseTarget } from "./target.js";

const BASE = "/api/v1/cblr/session";

/** Live Response as EDR servers speak it. */
export function edrLiveResponse(cb: EdrHost): LiveResponseDialect<LiveResponseTarget> {
  const states = new SensorStates(cb);
  return {
    noun: "sensor",
    waits: { session: true, command: true },
    contentElsewhere: false,
    closeNeedsSession: true,

    targetId,
    endpoint: (target, options) => findEndpoint(cb, target, options),
    endpointStates: (ids, options) => states.read(ids, options),

    listSessions: (activeOnly) => ({ method: "GET", path: BASE, query: { active_only: activeOnly } }),
    createSession: (id) => ({ method: "POST", path: BASE, json: { sensor_id: id } }),
    readSession: (session) => ({ method: "GET", path: `${BASE}/${session}` }),
    closeSession: (session, data) => ({
      method: "PUT",
      path: `${BASE}/${session}`,
      json: { ...data, status: "close" },
    }),
    keepAlive: (session) => ({ method: "GET", path: `${BASE}/${session}/keepalive` }),
    archive: (session) => ({ method: "GET", path: `${BASE}/${session}/archive` }),
    createCommand: (session, body) => ({ method: "POST", path: `${BASE}/${session}/command`, json: body }),
    readCommand: (session, command) => ({ method: "GET", path: `${BASE}/${session}/command/${command}` }),
    cancelCommand: (session, command) => ({
      method: "PUT",
      path: `${BASE}/${session}/command/${command.id}`,
      json: { ...command, status: "cancel" },
    }),
    uploadFile: (session) => ({ method: "POST", path: `${BASE}/${session}/file` }),
    readStoredFile: (session, file) => ({ method: "GET", path: `${BASE}/${session}/file/${file}` }),
    readContent: (session, file) => ({ method: "GET", path: `${BASE}/${session}/file/${file}/content` }),

    subject: (object) => ({ object }),
    endpointOf: ({ sensor_id }) => (sensor_id === undefined ? undefined : Number(sensor_id)),
    openedAt: ({ create_time }) => (typeof create_time === "number" ? create_time * 1000 : undefined),
    fileIdOf: ({ file_id: id }) => (typeof id === "number" || typeof id === "string" ? id : undefined),
    fileSizeOf: () => undefined,
    sessionGone,
    process: (document) => document as unknown as ProcessInfo,
    registryValue: (document) => document as unknown as RegistryValue,
  };
}

/** The server names the sensor or the session that it does not have; other answers are about something else. */
function sessionGone(text: string): boolean {
  return /^\s*(Sensor|Session)\b/.test(text) || /"status"\s*:\s*"NOT_FOUND"/.test(text);
}

/** @throws ApiError when the target is neither a sensor nor the id of one */
function targetId(target: LiveResponseTarget): number | undefined {
  return endpointIdOf(target, { noun: "sensor", model: "Sensor", isOne: (cls) => cls === Sensor });
}

async function findEndpoint(cb: EdrHost, target: LiveResponseTarget, options: CallOptions): Promise<Endpoint> {
  await cb.connect(options);
  if (cb.server_info.cblrEnabled !== true) {
    throw new ApiError(
      `Cb server does not support Live Response: it is switched off at ${cb.url} (CbLREnabled in the server's settings)`,
      { code: "LIVE_RESPONSE_OFF" },
    );
  }
  const sensor = await findSensor(cb, target, options);
  if (sensor.supports_cblr === undefined) await sensor.load(options);
  const problem = unsupported(sensor);
  if (problem !== undefined) throw problem;
  return { id: sensor.id, osType: sensor.os_type, hostname: sensor.hostname };
}

async function findSensor(cb: EdrHost, target: LiveResponseTarget, options: CallOptions): Promise<Sensor> {
  if (target instanceof Sensor) return target;
  const id = targetId(target);
  if (id !== undefined) return cb.select(Sensor, id, options);
  const found: unknown = await (target as PromiseLike<unknown>);
  if (found instanceof Sensor) return found;
  throw new ApiError("There is no such sensor: what was to be looked for was not found", { code: "INVALID_TARGET" });
}
