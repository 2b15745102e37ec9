import type { ServerVersion } from "../../../core/server-version.js";
import { ApprovalStatus } from "../names.js";

const { Submitted, Open, Closed } = ApprovalStatus;

/** Where a request may go from where it stands, on servers before 8.0. Later ones let it go anywhere but back. */
const BEFORE_8: Readonly<Record<number, readonly number[]>> = {
  [Submitted]: [Open, Closed],
  [Open]: [Closed],
  [Closed]: [],
};

/**
 * Why the server does not let a request go from one status to another; `undefined` where it does. Where its version is not
 * known, all that 8.0 and later take goes out.
 */
export function refusedStep(from: unknown, to: number, version: ServerVersion | undefined): string | undefined {
  if (version === undefined || version.atLeast(8) || from === to) return undefined;
  const allowed = typeof from === "number" ? BEFORE_8[from] : undefined;
  if (allowed === undefined || allowed.includes(to)) return undefined;
  const where = allowed.length === 0 ? "stays as it is" : `can become ${allowed.join(" or ")}`;
  return `status ${to} is not taken by server version ${version}: one of status ${String(from)} ${where}`;
}
