import { ObjectNotFoundError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import type { Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { asDocument } from "../../core/model/model.js";
import type { Key } from "../../core/model/relations.js";
import { ListQuery } from "../../core/query/list-query.js";
import type { CallOptions } from "../../core/transport/types.js";

/** What the server tells of a partition; more than this, depending on its version. */
export interface StoragePartitionInfo {
  readonly sizeInBytes?: number;
  /** When its first event was written, as the server writes it. */
  readonly startDate?: string;
  /** When it was closed, as the server writes it; null while it is written to. */
  readonly endDate?: string | null;
  /** Whether a 5.x server wrote it. */
  readonly isLegacy?: boolean;
  /** How many documents it holds. */
  readonly numDocs?: number;
  readonly [name: string]: unknown;
}

/** A part of the event store (6.0 and later): hot is written to, warm can be searched, cold only lies on disk. */
export class StoragePartition extends defineModel(
  { name: "StoragePartition", path: "/api/v1/storage/events/partition", key: "name" },
  {
    name: t.string(),
    /** `hot`, `warm`, `cold`, ... */
    status: t.string(),
    info: t.object<StoragePartitionInfo>(),
  },
) {
  /** The list of partitions, which has not been asked for: `GET /api/v1/storage/events/partition`. */
  static query(client: ModelHost): ListQuery<StoragePartition> {
    return ListQuery.of(client, StoragePartition);
  }

  /** There is no route for one partition: it is looked up in the list. */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const list = asDocument(
      await client.getObject(StoragePartition.spec.path, undefined, options),
      "StoragePartition",
      key,
    );
    const name = String(key);
    if (!Object.hasOwn(list, name)) throw new ObjectNotFoundError(`There is no storage partition named ${name}`);
    return { document: asDocument(list[name], "StoragePartition", name) };
  }
}
