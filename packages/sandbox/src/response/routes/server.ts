import { HttpProblem, type Route } from "../../server/product.js";
import type { Store } from "../../store/store.js";
import type { ResponseContext } from "../context.js";
import {
  dashboardDocument,
  infoDocument,
  licenseDocument,
  partitionDocuments,
  SENSOR_BUILDS,
  type Usage,
} from "../documents/server.js";

export function serverRoutes(context: ResponseContext): Route[] {
  const { store, traits } = context;
  const get = (path: string, body: () => unknown): Route => ({
    method: "GET",
    path,
    handle: () => ({ status: 200, body: body() }),
  });
  const sensors = (): number => store.database.count("SELECT count(*) AS n FROM sensor");
  const binaries = (): number => store.database.count("SELECT count(*) AS n FROM binary");
  const routes = [
    get("/api/info", () => infoDocument(traits)),
    get("/api/license", () => licenseDocument(sensors(), context.now())),
    get("/api/v1/dashboard/statistics", () => dashboardDocument(usageOf(store), sensors(), binaries())),
    get("/api/v2/builds", () => SENSOR_BUILDS),
    get("/api/v1/banning/blacklist", () => []),
    get("/api/v1/banning/blacklist/:md5", () => {
      throw new HttpProblem(404, "Banned hash not found");
    }),
  ];
  if (traits.immutableSegments) {
    routes.push(get("/api/v1/storage/events/partition", () => partitionDocuments(usageOf(store), context.now())));
  }
  return routes;
}

function usageOf(store: Store): Usage {
  const oldest = store.database.first<{ oldest: number | null }>(
    "SELECT min(last_server_update) AS oldest FROM segment",
  );
  return {
    documents: store.database.count("SELECT count(*) AS n FROM segment"),
    bytes: store.database.count("SELECT total(length(events)) AS n FROM segment_event"),
    oldest: oldest?.oldest ?? undefined,
  };
}
