import type { CallOptions, QueryParameters } from "../transport/types.js";
import type { IdentityMap } from "./identity-map.js";

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
}

/** What a model needs of the client it belongs to. */
export interface ModelHost {
  readonly url: string;
  readonly identityMap: IdentityMap;
  connect(options?: CallOptions): Promise<unknown>;
  /** The text without the client's token and passwords, should the server have echoed them. */
  withoutSecrets(text: string): string;
  /** Writes a line to the client's log, and a document behind it with its secrets masked. */
  logDebug(message: string, document?: unknown): void;
  getObject(path: string, query?: QueryParameters, options?: CallOptions & { default?: unknown }): Promise<unknown>;
  apiJsonRequest(
    method: string,
    path: string,
    options?: CallOptions & { json?: unknown; idempotent?: boolean },
  ): Promise<{ readonly status: number; text(): Promise<string> }>;
}
