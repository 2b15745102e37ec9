import type { ModelHost } from "../core/model/document.js";
import type { CallOptions } from "../core/transport/types.js";
import type { CbResponseAPI } from "./client.js";

// Apart from the client, which knows all models: queries are the bases of classes, so nothing that they import may lead
// back to them.

/** @internal The EDR client that a model or a query belongs to. */
export function edr(client: ModelHost): CbResponseAPI {
  return client as CbResponseAPI;
}

/** @internal The same, after its version is known. */
export async function connected(client: ModelHost, options: CallOptions): Promise<CbResponseAPI> {
  await client.connect(options);
  return edr(client);
}
