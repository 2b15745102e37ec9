import { inspect } from "node:util";
import { ApiError } from "../../core/errors.js";
import { namedObject } from "../../core/model/ref.js";
import type { LiveResponseSession } from "../../live-response/session.js";
import type { SessionOptions } from "../../live-response/types.js";

/** A device of the Cloud, of whichever product, loaded or not: whatever sessions can be opened with. */
export interface LiveResponseDevice {
  lrSession(options?: SessionOptions): PromiseLike<LiveResponseSession>;
}

/** An endpoint for Live Response: the id of its device, or the device itself, loaded or not. */
export type LiveResponseTarget = number | string | LiveResponseDevice;

/** What devices are called as models, in all products. */
const DEVICE = "Device";

/**
 * @internal The id of the device that a target is; undefined when that takes a request.
 * @throws ApiError when the target is neither a device nor the id of one
 */
export function deviceIdOf(target: LiveResponseTarget): number | undefined {
  const named = namedObject(target);
  if (named !== undefined && named.cls.spec.name !== DEVICE) {
    throw new ApiError(`Live Response is used with devices, not with a ${named.cls.spec.name}`, {
      code: "INVALID_TARGET",
    });
  }
  if (named !== undefined && named.key === undefined) return undefined;
  const isObject = typeof target === "object" && target !== null;
  // What is still to come is looked at when it is there.
  if (named === undefined && isObject && "then" in target) return undefined;
  const id: unknown = named === undefined ? target : named.key;
  const number = typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  const given =
    isObject && named === undefined
      ? `${inspect(target, { depth: 0 })}, an object that is no Device`
      : JSON.stringify(id);
  throw new ApiError(`A device is named by its id or given itself, not as ${given ?? "nothing"}`, {
    code: "INVALID_TARGET",
  });
}
