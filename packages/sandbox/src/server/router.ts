import type { Route } from "./product.js";

/** What a path and a method lead to: a route, or only other methods of the path. */
export type RouteMatch = { route: Route; params: Record<string, string> } | { allow: string[] };

interface CompiledRoute {
  route: Route;
  parts: string[];
  /** Sorts fixed parts before `:name` parts, from left to right. */
  rank: string;
}

/** Finds the route of a request. Fixed parts win over `:name` parts, whatever the order of declaration. */
export class Router {
  /** By number of parts, the more specific first. */
  readonly #routes = new Map<number, CompiledRoute[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const parts = route.path.slice(1).split("/");
      const rank = parts.map((part) => (part.startsWith(":") ? "1" : "0")).join("");
      const sameLength = this.#routes.get(parts.length) ?? [];
      const shape = shapeOf(parts);
      if (sameLength.some((known) => known.route.method === route.method && shapeOf(known.parts) === shape)) {
        throw new Error(`Two routes answer ${route.method} ${route.path}`);
      }
      sameLength.push({ route, parts, rank });
      this.#routes.set(parts.length, sameLength);
    }
    for (const list of this.#routes.values()) list.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  }

  /** Undefined when no route has this path. HEAD is answered by the GET route. */
  find(method: string, segments: readonly string[]): RouteMatch | undefined {
    const wanted = method === "HEAD" ? "GET" : method;
    const allow = new Set<string>();
    for (const { route, parts } of this.#routes.get(segments.length) ?? []) {
      const params = match(parts, segments, route.anyCase);
      if (params === undefined) continue;
      if (route.method === wanted) return { route, params };
      allow.add(route.method);
      if (route.method === "GET") allow.add("HEAD");
    }
    return allow.size > 0 ? { allow: [...allow].sort() } : undefined;
  }
}

/** The path without the names of what varies in it. */
function shapeOf(parts: readonly string[]): string {
  return parts.map((part) => (part.startsWith(":") ? ":" : part)).join("/");
}

function match(
  parts: readonly string[],
  segments: readonly string[],
  anyCase = false,
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? "";
    if (!part.startsWith(":")) {
      if (part !== segment && !(anyCase && part.toLowerCase() === segment.toLowerCase())) return undefined;
    } else {
      if (segment === "") return undefined;
      params[part.slice(1)] = segment;
    }
  }
  return params;
}
