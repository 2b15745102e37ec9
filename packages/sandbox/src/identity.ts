import { hostname } from "node:os";
import type { SandboxOptions } from "./options.js";
import type { ListenerTls } from "./server/listener.js";
import { CertificateAuthority, loopbackHosts, makeKey } from "./tls/index.js";

/** What the server shows to clients, and who has signed it. */
export interface Identity {
  tls: ListenerTls;
  authority: CertificateAuthority;
}

/**
 * Makes what the server shows, or takes up the authority that is kept. Keys take as long as a small organisation, and are
 * made beside whatever else is going on. Undefined without TLS.
 */
export async function certify(options: SandboxOptions): Promise<Identity | undefined> {
  if (options.tls === false) return undefined;
  const wanted = typeof options.tls === "object" ? options.tls : {};
  const directory = wanted.caDirectory ?? options.stateDirectory;
  const [authorityKey, key] = await Promise.all([makeKey(), makeKey()]);
  const authority =
    directory === undefined
      ? CertificateAuthority.create(undefined, authorityKey)
      : CertificateAuthority.open(directory, authorityKey);
  const own = options.host === undefined || loopbackHosts.includes(options.host) ? [] : [options.host, hostname()];
  const hosts = [...new Set([...loopbackHosts, ...own, ...(wanted.hosts ?? [])])];
  const { minVersion, maxVersion } = wanted;
  const tls = {
    ...authority.issue(hosts, wanted.variant, key),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  };
  return { tls, authority };
}
