import type { PartitionRecord } from "../domain/index.js";
import type { Store } from "./store.js";

/** A new partition is begun every week. */
const WEEK = 7 * 24 * 3_600_000;
const COLUMNS = "last_server_update >= ? AND last_server_update < ?";

/** A partition, with what is in it. */
export interface PartitionRow extends PartitionRecord {
  documents: number;
  bytes: number;
}

/**
 * The partitions of the event store: one for each week in which the server got events, as long as nobody has changed
 * anything; from then on they are kept, and weeks that none of them covers still get one when events of them turn up. The
 * segments of a cold partition stand in a table of their own, so that nothing that reads segments sees them.
 */
export class Partitions {
  /** `startTime` is when the server was started: what arrives afterwards is written to a partition of that week or later. */
  constructor(
    private readonly store: Store,
    private readonly startTime: number,
  ) {}

  /** All of them by time; the one that is written to is the last. */
  list(): PartitionRecord[] {
    const stored = this.store.collection("partition").all();
    if (stored.length === 0) return inOrder(this.#withLatestWriter(this.#initial()));
    const found = gapsBetween(stored).flatMap(([from, to]) => this.#weeksWithin(from, to));
    return inOrder([...this.#withLatestWriter(stored), ...found]);
  }

  /** {@link list} with the sizes. */
  rows(): PartitionRow[] {
    const partitions = this.list();
    const rows = partitions.map((record) => ({ ...record, documents: 0, bytes: 0 }));
    const count = (table: "segment" | "cold_segment", cold: boolean): void => {
      const counted = rows.filter((row) => (row.status === "cold") === cold);
      for (const [time, bytes] of this.#sizes(table)) {
        const row = counted.findLast(({ start }) => start <= time);
        if (row === undefined) continue;
        row.documents += 1;
        row.bytes += bytes;
      }
    };
    count("segment", false);
    count("cold_segment", true);
    return rows;
  }

  /** The time under which the server takes in what arrives now: always one of the partition that is written to. */
  arrival(now: number): number {
    const stored = this.store.collection("partition").all();
    const writer = stored.at(-1)?.start ?? weekOf(this.startTime);
    return Math.max(now, writer);
  }

  /** Begins a new partition; the one that was written to becomes a warm one, named after its beginning. */
  roll(now: number): void {
    const partitions = this.list();
    const writer = partitions.at(-1);
    if (writer === undefined) return;
    const { database } = this.store;
    const latest = database.count("SELECT max(last_server_update) AS n FROM segment");
    const start = Math.max(now, latest + 1, writer.start + 1);
    const others = partitions.slice(0, -1);
    this.#keep([...others, closed(writer, start, others), writerFrom(start)]);
  }

  /** Has the segments of a cold partition searched again. */
  mount(partition: PartitionRecord): void {
    this.#change(partition, { status: "warm", userMounted: true });
    this.#move("cold_segment", "segment", partition);
  }

  /** Makes a warm partition a cold one. */
  unmount(partition: PartitionRecord): void {
    this.#change(partition, { status: "cold", userMounted: false });
    this.#move("segment", "cold_segment", partition);
  }

  /** Deletes a partition with its segments, and the processes of which nothing is left. */
  remove(partition: PartitionRecord): void {
    const { store } = this;
    store.transaction(() => {
      this.#keep(this.list());
      store.collection("partition").remove(partition.start);
      const table = partition.status === "cold" ? "cold_segment" : "segment";
      const documents = `SELECT json_group_array(doc) AS list FROM ${table} WHERE ${COLUMNS}`;
      store.removeSegments(store.database.numbers(documents, range(partition)));
      store.change(
        `DELETE FROM process WHERE placeholder = 0 AND suppressed = 0
         AND proc NOT IN (SELECT proc FROM segment) AND proc NOT IN (SELECT proc FROM cold_segment)`,
      );
    });
  }

  /** Takes segments that have come in since, of times that belong to cold partitions, out of what is searched. */
  settle(): void {
    for (const partition of this.store.collection("partition").all()) {
      if (partition.status === "cold") this.#move("segment", "cold_segment", partition);
    }
  }

  /** A week each, and a cold one of the latest week without events: older ones have been put away before. */
  #initial(): PartitionRecord[] {
    const current = weekOf(this.startTime);
    const weeks = this.#weeksWithin(0, current);
    const taken = new Set(weeks.map(({ start }) => start));
    let free = current - WEEK;
    while (taken.has(free)) free -= WEEK;
    const cold: PartitionRecord = { ...warm(free, free + WEEK), status: "cold" };
    return [...inOrder([cold, ...weeks]), writerFrom(current)];
  }

  /** Warm partitions for the weeks, or the parts of weeks, of which there are segments in a stretch of time. */
  #weeksWithin(from: number, to: number): PartitionRecord[] {
    const weeks = this.store.database.numbers(
      `SELECT json_group_array(week) AS list FROM (SELECT DISTINCT CAST(last_server_update / ${WEEK} AS INTEGER) AS week
       FROM segment WHERE ${COLUMNS} ORDER BY 1)`,
      range({ start: from, end: to }),
    );
    return weeks.map((week) => warm(Math.max(week * WEEK, from), Math.min((week + 1) * WEEK, to)));
  }

  /** When events of a later week have come in, they are in a partition of that week, which is written to from then on. */
  #withLatestWriter(partitions: readonly PartitionRecord[]): PartitionRecord[] {
    const others = partitions.slice(0, -1);
    const writer = partitions.at(-1);
    const start = weekOf(this.store.database.count("SELECT max(last_server_update) AS n FROM segment"));
    if (writer === undefined || start <= writer.start) return [...partitions];
    return [...others, closed(writer, start, others), writerFrom(start)];
  }

  #sizes(table: "segment" | "cold_segment"): [time: number, bytes: number][] {
    const { times, sizes } = this.store.database.first<{ times: string; sizes: string }>(
      `SELECT json_group_array(s.last_server_update) AS times, json_group_array(ifnull(length(e.events), 0)) AS sizes
       FROM ${table} s LEFT JOIN segment_event e ON e.doc = s.doc`,
    ) ?? { times: "[]", sizes: "[]" };
    const bytes = JSON.parse(sizes) as number[];
    return (JSON.parse(times) as number[]).map((time, index) => [time, bytes[index] ?? 0]);
  }

