import type { FeedRecord } from "../../domain/index.js";
import type { TokenRecord } from "../../server/product.js";

/** A feed on the wire: what is kept of it, but for how far it has been matched. Its secrets only for administrators. */
export function feedDocument(
  { matched: _, loads: __, ...record }: FeedRecord,
  { globalAdmin }: TokenRecord,
): Record<string, unknown> {
  return globalAdmin ? { ...record } : { ...record, password: null, ssl_client_key: null };
}
