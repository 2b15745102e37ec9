import { ClientError } from "../errors.js";
import type { RequestContext } from "./failure.js";
import type { WireResponse } from "./wire.js";

/** Where an answer sends a read to, if it is a redirect that reads may follow. */
export function redirectTarget(answer: WireResponse, method: string, from: string): URL | undefined {
  const { status, headers } = answer;
  if (status < 301 || status > 308 || (status > 303 && status < 307)) return undefined;
  const location = headers["location"];
  if (location === undefined || (method !== "GET" && method !== "HEAD")) return undefined;
  try {
    return new URL(location, from);
  } catch {
    return undefined;
  }
}

/** The error for a redirect that is not followed. */
export function redirectError(status: number, location: string, context: RequestContext): ClientError {
  const { method, path, server } = context;
  const uri = server + path;
  const target = location.replace(/[?#].*$/s, "").slice(0, 200); // signed addresses carry secrets in their query
  return new ClientError(
    `${method} ${uri} was answered ${status}, a redirect to ${target}, which is not followed: ` +
      "reads follow ten redirects on the same server, and no redirect takes the token to another. Check url.",
    { code: "REDIRECT", status, method, path, uri },
  );
}
