import type { Document, Key } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { sameValue } from "../../../core/model/same-value.js";

/** For how long searches may show an alert as it was before a change, in milliseconds. */
export const INDEX_DELAY = 60_000;

/** What the server was told of an alert, and its searches have not shown yet. */
interface Told {
  readonly fields: Document;
  readonly until: number;
}

/** By client, since each is to see what it has written, and by alert, whichever object or query it was changed by. */
const memories = new WeakMap<ModelHost, Map<Key, Told>>();

/** Remembers what the server has accepted, until its searches show it. */
export function tell(client: ModelHost, alerts: Iterable<Key>, fields: Document): void {
  const memory = memories.get(client) ?? new Map<Key, Told>();
  memories.set(client, memory);
  const now = client.identityMap.now();
  // The oldest stand first.
  for (const [alert, { until }] of memory) {
    if (until > now) break;
    memory.delete(alert);
  }
  for (const alert of alerts) {
    const before = untold(client, alert);
    memory.delete(alert);
    memory.set(alert, { fields: { ...before, ...fields }, until: now + INDEX_DELAY });
  }
}

/** What the server was told a moment ago and its searches have not shown since. */
export function untold(client: ModelHost, alert: Key): Document {
  const told = memories.get(client)?.get(alert);
  return told !== undefined && client.identityMap.now() < told.until ? told.fields : {};
}

/** An alert as a search shows it, with what the server has been told and the search does not show yet. */
export function withTold(client: ModelHost, alert: Key, found: Document): Document {
  const told = memories.get(client)?.get(alert);
  if (told === undefined) return found;
  const pending = Object.entries(untold(client, alert)).filter(([name, value]) => !sameValue(found[name], value));
  if (pending.length === 0) {
    memories.get(client)?.delete(alert);
    return found;
  }
  const fields = Object.fromEntries(pending);
  memories.get(client)?.set(alert, { ...told, fields });
  return { ...found, ...fields };
}
