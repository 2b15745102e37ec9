import { checkCall } from "../../../core/call-options.js";
import { ApiError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import type { SaveOptions } from "../../../core/model/mutable-model.js";
import { isPassing } from "../../../core/passing.js";
import { pauseAfter } from "../../../core/pauses.js";
import { timeLimit } from "../../../core/transport/limits.js";
import { protection } from "../../host.js";
import { AUTOMATIC_NOT_LOCAL } from "./bulk-changes.js";
import { Computer } from "./computer.js";

const MINUTE = 60_000;
/** How often its end is asked for when the server, or the way to it, is out of order. */
const TRIES = 6;

/** What is known while local approval goes on. */
export interface LocalApprovalProgress {
  readonly computerId: number;
  /** When it is switched off. */
  readonly until: Date;
  /** How long that is from now, in milliseconds. */
  readonly left: number;
}

/** How long new files on a computer are approved there. `timeout` bounds each change, not the minutes in between. */
export interface LocalApprovalOptions extends SaveOptions {
  /** For how many minutes; it is switched off then, whatever happens meanwhile. Without it, it stays on until it is ended. */
  readonly minutes?: number | undefined;
  /** Called about every minute while it goes on, and awaited. What it throws ends the call, and local approval with it. */
  readonly onWait?: ((progress: LocalApprovalProgress) => void | Promise<void>) | undefined;
}

/** @throws CbApiError when an option is none, or has no meaning */
export function checkLocalApproval(options: LocalApprovalOptions): void {
  checkCall("approveLocally()", options, ["minutes", "onWait", "dryRun", "verify", "signal", "timeout"]);
  const { minutes, onWait, timeout } = options;
  if (minutes !== undefined && !(typeof minutes === "number" && minutes > 0 && Number.isFinite(minutes))) {
    throw invalidArgument(`approveLocally(): minutes is a number above 0, got ${JSON.stringify(minutes)}`);
  }
  if (onWait !== undefined && minutes === undefined) {
    throw invalidArgument("approveLocally(): onWait is told while the minutes pass, and no minutes were named");
  }
  if (timeout !== undefined) timeLimit(timeout);
}

/** @throws ApiError where the server would refuse local approval */
export function refuseAutomatic(computer: Computer, { automaticPolicy }: Document): void {
  if (automaticPolicy !== true) return;
  throw new ApiError(`${nameOf(computer)}: ${AUTOMATIC_NOT_LOCAL}`, { code: "AUTOMATIC_POLICY" });
}

/** @throws ApiError where it must not be begun for some minutes: it is on already, and whoever began it is to end it */
export function refuseTimed(computer: Computer, document: Document): void {
  refuseAutomatic(computer, document);
  if (document["localApproval"] !== true) return;
  throw new ApiError(
    `${nameOf(computer)} is in local approval already, and nothing was changed: whoever began that is to end it. ` +
      "endLocalApproval() ends it",
    { code: "LOCAL_APPROVAL" },
  );
}

/** Switches local approval: {@link MutableModel.changeNow} of the computer. */
export type Switch = (
  on: boolean,
  options: SaveOptions,
  how?: { readonly refuse?: (document: Document) => void; readonly evenIfSo?: boolean },
) => Promise<unknown>;

/**
 * Local approval for some minutes: on, and off again whatever happens in between.
 * @throws ApiError with code `LOCAL_APPROVAL` when it was on before: whoever began it is to end it. With code
 * `STILL_LOCALLY_APPROVED` when it could not be switched off
 */
export async function approveForMinutes(
  computer: Computer,
  minutes: number,
  options: LocalApprovalOptions,
  change: Switch,
): Promise<void> {
  const { signal, timeout, verify, onWait } = options;
  const { clock } = protection(Computer.stateOf(computer).client);
  const begun = { asked: false, accepted: false };
  const refuse = (document: Document) => {
    refuseTimed(computer, document);
    begun.asked = true;
  };
  const during = async () => {
    signal?.throwIfAborted();
    // Not to be broken off: it might arrive behind the write that is to end it. One that is on already is refused.
    await change(true, { timeout }, { refuse, evenIfSo: true });
    begun.accepted = true;
    signal?.throwIfAborted();
    if (verify === true) await change(true, { signal, timeout, verify });
    const until = clock.now() + minutes * MINUTE;
    for (let left = minutes * MINUTE; left > 0; left = until - clock.now()) {
      await onWait?.({ computerId: computer.id, until: new Date(until), left });
      await clock.sleep(Math.min(left, MINUTE), signal);
    }
  };
  let failure: { readonly error: unknown } | undefined;
  try {
    await during();
  } catch (error) {
    failure = { error };
  }
  if (begun.asked) await end(computer, !begun.accepted, timeout, change, failure?.error);
  if (failure !== undefined) throw failure.error;
  // It is off on the server: what is waited for is the agent.
  if (verify === true) await change(false, { signal, timeout, verify });
}

/**
 * Switches it off, whatever the caller's signal says: it would stay on for good.
 * @param evenIfSo whether that is sent when it reads as off: it may be about to be on
 */
async function end(
  computer: Computer,
  evenIfSo: boolean,
  timeout: number | undefined,
  change: Switch,
  failure: unknown,
): Promise<void> {
  const { clock } = protection(Computer.stateOf(computer).client);
  for (let tries = 1; ; tries++) {
    try {
      await change(false, { timeout }, { evenIfSo });
      return;
    } catch (error) {
      if (tries < TRIES && isPassing(error)) {
        await clock.sleep(pauseAfter(tries - 1));
        continue;
      }
      throw stillOn(computer, error, failure);
    }
  }
}

function stillOn(computer: Computer, cause: unknown, failure: unknown): ApiError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const before =
    failure === undefined
      ? ""
      : ` It was to end early: ${failure instanceof Error ? failure.message : String(failure)}`;
  return new ApiError(
    `${nameOf(computer)} may still be in local approval: it could not be switched off. ${why} ` +
      `New files on it go on being approved until endLocalApproval() succeeds.${before}`,
    { code: "STILL_LOCALLY_APPROVED", cause },
  );
}

const nameOf = (computer: Computer): string => `Computer ${computer.id}`;
