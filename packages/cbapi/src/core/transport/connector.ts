import { buildConnector } from "undici";
import type { ProxyFailure } from "./proxy.js";
import type { TlsOptions } from "./tls.js";
import { openTunnel } from "./tunnel.js";
import { ConnectFailure } from "./wire.js";

export interface ConnectorOptions {
  /** The server that the client talks to. Only its host is verified by `tls`; others by the system's authorities. */
  readonly origin: string;
  readonly tls: TlsOptions;
  /** Asked for https servers only. */
  readonly proxyFor: (target: URL) => URL | undefined;
  /** Milliseconds for reaching the proxy, and again for reaching the server. */
  readonly timeout: number;
}

/** Opens connections: through a proxy where one applies, verified by the client's policy where it is the client's server. */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { timeout } = options;
  const toServer = buildConnector({ ...options.tls, timeout, allowH2: false });
  const elsewhere = buildConnector({ minVersion: "TLSv1.2", rejectUnauthorized: true, timeout, allowH2: false });
  const own = new URL(options.origin).hostname;
  const rejectUnauthorized = options.tls.rejectUnauthorized !== false;

  return (target, callback) => {
    const host = target.host ?? target.hostname;
    const origin = `${target.protocol}//${host}`;
    // Whatever the port: stored files may be served from another one of the same machine. The token does not go there.
    const connect = new URL(origin).hostname === own ? toServer : elsewhere;
    const finish: buildConnector.Callback = (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(new ConnectFailure(error), null);
    };
    // Plain http is for this machine only: through a proxy the token would leave it, unencrypted.
    if (target.protocol !== "https:") return connect(target, finish);
    let proxy: URL | undefined;
    try {
      proxy = options.proxyFor(new URL(origin));
    } catch (error) {
      return finish(error as Error, null);
    }
    if (proxy === undefined) return connect(target, finish);

    const address = /:\d+$/.test(host) ? host : `${host}:443`;
    openTunnel(proxy, address, { timeout, rejectUnauthorized }).then(
      (httpSocket) => connect({ ...target, httpSocket }, finish),
      (error: ProxyFailure) => finish(error, null),
    );
  };
}
