import type { ProcessEvents, ProcessRecord, SegmentRecord } from "../domain/index.js";
import { type Database, RowWriter } from "./database.js";
import type { DocumentIndex } from "./document-index.js";
import type { EventCodec } from "./event-codec.js";
import { removeSegments } from "./removal.js";
import { Field, Kind, PROCESS_COLUMNS, SEGMENT_COLUMNS } from "./schema.js";
import { fold } from "./tokens.js";

/** A process without what was told of it in segments. */
export type StoredProcess = Omit<ProcessRecord, "segments" | "events">;

/**
 * Processes on their way into the database, with the segments that their sensors told of them: which number each has, and
 * what its documents are found by.
 */
export class ProcessRows {
  readonly #database: Database;
  readonly #index: DocumentIndex;
  readonly #codec: EventCodec;
  readonly #writers: Record<"process" | "origin" | "segment" | "event" | "host", RowWriter>;
  readonly #numbers = new Map<string, number>();
  /** Processes that were read from logs, by sensor and origin. */
  readonly #origins = new Map<string, { proc: number; id: string }>();
  /** Which sensor has which file, so that each pair is written once. */
  readonly #filesOfSensor = new Map<number, Set<number>>();
  /** Documents that were replaced, or are not wanted any more, and are still to be removed. */
  readonly #replaced: number[] = [];
  #nextProcess = 1;
  #nextSegment = 1;

