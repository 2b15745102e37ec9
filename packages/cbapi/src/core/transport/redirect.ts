import { ClientError } from "../errors.js";
import { type RequestContext, requestDetails } from "./context.js";
import { maskUrl } from "./redact.js";
import type { WireResponse } from "./wire.js";

/**
 * Where an answer sends a read to, if it is a redirect that may be followed.
 * @param follows whether what is no read is followed as well, by reading where it leads to
 */
export function redirectTarget(answer: WireResponse, method: string, from: string, follows = false): URL | undefined {
  const { status, headers } = answer;
  if (status < 301 || status > 308 || (status > 303 && status < 307)) return undefined;
  const location = headers["location"];
  if (location === undefined) return undefined;
  const isRead = method === "GET" || method === "HEAD";
  // 307 and 308 ask for the same request once more, which might do its work twice.
  if (!isRead && !(follows && status <= 303)) return undefined;
  return URL.canParse(location, from) ? new URL(location, from) : undefined;
}

/** The error for a redirect that is not followed. */
export function redirectError(status: number, location: string, context: RequestContext): ClientError {
  const details = requestDetails(context);
  const target = context.redactor.path(shown(location, details.uri)).slice(0, 200);
  return new ClientError(
    `${details.method} ${details.uri} was answered ${status}, a redirect to ${target}, which is not followed: ` +
      "reads follow ten redirects on the same server, and no redirect takes the token to another. Check url.",
    { ...details, code: "REDIRECT", status },
  );
}

/** Where a redirect leads to. Signed addresses carry secrets in their query, others a password before their host. */
function shown(location: string, from: string): string {
  try {
    const { origin, pathname } = new URL(location, from);
    return origin + pathname;
  } catch {
    return maskUrl(location).replace(/[?#].*$/s, "");
  }
}
