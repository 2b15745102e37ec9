import { describe, expect, it } from "vitest";
import { asker, startSmall } from "./routes/samples.js";

const SOMEBODY = { first_name: "A", last_name: "B", email: "a@b.example", teams: [], password: "hush hush" };
const HASH = "c".repeat(32);
const QUERY = { search_query: "cb.urlver=1&q=process_name%3Acmd.exe", index_type: "events" };

describe("rights", () => {
  it("are needed for administration, and not for the work of analysts", async () => {
    await using server = await startSmall();
    const { ask, reader, sandbox } = server;
    const administration: [method: string, path: string, body?: unknown][] = [
      ["POST", "/api/v3/group", {}],
      ["PUT", "/api/v3/group/1", {}],
      ["DELETE", "/api/v3/group/1"],
      ["POST", "/api/site", {}],
      ["POST", "/api/v1/ingress_whitelist", []],
      ["GET", "/api/v1/storage/events/partition"],
      ["POST", "/api/v1/storage/events/new_partition", null],
      ["POST", "/api/user", {}],
      ["PUT", "/api/user/admin", {}],
      ["POST", "/api/team", {}],
      ["POST", "/api/license", {}],
      ["POST", "/api/v1/feed", { feed_url: "https://feeds.sandbox/soc.json" }],
      ["PUT", "/api/v1/feed/1", { enabled: false }],
      ["DELETE", "/api/v1/feed/1"],
      ["POST", "/api/v1/feed/3/synchronize", {}],
      ["POST", "/api/v1/feed/3/action", { action_type: 3, group_id: 3, watchlist_id: -1 }],
      ["PUT", "/api/v1/sensor/1", { uninstall: true }],
    ];
    for (const [method, path, body] of administration) {
      expect(await reader(method, path, body), `${method} ${path}`).toEqual({
        status: 403,
        body: expect.stringMatching(/ is for global administrators$/),
      });
    }
    const [alert] = (await ask("GET", "/api/v2/alert?rows=1")).body.results;
    const work: [method: string, path: string, body?: unknown][] = [
      ["PUT", "/api/v1/sensor/1", { ...(await ask("GET", "/api/v1/sensor/1")).body, notes: "x", restart_queued: true }],
      ["PUT", "/api/v1/sensor/1", { network_isolation_enabled: true, group_id: 1, uninstall: false }],
      ["POST", "/api/v1/watchlist", { name: "w", ...QUERY }],
      ["POST", "/api/v1/watchlist/222/action", { action_type: 3, watchlist_id: 222 }],
      ["POST", "/api/v1/alerts", { alert_ids: [alert.unique_id], requested_status: "Resolved" }],
      ["POST", "/api/v1/threat_report", { ids: { 3: ["soc-evil"] }, updates: { is_ignored: true } }],
      ["POST", "/api/v1/banning/blacklist", { md5hash: HASH }],
      ["POST", "/api/tagged_event", { investigation_id: 1 }],
      ["PUT", "/api/user/reader", { first_name: "R" }],
      ["GET", "/api/v1/feed/1/action"],
    ];
    for (const [method, path, body] of work) {
      expect((await reader(method, path, body)).status, `${method} ${path}`).toBeLessThan(300);
    }
    expect(await reader("GET", "/api/v1/storage/events/partition")).toMatchObject({ status: 403 });
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("decide who sees the secrets of a feed", async () => {
    await using server = await startSmall();
    const { ask, reader } = server;
    const secrets = { username: "me", password: "geheim", ssl_client_key: "KEY" };
    await ask("PUT", "/api/v1/feed/2", secrets);
    expect((await ask("GET", "/api/v1/feed/2")).body).toMatchObject(secrets);
    expect((await reader("GET", "/api/v1/feed/2")).body).toMatchObject({
      ...{ username: "me", password: null, ssl_client_key: null },
    });
    expect(JSON.stringify(await reader("GET", "/api/v1/feed"))).not.toMatch(/geheim|KEY/);
  });

  it("follow the account on the control routes too, but for the main token", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const boss = asker(sandbox, sandbox.tokens.add({ username: "boss", globalAdmin: true }).token);
    const control = async (who = boss): Promise<number> => (await who("GET", "/_sandbox")).status;
    expect(await control()).toBe(200);
    await ask("PUT", "/api/user/boss", { global_admin: false });
    expect([await control(), (await boss("POST", "/_sandbox/reset", {})).status]).toEqual([403, 403]);
    await ask("PUT", "/api/user/boss", { global_admin: true });
    expect(await control()).toBe(200);
    await boss("DELETE", "/api/user/admin");
    expect([(await ask("GET", "/api/info")).status, await control(ask)]).toEqual([401, 200]);
    await ask("POST", "/_sandbox/reset", {});
    await ask("DELETE", "/api/user/boss");
    expect([(await boss("GET", "/api/info")).status, await control()]).toEqual([401, 401]);
    expect(await control(asker(sandbox, "no-such-token"))).toBe(401);
    // An account without a token of the sandbox has the same rights there.
    await ask("POST", "/api/user", { ...SOMEBODY, username: "second", global_admin: true });
    const { auth_token } = (await ask("GET", "/api/user/second")).body;
    expect(await control(asker(sandbox, auth_token))).toBe(200);
  });
});

describe("tokens of users", () => {
  it("are the same for the same seed and main token, and are made without a write", async () => {
    const options = { organisation: { hosts: 12, processes: 400, binaries: 100 }, token: "main-token-of-a-test" };
    const users = async (token: string, seed = 1): Promise<{ username: string; auth_token: string }[]> => {
      await using server = await startSmall({ ...options, token, seed });
      const first = (await server.ask("GET", "/api/users")).body;
      expect((await server.ask("GET", "/api/users")).body).toEqual(first);
      const { auth_token } = first.find((each: { username: string }) => each.username === "nbauer");
      expect((await asker(server.sandbox, auth_token)("GET", "/api/user/nbauer")).body).toMatchObject({ auth_token });
      return first.filter(({ username }: { username: string }) => username !== "admin" && username !== "reader");
    };
    const first = await users(options.token);
    expect(new Set(first.map(({ auth_token }) => auth_token)).size).toBe(first.length);
    expect(await users(options.token)).toEqual(first);
    const known = new Set(first.map(({ auth_token }) => auth_token));
    for (const other of [await users("another-main-token"), await users(options.token, 2)]) {
      expect(other.filter(({ auth_token }) => known.has(auth_token))).toEqual([]);
    }
  });

  it("are nowhere in the request log, not even of users who are gone", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    await ask("POST", "/api/user", { ...SOMEBODY, username: "neu", global_admin: false });
    const { auth_token } = (await ask("GET", "/api/user/neu")).body;
    const tell = async (): Promise<void> => {
      await ask("GET", `/api/info?token=${auth_token}`);
      await ask("GET", `/api/nothing/${auth_token}/${sandbox.token}`);
    };
    await tell();
    await ask("DELETE", "/api/user/neu");
    await tell();
    const kept = JSON.stringify([sandbox.requests.entries(), sandbox.requests.missing()]);
    expect(kept).not.toContain(auth_token);
    expect(kept).not.toContain(sandbox.token);
    expect(kept).toContain("/api/info?token=(token)");
  });
});
