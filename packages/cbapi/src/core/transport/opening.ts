import type { Credentials } from "../credentials/types.js";
import { version } from "../version.js";
import { FetchWire } from "./fetch-wire.js";
import type { Limits } from "./limits.js";
import type { RequestLog } from "./log.js";
import type { Common } from "./prepare.js";
import { type Environment, parseProxy, systemProxy } from "./proxy.js";
import { Redactor } from "./redact.js";
import { parseServerUrl, type ServerUrl } from "./server-url.js";
import { tlsOptions } from "./tls.js";
import type { TransportSettings } from "./types.js";
import { UndiciWire } from "./undici-wire.js";
import type { Wire } from "./wire.js";

const CONNECT_TIMEOUT = 10_000;

/** What is known once the credentials are. */
export interface Opened extends Common {
  readonly wire: Wire;
  readonly server: ServerUrl;
}

/** Makes ready what all requests share. Connects to nothing yet. */
export function openWire(
  credentials: Credentials,
  settings: TransportSettings & { readonly environment?: Environment | undefined },
  limits: Limits,
  log: RequestLog,
): Opened {
  const server = parseServerUrl(credentials.url, settings.allowHttp ?? false);
  const agent = `cbapi-ts/${version} Node/${process.versions.node}`;
  const headers = ["X-Auth-Token", credentials.token, "User-Agent", agent, "Accept", "*/*"];
  if (settings.integrationName) headers[3] = `${agent} ${settings.integrationName}`;
  const wire =
    settings.fetch === undefined
      ? connections(credentials, server, settings, limits, log)
      : new FetchWire(settings.fetch);
  const redactor = new Redactor(secretsOf(credentials));
  return { wire, server, prefix: server.prefix, headers, redactor, orgKey: credentials.org_key };
}

function connections(
  credentials: Credentials,
  server: ServerUrl,
  settings: TransportSettings & { readonly environment?: Environment | undefined },
  limits: Limits,
  log: RequestLog,
): Wire {
  const proxy = credentials.proxy === undefined ? undefined : parseProxy(credentials.proxy, "proxy of the profile");
  const environment = settings.environment ?? process.env;
  const wire = new UndiciWire({
    origin: server.origin,
    tls: tlsOptions(credentials),
    proxyFor: (target) => proxy ?? (credentials.ignore_system_proxy ? undefined : systemProxy(target, environment)),
    timeout: Math.min(limits.timeout || CONNECT_TIMEOUT, CONNECT_TIMEOUT),
    connections: limits.connections,
    block: settings.poolBlock ?? false,
  });
  if (server.origin.startsWith("http:")) {
    log.warn(`Requests to ${server.url}, with their token, are not encrypted (allowHttp)`);
  } else if (!credentials.ssl_verify) {
    log.warn(
      `The certificate of ${server.url} is not verified (ssl_verify=false): anybody on the way can read the token`,
    );
  } else if (!credentials.ssl_verify_hostname) {
    log.warn(`The host name in the certificate of ${server.url} is not verified (ssl_verify_hostname=false)`);
  }
  return wire;
}

function secretsOf({ token }: Credentials): string[] {
  // The Cloud's token is two parts, either of which may be echoed alone; short ones would mask ordinary words.
  return [token, ...token.split("/").filter((part) => part.length >= 8)];
}
