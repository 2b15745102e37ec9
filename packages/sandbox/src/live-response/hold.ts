import { readFlag } from "../server/parameters.js";
import type { SandboxRequest } from "../server/product.js";
import type { Changes } from "./changes.js";
import type { LiveSessions } from "./sessions.js";

/**
 * Holds a request with `wait=true` until `done`, or for as long as such requests are held at most. One whose client goes away
 * is let go at once.
 */
export async function holdFor(
  sessions: LiveSessions,
  request: SandboxRequest,
  changes: Changes,
  done: () => boolean,
): Promise<void> {
  if (!readFlag(request.query, "wait")) return;
  sessions.held++;
  try {
    await changes.until(done, { signal: request.signal, limit: sessions.settings.waitLimit });
  } finally {
    sessions.held--;
  }
  request.signal.throwIfAborted();
}
