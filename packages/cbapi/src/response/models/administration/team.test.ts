import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { ApiError, ObjectNotFoundError, SensorGroup, Team } from "../../index.js";

const viewer = { group_id: 1, group_name: "Default Group", access_category: "Viewer" };
const servers = { group_id: 7, group_name: "Servers", access_category: "Administrator" };

async function teamServer() {
  const bodies: unknown[] = [];
  const server = await edrServer({
    "/api/teams": [
      { id: 2, name: "Responders" },
      { id: 3, name: "Others" },
    ],
    "/api/team": (_query, _method, body): Answer => {
      bodies.push(JSON.parse(body));
      return { id: 2 };
    },
    "/api/team/2": (_query, method, body): Answer => {
      if (method === "PUT") bodies.push(JSON.parse(body));
      return method === "GET" ? { id: 2, name: "Responders", group_access: [viewer] } : { result: "success" };
    },
    "/api/v3/group/7": [{ id: 7, name: "Servers" }],
    "/api/v3/group/8": [{ id: 8, name: "Clients" }],
  });
  return { ...server, bodies };
}

describe("a team", () => {
  it("of the list is known in part, and loads what it lacks", async () => {
    const { cb, requests } = await teamServer();
    const team = await cb.select(Team).where({ name: "responders" }).one();
    expect(team.isLoaded).toBe(false);
    expect(team.group_access).toBeUndefined();
    await team.load();
    expect(team.group_access).toEqual([viewer]);
    expect(requests).toEqual(["/api/teams", "/api/team/2"]);
  });

  it("is allowed what was said last of a group, and saved whole", async () => {
    const { cb, requests, bodies } = await teamServer();
    const team = await cb.select(Team).where({ name: "Responders" }).one();
    await team.addViewerAccess(1);
    expect(team.isDirty()).toBe(false);
    // The name of a group is asked for once, and not at all where it is known.
    await team.addViewerAccess(7);
    await team.addAdministratorAccess(7);
    await team.addAdministratorAccess(new SensorGroup({ client: cb, key: 9, document: { id: 9, name: "Known" } }));
    expect(requests).toEqual(["/api/teams", "/api/team/2", "/api/v3/group/7"]);
    await team.removeAccess(9);
    await team.removeAccess(1);
    await team.removeAccess(99);
    expect(team.group_access).toEqual([servers]);
    await team.save();
    expect(bodies).toEqual([{ id: 2, name: "Responders", group_access: [servers] }]);
    expect(requests.slice(-2)).toEqual(["PUT /api/team/2", "/api/team/2"]);
  });

  it("takes two changes at a time, and is not dirty when they cancel out", async () => {
    const { cb } = await teamServer();
    const team = await cb.select(Team, 2);
    await Promise.all([team.addAdministratorAccess(cb.select(SensorGroup, 7)), team.addViewerAccess(8)]);
    expect(team.group_access?.map(({ group_name }) => group_name).sort()).toEqual([
      "Clients",
      "Default Group",
      "Servers",
    ]);
    await team.removeAccess(7);
    await team.removeAccess(8);
    expect(team.isDirty()).toBe(false);
  });

  it("is created with the groups that it may see, and deleted", async () => {
    const { cb, requests, bodies } = await teamServer();
    const team = cb.create(Team, { name: "Responders" });
    await expect(team.save()).rejects.toThrow("Missing fields: [group_access]");
    await team.addAdministratorAccess(7);
    await team.save();
    expect(bodies).toEqual([{ name: "Responders", group_access: [servers] }]);
    expect(requests).toEqual(["/api/v3/group/7", "POST /api/team", "/api/team/2"]);
    expect(team.id).toBe(2);
    await cb.select(Team, 2).delete();
    expect(requests.at(-1)).toBe("DELETE /api/team/2");
  });

  it("does not change for a group that there is not", async () => {
    const { cb } = await teamServer();
    const team = await cb.select(Team, 2);
    await expect(team.addViewerAccess(99)).rejects.toThrow(ObjectNotFoundError);
    await expect(team.addViewerAccess({ id: 7 } as never)).rejects.toThrow(ApiError);
    await expect(team.removeAccess(1.5)).rejects.toThrow("is no id of a SensorGroup");
    expect(team.isDirty()).toBe(false);
  });
});
