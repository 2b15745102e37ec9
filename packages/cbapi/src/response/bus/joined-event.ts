import type { ModelHost } from "../../core/model/host.js";
import type { Ref } from "../../core/model/ref-type.js";
import type { AnyEvent } from "../../event-bus/catalogue/index.js";
import type { Binary } from "../models/binary/binary.js";
import type { Alert } from "../models/detection/alert.js";
import type { Feed } from "../models/detection/feed.js";
import type { Watchlist } from "../models/detection/watchlist.js";
import type { Process } from "../models/process/process.js";
import type { Sensor } from "../models/sensor/sensor.js";
import { EventSubject, subjectOf } from "./event-subject.js";

/** The objects that an event names. Nothing is requested before one is awaited; what the event does not name is `undefined`. */
export interface EventJoins {
  /** The process that it is about, or that acted: `await event.process.binary.md5`. */
  readonly process: Ref<Process | undefined>;
  /** That process's parent. */
  readonly parent: Ref<Process | undefined>;
  /** The endpoint that it happened on, where it is one. */
  readonly sensor: Ref<Sensor | undefined>;
  /** The binary that it is about, or that the process runs. */
  readonly binary: Ref<Binary | undefined>;
  readonly watchlist: Ref<Watchlist | undefined>;
  readonly feed: Ref<Feed | undefined>;
  /** The alert, of events that tell of one. */
  readonly alert: Ref<Alert | undefined>;
}

const JOINS = ["process", "parent", "sensor", "binary", "watchlist", "feed", "alert"] as const;

/** Subjects are made when the first join of an event is reached. */
const subjects = new WeakMap<object, EventSubject>();

/** The event with the joins beside its fields. They are not listed: printing or writing the event shows what it says. */
export function withJoins<E extends AnyEvent>(client: ModelHost, event: E): E & EventJoins {
  const joined = { ...event };
  for (const name of JOINS) {
    const get = () => {
      const subject = subjects.get(joined) ?? new EventSubject({ client, document: subjectOf(event) });
      subjects.set(joined, subject);
      return subject[name];
    };
    // A field of this name, which no kind in the catalogue has, stays reachable through `raw`.
    Object.defineProperty(joined, name, { get, enumerable: false, configurable: true });
  }
  return joined as E & EventJoins;
}
