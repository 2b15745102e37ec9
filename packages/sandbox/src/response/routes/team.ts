import { ACCESS_CATEGORIES, type GroupRecord, type TeamRecord } from "../../domain/index.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { nameOf, readObject, WriteBody } from "../../server/write-body.js";
import { findGroups } from "../../store/endpoints.js";
import { fold } from "../../store/tokens.js";
import type { ResponseContext } from "../context.js";
import { teamDocument, teamEntry } from "../documents/account.js";
import { found } from "../found.js";
import { requireAdministrator } from "../rights.js";
import { SUCCESS } from "../success.js";

/** Teams. Everybody sees them; global administrators change them. */
export function teamRoutes(context: ResponseContext): Route[] {
  const { accounts, store } = context;
  const teams = store.collection("team");
  const groups = (): Map<number, GroupRecord> => new Map(findGroups(store).map(({ record }) => [record.id, record]));
  const locate = (request: SandboxRequest): TeamRecord => found(teams, request, "Team");
  const checkName = (name: string, own?: number): void => {
    const folded = fold(name);
    const taken = teams.all().some((team) => team.id !== own && fold(team.name) === folded);
    if (taken) throw new HttpProblem(400, `Team already exists: ${name}`);
  };

  return [
    { method: "GET", path: "/api/teams", handle: () => ({ status: 200, body: teams.all().map(teamEntry) }) },
    {
      method: "POST",
      path: "/api/team",
      handle: (request) => {
        requireAdministrator(request, "Adding teams");
        const body = readObject(request);
        body.require("name", "group_access");
        const name = body.read("name", nameOf) ?? "";
        const access = readAccess(body, groups()) ?? [];
        checkName(name);
        const id = teams.nextKey();
        teams.put(id, { id, name, group_access: access });
        return { status: 200, body: { id } };
      },
    },
    {
      method: "GET",
      path: "/api/team/:id",
      handle: (request) => ({ status: 200, body: teamDocument(locate(request), groups()) }),
    },
    {
      method: "PUT",
      path: "/api/team/:id",
      handle: (request) => {
        requireAdministrator(request, "Changing teams");
        const record = locate(request);
        const body = readObject(request);
        const name = body.read("name", nameOf) ?? record.name;
        const access = readAccess(body, groups()) ?? record.group_access;
        checkName(name, record.id);
        teams.put(record.id, { ...record, name, group_access: access });
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: "/api/team/:id",
      handle: (request) => {
        requireAdministrator(request, "Deleting teams");
        const record = locate(request);
        accounts.leaveTeam(record);
        teams.remove(record.id);
        return SUCCESS;
      },
    },
  ];
}

/** `{group_id, access_category}` for each group that is spoken of; the name of the group is the server's to say. */
function readAccess(body: WriteBody, groups: ReadonlyMap<number, GroupRecord>): TeamRecord["group_access"] | undefined {
  const seen = new Set<number>();
  return body.list("group_access")?.map((each) => {
    const entry = new WriteBody(each, "An entry of group_access");
    entry.require("group_id", "access_category");
    const group = entry.integer("group_id") ?? 0;
    const category = ACCESS_CATEGORIES.find((known) => known === entry.text("access_category"));
    if (category === undefined) {
      throw new HttpProblem(400, `access_category must be one of ${ACCESS_CATEGORIES.join(", ")}`);
    }
    if (!groups.has(group)) throw new HttpProblem(400, `There is no sensor group ${group}`);
    if (seen.has(group)) throw new HttpProblem(400, `group_access names sensor group ${group} twice`);
    seen.add(group);
    return { group_id: group, access_category: category };
  });
}
