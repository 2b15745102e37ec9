import { ApiError, ObjectNotFoundError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import type { Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { asDocument } from "../../core/model/model.js";
import type { Key } from "../../core/model/relations.js";
import { ListQuery, ListReader } from "../../core/query/list-query.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { requireServer } from "../requires.js";
import { sendWrite } from "../writes.js";

/** `hot` is written to and searched, `warm` is searched, `cold` only lies on disk. */
export type PartitionStatus = "hot" | "warm" | "cold" | (string & {});

/** What the server tells of a partition; more than this, depending on its version. */
export interface StoragePartitionInfo {
  readonly sizeInBytes?: number;
  /** When its first event was written, as the server writes it. */
  readonly startDate?: string;
  /** When it was closed, as the server writes it; null while it is written to. */
  readonly endDate?: string | null;
  readonly partitionId?: number | string;
  /** How many documents it holds. */
  readonly numDocs?: number;
  /** How many it holds together with those that were deleted. */
  readonly maxDoc?: number;
  readonly deletedDocs?: number;
  readonly segmentCount?: number;
  /** Whether somebody mounted it, so that the server does not unmount it by itself. */
  readonly userMounted?: boolean;
  /** Whether a 5.x server wrote it. */
  readonly isLegacy?: boolean;
  /** Where it lies on the server. */
  readonly dir?: string;
  /** `cbevents_v1` */
  readonly schema?: string;
  readonly [name: string]: unknown;
}

/**
 * A part of the event store (6.0 and later). The one that is written to is named `writer`;
 * `cb.createNewPartition()` closes it and opens another.
 */
export class StoragePartition extends defineModel(
  {
    name: "StoragePartition",
    path: "/api/v1/storage/events/partition",
    key: "name",
    keyOnly: ["mount", "unmount", "delete"],
  },
  {
    name: t.string(),
    status: t.open<PartitionStatus>(),
    info: t.object<StoragePartitionInfo>(),
  },
) {
  /** The list of partitions, which has not been asked for: `GET /api/v1/storage/events/partition`. */
  static query(client: ModelHost): ListQuery<StoragePartition> {
    const list = new ListReader(client, StoragePartition, {});
    return new StoragePartitionQuery(client, StoragePartition, { conditions: [], list });
  }

  /**
   * There is no route for one partition: it is looked up in the list.
   * @throws ApiError when the server is older than 6.0, to which nothing is sent
   */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    await requirePartitions(client, options);
    const list = asDocument(
      await client.getObject(StoragePartition.spec.path, undefined, options),
      "StoragePartition",
      key,
    );
    const name = String(key);
    if (!Object.hasOwn(list, name)) throw new ObjectNotFoundError(`There is no storage partition named ${name}`);
    return { document: asDocument(list[name], "StoragePartition", name) };
  }

  /**
   * Makes a cold partition searchable: `POST /api/v1/storage/events/{name}/mount`, then reads its state from the list.
   * @throws ApiError from a server before 6.1, to which nothing is sent, and when the partition was deleted here
   */
  mount(options: CallOptions = {}): Promise<this> {
    return this.#change("mount", options);
  }

  /**
   * Takes a partition out of searches and leaves it on disk: `POST /api/v1/storage/events/{name}/unmount`, then reads
   * its state from the list. Errors are those of {@link StoragePartition.mount}.
   */
  unmount(options: CallOptions = {}): Promise<this> {
    return this.#change("unmount", options);
  }

  /**
   * Deletes the partition and the events in it for good: `DELETE /api/v1/storage/events/{name}`. Errors are those of
   * {@link StoragePartition.mount}.
   */
  async delete(options: CallOptions = {}): Promise<void> {
    await this.#send("DELETE", "", options);
    StoragePartition.stateOf(this).deleted = true;
  }

  async #change(action: "mount" | "unmount", options: CallOptions): Promise<this> {
    await this.#send("POST", `/${action}`, options);
    return this.refresh(options);
  }

  async #send(method: "POST" | "DELETE", action: string, options: CallOptions): Promise<void> {
    const { client, deleted } = StoragePartition.stateOf(this);
    const { name } = this;
    if (deleted) {
      throw new ApiError(
        `The storage partition ${name} was deleted: there is nothing to ${action.slice(1) || "delete"}`,
        {
          code: "DELETED",
        },
      );
    }
    await requireServer(client, options, "Changes of storage partitions", 6, 1);
    const path = `/api/v1/storage/events/${encodeURIComponent(name)}${action}`;
    try {
      await sendWrite(client, method === "POST" ? { method, path, body: null } : { method, path }, options);
    } finally {
      // Whether or not it was carried out: whoever reads the partition next is to see what the server has.
      client.identityMap.evict(StoragePartition, name);
    }
  }
}

class StoragePartitionQuery extends ListQuery<StoragePartition> {
  protected override async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    await requirePartitions(this.client, options);
    return super.fetchPage(window, options);
  }
}

function requirePartitions(client: ModelHost, options: CallOptions): Promise<void> {
  return requireServer(client, options, "Storage partitions", 6, 0);
}
