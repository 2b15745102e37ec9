import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { ApiError, MoreThanOneResultError, ObjectNotFoundError, Team, User } from "../../index.js";

const joe = {
  username: "joe",
  first_name: "Joe",
  last_name: "Doe",
  email: "joe@example.com",
  global_admin: false,
  teams: [{ id: 1, name: "Analysts" }],
};
const accounts = {
  "/api/teams": [
    { id: 1, name: "Analysts" },
    { id: 2, name: "Responders" },
    { id: 3, name: "Twins" },
    { id: 4, name: "twins" },
  ],
  "/api/team/1": { id: 1, name: "Analysts", group_access: [] },
  "/api/team/2": { id: 2, name: "Responders", group_access: [] },
};

/** A server with one user, who takes over what is put. */
async function userServer(options: Parameters<typeof edrServer>[1] = {}) {
  const bodies: Record<string, unknown>[] = [];
  const route =
    (found: Answer) =>
    (_query: URLSearchParams, method: string, body: string): Answer => {
      if (method === "GET") return found;
      if (body !== "") bodies.push(JSON.parse(body) as Record<string, unknown>);
      return { result: "success" };
    };
  const user = { ...joe, auth_token: "8b2dcf9d59b7da1a0b2b4ec50a77d8ca3d7dcb9c" };
  const server = await edrServer(
    { ...accounts, "/api/user": route([]), "/api/users": [joe], "/api/user/joe": route(user) },
    options,
  );
  return { ...server, bodies };
}

describe("a user", () => {
  it("is created with the ids of its teams, and its password is never shown", async () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const { cb, requests, bodies } = await userServer({
      logger: { debug: write, info: write, warn: write, error: write },
    });
    const { teams: _, ...named } = joe;
    const user = cb.create(User, { ...named, password: "cbisawesome", teams: [] });
    await user.addTeam("responders");
    await user.addTeam(cb.select(Team, 1));
    await user.addTeam(await cb.select(Team).where({ name: "Analysts" }).one());
    expect(user.teams).toEqual([
      { id: 2, name: "Responders" },
      { id: 1, name: "Analysts" },
    ]);
    const plan = await user.save({ dryRun: true });
    expect(plan?.requests[0]?.body).toMatchObject({ password: "cbisawesome" });
    expect(requests.filter((request) => request.startsWith("POST"))).toEqual([]);
    for (const shown of [user, [user], plan]) expect(inspect(shown)).not.toContain("cbisawesome");
    expect(inspect(plan)).toContain("/api/user");
    await user.save();
    expect(bodies).toEqual([{ ...named, password: "cbisawesome", teams: [2, 1] }]);
    expect(requests.slice(-2)).toEqual(["POST /api/user", "/api/user/joe"]);
    expect(user).toMatchObject({ id: "joe", username: "joe", password: undefined, teams: joe.teams });
    expect(user.auth_token).toMatch(/^8b2d/);
    expect(inspect(user)).toContain("auth_token: ********");
    expect(lines.join("\n")).toContain("POST /api/user");
    expect(lines.join("\n")).not.toMatch(/cbisawesome|8b2dcf/);
  });

  it("is updated whole, with teams as objects, and without the token that the server gives", async () => {
    const { cb, bodies, requests } = await userServer();
    const user = await cb.select(User, "joe");
    user.password = "cbisawesome";
    user.current_password = "hunter2";
    await user.save();
    expect(bodies).toEqual([{ ...joe, id: "joe", password: "cbisawesome", current_password: "hunter2" }]);
    expect(requests).toEqual(["/api/user/joe", "PUT /api/user/joe", "/api/user/joe"]);
    expect(user.isDirty()).toBe(false);
    await user.delete();
    await expect(user.delete()).rejects.toThrow("User joe was deleted");
    expect(() => user.set({ first_name: "J" })).toThrow("was deleted");
  });

  it("is updated with the ids of teams on servers before 6.1", async () => {
    const { cb, bodies } = await userServer({ version: "6.0.2.170101.0000" });
    const user = await cb.select(User, "joe");
    await user.addTeam(2);
    await user.save();
    expect(bodies[0]).toMatchObject({ id: "joe", teams: [1, 2] });
  });

  it("needs its names, teams and rights, and teams that can be told", async () => {
    const { cb, requests } = await userServer();
    const user = cb.create(User, { username: "ann", first_name: "Ann", password: "x" });
    await expect(user.save()).rejects.toThrow("Missing fields: [last_name, email, teams, global_admin]");
    expect(() => user.set({ teams: [1] } as never)).toThrow("addTeam() takes a team's id or name");
    expect(() => user.set({ teams: "Analysts" } as never)).toThrow("expected a list of teams");
    expect(() => user.set({ id: "bob" } as never)).toThrow("Field id is immutable");
    const wrong = () => user.set({ password: 123456 } as never);
    expect(wrong).toThrow("User.password: expected string");
    expect(wrong).not.toThrow("123456");
    expect(requests).toEqual([]);
    await expect(cb.select(User, "nobody")).rejects.toThrow(ObjectNotFoundError);
    expect(requests).toEqual(["/api/user/nobody"]);
    const known = await cb.select(User, "joe");
    expect(() => known.set({ username: "jim" })).toThrow("Field username is immutable");
  });
});

describe("the teams of a user", () => {
  it("are changed here first, and a change that is none is none", async () => {
    const { cb, requests } = await userServer();
    const [user] = await cb.select(User).all();
    if (user === undefined) throw new Error("no user");
    await user.addTeam(1);
    await user.removeTeam(2);
    expect(user.isDirty()).toBe(false);
    await Promise.all([user.addTeam(2), user.removeTeam("ANALYSTS")]);
    expect(user.teams).toEqual([{ id: 2, name: "Responders" }]);
    // The team that was asked for is known, and so is the name of one's own.
    expect(requests).toEqual(["/api/users", "/api/team/1", "/api/team/2"]);
    await user.removeTeam("Analysts");
    expect(requests.at(-1)).toBe("/api/teams");
    expect((await user.getTeams()).map((team) => team.name)).toEqual(["Responders"]);
    expect(requests.some((request) => /^(PUT|POST)/.test(request))).toBe(false);
  });

  it("have to be there, and to be told apart", async () => {
    const { cb } = await userServer();
    const user = await cb.select(User, "joe");
    await expect(user.addTeam("Nobody")).rejects.toMatchObject({ count: 0 });
    await expect(user.addTeam("twins")).rejects.toThrow(MoreThanOneResultError);
    await expect(user.removeTeam("Nobody")).rejects.toThrow(MoreThanOneResultError);
    await expect(user.addTeam(99)).rejects.toThrow(ObjectNotFoundError);
    await expect(user.addTeam({ id: 1 } as never)).rejects.toThrow(ApiError);
    expect(user.isDirty()).toBe(false);
  });
});
