import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CbResponseAPI, type CbResponseOptions } from "../response/client.js";
import { BulkError, BulkReport } from "./bulk/report.js";
import { BaseApi } from "./client.js";
import { systemClock } from "./clock.js";
import * as errors from "./errors.js";
import type { ClientOptions } from "./options.js";
import type { FetchLike } from "./transport/types.js";
import { version } from "./version.js";

const TOKEN = "SECRETTOKEN0123456789";

class Api extends BaseApi {
  greetings = 0;
  constructor(options: ClientOptions & Record<string, unknown> = {}) {
    super("response", options, ["routes"]);
  }
  protected override async hello(): Promise<void> {
    this.greetings++;
    await this.transport.getJson("/api/info");
  }
}

/** A client whose server is this function. */
function api(fetch: FetchLike, options: ClientOptions = {}): Api {
  return new Api({ url: "https://cb.example/", token: TOKEN, fetch, maxRetries: 0, ...options });
}
const json = (...documents: unknown[]): FetchLike => {
  let next = 0;
  return async () => Response.json(documents[Math.min(next++, documents.length - 1)]);
};

afterEach(() => vi.unstubAllEnvs());

describe("an answer", () => {
  it("that is printed shows no secret that the server put into its headers", async () => {
    const headers = { "x-auth-token": TOKEN, "set-cookie": "session=0123", "x-debug": `for ${TOKEN}`, "x-rate": "9" };
    const answer = await api(async () => new Response("{}", { headers })).postObject("/api/x", {});
    for (const shown of [inspect(answer), JSON.stringify(answer)]) {
      expect(shown).not.toMatch(/SECRETTOKEN|0123/);
      for (const part of ["/api/x", "200", "x-rate", "for ********"]) expect(shown).toContain(part);
    }
    expect(answer.headers["set-cookie"]).toBe("session=0123");
  });
});

describe("options", () => {
  it("that are unknown are refused with a hint", () => {
    expect(() => new Api({ ssl_verify: false })).toThrow("Did you mean sslVerify?");
    expect(() => new Api({ SSLVerify: false })).toThrow("Did you mean sslVerify?");
    expect(() => new Api({ colour: 1 })).toThrow(errors.CbApiError);
    expect(() => new Api({ routes: "classic", poolConnections: 3 })).not.toThrow();
    const mistyped = { cahce: {} } as CbResponseOptions;
    expect(() => new CbResponseAPI(mistyped)).toThrow(
      /Unknown option cahce\. The options are: allowHttp, cache, clock, .*proxy, routes, .*url\.$/,
    );
    expect(() => new CbResponseAPI({ Routes: {} } as CbResponseOptions)).toThrow("Did you mean routes?");
  });

  it("that have no meaning are refused at once", () => {
    for (const options of [
      { timeout: Number.NaN },
      { timeout: -5 },
      { poolMaxsize: -1 },
      { integrationName: "a\nb" },
    ]) {
      expect(() => new Api(options)).toThrow(errors.CbApiError);
    }
    expect(() => new Api({ timeout: Number.POSITIVE_INFINITY, maxRetries: null })).not.toThrow();
  });

  it("need nothing until they are needed", async () => {
    vi.stubEnv("CBAPI_URL", "");
    const cb = new Api({ credentialFile: "/none" });
    expect(() => cb.url).toThrow(errors.CredentialError);
    await expect(cb.connect()).rejects.toThrow(errors.CredentialError);
    await expect(cb.getObject("/")).rejects.toThrow("/none (absent)");
  });
});

