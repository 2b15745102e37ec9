import type { Key } from "../model/document.js";
import type { ModelHost } from "../model/host.js";
import type { AnyModel, ModelClass } from "../model/model.js";
import { sendWrite } from "../model/write.js";
import type { WriteRequest } from "../model/write-plan.js";
import type { PageExecution } from "../query/execution.js";
import type { CallOptions } from "../transport/types.js";
import { keysOf } from "./found.js";
import { BulkOperation } from "./operation.js";
import type { QuerySource } from "./types.js";

/** The query whose objects are changed. */
export interface ChangedQuery {
  readonly client: ModelHost;
  readonly model: ModelClass;
  /** What it asks for, as text. */
  readonly text: string;
  pages(options: CallOptions): PageExecution<AnyModel>;
}

/** What a product says of a change to all objects that a query finds. Doing it twice does no more than doing it once. */
export interface Change<Item extends Key = Key> {
  /** What is done to them: `assign` stands in errors and prints as `assign of Alert query "hostname:win7"`. */
  readonly verb: string;
  /** The most objects that one request names. */
  readonly batchSize: number;
  /** The write for the objects with these keys. */
  request(keys: readonly Item[]): WriteRequest;
  /** Asked before the objects are read; rejects when the server cannot do it. */
  before?(options: CallOptions): Promise<void>;
  /** Told of each write that the server has accepted. */
  accepted?(request: WriteRequest): void;
  /** Models of which any object may show the change. */
  readonly shownBy?: readonly ModelClass[];
  /** Where one request can change whatever the query matches, without naming it. */
  readonly byQuery?: QuerySource | undefined;
}

/** Has a change made to all objects that a query finds. Nothing is sent before the operation is awaited. */
export function changeFound<Item extends Key, Unlisted extends undefined = never>(
  query: ChangedQuery,
  { verb, batchSize, request, before, accepted, shownBy = [], byQuery }: Change<Item>,
): BulkOperation<Item, Unlisted> {
  const { client, model, text } = query;
  const { identityMap } = client;
  return new BulkOperation<Item, Unlisted>({
    name: `${verb} of ${model.spec.name} query ${JSON.stringify(text)}`,
    ...{ batchSize, repeatable: true, request, byQuery },
    find: async (options) => {
      await before?.(options);
      const { items, search } = await keysOf(query.pages(options));
      // Rows are known by the keys of their model in its normal form: 2, whether the server writes 2 or "2".
      return { items: items as readonly Item[], search };
    },
    send: async (write, options) => {
      await sendWrite(client, write, options);
      accepted?.(write);
      return undefined;
    },
    changed: (keys) => {
      if (keys === undefined) identityMap.evictAll(model);
      else for (const key of keys) identityMap.evict(model, key);
      for (const other of shownBy) identityMap.evictAll(other);
    },
  });
}
