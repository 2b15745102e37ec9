import { onTestFinished } from "vitest";
import { CbProtectionAPI, type CbProtectionOptions } from "../protection/client.js";
import { API } from "../protection/paths.js";
import { type PlainAnswer, plainServer, spelt } from "./plain-server.js";

/** What a route of the test server answers: text is JSON, unless it says otherwise. */
export type ProtectionAnswer = Exclude<PlainAnswer, undefined>;

/** A request as a route sees it. */
export interface RouteRequest {
  readonly query: URLSearchParams;
  readonly method: string;
  /** What was sent as JSON. */
  readonly body: unknown;
}

/** A write as a test looks at it: `computer/7?changeTemplate=true`, without the path of the API. */
export interface SeenWrite {
  readonly method: string;
  readonly path: string;
  /** What was sent as JSON. */
  readonly body: unknown;
}

type Route = ProtectionAnswer | ((request: RouteRequest) => ProtectionAnswer | Promise<ProtectionAnswer>);

/** How App Control answers a token whose user may not do something. */
export const NO_PERMISSION = {
  status: 401,
  text: '{"Message":"You need the permission \\"View system configuration\\" for this"}',
} as const;

/**
 * A route that answers searches as App Control does: the rows that `limit` and `offset` ask for, or their number.
 * @param base the number that the server gives to the first row
 */
export function listRoute(rows: () => readonly object[], base: 0 | 1 = 0): (request: RouteRequest) => ProtectionAnswer {
  return ({ query }) => {
    const all = rows();
    const limit = Number(query.get("limit") ?? 1000);
    if (limit === -1) return { count: all.length };
    if (limit === 0) return all;
    const start = Math.max(0, Number(query.get("offset")) - base);
    return all.slice(start, start + limit);
  };
}

/**
 * An App Control server on this machine with these routes, by what stands behind the path of the API (a query is not looked
 * at), and a client for it.
 */
export async function protectionServer(
  routes: Readonly<Record<string, Route>>,
  options: CbProtectionOptions & {
    /** What `serverConfig` tells; where it is `undefined`, the token may not read that. */
    readonly version?: string | undefined;
  } = {},
) {
  const { version, ...clientOptions } = { version: "8.1.4.134", ...options };
  const requests: string[] = [];
  const writes: SeenWrite[] = [];
  const bodies: unknown[] = [];
  const all: Readonly<Record<string, Route | undefined>> = {
    serverConfig: version === undefined ? NO_PERMISSION : [{ id: 1, name: "ParityServerVersion", value: version }],
    ...routes,
  };
  const connection = await plainServer(
    '{"Message":"No HTTP resource was found"}',
    async ({ method, url, body: text }) => {
      const name = url.pathname.slice(API.length + 1);
      const path = spelt(url, name);
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      requests.push(method === "GET" ? path : `${method} ${path}`);
      if (method !== "GET") writes.push({ method, path, body });
      if (body !== undefined) bodies.push(body);
      const route = all[name];
      const given = await (typeof route === "function" ? route({ query: url.searchParams, method, body }) : route);
      const isText = given !== undefined && given !== null && "text" in given && "status" in given;
      return isText ? { type: "application/json", ...given } : given;
    },
  );
  const cb = new CbProtectionAPI({ ...connection, ...clientOptions });
  onTestFinished(() => cb.close());
  return {
    cb,
    /** Paths that were asked for, with their query and without the path of the API. */
    requests,
    writes,
    /** What was sent as JSON. */
    bodies,
  };
}
