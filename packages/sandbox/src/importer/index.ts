/** Reads Sysmon logs into an organisation: hosts become sensors, events become processes with their ancestry. */
import { basename } from "node:path";
import type { KnownOrganisation, OrganisationSink } from "../domain/index.js";
import { type Emitted, emit } from "./emit.js";
import { readEvent } from "./fields.js";
import { recall } from "./known.js";
import { EventMapper, type Mapped } from "./mapping.js";
import { jsonPieces } from "./records.js";
import { settle } from "./settle.js";
import { logsIn } from "./source.js";
import { LogTable } from "./table.js";

export { STAND_IN_PIDS } from "./known.js";
export type { Mapped } from "./mapping.js";

/** How to import; everything may be left out. */
export interface ImportOptions {
  /** How the report names the source (default: the file's name, or `log`). */
  name?: string;
  /**
   * What the sink holds already: hosts that have a sensor there keep it, and what earlier logs told of their processes is
   * joined with what this one tells. Without it everything is new.
   */
  known?: KnownOrganisation;
  /** Id of the first new sensor (default: the one after the highest that is known); further hosts get the ids after it. */
  firstSensorId?: number;
  /** Group of the new sensors (default 1). */
  groupId?: number;
  /** Most bytes that an archive may unpack to (default 8 GiB). */
  maxBytes?: number;
  /** Most characters of one event (default 4 Mi); longer ones are malformed. */
  maxEventLength?: number;
  /** Gives up reading, before anything has been written, when aborted. */
  signal?: AbortSignal | undefined;
}

/** What became of a log: each of its lines is malformed, or an event that was mapped or is named among the skipped. */
export interface ImportReport extends Emitted {
  file: string;
  /** JSON values found, malformed ones included; blank lines do not count. */
  lines: number;
  /** Lines that are events of some Windows log. */
  events: number;
  mapped: Record<Mapped, number>;
  skipped: { what: string; reason: string; count: number }[];
  /** What was mapped, but not on the log's word alone. */
  assumed: { what: string; reason: string; count: number }[];
  malformedLines: number;
  /** Of the events that were mapped; undefined when there are none. */
  firstTime: number | undefined;
  lastTime: number | undefined;
}

const GIB = 1024 ** 3;

/**
 * Imports a log: JSON lines, one array of events, or either of them in gzip or ZIP. The text is read piece by piece and
 * never held as a whole; what is kept are the processes with their events, which go into the sink at the end.
 *
 * Registry paths are written as the sensor writes them (`\registry\machine\...`), Windows paths in lower case. A process
 * whose hash the log does not tell has an empty `md5`. Parents that the log only mentions become processes known in part.
 *
 * @param source path of the file, or its bytes
 */
export async function importSysmon(
  source: string | AsyncIterable<Uint8Array>,
  sink: OrganisationSink,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { known, groupId = 1, maxBytes = 8 * GIB, maxEventLength = 4 * 1024 * 1024, signal } = options;
  const table = new LogTable();
  const mapper = new EventMapper(table);
  let lines = 0;
  let events = 0;
  let malformedLines = 0;
  let troubles = 0;
  const onTrouble = (what: string, reason: string): void => {
    troubles++;
    mapper.skipped.add(what, reason);
  };
  for await (const { what, bytes } of logsIn(source, { maxBytes, onTrouble })) {
    const before = lines + troubles;
    for await (const piece of jsonPieces(unlessAborted(bytes, signal), maxEventLength)) {
      signal?.throwIfAborted();
      lines++;
      const event = readEvent(parsed(piece));
      if (event === undefined) malformedLines++;
      else {
        events++;
        mapper.take(event);
      }
    }
    if (lines + troubles === before) onTrouble(what, "there is nothing in it");
  }
  signal?.throwIfAborted();
  if (known !== undefined) recall(table, known);
  settle(table, mapper);
  const highestId = known?.sensors().reduce((highest, { id }) => Math.max(highest, id), 0) ?? 0;
  const written = emit(table, mapper, sink, { firstSensorId: options.firstSensorId ?? highestId + 1, groupId, known });
  return {
    file: options.name ?? (typeof source === "string" ? basename(source) : "log"),
    lines,
    events,
    ...written,
    mapped: mapper.mapped,
    skipped: mapper.skipped.list(),
    assumed: mapper.assumed.list(),
    malformedLines,
    firstTime: Number.isFinite(mapper.firstTime) ? mapper.firstTime : undefined,
    lastTime: Number.isFinite(mapper.lastTime) ? mapper.lastTime : undefined,
  };
}

/** Looked at with each chunk: of what has no line ends, no pieces come for long. */
async function* unlessAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

function parsed(piece: string | undefined): unknown {
  if (piece === undefined) return undefined;
  try {
    return JSON.parse(piece);
  } catch {
    return undefined;
  }
}
