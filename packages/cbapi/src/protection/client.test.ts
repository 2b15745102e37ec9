import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, ClientError, ObjectNotFoundError, ServerError, UnauthorizedError } from "../core/errors.js";
import { Q } from "../core/query/terms.js";
import { NO_PERMISSION, type ProtectionAnswer, protectionServer } from "../test-support/protection-server.js";
import { failure } from "../test-support/transport-server.js";
import { CbEnterpriseProtectionAPI, CbProtectionAPI } from "./client.js";

describe("CbProtectionAPI", () => {
  it("learns the server's settings and version from one request", async () => {
    const { cb, requests } = await protectionServer({});
    expect(() => cb.info).toThrow("Not known before");
    expect(() => cb.cb_server_version).toThrow("Not known before");
    await Promise.all([cb.connect(), cb.connect()]);
    expect(requests).toEqual(["serverConfig?limit=0"]);
    expect(cb.info).toEqual({ ParityServerVersion: "8.1.4.134" });
    expect(cb.cb_server_version?.atLeast(8, 1)).toBe(true);
    expect(CbEnterpriseProtectionAPI).toBe(CbProtectionAPI);
  });

  it("goes on with an unknown version where the token may not read the settings", async () => {
    for (const refusal of [NO_PERMISSION, { status: 403, text: "no" }]) {
      const { cb } = await protectionServer({ serverConfig: refusal, computer: { count: 5 } });
      await cb.connect();
      expect(cb.cb_server_version).toBeUndefined();
      expect(cb.info).toEqual({});
      expect(await cb.object("computer").count()).toBe(5);
    }
  });

  it("tells a token that is not known from one that may not do something", async () => {
    const denied = { status: 401, text: '{"Message":"Authorization has been denied for this request."}' };
    const stranger = await protectionServer({ serverConfig: denied, computer: denied });
    const connecting = await failure(stranger.cb.connect(), UnauthorizedError);
    expect(connecting.message).toContain("Invalid API token for server http://127.0.0.1");
    const reading = await failure(stranger.cb.object("computer").list(), UnauthorizedError);
    expect(reading).toMatchObject({ code: "UNAUTHORIZED" });

    // A login page tells nothing of permissions, whatever its words are.
    const page = "<html><body><h1>Please sign in</h1>You need permission to view this page</body></html>";
    const gate = await protectionServer({ computer: { status: 401, text: page, type: "text/html" } });
    expect(await failure(gate.cb.object("computer").list(), UnauthorizedError)).toMatchObject({ code: "UNAUTHORIZED" });

    const wanting = '{"message":"You need the permission \\"Manage computers\\" for this"}';
    const { cb } = await protectionServer({ computer: { status: 401, text: wanting } });
    const error = await failure(cb.object("computer").list(), UnauthorizedError);
    expect(error).toMatchObject({ code: "MISSING_PERMISSION", status: 401 });
    expect(error.message).toContain('Manage computers" for this. The API token is valid, but its user lacks');
  });

  it("refuses what is no App Control server, and options that mean nothing", async () => {
    const { cb } = await protectionServer({ serverConfig: { version: "6.5" } });
    await expect(cb.connect()).rejects.toThrow("does not answer like an App Control server");
    expect(() => new CbProtectionAPI({ offsetBase: 2 as 1 })).toThrow("offsetBase is 0 or 1, got 2");
    expect(() => new CbProtectionAPI({ ofsetBase: 1 } as object)).toThrow("Unknown option ofsetBase");
  });
});

describe("errors of an App Control server", () => {
  const answered = async (status: number, text: string, type?: string) => {
    const answer: ProtectionAnswer = { status, text, ...(type === undefined ? {} : { type }) };
    const { cb } = await protectionServer({ computer: answer });
    return failure(cb.object("computer").list(), ApiError);
  };

  it("say what the server says, however it spells it", async () => {
    for (const text of [
      '{"Message":"Unknown field: nmae"}',
      '{"message":"Unknown field: nmae"}',
      '{"MESSAGE":"Unknown field: nmae","MessageDetail":null}',
      "Unknown field: nmae",
    ]) {
      const error = await answered(400, text);
      expect(error).toBeInstanceOf(ClientError);
      expect(error.message).toMatch(/ was answered 400: Unknown field: nmae$/);
      expect(error.serverMessage).toBe(text);
    }
  });

  it("name the exception behind a message that says nothing", async () => {
    const text = JSON.stringify({
      Message: "An error has occurred.",
      ExceptionMessage: "Timeout expired.",
      ExceptionType: "System.Data.SqlClient.SqlException",
    });
    const error = await answered(500, text);
    expect(error).toBeInstanceOf(ServerError);
    expect(error.message).toContain("was answered 500: An error has occurred. Timeout expired. The server's own log");
  });

  it("read a page of IIS as its reader would", async () => {
    const page =
      '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">\n<html><head><title>403 - Forbidden: Access is denied.</title>' +
      "<style>body{margin:0;}</style></head><body><h1>Server Error</h1><script>alert(1)</script></body></html>";
    const error = await answered(403, page, "text/html");
    expect(error.message).toContain("was answered 403: 403 - Forbidden: Access is denied. Server Error. The API token");
    expect(error.message).not.toMatch(/margin|alert|[<>]/);
  });
});

