import { expect, it } from "vitest";
import type { Route } from "./product.js";
import { Router } from "./router.js";

const route = (method: Route["method"], path: string): Route => ({ method, path, handle: () => ({ status: 200 }) });

it("finds the most specific route, whatever the order of declaration", () => {
  const byId = route("GET", "/api/rows/:id");
  const latest = route("GET", "/api/rows/latest");
  const router = new Router([byId, latest]);
  expect(router.find("GET", ["api", "rows", "latest"])).toEqual({ route: latest, params: {} });
  expect(router.find("HEAD", ["api", "rows", "7"])).toEqual({ route: byId, params: { id: "7" } });
  expect(router.find("PUT", ["api", "rows", "7"])).toEqual({ allow: ["GET", "HEAD"] });
  expect(router.find("GET", ["api", "rows"])).toBeUndefined();
});

it("refuses two routes for the same requests, of which only one would ever answer", () => {
  const routes = [route("GET", "/api/rows/:id"), route("PUT", "/api/rows/:id"), route("GET", "/api/rows/:name")];
  expect(() => new Router(routes)).toThrow("Two routes answer GET /api/rows/:name");
});

it("takes the fixed parts of a path in any case where the route says so, and what varies as it is", () => {
  const any: Route = { ...route("GET", "/api/fileCatalog/:id"), anyCase: true };
  const router = new Router([any, route("GET", "/api/rows/:id")]);
  expect(router.find("GET", ["API", "FILECATALOG", "Ab"])).toEqual({ route: any, params: { id: "Ab" } });
  expect(router.find("GET", ["api", "ROWS", "7"])).toBeUndefined();
});
