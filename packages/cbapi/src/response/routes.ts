import { ApiError } from "../core/errors.js";

/** The routes whose names have `whitelist` or `blacklist` in them, which server 7.7 gave other names. */
export interface RenamedRoutes {
  /** The bans: `/api/v1/banning/blacklist`. */
  readonly bannedHashes: string;
  /** The hashes that are never stopped: `/api/v1/banning/whitelist`. */
  readonly approvedHashes: string;
  /** The ingress filters: `/api/v1/ingress_whitelist`. */
  readonly ingressFilters: string;
}

/** Those of {@link RenamedRoutes} that a client is told. */
export type RouteOptions = { readonly [Name in keyof RenamedRoutes]?: RenamedRoutes[Name] | undefined };

/** The names that all servers had before. */
export const oldRoutes: RenamedRoutes = Object.freeze({
  bannedHashes: "/api/v1/banning/blacklist",
  approvedHashes: "/api/v1/banning/whitelist",
  ingressFilters: "/api/v1/ingress_whitelist",
});

/**
 * The routes to use: those that the caller names, and the old ones for the rest.
 * @throws ApiError when there is no route of this name, or it is no path
 */
export function routesOf(options: RouteOptions = {}): RenamedRoutes {
  const named = Object.fromEntries(Object.entries(options).filter(([, path]) => path !== undefined));
  for (const [name, path] of Object.entries(named) as [string, unknown][]) {
    if (!Object.hasOwn(oldRoutes, name)) {
      throw new ApiError(`Unknown option routes.${name}: ${Object.keys(oldRoutes).join(", ")} are known`);
    }
    if (typeof path !== "string" || !/^\/[^?#]*[^/?#]$/.test(path)) {
      throw new ApiError(
        `routes.${name} wants a path such as ${Reflect.get(oldRoutes, name)}, got ${JSON.stringify(path)}`,
      );
    }
  }
  return Object.freeze({ ...oldRoutes, ...named });
}
