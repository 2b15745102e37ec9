import { ApiError, CbApiError, type ErrorDetails } from "../core/errors.js";

/**
 * Which generation of the Cloud's addresses a client sends: `current`, what the service serves today; or `classic`, what
 * the Python library `cbapi` sends, of which the service has switched a part off.
 */
export type CloudRoutes = "current" | "classic";

/**
 * One entry of the table of calls: an action, and the routes that carry it, as `POST /path/of/{something}`. `{org}` is the
 * organization key of the profile.
 */
export interface CloudCall {
  /** What is done, for people: `Device search`. */
  readonly call: string;
  /** What `routes: "classic"` sends. */
  readonly classic?: string;
  /** What `routes: "current"` sends; where it is left out, the same as `classic`. */
  readonly current?: string;
  /** Whether the parameters of the classic route name an object, so that 404 may only say that there is none such. */
  readonly keyed?: true;
  /** Of a classic route that the service has switched off: what does the same today. */
  readonly retired?: { readonly instead: string };
}

/** A route with its places filled, ready for a request. */
export interface CloudRoute {
  readonly method: string;
  readonly path: string;
}

/**
 * The route that carries a call.
 * @param values what stands in the places of the path, by their names; `{org}` is filled when the request is sent
 * @throws ApiError with code `ROUTE_RETIRED` when the service of today has no route for it
 */
export function routeOf(
  call: CloudCall,
  routes: CloudRoutes,
  values: Readonly<Record<string, string | number>> = {},
): CloudRoute {
  const { classic, current, retired } = call;
  if (routes === "current" && current === undefined && retired !== undefined) throw retiredError(call, retired.instead);
  const route = routes === "current" ? (current ?? classic) : (classic ?? current);
  if (route === undefined) throw new ApiError(`${call.call}: there is no route of this generation`);
  const space = route.indexOf(" ");
  const path = route.slice(space + 1).replace(/\{(\w+)\}/g, (place, name: string) => {
    if (name === "org") return place;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || value === "") throw new ApiError(`${call.call}: no ${name} was given`);
    return encodeURIComponent(value);
  });
  return { method: route.slice(0, space), path };
}

/**
 * What a failed request says of the route itself: where it is one that the service has switched off, an error that names
 * what does the same today; otherwise the error as it was. An address that ends in a key answers 404 for a key that nothing
 * has, so that it is believed only where it says more.
 */
export function explainRetired(error: unknown, calls: readonly CloudCall[]): unknown {
  if (!(error instanceof CbApiError) || (error.status !== 404 && error.status !== 410)) return error;
  const { status, method, path, uri, serverMessage } = error;
  if (method === undefined || path === undefined) return error;
  const address = path.replace(/\?.*/s, "");
  for (const call of calls) {
    const { classic, retired } = call;
    if (classic === undefined || retired === undefined || !matches(classic, method, address)) continue;
    if (
      status === 404 &&
      (call.keyed === true || hasKey(classic)) &&
      !/deactivat|retired|no longer|decommission/i.test(serverMessage ?? "")
    )
      continue;
    return retiredError(call, retired.instead, { cause: error, status, method, path, uri, serverMessage });
  }
  return error;
}

function retiredError({ call, classic }: CloudCall, instead: string, details: ErrorDetails = {}): CbApiError {
  const route = classic === undefined ? "" : ` (${classic})`;
  const what = details.status === undefined ? "" : ` The server answered ${details.status}.`;
  return new ApiError(
    `${call}: Carbon Black Cloud has switched this route off${route}.${what} What does the same today: ${instead}.`,
    { ...details, code: "ROUTE_RETIRED" },
  );
}

const patterns = new Map<string, RegExp>();

function matches(route: string, method: string, address: string): boolean {
  let pattern = patterns.get(route);
  if (pattern === undefined) {
    const parts = route.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    pattern = new RegExp(`^${parts.join("[^/]+")}$`);
    patterns.set(route, pattern);
  }
  return pattern.test(`${method} ${address}`);
}

/** Whether an object's key stands in the path. */
function hasKey(route: string): boolean {
  return route.replaceAll("{org}", "").includes("{");
}
