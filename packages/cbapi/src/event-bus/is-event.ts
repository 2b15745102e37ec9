import type { AnyEvent, EventMap, EventType } from "./catalogue/index.js";

/**
 * Whether an event is of a type, for the compiler as well.
 * @example if (isEvent(event, "watchlist.hit.process")) console.log(event.docs[0].cmdline)
 */
export function isEvent<T extends EventType>(event: AnyEvent, type: T): event is EventMap[T] {
  return event.type === type;
}
