import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Sandbox } from "../../sandbox.js";
import { asker, ODD_VALUES, startSmall } from "./samples.js";

const JGARMAN = {
  ...{ username: "jgarman", first_name: "Jason", last_name: "Garman", email: "jgarman@example.com" },
  ...{ password: "correct horse", teams: [] as unknown[], global_admin: false },
};
const SUCCESS = { status: 200, body: { result: "success" } };

describe("users", () => {
  it("are added, read, changed and deleted, and can ask with their token until then", async () => {
    await using server = await startSmall();
    const { sandbox, ask, reader } = server;
    expect((await ask("GET", "/api/user/jgarman")).status).toBe(404);
    expect((await ask("GET", "/api/users")).body.map((each: { id: string }) => each.id)).toEqual(["admin", "reader"]);

    expect(await ask("POST", "/api/user", { ...JGARMAN, id: null, teams: [1] })).toEqual(SUCCESS);
    const { password: _, ...shown } = JGARMAN;
    const { body } = await ask("GET", "/api/user/jgarman");
    const authToken = body.auth_token;
    expect(body).toEqual({
      ...{ ...shown, id: "jgarman", teams: [{ id: 1, name: "Administrators" }] },
      auth_token: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect((await reader("GET", "/api/user/jgarman")).body).toEqual({ ...body, auth_token: undefined });
    expect((await reader("GET", "/api/user/reader")).body).toHaveProperty("auth_token");
    const list = (await reader("GET", "/api/users")).body;
    expect(
      list.map((each: { username: string; auth_token?: string }) => [each.username, "auth_token" in each]),
    ).toEqual([
      ...[
        ["admin", false],
        ["reader", true],
        ["jgarman", false],
      ],
    ]);
    expect(await ask("POST", "/api/user", JGARMAN)).toEqual({ status: 409, body: "User already exists: jgarman" });

    // The whole document comes back, with what was read in it, teams as objects and the password only if it changes.
    const own = asker(sandbox, authToken);
    const changed = { ...body, last_name: "G.", current_password: "correct horse", password: "battery staple" };
    expect(await own("PUT", "/api/user/jgarman", changed)).toEqual(SUCCESS);
    expect(await own("PUT", "/api/user/jgarman", { ...changed, last_name: "X." })).toEqual({
      status: 400,
      body: "current_password is not the present password",
    });
    expect((await own("GET", "/api/user/jgarman")).body).toEqual({ ...body, last_name: "G." });

    // Rights follow the account, not the token.
    expect((await own("POST", "/api/team", { name: "x", group_access: [] })).status).toBe(403);
    expect(await own("PUT", "/api/user/jgarman", { global_admin: true })).toMatchObject({ status: 403 });
    expect(await own("PUT", "/api/user/jgarman", { teams: [] })).toMatchObject({ status: 403 });
    expect(await own("PUT", "/api/user/reader", { email: "x" })).toMatchObject({ status: 403 });
    expect(await ask("PUT", "/api/user/jgarman", { global_admin: true, teams: [] })).toEqual(SUCCESS);
    expect((await own("POST", "/api/team", { name: "x", group_access: [] })).status).toBe(200);

    expect(await ask("DELETE", "/api/user/jgarman")).toEqual(SUCCESS);
    expect((await ask("DELETE", "/api/user/jgarman")).status).toBe(404);
    expect((await own("GET", "/api/info")).status).toBe(401);
    expect(await ask("DELETE", "/api/user/reader")).toEqual(SUCCESS);
    expect(await reader("GET", "/api/info")).toEqual({ status: 401, body: "Method not allowed, unauthorized" });
    expect((await ask("GET", "/api/users")).body).toHaveLength(1);
    expect(await ask("POST", "/api/user", { ...JGARMAN, username: "reader" })).toEqual(SUCCESS);
    expect((await reader("GET", "/api/user/reader")).body).toMatchObject({ email: JGARMAN.email });

    await sandbox.reset();
    expect((await own("GET", "/api/info")).status).toBe(401);
    expect((await reader("GET", "/api/user/reader")).body).toMatchObject({ email: "" });
    expect((await ask("GET", "/api/user/jgarman")).status).toBe(404);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("always include a global administrator, and nobody else changes them", async () => {
    await using server = await startSmall();
    const { ask, reader } = server;
    expect(await ask("DELETE", "/api/user/admin")).toEqual({
      status: 400,
      body: "The last global administrator cannot be deleted",
    });
    expect((await ask("PUT", "/api/user/admin", { global_admin: false })).status).toBe(400);
    for (const [method, path, body] of [
      ["POST", "/api/user", JGARMAN],
      ["PUT", "/api/user/admin", { global_admin: false }],
      ["DELETE", "/api/user/admin"],
      ["DELETE", "/api/user/reader"],
      ["POST", "/api/team", { name: "x", group_access: [] }],
      ["PUT", "/api/team/1", { name: "x" }],
      ["DELETE", "/api/team/1"],
    ] as const) {
      expect(await reader(method, path, body), `${method} ${path}`).toMatchObject({ status: 403 });
    }
    expect(await reader("PUT", "/api/user/reader", { first_name: "Rea", teams: [], global_admin: false })).toEqual(
      SUCCESS,
    );
    expect((await ask("GET", "/api/user/reader")).body).toMatchObject({ first_name: "Rea", id: "reader" });

    await ask("POST", "/api/user", { ...JGARMAN, global_admin: true });
    const second = asker(server.sandbox, (await ask("GET", "/api/user/jgarman")).body.auth_token);
    expect(await second("PUT", "/api/user/admin", { global_admin: false })).toEqual(SUCCESS);
    expect((await ask("DELETE", "/api/user/jgarman")).status).toBe(403);
    expect(await second("DELETE", "/api/user/admin")).toEqual(SUCCESS);
    expect((await ask("GET", "/api/users")).status).toBe(401);
    // The sandbox itself still obeys its main token.
    expect((await ask("POST", "/_sandbox/reset", {})).status).toBe(200);
    expect((await ask("GET", "/api/users")).body).toHaveLength(2);
  });

  it("refuse what is missing, wrong or dangerous by its name", async () => {
    await using server = await startSmall();
    const { sandbox, ask } = server;
    expect(await ask("POST", "/api/user", { username: null, first_name: "a", password: "b" })).toEqual({
      status: 400,
      body: "Missing fields: username, last_name, email, teams, global_admin",
    });
    const names = [
      "",
      " ",
      " a",
      "a ",
      "a/b",
      "a\\b",
      "..",
      ".",
      "a\nb",
      "\u0000",
      "\ud800",
      "n".repeat(129),
      7,
      [],
      {},
    ];
    for (const username of names) {
      const { status, body } = await ask("POST", "/api/user", { ...JGARMAN, username });
      expect([status, body], JSON.stringify(username)).toEqual([400, expect.stringContaining("username")]);
    }
    for (const field of ["first_name", "last_name", "email", "password", "global_admin", "teams"]) {
      for (const value of ODD_VALUES) {
        const fits = field === "global_admin" ? value === true : typeof value === "string";
        const empty = (field === "teams" && JSON.stringify(value) === "[]") || (field === "password" && value === "");
        if (field === "teams" ? empty : fits && !empty) continue;
        const { status, body } = await ask("POST", "/api/user", { ...JGARMAN, [field]: value });
        expect([status, typeof body], `${field} ${JSON.stringify(value)}`).toEqual([400, "string"]);
        expect(body).not.toContain(JGARMAN.password);
      }
    }
    expect(await ask("POST", "/api/user", { ...JGARMAN, teams: [1, 9] })).toMatchObject({ body: "There is no team 9" });
    expect((await ask("POST", "/api/user", { ...JGARMAN, teams: Array(50_000).fill({ id: 77 }) })).status).toBe(400);
    expect((await ask("GET", "/api/users")).body).toHaveLength(2);

    const odd = ["'; DROP TABLE object; --", "__proto__", "Zoë Ünïcode 雪 😀", "100%", "a?b#c&d", "constructor"];
    for (const username of odd) {
      const path = `/api/user/${encodeURIComponent(username)}`;
      const { password, ...rest } = { ...JGARMAN, teams: Array(50_000).fill({ id: 1 }) };
      expect(await ask("POST", "/api/user", { ...rest, username, password }), username).toEqual(SUCCESS);
      expect((await ask("GET", path)).body, username).toMatchObject({ id: username, teams: [{ id: 1 }] });
      expect((await ask("PUT", path, { username: "other" })).status).toBe(400);
      expect(await ask("DELETE", path), username).toEqual(SUCCESS);
    }
    expect((await ask("GET", "/api/user/a%2Fb")).status).toBe(404);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("keep their tokens and no password in a file that is taken up again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "accounts-"));
    const options = { organisation: "small", version: "5.2.0.161004.1206", file: join(folder, "kept.db") } as const;
    let authToken = "";
    {
      await using server = await startSmall(options);
      await server.ask("POST", "/api/user", JGARMAN);
      const users = await server.ask("GET", "/api/users");
      expect(JSON.stringify(users)).not.toMatch(/correct horse|password/);
      authToken = users.body.find((each: { id: string }) => each.id === "jgarman").auth_token;
      expect(await server.ask("DELETE", "/api/user/reader")).toEqual(SUCCESS);
    }
    expect(readFileSync(options.file, "latin1")).not.toContain(JGARMAN.password);
    await using again = await startSmall(options);
    expect((await asker(again.sandbox, authToken)("GET", "/api/user/jgarman")).body.auth_token).toBe(authToken);
    expect((await again.reader("GET", "/api/info")).status).toBe(401);
    rmSync(folder, { recursive: true });
  });
});

describe("teams", () => {
  it("give access to groups, and leave their members when they go", async () => {
    await using server = await startSmall();
    const { sandbox, ask } = server;
    expect((await ask("GET", "/api/teams")).body).toEqual([{ id: 1, name: "Administrators" }]);
    const access = { group_id: 1, access_category: "Viewer" };
    expect(
      await ask("POST", "/api/team", { name: "Hunters", group_access: [{ ...access, group_name: "old" }] }),
    ).toEqual({
      status: 200,
      body: { id: 2 },
    });
    const team = { id: 2, name: "Hunters", group_access: [{ ...access, group_name: "Default Group" }] };
    expect((await ask("GET", "/api/team/2")).body).toEqual(team);
    for (const name of ["Hunters", "hunTERS"]) {
      expect(await ask("POST", "/api/team", { name, group_access: [] })).toMatchObject({ status: 400 });
    }
    await ask("POST", "/api/user", { ...JGARMAN, teams: [{ id: 2, name: "Hunters" }, 1, 2] });
    const changed = { ...team, name: "Trackers", group_access: [{ ...access, access_category: "Administrator" }] };
    expect(await ask("PUT", "/api/team/2", changed)).toEqual(SUCCESS);
    const teams = async (): Promise<string[]> =>
      (await ask("GET", "/api/user/jgarman")).body.teams.map((each: { name: string }) => each.name);
    expect(await teams()).toEqual(["Trackers", "Administrators"]);
    expect(await ask("DELETE", "/api/team/2")).toEqual(SUCCESS);
    expect(await teams()).toEqual(["Administrators"]);
    expect((await ask("DELETE", "/api/team/2")).status).toBe(404);
    expect((await ask("POST", "/api/team", { name: "Hunters", group_access: [] })).body).toEqual({ id: 3 });

    const post = async (group_access: unknown): Promise<string> =>
      (await ask("POST", "/api/team", { name: "y", group_access })).body;
    expect(await ask("POST", "/api/team", {})).toEqual({ status: 400, body: "Missing fields: name, group_access" });
    expect(await post([{ ...access, group_id: 99 }])).toBe("There is no sensor group 99");
    expect(await post([access, access])).toMatch(/twice/);
    expect(await post([{ ...access, access_category: "God" }])).toMatch(/one of No Access, Viewer, Administrator/);
    for (const value of ODD_VALUES) {
      if (JSON.stringify(value) === "[]") continue;
      expect(await post(value), JSON.stringify(value)).toMatch(/group_access|group_id|Missing/);
      if (typeof value !== "string" || value === "") {
        expect((await ask("POST", "/api/team", { name: value, group_access: [] })).status).toBe(400);
      }
    }
    for (const id of ["x", "1e0", "-1", "99999999999999999999", "0x1"]) {
      expect((await ask("GET", `/api/team/${id}`)).status, id).toBe(404);
    }
    await sandbox.reset();
    expect((await ask("GET", "/api/teams")).body).toHaveLength(1);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("of the default organisation cover all groups", async () => {
    await using sandbox = await Sandbox.start({
      organisation: { hosts: 14, processes: 1200, binaries: 300 },
      tls: false,
    });
    const ask = asker(sandbox);
    const groups = (await ask("GET", "/api/v3/group")).body.length;
    const categories = new Set<string>();
    for (const { id } of (await ask("GET", "/api/teams")).body) {
      const { group_access } = (await ask("GET", `/api/team/${id}`)).body;
      expect(group_access).toHaveLength(groups);
      for (const { access_category } of group_access) categories.add(access_category);
    }
    expect([...categories].sort()).toEqual(["Administrator", "No Access", "Viewer"]);
    const users = (await ask("GET", "/api/users")).body;
    expect(users.length).toBeGreaterThan(3);
    expect(users.every((each: { teams: unknown[] }) => each.teams.length > 0)).toBe(true);
    const analyst = asker(sandbox, users.at(-1).auth_token);
    expect((await analyst("GET", "/api/teams")).status).toBe(200);
    expect((await analyst("DELETE", "/api/team/1")).status).toBe(403);
  });
});