  constructor(database: Database, index: DocumentIndex, codec: EventCodec) {
    this.#database = database;
    this.#index = index;
    this.#codec = codec;
    this.#writers = {
      process: new RowWriter(database, "process", PROCESS_COLUMNS),
      origin: new RowWriter(database, "process_origin", ["sensor_id", "guid", "proc", "created"]),
      segment: new RowWriter(database, "segment", SEGMENT_COLUMNS),
      event: new RowWriter(database, "segment_event", ["doc", "events"]),
      host: new RowWriter(database, "binary_host", ["md5_value", "sensor_id"]),
    };
  }

  /** Whether there is any document. */
  get hasDocuments(): boolean {
    return this.#nextSegment > 1;
  }

  /** Adds a process. One that is known already gains the segments that are new; one of a known origin is replaced. */
  add(record: ProcessRecord): void {
    const replaced = this.#replaceOrigin(record);
    const known = replaced ?? this.#numbers.get(record.id);
    const proc = known ?? this.#nextProcess++;
    this.#numbers.set(record.id, proc);
    if (record.origin !== undefined) {
      const { guid, created } = record.origin;
      this.#origins.set(originKey(record.sensor_id, guid), { proc, id: record.id });
      this.#writers.origin.push(record.sensor_id, guid, proc, created ? 1 : 0);
    }
    const md5 = fold(record.md5);
    const md5Value = md5 === "" ? null : this.#index.dictionary.intern(Kind.keyword, md5);
    this.#writers.process.push(
      ...[proc, record.id, record.sensor_id, record.pid, record.parent_id ?? null, record.parent_pid],
      ...[record.parent_name, record.start, record.end ?? null, record.process_name, record.path, record.cmdline],
      ...[record.username, record.uid ?? null, md5, record.sha256 ?? null, md5Value],
      ...[record.placeholder === true ? 1 : 0, record.suppressed === true ? 1 : 0],
      record.alliance === undefined ? null : JSON.stringify(record.alliance),
    );
    // A process without a document of its own is known to its relatives only.
    if (record.placeholder !== true && record.suppressed !== true) {
      const stored = known === undefined || replaced !== undefined ? [] : this.#storedSegments(proc);
      const ids = new Set(stored.map((segment) => segment.segment_id));
      const segments = record.segments.map((segment, index) => ({
        ...segment,
        ordinal: index + 1,
        doc: ids.has(segment.segment_id) ? undefined : this.#nextSegment++,
      }));
      this.#addSegments(record, proc, md5, segments);
    }
  }

  /** Adds a segment to a process that is stored, with what its sensor has told of it since. */
  addSegment(
    proc: number,
    process: StoredProcess,
    segment: SegmentRecord & { ordinal: number },
    events: ProcessEvents,
  ): void {
    this.#addSegments({ ...process, events }, proc, fold(process.md5), [{ ...segment, doc: this.#nextSegment++ }]);
  }

  /** Removes segments, with the next writing. */
  removeSegments(docs: Iterable<number>): void {
    for (const doc of docs) this.#replaced.push(doc);
  }

  write(): void {
    for (const writer of Object.values(this.#writers)) writer.write();
  }

  removeReplaced(): void {
    removeSegments(this.#database, this.#replaced.splice(0));
  }

  /** Brings what is kept in memory to the state of the database. */
  reload(): void {
    const database = this.#database;
    for (const writer of Object.values(this.#writers)) writer.clear();
    this.#replaced.length = 0;
    const highest = (column: string, table: string) => database.count(`SELECT max(${column}) AS n FROM ${table}`);
    this.#nextProcess = highest("proc", "process") + 1;
    this.#nextSegment = Math.max(highest("doc", "segment"), highest("doc", "cold_segment")) + 1;
    this.#numbers.clear();
    const processes = database.all<{ id: string; proc: number }>("SELECT id, proc FROM process");
    for (const { id, proc } of processes) this.#numbers.set(id, proc);
    this.#origins.clear();
    const origins = database.all<{ sensor_id: number; guid: string; proc: number; id: string }>(
      "SELECT o.sensor_id, o.guid, o.proc, p.id FROM process_origin o JOIN process p ON p.proc = o.proc",
    );
    for (const { sensor_id, guid, proc, id } of origins) this.#origins.set(originKey(sensor_id, guid), { proc, id });
    this.#filesOfSensor.clear();
    const pairs = database.all<{ md5_value: number; sensor_id: number }>(
      "SELECT md5_value, sensor_id FROM binary_host",
    );
    for (const pair of pairs) this.#filesOf(pair.sensor_id).add(pair.md5_value);
  }

  /**
   * Makes way for a record whose origin is known: takes away the segments of the process, and its id, which may be another
   * one now. Returns the number of the process.
   */
  #replaceOrigin({ sensor_id, origin }: ProcessRecord): number | undefined {
    const known = origin === undefined ? undefined : this.#origins.get(originKey(sensor_id, origin.guid));
    if (known === undefined) return undefined;
    this.#numbers.delete(known.id);
    for (const { doc } of this.#storedSegments(known.proc)) this.#replaced.push(doc);
    return known.proc;
  }

  /** Those segments that have a number are new; the events name segments by their place in the list. */
  #addSegments(
    record: StoredProcess & Pick<ProcessRecord, "events">,
    proc: number,
    md5: string,
    segments: readonly (SegmentRecord & { ordinal: number; doc: number | undefined })[],
  ): void {
    const docs = segments.map(({ doc }) => doc);
    const seen = this.#filesOf(record.sensor_id);
    const hold = (md5Value: number): void => {
      if (seen.has(md5Value)) return;
      seen.add(md5Value);
      this.#writers.host.push(md5Value, record.sensor_id);
    };
    if (md5 !== "") hold(this.#index.dictionary.intern(Kind.keyword, md5));
    const packs = this.#codec.pack(record.events, record.start, docs, hold);
    segments.forEach(({ doc, ...segment }, index) => {
      const pack = packs[index];
      if (doc === undefined || pack === undefined) return;
      this.#index.post(Field.process_name, Kind.keyword, record.process_name, doc);
      this.#index.post(Field.path, Kind.path, record.path, doc);
      this.#index.post(Field.cmdline, Kind.commandLine, record.cmdline, doc);
      this.#index.post(Field.username, Kind.account, record.username, doc);
      this.#index.post(Field.process_md5, Kind.keyword, md5, doc);
      this.#index.post(Field.process_sha256, Kind.keyword, record.sha256, doc);
      this.#index.post(Field.parent_name, Kind.keyword, record.parent_name, doc);
      for (const [name, value] of Object.entries(record.alliance ?? {})) this.#index.tag("process", name, doc, value);
      const tampered = record.tampered === true || pack.tampered ? 1 : 0;
      this.#writers.segment.push(
        ...[doc, proc, record.id, segment.segment_id, segment.ordinal, record.sensor_id, record.start],
        ...[segment.last_update, segment.last_server_update, tampered, ...pack.counts],
      );
      if (pack.counts.some((count) => count > 0)) this.#writers.event.push(doc, JSON.stringify(pack.packed));
    });
  }

  #filesOf(sensor: number): Set<number> {
    let files = this.#filesOfSensor.get(sensor);
    if (files === undefined) {
      files = new Set();
      this.#filesOfSensor.set(sensor, files);
    }
    return files;
  }

  #storedSegments(proc: number): { doc: number; segment_id: number }[] {
    this.#writers.segment.write();
    return this.#database.all(
      "SELECT doc, segment_id FROM segment WHERE proc = ? UNION ALL SELECT doc, segment_id FROM cold_segment WHERE proc = ?",
      [proc, proc],
    );
  }
}

const originKey = (sensor: number, guid: string): string => `${sensor}/${guid}`;