describe("credentials", () => {
  it("are known before any request, and hidden when printed", () => {
    const cb = api(json({}));
    expect(inspect(cb)).toBe("Api @ https://cb.example");
    expect(cb.url).toBe("https://cb.example");
    expect(cb.credentials.token).toBe(TOKEN);
    expect(cb.credentialProfileName).toBeUndefined();
    expect(new Api({ profile: "lab" }).credentialProfileName).toBe("lab");
    expect(inspect(new Api())).toBe("Api (not connected)");
    expect(
      `${inspect(cb, { depth: 9, showHidden: true })}${inspect(cb.credentials)}${JSON.stringify(cb)}`,
    ).not.toContain(TOKEN);
  });

  it("may come from a provider, at once or later, once", async () => {
    const now = new Api({ credentialProvider: () => ({ url: "https://v", token: "T1" }) });
    expect(now.url).toBe("https://v");
    const provider = vi.fn(async () => ({ url: "https://v", token: "T2" }));
    const later = new Api({ credentialProvider: provider, fetch: json({ ok: 1 }), orgKey: "O" });
    expect(() => later.url).toThrow("connect()");
    expect(await Promise.all([later.getObject("/a"), later.getObject("/b")])).toEqual([{ ok: 1 }, { ok: 1 }]);
    expect(later.credentials).toMatchObject({ token: "T2", org_key: "O" });
    expect(provider).toHaveBeenCalledTimes(1);
  });

  it("that do not come end the call in time", async () => {
    const cb = new Api({ credentialProvider: () => new Promise<never>(() => {}), timeout: 100 });
    await expect(cb.connect()).rejects.toThrow(errors.TimeoutError); // the client's own limit
    await expect(cb.connect({ timeout: 20 })).rejects.toThrow(errors.TimeoutError);
    await expect(cb.getObject("/", undefined, { timeout: 20 })).rejects.toThrow(errors.TimeoutError);
    await expect(cb.getObject("/", undefined, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await cb.close();
  });

  it("are hidden in every print of the client, however the address was written", () => {
    const cb = new Api({ url: "https://me:a/HIDDEN@cb.example", token: TOKEN });
    expect(inspect(cb)).not.toContain("HIDDEN");
    expect(inspect(api(json({})).credentials, { customInspect: false })).not.toContain(TOKEN);
  });

  it("that a provider fails to give are asked for again", async () => {
    const provider = vi
      .fn(async () => ({ url: "https://v", token: "T" }))
      .mockRejectedValueOnce(new Error("vault sealed"));
    const cb = new Api({ credentialProvider: provider, fetch: json({}) });
    await expect(cb.connect()).rejects.toMatchObject({ name: "CredentialError", cause: { message: "vault sealed" } });
    await cb.connect();
    expect(cb.url).toBe("https://v");
  });
});

describe("connect", () => {
  it("greets once, shared by all callers", async () => {
    const cb = api(json({ version: "6" }));
    const all = await Promise.all([cb.connect(), cb.connect()]);
    expect(all).toEqual([cb, cb]);
    await cb.connect();
    expect(cb.greetings).toBe(1);
  });

  it("does not remember a failure", async () => {
    let fails = true;
    const cb = api(async () => (fails ? new Response("oh", { status: 500 }) : Response.json({})));
    await expect(cb.connect()).rejects.toThrow(errors.ServerError);
    fails = false;
    await cb.connect();
    expect(cb.greetings).toBe(2);
  });

  it("lets one caller give up without stopping the others", async () => {
    let answer = (_: Response): void => {};
    const cb = api(() => new Promise((resolve) => (answer = resolve)));
    const controller = new AbortController();
    const patient = cb.connect();
    const impatient = cb.connect({ signal: controller.signal });
    const hurried = cb.connect({ timeout: 20 });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(impatient).rejects.toBe(reason);
    await expect(hurried).rejects.toThrow(errors.TimeoutError);
    answer(Response.json({}));
    await patient;
    expect(cb.greetings).toBe(1);
  });

  it("says that the token is invalid for this server", async () => {
    const cb = api(async () => new Response("no", { status: 401 }));
    await expect(cb.connect()).rejects.toMatchObject({
      name: "UnauthorizedError",
      status: 401,
      uri: "https://cb.example",
      message: expect.stringContaining("Invalid API token for server https://cb.example") as string,
    });
  });

  it("refuses plain http", async () => {
    const cb = new Api({ url: "http://cb.example.com", token: TOKEN });
    await expect(cb.connect()).rejects.toMatchObject({ name: "ConnectionError", kind: "url" });
    expect(() => cb.url).toThrow(errors.ConnectionError);
  });
});

describe("raw access", () => {
  const recording = (answer: () => Response) => {
    const seen: { url: string; method: string | undefined; body: unknown; type: string | null }[] = [];
    const cb = api(async (url, init) => {
      seen.push({ url, method: init.method, body: init.body, type: new Headers(init.headers).get("content-type") });
      return answer();
    });
    return { cb, seen };
  };

  it("reads documents and text", async () => {
    expect(await api(json([1])).getObject("/x")).toEqual([1]);
    expect(await api(json([1])).getObject("/x", {}, { headers: { a: "b" } })).toEqual([1]);
    const empty = api(async () => new Response(null, { status: 204 }));
    expect(await empty.getObject("/x", undefined, { default: "none" })).toBe("none");
    expect(await empty.getObject("/x", undefined, { default: "none", headers: { a: "b" } })).toBe("none");
    expect(await empty.getRawData("/x", undefined, { default: "none" })).toBe("none");
    expect(await api(async () => new Response("plain")).getRawData("/x")).toBe("plain");
  });

  it("writes JSON; a missing body is an empty object, an explicit null the literal", async () => {
    const { cb, seen } = recording(() => new Response("ok"));
    await cb.postObject("/1", { b: 1, a: 2 });
    await cb.putObject("/2", null);
    await cb.apiJsonRequest("POST", "/3");
    await cb.apiJsonRequest("POST", "/4", { json: [], headers: { "Content-Type": "application/scim+json" } });
    await cb.deleteObject("/5");
    expect(seen.map(({ method, body, type }) => [method, body, type])).toEqual([
      ["POST", '{"a": 2, "b": 1}', "application/json"],
      ["PUT", "null", "application/json"],
      ["POST", "{}", "application/json"],
      ["POST", "[]", "application/scim+json"],
      ["DELETE", undefined, null],
    ]);
    expect(cb.stats.requests).toBe(5);
  });

  it("reports an errorMessage, whatever the status; other bodies are the caller's", async () => {
    await expect(api(json({ errorMessage: "locked" })).postObject("/", {})).rejects.toMatchObject({
      name: "ServerError",
      status: 200,
      serverMessage: "locked",
    });
    for (const document of [null, 1, "errorMessage", [{ errorMessage: "x" }], { errorMessage: null }]) {
      expect(await (await api(json(document)).postObject("/", {})).json()).toEqual(document);
    }
  });

  it("checks answers", async () => {
    const cb = api(json({ status: "success" }));
    await cb.raiseUnlessJson(await cb.postObject("/", {}), { status: "success" });
    await expect(cb.raiseUnlessJson(await cb.postObject("/", {}), { status: "done" })).rejects.toThrow(
      '"status" is not "done"',
    );
    const echo = api(json({ result: `no ${TOKEN}`, auth_token: "HIDDEN" }, { status: "success" }));
    const error: unknown = await echo
      .raiseUnlessJson(await echo.postObject("/", {}), { status: "success" })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(errors.ServerError);
    expect(inspect(error)).not.toMatch(new RegExp(`HIDDEN|${TOKEN}`));
    expect(echo.withoutSecrets(`{"token": "HIDDEN"} ${TOKEN}`)).toBe('{"token": "********"} ********');
    const { cb: other } = recording(() => new Response("x", { status: 201 }));
    await expect(other.raiseUnlessJson(await other.postObject("/", {}), {})).rejects.toThrow("201");
  });
});

describe("logging by the environment", () => {
  it("goes to standard error, without the token", async () => {
    vi.stubEnv("CBAPI_DEBUG", "1");
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    await api(json({})).getObject("/x");
    const lines = print.mock.calls.flat().join("\n");
    print.mockRestore();
    expect(lines).toMatch(/HTTP GET \/x took \d\.\d{3}s \(response 200\)/);
    expect(lines).not.toContain(TOKEN);
  });
});

describe("errors", () => {
  it("form one tree, each class under its own name", () => {
    expect(errors.ApiError).toBe(errors.CbApiError);
    const { CbApiError, ApiError: _, ...kinds } = { ...errors, BulkError };
    const parts = { name: "x", items: [], byQuery: undefined, matched: 0, search: undefined };
    const report: BulkReport<string> = new BulkReport({ ...parts, retry: async () => report });
    for (const [name, kind] of Object.entries(kinds)) {
      const error = new kind("what happened", { count: 2, cause: "why", report });
      expect(error).toBeInstanceOf(CbApiError);
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(name);
      expect(error.cause).toBe("why");
      expect(error.code).toMatch(/^[A-Z_]+$/);
      for (const other of Object.values(kinds)) expect(error instanceof other).toBe(other === kind);
    }
    expect(new errors.MoreThanOneResultError("x", { count: 0 }).count).toBe(0);
  });

  it("are recognised across two copies of the package, and applications may derive from them", async () => {
    vi.resetModules();
    const copy = await import("./errors.js");
    expect(copy.ServerError).not.toBe(errors.ServerError);
    expect(new copy.ServerError("x")).toBeInstanceOf(errors.ServerError);
    expect(new copy.ServerError("x")).not.toBeInstanceOf(errors.ClientError);
    class Own extends errors.ServerError {}
    expect(new Own("x")).toBeInstanceOf(Own);
    expect(new Own("x")).toBeInstanceOf(errors.ServerError);
    expect(new errors.ServerError("x")).not.toBeInstanceOf(Own);
  });
});

describe("version and clock", () => {
  it("agree with package.json and with the computer", async () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(version).toBe(manifest.version);
    const reason = new Error("enough");
    await expect(systemClock.sleep(10_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 10);
    await expect(systemClock.sleep(10_000, controller.signal)).rejects.toBe(reason);
    const start = systemClock.now();
    await systemClock.sleep(20);
    expect(systemClock.now() - start).toBeGreaterThanOrEqual(15);
  });
});
