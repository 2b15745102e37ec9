import type { PartitionRow } from "../../store/partitions.js";
import { isoTime } from "./time.js";

/**
 * The partitions of the event store by name, the one that is written to first and the others from the latest on. `legacy`
 * marks the oldest of the warm ones, or else of the cold ones, as kept in an older schema.
 */
export function partitionDocuments(rows: readonly PartitionRow[], legacy: boolean): Record<string, unknown> {
  const oldest = legacy ? (rows.find(isWarm) ?? rows.find(isCold)) : undefined;
  return Object.fromEntries(rows.toReversed().map((row) => [row.name, partitionDocument(row, row === oldest)]));
}

const isWarm = ({ status }: PartitionRow): boolean => status === "warm";
const isCold = ({ status }: PartitionRow): boolean => status === "cold";

function partitionDocument(row: PartitionRow, isLegacy: boolean): unknown {
  const { name, status, start, end, documents, bytes } = row;
  return {
    name,
    status,
    info: {
      sizeInBytes: bytes,
      startDate: isoTime(start),
      // The last moment that belongs to it.
      endDate: end === null ? null : isoTime(end - 1),
      partitionId: Math.floor(start / 60_000),
      deletedDocs: 0,
      maxDoc: documents,
      numDocs: documents,
      segmentCount: status === "hot" ? 12 : 1,
      userMounted: row.userMounted,
      isLegacy,
      dir: `/var/cb/data/solr/cbevents/${name}`,
      schema: isLegacy ? "cbevents" : "cbevents_v1",
    },
  };
}
