import type { HttpProblem, Product, SandboxReply } from "../server/product.js";
import type { Steps } from "../steps.js";
import { createContext, type ResponseContext, type ResponseOptions } from "./context.js";
import type { LiveResponseControl } from "./live-response/control.js";
import { createLiveResponse, type LiveResponseServer } from "./live-response/index.js";
import * as routeMakers from "./routes/index.js";
import { switchEndpoint } from "./simulation/check-ins.js";
import { createSimulation, type Simulation } from "./simulation/index.js";
import { type LaunchReport, launch } from "./simulation/launch.js";
import { settleDetection } from "./simulation/settle.js";

export type { ResponseBehaviour, ResponseOptions } from "./context.js";
export { CHECKIN_TICKS } from "./simulation/check-ins.js";
export { DEFAULT_RESPONSE_VERSION } from "./version.js";

/** Areas of other products that share the `/api/` prefix. */
const FOREIGN = /^\/api\/(bit9platform|alerts|investigate|livequery|psc)(\/|$)/;

const HEADERS: Record<string, string> = {
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "max-age=0",
  Server: "openresty",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Carbon Black EDR, and its endpoints as they are steered from outside. */
export interface ResponseServer {
  product: Product;
  /** Starts a program on an endpoint. */
  launch(request: unknown): LaunchReport;
  /** Switches an endpoint on or off, by the id of its sensor. */
  setOnline(sensor: number, online: boolean): void;
  /** Brings what has come in by other ways (an import) into its place. */
  settle(): void;
  /** Lets watchlists and feeds of a new organisation find what is there already. The same seed, the same findings. */
  detect(seed: string): Steps<void>;
  /** Live Response, as it is steered and looked at from outside. */
  liveResponse: LiveResponseControl;
  /** The tokens of users that are not the sandbox's own. */
  secrets(): Iterable<string>;
  /** Ends what is going on between the server and its endpoints; resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** Carbon Black EDR. */
export function createResponseProduct(options: ResponseOptions): Product {
  return createResponseServer(options).product;
}

/** {@link createResponseProduct} with a hold of the endpoints. */
export function createResponseServer(options: ResponseOptions): ResponseServer {
  const end = new AbortController();
  const context = createContext(options, end.signal);
  const liveResponse = createLiveResponse(context, options);
  const simulation = createSimulation(context, liveResponse.tick);
  return {
    product: productOf(context, liveResponse, simulation),
    launch: (request) => launch(context, request),
    setOnline: (sensor, online) => switchEndpoint(context, sensor, online),
    settle: () => context.partitions.settle(),
    detect: (seed) => settleDetection(context, seed),
    liveResponse: liveResponse.control,
    secrets: () => context.accounts.secrets(),
    close: async () => {
      end.abort(new Error("The server has ended"));
      await Promise.all([liveResponse.close(), simulation.settled()]);
    },
  };
}

function productOf(context: ResponseContext, liveResponse: LiveResponseServer, simulation: Simulation): Product {
  return {
    name: "response",
    owns: (path) => path.startsWith("/api/") && !FOREIGN.test(path),
    routes: [...Object.values(routeMakers).flatMap((routesOf) => routesOf(context)), ...liveResponse.routes],
    tick: simulation.tick,
    // The documents have times of the simulated clock, and so has the answer that they come with.
    get headers() {
      return { ...HEADERS, Date: new Date(context.now()).toUTCString() };
    },
    identify: (token, known) => context.accounts.identify(token, known),
    problem: problemReply,
  };
}

/** A sentence as plain text; only a refused query is told in JSON, with its reason. */
function problemReply(problem: HttpProblem): SandboxReply {
  const { status, message, reason } = problem;
  if (reason !== undefined) return { status, body: { reason, message } };
  const text = status === 401 ? "Method not allowed, unauthorized" : message;
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: text };
}
