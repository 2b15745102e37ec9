import { ClientError, UnauthorizedError } from "../core/errors.js";

/** Whether the server knows the token, and its user may not do this. */
export function isForWantOfPermission(error: unknown): boolean {
  if (error instanceof UnauthorizedError) return error.code === "MISSING_PERMISSION";
  return error instanceof ClientError && error.status === 403;
}
