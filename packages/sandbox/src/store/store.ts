import { isDeepStrictEqual } from "node:util";
import type {
  BinaryRecord,
  GroupRecord,
  ObjectRecords,
  OrganisationSink,
  ProcessEvents,
  ProcessRecord,
  SegmentRecord,
  SensorRecord,
  SiteRecord,
} from "../domain.js";
import { atOnce, type Steps, singleStep } from "../steps.js";
import { Collection, type ObjectKey } from "./collection.js";
import { Database, RowWriter, type SqlValue } from "./database.js";
import { Dictionary } from "./dictionary.js";
import { EventCodec } from "./event-codec.js";
import { Postings } from "./postings.js";
import { removeBinaries, removeSegments } from "./removal.js";
import {
  BINARY_COLUMNS,
  Field,
  INDEXES,
  Kind,
  PROCESS_COLUMNS,
  SCHEMA_VERSION,
  SEGMENT_COLUMNS,
  SENSOR_COLUMNS,
  TABLES,
} from "./schema.js";
import { fold, type WordRule } from "./tokens.js";

/** How to open a store. */
export interface StoreOptions {
  /** Where to keep the organisation; in memory when left out. */
  file?: string;
}

/** Enough to make sorting worth its while, little enough to hold in memory besides the database. */
const SPILL_POSTINGS = 2_000_000;

/** A process without what was told of it in segments. */
export type StoredProcess = Omit<ProcessRecord, "segments" | "events">;

/** Tags stand beside both kinds of documents. */
export type TagScope = "process" | "binary";

const BINARY_TEXTS = [
  ...["original_filename", "digsig_publisher", "digsig_issuer", "digsig_subject", "digsig_prog_name", "file_desc"],
  ...["file_version", "product_name", "product_version", "company_name", "internal_name", "legal_copyright"],
  ...["legal_trademark", "product_desc", "comments", "private_build", "special_build"],
] as const satisfies readonly (keyof BinaryRecord & keyof typeof Field)[];

/**
 * An organisation in an SQL database. What is handed over waits in memory and is written in batches; every read writes
 * it out first, so nobody sees half of it.
 */
export class Store implements OrganisationSink {
  readonly #database: Database;
  readonly #dictionary: Dictionary;
  readonly #postings: Postings;
  readonly #codec: EventCodec;
  readonly #writers: Record<
    "process" | "origin" | "segment" | "event" | "binary" | "host" | "tag" | "sensor" | "object",
    RowWriter
  >;
  readonly #processNumbers = new Map<string, number>();
  /** Processes that were read from logs, by sensor and origin. */
  readonly #origins = new Map<string, { proc: number; id: string }>();
  readonly #binaryNumbers = new Map<string, number>();
  /** Documents that were replaced and are still to be removed. */
  readonly #replaced: { segments: number[]; binaries: number[] } = { segments: [], binaries: [] };
  /** Which sensor has which file, so that each pair is written once. */
  readonly #filesOfSensor = new Map<number, Set<number>>();
  /** Whether there was nothing in the file, or no file. */
  readonly isNew: boolean;
  #nextProcess = 1;
  #nextSegment = 1;
  #nextBinary = 1;
  #dirty = false;
  #indexed = false;
  #inTransaction = false;
  #revision = 0;

  static open(options: StoreOptions = {}): Store {
    return new Store(new Database(options.file ?? ":memory:"));
  }

