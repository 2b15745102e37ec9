import { hostname } from "node:os";
import type { SandboxOptions } from "./options.js";
import type { ListenerTls } from "./server/listener.js";
import { CertificateAuthority, loopbackHosts } from "./tls/index.js";

/** What the server shows to clients, and who has signed it. */
export interface Identity {
  tls: ListenerTls;
  authority: CertificateAuthority;
}

/** Makes what the server shows, or takes up the authority that is kept. Undefined without TLS. */
export function certify(options: SandboxOptions): Identity | undefined {
  if (options.tls === false) return undefined;
  const wanted = typeof options.tls === "object" ? options.tls : {};
  const directory = wanted.caDirectory ?? options.stateDirectory;
  const authority = directory === undefined ? CertificateAuthority.create() : CertificateAuthority.open(directory);
  const own = options.host === undefined || loopbackHosts.includes(options.host) ? [] : [options.host, hostname()];
  const hosts = [...new Set([...loopbackHosts, ...own, ...(wanted.hosts ?? [])])];
  const { minVersion, maxVersion } = wanted;
  const tls = {
    ...authority.issue(hosts, wanted.variant),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  };
  return { tls, authority };
}
