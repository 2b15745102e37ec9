import { ObjectNotFoundError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import type { Document, Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import type { Key } from "../../core/model/relations.js";
import { ListQuery } from "../../core/query/list-query.js";
import type { CallOptions } from "../../core/transport/types.js";

export interface StoragePartitionInfo {
  readonly sizeInBytes?: number;
  readonly startDate?: string;
  readonly endDate?: string | null;
  readonly isLegacy?: boolean;
  readonly numDocs?: number;
  readonly [name: string]: unknown;
}

/** A part of the event store (6.0 and later): hot is written to, warm can be searched, cold only lies on disk. */
export class StoragePartition extends defineModel(
  { name: "StoragePartition", path: "/api/v1/storage/events/partition", key: "name" },
  {
    name: t.string(),
    status: t.string(),
    info: t.object<StoragePartitionInfo>(),
  },
) {
  static query(client: ModelHost): ListQuery<StoragePartition> {
    return ListQuery.of(client, StoragePartition);
  }

  /** There is no route for one partition: it is looked up in the list. */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const list = (await client.getObject(StoragePartition.spec.path, undefined, options)) as Record<string, Document>;
    const document = list[String(key)];
    if (document === undefined) throw new ObjectNotFoundError(`There is no storage partition named ${key}`);
    return { document };
  }
}
