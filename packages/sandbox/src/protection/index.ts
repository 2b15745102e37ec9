import type { ProductServer } from "../product-server.js";
import { ownership } from "../server/prefixes.js";
import type { HttpProblem, Product, SandboxReply } from "../server/product.js";
import { PROTECTION_SWITCHES } from "./behaviour.js";
import { createContext, type ProtectionContext, type ProtectionOptions } from "./context.js";
import * as routeMakers from "./routes/index.js";
import { preventStart } from "./simulation/executions.js";
import { tickOf } from "./simulation/index.js";

export type { ProtectionSwitches } from "./behaviour.js";
export type { ProtectionOptions } from "./context.js";

/** App Control, as it serves one organisation. */
export interface ProtectionServer extends ProductServer {
  readonly version: string;
}

/** App Control. Its objects are made when somebody asks for them first. */
export function createProtectionServer(options: ProtectionOptions): ProtectionServer {
  const context = createContext(options);
  const { accounts, data } = context;
  return {
    product: productOf(context),
    version: context.traits.version,
    settle: () => data.adopt(),
    prevents: (program) => preventStart(context, program),
    settled: () => data.making,
    secrets: () => accounts.secrets(),
    close: async () => {
      accounts.close();
      await data.close();
    },
  };
}

function productOf(context: ProtectionContext): Product {
  return {
    name: "protection",
    ...ownership(["/api/bit9platform"]),
    behaviour: { ...PROTECTION_SWITCHES },
    routes: Object.values(routeMakers).flatMap((routesOf) => routesOf(context)),
    tick: tickOf(context),
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-cache",
      Server: "Microsoft-IIS/10.0",
    },
    // Who is known to the sandbox has no need of an account here.
    identify: (token = "", known) => known ?? (context.traits.has8 ? context.accounts.find(token) : undefined),
    unauthorized: "Authorization has been denied for this request.",
    problem: problemReply,
  };
}

const problemReply = ({ status, message }: HttpProblem): SandboxReply => ({ status, body: { Message: message } });
