import type { ModelHost } from "../core/model/host.js";
import type { Model } from "../core/model/model.js";
import type { ModelApi } from "../core/model/model-api.js";
import type { ServerVersion } from "../core/server-version.js";
import type { CallOptions } from "../core/transport/types.js";
import type { LiveResponseSession } from "../live-response/session.js";
import type { SessionOptions } from "../live-response/types.js";
import type { RenamedRoutes } from "./routes.js";
import type { ServerInfo } from "./server-info.js";

/**
 * What models and queries of EDR need of the client they belong to. They know this and not the client itself, which knows
 * all of them.
 */
export interface EdrHost extends ModelApi {
  readonly routes: RenamedRoutes;
  readonly server_info: ServerInfo;
  readonly cb_server_version: ServerVersion;
  readonly hasLegacyPartitions: boolean;
  readonly liveResponse: {
    openSession(
      target: Model | PromiseLike<Model> | number | string,
      options?: SessionOptions,
    ): Promise<LiveResponseSession>;
  };
}

/** @internal The EDR client that a model or a query belongs to. */
export function edr(client: ModelHost): EdrHost {
  return client as EdrHost;
}

/** @internal The same, after its version is known. */
export async function connected(client: ModelHost, options: CallOptions): Promise<EdrHost> {
  await client.connect(options);
  return edr(client);
}
