import { HttpProblem, type Route } from "../../../server/product.js";
import { commandRoutes } from "./command.js";
import type { LiveResponseContext } from "./context.js";
import { fileRoutes } from "./file.js";
import { sessionRoutes } from "./session.js";

/** All routes of Live Response on an EDR server. While it is switched off, none of them does anything. */
export function liveResponseRoutes(context: LiveResponseContext, enabled: () => boolean): Route[] {
  const routes = [...sessionRoutes(context), ...commandRoutes(context), ...fileRoutes(context)];
  return routes.map((route) => ({
    ...route,
    handle: (request) => {
      if (enabled()) return route.handle(request);
      request.stream?.on("error", () => {}).resume();
      throw new HttpProblem(412, "Live Response is not enabled on this server");
    },
  }));
}
