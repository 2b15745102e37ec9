import type { FeedRecord } from "../../detection-records.js";

/** A feed on the wire: what is kept of it, but for how far it has been matched. */
export function feedDocument({ matched: _, ...record }: FeedRecord): Record<string, unknown> {
  return { ...record };
}
