import type { MakePart } from "../part.js";
import { feedRoutes } from "./feed-routes.js";
import { shareHits } from "./hits.js";
import { reportRoutes } from "./report-routes.js";
import { intelligenceOf } from "./shared.js";
import { watchlistRoutes } from "./watchlist-routes.js";

/** Threat intelligence: feeds, reports and watchlists, which are looked for in processes as they come. */
export const intelligencePart: MakePart = (context) => {
  const intelligence = intelligenceOf(context);
  const end = new AbortController();
  shareHits(context);
  const close = (): void => end.abort(new Error("The server has ended"));
  const routes = [
    ...feedRoutes(context, intelligence),
    ...watchlistRoutes(context, intelligence),
    ...reportRoutes(context, intelligence),
  ];
  return {
    routes: routes.map((route) => ({ ...route, findings: true })),
    tick: () => intelligence.tick(end.signal),
    release: close,
    close,
  };
};
