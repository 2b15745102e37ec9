// Users and teams: who there is, what they may do, and that nobody's password or token is told.
import { inspect } from "node:util";
import {
  ApiError,
  ClientError,
  InvalidObjectError,
  MoreThanOneResultError,
  ObjectNotFoundError,
  SensorGroup,
  Team,
  UnauthorizedError,
  User,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, loggedClientOf, sent, written } from "../support/sandbox.js";
import { sharedClock } from "../support/shared-clock.js";

const ANALYST = "analyst-token-0123456789";
const PASSWORD = "correct horse battery staple";

useSandbox(
  {
    organisation: { hosts: 12, processes: 300 },
    tokens: [{ username: "nbauer", token: ANALYST }],
  },
  { sharedTime: true, connected: true },
);

const newUser = (username: string, values: Record<string, unknown> = {}) =>
  cb.create(User, {
    ...{ username, first_name: "New", last_name: "User", email: `${username}@aldermoor.example` },
    ...{ teams: [], global_admin: false, password: PASSWORD, ...values },
  });
const onServer = (username: string) => cb.getObject(`/api/user/${username}`) as Promise<Record<string, unknown>>;

describe("users", () => {
  it("are listed, narrowed, and known by their names", async () => {
    const users = cb.select(User);
    const names = ["admin", "asinha", "nbauer", "orossi", "pvarga", "tdoyle"];
    expect((await users.sort("username asc").all()).map(({ username }) => username)).toEqual(names);
    expect(await users.where({ global_admin: true }).count()).toBe(2);
    const tess = await users.where("email:tdoyle@aldermoor.example").and({ last_name: "doyle" }).one();
    expect(tess).toMatchObject({ id: "tdoyle", username: "tdoyle", first_name: "Tess", global_admin: false });
    expect((await tess.getTeams()).map(({ name }) => name)).toEqual(["Analysts", "Workplace Support"]);
    expect((await cb.select(User, "tdoyle")).toJSON()).toMatchObject(await onServer("tdoyle"));
    expect(await errorOf(() => cb.select(User, "nobody"))).toBeInstanceOf(ObjectNotFoundError);
  });

  it("are made with teams by name, by id and as objects, changed, and deleted", async () => {
    const user = newUser("hire");
    sandbox.requests.clear();
    await user.addTeam("analysts");
    await user.addTeam(3);
    await user.addTeam(await cb.select(Team, 3));
    await user.addTeam(cb.select(Team).where({ name: "Administrators" }).one());
    expect(user.teams).toEqual([
      { id: 2, name: "Analysts" },
      { id: 3, name: "Workplace Support" },
      { id: 1, name: "Administrators" },
    ]);
    await user.removeTeam("Administrators");
    expect(written(sandbox)).toEqual([]);
    expect(await user.save({ dryRun: true })).toMatchObject({
      requests: [{ method: "POST", path: "/api/user", body: { username: "hire", teams: [2, 3] } }],
    });
    await user.save({ verify: true });
    expect(written(sandbox)).toEqual(["POST /api/user"]);
    expect(user.id).toBe("hire");
    expect(await onServer("hire")).toMatchObject({
      ...{ username: "hire", global_admin: false },
      teams: [
        { id: 2, name: "Analysts" },
        { id: 3, name: "Workplace Support" },
      ],
    });

    const again = await cb.select(User, "hire", { refresh: true });
    expect((await again.getTeams()).map(({ id }) => id)).toEqual([2, 3]);
    await again.removeTeam("Analysts");
    await again.removeTeam(3);
    await again.addTeam(1);
    await again.set({ first_name: "Newer", global_admin: true }).save({ verify: true });
    expect(await onServer("hire")).toMatchObject({
      ...{ first_name: "Newer", global_admin: true, teams: [{ id: 1, name: "Administrators" }] },
    });
    sandbox.requests.clear();
    await again.addTeam(1);
    await again.removeTeam(2);
    await again.save();
    expect(written(sandbox)).toEqual([]);
    for (const nobody of ["No Such Team", 987_654]) {
      const error = await errorOf(() => again.addTeam(nobody));
      const kind = typeof nobody === "string" ? MoreThanOneResultError : ObjectNotFoundError;
      expect(error).toBeInstanceOf(kind);
    }
    await again.delete();
    expect(await errorOf(() => cb.select(User, "hire", { refresh: true }))).toBeInstanceOf(ObjectNotFoundError);
    expect(await errorOf(() => again.delete())).toMatchObject({ code: "DELETED" });
  });

  it("are refused when there is one of that name, or something is missing or wrong", async () => {
    const taken = await errorOf(() => newUser("tdoyle").save());
    expect(taken).toBeInstanceOf(ClientError);
    expect(taken).toMatchObject({ status: 409 });
    expect(taken.message).toContain("User already exists: tdoyle");
    sandbox.requests.clear();
    const missing = await errorOf(() => cb.create(User, { username: "x", password: PASSWORD }).save());
    expect(missing).toBeInstanceOf(InvalidObjectError);
    expect(missing.message).toContain("[first_name, last_name, email, teams, global_admin]");
    expect(await errorOf(() => newUser("x", { teams: [2] }))).toBeInstanceOf(InvalidObjectError);
    expect(await errorOf(() => newUser("x", { password: 5 }))).toBeInstanceOf(InvalidObjectError);
    expect(sent(sandbox)).toEqual([]);
    const unknown = newUser("x", { teams: [{ id: 987_654 }] });
    expect((await errorOf(() => unknown.save())).message).toMatch(/987654/);
    const user = await cb.select(User, "tdoyle");
    expect(await errorOf(() => user.set({ username: "tess" }))).toBeInstanceOf(ApiError);
    expect(await errorOf(() => user.set({ auth_token: "x" } as never))).toBeInstanceOf(ApiError);
    for (const error of [taken, missing, unknown]) expect(inspect(error)).not.toContain(PASSWORD);
  });

  it("keep what another client has changed since they were read", async () => {
    const user = await newUser("shared").save();
    await using other = clientOf(sandbox, { clock: sharedClock(sandbox) });
    const theirs = await other.select(User, "shared");
    await sandbox.clock.step(11);
    await theirs.addTeam("Analysts");
    await theirs.set({ last_name: "Theirs" }).save();
    await user.set({ first_name: "Mine" }).save();
    expect(await onServer("shared")).toMatchObject({
      ...{ first_name: "Mine", last_name: "Theirs", teams: [{ id: 2, name: "Analysts" }] },
    });
    await user.delete();
  });
});

