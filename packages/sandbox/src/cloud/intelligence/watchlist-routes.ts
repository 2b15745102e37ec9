import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute } from "../part.js";
import { readObject } from "../search/index.js";
import type { Intelligence } from "./intelligence.js";
import { readWatchlist } from "./read.js";
import type { WatchlistRecord } from "./record.js";

const BASE = "/threathunter/watchlistmgr/v3/orgs/:org/watchlists";
const CLASSIC = "/threathunter/watchlistmgr/v2/watchlist";
const GONE = "ask /threathunter/watchlistmgr/v3/orgs/{org}/watchlists instead";
const right = (what: string): string => `org.watchlists(${what})`;

/** A watchlist as it is shown. */
function watchlistDocument({ matched: _, alerts_from: __, ...shown }: WatchlistRecord): Record<string, unknown> {
  return shown;
}

/** Watchlists: which reports are looked for, and what happens when something is found. */
export function watchlistRoutes(_context: CloudContext, intelligence: Intelligence): CloudRoute[] {
  const show = (record: WatchlistRecord): SandboxReply => ({ status: 200, body: watchlistDocument(record) });
  const locate = ({ params }: SandboxRequest): WatchlistRecord => intelligence.watchlist(params["id"]);
  const list = (): SandboxReply => {
    return { status: 200, body: { results: intelligence.watchlists.all().map(watchlistDocument) } };
  };

  const switches = (path: string, what: "tags_enabled" | "alerts_enabled"): CloudRoute[] => [
    {
      ...{ method: "PUT", path: `${BASE}/:id/${path}`, needs: right("UPDATE") },
      handle: (request) => show(intelligence.switchWatchlist(locate(request), what, true)),
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/${path}`, needs: right("UPDATE") },
      handle: (request) => {
        intelligence.switchWatchlist(locate(request), what, false);
        return { status: 204 };
      },
    },
  ];

  return [
    { ...{ method: "GET", path: BASE, needs: right("READ") }, handle: list },
    { ...{ method: "GET", path: CLASSIC, needs: right("READ"), retired: GONE }, handle: list },
    {
      ...{ method: "POST", path: BASE, needs: right("CREATE") },
      handle: (request) => {
        return show(intelligence.putWatchlist(readWatchlist(request.json())));
      },
    },
    { ...{ method: "GET", path: `${BASE}/:id`, needs: right("READ") }, handle: (request) => show(locate(request)) },
    {
      ...{ method: "GET", path: `${CLASSIC}/:id`, needs: right("READ"), retired: GONE },
      handle: (request) => show(locate(request)),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id`, needs: right("UPDATE") },
      handle: (request) => {
        const before = locate(request);
        const body = readObject(request.json());
        if (body["id"] !== undefined && body["id"] !== before.id) {
          throw new HttpProblem(400, `id is that of the path: ${before.id}`);
        }
        return show(intelligence.putWatchlist(readWatchlist(body, before), before));
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, needs: right("DELETE") },
      handle: (request) => {
        intelligence.removeWatchlist(locate(request));
        return { status: 204 };
      },
    },
    ...switches("alert", "alerts_enabled"),
    ...switches("tag", "tags_enabled"),
  ];
}
