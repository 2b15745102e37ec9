import type { Route } from "../../server/product.js";
import type { ResponseContext } from "../context.js";
import { teamRoutes } from "./team.js";
import { userRoutes } from "./user.js";

/** Who may log on, and what they may do. */
export function accountRoutes(context: ResponseContext): Route[] {
  return [...userRoutes(context), ...teamRoutes(context)];
}
