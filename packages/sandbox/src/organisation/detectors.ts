import { type FeedRecord, NEW_WATCHLIST, type OrganisationSink, type WatchlistRecord } from "../domain/index.js";
import { type KnownFiles, publishedFeeds } from "./feeds.js";
import type { SetUp } from "./set-up.js";
import { watchlists } from "./watchlists.js";

/** The host under which the sandbox itself publishes feeds. */
const FEED_SERVER = "https://feeds.sandbox";

const MAIL = { action_type: 0, action_data: '{"email_recipients":[1]}' };
const SYSLOG = { action_type: 1, action_data: "{}" };
const ALERT = { action_type: 3, action_data: "{}" };

/**
 * The feeds, watchlists and their actions. What they have found so far comes when they run for the first time; of the
 * feeds, there is the address at which their reports are published.
 */
export function writeDetectors(sink: OrganisationSink, setUp: SetUp, files: KnownFiles): void {
  if (setUp.scale === "empty") return;
  let action = 1;
  const act = (owner: { group_id: number; watchlist_id: number }, ...kinds: (typeof ALERT)[]): void => {
    for (const kind of kinds) {
      sink.object("action", action, { id: action, ...kind, ...owner });
      action += 1;
    }
  };
  publishedFeeds(setUp, files).forEach(({ document, enabled = true, alerts = false }, index) => {
    const { feedinfo } = document;
    const path = `/${feedinfo.name.toLowerCase()}.json`;
    const record: FeedRecord = {
      id: index + 1,
      feed_url: FEED_SERVER + path,
      ...{ name: feedinfo.name, display_name: feedinfo.display_name, summary: feedinfo.summary },
      ...{ tech_data: feedinfo.tech_data, provider_url: feedinfo.provider_url, icon: "", icon_small: "" },
      category: feedinfo.category ?? null,
      enabled,
      manually_added: false,
      ...{ use_proxy: false, validate_server_cert: true, username: null, password: null },
      ...{ ssl_client_crt: null, ssl_client_key: null, local_rating: null, order: index + 1 },
      ...{ requires: null, requires_what: null, requires_who: null },
      provider_rating: feedinfo.provider_rating ?? 3,
      matched: { process: 0, binary: 0 },
      loads: 0,
    };
    sink.object("published_feed", path, document);
    sink.object("feed", record.id, record);
    if (alerts) act({ group_id: record.id, watchlist_id: -1 }, SYSLOG, ALERT);
  });
  for (const { alerts = false, mails = false, ...rest } of watchlists(setUp)) {
    const record: WatchlistRecord = {
      source: `watchlist/${rest.id}`,
      description: "",
      enabled: true,
      readonly: false,
      group_id: -1,
      ...NEW_WATCHLIST,
      ...rest,
    };
    sink.object("watchlist", record.id, record);
    if (mails) act({ group_id: -1, watchlist_id: record.id }, MAIL);
    if (alerts) act({ group_id: -1, watchlist_id: record.id }, ALERT);
  }
}
