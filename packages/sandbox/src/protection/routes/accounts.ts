import { HttpProblem, type Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { recordsOf, USER, USER_GROUP } from "../objects/index.js";
import { requireFields, requireFreeName } from "./changes.js";
import { kindRoutes } from "./kind-routes.js";
import { readPolicyIds } from "./policy-ids.js";

/** Users of the console and the groups that give them their permissions. */
export function accountRoutes(context: ProtectionContext): Route[] {
  const users = recordsOf(context.store, USER);
  const groups = recordsOf(context.store, USER_GROUP);
  const checkGroups = (ids: string | null | undefined): void => {
    for (const id of (ids ?? "").split(",").map((part) => part.trim())) {
      if (id !== "" && groups.get(Number(id)) === undefined) {
        throw new HttpProblem(400, `userGroupIds: there is no userGroup ${id}`);
      }
    }
  };
  return [
    ...kindRoutes(context, {
      kind: USER,
      write: ["Manage login accounts and user roles"],
      create(changes, { now }) {
        requireFields(changes, "name");
        requireFreeName(users.all(), changes, "user");
        checkGroups(changes.userGroupIds);
        return {
          ...{ userGroupIds: "", registrationDate: now, readOnly: false, external: false, automatic: false },
          ...{ unified: false, enabled: true, ...changes },
        };
      },
      change(before, changes) {
        if (before.readOnly === true) throw new HttpProblem(403, `User ${before.id} cannot be changed here`);
        const after = { ...before, ...changes };
        requireFreeName(users.all(), after, "user");
        checkGroups(changes.userGroupIds);
        return after;
      },
      remove(record) {
        if (record.readOnly === true) throw new HttpProblem(403, `User ${record.id} cannot be deleted here`);
        return undefined;
      },
    }),
    ...kindRoutes(context, {
      kind: USER_GROUP,
      write: ["Manage login accounts and user roles"],
      create(changes) {
        requireFields(changes, "name");
        requireFreeName(groups.all(), changes, "userGroup");
        const policyIds = readPolicyIds(context, changes.policyIds);
        const made = {
          description: "",
          permissions: "0",
          enabled: true,
          editable: true,
          automaticCount: 0,
          manualCount: 0,
        };
        return { ...made, ...changes, policyIds };
      },
      change(before, changes) {
        if (before.editable === false) throw new HttpProblem(403, `User group ${before.id} cannot be changed`);
        const after = { ...before, ...changes };
        requireFreeName(groups.all(), after, "userGroup");
        return { ...after, policyIds: readPolicyIds(context, after.policyIds) };
      },
      remove(record) {
        if (record.editable === false) throw new HttpProblem(403, `User group ${record.id} cannot be deleted`);
        return undefined;
      },
    }),
  ];
}