describe("object()", () => {
  it("lists any kind of object, page by page", async () => {
    const rows = [1, 2, 3].map((id) => ({ id, name: `app-${id}` }));
    const { cb, requests } = await protectionServer({
      appInstance: ({ query }: { query: URLSearchParams }) => {
        if (query.get("limit") === "-1") return { count: 3 };
        const offset = Number(query.get("offset"));
        return rows.slice(offset, offset + Number(query.get("limit")));
      },
      stats: [{ x: 1 }, { x: 1 }],
    });
    const apps = cb.object("appInstance");
    const found = await apps.list({ where: ["computerId:5", { name: "a|b" }], expand: ["computerId"], batchSize: 2 });
    expect(found.map((app) => app["name"])).toEqual(["app-1", "app-2", "app-3"]);
    expect(found.report()).toMatchObject({ complete: true, available: 3 });
    expect(await apps.list({ start: 1, limit: 1, where: Q({ id: 1 }).not() })).toEqual([rows[1]]);
    expect(await apps.count({ where: "id>0" })).toBe(3);
    expect(requests).toEqual([
      "appInstance?expand=computerId&limit=2&offset=0&q=computerId:5&q=name:a\\|b&sort=id ASC",
      "appInstance?expand=computerId&limit=3&offset=1&q=computerId:5&q=name:a\\|b&sort=id ASC",
      "serverConfig?limit=0",
      "appInstance?limit=1&offset=1&q=id!1",
      "appInstance?limit=-1&q=id>0",
    ]);
    // Rows without an id are told from no other, and none of them is dropped.
    expect(await cb.object("stats").list({ sort: "" })).toEqual([{ x: 1 }, { x: 1 }]);
  });

  it("reads, creates, changes and deletes", async () => {
    const { cb, requests, bodies } = await protectionServer({
      "agentConfig/7": ({ method }: { method: string }) =>
        method === "DELETE" ? { status: 204, text: "" } : { id: 7 },
      agentConfig: { status: 201, text: '{"id":8}' },
      refusing: { result: "no such thing" },
    });
    const configs = cb.object("agentConfig");
    expect(await configs.get(7)).toEqual({ id: 7 });
    expect(await configs.create({ name: "x" })).toEqual({ id: 8 });
    expect(await configs.update(7, { name: "y" }, { query: { force: true } })).toEqual({ id: 7 });
    expect(await configs.delete(7)).toBeUndefined();
    expect(requests).toEqual([
      "agentConfig/7",
      "POST agentConfig",
      "PUT agentConfig/7?force=true",
      "DELETE agentConfig/7",
    ]);
    expect(bodies).toEqual([{ name: "x" }, { id: 7, name: "y" }]);
    await expect(configs.get(9)).rejects.toBeInstanceOf(ObjectNotFoundError);
    await expect(cb.object("refusing").create({})).rejects.toThrow("no such thing");
  });

  it("refuses what is no name, no id, no number", async () => {
    const { cb } = await protectionServer({});
    for (const name of ["", "../x", "a/b"]) expect(() => cb.object(name)).toThrow("the name of a kind of object");
    await expect(cb.object("a").get("")).rejects.toThrow("got an empty one");
    expect(() => cb.object("a").iterate({ limit: -1 })).toThrow("limit wants a whole number from 0 on");
    expect(inspect(cb.object("a"))).not.toContain("token");
  });
});

describe("downloads", () => {
  it("that a busy server puts off are asked for again", async () => {
    let asked = 0;
    const { cb } = await protectionServer(
      {
        "fileUpload/3": () =>
          ++asked < 3
            ? { status: 503, text: '{"Message":"Too many downloads"}' }
            : { status: 200, text: "PK", type: "application/zip" },
      },
      { maxRetries: 4, clock: { now: () => Date.now(), sleep: () => Promise.resolve() } },
    );
    const response = await cb.requestStream({
      method: "GET",
      path: "/api/bit9platform/v1/fileUpload/3",
      query: { downloadFile: true },
    });
    expect(await response.text()).toBe("PK");
    expect(asked).toBe(3);
  });
});
