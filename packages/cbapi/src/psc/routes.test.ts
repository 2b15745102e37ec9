import { describe, expect, it } from "vitest";
import { ApiError, ClientError, ObjectNotFoundError } from "../core/errors.js";
import { PSC_CALLS } from "./calls.js";
import { type CloudCall, explainRetired, routeOf } from "./routes.js";

const both: CloudCall = { call: "Both", classic: "GET /old/orgs/{org}/x/{id}", current: "POST /new/orgs/{org}/x/{id}" };
const living: CloudCall = { call: "Living", classic: "GET /old/x" };
const gone: CloudCall = { call: "Gone", classic: "GET /old/y", retired: { instead: "nothing" } };
const moved: CloudCall = { ...gone, call: "Moved", current: "GET /new/y" };
const added: CloudCall = { call: "Added", current: "GET /new/z" };

describe("routeOf", () => {
  it("gives the route of a generation with its places filled and escaped, the organization left for later", () => {
    expect(routeOf(both, "current", { id: "a/b c" })).toEqual({ method: "POST", path: "/new/orgs/{org}/x/a%2Fb%20c" });
    expect(routeOf(both, "classic", { id: 5 })).toEqual({ method: "GET", path: "/old/orgs/{org}/x/5" });
    expect(() => routeOf(both, "classic")).toThrow("no id was given");
    expect(() => routeOf(both, "classic", { constructor: "x" })).toThrow("no id was given");
  });

  it("goes by the route that lives, whichever generation it is of", () => {
    expect(routeOf(living, "current").path).toBe("/old/x");
    expect(routeOf(moved, "current").path).toBe("/new/y");
    expect(routeOf(moved, "classic").path).toBe("/old/y");
    expect(routeOf(added, "classic").path).toBe("/new/z");
    expect(routeOf(gone, "classic").path).toBe("/old/y");
    expect(() => routeOf(gone, "current")).toThrow(expect.objectContaining({ code: "ROUTE_RETIRED" }) as Error);
  });
});

describe("explainRetired", () => {
  const details = { status: 404, method: "GET", path: "/old/y?a=b" };

  it("leaves alone what is no answer of a route that is gone", () => {
    const errors = [
      new Error("x"),
      new ObjectNotFoundError("no", { ...details, path: "/old/yy" }),
      new ObjectNotFoundError("no", { ...details, method: "POST" }),
      new ObjectNotFoundError("no", { status: 404 }),
      new ClientError("no", { ...details, status: 400 }),
      new ObjectNotFoundError("no", { ...details, path: "/old/x" }),
    ];
    for (const error of errors) expect(explainRetired(error, [gone, living])).toBe(error);
    const explained = explainRetired(new ObjectNotFoundError("no", details), [living, gone]);
    expect(explained).toBeInstanceOf(ApiError);
    expect(explained).toMatchObject({ code: "ROUTE_RETIRED", status: 404 });
  });
});

it("the table names each call once, with routes that can be sent", () => {
  expect(new Set(PSC_CALLS.map(({ call }) => call)).size).toBe(PSC_CALLS.length);
  for (const { classic, current } of PSC_CALLS) {
    expect(classic ?? current).toBeDefined();
    for (const route of [classic, current])
      if (route !== undefined) expect(route).toMatch(/^(GET|POST|PUT|PATCH|DELETE) \/\S+$/);
  }
});
