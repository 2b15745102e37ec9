import { HttpProblem } from "../../server/product.js";
import { readObject, WriteBody } from "../../server/write-body.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute } from "../part.js";
import { policiesOf } from "./policies.js";

/**
 * What would become of devices if policies had other ranks. Here, devices have the policies that they were given or that of
 * their group, whatever the rank: nothing would.
 */
export function previewRoutes(context: CloudContext): CloudRoute[] {
  return [
    {
      ...{ method: "POST", path: "/policy-assignment/v1/orgs/:org/policies/preview", needs: "org.policies(READ)" },
      handle: (request) => {
        const body = readObject(request);
        body.require("policies");
        const policies = policiesOf(context);
        const last = policies.all().length;
        for (const each of body.list("policies") ?? []) {
          const wanted = new WriteBody(each, "A member of policies");
          wanted.require("id", "position");
          const id = wanted.integer("id") ?? 0;
          wanted.integer("position", 1, last);
          if (policies.get(id) === undefined) throw new HttpProblem(404, `Policy ${id} was not found`);
        }
        return { status: 200, body: { preview: [] } };
      },
    },
  ];
}
