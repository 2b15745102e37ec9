import { ApiError } from "../core/errors.js";
import type { ModelHost } from "../core/model/host.js";
import type { CallOptions } from "../core/transport/types.js";
import { connected } from "./host.js";

/**
 * Sees to it that nothing is asked of a server that it does not have yet.
 * @param what what is asked for, in the plural; begins the error's sentence
 * @throws ApiError when the server is older than `version`
 */
export async function requireServer(
  client: ModelHost,
  options: CallOptions,
  what: string,
  ...version: number[]
): Promise<void> {
  const { cb_server_version, url } = await connected(client, options);
  if (cb_server_version.atLeast(...version)) return;
  throw new ApiError(`${what} need a server from ${version.join(".")} on, and ${url} runs ${cb_server_version}`, {
    code: "SERVER_TOO_OLD",
  });
}

/**
 * Refuses a bare value where options go by names, which JavaScript would take for options of which none is set.
 * @throws ApiError naming the method and what it takes
 */
export function requireOptions(method: string, takes: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw new ApiError(`${method} takes its options by their names, as ${takes}: got ${JSON.stringify(options)}`, {
    code: "INVALID_OPTION",
  });
}
