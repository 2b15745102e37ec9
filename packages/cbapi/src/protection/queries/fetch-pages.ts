import type { Document } from "../../core/model/document.js";
import { RecentKeys } from "../../core/query/recent-keys.js";
import type { ExecutionPlan, FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions, QueryValue } from "../../core/transport/types.js";
import type { ProtectionHost } from "../host.js";
import { keyFieldOf, rowsOf } from "./rows.js";

/** Rows a page when the caller names no other number, and the most that a server was seen to give. */
export const PAGE_SIZE = 1000;

/** How often reading goes back for rows that have moved up, and by how many rows at least. What it may meet is remembered. */
const STEPS_BACK = 4;
const STEP_BACK = 250;

/** How many pages in a row may hold nothing new. */
const STALLED_PAGES = 3;

/** What selects rows. */
export interface Selection {
  readonly path: string;
  /** Parameters without window and order. */
  readonly parameters: Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
  /** The order that the caller named; empty for none, `undefined` for one by the key where it matters. */
  readonly sort: string | undefined;
}

/** Rows as they were asked for. */
interface Piece {
  /** The number of the first row, as the server counts. */
  readonly offset: number;
  readonly documents: readonly Document[];
  /** Whether the result ends with them. */
  readonly last: boolean;
}

/**
 * One reading of a result: gives its pages. Servers name no total, and rows are numbered anew with each request, from 0 or
 * from 1: when rows leave, those behind them move up, and whoever read on behind as many as have come would pass some over.
 * So each page begins with the row that the page before ended with. Where it does not, reading goes back until it meets a
 * row that has come; where it meets none, the report says so.
 */
export function pagesOf(
  host: ProtectionHost,
  selection: Selection,
  plan: ExecutionPlan,
): (window: Window, options: CallOptions) => Promise<FetchedPage> {
  return new PageSequence(host, selection, plan).next;
}

class PageSequence {
  readonly #host: ProtectionHost;
  readonly #selection: Selection;
  readonly #plan: ExecutionPlan;
  readonly #key: string;
  readonly #order: string;
  readonly #seen: RecentKeys;
  /** The rows that came last, from the page before; `undefined` before the first. */
  #before: Piece | undefined;

  constructor(host: ProtectionHost, selection: Selection, plan: ExecutionPlan) {
    this.#host = host;
    this.#selection = selection;
    this.#plan = plan;
    this.#key = keyFieldOf(selection.path);
    const { limit = Number.POSITIVE_INFINITY, pageSize } = plan;
    this.#seen = new RecentKeys(Math.ceil((STEPS_BACK * Math.max(pageSize, STEP_BACK)) / pageSize));
    // Rows of two pages have to be in one order; those of one page may be in any.
    this.#order = selection.sort ?? (limit > pageSize ? `${this.#key} ASC` : "");
  }

  readonly next = async (window: Window, options: CallOptions): Promise<FetchedPage> => {
    if (this.#before === undefined) return this.#page(await this.#first(window, options));
    if (this.#nameOf(this.#before.documents.at(-1)) === undefined) {
      const { offset, documents } = this.#before;
      return this.#page(await this.#ask(offset + documents.length, window.rows, options));
    }
    return this.#behind(this.#before, window.rows, options);
  };

  async #first({ start, rows }: Window, options: CallOptions): Promise<Piece> {
    const { offsetBase } = this.#host;
    // Those that count from 1 take 0 for 1.
    const offset = start === 0 ? 0 : start + (await offsetBase.find(this.#host, this.#selection.path, options));
    return this.#ask(offset, rows, options);
  }

  /** The rows behind the last one that came. */
  async #behind(before: Piece, rows: number, options: CallOptions): Promise<FetchedPage> {
    // A full page is as many rows as servers give, the one that comes twice among them.
    let limit = rows === PAGE_SIZE ? rows : rows + 1;
    let last = before;
    for (let tries = 0; tries < STALLED_PAGES; tries++) {
      const { piece, met } = await this.#meet(last, limit, options);
      if (met === undefined) return this.#unmet(piece);
      if (met === 1 && last.offset === 0 && piece.offset > 0) this.#host.offsetBase.sawRepetition();
      // Of rows in no certain order, those before one that has come may be missing still.
      const documents = this.#plan.totalOrder
        ? piece.documents.slice(met + 1)
        : piece.documents.filter((document) => !this.#hasCome(document));
      this.#remember(piece);
      if (piece.last || documents.length > 0) return { documents, total: undefined, last: piece.last };
      // Servers that count from 1 begin one row further ahead than they are asked to, once; and rows come in ahead.
      last = piece;
      limit = Math.max(limit, STEP_BACK);
    }
    const shortcomings = ["rows come in as fast as pages are read: the last pages held only rows that had come before"];
    return { documents: [], total: undefined, last: true, shortcomings };
  }

  /** Asks for the last row that came and those behind it; further ahead where it has moved up. */
  async #meet(
    { offset: from, documents }: Piece,
    limit: number,
    options: CallOptions,
  ): Promise<{ readonly piece: Piece; readonly met: number | undefined }> {
    const lowest = this.#plan.totalOrder ? 0 : this.#plan.start;
    let offset = from + documents.length - 1;
    const expected = await this.#ask(offset, limit, options);
    let piece = expected;
    for (let back = 0; ; back++) {
      const met = piece.documents.findLastIndex((document) => this.#hasCome(document));
      if (met >= 0) return { piece, met };
      // All is new from the very beginning on: what had come has left.
      if (offset === 0 && this.#plan.start === 0) return { piece, met: -1 };
      if (offset <= lowest || back === STEPS_BACK) return { piece: expected, met: undefined };
      const step = Math.max(limit, STEP_BACK);
      offset = Math.max(lowest, offset - step + 1);
      piece = await this.#ask(offset, step, options);
    }
  }

  #unmet(piece: Piece): FetchedPage {
    const shortcomings = ["rows left the result while its pages were read: as many may have been passed over"];
    return { ...this.#page(piece), shortcomings };
  }

  async #ask(offset: number, limit: number, options: CallOptions): Promise<Piece> {
    const { path, parameters } = this.#selection;
    const query = { ...parameters, limit, offset, ...(this.#order === "" ? {} : { sort: this.#order }) };
    const documents = rowsOf(await this.#host.getObject(path, query, { ...options, default: [] }), path);
    // What was asked for beyond the usual size may have been cut to it.
    return { offset, documents, last: documents.length < Math.min(limit, PAGE_SIZE) };
  }

  #page(piece: Piece): FetchedPage {
    this.#remember(piece);
    return { documents: piece.documents, total: undefined, last: piece.last };
  }

  #remember(piece: Piece): void {
    this.#before = piece;
    this.#seen.turnPage();
    for (const document of piece.documents) {
      const name = this.#nameOf(document);
      if (name !== undefined) this.#seen.add(name);
    }
  }

  #hasCome(document: Document): boolean {
    const name = this.#nameOf(document);
    return name !== undefined && this.#seen.has(name);
  }

  #nameOf(document: Document | undefined): string | undefined {
    const name = document?.[this.#key];
    return name === undefined || name === null ? undefined : String(name);
  }
}
