import type { Completeness, Document, Key } from "./document.js";
import type { ModelHost } from "./host.js";

/** How a model comes into being; callers get models from a client and never make them. */
export interface ModelInit {
  readonly client: ModelHost;
  readonly key?: Key | undefined;
  readonly document?: Document;
  readonly related?: unknown;
  readonly completeness?: Completeness;
  /** How the caller wants this object to behave; what it holds is up to the model class. */
  readonly settings?: object | undefined;
}

/** A change of a part of a field, from the server's form to the server's form. */
export type Edit = (raw: unknown) => unknown;

/** What is kept of a model beside its prototype. A search makes one for each row, so it is made in one go. */
export class ModelState implements ModelInit {
  readonly client: ModelHost;
  readonly settings: object | undefined;
  key: Key | undefined;
  document: Document;
  related: unknown;
  completeness: Completeness;
  /** Set when a read found nothing in a document that is known in part only. */
  missed = false;
  /** Field -> the server's form of what was assigned; only fields that differ from the document. */
  changes: Map<string, unknown> | undefined = undefined;
  /** Field -> the edits that `changes` is the outcome of, where the field was not assigned as a whole. */
  edits: Map<string, readonly Edit[]> | undefined = undefined;
  /** What a write that is under way sends. */
  sending: ReadonlyMap<string, unknown> | undefined = undefined;
  /** Refs taken through this object, so that a join gives the same object each time. */
  joins: Map<string, unknown> | undefined = undefined;
  refreshedAt: number | undefined = undefined;
  /** Set by a delete that the server carried out. */
  deleted = false;

  constructor(
    client: ModelHost,
    key: Key | undefined,
    document: Document,
    completeness: Completeness,
    settings?: object,
    related?: unknown,
  ) {
    this.client = client;
    this.key = key;
    this.document = document;
    this.completeness = completeness;
    this.settings = settings;
    this.related = related;
  }
}
