import type { Key } from "../model/document.js";
import { withMessage } from "../model/fresh-error.js";
import type { ModelHost } from "../model/host.js";
import type { AnyModel, ModelClass } from "../model/model.js";
import { sendWrite } from "../model/write.js";
import type { WriteRequest } from "../model/write-plan.js";
import type { PageExecution } from "../query/execution.js";
import type { CallOptions } from "../transport/types.js";
import { keysOf, type Verdict } from "./found.js";
import { BulkOperation } from "./operation.js";
import type { BulkEffect, FoundItems, QuerySource } from "./types.js";

/** The query whose objects are changed. */
export interface ChangedQuery {
  readonly client: ModelHost;
  readonly model: ModelClass;
  /** What it asks for, as text. */
  readonly text: string;
  pages(options: CallOptions): PageExecution<AnyModel>;
}

/** What a product says of a change to all objects that a query finds. Doing it twice does no more than doing it once. */
export interface Change<Item extends Key = Key, M extends AnyModel = AnyModel> {
  /** What is done to them: `assign` stands in errors and prints as `assign of Alert query "hostname:win7"`. */
  readonly verb: string;
  /** The most objects that one request names. */
  readonly batchSize: number;
  /** The write for the objects with these keys; several where it takes one object, see {@link BulkSource.request}. */
  request(keys: readonly Item[]): WriteRequest | readonly WriteRequest[];
  /** Asked before the objects are read; rejects when the server cannot do it. */
  before?(options: CallOptions): Promise<void>;
  /** Looks at the objects of each page as they were found: what is to become of each, in their order. Sends no write. */
  review?(objects: readonly M[], options: CallOptions): readonly Verdict[] | Promise<readonly Verdict[]>;
  /** Asked before each write: why it must not be sent any more. */
  withheld?(request: WriteRequest, keys: readonly Item[]): Error | undefined;
  /** Told of each write that the server has accepted. */
  accepted?(request: WriteRequest, keys: readonly Item[]): void;
  /** Those objects that a write was overlooked for, as its answer tells. */
  overlooked?(answer: unknown, keys: readonly Item[], request: WriteRequest): ReadonlyMap<Item, Error> | undefined;
  /** What the failure of a write leaves as it is, for its error to say. */
  leftBy?(request: WriteRequest): string | undefined;
  /** Where the change is to show before an object counts as changed. */
  readonly effect?: BulkEffect<Item> | undefined;
  /** Models of which any object may show the change. */
  readonly shownBy?: readonly ModelClass[];
  /** Where one request can change whatever the query matches, without naming it. */
  readonly byQuery?: QuerySource | undefined;
}

/** Has a change made to all objects that a query finds. Nothing is sent before the operation is awaited. */
export function changeFound<Item extends Key, Unlisted extends undefined = never, M extends AnyModel = AnyModel>(
  query: ChangedQuery,
  change: Change<Item, M>,
): BulkOperation<Item, Unlisted> {
  const { verb, batchSize, request, byQuery, effect, shownBy = [] } = change;
  const { client, model, text } = query;
  const { identityMap } = client;
  return new BulkOperation<Item, Unlisted>({
    name: `${verb} of ${model.spec.name} query ${JSON.stringify(text)}`,
    ...{ batchSize, repeatable: true, request, byQuery, effect },
    find: async (options) => {
      await change.before?.(options);
      const found = await keysOf(
        query.pages(options),
        (objects) => change.review?.(objects as readonly M[], options) ?? [],
      );
      // Rows are known by the keys of their model in its normal form: 2, whether the server writes 2 or "2".
      return found as FoundItems<Item>;
    },
    send: async (write, options, keys) => {
      const withheld = change.withheld?.(write, keys);
      if (withheld !== undefined) return new Map(keys.map((key) => [key, withheld]));
      const answer = await sendWrite(client, write, options).catch((error: unknown) => {
        const left = change.leftBy?.(write);
        throw left === undefined ? error : withMessage(error, left);
      });
      change.accepted?.(write, keys);
      return change.overlooked?.(answer, keys, write);
    },
    changed: (keys) => {
      if (keys === undefined) identityMap.evictAll(model);
      else for (const key of keys) identityMap.evict(model, key);
      for (const other of shownBy) identityMap.evictAll(other);
    },
  });
}
