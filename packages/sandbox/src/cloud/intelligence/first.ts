import type { FeedDocument, PublishedReport } from "../../domain/index.js";
import { HttpProblem } from "../../server/product.js";
import type { Steps } from "../../steps.js";
import { ALERT_ACTION, actionsOf } from "../../store/detection/actions.js";
import { organisationKey } from "../accounts.js";
import type { CloudContext } from "../context.js";
import { processFields } from "../processes/fields.js";
import type { Intelligence } from "./intelligence.js";
import { checkIoc, convertIocs } from "./iocs.js";
import type { FeedRecord, Ioc, Report } from "./record.js";
import { savedQuery, translateQuery } from "./translate.js";

/** Internal feeds are those of the organisation itself. */
const INTERNAL = "Internal";
/** From -100 to 100 in EDR. */
const severityOf = (score: number): number => Math.min(10, Math.max(1, Math.ceil(score / 10)));

/**
 * What the organisation has of intelligence in its other products, as the cloud has it: feeds, and watchlists. Writes nothing:
 * what is returned does, so that all of it comes at once.
 */
export function* firstIntelligence(context: CloudContext, intelligence: Intelligence): Steps<() => void> {
  const { store, orgKey, presence } = context;
  const writes: (() => void)[] = [];
  const published = new Map(
    store
      .collection("published_feed")
      .all()
      .map((document) => [document.feedinfo.name, document]),
  );
  for (const feed of store.collection("feed").all()) {
    const document = published.get(feed.name);
    if (document === undefined) continue;
    const id = intelligence.idOf(`first/feed/${feed.name}`);
    const own = feed.category === INTERNAL;
    const record: FeedRecord = {
      info: {
        ...{ id, name: feed.display_name, owner: own ? orgKey : organisationKey(`feed/${feed.name}`) },
        ...{ provider_url: feed.provider_url, summary: feed.summary, category: feed.category ?? "Other" },
        ...{ source_label: feed.display_name, access: own ? "private" : "public", alertable: true },
      },
      reports: yield* reportsOf(context, document),
    };
    writes.push(() => intelligence.feeds.put(id, record));
    if (!feed.enabled || document.reports.length === 0) continue;
    const alerts = actionsOf(store, { feed: feed.id }).some(({ action_type }) => action_type === ALERT_ACTION);
    writes.push(() =>
      intelligence.putWatchlist({
        ...{ name: feed.display_name, description: feed.summary, tags_enabled: true, alerts_enabled: alerts },
        ...{ report_ids: null, classifier: { key: "feed_id", value: id } },
      }),
    );
  }
  const fields = processFields(context);
  for (const watchlist of store.collection("watchlist").all()) {
    if (watchlist.index_type !== "events" || !watchlist.enabled) continue;
    yield;
    const ioc = readable(context, watchlist.search_query, (name) => fields.has(name));
    if (ioc === undefined) continue;
    const id = intelligence.idOf(`first/watchlist/${watchlist.id}`);
    const description = watchlist.description || watchlist.name;
    const report: Report = {
      ...{ id, timestamp: Math.floor(Math.min(watchlist.date_added, presence.start) / 1000), title: watchlist.name },
      ...{ description, severity: 5, link: null, tags: null, iocs: null, iocs_v2: [{ ...ioc, id: `${id}-query` }] },
      visibility: "visible",
    };
    writes.push(() => intelligence.putReport(report));
    const actions = actionsOf(store, { watchlist: watchlist.id });
    const alerts = actions.some(({ action_type }) => action_type === ALERT_ACTION);
    writes.push(() =>
      intelligence.putWatchlist({
        ...{ name: watchlist.name, description, tags_enabled: true, alerts_enabled: alerts },
        ...{ report_ids: [id], classifier: null },
      }),
    );
  }
  return () => {
    for (const write of writes) write();
  };
}

function* reportsOf(context: CloudContext, { reports }: FeedDocument): Steps<Report[]> {
  const converted: Report[] = [];
  for (const published of reports) {
    yield;
    const iocs_v2 = iocsOf(context, published);
    // What the cloud has nothing like is not looked for there.
    if (iocs_v2.length === 0) continue;
    converted.push({
      ...{ id: published.id, timestamp: published.timestamp, title: published.title },
      ...{ description: published.description || published.title, severity: severityOf(published.score) },
      ...{ link: published.link, tags: published.tags ?? null, iocs: null, iocs_v2, visibility: "visible" },
    });
  }
  return converted;
}

function iocsOf(context: CloudContext, { id, iocs }: PublishedReport): Ioc[] {
  try {
    const converted = convertIocs(context, id, iocs);
    for (const ioc of converted) checkIoc(context, ioc, id);
    return converted;
  } catch (error) {
    if (error instanceof HttpProblem) return [];
    throw error;
  }
}

/** A saved query of EDR as an IOC; undefined where the cloud has nothing like one of its fields. */
function readable(context: CloudContext, text: string, isKnown: (field: string) => boolean): Ioc | undefined {
  try {
    const ioc: Ioc = { id: "", match_type: "query", values: [translateQuery(savedQuery(text), isKnown)] };
    checkIoc(context, ioc, text);
    return ioc;
  } catch (error) {
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}