  private constructor(database: Database) {
    this.#database = database;
    this.isNew = checkVersion(database);
    database.exec(`${TABLES} PRAGMA user_version = ${SCHEMA_VERSION};`);
    this.#dictionary = new Dictionary(database);
    this.#postings = new Postings(database);
    this.#codec = new EventCodec(this.#dictionary, this.#postings);
    this.#writers = {
      process: new RowWriter(database, "process", PROCESS_COLUMNS),
      origin: new RowWriter(database, "process_origin", ["sensor_id", "guid", "proc", "created"]),
      segment: new RowWriter(database, "segment", SEGMENT_COLUMNS),
      event: new RowWriter(database, "segment_event", ["doc", "events"]),
      binary: new RowWriter(database, "binary", BINARY_COLUMNS),
      host: new RowWriter(database, "binary_host", ["md5_value", "sensor_id"]),
      tag: new RowWriter(database, "tag", ["scope", "name", "doc", "value"]),
      sensor: new RowWriter(database, "sensor", SENSOR_COLUMNS),
      object: new RowWriter(database, "object", ["kind", "key", "record"]),
    };
    this.#reload();
    if (database.count("SELECT count(*) AS n FROM site") === 0) this.site({ id: 1, name: "Default Site" });
    if (database.count("SELECT count(*) AS n FROM sensor_group") === 0) {
      this.group({ id: 1, name: "Default Group", site_id: 1 });
    }
  }

  /** Everything that was handed over, ready to be read. */
  get database(): Database {
    if (this.#dirty) this.flush();
    return this.#database;
  }

  get dictionary(): Dictionary {
    return this.#dictionary;
  }

  get codec(): EventCodec {
    return this.#codec;
  }

  /** Grows with every write: what was computed from an older revision is stale. */
  get revision(): number {
    if (this.#dirty) this.flush();
    return this.#revision;
  }

  /** The objects of a kind that are read and written whole. */
  collection<K extends keyof ObjectRecords>(kind: K): Collection<ObjectRecords[K]> {
    return new Collection<ObjectRecords[K]>(this, kind);
  }

  object<K extends keyof ObjectRecords>(kind: K, key: ObjectKey, record: ObjectRecords[K]): void {
    this.#touch();
    this.#writers.object.push(kind, key, JSON.stringify(record));
  }

  /** Chooses how command lines are searched; can be asked for several rules and at any time. */
  indexCommandLines(rule: WordRule): void {
    this.flush();
    this.#dictionary.indexCommandLines(rule);
  }

  site(record: SiteRecord): void {
    this.#touch();
    this.#database.run("INSERT OR REPLACE INTO site (id, name) VALUES (?, ?)", [record.id, record.name]);
  }

  group(record: GroupRecord): void {
    this.#touch();
    const row = [record.id, record.name, fold(record.name), JSON.stringify(record)];
    this.#database.run("INSERT OR REPLACE INTO sensor_group (id, name, folded, record) VALUES (?, ?, ?, ?)", row);
  }

  /** Adds a sensor, or replaces what is known of it. */
  sensor(record: SensorRecord): void {
    this.#touch();
    this.#writers.sensor.push(
      record.id,
      record.group_id,
      record.computer_name,
      fold(record.computer_name),
      record.host_type,
      record.os_type,
      record.last_checkin_time,
      JSON.stringify(record),
    );
  }

  /**
   * Adds a binary, or replaces what is known of it. One that was only seen again, perhaps under further names, stays the
   * document that it is, with all that was found of it.
   */
  binary(record: BinaryRecord): void {
    this.#touch();
    const md5 = fold(record.md5);
    const known = this.#binaryNumbers.get(md5);
    const newNames = known === undefined ? undefined : this.#newNames(known, record);
    if (known !== undefined && newNames !== undefined) {
      for (const name of newNames) this.#post(Field.observed_filename, Kind.path, name, known);
      this.#writeBinary(known, this.#dictionary.intern(Kind.keyword, md5), record);
      return;
    }
    if (known !== undefined) this.#replaced.binaries.push(known);
    const doc = this.#nextBinary++;
    this.#binaryNumbers.set(md5, doc);
    const md5Value = this.#post(Field.binary_md5, Kind.keyword, md5, doc);
    this.#post(Field.binary_sha256, Kind.keyword, record.sha256, doc);
    this.#post(Field.digsig_result, Kind.keyword, record.digsig_result, doc);
    this.#post(Field.binary_os_type, Kind.keyword, record.os_type, doc);
    for (const name of record.observed_filename) this.#post(Field.observed_filename, Kind.path, name, doc);
    for (const name of BINARY_TEXTS) this.#post(Field[name], Kind.text, record[name], doc);
    for (const [name, value] of Object.entries(record.alliance ?? {})) this.#addTag("binary", name, doc, value);
    this.#writeBinary(doc, md5Value, record);
  }

  #writeBinary(doc: number, md5Value: number | null, record: BinaryRecord): void {
    this.#writers.binary.push(
      doc,
      fold(record.md5),
      md5Value,
      record.server_added_timestamp,
      record.last_seen,
      record.orig_mod_len,
      record.copied_mod_len,
      record.is_executable_image ? 1 : 0,
      record.is_64bit ? 1 : 0,
      record.digsig_sign_time ?? null,
      JSON.stringify(record),
    );
  }

  /** The names under which a stored binary was not known, if nothing else of it is new. */
  #newNames(doc: number, record: BinaryRecord): string[] | undefined {
    this.#writers.binary.write();
    const row = this.#database.first<{ record: string }>("SELECT record FROM binary WHERE doc = ?", [doc]);
    if (row === undefined) return undefined;
    const { observed_filename, last_seen: _, ...stored } = JSON.parse(row.record) as BinaryRecord;
    const { observed_filename: names, last_seen: __, ...told } = record;
    const known = new Set(observed_filename);
    const kept = observed_filename.every((name) => names.includes(name));
    return kept && isDeepStrictEqual(stored, JSON.parse(JSON.stringify(told)))
      ? names.filter((name) => !known.has(name))
      : undefined;
  }

  /** Adds a process. One that is known already gains the segments that are new; one of a known origin is replaced. */
  process(record: ProcessRecord): void {
    this.#touch();
    const replaced = this.#replaceOrigin(record);
    const known = replaced ?? this.#processNumbers.get(record.id);
    const proc = known ?? this.#nextProcess++;
    this.#processNumbers.set(record.id, proc);
    if (record.origin !== undefined) {
      const { guid, created } = record.origin;
      this.#origins.set(originKey(record.sensor_id, guid), { proc, id: record.id });
      this.#writers.origin.push(record.sensor_id, guid, proc, created ? 1 : 0);
    }
    const md5 = fold(record.md5);
    const md5Value = md5 === "" ? null : this.#dictionary.intern(Kind.keyword, md5);
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
    if (this.#postings.size > SPILL_POSTINGS) atOnce(this.#spilling());
  }

  /** Adds a segment to a process that is stored, with what its sensor has told of it since. */
  segment(
    proc: number,
    process: StoredProcess,
    segment: SegmentRecord & { ordinal: number },
    events: ProcessEvents,
  ): void {
    this.#touch();
    this.#addSegments({ ...process, events }, proc, fold(process.md5), [{ ...segment, doc: this.#nextSegment++ }]);
    if (this.#postings.size > SPILL_POSTINGS) atOnce(this.#spilling());
  }

  /** Changes rows in place, for what is kept in tables alone; results that were kept become stale. */
  change(sql: string, params: readonly SqlValue[] = []): void {
    this.flush();
    this.#touch();
    this.#database.run(sql, params);
  }

  /** Does several such changes, all of them or none. */
  alter<T>(work: (database: Database) => T): T {
    return this.transaction(() => {
      this.#touch();
      return work(this.#database);
    });
  }

  /** Removes segments with all that is searched and shown of them. */
  removeSegments(docs: Iterable<number>): void {
    this.#touch();
    for (const doc of docs) this.#replaced.segments.push(doc);
  }

  /** Runs `load` and writes what it hands over, all of it or nothing. */
  transaction<T>(load: () => T): T {
    return atOnce(this.loading(singleStep(load)));
  }

  /** {@link transaction} in steps, for a load that takes long. Until its last step nobody else may read or write. */
  *loading<T>(load: Steps<T>): Steps<T> {
    this.flush();
    this.#database.begin();
    this.#inTransaction = true;
    let complete = false;
    try {
      const result = yield* load;
      yield* this.#writing();
      this.#database.commit();
      complete = true;
      return result;
    } finally {
      this.#inTransaction = false;
      if (!complete) {
        this.#database.rollback();
        this.#reload();
      }
    }
  }

  /** Writes out what waits. Called by every read. */
  flush(): void {
    atOnce(this.#writing());
  }

  close(): void {
    this.flush();
    this.#database.close();
  }

  #touch(): void {
    this.#dirty = true;
    this.#database.begin();
  }

  *#writing(): Steps<void> {
    if (!this.#dirty) return;
    yield* this.#spilling();
    if (!this.#indexed && this.#nextSegment + this.#nextBinary > 2) {
      for (const index of INDEXES) {
        this.#database.exec(index);
        yield;
      }
      this.#indexed = true;
    }
    // Within a transaction of the caller, reading its own writes must not end it.
    if (!this.#inTransaction) this.#database.commit();
    this.#dirty = false;
    this.#revision += 1;
  }

  *#spilling(): Steps<void> {
    this.#database.begin();
    this.#dictionary.write();
    yield;
    for (const writer of Object.values(this.#writers)) writer.write();
    yield;
    this.#postings.write();
    yield;
    const { segments, binaries } = this.#replaced;
    removeSegments(this.#database, segments.splice(0));
    removeBinaries(this.#database, binaries.splice(0));
  }

  /**
   * Makes way for a record whose origin is known: takes away the segments of the process, and its id, which may be another
   * one now. Returns the number of the process.
   */
  #replaceOrigin({ sensor_id, origin }: ProcessRecord): number | undefined {
    const known = origin === undefined ? undefined : this.#origins.get(originKey(sensor_id, origin.guid));
    if (known === undefined) return undefined;
    this.#processNumbers.delete(known.id);
    for (const { doc } of this.#storedSegments(known.proc)) this.#replaced.segments.push(doc);
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
    if (md5 !== "") hold(this.#dictionary.intern(Kind.keyword, md5));
    const packs = this.#codec.pack(record.events, record.start, docs, hold);
    segments.forEach(({ doc, ...segment }, index) => {
      const pack = packs[index];
      if (doc === undefined || pack === undefined) return;
      this.#post(Field.process_name, Kind.keyword, record.process_name, doc);
      this.#post(Field.path, Kind.path, record.path, doc);
      this.#post(Field.cmdline, Kind.commandLine, record.cmdline, doc);
      this.#post(Field.username, Kind.account, record.username, doc);
      this.#post(Field.process_md5, Kind.keyword, md5, doc);
      this.#post(Field.process_sha256, Kind.keyword, record.sha256, doc);
      this.#post(Field.parent_name, Kind.keyword, record.parent_name, doc);
      for (const [name, value] of Object.entries(record.alliance ?? {})) this.#addTag("process", name, doc, value);
      const tampered = record.tampered === true || pack.tampered ? 1 : 0;
      this.#writers.segment.push(
        ...[doc, proc, record.id, segment.segment_id, segment.ordinal, record.sensor_id, record.start],
        ...[segment.last_update, segment.last_server_update, tampered, ...pack.counts],
      );
      if (pack.counts.some((count) => count > 0)) this.#writers.event.push(doc, JSON.stringify(pack.packed));
    });
  }

  #post(field: Field, kind: Kind, text: string | undefined, doc: number): number | null {
    if (text === undefined || text === "") return null;
    const value = this.#dictionary.intern(kind, text);
    this.#postings.add(field, value, doc);
    return value;
  }

  #addTag(scope: TagScope, name: string, doc: number, value: number | string | string[]): void {
    this.#writers.tag.push(scope, name, doc, Array.isArray(value) ? JSON.stringify(value) : value);
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

  /** Brings what is kept in memory to the state of the database. */
  #reload(): void {
    const database = this.#database;
    this.#dictionary.reload();
    this.#postings.clear();
    this.#codec.reset();
    for (const writer of Object.values(this.#writers)) writer.clear();
    const highest = (column: string, table: string): number =>
      database.count(`SELECT max(${column}) AS n FROM ${table}`) + 1;
    this.#nextProcess = highest("proc", "process");
    this.#nextSegment = Math.max(highest("doc", "segment"), highest("doc", "cold_segment"));
    this.#nextBinary = highest("doc", "binary");
    fill(
      this.#processNumbers,
      database.all<{ key: string; number: number }>("SELECT id AS key, proc AS number FROM process"),
    );
    fill(
      this.#binaryNumbers,
      database.all<{ key: string; number: number }>("SELECT md5 AS key, doc AS number FROM binary"),
    );
    this.#origins.clear();
    const origins = database.all<{ sensor_id: number; guid: string; proc: number; id: string }>(
      "SELECT o.sensor_id, o.guid, o.proc, p.id FROM process_origin o JOIN process p ON p.proc = o.proc",
    );
    for (const { sensor_id, guid, proc, id } of origins) this.#origins.set(originKey(sensor_id, guid), { proc, id });
    this.#replaced.segments.length = 0;
    this.#replaced.binaries.length = 0;
    this.#filesOfSensor.clear();
    const pairs = database.all<{ md5_value: number; sensor_id: number }>(
      "SELECT md5_value, sensor_id FROM binary_host",
    );
    for (const pair of pairs) this.#filesOf(pair.sensor_id).add(pair.md5_value);
    this.#dirty = false;
    this.#indexed = database.count("SELECT count(*) AS n FROM sqlite_master WHERE name = 'word_text'") > 0;
  }
}

const originKey = (sensor: number, guid: string): string => `${sensor}/${guid}`;

/** Whether nothing is there yet. A file that was written with other tables cannot be taken up again. */
function checkVersion(database: Database): boolean {
  const tables = database.count("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'");
  const { user_version } = database.first<{ user_version: number }>("PRAGMA user_version") ?? { user_version: 0 };
  if (tables === 0 || user_version === SCHEMA_VERSION) return tables === 0;
  throw new RangeError("The file was not written by this version of the sandbox: delete it, or choose another name");
}

function fill(map: Map<string, number>, rows: readonly { key: string; number: number }[]): void {
  map.clear();
  for (const row of rows) map.set(row.key, row.number);
}
