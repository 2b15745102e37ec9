import { isoTime } from "./time.js";

/** Events that the server got within one stretch of time. */
export interface Stretch {
  /** Counted from 1970 in units of {@link STRETCH}. */
  number: number;
  documents: number;
  bytes: number;
  oldest: number;
  newest: number;
}

/** A new partition is begun every week. */
export const STRETCH = 7 * 24 * 3_600_000;

/**
 * The partitions of the event store, by name: the one that is written to, a warm one for each earlier week that the server
 * has events of, and a cold one, whose events are not among those that are searched. `legacy` marks the oldest of the
 * mounted ones, or the cold one, as kept in an older schema.
 */
export function partitionDocuments(
  stretches: readonly Stretch[],
  options: { now: number; legacy: boolean },
): Record<string, unknown> {
  const latestFirst = [...stretches].sort((a, b) => b.number - a.number);
  const {
    number = Math.floor(options.now / STRETCH),
    documents = 0,
    bytes = 0,
    oldest = options.now,
  } = latestFirst[0] ?? {};
  const writer: Partition = { name: "writer", status: "hot", documents, bytes, start: oldest, end: null, id: number };
  const warm = latestFirst.slice(1).map((stretch): Partition => {
    const { number: id, oldest: start, newest: end, ...sizes } = stretch;
    return { name: nameOf(id), status: "warm", start, end, id, ...sizes };
  });
  const cold = coldPartition(number, new Set(stretches.map((stretch) => stretch.number)));
  const legacy = options.legacy ? (warm.at(-1) ?? cold) : undefined;
  return Object.fromEntries(
    [writer, ...warm, cold].map((partition) => [partition.name, partitionDocument(partition, partition === legacy)]),
  );
}

interface Partition {
  name: string;
  status: "hot" | "warm" | "cold";
  documents: number;
  bytes: number;
  start: number;
  end: number | null;
  id: number;
}

/** Of the latest week that the server has no events of; its size is made up of its number. */
function coldPartition(latest: number, taken: ReadonlySet<number>): Partition {
  let number = latest - 1;
  while (taken.has(number)) number -= 1;
  const documents = 180_000 + ((number * 7919) % 40_000);
  const start = number * STRETCH;
  return {
    name: nameOf(number),
    status: "cold",
    ...{ documents, bytes: documents * 1_460, start, end: start + STRETCH - 1, id: number },
  };
}

/** `cbevents_2026_01_01_0000`: after the moment in which it was begun. */
function nameOf(number: number): string {
  return `cbevents_${isoTime(number * STRETCH)
    .slice(0, 16)
    .replace(":", "")
    .replace(/[-T]/g, "_")}`;
}

function partitionDocument({ name, status, documents, bytes, start, end, id }: Partition, isLegacy: boolean): unknown {
  return {
    name,
    status,
    info: {
      sizeInBytes: bytes,
      startDate: isoTime(start),
      endDate: end === null ? null : isoTime(end),
      partitionId: id,
      deletedDocs: 0,
      maxDoc: documents,
      numDocs: documents,
      segmentCount: status === "hot" ? 12 : 1,
      userMounted: false,
      isLegacy,
      dir: `/var/cb/data/solr/cbevents/${name}`,
      schema: isLegacy ? "cbevents" : "cbevents_v1",
    },
  };
}
