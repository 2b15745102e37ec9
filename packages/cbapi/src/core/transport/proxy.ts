import { BlockList, isIP, isIPv4 } from "node:net";
import { CredentialError } from "../errors.js";
import { maskUrl } from "./redact.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The tunnel through the proxy could not be opened. */
export class ProxyFailure extends Error {
  /** The proxy's answer, when it gave one. */
  readonly status: number | undefined;
  readonly timedOut: boolean;
  /** The proxy, without its password. */
  readonly proxy: string;

  constructor(proxy: URL, message: string, details: { cause?: unknown; status?: number; timedOut?: boolean } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.proxy = proxy.host;
    this.status = details.status;
    this.timedOut = details.timedOut ?? false;
  }
}

/**
 * Reads a proxy's address. A bare `host:port` means http.
 *
 * @throws CredentialError when it is not an http or https address.
 */
export function parseProxy(text: string, source: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    // Reported below; the parser's own error repeats the address with its password.
  }
  // An @ behind the host is the end of a password with a slash, # or ? in it: what looks like the host is the user.
  const misread = url !== undefined && (url.pathname + url.search + url.hash).includes("@");
  if (url !== undefined && !misread && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new CredentialError(
    `The proxy address "${maskUrl(text)}" (${source}) cannot be used. Write it as http://host:port or http://user:password@host:port, with / # ? @ in the password as %2F %23 %3F %40.`,
    { code: "INVALID_PROXY" },
  );
}

/** The proxy that the system's variables give for an https server, if any. Lower-case names win, as in other clients. */
export function systemProxy(target: URL, environment: Environment): URL | undefined {
  const pick = (name: string): [string, string] | undefined => {
    for (const key of [name, name.toUpperCase()]) {
      const value = environment[key]?.trim();
      if (value) return [key, value];
    }
    return undefined;
  };
  const found = pick("https_proxy") ?? pick("all_proxy");
  if (found === undefined || bypasses(target, pick("no_proxy")?.[1] ?? "")) return undefined;
  return parseProxy(found[1], `environment variable ${found[0]}`);
}

/** Whether a list such as `localhost,.example.com,10.0.0.0/8,host:8443` names this server. */
export function bypasses(target: URL, list: string): boolean {
  const host = target.hostname.toLowerCase().replace(/^\[|\]$/g, "");
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const range = /^([\da-f.:]+)\/(\d+)$/.exec(entry);
  if (range?.[1] !== undefined) return isIP(host) !== 0 && inRange(host, range[1], Number(range[2]));
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry);
  if (parts?.[2] !== undefined && parts[2] !== port) return false;
  const name = (parts?.[1] ?? entry).replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
  return name !== "" && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

function inRange(host: string, network: string, prefix: number): boolean {
  const family = isIPv4(network) ? "ipv4" : "ipv6";
  if (isIP(network) === 0 || isIP(host) !== isIP(network) || prefix > (family === "ipv4" ? 32 : 128)) return false;
  const range = new BlockList();
  range.addSubnet(network, prefix, family);
  return range.check(host, family);
}
