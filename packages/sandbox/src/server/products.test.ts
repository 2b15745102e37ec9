import { describe, expect, it } from "vitest";
import { product as responseProduct } from "../response/samples.js";
import { Sandbox } from "../sandbox.js";
import { bestBehaviour } from "./behaviour.js";
import { liesUnder, ownership } from "./prefixes.js";
import type { Product, TokenRecord } from "./product.js";

/** A product that answers by its name, on one route for each of these paths. */
function named(
  name: string,
  prefixes: readonly string[],
  paths: readonly string[],
  more: Partial<Product> = {},
): Product {
  return {
    ...{ name, headers: { server: name }, ...ownership(prefixes) },
    problem: ({ status, message }) => ({ status, body: `${name}: ${message}` }),
    routes: paths.map((path) => ({
      method: "GET",
      path,
      handle: ({ user }) => ({ status: 200, body: { name, user } }),
    })),
    ...more,
  };
}

const start = (products: readonly Product[], more: object = {}) => Sandbox.start({ products, tls: false, ...more });

async function ask(sandbox: Sandbox, path: string, token: string | null = sandbox.token, init: RequestInit = {}) {
  const headers = token === null ? {} : { "x-auth-token": token };
  const response = await sandbox.handle(new Request(`${sandbox.url}${path}`, { ...init, headers }));
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into at will here
  return { status: response.status, body: (/^[{[]/.test(text) ? JSON.parse(text) : text) as any };
}

describe("products side by side", () => {
  it("answer for the paths with their prefixes: the longest wins, also for what is unknown or refused", async () => {
    const edr = named("edr", ["/api/"], ["/api/info", "/api/bit9platform/stolen"]);
    const other = named("other", ["/api/bit9platform", "/appservices/"], ["/api/bit9platform/v1/computer"]);
    for (const products of [
      [edr, other],
      [other, edr],
    ]) {
      await using sandbox = await start(products);
      expect((await ask(sandbox, "/api/info")).body.name).toBe("edr");
      expect((await ask(sandbox, "/api/bit9platform/v1/computer")).body.name).toBe("other");
      expect((await ask(sandbox, "/api/bit9platform/stolen")).body).toMatch(/^other: No route/);
      expect((await ask(sandbox, "/api/bit9platforms")).body).toMatch(/^edr: No route/);
      expect((await ask(sandbox, "/api/bit9platform", null)).body).toMatch(/^other: Method not allowed/);
      expect((await ask(sandbox, "/appservices/x")).body).toMatch(/^other: No route/);
      expect((await ask(sandbox, "/appservices")).body).toMatch(/^No route/);
      sandbox.faults.add({ match: { path: "/api/bit9platform/v1" }, do: { status: 503 } });
      expect((await ask(sandbox, "/api/bit9platform/v1/x")).body).toMatch(/^other: /);
    }
  });

  it("are tried in turn where their prefixes are equally long, and those without one come last", async () => {
    const none = named("none", [], ["/api/a", "/api/c"], { owns: () => true });
    await using sandbox = await start([none, named("one", ["/api/"], ["/api/a"]), named("two", ["/api/"], ["/api/b"])]);
    expect((await ask(sandbox, "/api/a")).body.name).toBe("one");
    expect((await ask(sandbox, "/api/b")).body.name).toBe("two");
    expect((await ask(sandbox, "/api/c")).body).toMatch(/^one: No route/);
    expect((await ask(sandbox, "/elsewhere/c")).body).toMatch(/^none: No route/);
  });

  it("leave alone what is another product's, though that one is not there", async () => {
    await using sandbox = await start([responseProduct()]);
    for (const path of ["/api/bit9platform/v1/computer", "/api/psc", "/api/livequery/v1/x", "/api"]) {
      expect([path, (await ask(sandbox, path, null)).body]).toEqual([
        path,
        `No route GET ${path}. This sandbox serves: response`,
      ]);
    }
    expect((await ask(sandbox, "/api/pscs", null)).status).toBe(401);
    expect((await ask(sandbox, "/api/nothing")).body).toMatch(/^No route GET/);
  });

  it("know a prefix by whole parts of a path", () => {
    expect(["/api/psc", "/api/psc/", "/api/psc/v1"].map((path) => liesUnder("/api/psc", path))).toEqual([
      true,
      true,
      true,
    ]);
    expect(["/api/ps", "/api/pscs", "/x/api/psc"].map((path) => liesUnder("/api/psc", path))).toEqual([
      ...[false, false, false],
    ]);
    expect(["/api/", "/api/x", "/api"].map((path) => liesUnder("/api/", path))).toEqual([true, true, false]);
  });
});

describe("the switches of several products", () => {
  const one = named("one", ["/one/"], [], { behaviour: { shared: 0, slow: false } });
  const two = named("two", ["/two/"], [], { behaviour: { shared: 0, mood: "calm" } });

  it("stand side by side, are checked by their product, and go back to its best", async () => {
    await using sandbox = await start([one, two], { behaviour: { slow: true } });
    expect(sandbox.behaviour).toEqual({ shared: 0, slow: true, mood: "calm" });
    const put = (changes: unknown) =>
      ask(sandbox, "/_sandbox/behaviour", sandbox.token, { method: "PUT", body: JSON.stringify(changes) });
    expect(await put({ mood: 5 })).toEqual({ status: 400, body: { message: "`mood` is a string" } });
    expect((await put({ mood: "wild", slow: null, other: 1 })).body).toEqual({
      ...{ shared: 0, slow: false, mood: "wild", other: 1 },
    });
    await sandbox.reset();
    expect(sandbox.behaviour).toEqual({ shared: 0, slow: true, mood: "calm" });
  });

  it("cannot have one name for two things", () => {
    const three = named("three", [], [], { behaviour: { shared: 1 } });
    expect(() => bestBehaviour([one, two, three])).toThrow("shared of three");
  });
});

describe("what is known of a token", () => {
  it("reaches the routes, with rights and an organisation in the words of the product", async () => {
    await using sandbox = await start([named("one", ["/api/"], ["/api/me"])]);
    const given = { username: "anna", rights: ["viewComputers"], organisation: "ABCD1234" };
    const post = (body: object) =>
      ask(sandbox, "/_sandbox/tokens", sandbox.token, { method: "POST", body: JSON.stringify(body) });
    const { status, body } = await post(given);
    expect([status, body]).toEqual([201, { ...given, globalAdmin: false, token: expect.any(String) }]);
    expect((await ask(sandbox, "/api/me", body.token)).body.user).toEqual(body);
    expect((await ask(sandbox, "/_sandbox/tokens")).body).toContainEqual({
      ...body,
      token: `...${body.token.slice(-4)}`,
    });
    for (const wrong of [{ rights: "all" }, { rights: [1] }, { organisation: 5 }]) {
      expect((await post({ username: "anna", ...wrong })).status).toBe(400);
    }
  });

  it("is what the product says that owns the path", async () => {
    const says = (rights: string): Partial<Product> => ({
      identify: (_, known) => known && { ...known, rights: [rights] },
    });
    await using sandbox = await start([
      named("one", ["/one/"], ["/one/me"], says("read")),
      named("two", ["/two/"], ["/two/me"], says("write")),
    ]);
    expect((await ask(sandbox, "/one/me")).body.user.rights).toEqual(["read"]);
    expect((await ask(sandbox, "/two/me")).body.user.rights).toEqual(["write"]);
  });

  it("counts with every product when the sandbox itself is to be steered", async () => {
    const knows = (records: Record<string, boolean>): Partial<Product> => ({
      identify: (token = ""): TokenRecord | undefined =>
        token in records ? { token, username: "x", globalAdmin: records[token] === true } : undefined,
    });
    await using sandbox = await start([
      named("plain", ["/plain/"], []),
      named("one", ["/one/"], [], knows({ "first-token": true, "both-tokens": true, "half-token": true })),
      named("two", ["/two/"], [], knows({ "other-token": true, "both-tokens": true, "half-token": false })),
    ]);
    const status = async (token: string) => (await ask(sandbox, "/_sandbox", token)).status;
    for (const token of ["first-token", "other-token", "both-tokens", sandbox.token])
      expect(await status(token)).toBe(200);
    expect(await status("half-token")).toBe(403);
    expect(await status("nobodys-token")).toBe(401);
    // Known to the sandbox, but to none of those that have accounts.
    expect(await status(sandbox.tokens.add({ username: "boss", globalAdmin: true }).token)).toBe(401);
  });
});
