import { HttpProblem, type TokenRecord } from "../server/product.js";

/**
 * The permissions of console users by the names that the console has for them; a token without {@link TokenRecord.rights}
 * has all. Those of the second list are not named in any text that we know: their wording is ours.
 */
export type Right =
  | "Change advanced options"
  | "Change local state"
  | "Extend connectors through API"
  | "Manage approval requests"
  | "Manage computers"
  | "Manage files"
  | "Manage publisher rules"
  | "Manage updaters"
  | "Manage uploads of inventoried files"
  | "Submit files for analysis"
  | "View approval requests"
  | "View computers"
  | "View events"
  | "View file uploads"
  | "View files"
  | "View login accounts and user roles"
  | "View notifiers"
  | "View policies"
  | "View process command lines"
  | "View software rules pages"
  | "View system configuration"
  // Ours.
  | "Manage login accounts and user roles"
  | "Manage policies"
  | "Manage software rules"
  | "View drift reports";

/**
 * Permissions as groups of users have them, a row of bits: to look at things from bit 0 on, to work with them from 16 on, to
 * administer the server from 32 on. Which bit is which is ours, as no text that we know tells it.
 */
const BITS: Readonly<Record<number, readonly Right[]>> = {
  0: [
    ...(["View computers", "View policies", "View files", "View events", "View approval requests"] as const),
    ...(["View file uploads", "View software rules pages", "View notifiers", "View drift reports"] as const),
    "View system configuration",
  ],
  16: [
    ...(["Manage computers", "Change local state", "Manage files", "Manage approval requests"] as const),
    ...(["Manage uploads of inventoried files", "Submit files for analysis", "Manage publisher rules"] as const),
    ...(["Manage updaters", "Manage software rules", "View process command lines"] as const),
  ],
  32: [
    ...(["Change advanced options", "Manage policies", "Extend connectors through API"] as const),
    ...(["View login accounts and user roles", "Manage login accounts and user roles"] as const),
  ],
};

/** The permissions in such a row, which is written as a hexadecimal number; none in what is no such number. */
export function rightsIn(permissions: string): Right[] {
  const bits = /^[0-9a-f]{1,64}$/i.test(permissions) ? BigInt(`0x${permissions}`) : 0n;
  return Object.entries(BITS).flatMap(([first, rights]) =>
    rights.filter((_, index) => ((bits >> BigInt(Number(first) + index)) & 1n) === 1n),
  );
}

/** Whether the owner of a token may do something. */
export function may({ rights }: TokenRecord, right: Right | undefined): boolean {
  return right === undefined || rights === undefined || rights.includes(right);
}

/** Refuses whoever lacks one of the permissions, and names it: with the status of a wrong token, as real servers do. */
export function requireRights(user: TokenRecord, rights: readonly Right[]): void {
  const lacking = rights.find((right) => !may(user, right));
  if (lacking !== undefined) throw new HttpProblem(401, `${user.username} lacks the permission "${lacking}"`);
}
