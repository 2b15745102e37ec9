import * as http from "node:http";
import * as https from "node:https";
import { BlockList, isIP, isIPv4, type Socket } from "node:net";
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare percent sign in a password
  }
}

/** Opens a tunnel through a proxy (HTTP `CONNECT`). The proxy's user and password are sent to the proxy only. */
export function openTunnel(
  proxy: URL,
  host: string,
  options: { readonly timeout: number; readonly rejectUnauthorized: boolean },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, username, password } = proxy;
    const headers: Record<string, string> = { host };
    if (username !== "" || password !== "") {
      const pair = `${decode(username)}:${decode(password)}`;
      headers["proxy-authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
    }
    const secure = protocol === "https:";
    const request = (secure ? https : http).request({
      method: "CONNECT",
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port || (secure ? 443 : 80),
      path: host,
      headers,
      agent: false,
      ...(secure ? { minVersion: "TLSv1.2", rejectUnauthorized: options.rejectUnauthorized } : {}),
    });
    const timer = setTimeout(() => {
      request.destroy();
      reject(new ProxyFailure(proxy, `no answer within ${options.timeout} ms`, { timedOut: true }));
    }, options.timeout);
    request.once("connect", (response, socket, head) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        socket.on("error", () => {}).destroy();
        const reason = response.statusMessage ? `${status} ${response.statusMessage}` : String(status);
        return reject(new ProxyFailure(proxy, `it answered ${reason}`, { status }));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    request.once("error", (cause) => {
      clearTimeout(timer);
      reject(new ProxyFailure(proxy, cause.message, { cause }));
    });
    request.end();
  });
}
