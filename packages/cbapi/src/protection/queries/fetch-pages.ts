import type { Document } from "../../core/model/document.js";
import type { ExecutionPlan, FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions, QueryValue } from "../../core/transport/types.js";
import type { ProtectionHost } from "../host.js";
import { rowsOf } from "./rows.js";

/** Rows a page when the caller names no other number, and the most that a server was seen to give. */
export const PAGE_SIZE = 1000;

/** What selects rows. */
export interface Selection {
  readonly path: string;
  /** Parameters without window and order. */
  readonly parameters: Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
  /** The order that the caller named; empty for none, `undefined` for one by id where it matters. */
  readonly sort: string | undefined;
}

/**
 * One reading of a result: gives its pages. Servers name no total and count their rows from 0 or from 1: reading on from
 * a place, by as many rows as have come, misses none on either, and on the latter repeats one.
 */
export function pagesOf(
  host: ProtectionHost,
  { path, parameters, sort }: Selection,
  { start, limit = Number.POSITIVE_INFINITY, pageSize }: ExecutionPlan,
): (window: Window, options: CallOptions) => Promise<FetchedPage> {
  // Rows of two pages have to be in one order; those of one page may be in any.
  const order = sort ?? (limit > pageSize ? "id ASC" : "");
  let base = start === 0 ? 0 : undefined;
  let before: Document | undefined;
  return async (window, options) => {
    base ??= await host.offsetBase.find(host, path, options);
    const offset = window.start === 0 ? 0 : window.start + base;
    const query = { ...parameters, limit: window.rows, offset, ...(order === "" ? {} : { sort: order }) };
    const documents = rowsOf(await host.getObject(path, query, { ...options, default: [] }), path);
    const id = documents[0]?.["id"];
    if (id !== undefined && id === before?.["id"]) host.offsetBase.sawRepetition();
    before = documents.at(-1);
    // What was asked for beyond the usual size may have been cut to it.
    const last = documents.length < window.rows && window.rows <= PAGE_SIZE;
    return { documents, total: undefined, last };
  };
}
