import { HttpProblem, type Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { APPROVAL_REQUEST } from "../objects/index.js";
import { kindRoutes } from "./kind-routes.js";

/** From a status to others: submitted 1, open 2, closed 3; escalated 4 came with 8.0. */
const STEPS: Readonly<Record<number, readonly number[]>> = { 1: [2, 3], 2: [3] };
const STEPS_OF_8: Readonly<Record<number, readonly number[]>> = { 1: [2, 3, 4], 2: [3, 4], 4: [2] };
const RESOLVABLE: readonly unknown[] = [2, 3];

/** Requests of users. To approve one writes no rule by itself. */
export function approvalRoutes(context: ProtectionContext): Route[] {
  const steps = context.traits.has8 ? STEPS_OF_8 : STEPS;
  return kindRoutes(context, {
    kind: APPROVAL_REQUEST,
    write: ["Manage approval requests"],
    change(before, changes) {
      const after = { ...before, ...changes };
      const [from, to] = [before.status ?? 1, after.status ?? 1];
      if (from !== to && steps[from]?.includes(to) !== true) {
        throw new HttpProblem(400, `status cannot go from ${from} to ${to}`);
      }
      if ((after.resolution ?? 0) !== (before.resolution ?? 0) && !RESOLVABLE.includes(to)) {
        throw new HttpProblem(400, "resolution can be changed while the request is open or closed: status 2 or 3");
      }
      return after;
    },
  });
}
