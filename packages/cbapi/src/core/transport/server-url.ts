import { ConnectionError } from "../errors.js";
import { maskUrl } from "./redact.js";

/** A server's address: what requests are prefixed with, split for the wire. */
export interface ServerUrl {
  /** Without trailing slashes. */
  readonly url: string;
  /** Scheme, host and port only. */
  readonly origin: string;
  /** The path in front of every request's path: empty as a rule. */
  readonly prefix: string;
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Checks and splits the server's address.
 *
 * @throws ConnectionError when it is no https address, or plain http where that is not allowed.
 */
export function parseServerUrl(text: string, allowHttp: boolean): ServerUrl {
  const fail = (reason: string): never => {
    const shown = maskUrl(text).replace(/[?#].*$/s, "?...");
    throw new ConnectionError(`The server address "${shown}" cannot be used: ${reason}`, {
      kind: "url",
      code: "INVALID_SERVER_URL",
    });
  };
  const trimmed = text.trim().replace(/\/+$/, "");
  let parsed: URL;
  try {
    parsed = new URL(trimmed);
  } catch {
    return fail("the server URL must be a URL, for example https://localhost.");
  }
  if (parsed.protocol === "http:") {
    if (!allowHttp)
      fail(
        "the server URL must begin with https://. (The option allowHttp lets plain http through, for this machine only.)",
      );
    if (!loopback.test(parsed.hostname))
      fail("plain http is possible with this machine only, because the API token would be readable on the way.");
  } else if (parsed.protocol !== "https:") {
    fail("the server URL must begin with https://, for example https://localhost.");
  }
  // Wherever it stands: an @ in the path is the end of a password with a slash in it, and what looks like the host the user.
  if (text.includes("@")) fail("it must not hold a user or a password; the token is set apart from it.");
  if (parsed.search !== "" || parsed.hash !== "") fail("it must not hold a query or a fragment.");
  return { url: trimmed, origin: parsed.origin, prefix: parsed.pathname.replace(/\/+$/, "") };
}
