import type { ModelHost } from "../core/model/host.js";
import type { ModelApi } from "../core/model/model-api.js";
import type { LiveResponseSession } from "../live-response/session.js";
import type { SessionOptions } from "../live-response/types.js";
import type { LiveResponseTarget } from "./live-response/target.js";
import type { CloudRoutes } from "./routes.js";

/**
 * What models and queries of the Cloud need of the client they belong to. They know this and not the clients themselves,
 * which know all of them.
 */
export interface CloudHost extends ModelApi {
  /** Which generation of the Cloud's addresses is sent. */
  readonly routes: CloudRoutes;
  readonly liveResponse: {
    openSession(target: LiveResponseTarget, options?: SessionOptions): Promise<LiveResponseSession>;
  };
}

/** @internal The Cloud client that a model or a query belongs to. */
export function cloud(client: ModelHost): CloudHost {
  return client as CloudHost;
}
