import type { SiteRecord } from "../../domain/index.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { nameOf, readObject, type WriteBody, wrongType } from "../../server/write-body.js";
import { findGroups, findSites, nextNumber, removeSite } from "../../store/endpoints.js";
import { fold } from "../../store/tokens.js";
import type { ResponseContext } from "../context.js";
import { found } from "../found.js";
import { requireAdministrator } from "../rights.js";
import { SUCCESS } from "../success.js";

/** The site that is always there. */
const DEFAULT_SITE = 1;

/** Sites and their rules for throttling. One site is answered as a list with one entry, an unknown one as an empty list. */
export function siteRoutes(context: ResponseContext): Route[] {
  const { store } = context;
  const throttles = store.collection("throttle");
  const path = "/api/site";
  return [
    { method: "GET", path, handle: () => ({ status: 200, body: findSites(store) }) },
    {
      method: "GET",
      path: `${path}/:id`,
      handle: ({ params }) => ({
        status: 200,
        body: findSites(store).filter((site) => site.id === readId(params["id"])),
      }),
    },
    {
      method: "POST",
      path,
      handle: (request) => {
        requireAdministrator(request, "Creating sites");
        const body = readObject(request);
        body.require("name");
        const id = nextNumber(store, "site");
        save(context, body, { id, name: "" });
        return { status: 200, body: { id } };
      },
    },
    {
      method: "PUT",
      path: `${path}/:id`,
      handle: (request) => {
        requireAdministrator(request, "Changing sites");
        const known = locate(context, request);
        save(context, readObject(request), known);
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: `${path}/:id`,
      handle: (request) => {
        requireAdministrator(request, "Deleting sites");
        const { id } = locate(context, request);
        if (id === DEFAULT_SITE) throw new HttpProblem(400, "The default site cannot be deleted");
        if (findGroups(store).some(({ record }) => record.site_id === id)) {
          throw new HttpProblem(400, "The site still has sensor groups: move them to another site first");
        }
        removeSite(store, id);
        return { status: 204 };
      },
    },
    { method: "GET", path: "/api/throttle", handle: () => ({ status: 200, body: throttles.all() }) },
  ];
}

function locate({ store }: ResponseContext, request: SandboxRequest): SiteRecord {
  return found({ get: (id) => findSites(store).find((site) => site.id === id) }, request, "Site");
}

function save({ store }: ResponseContext, body: WriteBody, known: SiteRecord): void {
  const name = body.read("name", nameOf) ?? known.name;
  if (findSites(store).some((site) => site.id !== known.id && fold(site.name) === fold(name))) {
    throw wrongType("name", "one that no other site has");
  }
  store.site({ id: known.id, name });
}
