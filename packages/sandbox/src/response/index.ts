import type { LiveResponseControl } from "../live-response/control.js";
import type { ProductServer } from "../product-server.js";
import { ownership } from "../server/prefixes.js";
import type { HttpProblem, Product, SandboxReply } from "../server/product.js";
import { RESPONSE_SWITCHES } from "./behaviour.js";
import { createContext, type ResponseContext, type ResponseOptions } from "./context.js";
import type { EventOutlets } from "./event-bus/open.js";
import { createLiveResponse, type LiveResponseServer } from "./live-response/index.js";
import * as routeMakers from "./routes/index.js";
import { switchEndpoint } from "./simulation/check-ins.js";
import { createSimulation, type Simulation } from "./simulation/index.js";
import { type LaunchReport, launch } from "./simulation/launch.js";
import type { LaunchRequest } from "./simulation/launch-request.js";
import { recordStart } from "./simulation/program-start.js";
import { settleDetection } from "./simulation/settle.js";

export type { ResponseBehaviour } from "./behaviour.js";
export type { ResponseOptions } from "./context.js";

/** Areas of other products that share the `/api/` prefix. */
const FOREIGN = ["/api/bit9platform", "/api/alerts", "/api/investigate", "/api/livequery", "/api/psc"];

const HEADERS: Record<string, string> = {
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "max-age=0",
  Server: "openresty",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Carbon Black EDR, and its endpoints as they are steered from outside. */
export interface ResponseServer extends Required<Omit<ProductServer, "prevents" | "settled">> {
  /** Starts a program on an endpoint. Throws a RangeError when the request makes no sense. */
  launch(request: LaunchRequest): LaunchReport;
  /** Switches an endpoint on or off, by the id of its sensor. Throws a RangeError when there is none. */
  setOnline(sensor: number, online: boolean): void;
  /** Puts the file of events aside; resolves to where it is then. Rejects with a RangeError when there is none. */
  rotateEvents(): Promise<string>;
  /** Live Response, as it is steered and looked at from outside. */
  readonly liveResponse: LiveResponseControl;
  close(): Promise<void>;
}

/** Carbon Black EDR. */
export function createResponseProduct(options: ResponseOptions): Product {
  return createResponseServer(options).product;
}

/** {@link createResponseProduct} with a hold of the endpoints; tells what happens on the outlets for events, where there are any. */
export function createResponseServer(options: ResponseOptions, events?: EventOutlets): ResponseServer {
  const end = new AbortController();
  const context = createContext(options, end.signal);
  if (events !== undefined) context.bus = events.bus(context);
  const liveResponse = createLiveResponse(context, options);
  const simulation = createSimulation(context, liveResponse.tick);
  const start = (request: LaunchRequest): LaunchReport => launch(context, request);
  const close = async (): Promise<void> => {
    end.abort(new Error("The server has ended"));
    await Promise.all([liveResponse.close(), simulation.settled()]);
    await events?.close();
  };
  return {
    product: productOf(context, liveResponse, simulation, events),
    version: context.traits.version,
    launch: start,
    rotateEvents: () => events?.rotate() ?? Promise.reject(new RangeError("This sandbox tells no events")),
    setOnline: (sensor, online) => switchEndpoint(context, sensor, online),
    settle: () => context.partitions.settle(),
    detect: (seed) => settleDetection(context, seed),
    programStarted: (program) => recordStart(start, program),
    programEnded: ({ sensorId, proc }) => context.bus.processEnded(sensorId, proc),
    liveResponse: liveResponse.sessions,
    liveSessions: liveResponse.sessions,
    secrets: () => context.accounts.secrets(),
    release: () => void close().catch(() => {}),
    close,
  };
}

function productOf(
  context: ResponseContext,
  liveResponse: LiveResponseServer,
  simulation: Simulation,
  events: EventOutlets | undefined,
): Product {
  return {
    name: "response",
    ...ownership(["/api/"], FOREIGN),
    behaviour: RESPONSE_SWITCHES,
    routes: [...Object.values(routeMakers).flatMap((routesOf) => routesOf(context)), ...liveResponse.routes],
    tick: async (tick, now) => {
      events?.tick();
      await simulation.tick(tick, now);
    },
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