describe("what is secret of a user", () => {
  it("is neither sent back, nor logged, nor printed", async () => {
    const { cb: logged, taken } = loggedClientOf(sandbox);
    await using _ = logged;
    await newUser("secret").save();
    const user = await logged.select(User, "secret");
    const token = user.auth_token ?? "";
    expect(token).toMatch(/^[0-9a-f]{40}$/);
    user.password = `${PASSWORD} 2`;
    user.first_name = "Hidden";
    const printed = [inspect(user), inspect(await user.save({ dryRun: true }))];
    const plan = await user.save({ dryRun: true });
    expect(plan?.requests[0]?.body).toMatchObject({ password: `${PASSWORD} 2`, first_name: "Hidden" });
    expect(plan?.requests[0]?.body).not.toHaveProperty("auth_token");
    await user.save({ verify: true });
    const lines = taken();
    const body = lines.find((line) => line.startsWith("Sending HTTP PUT /api/user/secret"));
    expect(body).toContain('"password": "********"');
    expect(body).not.toContain("auth_token");
    for (const text of [...printed, ...lines, JSON.stringify(sandbox.requests.entries())]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(PASSWORD);
    }
    // The token is what it was.
    expect((await user.refresh()).auth_token).toBe(token);
    await user.delete();
  });

  it("changes when the user is right about the password that is there", async () => {
    await newUser("changer").save();
    const { auth_token = "" } = await cb.select(User, "changer");
    await using own = clientOf(sandbox, { token: auth_token });
    const me = await own.select(User, "changer");
    const wrong = await errorOf(() => me.set({ password: "next", current_password: "not this one" }).save());
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.message).toContain("current_password is not the present password");
    expect(me.isDirty()).toBe(true);
    await me.set({ current_password: PASSWORD }).save();
    expect(me.isDirty()).toBe(false);
    await me.set({ password: "last", current_password: "next" }).save();
    expect(await errorOf(() => me.set({ password: "x", current_password: PASSWORD }).save())).toMatchObject({
      status: 400,
    });
    expect(me.toJSON()).not.toHaveProperty("auth_token", undefined);
    // A token dies with its user.
    await cb.select(User, "changer").delete();
    const gone = await errorOf(() => me.refresh());
    expect(gone).toBeInstanceOf(UnauthorizedError);
    expect(inspect(gone)).not.toContain(auth_token);
  });
});

