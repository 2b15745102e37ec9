import { setTimeout as realSleep } from "node:timers/promises";
import type { Call } from "./program.js";

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
