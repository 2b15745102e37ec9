import { ServerError, TimeoutError } from "../../core/errors.js";
import type { Document, Entry } from "../../core/model/document.js";
import { Model, specOf } from "../../core/model/model.js";
import { rebaseOn } from "../../core/model/rebase.js";
import { checkWritten, readNow } from "../../core/model/write.js";
import { pauseAfter } from "../../core/pauses.js";
import type { CallOptions } from "../../core/transport/types.js";
import { protection } from "../host.js";

/** For how long it is looked at by default, in milliseconds: agents report about every half minute. */
export const LOOKED_AT = 120_000;

/**
 * Checks a write that shows only once an agent has reported it: reads the object again until it does, for `timeout` or two
 * minutes.
 * @param lackOf what else a document lacks that shows the change, in words that go on after a colon
 * @throws TimeoutError with code `NOT_SHOWN_YET` when it does not in time: nothing is undone
 */
export async function verifyReported(
  model: Model,
  sent: ReadonlyMap<string, unknown>,
  first: Entry,
  options: CallOptions,
  lackOf: (document: Document) => string | undefined = () => undefined,
): Promise<void> {
  const { client } = Model.stateOf(model);
  const { clock } = protection(client);
  const wait = options.timeout || LOOKED_AT;
  const end = clock.now() + wait;
  for (let look = 0, entry = first; ; look++) {
    const missing = notShown(model, sent, entry);
    const lack = lackOf(entry.document);
    if (missing === undefined && lack === undefined) return;
    const pause = Math.min(pauseAfter(look), end - clock.now());
    if (pause <= 0) {
      throw new TimeoutError(
        `The server accepted the change of ${specOf(model).name} ${Model.stateOf(model).key}, but its agent has not reported it ` +
          `after ${wait} ms${lack === undefined ? "" : `: ${lack}`}. Nothing needs to be sent again; it may show later`,
        { code: "NOT_SHOWN_YET", timeout: wait, cause: missing },
      );
    }
    await clock.sleep(pause, options.signal);
    entry = await readNow(model, { signal: options.signal });
    rebaseOn(model, entry);
  }
}

/** What does not read back as it was written; `undefined` when all does. */
function notShown(model: Model, sent: ReadonlyMap<string, unknown>, entry: Entry): ServerError | undefined {
  try {
    checkWritten(model, sent, entry);
    return undefined;
  } catch (error) {
    if (error instanceof ServerError && error.code === "WRITE_NOT_APPLIED") return error;
    throw error;
  }
}
