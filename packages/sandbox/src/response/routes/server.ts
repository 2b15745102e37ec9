import { HttpProblem, type Route } from "../../server/product.js";
import type { Store } from "../../store/store.js";
import type { ResponseContext } from "../context.js";
import { partitionDocuments, STRETCH, type Stretch } from "../documents/partitions.js";
import { dashboardDocument, infoDocument, licenseDocument, SENSOR_BUILDS, type Usage } from "../documents/server.js";

/** What the server tells about itself: version, licence, figures, partitions, builds, bans. */
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
    routes.push({
      method: "GET",
      path: "/api/v1/storage/events/partition",
      handle: ({ user }) => {
        if (!user.globalAdmin) throw new HttpProblem(403, "Partitions are for global administrators");
        const legacy = traits.canHoldLegacyEvents && context.behaviour.legacyPartitions === true;
        return { status: 200, body: partitionDocuments(stretchesOf(store), { now: context.now(), legacy }) };
      },
    });
  }
  return routes;
}

function stretchesOf(store: Store): Stretch[] {
  return store.database.all<Stretch>(
    `SELECT CAST(s.last_server_update / ${STRETCH} AS INTEGER) AS number, count(*) AS documents,
       CAST(total(length(e.events)) AS INTEGER) AS bytes,
       min(s.last_server_update) AS oldest, max(s.last_server_update) AS newest
     FROM segment s LEFT JOIN segment_event e ON e.doc = s.doc GROUP BY number`,
  );
}

function usageOf(store: Store): Usage {
  return {
    documents: store.database.count("SELECT count(*) AS n FROM segment"),
    bytes: store.database.count("SELECT total(length(events)) AS n FROM segment_event"),
  };
}
