import { deflateRawSync } from "node:zlib";
import type { SensorRecord } from "../../../domain/index.js";
import { type BinaryRow, findBinary } from "../../../store/binaries.js";
import { tagsOf } from "../../../store/detection/tags.js";
import { findGroup } from "../../../store/endpoints.js";
import type { ResponseContext } from "../../context.js";
import { binaryDocument } from "../../documents/binary.js";
import type { BusEvent } from "../bus-event.js";
import type { Sighting } from "../event-bus.js";
import { eventOfModule } from "../sensor/messages.js";
import { feedScores, watchlistTags } from "./documents.js";
import { secondsOf } from "./head.js";

/** What is told of a file that is seen where it was not seen before. */
export function sightingEvents(
  context: ResponseContext,
  sensor: SensorRecord,
  sighting: Sighting,
  rawEvents: boolean,
): BusEvent[] {
  const { isNew, isNewOnHost, isNewInGroup } = sighting;
  const row = isNewOnHost ? findBinary(context.store, sighting.md5) : undefined;
  if (row === undefined) return [];
  const time = context.now();
  const md5 = row.md5.toUpperCase();
  const tags = tagsOf(context.store, "binary", row.doc);
  const seen = { md5, scores: feedScores(tags), watchlists: watchlistTags(tags), event_timestamp: secondsOf(time) };
  const group = findGroup(context.store, sensor.group_id)?.name ?? "";
  const observed = (where: string, at: Record<string, unknown>): BusEvent => ({
    ...{ key: `binaryinfo.${where}observed`, subject: [md5, ...Object.values(at)].join("/"), time },
    document: { ...seen, ...at },
  });
  return [
    ...(isNew && rawEvents ? [moduleEvent(context, sensor, row, time)] : []),
    ...(isNew ? [observed("", {})] : []),
    observed("host.", { hostname: sensor.computer_name, sensor_id: sensor.id }),
    ...(isNewInGroup ? [observed("group.", { group })] : []),
    ...(isNew && row.record.copied_mod_len > 0 ? [storedEvent(context, row, time)] : []),
  ];
}

function moduleEvent({ traits }: ResponseContext, sensor: SensorRecord, row: BinaryRow, time: number): BusEvent {
  const code = String(binaryDocument(traits, row, [])["digsig_result_code"]);
  return eventOfModule(sensor, { ...row.record, md5: row.md5 }, code, time);
}

/** The server has a copy of the file now. */
function storedEvent(context: ResponseContext, { md5, record }: BinaryRow, time: number): BusEvent {
  const name = md5.toUpperCase();
  const document = {
    md5: name,
    size: record.copied_mod_len,
    compressed_size: deflateRawSync(context.binaryContent(record)).length,
    node_id: 0,
    file_path: `/var/cb/data/modulestore/${name.slice(0, 3)}/${name.slice(3, 6)}/${name}.zip`,
    event_timestamp: secondsOf(time),
  };
  return { key: "binarystore.file.added", subject: name, time, document };
}
