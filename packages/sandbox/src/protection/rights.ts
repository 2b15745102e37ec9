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

/** Whether the owner of a token may do something. */
export function may({ rights }: TokenRecord, right: Right | undefined): boolean {
  return right === undefined || rights === undefined || rights.includes(right);
}

/** Refuses whoever lacks one of the permissions, and names it: with the status of a wrong token, as real servers do. */
export function requireRights(user: TokenRecord, rights: readonly Right[]): void {
  const lacking = rights.find((right) => !may(user, right));
  if (lacking !== undefined) throw new HttpProblem(401, `${user.username} lacks the permission "${lacking}"`);
}
