// What a token may not do: the permission that it lacks is named, and a token that is none is told from that.
import {
  Computer,
  Event,
  FileCatalog,
  FileInstance,
  FileRule,
  Policy,
  Publisher,
  TrustedUser,
  UnauthorizedError,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { type cb, other, protectionClient, sandbox, useProtection } from "../support/given-protection.js";

describe("a token", () => {
  useProtection({}, false);

  const withRights = (...rights: string[]) =>
    protectionClient({ token: sandbox.tokens.add({ username: "limited", rights }).token });

  it.each<[string, readonly string[], (client: typeof cb) => unknown, string]>([
    ["reads", ["View computers"], (client) => client.select(Event).first(), "View events"],
    ["counts", ["View computers"], (client) => client.select(Policy).count(), "View policies"],
    ["groups", ["View computers"], (client) => client.select(FileCatalog).groupBy("fileType"), "View files"],
    ["reads one", ["View computers"], (client) => client.select(FileRule, 1), "View files"],
    ["takes a join", ["View computers"], (client) => client.select(Computer, 3).policy.name, "View policies"],
    ["expands", ["View files"], (client) => client.select(FileInstance).expand("computerId").first(), "View computers"],
    [
      "changes",
      ["View computers"],
      async (client) => (await client.select(Computer, 3)).set({ computerTag: "x" }).save(),
      "Manage computers",
    ],
    [
      "changes what needs more",
      ["View computers", "Manage computers"],
      async (client) => (await client.select(Computer, 3)).set({ debugLevel: 3, computerTag: "x" }).save(),
      "Change advanced options",
    ],
    [
      "makes",
      ["View files"],
      (client) => client.create(FileRule, { fileCatalogId: 1, fileState: 3 }).save(),
      "Manage files",
    ],
    [
      "deletes",
      ["View software rules pages"],
      (client) => client.select(Publisher, 1).delete(),
      "Manage publisher rules",
    ],
    ["asks for objects of any kind", ["View files"], (client) => client.object("computer").list(), "View computers"],
  ])("that %s without being permitted to is told which permission it lacks", async (_, rights, call, lacking) => {
    const rules = await other.select(FileRule).count();
    const client = withRights(...rights);
    try {
      const error = await errorOf(() => call(client));
      expect(error).toBeInstanceOf(UnauthorizedError);
      expect(error).toMatchObject({ code: "MISSING_PERMISSION", status: 401 });
      expect(error.message).toContain(lacking);
    } finally {
      await client.close();
    }
    const tag = (await other.select(Computer, 3, { refresh: true })).computerTag;
    expect([tag, await other.select(FileRule).count()]).toEqual([undefined, rules]);
  });

  it("that may not read the settings connects all the same, and calls go on without the version", async () => {
    const client = withRights("View computers");
    try {
      await client.connect();
      expect([client.cb_server_version, client.info]).toEqual([undefined, {}]);
      expect(await client.select(Computer).count()).toBe(5);
      // The server has such objects, and says itself that this user may not see them.
      const error = await errorOf(() => client.select(TrustedUser).all());
      expect(error).toMatchObject({ code: "MISSING_PERMISSION" });
    } finally {
      await client.close();
    }
  });

  it("that the server does not know is refused as such, at connect() and at any call, and never shown", async () => {
    const token = "not-a-token-of-this-server-0123";
    const stranger = protectionClient({ token });
    try {
      for (const call of [
        () => stranger.connect(),
        () => stranger.select(Computer).count(),
        () => stranger.select(TrustedUser).all(),
        () => stranger.create(Policy, { name: "x" }).save(),
      ]) {
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(UnauthorizedError);
        expect(error).not.toMatchObject({ code: "MISSING_PERMISSION" });
        expect(error.message).not.toContain(token);
      }
      const error = await errorOf(() => stranger.connect());
      expect(error.message).toMatch(/Invalid API token for server https:/);
    } finally {
      await stranger.close();
    }
    expect(await other.select(Policy).count()).toBe(7);
  });
});
