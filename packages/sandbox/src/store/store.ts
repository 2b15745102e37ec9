import type {
  BinaryRecord,
  GroupRecord,
  InternalRecords,
  ObjectKind,
  ObjectRecords,
  OrganisationSink,
  ProcessEvents,
  ProcessRecord,
  SegmentRecord,
  SensorRecord,
  SiteRecord,
} from "../domain/index.js";
import { atOnce, type Steps, singleStep } from "../steps.js";
import { BinaryRows } from "./binary-rows.js";
import { Collection, type ObjectKey } from "./collection.js";
import { Database, RowWriter, type SqlValue } from "./database.js";
import { Dictionary } from "./dictionary.js";
import { DocumentIndex } from "./document-index.js";
import { EventCodec } from "./event-codec.js";
import { Postings } from "./postings.js";
import { ProcessRows, type StoredProcess } from "./process-rows.js";
import { INDEXES, SCHEMA_VERSION, SENSOR_COLUMNS, TABLES } from "./schema.js";
import { fold, type WordRule } from "./tokens.js";

/** How to open a store. */
export interface StoreOptions {
  /** Where to keep the organisation; in memory when left out. */
  file?: string;
}

/** Enough to make sorting worth its while, little enough to hold in memory besides the database. */
const SPILL_POSTINGS = 2_000_000;

/**
 * An organisation in an SQL database. What is handed over waits in memory and is written in batches; every read writes
 * it out first, so nobody sees half of it.
 */
export class Store implements OrganisationSink {
  readonly #database: Database;
  readonly #dictionary: Dictionary;
  readonly #postings: Postings;
  readonly #codec: EventCodec;
  readonly #processes: ProcessRows;
  readonly #binaries: BinaryRows;
  readonly #index: DocumentIndex;
  readonly #writers: Record<"sensor" | "object", RowWriter>;
  /** Whether there was nothing in the file, or no file. */
  readonly isNew: boolean;
  readonly #kinds = new Set<ObjectKind>();
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
    this.#index = new DocumentIndex(database, this.#dictionary, this.#postings);
    this.#processes = new ProcessRows(database, this.#index, this.#codec);
    this.#binaries = new BinaryRows(database, this.#index);
    this.#writers = {
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

  /** The kinds of objects that somebody has asked for: an object of another kind would be read by nobody. */
  get kinds(): ReadonlySet<ObjectKind> {
    return this.#kinds;
  }

  /** The objects of a kind that are read and written whole. */
  collection<K extends ObjectKind>(kind: K): Collection<ObjectRecords[K]> {
    this.#kinds.add(kind);
    return new Collection<ObjectRecords[K]>(this, kind);
  }

  /** What is noted beside the objects: of no kind that somebody could put objects of. */
  internal<K extends keyof InternalRecords>(kind: K): Collection<InternalRecords[K]> {
    return new Collection<InternalRecords[K]>(this, kind);
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
    this.#binaries.add(record);
  }

  /** Adds a process. One that is known already gains the segments that are new; one of a known origin is replaced. */
  process(record: ProcessRecord): void {
    this.#touch();
    this.#processes.add(record);
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
    this.#processes.addSegment(proc, process, segment, events);
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
    this.#processes.removeSegments(docs);
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
    if (!this.#indexed && (this.#processes.hasDocuments || this.#binaries.hasDocuments)) {
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
    this.#processes.write();
    this.#binaries.write();
    this.#index.writeTags();
    for (const writer of Object.values(this.#writers)) writer.write();
    yield;
    this.#postings.write();
    yield;
    this.#processes.removeReplaced();
    this.#binaries.removeReplaced();
  }

  /** Brings what is kept in memory to the state of the database. */
  #reload(): void {
    this.#dictionary.reload();
    this.#postings.clear();
    this.#codec.reset();
    this.#processes.reload();
    this.#binaries.reload();
    this.#index.clearTags();
    for (const writer of Object.values(this.#writers)) writer.clear();
    this.#dirty = false;
    this.#indexed = this.#database.count("SELECT count(*) AS n FROM sqlite_master WHERE name = 'word_text'") > 0;
  }
}

/** Whether nothing is there yet. A file that was written with other tables cannot be taken up again. */
function checkVersion(database: Database): boolean {
  const tables = database.count("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'");
  const { user_version } = database.first<{ user_version: number }>("PRAGMA user_version") ?? { user_version: 0 };
  if (tables === 0 || user_version === SCHEMA_VERSION) return tables === 0;
  throw new RangeError("The file was not written by this version of the sandbox: delete it, or choose another name");
}
