import type { Change } from "../../../core/bulk/change.js";
import { Reasons } from "../../../core/bulk/reasons.js";
import type { BulkEffect, Unshown } from "../../../core/bulk/types.js";
import { ClientError, UnauthorizedError } from "../../../core/errors.js";
import type { Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection } from "../../host.js";
import type { EffectOptions } from "../../queries/bulk-options.js";
import { Computer } from "../computers/computer.js";
import { fetchByIds } from "../many.js";
import { LocalState } from "../names.js";
import { LOOKED_AT } from "../reported.js";
import { FileInstance } from "./file-instance.js";

/**
 * Approves files on their computers, or no longer. It is sent for those that read so as well: an agent may have been told
 * otherwise, and not have reported it yet.
 */
export function localStateChange(
  client: ModelHost,
  verb: string,
  localState: number,
  options: EffectOptions,
): Change<number, FileInstance> {
  const state = localState === LocalState.Approved ? "approved" : "unapproved";
  return {
    verb,
    batchSize: 1,
    request: ([id]) => ({ method: "POST", path: FileInstance.spec.path, body: { id, localState } }),
    review: (files) =>
      files.map((file) => {
        const isSo = file.localState === localState;
        const isBanned = file.localState === LocalState.Banned;
        const note = isSo ? `reads as ${state} already` : isBanned ? "banned there: a rule stands above it" : undefined;
        return { state: "change", note };
      }),
    effect: options.verify === true ? effectOf(client, localState, state, options) : undefined,
  };
}

function effectOf(
  client: ModelHost,
  localState: number,
  state: string,
  { timeout }: EffectOptions,
): BulkEffect<number> {
  const reasons = new Reasons();
  const late = `its agent has not reported it as ${state} yet`;
  return {
    clock: protection(client).clock,
    wait: timeLimit(timeout ?? LOOKED_AT) || Number.POSITIVE_INFINITY,
    patient: timeout !== undefined,
    look: async (ids, call) => {
      const found = await fetchByIds(client, FileInstance, ids, call);
      const waiting = [...found.values()]
        .map(({ document }) => document)
        .filter((file) => file["localState"] !== localState);
      const offline = await offlineAmong(client, waiting, call);
      return new Map(
        ids.flatMap((id): [number, Unshown][] => {
          const file = found.get(id)?.document;
          if (file === undefined) {
            return [
              [id, { state: "refused", error: reasons.of("WRITE_NOT_APPLIED", "the file is not there any more") }],
            ];
          }
          if (file["localState"] === localState) return [];
          const idle = offline.has(file["computerId"]);
          const why = idle ? `${late}: its computer is offline, and does so when it is back` : late;
          return [[id, { state: "pending", error: reasons.of("NOT_SHOWN_YET", why), idle }]];
        }),
      );
    },
  };
}

/** The computers of these files that are offline, as far as the token may see them. */
async function offlineAmong(
  client: ModelHost,
  files: readonly Document[],
  call: CallOptions,
): Promise<ReadonlySet<unknown>> {
  const ids = new Set(files.flatMap(({ computerId }) => (typeof computerId === "number" ? [computerId] : [])));
  try {
    const computers = await fetchByIds(client, Computer, [...ids], call);
    return new Set([...computers].flatMap(([id, { document }]) => (document["connected"] === false ? [id] : [])));
  } catch (error) {
    const isHidden = error instanceof UnauthorizedError || (error instanceof ClientError && error.status === 403);
    if (isHidden) return new Set();
    throw error;
  }
}
