import type { Route } from "../../server/product.js";
import { findGroups, findSites } from "../../store/endpoints.js";
import type { ResponseContext } from "../context.js";
import { groupDocument } from "../documents/group.js";

/** Groups and sites: one of them is answered as a list with one entry, an unknown one as an empty list. */
export function groupRoutes(context: ResponseContext): Route[] {
  const groups = (id?: string): Record<string, unknown>[] =>
    findGroups(context.store)
      .filter(({ record }) => id === undefined || String(record.id) === id)
      .map(({ record, hosts }) => groupDocument(record, context.sensorServer(), hosts));
  const sites = (id?: string): object[] =>
    findSites(context.store).filter((site) => id === undefined || String(site.id) === id);
  return [
    // Older servers have the shorter path only; newer ones keep it.
    ...["/api/v3/group", "/api/group"].flatMap((path): Route[] => [
      { method: "GET", path, handle: () => ({ status: 200, body: groups() }) },
      { method: "GET", path: `${path}/:id`, handle: ({ params }) => ({ status: 200, body: groups(params["id"]) }) },
    ]),
    { method: "GET", path: "/api/site", handle: () => ({ status: 200, body: sites() }) },
    { method: "GET", path: "/api/site/:id", handle: ({ params }) => ({ status: 200, body: sites(params["id"]) }) },
  ];
}
