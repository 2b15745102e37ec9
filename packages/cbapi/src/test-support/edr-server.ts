import { onTestFinished } from "vitest";
import { CbResponseAPI, type CbResponseOptions } from "../response/client.js";
import { type PlainAnswer, plainServer, spelt } from "./plain-server.js";

/** What a route of the test server answers: a document, or text with a status; later, when it is a promise. */
export type Answer = { readonly status: number; readonly text: string } | object | null;

/** The rows of a search: as they are, or so many, each made when it is asked for. */
export type Rows = readonly object[] | { readonly total: number; row(place: number): object };

/**
 * A route that answers searches as an EDR server does: the window that `start` and `rows` ask for, and how many there are.
 * @param rows all of them, or those that the parameters of a request select
 * @param facets the counts by field that every answer holds
 */
export function searchRoute(rows: Rows | ((query: URLSearchParams) => Rows), facets: object = {}) {
  return (query: URLSearchParams): object => {
    const found = typeof rows === "function" ? rows(query) : rows;
    const start = Number(query.get("start"));
    const end = start + Number(query.get("rows") ?? 10);
    return { ...windowOf(found, start, end), start, facets };
  };
}

function windowOf(rows: Rows, start: number, end: number): object {
  if (!("total" in rows)) return { total_results: rows.length, results: rows.slice(start, end) };
  const length = Math.max(0, Math.min(end, rows.total) - start);
  return { total_results: rows.total, results: Array.from({ length }, (_, i) => rows.row(start + i)) };
}

export interface TestServer {
  readonly cb: CbResponseAPI;
  /** Paths that were asked for, with their query, without those of `connect()`. */
  readonly requests: string[];
}

/** An HTTP server on this machine with these routes, by path (a query is not looked at), and a client for it. */
export async function edrServer(
  routes: Readonly<
    Record<string, Answer | ((query: URLSearchParams, method: string, body: string) => Answer | Promise<Answer>)>
  >,
  options: CbResponseOptions & { readonly version?: string } = {},
): Promise<TestServer> {
  const { version = "6.5.2.191219.1200", ...clientOptions } = options;
  const requests: string[] = [];
  const all = {
    "/api/info": { version },
    "/api/v1/storage/events/partition": { writer: { name: "writer", status: "hot", info: { isLegacy: false } } },
    ...routes,
  };
  const connection = await plainServer("not found", async ({ method, url, body }) => {
    if (!["/api/info", "/api/v1/storage/events/partition"].includes(url.pathname)) {
      requests.push(`${method === "GET" ? "" : `${method} `}${spelt(url, url.pathname)}`);
    }
    const route = (all as Record<string, unknown>)[url.pathname];
    return (typeof route === "function" ? route(url.searchParams, method, body) : route) as PlainAnswer;
  });
  const cb = new CbResponseAPI({ ...connection, ...clientOptions });
  onTestFinished(() => cb.close());
  return { cb, requests };
}
