import { createHash } from "node:crypto";
import { EVENT_KINDS, type EventKind, type ProcessEvents } from "../../domain/index.js";
import { combine, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import type { PackedEvents } from "../../store/event-codec.js";
import type { CloudContext } from "../context.js";
import { devicesOf } from "../devices/devices.js";
import { readMoment } from "../search/index.js";
import { holds } from "./envelope.js";

/** Where an event is kept: in a segment of a process, by its kind and its place among those of it. */
export interface EventPlace {
  doc: number;
  kind: EventKind;
  index: number;
  time: number;
}

/** The kinds of events that this generation of the service tells of. */
const TYPES = {
  netconn: "NETWORK",
  filemod: "FILE_CREATE",
  regmod: "REGISTRY_ACCESS",
  childproc: "CREATE_PROCESS",
  crossproc: "INJECT_CODE",
  processblock: "CREATE_PROCESS",
} as const;
export type ToldKind = keyof typeof TYPES;
const TOLD = EVENT_KINDS.filter((kind): kind is ToldKind => kind !== "modload");

/** All that there are; of the last two there is none in this organisation. */
const EVENT_TYPES = [...new Set<string>(Object.values(TYPES)), "SYSTEM_API_CALL", "DATA_ACCESS"];

/** The type of an event. A process that was only opened was asked something. */
export function typeOf(kind: EventKind, event: unknown): string {
  if (kind === "crossproc" && (event as { kind?: string }).kind === "ProcessOpen") return "SYSTEM_API_CALL";
  return Object.hasOwn(TYPES, kind) ? TYPES[kind as ToldKind] : "DATA_ACCESS";
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WINDOWS = new Map([
  ...([["3h", 3 * HOUR] as const, ["1d", DAY], ["1w", 7 * DAY], ["2w", 14 * DAY], ["1m", 30 * DAY]] as const),
  ["all", Number.POSITIVE_INFINITY],
]);
/** As long as a time between two moments may be. */
const LONGEST = 14 * DAY;

/** The time that parameters ask for: between two moments, or back from now. */
function windowIn(query: URLSearchParams, now: number): { low: number; high: number } {
  const [start, end] = [query.get("startTime"), query.get("endTime")];
  if (start !== null || end !== null) {
    if (start === null || end === null) throw new HttpProblem(400, "startTime and endTime are only taken together");
    const [low, high] = [start, end].map((text) => readMoment(text, now)?.low);
    if (low === undefined || high === undefined) {
      throw new HttpProblem(400, "startTime and endTime must be times such as 2026-01-05T09:00:00.000Z");
    }
    if (high < low || high - low > LONGEST) {
      throw new HttpProblem(400, "endTime must be after startTime, by two weeks at most");
    }
    return { low, high };
  }
  const name = query.get("searchWindow") ?? "1d";
  const length = WINDOWS.get(name);
  if (length === undefined) throw new HttpProblem(400, `searchWindow must be one of ${[...WINDOWS.keys()].join(", ")}`);
  return length === Number.POSITIVE_INFINITY ? { low: 0, high: length } : { low: now - length, high: now };
}

/** Finds events, the newest first. The answer is kept: page after page asks for the same. */
export class EventIndex {
  readonly #context: CloudContext;
  #latest: { key: string; places: readonly EventPlace[] } | undefined;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** All events that parameters ask for. */
  find(query: URLSearchParams): readonly EventPlace[] {
    const { store } = this.#context;
    const { low, high } = windowIn(query, this.#context.now());
    const type = query.get("eventType");
    if (type !== null && !EVENT_TYPES.includes(type)) {
      throw new HttpProblem(400, `eventType must be one of ${EVENT_TYPES.join(", ")}`);
    }
    const where = this.#condition(query, low, high);
    const key = JSON.stringify([store.revision, where, type, low, high]);
    if (this.#latest?.key === key) return this.#latest.places;
    const counted = raw(TOLD.map((kind) => `s.${kind}_count`).join(" + "));
    const wanted = sql`SELECT s.doc AS doc, p.start AS start, e.events AS events FROM segment s
      JOIN process p ON p.proc = s.proc JOIN segment_event e ON e.doc = s.doc WHERE ${where} AND ${counted} > 0`;
    const places: EventPlace[] = [];
    for (const { doc, start, events } of store.database.all<{ doc: number; start: number; events: string }>(
      wanted.sql,
      wanted.params,
    )) {
      const unpacked = store.codec.unpack(JSON.parse(events) as PackedEvents, start);
      for (const kind of TOLD) {
        for (const [index, event] of (unpacked[kind] ?? []).entries()) {
          if (event.time < low || event.time > high) continue;
          if (type === null || typeOf(kind, event) === type) places.push({ doc, kind, index, time: event.time });
        }
      }
    }
    places.sort(
      (a, b) => b.time - a.time || a.doc - b.doc || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.index - b.index),
    );
    this.#latest = { key, places };
    return places;
  }

  /** The events of a segment. */
  eventsIn(doc: number): ProcessEvents {
    const { store } = this.#context;
    const row = store.database.first<{ start: number; events: string }>(
      `SELECT p.start, e.events FROM segment s JOIN process p ON p.proc = s.proc JOIN segment_event e ON e.doc = s.doc
       WHERE s.doc = ?`,
      [doc],
    );
    return row === undefined ? {} : store.codec.unpack(JSON.parse(row.events) as PackedEvents, row.start);
  }

  #condition(query: URLSearchParams, low: number, high: number): SqlText {
    const conditions: SqlText[] = [sql`s.last_update >= ${low}`];
    if (Number.isFinite(high)) conditions.push(sql`p.start <= ${high}`);
    const devices = devicesOf(this.#context)
      .all()
      .filter((device) => {
        const [name, owner, address] = [
          query.get("hostNameExact"),
          query.get("ownerNameExact"),
          query.get("ipAddress"),
        ];
        const addresses = [device["last_internal_ip_address"], device["last_external_ip_address"]];
        return (
          holds(device.name, query.get("hostName")) &&
          holds(device["email"], query.get("ownerName")) &&
          (name === null || device.name === name) &&
          (owner === null || device["email"] === owner) &&
          (address === null || addresses.includes(address))
        );
      });
    conditions.push(sql`p.sensor_id IN (SELECT value FROM json_each(${JSON.stringify(devices.map(({ id }) => id))}))`);
    const [application, hash] = [query.get("applicationName"), query.get("sha256Hash")];
    if (application !== null) conditions.push(sql`lower(p.process_name) = ${application.toLowerCase()}`);
    if (hash !== null) {
      conditions.push(
        sql`coalesce(p.sha256, (SELECT b.record ->> '$.sha256' FROM binary b WHERE b.md5_value = p.md5_value)) = ${hash.toLowerCase()}`,
      );
    }
    return combine("AND", conditions);
  }
}

const hex = (number: number, length: number): string => number.toString(16).padStart(length, "0");

const checkOf = (orgKey: string, place: string): string =>
  createHash("md5").update(`${orgKey}/${place}`).digest("hex").slice(0, 16);

/** What an event is called: 32 hexadecimal digits, which say where it is kept. */
export function eventId(orgKey: string, { doc, kind, index }: EventPlace): string {
  const place = hex(doc, 8) + hex(EVENT_KINDS.indexOf(kind), 2) + hex(index, 6);
  return place + checkOf(orgKey, place);
}

/** Where the event of such a name is kept; undefined when nothing has it. */
export function placeOf(orgKey: string, id: string): Omit<EventPlace, "time"> | undefined {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const place = id.slice(0, 16);
  const kind = EVENT_KINDS[Number.parseInt(place.slice(8, 10), 16)];
  if (kind === undefined || checkOf(orgKey, place) !== id.slice(16)) return undefined;
  return { doc: Number.parseInt(place.slice(0, 8), 16), kind, index: Number.parseInt(place.slice(10), 16) };
}
