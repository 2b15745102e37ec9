import type { CallOptions, QueryParameters } from "../transport/types.js";
import type { IdentityMap } from "./identity-map.js";
import type { ModelSpec } from "./spec.js";

/** What a model needs of the client it belongs to. */
export interface ModelHost {
  readonly url: string;
  /** @internal */
  readonly identityMap: IdentityMap<ModelHost>;
  connect(options?: CallOptions): Promise<unknown>;
  /** @internal Sees to it that nothing is asked of a server that does not have such objects yet. */
  requireServer(spec: ModelSpec, options: CallOptions): Promise<void>;
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
