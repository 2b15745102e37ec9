import { ApiError } from "../core/errors.js";
import type { ModelHost } from "../core/model/host.js";
import type { ModelApi } from "../core/model/model-api.js";
import type { ServerVersion } from "../core/server-version.js";
import type { CallOptions } from "../core/transport/types.js";

/** What a client knows of the numbers that its server gives to the rows of a result. */
export interface RowNumbers {
  /** The number of the first row; asks the server when nothing else tells. */
  find(host: ProtectionHost, path: string, options: CallOptions): Promise<0 | 1>;
  /** Takes note that a page began with the row that the page before ended with. */
  sawRepetition(): void;
}

/**
 * What models and queries of App Control need of the client they belong to. They know this and not the client itself,
 * which knows all of them.
 */
export interface ProtectionHost extends ModelApi {
  /** The settings of the server by their names, after `connect()`; none where the token may not read them. */
  readonly info: Readonly<Record<string, string>>;
  /** The server's version, after `connect()`; `undefined` where the token may not read it. */
  readonly cb_server_version: ServerVersion | undefined;
  /** @internal What number the server gives to the first row of a result. */
  readonly offsetBase: RowNumbers;
}

/** @internal The App Control client that a model or a query belongs to. */
export function protection(client: ModelHost): ProtectionHost {
  return client as ProtectionHost;
}

/** @internal The same, after the server was greeted, so that its version is known if the token may know it. */
export async function connectedTo(client: ModelHost, options: CallOptions): Promise<ProtectionHost> {
  await client.connect(options);
  return protection(client);
}

/**
 * @internal Sees to it that nothing is asked of a server that is known to be older.
 * @param what what is asked for; begins the error's sentence
 * @throws ApiError with code `SERVER_TOO_OLD` when it is older than `version`
 */
export async function requireVersion(
  client: ModelHost,
  options: CallOptions,
  what: string,
  ...version: readonly number[]
): Promise<void> {
  const { cb_server_version: known, url } = await connectedTo(client, options);
  if (known?.atLeast(...version) !== false) return;
  throw new ApiError(`${what} requires at least server version ${version.join(".")}: ${url} runs ${known}`, {
    code: "SERVER_TOO_OLD",
  });
}
