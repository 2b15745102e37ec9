/** The key of a document: what stands in its URL. */
export type Key = string | number;

/** What the server sent. Documents are shared between models and are never changed in place. */
export type Document = Readonly<Record<string, unknown>>;

/** How much of an object is known. */
export const Completeness = {
  /** Its key only. */
  key: 0,
  /** Some fields, that came along with another object. */
  partial: 1,
  /** What a search row tells: enough to be handed out, though a field may be missing. */
  row: 2,
  /** The whole document. */
  full: 3,
} as const;
export type Completeness = (typeof Completeness)[keyof typeof Completeness];

/** A document as it was fetched, and what came along with it that is no part of it. */
export interface Fetched {
  readonly document: Document;
  readonly related?: unknown;
  /** How well the object is known by it, where it was read together with others. Default: as by a search row. */
  readonly completeness?: Completeness;
}

/** One document, and how well it is known. */
export interface Entry {
  readonly document: Document;
  readonly related: unknown;
  readonly completeness: Completeness;
  /** When the server was asked for it: what was written later, it does not tell. */
  readonly readAt: number;
  readonly expires: number;
}
