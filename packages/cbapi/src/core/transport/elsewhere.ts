import { CbApiError } from "../errors.js";
import type { CallOptions } from "./types.js";

/** A read of an address that is not the client's server: what a signed address leads to, for one. */
export interface ElsewhereRequest extends CallOptions {
  /** Beside `User-Agent` and `Accept`, which are all that is sent otherwise. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An absolute address, split for the wire. */
export interface Elsewhere {
  readonly origin: string;
  /** With its query, which may be what gives the right to read it. */
  readonly path: string;
  /** The same for people: without query and fragment. */
  readonly shown: string;
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Checks and splits an address that a server has given out. No token of the client's ever goes there, so that it may be
 * anywhere; but what comes from it must not have been changed on the way.
 *
 * @param allowHttp whether plain http to this machine will do
 * @throws CbApiError with code `INVALID_ADDRESS` when it is no https address. Its query is never repeated.
 */
export function parseElsewhere(address: string, allowHttp: boolean): Elsewhere {
  const parsed = typeof address === "string" && URL.canParse(address) ? new URL(address) : undefined;
  if (parsed === undefined) throw refused("it is no address such as https://files.example/a?signature=...");
  const { protocol, hostname, origin, pathname, search } = parsed;
  if (protocol === "http:" && !(allowHttp && loopback.test(hostname)))
    throw refused(`${origin} is not encrypted: what comes from there could have been changed on the way`);
  if (protocol !== "https:" && protocol !== "http:") throw refused(`${protocol} is not https:`);
  if (parsed.username !== "" || parsed.password !== "") throw refused("it holds a user or a password");
  return { origin, path: pathname + search, shown: pathname };
}

function refused(reason: string): CbApiError {
  return new CbApiError(`This address cannot be read: ${reason}.`, { code: "INVALID_ADDRESS" });
}

/** A path without its query, which is a secret wherever it signs the address. */
export function withoutQuery(path: string): string {
  return path.replace(/[?#].*$/s, "");
}
