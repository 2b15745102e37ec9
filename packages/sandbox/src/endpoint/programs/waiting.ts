import { setTimeout as realSleep } from "node:timers/promises";
import { inSlices } from "../../steps.js";
import type { Call, Program } from "./program.js";

/** Lets a program wait; returns at once when it is ended. */
export async function sleep({ host, signal }: Call, milliseconds: number): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return;
  if (host.options.sleep !== undefined) {
    await host.options.sleep(milliseconds, signal);
    return;
  }
  try {
    await realSleep(Math.min(milliseconds, 2_147_483_647), undefined, { signal });
  } catch {
    // It was ended.
  }
}

/** Waits until the program is ended from outside. */
export async function forever({ signal }: Call): Promise<number> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  return 0;
}

/** Carries out what a program returned, in steps where there are any; throws when it is ended from outside. */
export async function toTheEnd(work: ReturnType<Program>, { signal, turn }: Call): Promise<number> {
  return await (typeof work === "object" && Symbol.iterator in work ? inSlices(work, signal, turn) : work);
}

/** For shells, before each command: lets others have their turn when that is due; throws when the shell is ended from outside. */
export async function pause({ signal, turn }: Call): Promise<void> {
  if (turn.isOver) await turn.next();
  signal.throwIfAborted();
}
