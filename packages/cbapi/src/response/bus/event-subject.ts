import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import { optional } from "../../core/model/relations.js";
import type { AnyEvent } from "../../event-bus/catalogue/index.js";
import { Binary } from "../models/binary/binary.js";
import { Alert } from "../models/detection/alert.js";
import { Feed } from "../models/detection/feed.js";
import { Watchlist } from "../models/detection/watchlist.js";
import { Process } from "../models/process/process.js";
import { Sensor } from "../models/sensor/sensor.js";

/**
 * What an event is about, by the keys that it names. It is known whole, so that nothing is requested but what is reached
 * through it.
 * @internal
 */
export class EventSubject extends defineModel(
  { name: "EventSubject", path: "/", key: "key" },
  {
    key: t.string(),
    process_guid: t.string(),
    parent_guid: t.string(),
    sensor_id: t.integer(),
    md5: t.string(),
    watchlist_id: t.integer(),
    feed_id: t.integer(),
    alert_id: t.string(),
    get process() {
      return optional(Process, "process_guid");
    },
    get parent() {
      return optional(Process, "parent_guid");
    },
    get sensor() {
      return optional(Sensor, "sensor_id", 0);
    },
    get binary() {
      return optional(Binary, "md5");
    },
    get watchlist() {
      return optional(Watchlist, "watchlist_id", 0);
    },
    get feed() {
      // Alerts of watchlists say -1.
      return optional(Feed, "feed_id", -1);
    },
    get alert() {
      return optional(Alert, "alert_id");
    },
  },
) {}

type Fields = Readonly<Record<string, unknown>>;

/** The keys that an event names, at its top or in what it has found. */
export function subjectOf(event: AnyEvent): Fields {
  const fields = event as unknown as Fields;
  const { docs } = fields;
  const found = (Array.isArray(docs) ? docs[0] : undefined) as Fields | undefined;
  const both = (name: string) => fields[name] ?? found?.[name];
  const isAlert = event.type.startsWith("alert.");
  return {
    key: event.key,
    process_guid: withSegment(both("process_guid"), both("segment_id")),
    parent_guid: both("parent_guid"),
    sensor_id: both("sensor_id") ?? sensorOf(both("endpoint")),
    md5: hashOf(both("md5") ?? both("process_md5")),
    watchlist_id: numberOf(fields["watchlist_id"]),
    feed_id: numberOf(fields["feed_id"]),
    alert_id: isAlert ? fields["unique_id"] : undefined,
  };
}

/** A process with the segment in which it was found, in the form of its unique id. */
function withSegment(guid: unknown, segment: unknown): string | undefined {
  if (typeof guid !== "string" || !/^[0-9a-f-]{36}$/i.test(guid)) return undefined;
  const number = Number(segment ?? 1);
  if (!Number.isSafeInteger(number) || number <= 1) return guid;
  return `${guid}-${number.toString(16).padStart(number > 0xff_ff_ff_ff ? 12 : 8, "0")}`;
}

/** Binaries name the endpoints that they are on as `HOST|sensor id`. One alone is meant. */
function sensorOf(endpoint: unknown): number | undefined {
  const [only, another] = Array.isArray(endpoint) ? (endpoint as unknown[]) : [];
  if (typeof only !== "string" || another !== undefined) return undefined;
  return numberOf(only.slice(only.lastIndexOf("|") + 1));
}

/** Where a hash is not known, servers send zeros. */
function hashOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9a-f]{32}$/i.test(value) && !/^0+$/.test(value) ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}
