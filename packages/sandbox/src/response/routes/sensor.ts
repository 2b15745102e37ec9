import type { SensorRecord } from "../../domain/index.js";
import { type EndpointPresence, lastCheckin } from "../../endpoint/presence.js";
import { readCount, readFlag } from "../../server/parameters.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { findSensor, findSensors, type SensorFilter } from "../../store/endpoints.js";
import type { ResponseContext } from "../context.js";
import { isOnline, SENSOR_FIELDS, sensorDocument } from "../documents/sensor.js";
import { isoTime, serverTime } from "../documents/time.js";
import { countValues, type FacetValue, facetValues } from "../facets.js";
import { found } from "../found.js";
import { readFacetFields, readWindow } from "../parameters.js";
import { changeSensor } from "./sensor-changes.js";

const DAY = 24 * 3_600_000;

/** Lists of sensors, one of them, and its figures. */
export function sensorRoutes(context: ResponseContext): Route[] {
  const { checkins } = context;
  /** A list of one entry; servers that have none to give answer without a body. */
  const figures = (name: string, of: (record: SensorRecord) => object | undefined): Route => ({
    method: "GET",
    path: `/api/v1/sensor/:id/${name}`,
    handle: (request) => {
      const record = locate(context, request);
      const entry = record.state?.uninstalled === true ? undefined : of(record);
      if (entry === undefined) return { status: 204 };
      return { status: 200, body: [{ id: record.id, sensor_id: record.id, ...entry }] };
    },
  });
  return [
    {
      method: "GET",
      path: "/api/v2/sensor",
      handle: (request) => ({ status: 200, body: page(context, request, checkins) }),
    },
    {
      method: "GET",
      path: "/api/v1/sensor",
      handle: (request) => ({ status: 200, body: list(context, request, checkins) }),
    },
    {
      method: "GET",
      path: "/api/v1/sensor/statistics",
      handle: () => {
        const records = findSensors(context.store);
        const now = context.now();
        const active = records.filter((record) => now - lastCheckin(record, checkins) < DAY);
        const bytes = { num_eventlog_bytes: 0, num_storefile_bytes: 0 };
        return { status: 200, body: { sensor_count: records.length, active_sensor_count: active.length, ...bytes } };
      },
    },
    {
      method: "GET",
      path: "/api/v1/sensor/:id",
      handle: (request) => ({ status: 200, body: sensorDocument(locate(context, request), checkins) }),
    },
    {
      method: "PUT",
      path: "/api/v1/sensor/:id",
      handle: (request) => {
        changeSensor(context, locate(context, request), request);
        return { status: 204 };
      },
    },
    figures("queued", (record) => {
      const sizes = { num_eventlogs: "0", num_eventlog_bytes: "0", num_storefiles: "0", num_storefile_bytes: "0" };
      return { ...sizes, timestamp: serverTime(lastCheckin(record, checkins)) };
    }),
    figures("activity", (record) => {
      // Of a sensor that has fallen silent there is nothing to tell.
      if (!isOnline(record, checkins)) return undefined;
      return { activity: "checkin", timestamp: serverTime(lastCheckin(record, checkins)) };
    }),
    figures("resourcestatus", (record) => {
      const figures = { commit_charge: 0, handles: 331, page_faults: 1, working_set: 24_000, total_page_faults: 99 };
      return { ...figures, gdi_objects: 0, timestamp: isoTime(lastCheckin(record, checkins)) };
    }),
  ];
}

function locate({ store }: ResponseContext, request: SandboxRequest): SensorRecord {
  return found({ get: (id) => findSensor(store, id) }, request, "Sensor");
}

function readFilter(query: URLSearchParams): SensorFilter {
  const hostname = query.get("hostname");
  const ip = query.get("ip");
  const group = query.get("groupid") === null ? undefined : readCount(query, "groupid", 0);
  return {
    ...(hostname === null ? {} : { hostname }),
    ...(ip === null ? {} : { ip }),
    ...(group === undefined ? {} : { group_id: group }),
  };
}

function page(
  context: ResponseContext,
  { query }: SandboxRequest,
  checkins: EndpointPresence,
): Record<string, unknown> {
  const { start, rows } = readWindow(query);
  const records = findSensors(context.store, readFilter(query));
  const column = query.get("sort.col") ?? "last_checkin_time";
  const direction = query.get("sort.dir") ?? "asc";
  if (!/^(asc|desc)$/i.test(direction)) throw new HttpProblem(400, `sort.dir must be asc or desc, not ${direction}`);
  if (!SENSOR_FIELDS.has(column)) throw new HttpProblem(400, `Sensors cannot be sorted by ${column}`);
  const sign = direction.toLowerCase() === "desc" ? -1 : 1;
  const documentOf = (record: SensorRecord): Record<string, unknown> => sensorDocument(record, checkins);
  // Whole documents are made of those only that are shown: there may be many pages.
  const keyOf = (record: SensorRecord): unknown =>
    column === "last_checkin_time" ? lastCheckin(record, checkins) : documentOf(record)[column];
  const sorted = records
    .map((record) => ({ record, key: keyOf(record) }))
    .sort((a, b) => sign * compare(a.key, b.key) || a.record.id - b.record.id)
    .map(({ record }) => record);
  // Servers count facets only when rows are asked for too.
  const facets = readFlag(query, "facet") && rows > 0 ? facetsOf(records.map(documentOf), readFacetFields(query)) : {};
  return { total_results: sorted.length, results: sorted.slice(start, start + rows).map(documentOf), start, facets };
}

function list(
  context: ResponseContext,
  { query }: SandboxRequest,
  checkins: EndpointPresence,
): Record<string, unknown>[] {
  const days = readCount(query, "inactive_filter_days", 0);
  const found = findSensors(context.store, readFilter(query)).filter(
    (record) => days === 0 || checkins.now - lastCheckin(record, checkins) < days * DAY,
  );
  if (found.length === 0 && context.traits.emptySensorListFails) throw new HttpProblem(500, "Internal server error");
  return found.map((record) => sensorDocument(record, checkins));
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : Number(left > right);
}

function facetsOf(
  documents: readonly Record<string, unknown>[],
  fields: readonly string[],
): Record<string, FacetValue[]> {
  const facets: Record<string, FacetValue[]> = {};
  for (const field of fields) {
    const known = documents.filter((document) => Object.hasOwn(document, field) && document[field] !== null);
    facets[field] = facetValues(countValues(known.map((document) => String(document[field]))), documents.length);
  }
  return facets;
}
