import { ApiError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { adopt } from "../../../core/model/model.js";
import { inTurn } from "../../../core/model/turns.js";
import { readBack, sendWrites } from "../../../core/model/write.js";
import { ListQuery, ListReader } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { requireServer } from "../../requires.js";
import { findInList } from "../listed.js";

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
  /** @internal The list of partitions, which has not been asked for: `GET /api/v1/storage/events/partition`. */
  static query(client: ModelHost): ListQuery<StoragePartition> {
    const list = new ListReader(client, StoragePartition, {
      before: (options) => requirePartitions(client, options),
    });
    return new ListQuery(client, StoragePartition, { conditions: [], list });
  }

  /**
   * @internal There is no route for one partition: it is looked up in the list.
   * @throws ApiError when the server is older than 6.0, to which nothing is sent
   */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    await requirePartitions(client, options);
    const { name: model, path, key: field } = StoragePartition.spec;
    return findInList(client, { model, path, field }, key, options);
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
   * Deletes the partition and the events in it for good: `DELETE /api/v1/storage/events/{name}`. Of calls at the same time,
   * one is sent. Errors are those of {@link StoragePartition.mount}.
   */
  async delete(options: CallOptions = {}): Promise<void> {
    this.#refuseDeleted("delete");
    await requireServer(StoragePartition.stateOf(this).client, options, CHANGES, 6, 1);
    await inTurn(this, options, async (call) => {
      const state = StoragePartition.stateOf(this);
      if (state.deleted) return;
      await sendWrites(this, [{ method: "DELETE", path: this.#path }], call);
      state.deleted = true;
    });
  }

  async #change(action: "mount" | "unmount", options: CallOptions): Promise<this> {
    this.#refuseDeleted(action);
    await requireServer(StoragePartition.stateOf(this).client, options, CHANGES, 6, 1);
    return inTurn(this, options, async (call) => {
      this.#refuseDeleted(action);
      await sendWrites(this, [{ method: "POST", path: `${this.#path}/${action}`, body: null }], call);
      const happened = `The storage partition ${this.name} was ${action}ed`;
      adopt(StoragePartition.stateOf(this), await readBack(this, happened, call));
      return this;
    });
  }

  get #path(): string {
    return `/api/v1/storage/events/${encodeURIComponent(this.name)}`;
  }

  #refuseDeleted(what: string): void {
    if (!StoragePartition.stateOf(this).deleted) return;
    throw new ApiError(`The storage partition ${this.name} was deleted: there is nothing to ${what}`, {
      code: "DELETED",
    });
  }
}

/** What a server has to know, as its refusal names it. */
const CHANGES = "Changes of storage partitions";

function requirePartitions(client: ModelHost, options: CallOptions): Promise<void> {
  return requireServer(client, options, "Storage partitions", 6, 0);
}
