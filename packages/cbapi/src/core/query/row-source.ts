import type { Document, Key } from "../model/document.js";
import type { CallOptions } from "../transport/types.js";

/** Which rows to ask for: `rows` of them from the zero-based offset `start`. */
export interface Window {
  readonly start: number;
  readonly rows: number;
}

/** What the server answers to a window. */
export interface FetchedPage {
  readonly documents: readonly Document[];
  /** How many rows match in all; `undefined` where the server does not say so with its rows. */
  readonly total: number | undefined;
  /** Whether there is nothing behind these rows, where no total tells; without either, an empty page ends a reading. */
  readonly last?: boolean;
  /** Why these rows may not be the ones that the query asks for; each goes into the report. */
  readonly shortcomings?: readonly string[];
  /** What else is to be known of how the rows were found; each goes into the report, which is complete for all that. */
  readonly notes?: readonly string[];
  /** When the server was asked, where rows tell enough to be sent back without being read again. */
  readonly readAt?: number | undefined;
}

/** What a row is called, and which object it is about. */
export interface RowIdentity {
  /** Tells it from all other rows; `undefined` where rows cannot be told apart. */
  readonly row: string | undefined;
  /** The key of its object in normal form; `undefined` when it names none. */
  readonly key: Key | undefined;
}

/** A row that belongs to the result. */
export interface Row {
  readonly document: Document;
  readonly key: Key | undefined;
  readonly readAt: number | undefined;
}

/** One page as it is handed out. */
export interface Page<M> {
  readonly items: readonly M[];
  /** Offset of its first row in the server's result. */
  readonly start: number;
  /** How many rows match in all; `undefined` where a part of the query is applied here and not by the server. */
  readonly total: number | undefined;
}

/** The part of a query that the server cannot apply. */
export interface RowFilter {
  /** Whether a row that the server sent belongs to the result. */
  keep(document: Document): boolean;
  /** Says in the report which part that is. */
  readonly note: string;
}

/** What the engine needs of a query: how to get a page, and how to tell rows apart. */
export interface RowSource<M> {
  fetchPage(window: Window, options: CallOptions): Promise<FetchedPage>;
  /** Worked out once for each row. */
  identify(document: Document): RowIdentity;
  /** What a row lacks that names none, for the report. */
  readonly nameless: string;
  makeModels(rows: readonly Row[], options: CallOptions): readonly M[] | Promise<readonly M[]>;
  readonly filter: RowFilter | undefined;
  /** The first offset that the server refuses. */
  readonly maxOffset: number;
  /**
   * The limit from which a narrower query would go on behind this row. All rows that share it come again in that query,
   * and in the order of the result they stand together. `undefined` where no query could go on.
   */
  seamOf(document: Document): string | undefined;
  /** The rows from a seam on; `undefined` when that is no narrower. */
  continueFrom(seam: string): RowSource<M> | undefined;
  /** Why the rows beyond `maxOffset` cannot be read, and what the caller can do; ends a sentence. */
  beyondCap(): string;
  /** Called with each total that the server names, and with the number of rows when they were read to the end. */
  onTotal(total: number): void;
}

export interface ExecutionPlan extends CallOptions {
  readonly start: number;
  readonly limit: number | undefined;
  readonly pageSize: number;
  readonly totalOrder: boolean;
}
