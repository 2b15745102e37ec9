import { ObjectNotFoundError, TimeoutError } from "../../../core/errors.js";
import type { Document } from "../../../core/model/document.js";
import { classOf, Model } from "../../../core/model/model.js";
import { isUpToDate, rebaseOn } from "../../../core/model/rebase.js";
import { inTurn } from "../../../core/model/turns.js";
import { readNow } from "../../../core/model/write.js";
import { isPassing } from "../../../core/passing.js";
import { pauseAfter } from "../../../core/pauses.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { DEVICE_ACTIONS } from "../../calls.js";
import { cloud } from "../../host.js";
import { tell } from "../../send.js";
import {
  actionOn,
  checkActionOptions,
  type DeviceAction,
  type DeviceActionOptions,
  type DeviceActionReply,
  LOOKED_AT,
} from "./actions.js";

/**
 * Has one device do something: sends nothing where the action says that what shows already needs none, and waits for the
 * effect where that is asked for.
 */
export function actOn(
  device: Model & { readonly id: number },
  action: DeviceAction,
  options: DeviceActionOptions,
): Promise<DeviceActionReply> {
  checkActionOptions(action, options);
  const { signal, timeout, verify = false } = options;
  return inTurn(device, { signal, timeout }, async (call) => {
    if (action.skips === true && (await shows(device, action, call))) return undefined;
    const { client, key } = Model.stateOf(device);
    try {
      const answer = await tell(cloud(client), DEVICE_ACTIONS, { json: actionOn([device.id], action) }, call);
      if (verify) await waitForEffect(device, action, options);
      return answer as DeviceActionReply;
    } finally {
      // What others know of the device may be overtaken by now.
      if (key !== undefined) client.identityMap.evict(classOf(device), key);
    }
  });
}

/** Whether the device shows the effect already, by what the server has now. */
async function shows(device: Model, { lackOf }: DeviceAction, options: CallOptions): Promise<boolean> {
  if (lackOf === undefined) return false;
  if (!isUpToDate(device)) rebaseOn(device, await readNow(device, options));
  return lackOf(Model.stateOf(device).document) === undefined;
}

async function waitForEffect(
  device: Model & { readonly id: number },
  { verb, lackOf, endsWithout }: DeviceAction,
  { signal, timeout }: DeviceActionOptions,
): Promise<void> {
  if (lackOf === undefined) return;
  const { clock } = cloud(Model.stateOf(device).client);
  const wait = timeout || LOOKED_AT;
  const end = clock.now() + wait;
  for (let look = 0; ; look++) {
    const { lack, cause } = await lackNow(device, lackOf, endsWithout === true, signal);
    if (lack === undefined) return;
    const pause = Math.min(pauseAfter(look), end - clock.now());
    if (pause <= 0) {
      throw new TimeoutError(
        `The server accepted ${verb}() of Device ${device.id}, and it does not show after ${wait} ms: ${lack}. The sensor ` +
          "carries it out when it checks in; nothing needs to be sent again",
        { code: "NOT_SHOWN_YET", timeout: wait, cause },
      );
    }
    await clock.sleep(pause, signal);
  }
}

async function lackNow(
  device: Model,
  lackOf: (document: Document) => string | undefined,
  endsWithout: boolean,
  signal: AbortSignal | undefined,
): Promise<{ readonly lack?: string | undefined; readonly cause?: unknown }> {
  try {
    const entry = await readNow(device, { signal });
    rebaseOn(device, entry);
    return { lack: lackOf(entry.document) };
  } catch (cause) {
    if (endsWithout && cause instanceof ObjectNotFoundError) return {};
    if (signal?.aborted === true || !isPassing(cause)) throw cause;
    return { lack: `it could not be read: ${cause.message}`, cause };
  }
}
