import { endpointIdOf } from "../../live-response/endpoint-id.js";
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
  return endpointIdOf(target, { noun: "device", model: DEVICE, isOne: (cls) => cls.spec.name === DEVICE });
}
