import type { ServerArguments } from "../arguments.js";
import type { Context } from "../context.js";
import { type AnyClient, connectServer, EDR_CLIENT, type OpenServer, openServerOf } from "../server.js";
import { edrEndpoints } from "./edr.js";
import type { Endpoints } from "./endpoint.js";

/** A server whose endpoints are worked on. */
export interface EndpointServer extends Pick<OpenServer, "sandbox" | "close"> {
  readonly endpoints: Endpoints;
}

/** Finds or starts the server that the arguments ask for, an EDR server or the Cloud, and connects to it. */
export async function openEndpoints(
  args: ServerArguments & { readonly cloud: boolean },
  context: Context,
  connecting: () => void,
): Promise<EndpointServer> {
  if (!args.cloud) {
    const server = await openServerOf(EDR_CLIENT, args, context);
    return connected(server, edrEndpoints);
  }
  // Loaded by those who use it: EDR's shell is to start at once.
  const [{ CbPSCBaseAPI }, { cloudEndpoints }] = await Promise.all([import("cbapi/psc"), import("./cloud.js")]);
  const kind = {
    make: (options: ConstructorParameters<typeof CbPSCBaseAPI>[0]) => new CbPSCBaseAPI(options),
    product: "cloud",
  } as const;
  return connected(await openServerOf(kind, args, context), cloudEndpoints);

  async function connected<C extends AnyClient>(
    server: OpenServer<C>,
    endpointsOf: (cb: C) => Endpoints,
  ): Promise<EndpointServer> {
    try {
      connecting();
      await connectServer(server, args, context.interruption.signal);
    } catch (error) {
      await server.close();
      throw error;
    }
    return { endpoints: endpointsOf(server.cb), sandbox: server.sandbox, close: () => server.close() };
  }
}
