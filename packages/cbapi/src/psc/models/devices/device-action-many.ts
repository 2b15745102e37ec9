import { type Change, type ChangedQuery, changeFound } from "../../../core/bulk/change.js";
import type { Verdict } from "../../../core/bulk/found.js";
import { BulkOperation } from "../../../core/bulk/operation.js";
import type { BulkEffect, QuerySource, Unshown } from "../../../core/bulk/types.js";
import { ApiError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { ModelClass } from "../../../core/model/model.js";
import { sendWrite } from "../../../core/model/write.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { DEVICE_ACTIONS, DEVICE_SEARCH } from "../../calls.js";
import { cloud } from "../../host.js";
import { SEARCH_WINDOW } from "../../queries/cloud-query.js";
import { searchAnswer } from "../../queries/search-answer.js";
import { routeOf } from "../../routes.js";
import { ask } from "../../send.js";
import { actionOn, checkActionOptions, type DeviceAction, type DeviceBulkOptions, LOOKED_AT } from "./actions.js";

/** The most devices that one request names. */
const BATCH = 1000;

/** An action on these devices; nothing is sent before it is awaited. */
export function actOnIds(
  client: ModelHost,
  model: ModelClass,
  ids: readonly number[],
  action: DeviceAction,
  options: DeviceBulkOptions,
): BulkOperation<number> {
  checkActionOptions(action, options, ["timeout"]);
  if (!Array.isArray(ids) || ids.length === 0) {
    throw invalidArgument(`${action.verb} takes a list of the ids of devices, got ${JSON.stringify(ids)}`);
  }
  const wrong: readonly unknown[] = ids.filter((id) => !Number.isSafeInteger(id));
  if (wrong.length > 0)
    throw invalidArgument(`One or more invalid device IDs: ${wrong.map((id) => JSON.stringify(id)).join(", ")}`);
  const items = [...new Set(ids)];
  return new BulkOperation<number>({
    name: `${action.verb} of ${items.length} devices`,
    ...{ batchSize: BATCH, repeatable: true, effect: effectOf(client, action, options) },
    find: async () => ({ items, search: undefined }),
    request: (keys) => writeOf(client, actionOn(keys, action)),
    send: async (write, call) => {
      await sendWrite(client, write, call);
      return undefined;
    },
    changed: (keys) => {
      for (const key of keys ?? items) client.identityMap.evict(model, key);
    },
  });
}

/** What a search of devices gives for an action on all that it finds. */
export interface ActedQuery extends ChangedQuery {
  /** The body of the search, without window and order. */
  readonly search: Document;
  /** How many match, as far as that is known. */
  matched(): number | undefined;
}

/**
 * An action on all devices that a search finds. It is one request, by which the server finds them itself; where it was
 * planned, or the effect is waited for, they are read first and named.
 */
export function actOnFound(query: ActedQuery, action: DeviceAction, options: DeviceBulkOptions): BulkOperation<number> {
  const { client, search } = query;
  const effect = effectOf(client, action, options);
  const byQuery: QuerySource = {
    request: async () => writeOf(client, actionOnSearch(search, action)),
    matched: () => query.matched(),
  };
  const change: Change<number> = {
    verb: action.verb,
    batchSize: BATCH,
    request: (keys) => writeOf(client, actionOn(keys, action)),
    effect,
    byQuery: effect === undefined ? byQuery : undefined,
    review: (devices) => devices.map((device) => verdictOn(device.toJSON(), action)),
  };
  return changeFound<number>(query, change);
}

function actionOnSearch(search: Document, { type, options }: DeviceAction): Document {
  return { action_type: type, search, ...(options === undefined ? {} : { options }) };
}

function verdictOn(document: Document, { skips, lackOf }: DeviceAction): Verdict {
  const isSo = skips === true && lackOf !== undefined && lackOf(document) === undefined;
  return { state: isSo ? "unchanged" : "change" };
}

function writeOf(client: ModelHost, body: Document): WriteRequest {
  const { path } = routeOf(DEVICE_ACTIONS, cloud(client).routes);
  return { method: "POST", path, body };
}

/** Looks at devices by a search for their ids, a thousand at a time. */
function effectOf(
  client: ModelHost,
  { verb, lackOf, endsWithout }: DeviceAction,
  { verify, timeout }: DeviceBulkOptions,
): BulkEffect<number> | undefined {
  if (verify !== true || lackOf === undefined) return undefined;
  const look = async (ids: readonly number[], options: CallOptions) => {
    const known = await devicesByIds(client, ids, options);
    const unshown = new Map<number, Unshown>();
    // Devices that share a reason share its error.
    const errors = new Map<string, ApiError>();
    for (const id of ids) {
      const document = known.get(id);
      const lack = document === undefined ? (endsWithout ? undefined : "no such device is found") : lackOf(document);
      if (lack === undefined) continue;
      const error =
        errors.get(lack) ??
        new ApiError(
          `The server accepted ${verb}, and it does not show yet: ${lack}. Sensors carry it out when they check in`,
          {
            code: "NOT_SHOWN_YET",
          },
        );
      errors.set(lack, error);
      unshown.set(id, { state: "pending", error });
    }
    return unshown;
  };
  const wait = timeout === undefined ? LOOKED_AT : timeout || Number.POSITIVE_INFINITY;
  return { clock: cloud(client).clock, wait, patient: timeout !== undefined, look };
}

/** @internal The documents of devices by their ids: `POST .../devices/_search`, a thousand ids at a time. */
export async function devicesByIds(
  client: ModelHost,
  ids: readonly number[],
  options: CallOptions,
): Promise<Map<number, Document>> {
  const found = new Map<number, Document>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const json = { criteria: { id: batch }, exclusions: {}, query: null, rows: Math.min(batch.length, SEARCH_WINDOW) };
    const answer = searchAnswer(await ask(cloud(client), DEVICE_SEARCH, { json }, options), DEVICE_SEARCH.call);
    for (const document of answer.documents) found.set(Number(document["id"]), document);
  }
  return found;
}
