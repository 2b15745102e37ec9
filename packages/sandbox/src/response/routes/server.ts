import type { Route } from "../../server/product.js";
import { readObject } from "../../server/write-body.js";
import type { Store } from "../../store/store.js";
import type { ResponseContext } from "../context.js";
import { dashboardDocument, infoDocument, licenseDocument, SENSOR_BUILDS, type Usage } from "../documents/server.js";
import { firstLicense, readLicense } from "../license.js";
import { requireAdministrator } from "../rights.js";

/** What the server tells about itself: version, licence, figures, builds. */
export function serverRoutes(context: ResponseContext): Route[] {
  const { store, traits } = context;
  const get = (path: string, body: () => unknown): Route => ({
    method: "GET",
    path,
    handle: () => ({ status: 200, body: body() }),
  });
  const sensors = (): number => store.database.count("SELECT count(*) AS n FROM sensor");
  const binaries = (): number => store.database.count("SELECT count(*) AS n FROM binary");
  const licenses = store.collection("license");
  const delivered = firstLicense(context.startTime);
  return [
    get("/api/info", () => infoDocument(traits, context.behaviour.liveResponseEnabled !== false)),
    get("/api/license", () => licenseDocument(licenses.get(1) ?? delivered, sensors(), context.now())),
    get("/api/v1/dashboard/statistics", () => dashboardDocument(usageOf(store), sensors(), binaries())),
    get("/api/v2/builds", () => SENSOR_BUILDS),
    {
      method: "POST",
      path: "/api/license",
      handle: (request) => {
        requireAdministrator(request, "Changing the licence");
        const body = readObject(request);
        body.require("license");
        const license = readLicense(body.text("license") ?? "", context.now());
        // Servers refuse a licence with a good status; only the body tells.
        if (license === undefined) {
          return { status: 200, body: { status: "failure", message: "The text is not a licence block" } };
        }
        licenses.put(1, license);
        return { status: 200, body: { status: "success" } };
      },
    },
  ];
}

function usageOf(store: Store): Usage {
  return {
    documents: store.database.count("SELECT count(*) AS n FROM segment"),
    bytes: store.database.count("SELECT total(length(events)) AS n FROM segment_event"),
  };
}
