import type { BinaryRecord, FeedRecord, SensorRecord } from "../../domain/index.js";
import type { Steps } from "../../steps.js";
import { findBinary } from "../../store/binaries.js";
import { findSensor } from "../../store/endpoints.js";
import { runningProcess } from "../../store/running.js";
import type { ResponseContext } from "../context.js";
import { isoTime } from "../documents/time.js";
import type { BusEvent } from "./bus-event.js";
import type { EventBus, Sighting } from "./event-bus.js";
import { eventOfEnd, eventsOfTale } from "./sensor/messages.js";
import { alertEvents } from "./told/alerts.js";
import { sightingEvents } from "./told/binaries.js";
import { feedEvents } from "./told/feed-hits.js";
import { secondsOf } from "./told/head.js";
import { watchlistEvents } from "./told/watchlist-hits.js";

/** What to tell, and whom. */
interface Announcing {
  readonly rawEvents: boolean;
  publish(events: readonly BusEvent[]): void;
}

/** Makes events of what happens, and publishes them at once. */
export function announcer(context: ResponseContext, { rawEvents, publish }: Announcing): EventBus {
  function* inSteps(parts: Iterable<readonly BusEvent[]>): Steps<void> {
    for (const events of parts) {
      publish(events);
      yield;
    }
  }
  return {
    sighted: (file, sensor, now) => sightedOn(context, file, sensor, now),
    sensorTold: ({ sensor, files, tales }) => {
      publish(rawEvents ? tales.flatMap((tale) => eventsOfTale(sensor, tale)) : []);
      publish(files.flatMap((file) => sightingEvents(context, sensor, file, rawEvents)));
    },
    processEnded: (sensor, proc) => publish(rawEvents ? ended(context, sensor, proc) : []),
    watchlistsFound: (findings) => inSteps(watchlistEvents(context, findings)),
    feedFound: (feed, findings) => inSteps(feedEvents(context, feed, findings)),
    alertsRaised: (docs) => inSteps(alertEvents(context, docs)),
    feedRead: (feed) => publish([feedRead(feed, context.now())]),
  };
}

function sightedOn({ store }: ResponseContext, file: BinaryRecord, sensor: SensorRecord, now: number): Sighting {
  const hosts = findBinary(store, file.md5)?.hosts ?? [];
  const group = store.database.first<{ name: string }>("SELECT name FROM sensor_group WHERE id = ?", [sensor.group_id]);
  return {
    md5: file.md5,
    isNew: hosts.length === 0 && file.server_added_timestamp === now,
    isNewOnHost: !hosts.some(({ id }) => id === sensor.id),
    isNewInGroup: !hosts.some(({ group_name }) => group_name === group?.name),
  };
}

function ended({ store, now }: ResponseContext, sensorId: number, proc: number): BusEvent[] {
  const sensor = findSensor(store, sensorId);
  const process = runningProcess(store, proc);
  return sensor === undefined || process === undefined ? [] : [eventOfEnd(sensor, process, now())];
}

function feedRead({ id, name }: FeedRecord, time: number): BusEvent {
  const document = {
    ...{ feed_id: id, feed_name: name, feed_update_time: isoTime(time), scan_start_time: null },
    event_timestamp: secondsOf(time),
  };
  return { key: "feed.synchronized", subject: String(id), time, document };
}
