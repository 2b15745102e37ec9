import { EVENT_KINDS, type EventKind, type ProcessEvents } from "../domain/index.js";
import { baseName } from "../paths.js";
import type { Dictionary } from "./dictionary.js";
import type { Postings } from "./postings.js";
import { Field, Kind } from "./schema.js";
import { ipv4Number } from "./tokens.js";

interface Column {
  name: string;
  /** Texts of this kind are kept in the dictionary; others as they are. */
  kind?: Kind;
  /** Numbers of this column are searched under this field; they are posted themselves, without the dictionary. */
  number?: Field;
  /** The field under which the text is searched. */
  field?: Field;
  /** A further value made from the text. */
  derived?: { field: Field; of: (text: string) => string };
}

const hash = (name: string, field?: Field): Column => ({
  name,
  kind: Kind.keyword,
  ...(field === undefined ? {} : { field }),
});
const path = (name: string, field?: Field, kind: Kind = Kind.path): Column => ({
  name,
  kind,
  ...(field === undefined ? {} : { field }),
});
const plain = (...names: string[]): Column[] => names.map((name) => ({ name }));

/**
 * One event is one array: time since the process began, tamper flag, then these columns. The order is stored: add at the
 * end, never reorder.
 */
const LAYOUT: Record<EventKind, readonly Column[]> = {
  modload: [hash("md5", Field.modload_md5), path("path", Field.modload)],
  filemod: [
    ...plain("type"),
    path("path", Field.filemod, Kind.filePath),
    hash("md5", Field.filewrite_md5),
    ...plain("filetype"),
  ],
  regmod: [...plain("type"), path("path", Field.regmod, Kind.registryPath)],
  netconn: [
    { name: "remote_ip", kind: Kind.ipv4, field: Field.ipaddr },
    { name: "remote_port", number: Field.ipport },
    ...plain("local_ip", "local_port", "proto"),
    { name: "domain", kind: Kind.domain, field: Field.domain },
    ...plain("outbound", "proxy_ip", "proxy_port"),
  ],
  childproc: [
    ...plain("child_id"),
    hash("md5", Field.childproc_md5),
    { ...path("path"), derived: { field: Field.childproc_name, of: baseName } },
    ...plain("pid", "started", "cmdline", "username", "suppressed"),
  ],
  crossproc: [
    {
      name: "kind",
      kind: Kind.keyword,
      derived: {
        field: Field.crossproc_type,
        of: (kind) => (kind === "RemoteThread" ? "remote_thread" : "process_open"),
      },
    },
    ...plain("subtype", "other_id"),
    hash("md5", Field.crossproc_md5),
    { ...path("path"), derived: { field: Field.crossproc_name, of: baseName } },
    ...plain("privileges", "is_target"),
  ],
  processblock: [
    ...plain("block_type", "block_event"),
    { name: "block_result", kind: Kind.keyword, field: Field.blocked_status },
    ...plain("block_error"),
    hash("blocked_md5", Field.blocked_md5),
    path("blocked_path"),
    ...plain("blocked_cmdline", "blocked_uid", "blocked_username"),
  ],
};

type Cell = string | number | boolean | null;
/** Events as they are stored. */
export type PackedEvents = { [K in EventKind]?: Cell[][] };

/** The events of a segment, packed and counted. */
export interface SegmentEvents {
  packed: PackedEvents;
  counts: number[];
  tampered: boolean;
}

/** Turns events into what is stored and back, and posts what is searched of them. */
export class EventCodec {
  /** The derived value by the value that it was made of. */
  readonly #derived = new Map<number, number>();

  constructor(
    private readonly dictionary: Dictionary,
    private readonly postings: Postings,
  ) {}

  /**
   * Packs the events of a process, one pack for each of its segments, and posts what they hold under the segments'
   * documents. `docs` has undefined for segments that are stored already. `onModule` hears of each module that was loaded.
   */
  pack(
    events: ProcessEvents,
    start: number,
    docs: readonly (number | undefined)[],
    onModule: (md5Value: number) => void,
  ): SegmentEvents[] {
    const segments: SegmentEvents[] = docs.map(() => ({
      packed: {},
      counts: EVENT_KINDS.map(() => 0),
      tampered: false,
    }));
    EVENT_KINDS.forEach((kind, kindIndex) => {
      const columns = LAYOUT[kind];
      for (const event of events[kind] ?? []) {
        const at = event.segment ?? 0;
        const segment = segments[at];
        const doc = docs[at];
        if (segment === undefined) {
          throw new RangeError(`A ${kind} event names segment ${at}, but the process has ${docs.length} segment(s)`);
        }
        if (doc === undefined) continue;
        const cells: Cell[] = [event.time - start, event.tamper === true ? 1 : 0];
        const source = event as unknown as Record<string, Cell | undefined>;
        for (const column of columns) cells.push(this.#cell(column, source[column.name], doc));
        if (kind === "modload" && typeof cells[2] === "number") onModule(cells[2]);
        if (event.tamper === true) segment.tampered = true;
        const list = segment.packed[kind];
        if (list === undefined) segment.packed[kind] = [cells];
        else list.push(cells);
        segment.counts[kindIndex] = (segment.counts[kindIndex] ?? 0) + 1;
      }
    });
    return segments;
  }

  /** Forgets what it remembers of the dictionary, when that has changed under it. */
  reset(): void {
    this.#derived.clear();
  }

  unpack(packed: PackedEvents, start: number): ProcessEvents {
    const events: Partial<Record<EventKind, object[]>> = {};
    for (const kind of EVENT_KINDS) {
      const list = packed[kind];
      if (list === undefined) continue;
      const columns = LAYOUT[kind];
      events[kind] = list.map((cells) => {
        const event: Record<string, unknown> = { time: start + Number(cells[0]) };
        if (cells[1] === 1) event["tamper"] = true;
        columns.forEach((column, index) => {
          const cell = cells[index + 2] ?? null;
          if (cell === null) return;
          if (column.kind === undefined || typeof cell !== "number") event[column.name] = cell;
          else event[column.name] = this.dictionary.text(cell);
        });
        return event;
      });
    }
    // The layout names the properties of the records, which the compiler cannot see through the loop above.
    return events as ProcessEvents;
  }

  #cell(column: Column, value: Cell | undefined, doc: number): Cell {
    if (column.number !== undefined && typeof value === "number") this.postings.add(column.number, value, doc);
    if (value === undefined || value === null || value === "" || column.kind === undefined) return value ?? null;
    const text = String(value);
    const kind = column.kind === Kind.ipv4 && ipv4Number(text) === undefined ? Kind.ipv6 : column.kind;
    const id = this.dictionary.intern(kind, text);
    if (column.field !== undefined) this.postings.add(column.field, id, doc);
    if (column.derived !== undefined) {
      const { field, of } = column.derived;
      let made = this.#derived.get(id);
      if (made === undefined) {
        made = this.dictionary.intern(Kind.keyword, of(text));
        this.#derived.set(id, made);
      }
      this.postings.add(field, made, doc);
    }
    return id;
  }
}
