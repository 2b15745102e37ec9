import type { Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { SCRIPT_RULE, TRUSTED_DIRECTORY, TRUSTED_USER, UPDATER } from "../objects/index.js";
import { requireFields } from "./changes.js";
import { kindRoutes } from "./kind-routes.js";

/** Who and what may bring software in: updaters, users, directories; and what counts as a script. */
export function trustRoutes(context: ProtectionContext): Route[] {
  const versioned = { clVersion: 1 };
  return [
    ...kindRoutes(context, {
      kind: UPDATER,
      write: ["Manage updaters"],
      change: (before, changes) => ({ ...before, ...changes, clVersion: (before.clVersion ?? 0) + 1 }),
    }),
    ...kindRoutes(context, {
      kind: TRUSTED_USER,
      write: ["Manage software rules"],
      create(changes) {
        requireFields(changes, "name", "userSid", "description", "platformId");
        return { ...versioned, ...changes };
      },
      change: (before, changes) => ({ ...before, ...changes, clVersion: (before.clVersion ?? 0) + 1 }),
      remove: () => undefined,
    }),
    ...kindRoutes(context, {
      kind: TRUSTED_DIRECTORY,
      write: ["Manage software rules"],
      create(changes) {
        requireFields(changes, "path");
        return { ...versioned, description: "", computerId: 0, enabled: true, ...changes };
      },
      change: (before, changes) => ({ ...before, ...changes, clVersion: (before.clVersion ?? 0) + 1 }),
      remove: () => undefined,
    }),
    ...kindRoutes(context, {
      kind: SCRIPT_RULE,
      write: ["Manage software rules"],
      create(changes) {
        requireFields(changes, "name");
        return { ...versioned, description: "", enabled: true, platformId: 1, ...changes };
      },
      change: (before, changes) => ({ ...before, ...changes, clVersion: (before.clVersion ?? 0) + 1 }),
      remove: () => undefined,
    }),
  ];
}
