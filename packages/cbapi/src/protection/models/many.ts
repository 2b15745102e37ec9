import { Completeness, type Fetched, type Key } from "../../core/model/document.js";
import type { ModelHost } from "../../core/model/host.js";
import type { ModelClass } from "../../core/model/model.js";
import { usableKey } from "../../core/query/row-key.js";
import type { CallOptions } from "../../core/transport/types.js";
import { conditionBatches } from "../queries/batches.js";

/**
 * Many objects of one kind by their ids, as many a search as an address takes: `GET path?q=id:3|5|8`. Rows are whole
 * documents; those that the server does not give are left out.
 */
export async function fetchByIds(
  client: ModelHost,
  cls: ModelClass,
  keys: readonly Key[],
  options: CallOptions,
): Promise<Map<Key, Fetched>> {
  await client.requireServer(cls.spec, options);
  const found = new Map<Key, Fetched>();
  for (const some of conditionBatches(keys)) {
    const query = { q: `id:${some.join("|")}`, offset: 0, limit: some.length };
    const answer = await client.getObject(cls.spec.path, query, { ...options, default: [] });
    for (const row of Array.isArray(answer) ? (answer as Readonly<Record<string, unknown>>[]) : []) {
      const key = cls.keyIn(row);
      const id = key === undefined ? undefined : usableKey(cls, key);
      if (id !== undefined) found.set(id, { document: row, completeness: Completeness.full });
    }
  }
  return found;
}