  #change({ start }: PartitionRecord, changes: Partial<PartitionRecord>): void {
    this.#keep(this.list().map((record) => (record.start === start ? { ...record, ...changes } : record)));
  }

  #move(from: "segment" | "cold_segment", to: "segment" | "cold_segment", partition: PartitionRecord): void {
    const { store } = this;
    store.change(`INSERT INTO ${to} SELECT * FROM ${from} WHERE ${COLUMNS}`, range(partition));
    store.change(`DELETE FROM ${from} WHERE ${COLUMNS}`, range(partition));
  }

  #keep(partitions: readonly PartitionRecord[]): void {
    const kept = this.store.collection("partition");
    for (const record of partitions) kept.put(record.start, record);
  }
}

/** SQL knows no endless time: no server lives to see this one. */
const NEVER = Number.MAX_SAFE_INTEGER;

const range = ({ start, end }: Pick<PartitionRecord, "start" | "end">): [number, number] => [
  start,
  Math.min(end ?? NEVER, NEVER),
];

const weekOf = (time: number): number => Math.floor(time / WEEK) * WEEK;

const inOrder = (partitions: PartitionRecord[]): PartitionRecord[] => partitions.sort((a, b) => a.start - b.start);

const writerFrom = (start: number): PartitionRecord => ({
  ...{ name: "writer", start, end: null },
  ...{ status: "hot", userMounted: false },
});

const warm = (start: number, end: number): PartitionRecord => ({
  ...{ name: nameOf(start), start, end },
  ...{ status: "warm", userMounted: false },
});

/** The writer after it has been written to for the last time, under a name that none of the others has. */
function closed(writer: PartitionRecord, end: number, others: readonly PartitionRecord[]): PartitionRecord {
  const names = new Set(others.map(({ name }) => name));
  const plain = nameOf(writer.start);
  let name = plain;
  for (let number = 1; names.has(name); number++) name = `${plain}_${number}`;
  return { ...writer, name, end, status: "warm" };
}

/** `cbevents_2026_01_01_0000`: after the moment in which it was begun. */
function nameOf(start: number): string {
  const minute = new Date(start).toISOString().slice(0, 16);
  return `cbevents_${minute.replace(":", "").replace(/[-T]/g, "_")}`;
}

/** The stretches of time before and between partitions. After the last one there is none: it has no end. */
function gapsBetween(partitions: readonly PartitionRecord[]): [from: number, to: number][] {
  const gaps: [number, number][] = [];
  let from = 0;
  for (const { start, end } of partitions) {
    if (start > from) gaps.push([from, start]);
    from = end ?? NEVER;
  }
  return gaps;
}