describe("somebody who is no administrator", () => {
  it("reads, and is refused what administrators do, with a clear reason and nothing changed", async () => {
    await using analyst = clientOf(sandbox, { token: ANALYST });
    const [me, admin] = [await analyst.select(User, "nbauer"), await analyst.select(User, "admin")];
    expect(me.auth_token).toBe(ANALYST);
    expect(admin.auth_token).toBeUndefined();
    const group = await analyst.select(SensorGroup, 2);
    const team = await analyst.select(Team, 2);
    for (const [what, refused] of [
      ["Adding users", () => analyst.create(User, newUser("friend").toJSON()).save()],
      ["Changing other users", () => admin.set({ first_name: "Mallory" }).save()],
      ["Changing global_admin", () => me.set({ global_admin: true }).save()],
      ["Deleting users", () => analyst.select(User, "orossi").delete()],
      ["Changing teams", () => team.set({ name: "Rulers" }).save()],
      ["Deleting teams", () => team.delete()],
      ["Adding teams", () => analyst.create(Team, { name: "Rulers", group_access: [] }).save()],
      ["Changing groups", () => group.set({ name: "Mine" }).save()],
    ] as const) {
      const error = await errorOf(refused);
      expect(error, what).toBeInstanceOf(ClientError);
      expect(error).toMatchObject({ status: 403, retryable: false });
      expect(error.message).toContain(`${what} is for global administrators`);
      expect(inspect(error)).not.toContain(ANALYST);
    }
    me.reset();
    await me.addTeam(1);
    expect((await errorOf(() => me.save())).message).toContain("Changing teams");
    me.reset();
    await me.set({ last_name: "Bauer-Voss" }).save();
    expect(await onServer("nbauer")).toMatchObject({
      last_name: "Bauer-Voss",
      global_admin: false,
      teams: [{ id: 2 }],
    });
    expect(await onServer("admin")).toMatchObject({ first_name: "Server" });
    expect(await cb.select(User).where({ username: "friend" }).count()).toBe(0);
  });
});

