import { setTimeout as delay } from "node:timers/promises";

/** So long that a busy machine gets there too; it is only ever waited for in vain. */
const TRIES = 4000;

/** Waits for something that comes about by itself. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === TRIES) throw new Error(`It did not come about: ${String(holds)}`);
    await delay(5);
  }
}
