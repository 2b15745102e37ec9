import { applyAlertChanges } from "../../store/alerts.js";
import type { ResponseContext } from "../context.js";
import { matchFeeds } from "./feeds.js";
import type { Activity } from "./index.js";
import { runWatchlists, WATCHLIST_TICKS } from "./watchlists.js";

/** What detects: the alert index catches up, feeds match what is new, watchlists run now and then. */
export function detection(context: ResponseContext): Activity {
  return (tick, now) => {
    applyAlertChanges(context.store);
    matchFeeds(context, () => now);
    if (tick % WATCHLIST_TICKS === 0) runWatchlists(context, now, () => now);
  };
}
