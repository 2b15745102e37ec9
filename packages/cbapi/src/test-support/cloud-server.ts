import { onTestFinished } from "vitest";
import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";
import { type PlainAnswer, plainServer, spelt } from "./plain-server.js";

/** What a route of the test server answers; text is JSON, unless it says otherwise. */
export type CloudAnswer = PlainAnswer;

/** A request as a route sees it. */
export interface CloudRequest {
  readonly method: string;
  /** With `{org}` in place of the organization key. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What was sent as JSON. */
  readonly body: unknown;
}

type Route = CloudAnswer | ((request: CloudRequest) => CloudAnswer | Promise<CloudAnswer>);

/** The organization of the test server. */
export const ORG = "WNEX";

/** A client class of the Cloud. */
export type CloudClient<C extends CbPSCBaseAPI> = new (options: CbPSCOptions) => C;

/** A body of a search, as far as a route looks at it. */
interface SearchBody {
  readonly start?: number;
  readonly rows?: number;
}

/**
 * A route that answers searches as the Cloud does: the rows that `start` and `rows` ask for, and how many there are.
 * @param base the number of the first row
 * @param pageSize rows a page where the request names no number
 */
export function cloudSearchRoute(rows: () => readonly object[], base: 0 | 1 = 1, pageSize = 20) {
  return ({ body }: CloudRequest): object => {
    const { start = base, rows: count = pageSize } = (body ?? {}) as SearchBody;
    const all = rows();
    return { num_found: all.length, results: all.slice(start - base, start - base + count) };
  };
}

/**
 * A server of the Cloud on this machine with these routes, by `POST /path`, in which `{org}` stands for the organization
 * key; and a client for it.
 * @param Client the client of a product; the platform's own without it
 */
export async function cloudServer<C extends CbPSCBaseAPI = CbPSCBaseAPI>(
  routes: Readonly<Record<string, Route>>,
  options: CbPSCOptions = {},
  Client: CloudClient<C> = CbPSCBaseAPI as unknown as CloudClient<C>,
) {
  const requests: string[] = [];
  const bodies: unknown[] = [];
  const seen: CloudRequest[] = [];
  const all = new Map(Object.entries(routes));
  const connection = await plainServer(
    '{"error_code":"NOT_FOUND","message":"Not found"}',
    async ({ method, url, body: text }) => {
      const path = url.pathname.replaceAll(`/orgs/${ORG}`, "/orgs/{org}");
      const body: unknown = /^\s*[[{"]/.test(text) ? JSON.parse(text) : text === "" ? undefined : text;
      const request = { method, path, query: url.searchParams, body };
      requests.push(`${method} ${spelt(url, path)}`);
      seen.push(request);
      if (body !== undefined) bodies.push(body);
      const route = all.get(`${method} ${path}`);
      const given = await (typeof route === "function" ? route(request) : route);
      const isText = given !== undefined && given !== null && "text" in given && "status" in given;
      return isText ? { type: "application/json", ...given } : given;
    },
  );
  const cb = new Client({ ...connection, orgKey: ORG, ...options });
  onTestFinished(() => cb.close());
  return {
    cb,
    /** What a client is made with to speak to it. */
    connection,
    /** What was asked for, as `POST /path?query`. */
    requests,
    /** What was sent as JSON, in order. */
    bodies,
    /** The requests whole. */
    seen,
  };
}
