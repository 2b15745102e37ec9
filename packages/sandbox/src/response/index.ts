import type { HttpProblem, Product, SandboxReply } from "../server/product.js";
import { createContext, type ResponseOptions } from "./context.js";
import { binaryRoutes } from "./routes/binary.js";
import { groupRoutes } from "./routes/group.js";
import { processRoutes } from "./routes/process.js";
import { processSearchRoutes } from "./routes/process-search.js";
import { sensorRoutes } from "./routes/sensor.js";
import { serverRoutes } from "./routes/server.js";
import { createSimulation } from "./simulation/index.js";

export type { ResponseBehaviour, ResponseOptions } from "./context.js";
export { DEFAULT_RESPONSE_VERSION, RESPONSE_VERSIONS } from "./version.js";

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

/** Carbon Black EDR: what can be read of it. */
export function createResponseProduct(options: ResponseOptions): Product {
  const context = createContext(options);
  return {
    name: "response",
    owns: (path) => path.startsWith("/api/") && !FOREIGN.test(path),
    routes: [
      ...serverRoutes(context),
      ...processSearchRoutes(context),
      ...processRoutes(context),
      ...binaryRoutes(context),
      ...sensorRoutes(context),
      ...groupRoutes(context),
    ],
    tick: createSimulation(context),
    headers: HEADERS,
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