describe("teams", () => {
  it("are listed short, and completed when they are asked for more", async () => {
    const teams = cb.select(Team);
    expect((await teams.sort("name asc").all()).map(({ name }) => name)).toEqual([
      ...["Administrators", "Analysts", "Workplace Support"],
    ]);
    const team = await teams.where({ name: "workplace support" }).one();
    expect(team.isLoaded).toBe(false);
    expect(team.group_access).toBeUndefined();
    sandbox.requests.clear();
    await team.load();
    expect(sent(sandbox)).toEqual(["GET /api/team/3"]);
    expect(team.group_access).toContainEqual({
      ...{ group_id: 2, group_name: "Workstations", access_category: "Administrator" },
    });
    expect(await teams.where("name:none").first()).toBeUndefined();
    expect(await errorOf(() => cb.select(Team, 987_654))).toBeInstanceOf(ObjectNotFoundError);
  });

  it("are given access to groups, one entry a group, which the groups show too", async () => {
    const team = cb.create(Team, { name: "Responders", group_access: [] });
    await team.addViewerAccess(4);
    await team.addViewerAccess(await cb.select(SensorGroup, 2));
    await team.addAdministratorAccess(cb.select(SensorGroup, 3));
    await team.save({ verify: true });
    expect(written(sandbox)).toEqual(["POST /api/team"]);
    const access = (entries: Team["group_access"]) =>
      Object.fromEntries((entries ?? []).map(({ group_id, access_category }) => [group_id, access_category]));
    expect(access(team.group_access)).toEqual({ 2: "Viewer", 3: "Administrator", 4: "Viewer" });

    const again = await cb.select(Team).where({ name: "Responders" }).one();
    await Promise.all([again.addAdministratorAccess(4), again.addViewerAccess(5), again.removeAccess(2)]);
    await again.removeAccess(6);
    again.name = "First Responders";
    await again.save({ verify: true });
    expect(await cb.getObject(`/api/team/${again.id}`)).toMatchObject({ name: "First Responders" });
    expect(access((await team.refresh()).group_access)).toEqual({
      3: "Administrator",
      4: "Administrator",
      5: "Viewer",
    });
    const group = await cb.select(SensorGroup, 5, { refresh: true });
    expect(group.team_access).toContainEqual({
      ...{ team_id: team.id, team_name: "First Responders", access_category: "Viewer" },
    });
    // The same from the group's side.
    group.team_access = (group.team_access ?? []).filter(({ team_id }) => team_id !== team.id);
    await group.save({ verify: true });
    expect(access((await team.refresh()).group_access)).toEqual({ 3: "Administrator", 4: "Administrator" });

    const taken = await errorOf(() => cb.create(Team, { name: "first responders", group_access: [] }).save());
    expect(taken.message).toContain("Team already exists");
    expect(await errorOf(() => team.addViewerAccess(987_654))).toBeInstanceOf(ObjectNotFoundError);
    expect((await errorOf(() => cb.create(Team, { name: "x" }).save())).message).toContain("[group_access]");
  });

  it("keep what another client has changed since they were read", async () => {
    const mine = await cb.select(Team).where({ name: "Analysts" }).one();
    await mine.load();
    await using other = clientOf(sandbox, { clock: sharedClock(sandbox) });
    const theirs = await other.select(Team, 2);
    await sandbox.clock.step(11);
    await theirs.addAdministratorAccess(7);
    await theirs.save();
    await mine.set({ name: "Analysts, first line" }).save({ verify: true });
    expect(await cb.getObject("/api/team/2")).toMatchObject({
      name: "Analysts, first line",
      group_access: expect.arrayContaining([
        { group_id: 7, group_name: "Macs", access_category: "Administrator" },
      ]) as unknown,
    });
    await mine.set({ name: "Analysts" }).save();
  });

  it("leave their members when they are deleted", async () => {
    const team = await cb.select(Team).where({ name: "First Responders" }).one();
    const user = newUser("member");
    await user.addTeam(team);
    await user.addTeam("Analysts");
    await user.save();
    await team.delete();
    expect((await user.refresh()).teams).toEqual([{ id: 2, name: "Analysts" }]);
    expect((await user.getTeams()).map(({ name }) => name)).toEqual(["Analysts"]);
    expect(await cb.select(Team).where({ name: "First Responders" }).count()).toBe(0);
    const { team_access } = await cb.select(SensorGroup, 3, { refresh: true });
    expect(team_access?.map(({ team_name }) => team_name)).not.toContain("First Responders");
    await user.delete();
  });
});
