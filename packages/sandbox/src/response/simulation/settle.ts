import type { FeedDocument } from "../../domain/index.js";
import { Random } from "../../organisation/random.js";
import type { Steps } from "../../steps.js";
import { applyAlertChanges, changeAlerts } from "../../store/detection/alerts.js";
import type { ResponseContext } from "../context.js";
import { NO_EVENTS } from "../event-bus/event-bus.js";
import { storeFeed } from "../feeds/load.js";
import { matchFeeds } from "./feeds.js";
import type { Moment } from "./raise.js";
import { runWatchlists } from "./watchlists.js";

/** So long after something came to the server, a watchlist or a feed had found it. */
const FOUND_AFTER = 240_000;

/**
 * Lets feeds and watchlists find what an organisation held before anybody looked at it, dated as if they had been running
 * all along, and the analysts have dealt with some of it. What comes later is found at the ticks.
 */
export function* settleDetection(told: ResponseContext, seed: string): Steps<void> {
  // What was found long ago is not told today.
  const context: ResponseContext = { ...told, bus: NO_EVENTS };
  const { store, startTime: now } = context;
  const moment: Moment = (arrived, since) => Math.min(now, Math.max(arrived, since) + FOUND_AFTER);
  for (const feed of store.collection("feed").all()) {
    const document: FeedDocument | undefined = store.collection("published_feed").get(new URL(feed.feed_url).pathname);
    if (document !== undefined) storeFeed(context, feed, document, true);
    yield;
  }
  yield* matchFeeds(context, moment);
  yield;
  yield* runWatchlists(context, now, moment);
  yield;
  triage(context, new Random(`${seed}/triage`), now);
}

/** Most alerts are still open; what was dealt with was so some hours after it was raised. */
function triage(context: ResponseContext, random: Random, now: number): void {
  const { store } = context;
  const alerts = store.database.all<{ doc: number; created_time: number }>(
    "SELECT doc, created_time FROM alert ORDER BY doc",
  );
  const analysts = store
    .collection("user")
    .all()
    .map(({ username }) => username);
  if (analysts.length === 0) analysts.push("admin");
  store.alter(() => {
    for (const { doc, created_time } of alerts) {
      const fate = random.fraction();
      const assigned_to = random.pick(analysts);
      const later = Math.min(now, created_time + random.between(600_000, 90_000_000));
      if (fate < 0.62) continue;
      const status = fate < 0.76 ? "In Progress" : fate < 0.9 ? "Resolved" : "False Positive";
      changeAlerts(store, [doc], { status, assigned_to }, later);
    }
  });
  applyAlertChanges(store);
}
