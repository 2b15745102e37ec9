import { inSlices, type Steps } from "../../steps.js";
import { applyAlertChanges } from "../../store/detection/alerts.js";
import type { ResponseContext } from "../context.js";
import type { Activity } from "./activity.js";
import { matchFeeds } from "./feeds.js";
import { runWatchlists, WATCHLIST_TICKS } from "./watchlists.js";

/**
 * The searches that the server runs by itself: the alert index catches up, feeds match what is new, watchlists run now and
 * then. Thousands of reports take their time, in which the event loop turns.
 */
export function searches(context: ResponseContext): Activity {
  return (tick, now) => inSlices(searching(context, tick, now), context.signal);
}

function* searching(context: ResponseContext, tick: number, now: number): Steps<void> {
  applyAlertChanges(context.store);
  yield* matchFeeds(context, () => now);
  if (tick % WATCHLIST_TICKS === 0) yield* runWatchlists(context, now, () => now);
}
