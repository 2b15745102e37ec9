import type { GroupRecord } from "../../domain/index.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { readObject, type WriteBody, wrongType } from "../../server/write-body.js";
import { findGroup, findGroups, findSites, nextNumber, removeGroup } from "../../store/endpoints.js";
import { fold } from "../../store/tokens.js";
import type { ResponseContext } from "../context.js";
import { groupDocument } from "../documents/group.js";
import { found } from "../found.js";
import { readGroup } from "../group-fields.js";
import { makeInstaller } from "../installers/index.js";
import { requireAdministrator } from "../rights.js";
import { SUCCESS } from "../success.js";
import { giveTeamAccess, readTeamAccess, teamAccessOf } from "../team-access.js";

/** The group that is always there, and takes in the sensors of groups that are deleted. */
const DEFAULT_GROUP = 1;

/** Groups: one of them is answered as a list with one entry, an unknown one as an empty list. */
export function groupRoutes(context: ResponseContext): Route[] {
  const documents = (id?: number): Record<string, unknown>[] => {
    const teams = context.store.collection("team").all();
    return findGroups(context.store)
      .filter(({ record }) => id === undefined || record.id === id)
      .map(({ record, hosts }) => ({
        ...groupDocument(record, context.sensorServer(), hosts),
        team_access: teamAccessOf(teams, record.id),
      }));
  };
  return [
    // Older servers have the shorter path only; newer ones keep it.
    ...["/api/v3/group", "/api/group"].flatMap((path): Route[] => [
      { method: "GET", path, handle: () => ({ status: 200, body: documents() }) },
      {
        method: "GET",
        path: `${path}/:id`,
        handle: ({ params }) => {
          const id = readId(params["id"]);
          return { status: 200, body: id === undefined ? [] : documents(id) };
        },
      },
      { method: "POST", path, handle: (request) => ({ status: 200, body: { id: create(context, request) } }) },
      {
        method: "PUT",
        path: `${path}/:id`,
        handle: (request) => {
          update(context, request);
          return SUCCESS;
        },
      },
      {
        method: "DELETE",
        path: `${path}/:id`,
        handle: (request) => {
          remove(context, request);
          return { status: 204 };
        },
      },
    ]),
    // A kind of installer may have a part of its own after the system: `windows/msi`.
    ...["/:os", "/:os/:kind"].map(
      (end): Route => ({
        method: "GET",
        path: `/api/v1/group/:id/installer${end}`,
        handle: (request) => {
          const group = locate(context, request);
          const { os = "", kind } = request.params;
          const document = groupDocument(group, context.sensorServer(), 0);
          const installer = makeInstaller(kind === undefined ? os : `${os}/${kind}`, group, document);
          if (installer === undefined) throw new HttpProblem(404, "There is no installer of that kind");
          const { type, file, bytes } = installer;
          const headers = { "Content-Type": type, "Content-Disposition": `attachment; filename="${file}"` };
          return { status: 200, headers, body: bytes };
        },
      }),
    ),
    {
      method: "GET",
      path: "/api/v1/group/:id/datasharing",
      handle: (request) => {
        const { id, sharing = [] } = locate(context, request);
        const shared = context.behaviour.sharingEnabled === false ? [] : sharing;
        return { status: 200, body: shared.map((each, index) => ({ id: index + 1, group_id: id, ...each })) };
      },
    },
  ];
}

function locate({ store }: ResponseContext, request: SandboxRequest): GroupRecord {
  return found({ get: (id) => findGroup(store, id) }, request, "Group");
}

function create(context: ResponseContext, request: SandboxRequest): number {
  requireAdministrator(request, "Creating groups");
  const body = readObject(request);
  body.require("name", "sensorbackend_server", "site_id");
  const id = nextNumber(context.store, "sensor_group");
  save(context, body, { id, name: "", site_id: 0 });
  return id;
}

function update(context: ResponseContext, request: SandboxRequest): void {
  requireAdministrator(request, "Changing groups");
  const known = locate(context, request);
  save(context, readObject(request), known);
}

function save({ store }: ResponseContext, body: WriteBody, known: GroupRecord): void {
  const record = readGroup(body, known);
  if (!findSites(store).some((site) => site.id === record.site_id)) {
    throw wrongType("site_id", `the id of a site; there is no site ${record.site_id}`);
  }
  const name = fold(record.name);
  if (findGroups(store).some((group) => group.record.id !== record.id && fold(group.record.name) === name)) {
    throw wrongType("name", "one that no other group has");
  }
  const teams = body.list("team_access");
  const access = teams === undefined ? undefined : readTeamAccess(store, teams);
  store.group(record);
  if (access !== undefined) giveTeamAccess(store, record.id, access);
}

function remove(context: ResponseContext, request: SandboxRequest): void {
  requireAdministrator(request, "Deleting groups");
  const { id } = locate(context, request);
  if (id === DEFAULT_GROUP) throw new HttpProblem(400, "The default group cannot be deleted");
  giveTeamAccess(context.store, id, new Map());
  removeGroup(context.store, id, DEFAULT_GROUP);
}
